//! `POST /people/{id}/unlock`: 解锁, by two persons.

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
    people::person_id,
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{app::App, domain::verb::Unlock};

body! {
    /// Who confirms.
    UnlockBody {
        /// The second person.
        second: Option<SecondBody>,
    }
}

/// Lets somebody try again at once, at every workstation.
#[utoipa::path(
    request_body = UnlockBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/people/{id}/unlock")]
pub async fn unlock(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
    body: Body<UnlockBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Unlock {
        person: person_id(&id)?,
        second: prove(&app, &permit.who, body.value.second).await?,
    };
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| answer(done, |_| json!({})),
    )
    .await
}
