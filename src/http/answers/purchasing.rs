//! What is bought and on what.

use chrono::NaiveDate;

use super::{Anything, ImportError, ImportNote, Paging, Text, Written, answers, described};
use crate::domain::{
    ids::{Cas, DepartmentId, OrderId, PermitId, PersonId, ProductId, RequisitionId, Seq},
    permit::PermitKind,
    quantity::Quantity,
    requisition::{OrderState, RequisitionState},
    substance::ControlClass,
    time::Time,
    waste::WasteCode,
};

answers! {
    /// A permit was recorded or corrected.
    PermitMade {
        /// Its number.
        permit: PermitId,
        .. Written,
    }
    /// What a permit was recorded to say.
    PermitHistory {
        /// The first version first.
        items: Vec<PermitVersion>,
        .. Paging,
    }
    /// A version of a permit.
    PermitVersion {
        /// The entry.
        seq: Seq,
        /// When it was written.
        recorded_at: Time,
        /// Who sent it.
        actor: Text,
        /// The second person, who confirmed it; null where nobody had to.
        second: Option<PersonId>,
        /// Why.
        reason: Text,
        /// What kind of document.
        kind: PermitKind,
        /// 编号.
        number: Text,
        /// 发证机关.
        issuer: Text,
        /// First day.
        from: NaiveDate,
        /// Last day; null where the document names none.
        until: Option<NaiveDate>,
        /// Good for one receipt.
        single_use: bool,
        /// No longer valid.
        revoked: bool,
        /// Its lines.
        lines: Vec<PermitLineVersion>,
    }
    /// A line of a version of a permit: a product or a substance.
    PermitLineVersion {
        /// The product that may be bought.
        product: Option<ProductId>,
        /// The substance of the catalogue that may be bought.
        substance: Option<Text>,
        /// How much of it.
        quantity: Quantity,
    }
    /// Codes of hazardous waste.
    WasteCodes {
        /// By code.
        items: Vec<WasteKindLine>,
        .. Paging,
    }
    /// A kind of hazardous waste.
    WasteKindLine {
        /// Its code.
        code: WasteCode,
        /// The category, such as HW06.
        category: Text,
        /// The name of the category.
        category_name: Text,
        /// Its name.
        name: Text,
        /// 危险特性: T, C, I, R, In.
        hazards: Text,
        /// How far the row was checked: `secondary`, or `known` where a person has to check it against
        /// the list.
        reliability: Text,
    }
    /// Permits and filings.
    Permits {
        /// By number.
        items: Vec<PermitItem>,
        .. Paging,
    }
    /// A permit or filing.
    PermitItem {
        /// Its number here.
        permit: PermitId,
        /// What kind of document.
        kind: PermitKind,
        /// 编号.
        number: Text,
        /// 发证机关.
        issuer: Text,
        /// First day.
        from: NaiveDate,
        /// Last day; null where the document names none.
        until: Option<NaiveDate>,
        /// Good for one receipt.
        single_use: bool,
        /// No longer valid.
        revoked: bool,
        /// How many receipts hold against it.
        receipts: i64,
        /// Its lines.
        lines: Vec<PermitLine>,
    }
    /// A line of a permit: a product or a substance.
    PermitLine {
        /// The product that may be bought.
        product: Option<ProductId>,
        /// The substance of the catalogue that may be bought.
        substance: Option<Text>,
        /// How much of it.
        quantity: Quantity,
        /// How much is left.
        left: Quantity,
    }
    /// Purchase policies.
    PurchasePolicies {
        /// In the order in which they were recorded.
        items: Vec<PurchasePolicyLine>,
        .. Paging,
    }
    /// A purchase policy.
    PurchasePolicyLine {
        /// The entry that recorded it.
        seq: Seq,
        /// The class.
        class: ControlClass,
        /// First day.
        from: NaiveDate,
        /// The kinds of documents, any one of which is enough.
        permits: Vec<PermitKind>,
        /// Where the rule is from.
        source: Text,
    }
    /// A purchase request was made or changed.
    PurchaseRequestMade {
        /// Its number.
        request: RequisitionId,
        /// Its version now: what an approval names.
        version: u32,
        /// How much of the product stands at places.
        on_hand: Quantity,
        .. Written,
    }
    /// Purchase requests.
    PurchaseRequests {
        /// By number.
        items: Vec<PurchaseRequestLine>,
        .. Paging,
    }
    /// A purchase request.
    PurchaseRequestLine {
        /// Its number.
        request: RequisitionId,
        /// Its version: what an approval names.
        version: u32,
        /// Where it stands.
        state: RequisitionState,
        /// For which department.
        department: DepartmentId,
        /// Who asks.
        applicant: PersonId,
        /// The name.
        applicant_name: Option<Text>,
        /// What.
        product: ProductId,
        /// 品名.
        name: Text,
        /// How much.
        quantity: Quantity,
        /// Why.
        purpose: Text,
        /// When this version was made.
        requested_at: Time,
        /// What stood at places then.
        on_hand_then: Quantity,
        /// What stands at places now.
        on_hand: Quantity,
        /// Who decided over this version.
        decided_by: Option<PersonId>,
        /// When.
        decided_at: Option<Time>,
        /// With which words.
        decision: Option<Text>,
        /// How much is in orders that are not closed, or has come.
        ordered: Quantity,
        /// How much has come.
        received: Quantity,
    }
    /// An order was placed.
    OrderMade {
        /// Its number here.
        order: OrderId,
        .. Written,
    }
    /// Orders.
    Orders {
        /// By number.
        items: Vec<OrderItem>,
        .. Paging,
    }
    /// An order.
    OrderItem {
        /// Its number here.
        order: OrderId,
        /// 订单号.
        number: Text,
        /// 供货单位.
        supplier: Text,
        /// When it was placed.
        ordered_at: Time,
        /// Where it stands.
        state: OrderState,
        /// Why it was closed.
        reason: Option<Text>,
        /// Its lines.
        lines: Vec<OrderLine>,
    }
    /// A line of an order.
    OrderLine {
        /// The purchase request that it is for.
        request: RequisitionId,
        /// What.
        product: ProductId,
        /// 品名.
        name: Text,
        /// How much.
        quantity: Quantity,
        /// How much has come.
        received: Quantity,
    }
    /// A purchase list and what a person decided about it; each part that is JSON is a text.
    PurchaseListSheet {
        /// The file: CSV (UTF-8, GB18030), XLSX or ODS, at most 32 MiB and 500 rows.
        file: Anything,
        /// The sheet of a workbook; the first one with something in it otherwise.
        sheet: Option<Text>,
        /// JSON: field → column from 0.
        mapping: Option<Text>,
        /// JSON: name in the sheet → product.
        products: Option<Text>,
        /// The department of rows that name none; the applicant's if absent.
        department: Option<Text>,
        /// The purpose of rows that name none.
        purpose: Option<Text>,
        /// To accept it: what the dry run answered.
        list_sha256: Option<Text>,
    }
    /// What a purchase list would ask for. Nothing has changed.
    PurchaseListRead {
        /// The name of the file.
        file: Text,
        /// The sheet that was read.
        sheet: Text,
        /// Row number of the header, from 1.
        header_row: Option<usize>,
        /// Which column, counted from 0, holds what.
        mapping: Anything,
        /// Whether it can be accepted.
        acceptable: bool,
        /// By which it is accepted.
        list_sha256: Text,
        /// One request each.
        lines: Vec<PurchaseListLine>,
        /// What is wrong, every cell at once.
        errors: Vec<ImportError>,
        /// What was left out or understood.
        notes: Vec<ImportNote>,
    }
    /// What a row would ask for.
    PurchaseListLine {
        /// Row number, from 1.
        row: usize,
        /// The product.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// Its control classes today.
        classes: Vec<ControlClass>,
        /// How much.
        quantity: Quantity,
        /// For which department; null: the applicant's.
        department: Option<DepartmentId>,
        /// What for.
        purpose: Text,
    }
    /// The purchase requests that were made of a list.
    PurchaseListTaken {
        /// In the order of the rows.
        requests: Vec<PurchaseListMade>,
    }
    /// The purchase request of a row.
    PurchaseListMade {
        /// Row number, from 1.
        row: usize,
        .. PurchaseRequestMade,
    }
}
