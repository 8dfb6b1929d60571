//! A container, its label and what is in it.

macro_rules! containers_refusals {
    ($($before:tt)*) => { vessels_refusals! { $($before)*
        /// No container with this label exists in the caller's institution.
        Missing "label_unknown" LabelUnknown {}
            zh "本单位没有这个标签的容器。请核对标签上的16位数字。"
            en "No container with this label in your institution. Check the 16 digits on the label."
        /// The label has been reprinted since.
        Business "label_replaced" LabelReplaced { label: Label, current: Label, on: Known<Time>, by: Known<String> }
            zh "标签 {label} 已于 {on} 由 {by} 更换，现用标签是 {current}。请撕下旧标签，扫描新标签。"
            en "Label {label} was replaced on {on}, by {by}; the label is now {current}. Remove the old label and scan the new one."
        /// The label was printed one hundred times already.
        Business "label_generations_used_up" LabelGenerationsUsedUp { label: Label }
            zh "标签 {label} 已重印到第99代，不能再重印。请分装或更换容器。"
            en "Label {label} has been reprinted 99 times and cannot be again. Decant into a new container."
        /// Its hazards are not known (HCL art. 124).
        Business "product_unidentified" ProductUnidentified { product: ProductId }
            zh "品名 {product} 的危险特性尚未确定，不得入库、领用或使用。请先凭安全技术说明书或鉴定报告办理识别。"
            en "The hazards of product {product} are not known: none may be received, checked out or used. Identify it first, by its SDS or a test report."
        /// The product is known already.
        Conflict "product_identified" ProductIdentified { product: ProductId }
            zh "品名 {product} 的危险特性已经确定，无需再识别。"
            en "The hazards of product {product} are known already; there is nothing to identify."
        /// The same container is named twice in one command.
        Business "container_named_twice" ContainerNamedTwice { label: Label }
            zh "同一容器 {label} 在一次操作中出现了两次。请删去重复的一行。"
            en "Container {label} is named twice in one command. Remove one of the lines."
        /// The container's state does not allow the act.
        Business "container_state" ContainerState { label: Label, state: Status, act: Kind }
            zh "容器 {label} 当前状态为 {state}，不能进行 {act}。请先查看其履历。"
            en "Container {label} is {state}: {act} is not possible. Look at its history first."
        /// Past its expiry date (有效期).
        Business "container_expired" ContainerExpired { label: Label, expires_on: NaiveDate }
            zh "容器 {label} 已于 {expires_on} 过期，不能领用或使用。请转为废弃处置。"
            en "Container {label} expired on {expires_on} and cannot be checked out or used. Turn it into waste."
        /// Two watch how waste leaves.
        Business "witnesses_missing" WitnessesMissing { needed: usize, named: usize }
            zh "处置须有 {needed} 名见证人，现填写 {named} 名。请补齐见证人。"
            en "Disposal needs {needed} witnesses, {named} named. Name the others."
        /// Whoever sends it, or signs for it, watches nothing.
        Business "witness_unfit" WitnessUnfit { person: PersonId }
            zh "人员 {person} 是经办人，不能同时作见证人。请由经办人和签名保管员之外的人员见证。"
            en "Person {person} sends this and cannot witness it. Name witnesses who neither send nor sign it."
        /// A witness says so with their own secret.
        Business "witness_unproven" WitnessUnproven { person: PersonId }
            zh "见证人 {person} 尚未确认。请见证人在 proofs 中用本人密码确认。"
            en "Witness {person} has not confirmed. Have each witness give their own secret in proofs."
        /// Another weight than the book says (RULES D5).
        Business "weight_differs" WeightDiffers { label: Label, booked: Quantity, weighed: Quantity }
            zh "容器 {label} 账面 {booked}，称得 {weighed}，超出允许误差。请复称；确有差异的填写原因。"
            en "Container {label} is booked with {booked} and weighs {weighed}: more apart than a balance may be. Weigh again, or say why in reason."
        /// The same of what is controlled: a shortage is a suspected loss (RULES D7).
        Business "controlled_weight_differs" ControlledWeightDiffers { label: Label, booked: Quantity, weighed: Quantity }
            zh "管控类容器 {label} 账面 {booked}，称得 {weighed}，超出允许误差，不得处置。请复称；仍不符的先盘点并按疑似丢失报告。"
            en "Container {label} is controlled, booked with {booked} and weighs {weighed}: it does not leave like that. Weigh again; if it stays so, count the stock and report a suspected loss."
        /// What a person still has of it would have nowhere to go back to.
        Business "part_still_out" PartStillOut { label: Label, open: usize }
            zh "容器 {label} 尚有 {open} 笔领出的部分未归还或用完，不能转废。请先归还或登记用完。"
            en "{open} parts taken out of container {label} are neither back nor used up, so it cannot become waste. Have them returned or used first."
        /// What is filled was to last until before it was filled.
        Business "expired_when_filled" ExpiredWhenFilled { expires_on: NaiveDate }
            zh "分装容器的有效期 {expires_on} 早于分装当日。请核对有效期。"
            en "The expiry {expires_on} lies before the day on which it is filled. Correct it."
        /// Who takes does not choose where things stand.
        Forbidden "split_elsewhere" SplitElsewhere { place: PlaceId }
            zh "您的岗位不能把分装容器放到地点 {place}。请留在原容器旁，或由保管员移库。"
            en "Your role does not let you put what is filled at place {place}. Leave it beside the container it comes from, or have a custodian move it."
        /// What is filled from a bottle lasts no longer than the bottle.
        Business "outlives_source" OutlivesSource { label: Label, expires_on: NaiveDate, given: NaiveDate }
            zh "分装容器的有效期 {given} 晚于原容器 {label} 的有效期 {expires_on}。请填写不晚于原容器的日期。"
            en "Expiry {given} is later than that of container {label} it is filled from ({expires_on}). Give a date that is not."
        /// Nobody receives what has expired (it may be in the opening stock, since it is there).
        Business "expired_on_arrival" ExpiredOnArrival { expires_on: NaiveDate }
            zh "有效期至 {expires_on}，到货时已过期，不得验收入库。请退回供货单位，或核对日期。"
            en "It expired on {expires_on}, before it arrived: it is not received. Send it back, or correct the date."
        /// A date of expiry that no bottle has.
        Business "expiry_implausible" ExpiryImplausible { expires_on: NaiveDate }
            zh "有效期 {expires_on} 不合理，须在1950年至2199年之间。请核对日期。"
            en "{expires_on} is no date on which a bottle expires (1950 to 2199). Correct it."
        /// A signing request holds it.
        Conflict "container_reserved" ContainerReserved { label: Label, request: RequestId, until: Time }
            zh "容器 {label} 已被待签申请 {request} 占用至 {until}。请等待其办结或撤回该申请。"
            en "Container {label} is reserved by signing request {request} until {until}. Wait or withdraw that request."
        /// More was asked for than is there.
        Business "not_enough" NotEnough { label: Label, available: Quantity, asked: Quantity }
            zh "容器 {label} 可用量为 {available}，不足以支出 {asked}。请减少数量或另选容器。"
            en "Container {label} has {available} available, not {asked}. Ask for less or choose another container."
        /// Mass asked of something booked in volume, and the like.
        Business "dimension_mismatch" DimensionMismatch { label: Label, booked: Quantity, given: Quantity }
            zh "容器 {label} 按 {booked} 的量纲记账，而填写的是 {given}。请改用同类单位，或先录入密度。"
            en "Container {label} is booked like {booked}, but {given} was given. Use a unit of that dimension or record a density first."
        /// The amount is nothing.
        Business "amount_zero" AmountZero {}
            zh "数量为零。请填写大于零的数量。"
            en "The amount is zero. Give an amount greater than zero."
        /// Returned more than was held.
        Business "returned_more_than_held" ReturnedMoreThanHeld { label: Label, held: Quantity, returned: Quantity }
            zh "归还量 {returned} 多于领用在手量 {held}（容器 {label}）。请重新称量；确有多出请走盘点。"
            en "{returned} returned but only {held} was held (container {label}). Weigh again; a real surplus belongs in a stocktake."
        /// The total of an act does not fit.
        Business "amount_overflow" AmountOverflow {}
            zh "合计数量超出可记账范围。请拆分后再提交。"
            en "The total amount is beyond what can be booked. Split the command."
        /// A weight was given for a volume and no density is known.
        Business "density_unknown" DensityUnknown { label: Label }
            zh "容器 {label} 按体积记账且没有密度，不能由称量换算。请填写体积，或先补录密度。"
            en "Container {label} is booked in volume and has no density. Give a volume, or record a density first."
        /// A weight was given and nobody knows what the empty vessel weighs.
        Business "tare_unknown" TareUnknown { label: Label }
            zh "容器 {label} 没有登记皮重（或归还的是分出的部分）。请填写皮重，或直接填写数量。"
            en "No tare is recorded for container {label} (or a part in another vessel comes back). Give the tare, or give the amount."
        /// Gross below tare.
        Business "weight_below_tare" WeightBelowTare { gross: Quantity, tare: Quantity }
            zh "毛重 {gross} 小于皮重 {tare}。请核对皮重后重新称量。"
            en "The gross weight {gross} is below the tare {tare}. Check the tare and weigh again."
    } };
}
pub(super) use containers_refusals;
