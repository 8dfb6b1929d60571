//! 订购: the equipment department orders what was approved.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{OrderId, RequisitionId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
    requisition::{Order, OrderLine, OrderState},
    search::fold,
};

/// Places an order against approved purchase requests, never for more than was approved, and under a
/// number that its supplier has no other order by, unless that one was closed.
#[derive(Clone, Debug)]
pub struct PlaceOrder {
    /// 订单号.
    pub number: String,
    /// 供货单位.
    pub supplier: String,
    /// How much for which purchase request.
    pub lines: Vec<(RequisitionId, Quantity)>,
}

impl Verb for PlaceOrder {
    fn name(&self) -> &'static str {
        Kind::Order.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePurchases)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        let requests = self.lines.iter().map(|(request, _)| *request);
        needs.purchases.requests.extend(requests);
        needs.purchases.order_numbers.insert(fold(&self.number));
        needs.purchases.last = true;
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        // What was typed in twice would be waited for twice.
        let (number, supplier) = (fold(&self.number), fold(&self.supplier));
        let same = facts.purchasing.orders.iter().find(|(_, other)| {
            other.state != OrderState::Closed
                && fold(&other.order.number) == number
                && fold(&other.order.supplier) == supplier
        });
        if let Some((order, _)) = same {
            return Err(Refusal::OrderExists { order: *order });
        }
        let last = facts.purchasing.orders.last_key();
        let lines = self.lines.iter().map(|(request, quantity)| {
            let product = facts.demand(*request)?.requisition.product;
            if quantity.amount() == 0 {
                return Err(Refusal::AmountZero {});
            }
            Ok(OrderLine {
                request: *request,
                product,
                quantity: *quantity,
            })
        });
        let order = Order {
            id: following(last.map(OrderId::get))?,
            number: self.number.clone(),
            supplier: self.supplier.clone(),
            lines: lines.collect::<Result<_, _>>()?,
        };
        facts.ordered(&order, cx.now)?;
        Ok(Draft::of(Act::Order(order)).into())
    }
}
