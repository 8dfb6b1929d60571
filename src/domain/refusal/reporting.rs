//! What is submitted to a bureau, and its reviews.

macro_rules! reporting_refusals {
    ($($before:tt)*) => { ledger_refusals! { $($before)*
        /// What is not over is not submitted.
        Business "period_not_over" PeriodNotOver { period: Period, opens: Time }
            zh "{period} 尚不能报送，须到 {opens} 以后。请到期再报。"
            en "{period} cannot be submitted before {opens}. Submit it then."
        /// The ledger began later.
        Business "period_before_ledger" PeriodBeforeLedger { period: Period, began: Time }
            zh "本单位台账自 {began} 建立，没有 {period} 的记录可报。请核对期间。"
            en "The ledger of your institution began at {began}: there is nothing of {period} to submit. Check the period."
        /// Again only with a reason (更正报送).
        Conflict "already_submitted" AlreadySubmitted { period: Period, entry: Seq }
            zh "{period} 已报送（第 {entry} 号记录）。如需更正报送，请填写原因后再报。"
            en "{period} was submitted already (entry {entry}). To submit it again, give the reason."
        /// The bureau has accepted it, which closes the period (锁定).
        Conflict "period_accepted" PeriodAccepted { period: Period, entry: Seq }
            zh "{period} 的报送（第 {entry} 号记录）已被接收，该期间已锁定。此后的更正会自动列在其后；确需重新报送，请联系接收的卫生健康局先予退回。"
            en "{period} was accepted as submitted (entry {entry}) and is closed. Later corrections show beside it by themselves; to submit it again, ask the bureau to return it first."
        /// What was counted in the period is not settled yet.
        Business "period_being_counted" PeriodBeingCounted { period: Period, stocktake: StocktakeId }
            zh "{period} 内开始的盘点 {stocktake} 尚未结束，不能报送。请先处理差异并结束盘点。"
            en "Stocktake {stocktake}, begun in {period} or before, is still open. Settle what differs and close it first."
        /// A bureau keeps no stock.
        Business "nothing_to_submit" NothingToSubmit {}
            zh "卫生健康局不保管危险化学品，没有台账可报送。请由所属单位报送。"
            en "A bureau keeps no stock and has nothing to submit. Its institutions do."
        /// Where 剧毒 stands is not told to everybody.
        Forbidden "position_withheld" PositionWithheld {}
            zh "剧毒化学品的存放位置不向您的岗位公开。请向保管员、设备科或安全员查询。"
            en "Where highly toxic chemicals stand is not told to your role. Ask the custodian, the equipment department or the safety officer."
        /// A later one says something else.
        Conflict "submission_superseded" SubmissionSuperseded { period: Period, entry: Seq }
            zh "{period} 已由第 {entry} 号记录重新报送，此前的报送不能再接收。请审核最新一次报送。"
            en "{period} was submitted again by entry {entry}; the earlier submission cannot be accepted any more. Review the latest one."
        /// No such submission, or not one in the region.
        Missing "submission_unknown" SubmissionUnknown {}
            zh "没有这次报送。请从 /api/v1/submissions 中选择最近一次。"
            en "There is no such submission. Choose the latest one of /api/v1/submissions."
        /// Whoever returns something says why.
        Business "return_reason_missing" ReturnReasonMissing {}
            zh "退回时请填写原因，单位据此更正。"
            en "Say why it is returned, so that the institution can correct it."
    } };
}
pub(super) use reporting_refusals;
