//! `GET /checkpoint`: the signed head, for somebody to keep.

use actix_web::{
    HttpResponse, get,
    http::header::ContentType,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    actor::{Permit, may},
    problem::Problem,
};
use crate::{app::App, domain::ledger::Log};

/// Which log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    log: Option<Log>,
}

/// The head signed last of the ledger, or of the audit log, as a C2SP signed note.
#[get("/checkpoint")]
pub async fn latest(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    which: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let log = which.log.unwrap_or(Log::Ledger);
    let note = app.checkpoint(&permit.who, log).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(note))
}
