//! The shape of a record and the acts it can hold.

use serde::{Deserialize, Serialize};

use crate::domain::{
    container::{Identity, Standing},
    ids::{InstitutionId, PersonId, Seq, Serial},
    incident::{Ending, Incident, Sequel},
    institution::Institution,
    merkle::Hash,
    people::{Appointment, Assignment, Badge, Department, Person},
    permit::{Permit, PurchasePolicy},
    place::Place,
    policy::Policy,
    product::Product,
    purchasing::Purchase,
    requisition::{Approval, Closing, Order, Requisition},
    signature::Signed,
    stocktake::{Count, Loss, Resolution, Settlement, Stocktake, StocktakeClosing},
    submission::{Review, Submission},
    time::Time,
    transfer::{Acceptance, Announcement, Consignment, Reclamation, TransferSettlement},
    waste::WasteCode,
    words::words,
};

use super::posting::Posting;

words! {
    /// The two logs of an institution: same code, separate heads.
    Log {
        /// Everything that moves stock or decides who may.
        Ledger = "ledger" "台账",
        /// One line for every command that was tried.
        Audit = "audit" "审计日志",
    }
}

impl Log {
    /// The number in the database: 0 ledger, 1 audit.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Ledger => 0,
            Self::Audit => 1,
        }
    }

    /// The log with that number.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Ledger),
            1 => Some(Self::Audit),
            _ => None,
        }
    }
}

/// The head of a log: how many entries, and the root over them (RFC 6962).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Entries so far.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
}

/// Who sent the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The person; absent when the program itself or somebody unknown acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The name as it was then, or what acted (`import`, `command line`).
    pub name: String,
    /// The workstation it came from, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<String>,
}

impl Actor {
    /// Somebody who is not signed in, at a workstation.
    #[must_use]
    pub fn unknown(terminal: String) -> Self {
        Self {
            person: None,
            name: "unknown".to_owned(),
            terminal: Some(terminal),
        }
    }
}

/// A record made later than 24 hours after it happened (补录), from a pre-numbered paper form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Why it is late.
    pub reason: String,
    /// The number of the paper form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// SHA-256 of the scanned form, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_sha256: Option<String>,
}

words! {
    /// The part a person plays in an act.
    Part {
        /// 领用人.
        Receiver = "receiver" "领用人",
        /// 发放人: a custodian of the place.
        Issuer = "issuer" "发放人",
        /// 验收人.
        Acceptor = "acceptor" "验收人",
        /// 见证人: watches how waste is weighed and leaves.
        Witness = "witness" "见证人",
        /// 核准人: the second person, who proved who they are with their secret.
        Approver = "approver" "核准人",
    }
}

/// A person and the part played; acknowledged without a secret (tier C), except by an approver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub part: Part,
}

/// A container before an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// The entry that had touched it last: the ledger is a linked list for each container.
    pub entry: Seq,
    /// How it stood.
    pub standing: Standing,
}

/// What an entry does to one container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerLine {
    /// Which container.
    pub serial: Serial,
    /// How it stood before; absent for a container that this entry brings into the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Prior>,
    /// For a new container: which of the record's `identities` it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<u32>,
    /// How it stands after.
    pub after: Standing,
}

/// The founding of an institution: the first entry of its ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// The institution.
    pub institution: Institution,
    /// Its first persons.
    pub persons: Vec<Person>,
    /// What they are appointed to be.
    pub appointments: Vec<Appointment>,
}

/// The end of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The entry that appointed.
    pub entry: Seq,
    /// Which of its appointments, from 0.
    pub line: u32,
}

/// The person whom an act concerns, when there is nothing else to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whom {
    /// Who.
    pub person: PersonId,
}

/// A secret that was set: the ledger keeps its digest, so that a secret swapped in the database shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Whose.
    pub person: PersonId,
    /// 1 for the first, one more at each change.
    pub version: u32,
    /// SHA-256 of the stored password hash, hex.
    pub digest: String,
}

/// How a weight became an amount (DESIGN: the entry keeps gross, tare, density and its source).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighing {
    /// Gross weight, µg.
    #[serde(with = "super::amount")]
    pub gross_ug: i64,
    /// Tare, µg.
    #[serde(with = "super::amount")]
    pub tare_ug: i64,
    /// Density used, as the density prints it, g/mL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<String>,
    /// Where the density is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density_source: Option<String>,
}

/// A return: how the amount was measured, beside the amounts in the postings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The weighing; absent when the amount was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
}

/// Containers became waste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discard {
    /// What waste they are.
    pub code: WasteCode,
}

/// A container on the balance as it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighed {
    /// Which container.
    pub serial: Serial,
    /// Gross weight, µg.
    #[serde(with = "super::amount")]
    pub gross_ug: i64,
    /// Weight of the empty vessel, µg, where it was given with it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// What was in it by the balance, base units of its dimension; what the book said stands in its
    /// line. Absent where that could not be told.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::amount::maybe"
    )]
    pub content: Option<i64>,
}

