//! What is summed over a period, or at a moment: 一张表 and 底数.

use chrono::NaiveDate;

use super::{Paging, Text, answers, described};
use crate::domain::{
    container::Status,
    ids::{Cas, InstitutionId, Label, PersonId, PlaceId, ProductId, RegionCode, Seq},
    merkle::Hash,
    quantity::{Dimension, Quantity},
    substance::ControlClass,
    time::Time,
};

answers! {
    /// The ledger at a moment: with it a figure can be proven.
    LedgerHead {
        /// Entries.
        size: u64,
        /// The root over them (RFC 6962).
        root: Hash,
    }
    /// 管理使用一张表: what came and went in a period.
    UsageTable {
        /// Places by number, then what is with persons; at each, products by number.
        items: Vec<UsageLine>,
        /// The period.
        period: UsagePeriod,
        /// The ledger at the end of the period; absent for a region.
        head: Option<LedgerHead>,
        /// Of a bureau: the region.
        region: Option<RegionCode>,
        /// Of a bureau: the institutions, each with its ledger at the end of the period.
        institutions: Option<Vec<CountedSite>>,
        /// Of a bureau: all their heads in one text, as in the counts.
        heads: Option<Text>,
        .. Paging,
    }
    /// A period and the entries in it.
    UsagePeriod {
        /// Its first moment.
        from: Time,
        /// The first moment behind it; null: up to the last entry.
        to: Option<Time>,
        /// The first entry in it.
        first: Option<Seq>,
        /// The last entry in it.
        last: Option<Seq>,
    }
    /// One product at one place, or with persons: opening + in − out = closing.
    UsageLine {
        /// Of a region: the institution.
        institution: Option<InstitutionId>,
        /// Of a region: its full name.
        institution_name: Option<Text>,
        /// The place; null for what is with persons (领用在外).
        place: Option<PlaceId>,
        /// The names of the place today, from the outside in.
        place_path: Vec<Text>,
        /// The department that answers for the place today.
        department_name: Option<Text>,
        /// The product.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The control classes on the last day of the period, strictest first.
        classes: Vec<ControlClass>,
        /// What is measured.
        dimension: Dimension,
        /// 期初结存.
        opening: Quantity,
        /// What came.
        r#in: UsageIn,
        /// What went.
        out: UsageOut,
        /// Of what came back by corrections: what had been booked as used and was not.
        use_corrected: Quantity,
        /// 期末结存.
        closing: Quantity,
    }
    /// How it came.
    UsageIn {
        /// 验收入库, from a supplier.
        received: Quantity,
        /// 期初入账.
        opening_stock: Quantity,
        /// 分装, out of other containers.
        split: Quantity,
        /// 配制: made of something else.
        made: Quantity,
        /// 移入, from other places.
        moved: Quantity,
        /// 领用: it came to persons.
        checked_out: Quantity,
        /// 归还: it came back from persons.
        returned: Quantity,
        /// 调入, from other institutions.
        transferred_in: Quantity,
        /// 退回入库, of what other institutions refused.
        reclaimed: Quantity,
        /// 盘盈.
        variance: Quantity,
        /// 找回 of what was lost.
        found_again: Quantity,
        /// 冲正.
        corrected: Quantity,
    }
    /// How it went.
    UsageOut {
        /// 分装, into other containers.
        split: Quantity,
        /// 移出, to other places.
        moved: Quantity,
        /// 领用: it went to persons.
        checked_out: Quantity,
        /// 归还: persons brought it back.
        returned: Quantity,
        /// 使用, also in mixtures (配制).
        used: Quantity,
        /// 转废.
        wasted: Quantity,
        /// 调出, to other institutions.
        transferred_out: Quantity,
        /// 盘亏.
        variance: Quantity,
        /// 丢失.
        lost: Quantity,
        /// 冲正.
        corrected: Quantity,
    }
    /// 底数: how many containers and how much of what, at a moment.
    Counts {
        /// The lines.
        items: Vec<CountLine>,
        /// Everything that was asked for, each container once: what has several classes stands in
        /// several lines.
        all: CountFigures,
        /// The moment.
        as_of: Time,
        /// The ledger at that moment; absent for a region.
        head: Option<LedgerHead>,
        /// Of a bureau: the region that was summed.
        region: Option<RegionCode>,
        /// Of a bureau: the institutions that were summed, each with its ledger at that moment.
        institutions: Option<Vec<CountedSite>>,
        /// Of a bureau: all their heads in one text, by which the figures below are found to be of the same
        /// ledgers.
        heads: Option<Text>,
        .. Paging,
    }
    /// An institution that was counted.
    CountedSite {
        /// Its number.
        institution: InstitutionId,
        /// Full name.
        name: Text,
        /// 行政区划代码 on that day.
        region: RegionCode,
        /// Its ledger at that moment.
        head: LedgerHead,
    }
    /// What counts together.
    CountLine {
        /// What the line is a group of.
        groups: Vec<CountGroup>,
        .. CountFigures,
    }
    /// One of the things that a line is a group of.
    CountGroup {
        /// `region`, `institution`, `class`, `substance`, `product` or `place`.
        by: Text,
        /// The key as in the stock; `persons` for what is at no place. Of a region, products and places stand
        /// behind the number of their institution: `2-14`.
        key: Text,
        /// What people call it; for places the names from the outside in, for products name and
        /// qualifier.
        name: Vec<Text>,
    }
    /// What is at places and what is with persons.
    CountFigures {
        /// 在库.
        in_places: CountFigure,
        /// 领用在外: whole containers, and what was taken out of others.
        with_persons: CountFigure,
    }
    /// How many and how much.
    CountFigure {
        /// How many containers.
        containers: i64,
        /// How much, one quantity a dimension.
        quantities: Vec<Quantity>,
        /// The address of what it is made of, at the same moment; null for nothing. At the end stand
        /// containers, each with the address of its entries.
        down: Option<Text>,
    }
    /// The containers of the institution as they stand.
    Containers {
        /// By number.
        items: Vec<ContainerItem>,
        .. Paging,
    }
    /// A container as it stands.
    ContainerItem {
        /// The label on it.
        label: Label,
        /// How it stands.
        status: Status,
        /// What is in it.
        product: ProductId,
        /// 品名.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The control classes today, strictest first.
        classes: Vec<ControlClass>,
        /// How much is in it by the book.
        amount: Quantity,
        /// Where it stands or belongs.
        place: PlaceId,
        /// The names of the place, from the outside in.
        place_path: Vec<Text>,
        /// Who has it.
        holder_name: Option<Text>,
        /// 批号.
        lot: Option<Text>,
        /// 生产厂家.
        maker: Option<Text>,
        /// 供货单位.
        supplier: Option<Text>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// When somebody counted it last.
        verified_at: Option<Time>,
    }
    /// The containers that a figure is made of, as they stood.
    CountedContainers {
        /// By number.
        items: Vec<CountedContainer>,
        /// The moment.
        as_of: Time,
        /// The ledger at that moment.
        head: LedgerHead,
        .. Paging,
    }
    /// A container as it stood. At a place counts `amount` if it was in stock; with persons count
    /// `amount` if it was checked out, and `held`.
    CountedContainer {
        /// The label that it has today.
        label: Label,
        /// Its state.
        status: Status,
        /// What was in it.
        amount: Quantity,
        /// What had been taken out of it and was neither used nor back.
        held: Quantity,
        /// Where it stood, or belonged while it was with a person.
        place: PlaceId,
        /// The names of that place today, from the outside in.
        place_path: Vec<Text>,
        /// The person it was with.
        holder: Option<PersonId>,
        /// The name of that person.
        holder_name: Option<Text>,
        /// The latest entry that had touched it.
        entry: Seq,
        /// The address of its history from there back.
        down: Text,
    }
}
