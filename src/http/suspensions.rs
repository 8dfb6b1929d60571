//! `POST /suspensions`: 停用账号.

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
    domain::{ids::PersonId, verb::Suspend},
};

body! {
    /// An account is blocked, or opened again.
    SuspensionBody {
        /// Whose.
        person: PersonId,
        /// It is opened again.
        lifted: Option<bool>,
        /// Why.
        reason: String,
        /// The second person: for somebody who may confirm what others do, and to open it again.
        second: Option<SecondBody>,
    }
}

/// Blocks an account at once: every session ends, and its secret opens and signs nothing. What the person keeps
/// and holds stays to be handed over and brought back. Or opens it again.
#[utoipa::path(
    request_body = SuspensionBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/suspensions")]
pub async fn suspend(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<SuspensionBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(Suspend {
        person: body.value.person,
        lifted: body.value.lifted.unwrap_or(false),
        reason: body.value.reason,
        second: prove(&app, &permit.who, body.value.second).await?,
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |_| json!({}))
    })
    .await
}
