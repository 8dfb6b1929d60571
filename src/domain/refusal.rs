//! Why the ledger says no.
//!
//! One closed list: every reason has a stable `code`, a class that decides the HTTP status, and a
//! sentence in Chinese and in English that tells the person what to do next. Numbers and names that
//! a program may want are carried as members beside the sentence.

mod list;

use chrono::NaiveDate;
use list::refusals;
pub use list::{Class, Known, Language};

use super::{
    container::Status,
    ids::{
        DepartmentId, ImportId, InstitutionId, Label, OrderId, PermitId, PersonId, PlaceId,
        ProductId, RequestId, RequisitionId, Seq,
    },
    ledger::{Kind, Log, Part},
    naming::{Named, Names, Said},
    opening::ImportState,
    people::Role,
    quantity::Quantity,
    request::RequestState,
    requisition::{OrderState, RequisitionState},
    time::Time,
};

refusals! {
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
    /// No such institution, or not one in the region of the bureau.
    Missing "institution_unknown" InstitutionUnknown { institution: InstitutionId }
        zh "辖区内没有编号为 {institution} 的单位。请从 /api/v1/institutions 中选择。"
        en "There is no institution {institution} in your region. Choose one of /api/v1/institutions."
    /// No such department in the institution.
    Missing "department_unknown" DepartmentUnknown { department: DepartmentId }
        zh "本单位没有编号为 {department} 的科室。请从科室列表中选择。"
        en "There is no department {department} in your institution. Choose one from the list of departments."
    /// The department was closed.
    Business "department_closed" DepartmentClosed { department: DepartmentId }
        zh "科室 {department} 已撤并。请选择现有科室。"
        en "Department {department} is closed. Choose one that is open."
    /// Another open department has the name.
    Conflict "department_exists" DepartmentExists { department: DepartmentId }
        zh "同名科室已存在，编号 {department}。请直接使用。"
        en "A department with this name exists already: {department}. Use that one."
    /// Open places belong to it or people work in it.
    Business "department_in_use" DepartmentInUse { department: DepartmentId, places: usize, people: usize }
        zh "科室 {department} 尚有 {places} 处存放地点和 {people} 名人员，不能撤并。请先将其转入其他科室。"
        en "Department {department} still has {places} places and {people} people and cannot be closed. Move them to another department first."
    /// No such place in the institution.
    Missing "place_unknown" PlaceUnknown { place: PlaceId }
        zh "本单位没有编号为 {place} 的存放地点。请从地点列表中选择。"
        en "There is no place {place} in your institution. Choose one from the list of places."
    /// The place has been closed.
    Business "place_closed" PlaceClosed { place: PlaceId }
        zh "存放地点 {place} 已停用。请选择其他地点。"
        en "Place {place} is closed. Choose another place."
    /// The container is there already.
    Conflict "already_there" AlreadyThere { label: Label, place: PlaceId }
        zh "容器 {label} 已经在地点 {place}，无需移动。"
        en "Container {label} is already at place {place}; there is nothing to move."
    /// The place is not permitted for one of the container's control classes.
    Business "class_not_permitted" ClassNotPermitted { place: PlaceId, class: String }
        zh "地点 {place} 不允许存放“{class}”。请选择为该类别设置的专柜或专库。"
        en "Place {place} is not permitted for {class}. Choose a cabinet or store designated for that class."
    /// The place has no (or too few) custodians for a controlled class.
    Business "custodians_missing" CustodiansMissing { place: PlaceId, needed: usize, appointed: usize }
        zh "地点 {place} 需要 {needed} 名在任保管员，现有 {appointed} 名。请先任命保管员。"
        en "Place {place} needs {needed} custodians in office and has {appointed}. Appoint custodians first."
    /// No such product.
    Missing "product_unknown" ProductUnknown { product: ProductId }
        zh "本单位没有编号为 {product} 的品名。请先建立品名或从列表中选择。"
        en "There is no product {product} in your institution. Create it first or choose from the list."
    /// A product with that name, qualifier and CAS exists.
    Conflict "product_exists" ProductExists { product: ProductId }
        zh "相同名称、规格与CAS号的品名已存在，编号 {product}。请直接使用。"
        en "A product with this name, qualifier and CAS exists already: {product}. Use that one."
    /// The catalogue has several substances that it could be (RULES 5.3: CAS alone is not enough).
    Business "substance_ambiguous" SubstanceAmbiguous { candidates: String }
        zh "不能确定是哪一种物质。请补正品名、浓度、形态或CAS号，或在 substance 中填写所选条目的代码：{candidates}。"
        en "It could be one of several substances. Correct name, concentration, form or CAS number, or give the code of the right one as substance: {candidates}."
    /// The substance chosen is not one that the name could mean.
    Business "substance_not_a_match" SubstanceNotAMatch { substance: String }
        zh "条目 {substance} 与该品名不符。请先不填 substance 提交，从给出的条目中选择。"
        en "Entry {substance} does not go with this name. Leave substance out first and choose one of the entries given."
    /// The amount given is not of the product's dimension.
    Business "product_dimension" ProductDimension { product: ProductId, given: Quantity }
        zh "品名 {product} 不按 {given} 的量纲记账。请使用该品名的计量单位。"
        en "Product {product} is not booked in units like {given}. Use a unit of the product's dimension."
    /// No such person.
    Missing "person_unknown" PersonUnknown { person: PersonId }
        zh "本单位没有编号为 {person} 的人员。请核对胸牌或从人员列表中选择。"
        en "There is no person {person} in your institution. Check the badge or choose from the list."
    /// The account was closed.
    Business "person_left" PersonLeft { person: PersonId }
        zh "人员 {person} 的账号已注销。请换在岗人员办理。"
        en "The account of person {person} is closed. Someone in office must do this."
    /// One natural person has one account.
    Conflict "person_exists" PersonExists { person: PersonId }
        zh "该身份证件已登记为人员 {person}。一人只能有一个账号，请使用原账号。"
        en "This identity document is already person {person}. One person has one account: use that one."
    /// Staff numbers are unique within an institution.
    Conflict "staff_number_taken" StaffNumberTaken { staff_number: String }
        zh "工号 {staff_number} 已被使用。请核对工号。"
        en "Staff number {staff_number} is taken. Check it."
    /// An administrator can be neither custodian nor auditor, and so on.
    Business "roles_conflict" RolesConflict { role: Role, held: Role }
        zh "“{held}”不得兼任“{role}”。请任命另一人。"
        en "A person who is {held} cannot also be {role}. Appoint someone else."
    /// The founding does not name the people it needs.
    Business "founders_incomplete" FoundersIncomplete {}
        zh "建立单位须登记三名不同的人员：一名系统管理员，另两名不得是管理员。请补齐。"
        en "Founding needs three different persons: one administrator and two who are not. Complete the list."
    /// No such appointment, or it ended already.
    Missing "appointment_unknown" AppointmentUnknown { appointment: Seq }
        zh "没有记录号为 {appointment} 的任命，或已被撤销。"
        en "There is no appointment {appointment}, or it was revoked already."
    /// The person has that appointment.
    Conflict "already_appointed" AlreadyAppointed { person: PersonId, appointment: Seq }
        zh "人员 {person} 在此期间已有相同任命（第 {appointment} 号记录）。无需重复任命。"
        en "Person {person} holds that appointment in this time already (entry {appointment}). There is nothing to appoint."
    /// A custodian keeps a place.
    Business "place_required" PlaceRequired {}
        zh "保管员须指定其保管的地点。请填写地点。"
        en "A custodian is appointed to a place. Name the place."
    /// Other roles hold for the whole institution.
    Business "place_not_taken" PlaceNotTaken { role: Role }
        zh "“{role}”的任命适用于全单位，不能限定地点。请去掉地点。"
        en "The role {role} holds for the whole institution. Leave the place out."
    /// The time of an appointment is no time to come.
    Business "period_wrong" PeriodWrong { now: Time }
        zh "任期须从现在（{now}）或以后开始，并在开始之后结束。请更正起止时间。"
        en "An appointment begins now ({now}) or later and ends after its beginning. Correct its times."
    /// A delegation is short.
    Business "delegation_too_long" DelegationTooLong { most_days: i64 }
        zh "代理最长 {most_days} 天。请缩短期限，或改为正式任命。"
        en "A delegation lasts {most_days} days at most. Shorten it, or appoint for good."
    /// Nobody stands in for what a person is not.
    Business "nothing_to_stand_in_for" NothingToStandInFor { person: PersonId, role: Role }
        zh "人员 {person} 在此期间并非该处的“{role}”，不能由他人代理。请核对被代理人。"
        en "Person {person} does not hold the role {role} there throughout that time, so nobody can stand in. Check for whom."
    /// Somebody must be able to manage people.
    Business "last_administrator" LastAdministrator { person: PersonId }
        zh "人员 {person} 是最后一名系统管理员，不能撤销或离岗。请先任命另一名系统管理员。"
        en "Person {person} is the last administrator and has to stay. Appoint another administrator first."
    /// Nobody leaves with stock in hand (离岗交接).
    Business "person_holds" PersonHolds { person: PersonId, open: usize }
        zh "人员 {person} 尚有 {open} 笔未归还的领用，不能办理离岗。请先归还或移交。"
        en "Person {person} still holds {open} checkouts and cannot leave. Have them returned first."
    /// The badge hangs on somebody else.
    Conflict "badge_taken" BadgeTaken { person: PersonId }
        zh "该胸牌已发给人员 {person}。请换一张胸牌。"
        en "This badge is person {person}'s. Take another one."
    /// Two persons decide this (双人复核).
    Business "second_person_required" SecondPersonRequired {}
        zh "此项须由第二人核准：请另一名管理员、安全员、设备科或科室负责人在 second 中用本人密码确认。"
        en "A second person must confirm this: have another administrator, safety, equipment or department head give their own secret in second."
    /// The second person is not one who may confirm.
    Business "second_person_unfit" SecondPersonUnfit { person: PersonId }
        zh "人员 {person} 不能核准此项：须为当事人和经办人之外的管理员、安全员、设备科或科室负责人。请换一人。"
        en "Person {person} cannot confirm this: it takes an administrator, safety, equipment or department head who is neither sender nor concerned. Have someone else do it."
    /// No such session of one's own.
    Missing "session_unknown" SessionUnknown {}
        zh "您没有这个登录会话，或已结束。请刷新列表。"
        en "You have no such session, or it has ended. Load the list again."
    /// A refresh code that was used before: somebody else may have a copy.
    Unproven "refresh_reused" RefreshReused {}
        zh "该续期码无效或已用过，为安全起见登录已结束。请重新登录。"
        en "This refresh code is not valid or was used before; the session has been ended for safety. Sign in again."
    /// The act needs two signatures.
    Business "signatures_required" SignaturesRequired { label: Label, needed: usize }
        zh "容器 {label} 属管控类别，须由 {needed} 名保管员签名。请发起待签申请。"
        en "Container {label} is controlled: {needed} custodians must sign. Start a signing request."
    /// 双人验收 is signed.
    Business "acceptance_unsigned" AcceptanceUnsigned { needed: usize }
        zh "该类别须由 {needed} 人签名验收。请发起待签申请。"
        en "This class must be accepted by {needed} persons who sign. Start a signing request."
    /// Not enough signatures yet.
    Business "signatures_missing" SignaturesMissing { part: Part, needed: usize, given: usize }
        zh "还缺签名：{part} 需要 {needed} 人，已签 {given} 人。请其余人员签名。"
        en "Signatures are missing: {needed} needed as {part}, {given} given. The others must sign."
    /// The person cannot sign in that part.
    Business "not_a_signer" NotASigner { person: PersonId, part: Part }
        zh "人员 {person} 不能以“{part}”身份签名。请由该地点在任保管员或指定人员签名。"
        en "Person {person} cannot sign as {part}. A custodian in office of the place, or the person named, must."
    /// The person's role does not let them receive or accept.
    Business "part_not_permitted" PartNotPermitted { person: PersonId, part: Part }
        zh "人员 {person} 的岗位不能担任{part}。请改填有相应岗位的人员，或先办理任命。"
        en "The role of person {person} does not let them be {part}. Name somebody whose role does, or appoint them first."
    /// Signers confirm the purpose.
    Business "purpose_missing" PurposeMissing {}
        zh "签名人须核对用途，但没有填写用途（原因）。请填写后再发起申请。"
        en "The signers confirm the purpose, and none is given. Give the purpose (or the reason) and ask again."
    /// Somebody wrote a signature into the database.
    Fault "signature_forged" SignatureForged { request: RequestId }
        zh "申请 {request} 上的签名不是由本程序在核验密码后生成的，本次操作未写入。请撤回该申请，立即报告并运行核验。"
        en "A signature on request {request} was not made by this program after checking a secret; nothing was written. Withdraw the request, report it at once and run verify."
    /// Too long between the first and the last signature.
    Business "signature_window" SignatureWindow { seconds: u32 }
        zh "两次签名间隔超过 {seconds} 秒。请重新发起申请，双方当面签名。"
        en "More than {seconds} seconds lie between the signatures. Start again, with everybody present."
    /// No such request.
    Missing "request_unknown" RequestUnknown { request: RequestId }
        zh "没有编号为 {request} 的待签申请。"
        en "There is no signing request {request}."
    /// The request has been dealt with.
    Conflict "request_closed" RequestClosed { request: RequestId, state: RequestState }
        zh "申请 {request} 已处于 {state} 状态，不能再签名。如仍需办理请重新发起。"
        en "Request {request} is {state} and cannot be signed any more. Start a new one if it is still needed."
    /// The request is too old.
    Business "request_expired" RequestExpired { request: RequestId, expired_at: Time }
        zh "申请 {request} 已于 {expired_at} 过期。请重新发起。"
        en "Request {request} expired at {expired_at}. Start a new one."
    /// What is signed is not what the request says.
    Conflict "request_changed" RequestChanged { request: RequestId }
        zh "签名内容与申请 {request} 当前内容不一致。请刷新并核对六组数字后重新签名。"
        en "What was signed is not what request {request} says now. Reload, compare the six groups and sign again."
    /// The stock has moved on since the request was made.
    Conflict "request_outdated" RequestOutdated { request: RequestId }
        zh "申请 {request} 发起后库存已变化，原签名不再有效。请重新发起。"
        en "The stock has changed since request {request} was made; its signatures no longer hold. Start a new one."
    /// Nothing of it is controlled.
    Business "signing_not_needed" SigningNotNeeded {}
        zh "该操作不涉及须签名的管控类别，请直接办理。"
        en "Nothing here has to be signed for; do it directly."
    /// The person has signed already.
    Conflict "already_signed" AlreadySigned { person: PersonId }
        zh "人员 {person} 已在该申请上签名。请另一人签名。"
        en "Person {person} has signed this request already. Somebody else must sign."
    /// One signature is not enough for this class, whatever the hurry.
    Business "emergency_not_allowed" EmergencyNotAllowed {}
        zh "该类别不允许应急发放（一人签名）。请由两名保管员签名；保管员不足时请由事先任命的代理人签名。"
        en "This class is never released under one signature. Have two custodians sign; a delegate appointed beforehand can stand in."
    /// No such release.
    Missing "emergency_unknown" EmergencyUnknown { entry: Seq }
        zh "本单位第 {entry} 号记录不是应急发放。请从应急发放列表中选择。"
        en "Entry {entry} of your institution is no emergency release. Choose one from their list."
    /// Two others have countersigned.
    Conflict "already_countersigned" AlreadyCountersigned { entry: Seq }
        zh "第 {entry} 号应急发放已由两人补签，无需再签。"
        en "Emergency release {entry} has been countersigned by two; there is nothing to sign."
    /// What is countersigned is not the entry.
    Conflict "emergency_changed" EmergencyChanged { entry: Seq }
        zh "补签内容与第 {entry} 号应急发放的记录不一致。请刷新并核对六组数字后重新签名。"
        en "What was countersigned is not entry {entry}. Reload, compare the six groups and sign again."
    /// One person cannot play two parts in one act.
    Business "same_person_twice" SamePersonTwice { person: PersonId }
        zh "人员 {person} 在同一笔业务中不能担任两种角色。请换一人。"
        en "Person {person} cannot play two parts in one act. Someone else must."
    /// No such entry.
    Missing "entry_unknown" EntryUnknown { entry: Seq }
        zh "本单位没有第 {entry} 号记录。"
        en "There is no entry {entry} in your institution."
    /// A period that ends before it begins.
    Business "period_reversed" PeriodReversed { from: Time, to: Time }
        zh "期间的起点 {from} 不早于终点 {to}。请改正起止时间；终点写日期时，当天计算在内。"
        en "The period begins at {from}, not before its end at {to}. Correct them; a day at the end counts in full."
    /// A report about what has not happened yet.
    Business "moment_in_future" MomentInFuture { given: Time, now: Time }
        zh "所给时间 {given} 尚未到来（现在是 {now}）。请改为现在或过去的时间。"
        en "{given} has not come yet; it is {now}. Give a time that has passed."
    /// The entry was written after the head that was signed last.
    Business "entry_not_signed" EntryNotSigned { entry: Seq, signed: u64 }
        zh "第 {entry} 号记录尚未纳入签名检查点（已签到第 {signed} 条）。请1秒后重试。"
        en "Entry {entry} is not under a signed checkpoint yet ({signed} entries are). Try again in a second."
    /// No head of that size was signed.
    Missing "checkpoint_unknown" CheckpointUnknown { size: u64 }
        zh "没有规模为 {size} 的签名检查点。请使用已取得的检查点的规模，或省略 size。"
        en "No checkpoint of size {size} was signed. Give the size of a checkpoint you hold, or leave size out."
    /// Sizes that no log of this length has.
    Business "sizes_out_of_range" SizesOutOfRange { from: u64, to: u64, size: u64 }
        zh "应满足 1 ≤ from ≤ to ≤ {size}，而所给为 from={from}、to={to}。请更正。"
        en "1 ≤ from ≤ to ≤ {size} is needed, but from={from} and to={to} were given. Correct them."
    /// A log is signed within a second of its first entry.
    Missing "head_unsigned" HeadUnsigned { log: Log }
        zh "{log} 还没有签名的校验点。请稍候一秒再取。"
        en "No head of the {log} log has been signed yet. Try again in a second."
    /// Only movements can be reversed.
    Business "entry_not_reversible" EntryNotReversible { entry: Seq, act: Kind }
        zh "第 {entry} 号记录（{act}）不能冲正。"
        en "Entry {entry} ({act}) cannot be reversed."
    /// A reversal happens once (红字冲正).
    Conflict "already_reversed" AlreadyReversed { entry: Seq, by: Seq }
        zh "第 {entry} 号记录已由第 {by} 号记录冲正。"
        en "Entry {entry} has already been reversed by entry {by}."
    /// Later entries touch the same container.
    Business "later_entries_exist" LaterEntriesExist { entry: Seq, label: Label, latest: Seq }
        zh "容器 {label} 在第 {entry} 号记录之后另有记录（最近为第 {latest} 号）。请先从最近一笔起依次冲正。"
        en "Container {label} has later entries than {entry} (the latest is {latest}). Reverse from the latest backwards."
    /// Nothing is open for this container.
    Business "nothing_checked_out" NothingCheckedOut { label: Label }
        zh "容器 {label} 没有未归还的领用。请核对标签。"
        en "Nothing is checked out of container {label}. Check the label."
    /// Several open checkouts and none named.
    Business "checkout_ambiguous" CheckoutAmbiguous { label: Label, open: usize }
        zh "容器 {label} 有 {open} 笔未归还的领用。请指明是哪一笔，或指明是容器本身。"
        en "Container {label} has {open} open checkouts. Say which one is meant, or that it is the container itself."
    /// What was taken out of a container comes back into it, wherever it stands.
    Business "only_part_returned" OnlyPartReturned { label: Label }
        zh "容器 {label} 未整瓶领出，归还的部分只能放回原容器。请不填地点；需换地点请办理移库。"
        en "Container {label} never left its place; the part goes back into it. Leave the place out, or move the container."
    /// The moment claimed lies in the future.
    Business "occurred_in_future" OccurredInFuture { occurred_at: Time, now: Time }
        zh "发生时间 {occurred_at} 晚于当前时间 {now}。请更正。"
        en "The time {occurred_at} lies after now ({now}). Correct it."
    /// More than 24 hours back needs a reason.
    Business "late_reason_missing" LateReasonMissing { occurred_at: Time }
        zh "发生时间 {occurred_at} 早于24小时前，须按补录办理并填写原因。"
        en "The time {occurred_at} is more than 24 hours back: record it as late, with a reason."
    /// The idempotency key was used for another request.
    Business "idempotency_key_reused" IdempotencyKeyReused {}
        zh "该 Idempotency-Key 已用于另一份不同的请求。请为新请求生成新键。"
        en "This Idempotency-Key was used for a different request. Make a new key for a new request."
    /// The person's role does not carry the permission.
    Forbidden "not_permitted" NotPermitted {}
        zh "您的岗位没有此项权限。如确需办理，请联系本单位系统管理员。"
        en "Your role does not permit this. Ask your institution's administrator if you need it."
    /// The token is missing, ended or revoked.
    Unproven "session_invalid" SessionInvalid {}
        zh "登录已失效。请重新登录。"
        en "Your session has ended. Sign in again."
    /// Wrong badge, staff number or secret: which one is not said.
    Unproven "sign_in_refused" SignInRefused {}
        zh "胸牌（工号）或密码不正确。请重试；连续错误5次将锁定15分钟。"
        en "Badge (staff number) or secret not accepted. Try again; five wrong tries lock for 15 minutes."
    /// Five wrong tries.
    Locked "locked" Locked { until: Time }
        zh "错误次数过多，已锁定至 {until}。请等待，或由两名管理人员解锁。"
        en "Too many wrong tries: locked until {until}. Wait, or have two persons unlock it."
    /// The one-time code is wrong or used up.
    Unproven "code_refused" CodeRefused {}
        zh "一次性代码无效或已使用。请向管理员索取新的代码。"
        en "The one-time code is not valid or has been used. Ask the administrator for a new one."
    /// The secret is too weak.
    Business "secret_too_weak" SecretTooWeak {}
        zh "密码太弱：至少6位数字且不能是连续或重复的数字，或至少8位字符。请换一个。"
        en "The secret is too weak: at least 6 digits, neither a run nor a repeat, or at least 8 characters. Choose another."
    /// The policy asks for more acceptors (双人验收).
    Business "acceptors_missing" AcceptorsMissing { needed: usize, named: usize }
        zh "该类别须由 {needed} 人验收，只填写了 {named} 人。请补齐验收人。"
        en "This class needs {needed} acceptors and {named} were named. Name the others."
    /// The place would lie in itself.
    Business "place_inside_itself" PlaceInsideItself { place: PlaceId }
        zh "地点 {place} 不能放在自己或其下级地点之内。请另选上级地点。"
        en "Place {place} cannot lie in itself or in a place below it. Choose another parent."
    /// The dimension of a product is fixed with its first container.
    Business "dimension_fixed" DimensionFixed { product: ProductId }
        zh "品名 {product} 的记账量纲不能更改。请新建品名。"
        en "The booking dimension of product {product} cannot change. Create another product."
    /// A founded database cannot be founded again with that code.
    Conflict "already_founded" AlreadyFounded {}
        zh "该单位已经建立。请直接登录。"
        en "This institution has been founded already. Sign in."
    /// No such import.
    Missing "import_unknown" ImportUnknown {}
        zh "本单位没有这次导入。请核对导入编号，或重新上传文件。"
        en "There is no such import in your institution. Check its number, or upload the file again."
    /// One bad row refuses the file.
    Business "import_has_errors" ImportHasErrors { wrong_cells: i64 }
        zh "文件中有 {wrong_cells} 处错误，未导入任何内容。请按提示更正单元格后重新上传。"
        en "{wrong_cells} cells of the file are wrong and nothing was taken in. Correct them and upload the file again."
    /// The same sheet is in the book.
    Conflict "imported_already" ImportedAlready { import: ImportId }
        zh "同一文件已由第 {import} 号导入办理。请查看该次导入；要重做请先撤销它。"
        en "The same file was taken in by import {import}. Look at that one; to do it again, take it back first."
    /// The import has been taken back, or was never accepted.
    Conflict "import_closed" ImportClosed { state: ImportState }
        zh "该次导入处于 {state} 状态，不能这样办理。请重新上传文件。"
        en "This import is {state} and cannot be dealt with like that. Upload the file again."
    /// It is still being posted.
    Conflict "import_running" ImportRunning {}
        zh "导入还在进行。请等它完成后再撤销。"
        en "The import is still running. Wait until it is done, then take it back."
    /// A row of a sheet without a place.
    Business "place_name_missing" PlaceNameMissing {}
        zh "没有存放地点。请填写该列，或在导入时用 places 中的空名指定一个默认地点。"
        en "There is no place. Fill the column in, or give one for the empty name in places."
    /// A name in a sheet that no place has.
    Business "place_name_unknown" PlaceNameUnknown { name: String }
        zh "没有名为“{name}”的地点。请先建立该地点，或用 places 指定对应的地点编号，或用 make_places 自动建立。"
        en "No place is called {name:?}. Make it first, or map the name to a place in places, or ask for it with make_places."
    /// A name in a sheet that several places have.
    Business "place_name_ambiguous" PlaceNameAmbiguous { candidates: String }
        zh "有几个地点都叫这个名字：{candidates}。请写出完整路径，或用 places 指定地点编号。"
        en "Several places have that name: {candidates}. Write the whole path, or map the name to a number in places."
    /// No such permit or filing.
    Missing "permit_unknown" PermitUnknown {}
        zh "本单位没有登记这份许可或备案。请核对编号，或先登记。"
        en "There is no such permit or filing in your institution. Check its number, or record it first."
    /// The same document is recorded already.
    Conflict "permit_exists" PermitExists { permit: PermitId }
        zh "同类同号的许可或备案已登记为第 {permit} 号。请使用该记录，或更正它。"
        en "A document of that kind and number is recorded already, as permit {permit}. Use that one, or correct it."
    /// A correction cannot undo what was received.
    Business "permit_below_drawn" PermitBelowDrawn { permit: PermitId, line: usize, drawn: Quantity }
        zh "许可 {permit} 第 {line} 行已入库 {drawn}，不能改为更少或换成别的品名。请更正数量，或先冲正相应入库。"
        en "Line {line} of permit {permit}: {drawn} was received against it, so it cannot be less or about something else. Correct the quantity, or reverse those receipts first."
    /// The class asks for a document (HCL art. 58–60, R445 art. 15–17).
    Business "permit_required" PermitRequired { class: &'static str, kinds: String }
        zh "“{class}”须凭{kinds}入库。请填写相应的许可编号；尚未登记的先登记。"
        en "{class} is received on a document of its own ({kinds}). Name such a permit; record it first if it is not there."
    /// It no longer holds.
    Business "permit_revoked" PermitRevoked { permit: PermitId }
        zh "许可 {permit} 已作废，不能凭它入库。请改用有效的许可。"
        en "Permit {permit} is revoked and nothing is received on it. Use one that is valid."
    /// It does not hold yet.
    Business "permit_not_yet_valid" PermitNotYetValid { permit: PermitId, from: NaiveDate }
        zh "许可 {permit} 自 {from} 起有效，到货日在此之前。请核对到货日期，或改用有效的许可。"
        en "Permit {permit} is valid from {from}, after the day of arrival. Check that day, or use a permit that is valid."
    /// Its days are over (RULES D8).
    Business "permit_expired" PermitExpired { permit: PermitId, until: NaiveDate }
        zh "许可 {permit} 已于 {until} 到期，不能凭它入库。请办理并登记新的许可。"
        en "Permit {permit} ended on {until} and nothing is received on it any more. Obtain and record a new one."
    /// Single use (RULES D8).
    Business "permit_used" PermitUsed { permit: PermitId }
        zh "许可 {permit} 限一次使用，已凭它入库过。请办理并登记新的许可。"
        en "Permit {permit} is good for one receipt and has had it. Obtain and record a new one."
    /// It lets something else be bought.
    Business "permit_other_goods" PermitOtherGoods { permit: PermitId, product: ProductId }
        zh "许可 {permit} 不含品名 {product}。请核对品名，或改用相应的许可。"
        en "Permit {permit} does not name product {product}. Check the product, or use the permit that names it."
    /// A permit by weight for something booked by volume, or the reverse.
    Business "permit_density_unknown" PermitDensityUnknown { permit: PermitId, product: ProductId, left: Quantity }
        zh "许可 {permit} 余量以 {left} 计，品名 {product} 的密度未知，无法折算。请填写密度后再入库。"
        en "Permit {permit} is written as {left} (what is left) and the density of product {product} is unknown. Give the density with the receipt."
    /// More than is left (RULES D8, HCL art. 60).
    Business "permit_exceeded" PermitExceeded { permit: PermitId, left: Quantity, asked: Quantity }
        zh "许可 {permit} 只余 {left}，本次入库 {asked}，超出许可。请减少数量，或办理新的许可。"
        en "Only {left} is left on permit {permit} and {asked} arrives. Receive less, or obtain a new permit."
    /// What was received before knew nothing of it.
    Business "policy_in_the_past" PolicyInThePast { today: NaiveDate }
        zh "规定的生效日不能早于今天（{today}）。请改为今天或以后。"
        en "A policy begins today ({today}) at the earliest. Give today or a later day."
    /// No such purchase request.
    Missing "purchase_request_unknown" PurchaseRequestUnknown {}
        zh "本单位没有这份购买申请。请核对申请编号。"
        en "There is no such purchase request in your institution. Check its number."
    /// It was changed after it was read.
    Conflict "purchase_request_changed" PurchaseRequestChanged { request: RequisitionId, version: u32 }
        zh "购买申请 {request} 已修改为第 {version} 版，与所审批的不同。请重新查看后再审批。"
        en "Purchase request {request} was changed; it is now version {version}. Read it again, then decide."
    /// It stands where that cannot be done.
    Conflict "purchase_request_state" PurchaseRequestState { request: RequisitionId, state: RequisitionState, act: Kind }
        zh "购买申请 {request} 处于“{state}”状态，不能办理{act}。请先查看该申请。"
        en "Purchase request {request} is {state}: no {act} now. Look at it first."
    /// Somebody else's.
    Forbidden "not_the_applicant" NotTheApplicant { applicant: PersonId }
        zh "购买申请只能由申请人 {applicant} 修改或撤回。请联系申请人。"
        en "Only the applicant {applicant} changes or withdraws a purchase request. Ask them."
    /// The head of another department, or of none.
    Forbidden "not_head_of_department" NotHeadOfDepartment { department: DepartmentId }
        zh "购买申请由科室 {department} 的负责人审批。请转给该科室负责人。"
        en "The head of department {department} decides over this purchase request. Hand it to them."
    /// Nobody approves what they asked for.
    Forbidden "own_purchase_request" OwnPurchaseRequest {}
        zh "申请人不能审批自己的购买申请。请由科室的另一位负责人或其代理人审批。"
        en "Nobody decides over their own purchase request. Have another head of the department or a delegate decide."
    /// Nobody would decide over it.
    Business "applicant_without_department" ApplicantWithoutDepartment {}
        zh "您不属于任何科室。请填写为哪个科室申请。"
        en "You belong to no department. Say for which one this is."
    /// More than was approved.
    Business "order_exceeds_request" OrderExceedsRequest { request: RequisitionId, left: Quantity, asked: Quantity }
        zh "购买申请 {request} 还可订购 {left}，本次订购 {asked}。请减少数量，或先修改申请并重新审批。"
        en "{left} of purchase request {request} can still be ordered and {asked} is. Order less, or have the request changed and approved anew."
    /// No such order.
    Missing "order_unknown" OrderUnknown {}
        zh "本单位没有这份订单。请核对订单编号。"
        en "There is no such order in your institution. Check its number."
    /// It is complete, or closed.
    Conflict "order_state" OrderState { order: OrderId, state: OrderState }
        zh "订单 {order} {state}，不能再到货或结单。请核对订单，多到的货请另行订购。"
        en "Order {order} is {state}: nothing more arrives on it, and it is not closed again. Check the order; order what is more."
    /// It is about something else.
    Business "order_other_product" OrderOtherProduct { order: OrderId, product: ProductId }
        zh "订单 {order} 没有订购品名 {product}。请核对品名，或填写正确的订单。"
        en "Product {product} was not ordered with order {order}. Check the product, or name the right order."
    /// More than was ordered.
    Business "order_exceeded" OrderExceeded { order: OrderId, left: Quantity, asked: Quantity }
        zh "订单 {order} 还应到 {left}，本次入库 {asked}。请按订购数量入库，多到的货退回或另行订购。"
        en "{left} of order {order} is still to come and {asked} arrives. Receive what was ordered; send the rest back or order it."
    /// Too many containers in one act.
    Business "too_many_containers" TooManyContainers { most: usize }
        zh "一次最多处理 {most} 个容器。请分批提交。"
        en "At most {most} containers in one command. Split it."
    /// Serials are eight digits.
    Business "serials_used_up" SerialsUsedUp { last: i64 }
        zh "本单位容器编号已用到 {last}，无法再编号。请联系维护人员。"
        en "Container serials are used up (last {last}). Call the maintainers."
    /// A defect: the rows that the ledger needs contradict its entries.
    Fault "ledger_inconsistent" Inconsistent { what: &'static str }
        zh "账面数据与记录不符（{what}），本次操作未写入。请立即联系维护人员并运行核验。"
        en "The stored rows contradict the entries ({what}); nothing was written. Call the maintainers and run verify."
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code(), self.detail(Language::English))
    }
}

impl std::error::Error for Refusal {}
