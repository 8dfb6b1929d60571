//! Sessions, signatures and emergencies.

macro_rules! signing_refusals {
    ($($before:tt)*) => { purchase_refusals! { $($before)*
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
    } };
}
pub(super) use signing_refusals;
