//! `/purchase-orders`: 订单.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::{OrderId, RequisitionId},
        ledger::Act,
        quantity::Quantity,
        requisition::{Closing, OrderState},
        verb::{CloseOrder, PlaceOrder},
    },
    report::purchase_orders::PurchaseOrders,
};

body! {
    /// A line of an order.
    OrderLineBody {
        /// The approved purchase request.
        request: RequisitionId,
        /// How much is ordered, never more than was approved.
        quantity: Quantity,
    }
}

body! {
    /// An order to a supplier.
    OrderBody {
        /// 订单号.
        number: String,
        /// 供货单位.
        supplier: String,
        /// What is ordered, at least one line.
        lines: Vec<OrderLineBody>,
    }
}

/// Orders what was approved.
#[utoipa::path(
    request_body = OrderBody,
    responses((status = 201, body = answers::OrderMade)),
    params(KeyHeader),
)]
#[post("/purchase-orders")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    body: Body<OrderBody>,
) -> Result<HttpResponse, Problem> {
    let lines = body.value.lines.into_iter();
    let lines: Vec<_> = lines.map(|line| (line.request, line.quantity)).collect();
    if lines.is_empty() {
        let (zh, en) = (
            "请至少填写一行申请和数量。",
            "Give at least one line with a quantity.",
        );
        return Err(Problem::field("/lines", "empty", zh, en));
    }
    let verb = Box::new(PlaceOrder {
        number: body.value.number,
        supplier: body.value.supplier,
        lines,
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |record| {
            let Act::Order(order) = &record.act else {
                return json!({});
            };
            json!({ "order": order.id })
        })
    })
    .await
}

body! {
    /// Why nothing more is to come.
    ClosingBody {
        /// Why.
        reason: String,
    }
}

/// Closes an order of which nothing more is to come; what is missing can be ordered again.
#[utoipa::path(
    request_body = ClosingBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/purchase-orders/{id}/closings")]
pub async fn close(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    id: Path<String>,
    body: Body<ClosingBody>,
) -> Result<HttpResponse, Problem> {
    let order = id.parse().map_err(|_| Problem::NotFound)?;
    let closing = Closing { order };
    let reason = body.value.reason;
    let verb = Box::new(CloseOrder { closing, reason });
    let written = |done: crate::app::Done<'_>| answer(done, |_| json!({}));
    write(&request, &app, &permit.who, &body.json, verb, written).await
}

body! {
    /// Which orders.
    OrdersQuery {
        /// Only those that stand so.
        state: Option<Typed<OrderState>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<OrderId>>,
    }
}

/// The orders, with how much of each line has come.
#[utoipa::path(params(OrdersQuery), responses((status = 200, body = answers::Orders)))]
#[get("/purchase-orders")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<OrdersQuery>,
) -> Result<HttpResponse, Problem> {
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| PurchaseOrders {
        state: query.0.state.map(|state| state.0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
