//! Writes: one key, one effect, one answer for ever.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header::ContentType};
use serde_json::Value;

use super::{
    problem::Problem,
    schema::{Doc, Properties, Property},
};
use crate::{
    app::{App, Done, Key, Principal},
    domain::{
        canonical::{canonical_bytes, nfc},
        verb::Verb,
    },
};

/// Fields that never enter a fingerprint.
const SECRET_FIELDS: [&str; 2] = ["secret", "code"];

/// The form of a key, in the document.
pub struct KeyText;

/// The header of every write, in the document.
pub struct KeyHeader;

impl Properties for KeyHeader {
    const NAME: &'static str = "KeyHeader";
    const DOC: Doc = &[];
    const IS_CLOSED: bool = false;

    fn properties() -> Vec<Property> {
        vec![Property::of::<KeyText>(
            "Idempotency-Key",
            &[
                "16 to 64 visible ASCII characters, new for each act. The same key and body again give the \
               first answer; a refusal leaves the key free.",
            ],
        )]
    }
}

impl utoipa::IntoParams for KeyHeader {
    fn into_params(
        _place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        super::schema::parameters::<Self>(&utoipa::openapi::path::ParameterIn::Header)
    }
}

/// The `Idempotency-Key` of a request with the fingerprint of what it asks.
///
/// # Errors
/// [`Problem::KeyMissing`], [`Problem::KeyMalformed`], [`Problem::NotJson`] for a body with floats.
pub fn key(request: &HttpRequest, app: &App, body: &Value) -> Result<Key, Problem> {
    let header = request
        .headers()
        .get("Idempotency-Key")
        .ok_or(Problem::KeyMissing)?;
    let key = header.to_str().map_err(|_| Problem::KeyMalformed)?;
    if !(16..=64).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::KeyMalformed);
    }
    let mut body = body.clone();
    settle(&mut body);
    let mut asked = format!("{} {}\n", request.method(), request.path()).into_bytes();
    asked.extend(canonical_bytes(&body).map_err(|_| Problem::NotJson(None))?);
    Ok(Key {
        key: key.to_owned(),
        fingerprint: app.fingerprint(&asked),
    })
}

/// Takes secret fields and explicit nulls out and brings texts to the form in which fields are read,
/// at every depth: what is read alike is the same request.
fn settle(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object
                .retain(|name, value| !SECRET_FIELDS.contains(&name.as_str()) && !value.is_null());
            object.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::String(text) => {
            if let Ok(settled) = nfc(text) {
                *text = settled.into_owned();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Sends a command and answers 201 with what came of it, or 200 and `Idempotent-Replayed: true` with
/// the first answer.
///
/// # Errors
/// What the command was refused for.
pub async fn write(
    request: &HttpRequest,
    app: &App,
    who: &Principal,
    body: &Value,
    verb: Box<dyn Verb>,
    answer: fn(Done<'_>) -> String,
) -> Result<HttpResponse, Problem> {
    let (answer, replayed) = accept(request, app, who, body, verb, answer).await?;
    Ok(respond(answer, replayed))
}

/// Sends a command; the answer, and whether it is the first one given again.
///
/// # Errors
/// What the command was refused for.
pub async fn accept(
    request: &HttpRequest,
    app: &App,
    who: &Principal,
    body: &Value,
    verb: Box<dyn Verb>,
    answer: fn(Done<'_>) -> String,
) -> Result<(String, bool), Problem> {
    let key = key(request, app, body)?;
    let request_id = request
        .extensions()
        .get::<tracing_actix_web::RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    Ok(app
        .execute(who, &request_id, Some(key), verb, answer)
        .await?)
}

/// 201 with an answer, or 200 when it is the first one given again.
#[must_use]
pub fn respond(answer: String, replayed: bool) -> HttpResponse {
    let mut response = if replayed {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    if replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.insert_header(ContentType::json()).body(answer)
}
