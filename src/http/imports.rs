//! `/imports`: 期初导入, first a dry run, then as a whole.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, key},
    import_form::ImportForm,
    problem::Problem,
    server::request_id,
    upload::InTime,
};
use crate::{
    app::{App, Imported},
    domain::{
        ids::{ImportId, PersonId},
        refusal::Refusal,
    },
    import::{Outcome, dry_run},
};

/// Reads a sheet and tells, without changing anything, what it would put into the book: every bad row
/// with its cell, what was understood, totals, and the number to accept it by. The sheet of a file
/// that is in the book already answers its import.
#[utoipa::path(
    request_body(content = answers::ImportSheet, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = answers::ImportProposed),
        (status = 200, description = "in the book already", body = answers::ImportState),
    ),
)]
#[post("/imports")]
pub async fn propose(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Import>,
    form: InTime<ImportForm>,
) -> Result<HttpResponse, Problem> {
    let upload = form.0.into_upload()?;
    let outcome = dry_run(&app, &permit.who, &request_id(&request), upload).await;
    Ok(match outcome.map_err(Problem::from)? {
        Outcome::Proposed(proposed) => HttpResponse::Created().json(proposed),
        Outcome::TakenIn(id) => HttpResponse::Ok().json(shown(&app.import(&permit.who, id).await?)),
    })
}

/// How far an import has come.
#[utoipa::path(responses((status = 200, body = answers::ImportState)))]
#[get("/imports/{id}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::Import>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = app.import(&permit.who, number(&id)?).await?;
    Ok(HttpResponse::Ok().json(shown(&found)))
}

body! {
    /// Everything in the proposal is meant so.
    ImportAcceptanceBody {
        /// 验收人, who sign for what is controlled.
        acceptors: Option<Vec<PersonId>>,
    }
}

/// Accepts a proposal, all of it or nothing; the answer comes before it is posted.
#[utoipa::path(
    request_body = ImportAcceptanceBody,
    responses(
        (status = 202, body = answers::ImportState),
        (status = 200, description = "in the book already", body = answers::ImportState),
    ),
    params(KeyHeader),
)]
#[post("/imports/{id}/acceptance")]
pub async fn accept(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Import>,
    id: Path<String>,
    body: Body<ImportAcceptanceBody>,
) -> Result<HttpResponse, Problem> {
    let key = Some(key(&request, &app, &body.json)?);
    let acceptors = body.value.acceptors.unwrap_or_default();
    let (who, id, request) = (&permit.who, number(&id)?, request_id(&request));
    let (taken, again) = app.accept_import(who, &request, key, id, acceptors).await?;
    Ok(answer(&taken, again))
}

/// How far it has come; 202 when it was asked for the first time.
pub(super) fn answer(taken: &Imported, again: bool) -> HttpResponse {
    let mut response = if again {
        HttpResponse::Ok()
    } else {
        HttpResponse::Accepted()
    };
    response.json(shown(taken))
}

fn shown(taken: &Imported) -> Value {
    let import = &taken.import;
    let state = if taken.awaits_signatures() {
        "awaiting_signatures"
    } else {
        import.state.as_str()
    };
    let entries = taken.entries.iter();
    let requests = taken.requests.iter().map(|request| {
        json!({ "request": request.request, "state": request.state, "expires_at": request.expires_at,
            "containers": request.containers, "entry": request.entry })
    });
    json!({
        "import": taken.id, "state": state, "file": import.file, "file_sha256": import.file_sha256,
        "sheet": import.sheet, "rows": import.rows, "containers": import.containers,
        "imported": taken.containers(), "signed": import.signed, "errors": import.errors,
        "entries": entries.map(|entry| json!({ "seq": entry.seq, "containers": entry.containers })).collect::<Vec<_>>(),
        "signing_requests": requests.collect::<Vec<_>>(),
        "reversed": taken.reversed, "stopped": (!import.stopped.is_empty()).then_some(&import.stopped),
    })
}

/// The number in an address.
pub(super) fn number(id: &str) -> Result<ImportId, Problem> {
    id.parse().map_err(|_| Refusal::ImportUnknown {}.into())
}
