//! `POST /imports/{id}/reversal`: an import is taken back as a whole.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, key},
    imports::{answer, number},
    problem::Problem,
    server::request_id,
};
use crate::app::App;

body! {
    /// An import is taken back.
    ImportReversalBody {
        /// What was wrong with it.
        reason: String,
    }
}

/// Takes an import back; the answer comes before its entries are reversed.
#[utoipa::path(
    request_body = ImportReversalBody,
    responses(
        (status = 202, body = answers::ImportState),
        (status = 200, description = "in the book already", body = answers::ImportState),
    ),
    params(KeyHeader),
)]
#[post("/imports/{id}/reversal")]
pub async fn reverse(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Import>,
    id: Path<String>,
    body: Body<ImportReversalBody>,
) -> Result<HttpResponse, Problem> {
    let key = Some(key(&request, &app, &body.json)?);
    let (who, id, reason) = (&permit.who, number(&id)?, body.value.reason);
    let request = request_id(&request);
    let (taken, again) = app.undo_import(who, &request, key, id, reason).await?;
    Ok(answer(&taken, again))
}
