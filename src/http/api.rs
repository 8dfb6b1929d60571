//! `/api/openapi.json` and `/api/docs`: what the program answers, in one document, and pages that show
//! it without the internet.
//!
//! Handlers say what they read and answer; bodies and parameters describe themselves with the types
//! they are read with. Here stands what follows from the table of routes: who may ask, and which
//! problems are answered.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{
    App as WebApp, HttpResponse, get,
    http::{StatusCode, header::LOCATION},
    web::{Bytes, Data, ServiceConfig},
};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{
    Access, ROUTES, listing,
    problem::Problem,
    reach::{self, ReachQuery},
    routes, schema,
};
use crate::{domain::refusal::Refusal, import::FileError};

/// Where everything stands.
const PREFIX: &str = "/api/v1";

/// What holds for every route.
const CONVENTIONS: &str = "A ledger of hazardous chemicals (危险化学品台账).

Quantities are decimal texts with a unit, numbers of people, places and entries are texts of digits, times \
are RFC 3339 in UTC. Lists answer `items` and, unless it is the last page, an opaque `next`; the parameter \
`next` takes it unchanged. Writes take an `Idempotency-Key`. Errors are RFC 9457 problems: `code` is stable, \
`detail` says in Chinese (or, with `Accept-Language: en`, in English) what to do next, `errors` names every \
bad field with a JSON pointer. Whoever signed in with `POST /sessions` sends `Authorization: Bearer` and the \
token.";

/// Where the pages of the documentation stand.
pub(super) const PAGES: &str = "/api/docs/";

/// What they may load: only what this program serves.
pub(super) const PAGES_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// The document.
#[must_use]
pub fn document() -> Value {
    let scope = utoipa_actix_web::scope(PREFIX).configure(routes);
    let (_, api) = WebApp::new()
        .into_utoipa_app()
        .service(scope)
        .split_for_parts();
    // A document is made of texts, lists and maps only: it is always JSON.
    let mut document = serde_json::to_value(api).unwrap_or_default();
    for (method, path, access) in ROUTES {
        let path = format!("{PREFIX}{path}");
        let paths = document.get_mut("paths");
        let item = paths.and_then(|paths| paths.get_mut(&path));
        let operation = item.and_then(|item| item.get_mut(method.to_lowercase()));
        if let Some(Value::Object(operation)) = operation {
            complete(operation, method, &path, *access);
        }
    }
    let info = json!({
        "title": "hazledger", "version": env!("CARGO_PKG_VERSION"), "description": CONVENTIONS,
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
    });
    let bearer = json!({"bearer": {
        "type": "http", "scheme": "bearer", "description": "The token of `POST /sessions`, for 15 minutes.",
    }});
    for (parent, name, part) in [
        ("", "info", info),
        ("/components", "securitySchemes", bearer),
        ("/components", "responses", problems()),
        ("/components/schemas", "Problem", problem_schema()),
    ] {
        if let Some(Value::Object(parent)) = document.pointer_mut(parent) {
            parent.insert(name.to_owned(), part);
        }
    }
    document
}

/// What the table of routes knows of an operation.
fn complete(operation: &mut Map<String, Value>, method: &str, path: &str, access: Access) {
    let words = path.split(['/', '-', '{', '}']).skip(3);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    operation.insert(
        "operationId".to_owned(),
        json!(format!("{}_{}", method.to_lowercase(), words.join("_"))),
    );
    let tag = path.split('/').nth(3).unwrap_or_default();
    operation.insert("tags".to_owned(), json!([tag]));
    match access {
        Access::Anyone => {}
        Access::SignedIn => {
            operation.insert("security".to_owned(), json!([{"bearer": []}]));
        }
        Access::Needs(permission) => {
            operation.insert("security".to_owned(), json!([{"bearer": []}]));
            operation.insert("x-permission".to_owned(), json!(permission));
        }
    }
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let stands_in = |place: &str| {
        let mut found = parameters.into_iter().flatten();
        found.any(|parameter| parameter["in"] == place)
    };
    let reaches = reach::reaches(method, access);
    let (has_key, has_query) = (stands_in("header"), reaches || stands_in("query"));
    if reaches {
        let own = schema::parameters::<ReachQuery>(&ParameterIn::Query);
        let all = operation.entry("parameters").or_insert_with(|| json!([]));
        if let (Value::Array(all), Ok(Value::Array(own))) = (all, serde_json::to_value(own)) {
            all.extend(own);
        }
    }
    if let Some(route) = path.strip_prefix(PREFIX).filter(|_| method == "GET") {
        listing::describe(operation, route);
    }
    let has_body = operation.contains_key("requestBody");
    let reads = method == "GET";
    let mut statuses = vec![500, 503];
    let mut may_answer = |when: bool, status: &[u16]| {
        statuses.extend(status.iter().filter(|_| when));
    };
    may_answer(access != Access::Anyone, &[401]);
    may_answer(matches!(access, Access::Needs(_)), &[403]);
    may_answer(has_body || has_query || has_key, &[400]);
    may_answer(has_body || has_query || path.contains('{'), &[422]);
    may_answer(has_body, &[408, 413, 415]);
    may_answer(!reads || has_query || path.contains('{'), &[404]);
    may_answer(!reads, &[401, 403, 409, 422, 423, 507]);
    // Where a secret is checked.
    let signs = path.ends_with("signatures");
    may_answer(access == Access::Anyone || signs, &[429]);
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    if let (Some(Value::Object(made)), true) = (responses.get("201").cloned(), has_key) {
        responses.insert("200".to_owned(), repeated(made));
    }
    for (status, response) in responses.iter_mut() {
        let status = StatusCode::from_bytes(status.as_bytes()).ok();
        let name = status.and_then(|status| status.canonical_reason());
        if let (Some(name), Value::Object(response)) = (name, response) {
            let description = response.entry("description").or_insert_with(|| json!(""));
            if description == "" {
                *description = json!(name);
            }
        }
    }
    for status in statuses {
        let reference = format!("#/components/responses/Problem{status}");
        responses.insert(status.to_string(), json!({ "$ref": reference }));
    }
}

