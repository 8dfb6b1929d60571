//! Who keeps what: handovers, blocked accounts, the books of custodians.

macro_rules! custody_refusals {
    ($($before:tt)*) => { county_refusals! { $($before)*
        /// Somebody is not who keeps it.
        Business "not_custodian" NotCustodian { person: PersonId, place: PlaceId }
            zh "人员 {person} 不是地点 {place} 的在任保管员。请先任命，或改由在任保管员办理。"
            en "Person {person} is no custodian in office of place {place}. Appoint them first, or have a custodian do it."
        /// Who keeps the whole keeps its parts.
        Business "custody_around" CustodyAround { person: PersonId, place: PlaceId }
            zh "人员 {person} 同时保管上级地点 {place}。请对该上级地点办理交接。"
            en "Person {person} also keeps place {place}, which lies around it. Hand that one over."
        /// The paper says why the one who kept it is not there.
        Business "handover_reason_missing" HandoverReasonMissing { person: PersonId }
            zh "移交人 {person} 缺席，须填写原因。请说明为何由他人代为清点。"
            en "Person {person}, who kept it, is absent. Say why another custodian counts instead."
        /// There is nothing to count.
        Business "nothing_to_hand_over" NothingToHandOver { place: PlaceId }
            zh "地点 {place} 没有须清点交接的管控品。可直接撤销任命。"
            en "Nothing controlled belongs to place {place}. End the appointment instead."
        /// What was counted does not stand there.
        Business "handover_not_there" HandoverNotThere { containers: String }
            zh "账面上以下容器不在该地点或无须交接：{containers}。请核对标签；错位的先移库。"
            en "By the book these containers do not stand there, or need no handover: {containers}. Check the labels; move what is misplaced first."
        /// Something was not counted.
        Business "handover_incomplete" HandoverIncomplete { containers: String }
            zh "以下管控品尚未清点：{containers}。请一并清点；找不到的请先盘点。"
            en "These containers were not counted: {containers}. Count them too; if one is not there, begin a stocktake."
        /// Nothing is lost in passing, and nothing smoothed over.
        Business "handover_differs" HandoverDiffers { containers: String }
            zh "以下容器的清点数与账面不符：{containers}。不得交接，请先对该地点盘点并处理差异。"
            en "What was counted of these containers is not what the book says: {containers}. Begin a stocktake of the place and settle it, then hand over."
        /// Both sign.
        Business "handover_unsigned" HandoverUnsigned {}
            zh "保管交接须由移交人和接收人当面签名。请发起待签申请。"
            en "Whoever hands over and whoever takes over both sign. Start a signing request."
        /// Nobody leaves what they keep (保管交接).
        Business "custody_kept" CustodyKept { person: PersonId, places: String }
            zh "人员 {person} 仍保管存有管控品的地点：{places}。请先办理保管交接；情况紧急可先停用账号。"
            en "Person {person} still keeps places with controlled stock: {places}. Hand them over first; in an emergency the account can be blocked at once."
        /// Somebody else ends what they began.
        Business "stocktake_unfinished" StocktakeUnfinished { person: PersonId, stocktake: StocktakeId }
            zh "人员 {person} 开始的盘点 {stocktake} 尚未结束。请先结束盘点。"
            en "Stocktake {stocktake}, begun by person {person}, is still open. Close it first."
        /// The account is blocked.
        Business "person_suspended" PersonSuspended { person: PersonId }
            zh "人员 {person} 的账号已停用。请换在岗人员办理，或由管理员经第二人核准后恢复。"
            en "The account of person {person} is blocked. Somebody else must do this, or an administrator and a second person open it again."
        /// It is open.
        Conflict "not_suspended" NotSuspended { person: PersonId }
            zh "人员 {person} 的账号没有停用，无需恢复。"
            en "The account of person {person} is not blocked; there is nothing to open."
        /// A book is of what one keeps.
        Business "book_not_here" BookNotHere { label: Label, place: PlaceId }
            zh "账面上容器 {label} 不在地点 {place}。请核对标签；错位的先移库。"
            en "By the book container {label} does not stand at place {place}. Check the label; move what is misplaced first."
        /// A book is written once a day, before anybody looks.
        Conflict "already_booked" AlreadyBooked { label: Label, at: Time }
            zh "您已于 {at} 登记过容器 {label} 今日的账。不符的请盘点，或次日重新登记。"
            en "You wrote container {label} into your book for today at {at}. If it differs, begin a stocktake, or count it again tomorrow."
    } };
}
pub(super) use custody_refusals;
