//! `/stocktakes/{id}/expected`, `…/findings` and `…/resolutions`: the list, and what was found against it.

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
    app::{App, Done},
    domain::{
        ids::{IncidentId, Serial},
        stocktake::Bucket,
        verb::Resolve,
    },
    report::stocktakes::{After, Expected, Findings},
};

body! {
    /// Which part of the list.
    ExpectedQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
    }
}

/// What should be there, or was drawn for the sample, as it stood when the stocktake began; without amounts.
#[utoipa::path(params(ExpectedQuery), responses((status = 200, body = answers::ExpectedList)))]
#[get("/stocktakes/{id}/expected")]
pub async fn expected(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<ExpectedQuery>,
) -> Result<HttpResponse, Problem> {
    listing.app().of_one(&permit.who, "stocktakes").await?;
    let stocktake = id.parse().map_err(|_| Problem::NotFound)?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Expected {
        stocktake,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// Which findings.
    FindingsQuery {
        /// Only of this bucket.
        bucket: Option<Typed<Bucket>>,
        /// Only those about which something is left to do.
        open: Option<Typed<bool>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<After>>,
    }
}

/// What was found and what was not. How much more or less there is, is said after the second count only.
#[utoipa::path(params(FindingsQuery), responses((status = 200, body = answers::Findings)))]
#[get("/stocktakes/{id}/findings")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<FindingsQuery>,
) -> Result<HttpResponse, Problem> {
    listing.app().of_one(&permit.who, "stocktakes").await?;
    let stocktake = id.parse().map_err(|_| Problem::NotFound)?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Findings {
        stocktake,
        bucket: query.0.bucket.map(|bucket| bucket.0),
        open: query.0.open.is_some_and(|open| open.0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// A finding was put right.
    ResolutionBody {
        /// The label of what was misplaced, or the code that nobody knew.
        code: String,
        /// What was done about it.
        reason: String,
        /// The incident in which it was reported, where the book had it no more and its class is watched.
        incident: Option<IncidentId>,
    }
}

/// Says how a misplaced container or an unknown code was put right.
#[utoipa::path(
    request_body = ResolutionBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/stocktakes/{id}/resolutions")]
pub async fn resolve(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    id: Path<String>,
    body: Body<ResolutionBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(Resolve {
        stocktake: id.parse().map_err(|_| Problem::NotFound)?,
        code: body.value.code,
        reason: body.value.reason,
        incident: body.value.incident,
    });
    let written = |done: Done<'_>| answer(done, |_| json!({}));
    write(&request, &app, &permit.who, &body.json, verb, written).await
}
