//! `GET /consistency`: the proof that the ledger begins with what it was before.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Query, Typed},
    problem::Problem,
};
use crate::{app::App, report::proof::Consistency};

body! {
    /// Between which sizes.
    ConsistencyQuery {
        /// The shorter log, entries.
        from: Typed<u64>,
        /// The longer log; that of the latest signed checkpoint if absent.
        to: Option<Typed<u64>>,
    }
}

/// The proof (RFC 6962 section 2.1.2), with the signed checkpoint of the longer log.
#[utoipa::path(
    params(ConsistencyQuery),
    responses((status = 200, body = answers::ConsistencyProof)),
)]
#[get("/consistency")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    query: Query<ConsistencyQuery>,
) -> Result<HttpResponse, Problem> {
    let consistency = Consistency {
        from: query.0.from.0,
        to: query.0.to.map(|to| to.0),
    };
    Ok(HttpResponse::Ok().json(app.read(&permit.who, consistency).await??))
}
