//! `/purchase-policies`: 采购管控.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use chrono::NaiveDate;
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{
    app::App,
    domain::{
        ids::Seq,
        permit::{PermitKind, PurchasePolicy},
        substance::ControlClass,
        verb::SetPurchasePolicy,
    },
    report::purchase_policies::PurchasePolicies,
};

body! {
    /// Which documents a class asks for when it is received.
    PurchasePolicyBody {
        /// The class.
        class: ControlClass,
        /// First day, today at the earliest.
        from: NaiveDate,
        /// The kinds of documents, any one of which is enough; an empty list: none is asked for any more.
        permits: Vec<PermitKind>,
        /// Where the rule is from.
        source: String,
        /// The second person, who confirms it.
        second: Option<SecondBody>,
    }
}

/// Records a purchase policy before a second person: from that day on the class is received on such a permit
/// only.
#[utoipa::path(
    request_body = PurchasePolicyBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/purchase-policies")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePolicy>,
    body: Body<PurchasePolicyBody>,
) -> Result<HttpResponse, Problem> {
    let second = prove(&app, &permit.who, body.value.second).await?;
    let policy = PurchasePolicy {
        class: body.value.class,
        from: body.value.from,
        permits: body.value.permits,
        source: body.value.source,
    };
    let verb = Box::new(SetPurchasePolicy { policy, second });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |_| json!({}))
    })
    .await
}

body! {
    /// Which purchase policies.
    PurchasePoliciesQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// The purchase policies in the order in which they were recorded.
#[utoipa::path(
    params(PurchasePoliciesQuery),
    responses((status = 200, body = answers::PurchasePolicies)),
)]
#[get("/purchase-policies")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<PurchasePoliciesQuery>,
) -> Result<HttpResponse, Problem> {
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| PurchasePolicies { after, limit };
    listing.answer(&permit.who, part, ask).await
}
