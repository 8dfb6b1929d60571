//! `/permits`: 许可备案.

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
    page::{Cursor, Limit, Query},
    permit_form::PermitBody,
    problem::Problem,
    receipt::answer,
    seconds::prove,
};
use crate::{
    app::App,
    domain::{
        ids::PermitId,
        ledger::Act,
        verb::{SetPermit, Verb},
    },
    report::permits::Permits,
};

async fn set(
    id: Option<PermitId>,
    request: HttpRequest,
    app: Data<App>,
    Permit { who, .. }: Permit<may::ManagePurchases>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    let mut given = body.value;
    let reason = given.reason.take().unwrap_or_default();
    let second = prove(&app, &who, given.second.take()).await?;
    let permit = given.into_permit(&app)?;
    let verb: Box<dyn Verb> = Box::new(SetPermit {
        id,
        permit,
        reason,
        second,
    });
    write(&request, &app, &who, &body.json, verb, |done| {
        answer(done, |record| {
            let Act::Permit(permit) = &record.act else {
                return json!({});
            };
            json!({ "permit": permit.id })
        })
    })
    .await
}

/// Records a permit or filing.
#[utoipa::path(
    request_body = PermitBody,
    responses((status = 201, body = answers::PermitMade)),
    params(KeyHeader),
)]
#[post("/permits")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    set(None, request, app, permit, body).await
}

/// Corrects a permit, or revokes it; what was received against it stays drawn.
#[utoipa::path(
    request_body = PermitBody,
    responses((status = 201, body = answers::PermitMade)),
    params(KeyHeader),
)]
#[put("/permits/{id}")]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    id: Path<String>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    set(Some(id), request, app, permit, body).await
}

body! {
    /// Which permits.
    PermitsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<PermitId>>,
    }
}

/// The permits and filings with what is left of them, revoked ones as well.
#[utoipa::path(params(PermitsQuery), responses((status = 200, body = answers::Permits)))]
#[get("/permits")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<PermitsQuery>,
) -> Result<HttpResponse, Problem> {
    let part = (query.0.limit, query.0.next);
    let ask = |after, limit| Permits { after, limit };
    listing.answer(&permit.who, part, ask).await
}
