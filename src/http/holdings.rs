//! `GET /people/{id}/holdings`: 领用在手.

use actix_web::{HttpResponse, get, web::Path};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query},
    people::person_id,
    problem::Problem,
};
use crate::report::holdings::{HoldingKey, Holdings};

body! {
    /// Which part of the list.
    HoldingsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<HoldingKey>>,
    }
}

/// What a person has and has neither used nor given back.
#[utoipa::path(params(HoldingsQuery), responses((status = 200, body = answers::Holdings)))]
#[get("/people/{id}/holdings")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<HoldingsQuery>,
) -> Result<HttpResponse, Problem> {
    let person = person_id(&id)?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Holdings {
        person,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