/// Waste left for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposal {
    /// What was weighed, in the order of the containers.
    pub weighed: Vec<Weighed>,
    /// 处置单位.
    pub handler: String,
    /// 联单编号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
}

/// A correction (红字冲正): the postings of an earlier entry negated, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The entry reversed.
    pub entry: Seq,
}

/// 补签: others answer for an emergency release; what they signed names the hash of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersignature {
    /// The entry of the release.
    pub entry: Seq,
}

words! {
    /// How a command ended.
    Outcome {
        /// It was carried out.
        Accepted = "accepted" "已执行",
        /// It was refused.
        Refused = "refused" "已拒绝",
        /// It had been carried out before; the first answer was given again.
        Replayed = "replayed" "重放",
    }
}

/// A look of a bureau at single entries or containers (督导查阅): who it was there, where they are not
/// known, and what exactly was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The institution that the person belongs to.
    pub institution: InstitutionId,
    /// Its name at that moment.
    pub bureau: String,
    /// The number of the person there.
    pub person: PersonId,
    /// The staff number (工号) there.
    pub staff_number: String,
    /// The name of the person.
    pub name: String,
    /// The whole query of the address as it was sent; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLine {
    /// What was tried: a kind of entry, or a route.
    pub command: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The entry that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Seq>,
    /// Whose secret was tried, when somebody claims to be them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<PersonId>,
    /// How many further lines like this one were left out since the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<u64>,
    /// Who of which bureau looked, and what they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
}

