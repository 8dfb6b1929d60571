//! Transfers between institutions.

macro_rules! transfer_refusals {
    ($($before:tt)*) => { stocktake_refusals! { $($before)*
        /// No such transfer, or one between others.
        Missing "transfer_unknown" TransferUnknown {}
            zh "没有与本单位有关的这笔调拨。请核对调出单位和调拨单号。"
            en "There is no such transfer from or to your institution. Check the sender and the number of its entry."
        /// It is a move then.
        Business "transfer_to_self" TransferToSelf {}
            zh "不能调拨给本单位。本单位内换地点请办理移库。"
            en "Nothing is sent to one's own institution. Move it to another place instead."
        /// A bureau keeps no chemicals.
        Business "transfer_to_bureau" TransferToBureau { institution: InstitutionId }
            zh "单位 {institution} 是卫生健康局，不能接收危险化学品。请选择医疗机构或疾控机构。"
            en "Institution {institution} is a health bureau and receives no chemicals. Choose a hospital or a CDC."
        /// Nobody would accept it there.
        Missing "receiver_unknown" ReceiverUnknown { institution: InstitutionId }
            zh "本系统没有接收单位 {institution}。请核对单位编号；未使用本系统的单位不能调拨。"
            en "This system serves no institution {institution}. Check its number; nothing is sent to one that is not served here."
        /// What is out comes back first.
        Business "part_with_person" PartWithPerson { label: Label }
            zh "容器 {label} 有部分领用在外，不能调出。请先归还或登记使用。"
            en "A part of container {label} is still with somebody. Have it given back or used up before it is sent."
        /// It would have arrived before it left.
        Business "expected_too_early" ExpectedTooEarly { expected_at: Time }
            zh "预计到达时间 {expected_at} 早于发出时间。请更正。"
            en "It is expected at {expected_at}, before it leaves. Correct the time."
        /// Nobody would ever miss it.
        Business "expected_too_late" ExpectedTooLate { expected_at: Time, days: i64 }
            zh "预计到达时间 {expected_at} 晚于发出后 {days} 天。请按实际行程填写，逾期未到才会提示。"
            en "It is expected at {expected_at}, more than {days} days after it leaves. Give the real time: what does not come by then shows as overdue."
        /// Somebody goes with what is signed for.
        Business "escort_missing" EscortMissing {}
            zh "所调拨的危险化学品须双人签名，必须有押运人员随行。请填写押运人员姓名。"
            en "What is signed for does not travel alone. Name who escorts it."
        /// It cannot have come before it went.
        Business "arrived_before_sent" ArrivedBeforeSent { occurred_at: Time, sent_at: Time }
            zh "发生时间 {occurred_at} 早于调出时间 {sent_at}。请更正验收时间。"
            en "It was sent at {sent_at} and cannot have arrived at {occurred_at}. Correct the time."
        /// It was accepted before.
        Conflict "transfer_accepted" TransferAccepted { by: Seq }
            zh "这笔调拨已由第 {by} 号记录验收，不能再次验收。"
            en "Entry {by} has accepted this transfer; it is not accepted again."
        /// It was announced before.
        Conflict "transfer_announced" TransferAnnounced { by: Seq }
            zh "这笔调拨已由第 {by} 号记录预告，无需再次预告。"
            en "Entry {by} has announced this transfer; it is not announced again."
        /// It was settled before.
        Conflict "transfer_settled" TransferSettled { by: Seq }
            zh "这笔调拨已由第 {by} 号记录结清，无需再次结清。"
            en "Entry {by} has settled this transfer; it is not settled again."
        /// A label resolves inside its own consignment alone.
        Business "not_in_consignment" NotInConsignment { label: Label }
            zh "标签 {label} 不在这笔调拨中。请核对标签和调拨单号。"
            en "Label {label} is not in this transfer. Check the label and the number of the transfer."
        /// Every container is accepted or refused.
        Business "consignment_incomplete" ConsignmentIncomplete { label: Label, missing: usize }
            zh "还有 {missing} 个容器没有验收结论（如 {label}）。请逐个接收或拒收；没有到的请登记为未到货。"
            en "{missing} containers are neither accepted nor refused (as {label}). Say what became of each; what did not come is missing."
        /// Nobody accepts more than was sent.
        Business "more_than_sent" MoreThanSent { label: Label, sent: Quantity, given: Quantity }
            zh "容器 {label} 调出 {sent}，验收数量 {given} 多于调出数量。请重新核对；确有多出请拒收并联系调出单位。"
            en "{sent} was sent in container {label} and {given} is accepted. Measure again; if there is really more, refuse it and ask the sender."
        /// None of the products is the same, or several are.
        Business "product_not_matched" ProductNotMatched { label: Label, found: usize }
            zh "容器 {label} 的品名在本单位有 {found} 个相同品名。请指明入库品名；没有的先建立品名。"
            en "{found} of your products are the same as what is in container {label}. Name the product it is; make it first if there is none."
        /// It is another substance.
        Business "product_not_same" ProductNotSame { label: Label, product: ProductId }
            zh "品名 {product} 与容器 {label} 中的物质、含量或计量方式不同。请选择相同的品名，没有的先建立。"
            en "Product {product} is another substance, concentration or dimension than what is in container {label}. Choose the same one; make it first if there is none."
        /// A transfer makes nothing of a controlled class ordinary.
        Business "class_not_covered" ClassNotCovered { label: Label, product: ProductId, class: &'static str }
            zh "容器 {label} 在调出单位属于“{class}”，品名 {product} 没有这一管控类别。请先更正品名的管控类别。"
            en "Container {label} is of class {class} at its sender, which product {product} lacks. Correct the classes of the product first."
        /// Only what was refused comes back.
        Business "not_returning" NotReturning { label: Label }
            zh "容器 {label} 不在这笔调拨的退回物品中。请核对标签和调拨单号；对方尚未验收的请等待。"
            en "Container {label} is not on its way back from this transfer. Check label and number; wait until the other institution has decided."
        /// One natural person at both ends knows alone what was in it.
        Business "sender_accepts" SenderAccepts { person: PersonId }
            zh "人员 {person} 即调出单位经办或签名的同一自然人，不能在本单位验收。请换人验收。"
            en "Person {person} is the same natural person who sent or signed for it at the other institution and cannot accept it here. Somebody else does."
        /// Less is less than was sent.
        Business "not_short" NotShort { label: Label }
            zh "容器 {label} 退回的数量不少于调出的数量。数量相符的请不填 short；多出的请入库后盘点。"
            en "Container {label} came back with no less than was sent. Leave it out of short; what is more is found by a stocktake once it is back."
        /// Whoever misses something watched reports it before it is booked.
        Business "loss_unreported" LossUnreported { label: Label }
            zh "容器 {label} 属于管控类别，退回途中丢失须先上报。请立即登记事件首报（列明该容器）并报告公安机关，再填写该事件编号登记未退回。"
            en "Container {label} is of a watched class. Report the loss of this container as an incident and to the police first; then name that incident here."
        /// The other institution has the other half of it.
        Business "transfer_not_reversible" TransferNotReversible { entry: Seq, act: Kind }
            zh "第 {entry} 号记录（{act}）属于单位间调拨，不能冲正。请由接收单位拒收，或再办一笔调拨退回。"
            en "Entry {entry} ({act}) belongs to a transfer and cannot be reversed. The way back is that the receiver refuses it, or another transfer."
    } };
}
pub(super) use transfer_refusals;
