//! `POST /departures`: 离岗.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
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
use crate::{
    app::App,
    domain::{ids::PersonId, verb::Leave},
};

body! {
    /// Who leaves.
    DepartureBody {
        /// The person.
        person: PersonId,
        /// Why.
        reason: Option<String>,
        /// The second person, for somebody who may confirm what others do.
        second: Option<SecondBody>,
    }
}

/// Closes an account: every appointment and session of the person ends.
#[utoipa::path(
    request_body = DepartureBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/departures")]
pub async fn leave(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<DepartureBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Leave {
        person: body.value.person,
        reason: body.value.reason.unwrap_or_default(),
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
