//! `GET /permits/{id}/history`: what the document was recorded to say, and who corrected it.

use actix_web::{HttpResponse, get, web::Path};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
};
use crate::{domain::ids::Seq, report::permits::PermitHistory};

body! {
    /// Which versions.
    PermitHistoryQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// What a permit said, the first version first, each with who recorded and who confirmed it.
#[utoipa::path(params(PermitHistoryQuery), responses((status = 200, body = answers::PermitHistory)))]
#[get("/permits/{id}/history")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<PermitHistoryQuery>,
) -> Result<HttpResponse, Problem> {
    let number = id.parse().map_err(|_| Problem::NotFound)?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| PermitHistory {
        permit: number,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
