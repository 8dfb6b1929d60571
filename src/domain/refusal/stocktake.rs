//! Stocktakes and incidents.

macro_rules! stocktake_refusals {
    ($($before:tt)*) => { register_refusals! { $($before)*
        /// No such stocktake.
        Missing "stocktake_unknown" StocktakeUnknown {}
            zh "本单位没有这次盘点。请核对盘点编号。"
            en "There is no such stocktake in your institution. Check its number."
        /// Nothing is counted into it any more.
        Conflict "stocktake_closed" StocktakeClosed { stocktake: StocktakeId }
            zh "盘点 {stocktake} 已结束，不能再计入。请开始新的盘点。"
            en "Stocktake {stocktake} is closed and takes nothing more. Begin a new one."
        /// One count of a place at a time.
        Conflict "place_being_counted" PlaceBeingCounted { place: PlaceId, stocktake: StocktakeId }
            zh "地点 {place}（或其上下级地点）正在进行盘点 {stocktake}。请在该次盘点中继续，或待其结束。"
            en "Place {place}, or one around or in it, is being counted in stocktake {stocktake}. Go on there, or wait until it is closed."
        /// Somewhere else.
        Business "place_not_in_stocktake" PlaceNotInStocktake { place: PlaceId, stocktake: StocktakeId }
            zh "地点 {place} 不在盘点 {stocktake} 的范围内。请扫描该范围内的地点。"
            en "Place {place} is no part of stocktake {stocktake}. Scan a place that is."
        /// Nothing is written twice.
        Conflict "already_counted" AlreadyCounted { label: Label, at: Time, by: PersonId }
            zh "容器 {label} 已于 {at} 由 {by} 盘点，未重复记录。请继续扫描下一个。"
            en "Container {label} was counted at {at} by {by}; nothing was written again. Go on to the next one."
        /// Nothing is written twice.
        Conflict "code_already_counted" CodeAlreadyCounted { at: Time, by: PersonId }
            zh "该不明条码已于 {at} 由 {by} 记录，未重复记录。请继续扫描下一个。"
            en "This unknown code was noted at {at} by {by}; nothing was written again. Go on to the next one."
        /// A second look is another person's.
        Business "recount_by_another" RecountByAnother { label: Label, by: PersonId }
            zh "容器 {label} 上一次由 {by} 盘点，复盘须由另一人进行。请换人复盘。"
            en "Container {label} was last counted by {by}; somebody else counts it again. Hand it to them."
        /// What two have found is not for one of them to take back.
        Business "recount_by_third" RecountByThird { label: Label, by: PersonId }
            zh "容器 {label} 的差异已由 {by} 等至少两人盘出，再次复盘须由尚未盘过它的人员进行。请换人复盘，或按差异处理。"
            en "At least two have found that container {label} does not agree, {by} among them; only somebody who has not counted it yet counts it again. Hand it to them, or settle the difference."
        /// A plan that draws nothing checks nothing.
        Business "sample_empty" SampleEmpty {}
            zh "抽盘数量不能为 0。请填写至少 1，或不填以全部盘点。"
            en "A sample of nothing checks nothing. Draw one at least, or leave sample_size out to count everything."
        /// The book does not change, and no finding is put away, without a word.
        Business "finding_reason_missing" FindingReasonMissing {}
            zh "处理盘点发现须说明原因。请填写原因后再提交。"
            en "What was found is not settled without a reason. Say why."
        /// The book says that it is gone (RULES D7).
        Business "off_book_unreported" OffBookUnreported { label: Label }
            zh "容器 {label} 账面已调出、处置或丢失，实物却仍在，且属重点管控类别。请先就该容器登记事件（如 kind=off_book），再以其编号 incident 处理。"
            en "The book says that container {label} was sent, disposed of or lost, and it is there; its class is watched. Report an incident of it (kind off_book, say) and name that as incident."
        /// Two know of it.
        Business "off_book_by_another" OffBookByAnother { label: Label, by: PersonId }
            zh "容器 {label} 账外实物由 {by} 盘出，须由另一人处理。请换人提交。"
            en "{by} came upon container {label}, which the book has no more; somebody else says what became of it. Hand it to them."
        /// The amount belongs to the count.
        Business "count_amount_missing" CountAmountMissing { label: Label }
            zh "容器 {label} 须清点数量。请填写清点的数量或毛重。"
            en "What is in container {label} has to be counted. Give the amount, or the gross weight."
        /// Another unit is needed; how much there should be is not said.
        Business "count_dimension" CountDimension { label: Label, dimension: Dimension }
            zh "容器 {label} 按 {dimension} 记账，请用该量纲的单位填写清点数量。"
            en "Container {label} is booked by {dimension}. Count it in a unit of that."
        /// A recorded tare is what is taken off.
        Business "tare_recorded" TareRecorded { label: Label, recorded: Quantity }
            zh "容器 {label} 已记录皮重 {recorded}，盘点须按该皮重称量。请不填皮重；皮重确有变化的，请直接填写清点数量。"
            en "The tare of container {label} is recorded as {recorded} and taken off as such. Leave the tare out; if it has changed, give the amount instead."
        /// Only what should be there can be missing.
        Business "count_not_expected" CountNotExpected { label: Label }
            zh "容器 {label} 账面不在本次盘点的地点，不能记为未见。请核对标签。"
            en "The book has container {label} at no place of this stocktake: it is not missing here. Check the label."
        /// Nothing is open about it.
        Business "nothing_to_settle" NothingToSettle { label: Label }
            zh "容器 {label} 在本次盘点中没有待处理的差异。请核对标签。"
            en "Nothing is open about container {label} in this stocktake. Check the label."
        /// One count is no proof.
        Business "recount_missing" RecountMissing { label: Label }
            zh "容器 {label} 的差异尚未复盘。请由另一人复盘后再处理。"
            en "The difference of container {label} has been counted once only. Have somebody else count it again first."
        /// The book said something else then.
        Business "count_outdated" CountOutdated { label: Label }
            zh "容器 {label} 盘点之后，盘点之前的账目又有更正或补录，差异已不成立。请重新复盘。"
            en "The book of container {label} for the time before its count was corrected since; the difference no longer holds. Count it again."
        /// More would go than is there.
        Business "variance_below_zero" VarianceBelowZero { label: Label }
            zh "容器 {label} 盘点后又有支出，按差异调整将小于零。请重新复盘。"
            en "Container {label} was issued from since; with the difference posted it would hold less than nothing. Count it again."
        /// Two kinds of thing.
        Business "variance_mixed" VarianceMixed {}
            zh "管控品的短少属于疑似丢失，不能与一般盘盈盘亏一并处理。请分两次提交。"
            en "What is missing of controlled classes is a suspected loss and not settled with other differences. Send them apart."
        /// Something is left to do.
        Business "stocktake_unresolved" StocktakeUnresolved { missing: u32, misplaced: u32, difference: u32, unknown: u32, off_book: u32 }
            zh "还有未处理的项目：未见 {missing}，错位 {misplaced}，数量差异 {difference}，不明条码 {unknown}，账外实物 {off_book}。请逐项处理后再结束盘点。"
            en "Left to do: {missing} missing, {misplaced} misplaced, {difference} with differences, {unknown} unknown codes, {off_book} that the book has no more. Settle each of them, then close."
        /// No such finding, or it is done.
        Business "nothing_to_resolve" NothingToResolve {}
            zh "本次盘点没有这一项待处理的错位或不明条码。请核对后再提交。"
            en "There is no such misplaced container or unknown code left in this stocktake. Check what you sent."
        /// No such incident.
        Missing "incident_unknown" IncidentUnknown {}
            zh "本单位没有这一事件。请核对事件编号。"
            en "There is no such incident in your institution. Check its number."
        /// Over.
        Conflict "incident_ended" IncidentEnded { incident: IncidentId }
            zh "事件 {incident} 已结案。如有新情况，请另行首报。"
            en "Incident {incident} has ended. Report anything new as another one."
        /// Evidence.
        Business "container_in_incident" ContainerInIncident { label: Label, incident: IncidentId }
            zh "容器 {label} 涉及未结案的事件 {incident}，暂停领用。请先处理该事件。"
            en "Container {label} is part of incident {incident}, which is open: nothing is taken from it. See to the incident first."
        /// The duty comes first (HCL art. 40).
        Business "incident_unreported" IncidentUnreported { incident: IncidentId, authority: Authority, due_at: Time }
            zh "事件 {incident} 应于 {due_at} 前向 {authority} 上报，尚无上报记录，不能结案。请立即上报并续报。"
            en "Incident {incident} was to be reported to {authority} by {due_at} and no report is recorded. Report it at once, record that, then end it."
        /// It did not end so.
        Business "incident_result" IncidentResult { incident: IncidentId, result: IncidentResult }
            zh "事件 {incident} 不能以“{result}”结案：有丢失数量的须找回或核销，没有的不能找回。请改选结果。"
            en "Incident {incident} cannot end as {result}: what is lost is found again or written off, and what is not lost cannot be found. Choose another result."
        /// Before that there was nothing here to lose.
        Business "discovered_before_founding" DiscoveredBeforeFounding { discovered_at: Time, founded_at: Time }
            zh "发现时间 {discovered_at} 早于本单位建账时间 {founded_at}。请更正发现时间。"
            en "The discovery at {discovered_at} lies before the institution was founded ({founded_at}). Correct the time."
        /// Nobody reports what is not known yet.
        Business "reported_before_discovery" ReportedBeforeDiscovery { discovered_at: Time }
            zh "上报时间早于发现时间 {discovered_at}。请核对时间。"
            en "The report is earlier than the discovery at {discovered_at}. Check the time."
        /// The first report is what counts.
        Conflict "reported_already" ReportedAlready { at: Time }
            zh "已于 {at} 上报过。后续情况请以续报文字记录。"
            en "It was reported at {at}. Record what came later as text."
    } };
}
pub(super) use stocktake_refusals;
