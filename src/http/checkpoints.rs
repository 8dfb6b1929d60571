//! `GET /checkpoint`: the signed head, for somebody to keep.

use actix_web::{HttpResponse, get, http::header::ContentType, web::Data};

use super::{
    actor::{Permit, may},
    body::body,
    page::{Query, Typed},
    problem::Problem,
};
use crate::{app::App, domain::ledger::Log};

body! {
    /// Which log.
    CheckpointQuery {
        /// The ledger if absent.
        log: Option<Typed<Log>>,
    }
}

/// The head signed last of the ledger, or of the audit log, as a C2SP signed note.
#[utoipa::path(
    params(CheckpointQuery),
    responses((status = 200, body = String, content_type = "text/plain")),
)]
#[get("/checkpoint")]
pub async fn latest(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    query: Query<CheckpointQuery>,
) -> Result<HttpResponse, Problem> {
    let log = query.0.log.map_or(Log::Ledger, |log| log.0);
    let note = app.checkpoint(&permit.who, log).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(note))
}
