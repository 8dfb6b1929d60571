//! `/purchase-requests`: 购买申请.

use actix_web::{
    HttpRequest, HttpResponse, get, post, put,
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
    app::{App, Done},
    domain::{
        ids::{DepartmentId, ProductId, RequisitionId},
        ledger::Act,
        quantity::Quantity,
        requisition::RequisitionState,
        verb::{SetRequisition, Verb},
    },
    report::purchase_requests::PurchaseRequests,
};

body! {
    /// What is to be bought.
    PurchaseRequestBody {
        /// What.
        product: ProductId,
        /// How much.
        quantity: Quantity,
        /// Why.
        purpose: String,
        /// For which department; left out: the applicant's.
        department: Option<DepartmentId>,
        /// Takes the request back.
        withdrawn: Option<bool>,
    }
}

async fn set(
    id: Option<RequisitionId>,
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::RequestPurchases>,
    body: Body<PurchaseRequestBody>,
) -> Result<HttpResponse, Problem> {
    let verb: Box<dyn Verb> = Box::new(SetRequisition {
        id,
        department: body.value.department,
        product: body.value.product,
        quantity: body.value.quantity,
        purpose: body.value.purpose,
        withdrawn: id.is_some() && body.value.withdrawn.unwrap_or(false),
    });
    write(&request, &app, &permit.who, &body.json, verb, made).await
}

/// The answer to a purchase request.
pub(super) fn made(done: Done<'_>) -> String {
    answer(done, |record| {
        let Act::Requisition(asked) = &record.act else {
            return json!({});
        };
        json!({ "request": asked.id, "version": asked.version, "on_hand": asked.on_hand })
    })
}

/// Asks for something to be bought; the answer shows how much of it stands in stock.
#[utoipa::path(
    request_body = PurchaseRequestBody,
    responses((status = 201, body = answers::PurchaseRequestMade)),
    params(KeyHeader),
)]
#[post("/purchase-requests")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::RequestPurchases>,
    body: Body<PurchaseRequestBody>,
) -> Result<HttpResponse, Problem> {
    set(None, request, app, permit, body).await
}

/// Changes a purchase request, which voids its approval, or takes it back.
#[utoipa::path(
    request_body = PurchaseRequestBody,
    responses((status = 201, body = answers::PurchaseRequestMade)),
    params(KeyHeader),
)]
#[put("/purchase-requests/{id}")]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::RequestPurchases>,
    id: Path<String>,
    body: Body<PurchaseRequestBody>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    set(Some(id), request, app, permit, body).await
}

body! {
    /// Which purchase requests.
    PurchaseRequestsQuery {
        /// Only those that stand so.
        state: Option<Typed<RequisitionState>>,
        /// Only those of this department.
        department: Option<DepartmentId>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<RequisitionId>>,
    }
}

/// The purchase requests with the stock on hand.
#[utoipa::path(
    params(PurchaseRequestsQuery),
    responses((status = 200, body = answers::PurchaseRequests)),
)]
#[get("/purchase-requests")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<PurchaseRequestsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| PurchaseRequests {
        only: None,
        state: asked.state.map(|state| state.0),
        department: asked.department,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
