//! The acts that an entry can record: one line a kind.

use serde::{Deserialize, Serialize};

use crate::domain::{
    books::BookCount,
    custody::Handover,
    incident::{Ending, Incident, Sequel},
    mixture::Mixture,
    people::{Appointment, Assignment, Badge, Department, Person, Suspension},
    permit::{Permit, PurchasePolicy},
    place::Place,
    policy::Policy,
    product::Product,
    pull::KeptHead,
    purchasing::Purchase,
    requisition::{Approval, Closing, Order, Requisition},
    stocktake::{Count, Loss, Resolution, Settlement, Stocktake, StocktakeClosing},
    submission::{Review, Submission},
    transfer::{Acceptance, Announcement, Consignment, Reclamation, TransferSettlement},
    vessel::{Vessel, VesselStep},
    words::words,
};

use super::entry::{
    AuditLine, Countersignature, Credential, Discard, Disposal, Founding, Return, Reversal,
    Revocation, Whom,
};

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
    /// 停用账号, or its end: the person can do nothing meanwhile, and keeps what was theirs to keep.
    Suspend(Suspension) = "suspend" "停用账号",
    /// 保管交接 of a place.
    Handover(Handover) = "handover" "保管交接",
    /// 双本账: what a custodian has in a book of their own.
    BookCount(BookCount) = "book_count" "双本账登记",
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
    /// 配制.
    Mix(Mixture) = "mix" "配制",
    /// 转废.
    Waste(Discard) = "waste" "转废",
    /// 登记废物容器.
    Vessel(Vessel) = "waste_container" "登记废物容器",
    /// 废物容器变更: closed, or put elsewhere.
    VesselStep(VesselStep) = "waste_container_step" "废物容器变更",
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
    /// 核存签名头: a bureau keeps the signed head of another ledger, refuses it, or says why it goes on from it.
    KeepHead(KeptHead) = "keep_head" "核存签名头",
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
