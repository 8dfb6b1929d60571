//! 购买申请与订单: what a department asks for, who approves it, what is ordered and what has come.

use serde::{Deserialize, Serialize};

use super::{
    ids::{DepartmentId, OrderId, PersonId, ProductId, RequisitionId},
    ledger::Kind,
    product::Product,
    quantity::Quantity,
    refusal::Refusal,
    time::Time,
    words::words,
};

words! {
    /// Where a purchase request stands.
    RequisitionState {
        /// 待审批: nobody has decided over this version.
        Requested = "requested" "待审批",
        /// 已批准: it may be ordered.
        Approved = "approved" "已批准",
        /// 未批准.
        Refused = "refused" "未批准",
        /// 已撤回, for good.
        Withdrawn = "withdrawn" "已撤回",
        /// 已订购: some of it is in an order or has come, not all has come.
        Ordered = "ordered" "已订购",
        /// 已到齐.
        Received = "received" "已到齐",
    }
}

words! {
    /// What happens to a purchase request.
    RequisitionEvent {
        /// The applicant changes it.
        Change = "change" "修改",
        /// The head of the department approves.
        Approve = "approve" "批准",
        /// The head of the department does not, or no longer.
        Refuse = "refuse" "不批准",
        /// The applicant takes it back.
        Withdraw = "withdraw" "撤回",
        /// None of it is in an order any more.
        Free = "free" "退订",
        /// Some of it is in an order.
        Order = "order" "订购",
        /// All of it has come.
        Complete = "complete" "到齐",
    }
}

impl RequisitionState {
    /// The state after an event, or nothing if the event cannot happen in this state.
    #[must_use]
    pub const fn after(self, event: RequisitionEvent) -> Option<Self> {
        use RequisitionEvent as E;
        match (self, event) {
            (Self::Requested | Self::Approved | Self::Refused, E::Change) => Some(Self::Requested),
            (Self::Requested, E::Approve)
            | (Self::Approved | Self::Ordered | Self::Received, E::Free) => Some(Self::Approved),
            (Self::Requested | Self::Approved, E::Refuse) => Some(Self::Refused),
            (Self::Requested | Self::Approved | Self::Refused, E::Withdraw) => {
                Some(Self::Withdrawn)
            }
            (Self::Approved | Self::Ordered | Self::Received, E::Order) => Some(Self::Ordered),
            (Self::Approved | Self::Ordered | Self::Received, E::Complete) => Some(Self::Received),
            (Self::Ordered | Self::Received, E::Change | E::Refuse | E::Withdraw)
            | (Self::Approved | Self::Ordered | Self::Received | Self::Refused, E::Approve)
            | (Self::Refused, E::Refuse)
            | (Self::Requested | Self::Refused, E::Free | E::Order | E::Complete)
            | (
                Self::Withdrawn,
                E::Change | E::Approve | E::Refuse | E::Withdraw | E::Free | E::Order | E::Complete,
            ) => None,
        }
    }
}

words! {
    /// Where an order stands.
    OrderState {
        /// 未到齐: something is still to come.
        Open = "open" "未到齐",
        /// 已到齐.
        Complete = "complete" "已到齐",
        /// 已结单 by hand: nothing more is to come.
        Closed = "closed" "已结单",
    }
}

words! {
    /// What happens to an order.
    OrderEvent {
        /// Something arrives, and something is still to come.
        Lack = "lack" "部分到货",
        /// The last of it arrives.
        Complete = "complete" "到齐",
        /// A receipt against it is reversed.
        Return = "return" "冲正",
        /// Somebody closes it.
        Close = "close" "结单",
    }
}

impl OrderState {
    /// The state after an event, or nothing if the event cannot happen in this state.
    #[must_use]
    pub const fn after(self, event: OrderEvent) -> Option<Self> {
        use OrderEvent as E;
        match (self, event) {
            (Self::Open, E::Lack) | (Self::Open | Self::Complete, E::Return) => Some(Self::Open),
            (Self::Open, E::Complete) => Some(Self::Complete),
            (Self::Open, E::Close) | (Self::Closed, E::Return) => Some(Self::Closed),
            (Self::Complete | Self::Closed, E::Lack | E::Complete | E::Close) => None,
        }
    }
}

