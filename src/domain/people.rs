//! Persons, roles and what a role may do.

use serde::{Deserialize, Serialize};

use super::{
    ids::{DepartmentId, PersonId, PlaceId, Seq},
    substance::ControlClass,
    time::Time,
    words::words,
};

words! {
    /// What a person is appointed to be (岗位).
    Role {
        /// 领用人: laboratory or pharmacy staff who take and return.
        Staff = "staff" "领用人",
        /// 保管员: keeps a place; signs for controlled classes (双人双锁).
        Custodian = "custodian" "保管员",
        /// 科室负责人: approves requests of a department.
        Head = "head" "科室负责人",
        /// 设备科: purchase, receipt, places, stocktakes.
        Equipment = "equipment" "设备科",
        /// 安全员 or 保卫科: safety of the whole institution.
        Safety = "safety" "安全员",
        /// 卫生健康局: reads its region, writes nothing in an institution.
        Bureau = "bureau" "卫健局",
        /// 审计员: reads everything in the institution, writes nothing.
        Auditor = "auditor" "审计员",
        /// 系统管理员: accounts and settings; never keeps stock and never audits
        /// (三员分立, GB/T 22239-2019 level 2 and above).
        Administrator = "administrator" "系统管理员",
    }
}

impl Role {
    /// Whether one person may hold both roles at once.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        let apart = |role: Self| matches!(role, Self::Administrator | Self::Auditor | Self::Bureau);
        self == other || !(apart(self) || apart(other))
    }
}

words! {
    /// What a route or a command needs its actor to be allowed to do.
    Permission {
        /// See containers, stock, places, products, the map.
        ReadStock = "read_stock" "查看库存",
        /// See ledger entries, proofs and checkpoints.
        ReadLedger = "read_ledger" "查看台账",
        /// See the audit log.
        ReadAudit = "read_audit" "查看审计日志",
        /// See persons and appointments.
        ReadPeople = "read_people" "查看人员",
        /// Take in opening stock from a sheet, and take it back.
        Import = "import" "导入期初库存",
        /// Receive, reprint labels.
        Receive = "receive" "验收入库",
        /// Move containers.
        Move = "move" "移库",
        /// Check out, use and give back.
        Checkout = "checkout" "领用归还",
        /// Turn containers into waste, dispose of it.
        Waste = "waste" "废弃处置",
        /// Reverse an entry.
        Reverse = "reverse" "冲正",
        /// Create and change places and products.
        ManagePlaces = "manage_places" "维护地点与品名",
        /// Ask for something to be bought.
        RequestPurchases = "request_purchases" "申请购买",
        /// Decide over what a department asks for.
        ApprovePurchases = "approve_purchases" "审批购买",
        /// Record permits and filings, order what was approved.
        ManagePurchases = "manage_purchases" "维护采购",
        /// Begin stocktakes, count, put right, close.
        Stocktake = "stocktake" "盘点",
        /// Post what a stocktake found more or less.
        Adjust = "adjust" "盘盈盘亏",
        /// Report losses, thefts and leaks, and what becomes of them.
        ReportIncidents = "report_incidents" "报告事件",
        /// End incidents.
        EndIncidents = "end_incidents" "事件结案",
        /// Enrol persons, appoint, revoke, hand out one-time codes.
        ManagePeople = "manage_people" "维护人员",
        /// Submit a period to the bureau.
        Submit = "submit" "报送",
        /// Accept or return what an institution of the region submitted.
        Review = "review" "审核报送",
        /// Change policies.
        ManagePolicy = "manage_policy" "维护管控策略",
        /// Pull and keep the signed heads of the institutions of the region.
        PullCheckpoints = "pull_checkpoints" "核存树头",
    }
}

impl Permission {
    /// Whether a role that is limited to a place carries it only there. Who takes, uses and gives back may
    /// do so wherever it stands.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(
            self,
            Self::Receive | Self::Move | Self::Waste | Self::Reverse | Self::Adjust
        )
    }
}

impl Role {
    /// Whether somebody in this role may confirm, as the second person, what an administrator does
    /// (双人复核).
    #[must_use]
    pub const fn may_confirm(self) -> bool {
        match self {
            Self::Head | Self::Equipment | Self::Safety | Self::Administrator => true,
            Self::Staff | Self::Custodian | Self::Bureau | Self::Auditor => false,
        }
    }

    /// Whether the role has to know where within an institution something of a class stands. Where 剧毒 is
    /// kept is told to those who keep it, answer for its safety or inspect it, and to nobody else who can
    /// read the stock (危险化学品安全法第四十三条: it is guarded against theft).
    #[must_use]
    pub const fn sees_positions_of(self, class: ControlClass) -> bool {
        match self {
            Self::Staff | Self::Head | Self::Administrator => {
                !matches!(class, ControlClass::HighlyToxic)
            }
            Self::Custodian | Self::Equipment | Self::Safety | Self::Bureau | Self::Auditor => true,
        }
    }