/// The answer to the same key and body again.
fn repeated(mut first: Map<String, Value>) -> Value {
    first.insert(
        "description".to_owned(),
        json!("The first answer, given again for the same key and body."),
    );
    first.insert(
        "headers".to_owned(),
        json!({"Idempotent-Replayed": {"description": "`true`", "schema": {"type": "string"}}}),
    );
    Value::Object(first)
}

/// Every code with its status.
fn codes() -> BTreeMap<u16, Vec<&'static str>> {
    let mut codes: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    let own = Problem::PLAIN
        .into_iter()
        .chain(FileError::ALL.map(Problem::File))
        .map(|problem| (problem.status(), problem.code()));
    let refusals = Refusal::CODES
        .iter()
        .map(|(code, class)| (Problem::status_of(*class), *code));
    for (status, code) in own.chain(refusals) {
        codes.entry(status.as_u16()).or_default().push(code);
    }
    codes
}

/// An answer for each status, with the codes that it can have.
fn problems() -> Value {
    let mut responses = Map::new();
    for (status, codes) in codes() {
        let mut headers = Map::new();
        if matches!(status, 429 | 503) {
            let seconds = json!({
                "description": "Seconds to wait before the same request is sent again.",
                "schema": {"type": "integer"},
            });
            headers.insert("Retry-After".to_owned(), seconds);
        }
        let response = json!({
            "description": format!("Refused: {}", codes.join(", ")),
            "headers": headers,
            "content": {"application/problem+json": {"schema": {"allOf": [
                {"$ref": "#/components/schemas/Problem"},
                {"type": "object", "properties": {"status": {"const": status}, "code": {"enum": codes}}},
            ]}}},
        });
        responses.insert(format!("Problem{status}"), response);
    }
    Value::Object(responses)
}

fn problem_schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "description": "RFC 9457. The names and numbers of the sentence stand beside these members.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": text("Where the code is explained."),
            "title": text("The name of the status."),
            "status": {"type": "integer"},
            "code": text("Stable: what a program decides by."),
            "detail": text("What is wrong and what to do next, in Chinese or English."),
            "request_id": text("As in the server's log."),
            "errors": {
                "type": "array",
                "description": "Every bad field.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": text("JSON pointer (RFC 6901) into the body, or the name of a parameter."),
                        "code": text("Stable."),
                        "detail": text("What is wrong with it."),
                    },
                },
            },
        },
    })
}

/// The document as it is sent, and the routes of it that take parameters.
#[derive(Clone)]
pub struct Rendered {
    bytes: Bytes,
    queried: BTreeSet<(String, String)>,
}

impl Rendered {
    /// Makes it, once for all workers.
    #[must_use]
    pub fn new() -> Self {
        let document = document();
        let takes_any = |operation: &Value| {
            let parameters = operation.get("parameters").and_then(Value::as_array);
            let mut parameters = parameters.into_iter().flatten();
            // Whose data are read, and in which form, is taken off before a route sees its parameters.
            parameters.any(|parameter| {
                let own = [reach::PARAMETER, listing::PARAMETER];
                parameter["in"] == "query" && own.iter().all(|own| parameter["name"] != *own)
            })
        };
        let paths = document
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let operations = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path, method, operation))
        });
        Self {
            queried: operations
                .filter(|(_, _, operation)| takes_any(operation))
                .map(|(path, method, _)| (method.to_uppercase(), path.clone()))
                .collect(),
            bytes: Bytes::from(document.to_string()),
        }
    }

    /// Whether a route takes parameters in its address.
    #[must_use]
    pub fn takes_parameters(&self, method: &str, path: &str) -> bool {
        self.queried.contains(&(method.to_owned(), path.to_owned()))
    }
}

impl Default for Rendered {
    fn default() -> Self {
        Self::new()
    }
}

#[get("/api/openapi.json")]
async fn openapi(document: Data<Rendered>) -> HttpResponse {
    let answer = document.bytes.clone();
    HttpResponse::Ok()
        .content_type("application/json")
        .body(answer)
}

/// The pages begin one level down, where their relative addresses are right.
#[get("/api/docs")]
async fn pages() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, PAGES))
        .finish()
}

/// The document and its pages.
pub(crate) fn serve(config: &mut ServiceConfig) {
    // Without this word the pages send the document to a validator on the internet.
    let shown = Config::new(["/api/openapi.json"]).validator_url("none");
    let files = SwaggerUi::new("/api/docs/{_:.*}").config(shown);
    config.service(openapi).service(pages).service(files);
}
