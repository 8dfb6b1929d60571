//! `/signing-requests`: what is controlled moves in two steps, first shown, then signed.

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, SignedIn, may},
    answers,
    body::{Body, Reading, body},
    idempotency::{KeyHeader, key, respond},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    proposals::SigningBody,
    server::request_id,
};
use crate::{
    app::{App, Shown},
    domain::{ids::RequestId, refusal::Refusal},
    report::requests::{OneRequest, RequestLine, Requests},
};

/// A request as it is shown.
pub(super) fn shown(app: &App, shown: &Shown) -> RequestLine {
    RequestLine::of(shown.id, &shown.request, app.now())
}

/// Makes a signing request: answers the exact payload, its hash, and the six groups to compare.
#[utoipa::path(
    request_body = SigningBody,
    responses((status = 201, body = answers::SigningRequest)),
    params(KeyHeader),
)]
#[post("/signing-requests")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    signed_in: SignedIn,
    body: Body<SigningBody>,
) -> Result<HttpResponse, Problem> {
    let SignedIn(who) = signed_in;
    let key = key(&request, &app, &body.json)?;
    let Some(proposal) = body.value.into_proposal(&who) else {
        let mut reading = Reading::default();
        reading.refuse(
            "one_expected",
            "checkout、receipt、move、use、give_back、split、waste、disposal、transfer、acceptance、reclaim、variance、incident_ending、handover、reversal、release 须且只能填写一项。",
            "Give exactly one of checkout, receipt, move, use, give_back, split, waste, disposal, transfer, acceptance, reclaim, variance, incident_ending, handover, reversal, release.",
        );
        return Err(reading.into_problem());
    };
    let (made, replayed) = app
        .request_signatures(&who, &request_id(&request), Some(key), proposal)
        .await?;
    Ok(respond(json!(shown(&app, &made)).to_string(), replayed))
}

/// A signing request.
#[utoipa::path(responses((status = 200, body = answers::SigningRequest)))]
#[get("/signing-requests/{id}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let asked = OneRequest(number(&id)?);
    let found = app.read(&permit.who, asked).await??;
    Ok(HttpResponse::Ok().json(found))
}

body! {
    /// Which signing requests.
    RequestsQuery {
        /// 1: only those that can still be signed.
        open: Option<Typed<u8>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<RequestId>>,
    }
}

/// The signing requests of the institution.
#[utoipa::path(params(RequestsQuery), responses((status = 200, body = answers::SigningRequests)))]
#[get("/signing-requests")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<RequestsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Requests {
        open: asked.open.is_some_and(|open| open.0 > 0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

/// Takes a request back.
#[utoipa::path(responses((status = 204)))]
#[delete("/signing-requests/{id}")]
pub async fn withdraw(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.withdraw(&permit.who, number(&id)?, false).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Refuses to sign a request.
#[utoipa::path(responses((status = 204)))]
#[post("/signing-requests/{id}/refusals")]
pub async fn refuse(
    app: Data<App>,
    permit: Permit<may::Move>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.withdraw(&permit.who, number(&id)?, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The number in an address.
pub(super) fn number(id: &str) -> Result<RequestId, Problem> {
    id.parse().map_err(|_| {
        Refusal::RequestUnknown {
            request: RequestId::MIN,
        }
        .into()
    })
}
