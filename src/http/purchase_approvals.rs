//! `/purchase-requests/{id}`: one purchase request, and 审批 of it.

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
    problem::Problem,
    purchase_paper,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{refusal::Refusal, requisition::Approval, verb::Approve},
    report::purchase_requests::PurchaseRequests,
};

body! {
    /// What the head of the department decides.
    ApprovalBody {
        /// The version that was read: a decision over another one is refused.
        version: u32,
        /// Whether it is approved.
        approved: bool,
        /// Why; needed where it is not approved.
        reason: Option<String>,
    }
}

/// Approves a purchase request, or does not; the head of its department, never its applicant.
#[utoipa::path(
    request_body = ApprovalBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/purchase-requests/{id}/approvals")]
pub async fn approve(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ApprovePurchases>,
    id: Path<String>,
    body: Body<ApprovalBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    if !given.approved && given.reason.is_none() {
        return Err(Problem::field(
            "/reason",
            "missing",
            "不批准时请填写原因，申请人据此修改。",
            "Say why it is not approved, so that the applicant can change it.",
        ));
    }
    let verb = Box::new(Approve {
        approval: Approval {
            request: id.parse().map_err(|_| Problem::NotFound)?,
            version: given.version,
            approved: given.approved,
        },
        reason: given.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |_| json!({}))
    })
    .await
}

/// One purchase request with the stock on hand; as `pdf` the form with its approval, orders and receipts.
#[utoipa::path(responses((status = 200, content(
    (answers::PurchaseRequestLine = "application/json"),
    (answers::Binary = "application/pdf"),
))))]
#[get("/purchase-requests/{id}")]
pub async fn show(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    if listing.is_paper()? {
        return purchase_paper::printed(&listing, &permit.who, id).await;
    }
    let one = PurchaseRequests {
        only: Some(id),
        state: None,
        department: None,
        after: None,
        limit: 1,
    };
    let mut found = listing
        .app()
        .read(&permit.who, one)
        .await?
        .items
        .into_iter();
    let line = found.next().ok_or(Refusal::PurchaseRequestUnknown {})?;
    Ok(HttpResponse::Ok().json(line))
}