/// A purchase request (购买申请): what a department needs, how much and why. A change is another version,
/// which nobody has approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requisition {
    /// The number within the institution.
    pub id: RequisitionId,
    /// 1 for the first, one more at each change.
    pub version: u32,
    /// For which department.
    pub department: DepartmentId,
    /// Who asks.
    pub applicant: PersonId,
    /// What.
    pub product: ProductId,
    /// How much.
    pub quantity: Quantity,
    /// Why.
    pub purpose: String,
    /// What of it stood at places then, as whoever decides is shown.
    pub on_hand: Quantity,
    /// Taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// 审批: the head of the department approves exactly this version, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The purchase request.
    pub request: RequisitionId,
    /// The version that was read.
    pub version: u32,
    /// Whether it is approved.
    pub approved: bool,
}

/// What was decided over a purchase request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Time,
    /// With which words.
    pub reason: String,
}

/// A purchase request together with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What is asked for.
    pub requisition: Requisition,
    /// When this version was.
    pub requested_at: Time,
    /// Where it stands.
    pub state: RequisitionState,
    /// What was decided over this version.
    pub decided: Option<Decided>,
    /// How much of it is in orders that are not closed, or has come; base units.
    pub ordered: i64,
    /// How much of it has come, base units.
    pub received: i64,
}

impl Demand {
    /// A new one.
    #[must_use]
    pub const fn new(requisition: Requisition, requested_at: Time) -> Self {
        Self {
            requisition,
            requested_at,
            state: RequisitionState::Requested,
            decided: None,
            ordered: 0,
            received: 0,
        }
    }

    /// The same after an event.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestState`].
    pub fn after(&self, event: RequisitionEvent, act: Kind) -> Result<Self, Refusal> {
        let state = self.state;
        match state.after(event) {
            Some(state) => Ok(Self {
                state,
                ..self.clone()
            }),
            None => Err(Refusal::PurchaseRequestState {
                request: self.requisition.id,
                state,
                act,
            }),
        }
    }

    /// How much of it can still be ordered.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: never more is ordered than asked for.
    pub fn left(&self) -> Result<Quantity, Refusal> {
        let whole = self.requisition.quantity;
        quantity(whole, whole.amount() - self.ordered)
    }

    /// The same with so much more in orders and so much more that has come.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`] when it would be less than nothing or more than was asked for.
    fn with(&self, ordered: i64, received: i64, act: Kind) -> Result<Self, Refusal> {
        let (ordered, received) = (self.ordered + ordered, self.received + received);
        let whole = self.requisition.quantity.amount();
        if !(0 <= received && received <= ordered && ordered <= whole) {
            return Err(WRONG);
        }
        let event = if received == whole {
            RequisitionEvent::Complete
        } else if ordered > 0 {
            RequisitionEvent::Order
        } else {
            RequisitionEvent::Free
        };
        Ok(Self {
            ordered,
            received,
            ..self.after(event, act)?
        })
    }

    /// The same with so much in a new order.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestState`] when it is not approved, [`Refusal::OrderExceedsRequest`].
    pub fn ordering(&self, asked: Quantity) -> Result<Self, Refusal> {
        self.after(RequisitionEvent::Order, Kind::Order)?;
        let left = self.left()?;
        if asked.dimension() != left.dimension() || asked.amount() > left.amount() {
            return Err(Refusal::OrderExceedsRequest {
                request: self.requisition.id,
                left,
                asked,
            });
        }
        self.with(asked.amount(), 0, Kind::Order)
    }
}

const WRONG: Refusal = Refusal::Inconsistent {
    what: "amounts of a purchase request or an order",
};

fn quantity(like: Quantity, amount: i64) -> Result<Quantity, Refusal> {
    Quantity::new(like.dimension(), amount).map_err(|_| WRONG)
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The purchase request that it is for.
    pub request: RequisitionId,
    /// The product asked for there.
    pub product: ProductId,
    /// How much is ordered, never more than was approved.
    pub quantity: Quantity,
}

/// An order (订单) to a supplier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The number within the institution.
    pub id: OrderId,
    /// 订单号, as the supplier knows it.
    pub number: String,
    /// 供货单位.
    pub supplier: String,
    /// What is ordered.
    pub lines: Vec<OrderLine>,
}

/// 结单: an order of which nothing more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The order.
    pub order: OrderId,
}

/// What a receipt fills of an order, base units a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDraw {
    /// The order.
    pub order: OrderId,
    /// How much of each line, in their order.
    pub amounts: Vec<i64>,
}

/// An order together with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What was ordered.
    pub order: Order,
    /// When.
    pub ordered_at: Time,
    /// Where it stands.
    pub state: OrderState,
    /// How much of each line has come, base units.
    pub received: Vec<i64>,
    /// Why it was closed.
    pub reason: String,
}

impl Delivery {
    /// A new one.
    #[must_use]
    pub fn new(order: Order, ordered_at: Time) -> Self {
        Self {
            received: vec![0; order.lines.len()],
            order,
            ordered_at,
            state: OrderState::Open,
            reason: String::new(),
        }
    }

