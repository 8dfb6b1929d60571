//! `POST /people/{id}/codes`: 发放一次性代码.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, accept, respond},
    people::person_id,
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{app::App, domain::verb::HandOutCode};

body! {
    /// Why.
    CodeBody {
        /// Why, in words.
        reason: Option<String>,
        /// The second person, for somebody who has a secret or an appointment.
        second: Option<SecondBody>,
    }
}

/// Hands out a new one-time code to somebody who forgot the secret; answers it once.
#[utoipa::path(
    request_body = CodeBody,
    responses((status = 201, body = answers::CodeMade)),
    params(KeyHeader),
)]
#[post("/people/{id}/codes")]
pub async fn hand_out(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
    body: Body<CodeBody>,
) -> Result<HttpResponse, Problem> {
    let second = prove(&app, &permit.who, body.value.second).await?;
    let person = app.profile(&permit.who, person_id(&id)?).await?.person;
    let (code, code_digest) = app.new_code(permit.who.institution, &person.staff_number)?;
    let verb = HandOutCode {
        person: person.id,
        code_digest,
        reason: body.value.reason.unwrap_or_default(),
        second,
    };
    let answered = accept(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| answer(done, |_| json!({})),
    )
    .await?;
    with_code(answered, &code)
}

/// Puts a one-time code into a fresh answer. It is stored nowhere, so an answer given again has none.
///
/// # Errors
/// [`Problem::Fault`]: stored answers are JSON.
pub fn with_code((answer, replayed): (String, bool), code: &str) -> Result<HttpResponse, Problem> {
    if replayed {
        return Ok(respond(answer, replayed));
    }
    let mut body: Value = serde_json::from_str(&answer).map_err(|_| Problem::Fault)?;
    if let Value::Object(body) = &mut body {
        body.insert("code".to_owned(), json!(code));
    }
    Ok(respond(body.to_string(), replayed))
}