macro_rules! acts {
    ($($(#[$doc:meta])* $variant:ident ($($body:ty)?) = $word:literal $zh:literal,)*) => {
        words! {
            /// What kind of act an entry records.
            Kind { $($(#[$doc])* $variant = $word $zh,)* }
        }

        /// What an entry records. Containers, postings, people and reasons stand beside it in the
        /// record, because they mean the same in every act.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Act { $($(#[$doc])* #[serde(rename = $word)] $variant $(($body))?,)* }

        impl Act {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(acts!(@pattern $variant $($body)?) => Kind::$variant,)* }
            }
        }
    };
    (@pattern $variant:ident $body:ty) => { Self::$variant(_) };
    (@pattern $variant:ident) => { Self::$variant };
}

acts! {
    /// 建立单位.
    Found(Founding) = "found" "建立单位",
    /// 登记人员.
    Enrol(Person) = "enrol" "登记人员",
    /// 任命, also 代理 with an end.
    Appoint(Appointment) = "appoint" "任命",
    /// 撤销任命.
    Revoke(Revocation) = "revoke" "撤销任命",
    /// 离岗: the account is closed, every appointment of the person ends.
    Leave(Whom) = "leave" "离岗",
    /// 科室, new or changed.
    Department(Department) = "department" "科室",
    /// 调岗: a person works in another department.
    Assign(Assignment) = "assign" "调岗",
    /// 换发胸牌.
    Badge(Badge) = "badge" "换发胸牌",
    /// 发放一次性代码, for somebody who forgot the secret.
    Code(Whom) = "code" "发放一次性代码",
    /// 解锁, by two persons.
    Unlock(Whom) = "unlock" "解锁",
    /// 设置密码.
    Secret(Credential) = "secret" "设置密码",
    /// 存放地点, new or changed.
    Place(Place) = "place" "存放地点",
    /// 品名, new or changed.
    Product(Product) = "product" "品名",
    /// 管控策略, effective from a day.
    Policy(Policy) = "policy" "管控策略",
    /// 许可备案: a permit or filing, new or corrected.
    Permit(Permit) = "permit" "许可备案",
    /// 采购管控, effective from a day.
    PurchasePolicy(PurchasePolicy) = "purchase_policy" "采购管控",
    /// 购买申请, new, changed or taken back.
    Requisition(Requisition) = "requisition" "购买申请",
    /// 审批 of a purchase request.
    Approve(Approval) = "approve" "审批",
    /// 订购 of what was approved.
    Order(Order) = "order" "订购",
    /// 结单: nothing more is to come of an order.
    CloseOrder(Closing) = "close_order" "结单",
    /// 期初.
    Opening() = "opening" "期初",
    /// 验收入库.
    Receive() = "receive" "验收入库",
    /// 采购入库: a receipt against a permit or an order.
    Purchase(Purchase) = "purchase" "采购入库",
    /// 移库.
    Move() = "move" "移库",
    /// 领用.
    Checkout() = "checkout" "领用",
    /// 使用.
    Use() = "use" "使用",
    /// 归还.
    GiveBack(Return) = "give_back" "归还",
    /// 分装.
    Split() = "split" "分装",
    /// 转废.
    Waste(Discard) = "waste" "转废",
    /// 处置 of waste.
    Dispose(Disposal) = "dispose" "处置",
    /// 调出, to another institution.
    Send(Consignment) = "send" "调出",
    /// 到货预告: another institution has sent something here.
    Announce(Announcement) = "announce" "到货预告",
    /// 调入验收 of what another institution has sent.
    Accept(Acceptance) = "accept" "调入验收",
    /// 调拨结清: the other institution has accepted, or refused.
    Settle(TransferSettlement) = "settle" "调拨结清",
    /// 退回入库 of what the other institution refused.
    Reclaim(Reclamation) = "reclaim" "退回入库",
    /// 开始盘点 of a place.
    Stocktake(Stocktake) = "stocktake" "开始盘点",
    /// 盘点扫描.
    Count(Count) = "count" "盘点扫描",
    /// 处理盘点发现: something misplaced or unknown.
    Resolve(Resolution) = "resolve" "处理盘点发现",
    /// 盘盈盘亏.
    Variance(Settlement) = "variance" "盘盈盘亏",
    /// 疑似丢失, found by a stocktake: opens an incident.
    Loss(Loss) = "loss" "疑似丢失",
    /// 结束盘点.
    CloseStocktake(StocktakeClosing) = "close_stocktake" "结束盘点",
    /// 事件首报: a loss, a theft, a leak.
    Incident(Incident) = "incident" "事件首报",
    /// 续报.
    FollowUp(Sequel) = "follow_up" "续报",
    /// 结案.
    EndIncident(Ending) = "end_incident" "结案",
    /// 冲正.
    Reverse(Reversal) = "reverse" "冲正",
    /// 应急发放: a checkout under one signature.
    Release() = "release" "应急发放",
    /// 补签 of an emergency release, by others.
    Countersign(Countersignature) = "countersign" "补签",
    /// 重印标签.
    Reprint() = "reprint" "重印标签",
    /// 报送 of a period.
    Submit(Submission) = "submit" "报送",
    /// 审核报送: a bureau accepts or returns a submission.
    Review(Review) = "review" "审核报送",
    /// 审计: one line of the audit log.
    Audit(AuditLine) = "audit" "审计",
}

impl Act {
    /// Whether it is half of something that another institution writes the other half of.
    #[must_use]
    pub const fn is_transfer(&self) -> bool {
        matches!(
            self,
            Self::Send(_)
                | Self::Announce(_)
                | Self::Accept(_)
                | Self::Settle(_)
                | Self::Reclaim(_)
        )
    }
}

/// A record: what the canonical bytes of an entry say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this shape: 1.
    pub v: u32,
    /// Whose log.
    pub institution: InstitutionId,
    /// Which log.
    pub log: Log,
    /// The position in the log, from 0: also the leaf index.
    pub seq: Seq,
    /// When the server wrote it; never decreases within a log.
    pub recorded_at: Time,
    /// When it happened, as a person claims; absent: at `recorded_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Time>,
    /// Why `occurred_at` lies more than 24 hours back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// Who sent it.
    pub actor: Actor,
    /// The identifier of the request, as in the logs of the server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// 128 random bits, base64: sibling hashes in a proof do not give the content away.
    pub salt: String,
    /// The head before this entry.
    pub prev: Head,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The people of the act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    /// What new containers are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// The containers it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerLine>,
    /// The balanced postings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postings: Vec<Posting>,
    /// The request that was signed, and the signatures; absent where nobody had to sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// What was done.
    pub act: Act,
}

impl Record {
    /// How a container stood before, if this touched it and it was there.
    #[must_use]
    pub fn before(&self, serial: Serial) -> Option<Prior> {
        let line = self.containers.iter().find(|line| line.serial == serial);
        line.and_then(|line| line.before)
    }
}

/// What an entry did to stock: the part of a record that is needed to walk back from the present.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Effects {
    v: u32,
    /// The containers it touched.
    #[serde(default)]
    pub containers: Vec<ContainerLine>,
    /// The balanced postings.
    #[serde(default)]
    pub postings: Vec<Posting>,
}

impl Effects {
    /// Reads stored bytes, passing over everything else that they say.
    ///
    /// # Errors
    /// As [`Entry::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let effects: Self = crate::domain::canonical::parse(bytes)
            .map_err(|error| ParseError(error.to_string()))?;
        if effects.v == 1 {
            Ok(effects)
        } else {
            Err(ParseError(format!("version {} is not known", effects.v)))
        }
    }
}

/// A sealed record. Made by [`super::seal`] or read back from stored bytes, never otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Record);

/// Stored bytes that are no entry of this version.
#[derive(Debug, thiserror::Error)]
#[error("the stored bytes are no entry: {0}")]
pub struct ParseError(String);

impl Entry {
    pub(super) const fn new(record: Record) -> Self {
        Self(record)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// When they are not JSON of the shape of [`Record`] version 1.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let record: Record = crate::domain::canonical::parse(bytes)
            .map_err(|error| ParseError(error.to_string()))?;
        if record.v == 1 {
            Ok(Self(record))
        } else {
            Err(ParseError(format!("version {} is not known", record.v)))
        }
    }

    /// What it says.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.0
    }
}