    /// Whether the role carries the permission. The one table of rights; the matrix test runs
    /// every role against every route with it.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Staff => {
                matches!(
                    permission,
                    P::ReadStock | P::Checkout | P::RequestPurchases | P::ReportIncidents
                )
            }
            Self::Custodian => matches!(
                permission,
                P::ReadStock
                    | P::ReadLedger
                    | P::ReadPeople
                    | P::Receive
                    | P::Move
                    | P::Checkout
                    | P::Waste
                    | P::Reverse
                    | P::Stocktake
                    | P::Adjust
                    | P::ReportIncidents
                    | P::RequestPurchases
            ),
            Self::Head => matches!(
                permission,
                P::ReadStock
                    | P::ReadLedger
                    | P::ReadPeople
                    | P::Checkout
                    | P::ReportIncidents
                    | P::RequestPurchases
                    | P::ApprovePurchases
            ),
            Self::Equipment => matches!(
                permission,
                P::ReadStock
                    | P::ReadLedger
                    | P::ReadPeople
                    | P::Import
                    | P::Receive
                    | P::Move
                    | P::Waste
                    | P::Reverse
                    | P::Stocktake
                    | P::Adjust
                    | P::ReportIncidents
                    | P::EndIncidents
                    | P::ManagePlaces
                    | P::RequestPurchases
                    | P::ManagePurchases
                    | P::Submit
                    | P::ManagePolicy
            ),
            Self::Safety => matches!(
                permission,
                P::ReadStock
                    | P::ReadLedger
                    | P::ReadAudit
                    | P::ReadPeople
                    | P::Waste
                    | P::Stocktake
                    | P::ReportIncidents
                    | P::EndIncidents
                    | P::ManagePolicy
            ),
            Self::Bureau => {
                matches!(
                    permission,
                    P::ReadStock | P::ReadLedger | P::Review | P::PullCheckpoints
                )
            }
            Self::Auditor => {
                matches!(
                    permission,
                    P::ReadStock | P::ReadLedger | P::ReadAudit | P::ReadPeople
                )
            }
            Self::Administrator => matches!(permission, P::ReadPeople | P::ManagePeople),
        }
    }
}

/// A natural person with one account in one institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The number within the institution.
    pub id: PersonId,
    /// The name as on the identity document.
    pub name: String,
    /// The staff number (工号), unique within the institution.
    pub staff_number: String,
    /// HMAC-SHA-256 of the identity number under a key outside the database, hex: proves that one
    /// natural person has one account without keeping the number.
    pub identity: String,
    /// The department they work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The account is closed: the person has left (离岗).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// The account is blocked (停用): the person neither signs in nor signs, and holds no role in fact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// A department of an institution (科室), such as 检验科 or 药剂科.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// The number within the institution.
    pub id: DepartmentId,
    /// The name, unique among the open ones.
    pub name: String,
    /// No longer there (撤并).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// Who works in which department from now on (调岗); without a department: in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Who.
    pub person: PersonId,
    /// Where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
}

/// An account is blocked at once, whatever its person still keeps, or opened again (停用、恢复账号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    /// Whose.
    pub person: PersonId,
    /// It is open again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lifted: bool,
}

/// The badge (胸牌) that a person wears from now on; the one before it is dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Badge {
    /// Whose.
    pub person: PersonId,
    /// HMAC-SHA-256 of the scanned code under a key outside the database, hex.
    pub digest: String,
}

/// A role given to a person, by an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// Who is appointed.
    pub person: PersonId,
    /// To what.
    pub role: Role,
    /// Where; absent means the whole institution. A custodian is appointed to a place and keeps
    /// everything below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// From when.
    pub from: Time,
    /// Until when; absent means until revoked. A delegate (代理) always has an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// For whom a delegate stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in_for: Option<PersonId>,
}

/// The name of an appointment: the entry that made it, and the line in it from 0.
pub type TenureKey = (Seq, u32);

/// An appointment together with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// What was appointed.
    pub appointment: Appointment,
    /// The entry that ended it.
    pub revoked_by: Option<Seq>,
}

impl Tenure {
    /// Whether the appointment holds at `now`.
    #[must_use]
    pub fn holds_at(&self, now: Time) -> bool {
        self.revoked_by.is_none()
            && self.appointment.from <= now
            && self.appointment.until.is_none_or(|end| now < end)
    }

    /// Whether the appointment holds at some moment from `from` until `until`.
    #[must_use]
    pub fn meets(&self, from: Time, until: Option<Time>) -> bool {
        self.revoked_by.is_none()
            && until.is_none_or(|end| self.appointment.from < end)
            && self.appointment.until.is_none_or(|end| from < end)
    }
}
