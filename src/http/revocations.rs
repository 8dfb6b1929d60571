//! `POST /appointments/{id}/revocations`: 撤销任命.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{app::App, domain::verb::Revoke, report::people::AppointmentKey};

body! {
    /// Who confirms the end.
    RevocationBody {
        /// The second person, for a role that confirms what others do.
        second: Option<SecondBody>,
    }
}

/// Ends an appointment at once.
#[utoipa::path(
    request_body = RevocationBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/appointments/{id}/revocations")]
pub async fn revoke(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
    body: Body<RevocationBody>,
) -> Result<HttpResponse, Problem> {
    let AppointmentKey(entry, line) = id.parse().map_err(|_| Problem::NotFound)?;
    let verb = Revoke {
        entry,
        line,
        second: prove(&app, &permit.who, body.value.second).await?,
    };
    let written = |done: crate::app::Done<'_>| answer(done, |_| json!({}));
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        written,
    )
    .await
}
