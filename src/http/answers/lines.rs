//! The ledger line by line.

use super::{Paging, Text, answers, described};
use crate::domain::{
    ids::{Cas, PlaceId, ProductId, Seq},
    ledger::{Account, Kind},
    merkle::Hash,
    quantity::Quantity,
    substance::ControlClass,
    time::Time,
};

answers! {
    /// 流水.
    LedgerLines {
        /// In the order in which they were written.
        items: Vec<LedgerLine>,
        .. Paging,
    }
    /// One posting.
    LedgerLine {
        /// The entry.
        seq: Seq,
        /// Its number in the entry, from 0.
        line: u32,
        /// What kind of act.
        kind: Kind,
        /// When it was written.
        recorded_at: Time,
        /// When it happened, as claimed.
        occurred_at: Time,
        /// Who sent it.
        actor: Text,
        /// Why.
        reason: Text,
        /// Where the amount came to, or went from.
        account: Account,
        /// The number of the container: the second eight digits of its label.
        container: Seq,
        /// What.
        product: ProductId,
        /// 品名.
        name: Text,
        /// CAS number.
        cas: Option<Cas>,
        /// How much came; null on a line that took.
        r#in: Option<Quantity>,
        /// How much went; null on a line that brought.
        out: Option<Quantity>,
        /// At which place.
        place: Option<PlaceId>,
        /// Its names, from the outside in.
        place_path: Option<Text>,
        /// With whom.
        holder_name: Option<Text>,
        /// The checkout that it is held since.
        checkout: Option<Seq>,
    }
    /// 双人台账.
    ControlledLedger {
        /// In the order in which they were written.
        items: Vec<ControlledLine>,
        .. Paging,
    }
    /// An entry about something that two persons keep: before + in − out + returned = after.
    ControlledLine {
        /// The entry.
        entry: Seq,
        /// When it was written.
        recorded_at: Time,
        /// What.
        product: ProductId,
        /// 品名.
        name: Text,
        /// 规格.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The control classes on that day, strictest first.
        classes: Vec<ControlClass>,
        /// 上次结存.
        before: Quantity,
        /// 入库量.
        r#in: Option<Quantity>,
        /// 出库量.
        out: Option<Quantity>,
        /// 退回量.
        returned: Option<Quantity>,
        /// 本次结存.
        after: Quantity,
        /// What kind of act.
        kind: Kind,
        /// 用途.
        purpose: Text,
        /// 领用部门.
        departments: Vec<Text>,
        /// 领用人.
        receivers: Vec<Text>,
        /// 保管人A, as they signed.
        keeper_a: Option<Text>,
        /// 保管人B, as they signed.
        keeper_b: Option<Text>,
        /// 复核人.
        approvers: Vec<Text>,
        /// 备注: which entry it corrects, or that it was recorded later.
        remark: Option<Text>,
        /// A correction.
        is_correction: bool,
        /// The hash of the entry.
        leaf_hash: Hash,
    }
}
