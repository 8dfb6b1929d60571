//! 订单: what was ordered, and how much of it has come.

use serde::Serialize;

use super::{Page, Query, Scope, product, quantity};
use crate::{
    domain::{
        facts::Facts,
        ids::{OrderId, ProductId, RequisitionId},
        quantity::Quantity,
        requisition::{Delivery, OrderState},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::OrderRow,
        table::{Cell, select},
    },
};

/// Asks for the orders, by number.
#[derive(Clone, Debug)]
pub struct PurchaseOrders {
    /// Only those that stand so.
    pub state: Option<OrderState>,
    /// Only behind this one.
    pub after: Option<OrderId>,
    /// Most items.
    pub limit: usize,
}

/// An order.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseOrderItem {
    /// Its number here.
    pub order: OrderId,
    /// 订单号.
    pub number: String,
    /// 供货单位.
    pub supplier: String,
    /// When it was placed.
    pub ordered_at: Time,
    /// Where it stands.
    pub state: OrderState,
    /// Why it was closed.
    pub reason: Option<String>,
    /// Its lines.
    pub lines: Vec<PurchaseOrderLine>,
}

/// A line of an order.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseOrderLine {
    /// The purchase request that it is for.
    pub request: RequisitionId,
    /// What.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// How much has come.
    pub received: Quantity,
}

impl Query for PurchaseOrders {
    type Answer = Page<PurchaseOrderItem>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let state = self.state.map_or("", OrderState::as_str).to_owned();
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let rows: Vec<OrderRow> = select(
            conn,
            "WHERE institution_id = ? AND order_id > ? AND (? = '' OR state = ?) \
             ORDER BY order_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.after.map_or(0, OrderId::get)),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Int(&more),
            ],
        )?;
        let orders = rows
            .into_iter()
            .map(|row| item(&snapshot.facts, row.parse()?));
        let items = orders.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| item.order.to_string())
        })
    }
}

fn item(facts: &Facts, delivery: Delivery) -> Result<PurchaseOrderItem, StoreError> {
    let order = delivery.order;
    let lines = order.lines.into_iter().zip(delivery.received);
    let lines = lines.map(|(line, received)| {
        Ok(PurchaseOrderLine {
            request: line.request,
            product: line.product,
            name: product(facts, line.product)?.name.clone(),
            quantity: line.quantity,
            received: quantity(line.quantity.dimension(), received)?,
        })
    });
    Ok(PurchaseOrderItem {
        order: order.id,
        number: order.number,
        supplier: order.supplier,
        ordered_at: delivery.ordered_at,
        state: delivery.state,
        reason: Some(delivery.reason).filter(|reason| !reason.is_empty()),
        lines: lines.collect::<Result<_, StoreError>>()?,
    })
}
