//! `GET /people/{id}/holdings`: 领用在手.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    people::person_id,
    problem::Problem,
};
use crate::{
    app::App,
    report::holdings::{HoldingKey, Holdings},
};

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
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
    query: Query<HoldingsQuery>,
) -> Result<HttpResponse, Problem> {
    let holdings = Holdings {
        person: person_id(&id)?,
        after: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
    };
    Ok(page(app.read(&permit.who, holdings).await??))
}