    /// What of the order so much of a product fills: its lines one after the other, never more than
    /// was ordered.
    ///
    /// # Errors
    /// [`Refusal::OrderState`], [`Refusal::OrderOtherProduct`], [`Refusal::OrderExceeded`].
    pub fn draw(&self, product: &Product, asked: Quantity) -> Result<OrderDraw, Refusal> {
        let order = self.order.id;
        self.after(OrderEvent::Lack)?;
        let product = product.id;
        if self.order.lines.iter().all(|line| line.product != product) {
            return Err(Refusal::OrderOtherProduct { order, product });
        }
        let mut rest = asked.amount();
        let lines = self.order.lines.iter().zip(&self.received);
        let amounts = lines.map(|(line, received)| {
            let open = line.quantity.amount() - received;
            let fits = if line.product == product {
                open.min(rest)
            } else {
                0
            };
            rest -= fits;
            fits
        });
        let amounts: Vec<i64> = amounts.collect();
        if rest > 0 {
            return Err(Refusal::OrderExceeded {
                order,
                left: quantity(asked, asked.amount() - rest)?,
                asked,
            });
        }
        Ok(OrderDraw { order, amounts })
    }

    /// The same after something arrived (1) or was taken back (−1), with the purchase requests that
    /// it is for.
    ///
    /// # Errors
    /// [`Refusal::OrderState`], [`Refusal::Inconsistent`].
    pub(super) fn booked<'d>(
        &self,
        draw: &OrderDraw,
        sign: i64,
        demand: impl Fn(RequisitionId) -> Option<&'d Demand>,
    ) -> Result<(Self, Vec<Demand>), Refusal> {
        let mut booked = self.clone();
        let mut demands: Vec<Demand> = Vec::new();
        for ((line, received), drawn) in self
            .order
            .lines
            .iter()
            .zip(&mut booked.received)
            .zip(&draw.amounts)
        {
            *received = Some(*received + drawn * sign)
                .filter(|received| (0..=line.quantity.amount()).contains(received))
                .ok_or(WRONG)?;
            // The request of a line of which nothing came is not concerned, whatever became of it.
            if *drawn == 0 {
                continue;
            }
            // What a closed order did not bring is free to be ordered again.
            let freed = match self.state {
                OrderState::Closed => drawn * sign,
                OrderState::Open | OrderState::Complete => 0,
            };
            let before = take(&mut demands, line.request);
            let before = before.or_else(|| demand(line.request).cloned());
            let before = before.ok_or(WRONG)?;
            demands.push(before.with(freed, drawn * sign, Kind::Purchase)?);
        }
        let mut lines = self.order.lines.iter().zip(&booked.received);
        let event = if sign < 0 {
            OrderEvent::Return
        } else if lines.all(|(line, received)| line.quantity.amount() == *received) {
            OrderEvent::Complete
        } else {
            OrderEvent::Lack
        };
        booked.state = self.after(event)?;
        Ok((booked, demands))
    }

    /// The same closed, with the purchase requests of which what did not come is free again.
    ///
    /// # Errors
    /// [`Refusal::OrderState`], [`Refusal::Inconsistent`].
    pub(super) fn closed<'d>(
        &self,
        reason: &str,
        demand: impl Fn(RequisitionId) -> Option<&'d Demand>,
    ) -> Result<(Self, Vec<Demand>), Refusal> {
        let closed = Self {
            state: self.after(OrderEvent::Close)?,
            reason: reason.to_owned(),
            ..self.clone()
        };
        let mut demands: Vec<Demand> = Vec::new();
        for (line, received) in self.order.lines.iter().zip(&self.received) {
            let before = take(&mut demands, line.request);
            let before = before.or_else(|| demand(line.request).cloned());
            let before = before.ok_or(WRONG)?;
            let missing = line.quantity.amount() - received;
            demands.push(before.with(-missing, 0, Kind::CloseOrder)?);
        }
        Ok((closed, demands))
    }

    fn after(&self, event: OrderEvent) -> Result<OrderState, Refusal> {
        let (order, state) = (self.order.id, self.state);
        state
            .after(event)
            .ok_or(Refusal::OrderState { order, state })
    }
}

/// Takes the one with that number out of those changed so far: an order may have two lines for one.
fn take(demands: &mut Vec<Demand>, id: RequisitionId) -> Option<Demand> {
    let at = demands.iter().position(|one| one.requisition.id == id)?;
    Some(demands.swap_remove(at))
}
