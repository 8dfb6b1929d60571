//! What is bought and on what.

use chrono::NaiveDate;

use super::{Paging, Text, Written, answers, described};
use crate::domain::{
    ids::{PermitId, ProductId, Seq},
    permit::PermitKind,
    quantity::Quantity,
    substance::ControlClass,
};

answers! {
    /// A permit was recorded or corrected.
    PermitMade {
        /// Its number.
        permit: PermitId,
        .. Written,
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
}
