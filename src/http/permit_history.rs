//! `GET /permits/{id}/history`: what the document was recorded to say, and who corrected it.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{app::App, domain::ids::Seq, report::permits::PermitHistory};

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
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<PermitHistoryQuery>,
) -> Result<HttpResponse, Problem> {
    let history = PermitHistory {
        permit: id.parse().map_err(|_| Problem::NotFound)?,
        after: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
    };
    Ok(page(app.read(&permit.who, history).await??))
}
