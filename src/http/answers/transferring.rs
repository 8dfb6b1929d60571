//! What goes from one institution to another.

use chrono::NaiveDate;

use super::{Paging, Text, answers, described};
use crate::domain::{
    ids::{Cas, InstitutionId, Label, Seq},
    quantity::Quantity,
    substance::ControlClass,
    time::Time,
    transfer::{Outcome, TransferState},
};

answers! {
    /// Transfers.
    Transfers {
        /// By sender and entry.
        items: Vec<TransferLine>,
        .. Paging,
    }
    /// A transfer.
    TransferLine {
        /// The sender.
        from: InstitutionId,
        /// Its name.
        from_name: Option<Text>,
        /// The sender's entry: the number of the transfer.
        entry: Seq,
        /// The receiver.
        to: InstitutionId,
        /// Its name.
        to_name: Option<Text>,
        /// Where it stands.
        state: TransferState,
        /// When it was sent.
        sent_at: Time,
        /// 预计到达.
        expected_at: Time,
        /// Whether that has passed and nobody has accepted it.
        overdue: bool,
        /// 承运单位.
        carrier: Option<Text>,
        /// 车牌号.
        vehicle: Option<Text>,
        /// 押运人员.
        escorts: Vec<Text>,
        /// 封签号.
        seal: Option<Text>,
        /// What for.
        purpose: Text,
        /// How many containers were sent.
        containers: usize,
        /// How much was in them, one quantity a dimension.
        quantities: Vec<Quantity>,
        /// Their control classes when they were sent, strictest first.
        classes: Vec<ControlClass>,
        /// The receiver's entry that announced it.
        announced_by: Option<Seq>,
        /// The receiver's entry that accepted or refused it.
        accepted_by: Option<Seq>,
        /// The sender's entry that settled it.
        settled_by: Option<Seq>,
    }
    /// A transfer with its containers.
    Transfer {
        /// In the order in which they were sent.
        lines: Vec<TransferContainer>,
        .. TransferLine,
    }
    /// What became of a container.
    TransferContainer {
        /// The label that it bears from its sender.
        label: Label,
        /// 品名, as the sender calls it.
        name: Text,
        /// Concentration or form.
        qualifier: Option<Text>,
        /// CAS number.
        cas: Option<Cas>,
        /// The control classes when it was sent, strictest first.
        classes: Vec<ControlClass>,
        /// What was sent in it.
        amount: Quantity,
        /// 批号.
        lot: Option<Text>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// What became of it, as far as the institution that is read knows.
        outcome: Outcome,
        /// What was accepted.
        accepted: Option<Quantity>,
        /// What was missing.
        short: Option<Quantity>,
        /// Why it was refused.
        reason: Option<Text>,
        /// The label that it has at its receiver; told to the receiver alone.
        received_as: Option<Label>,
    }
}
