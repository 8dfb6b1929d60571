//! Query strings and lists: parameters read like the fields of a body, opaque cursors, `{items, next,
//! total?}`.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    web::{self, Data},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Access, ROUTES, actor,
    api::Rendered,
    body::{Body, Field, Fields, Reading},
    problem::Problem,
    schema::Described,
};
use crate::report::Page;

/// Items of a page when nobody says otherwise.
const USUAL: usize = 50;
/// Most items of a page.
pub(super) const MOST: usize = 200;

/// The parameters of a query string.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: Fields> Query<T> {
    /// Reads them.
    ///
    /// # Errors
    /// [`Problem::Fields`] with every error; an unknown or repeated parameter is one.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let mut object = Map::new();
        for (name, value) in parameters(text)? {
            if object.insert(name.clone(), Value::String(value)).is_some() {
                return Err(Problem::field(
                    &format!("/{name}"),
                    "given_twice",
                    "此参数出现了两次，请只保留一个。",
                    "This parameter is given twice; keep one.",
                ));
            }
        }
        Ok(Self(Body::of(Value::Object(object))?.value))
    }
}

impl<T: Fields + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()))
    }
}

fn parameters(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs =
        web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| Problem::BadRequest)?;
    Ok(pairs.into_inner())
}

/// What was asked, parameter by parameter: those of the path first.
pub(super) fn asked(request: &HttpRequest) -> Vec<(String, String)> {
    let path = request.match_info().iter();
    let path = path.map(|(name, value)| (name.to_owned(), value.to_owned()));
    path.chain(parameters(request.query_string()).unwrap_or_default())
        .collect()
}

/// Refuses parameters where a route takes none: whoever gives one believes that it says something. Who
/// may not use the route is told that first.
///
/// # Errors
/// [`Problem::Fields`] with every parameter.
pub async fn only_known(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if !request.query_string().is_empty()
        && let Some(pattern) = request.match_pattern()
        && let Some(document) = request.app_data::<Data<Rendered>>()
        && let Some(access) = access(request.method().as_str(), &pattern)
        && actor::is_let_in(request.request(), access)
        && !document.takes_parameters(request.method().as_str(), &pattern)
    {
        let problem = match parameters(request.query_string()) {
            // `?` and `&` alone ask for nothing.
            Ok(given) if given.is_empty() => {
                return Ok(next.call(request).await?.map_into_left_body());
            }
            Ok(given) => {
                let mut reading = Reading::default();
                for (name, _) in given {
                    reading.refuse_unknown(&name);
                }
                reading.into_problem()
            }
            Err(problem) => problem,
        };
        return Ok(request.error_response(problem).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Who may use a route.
pub(super) fn access(method: &str, pattern: &str) -> Option<Access> {
    let path = pattern.strip_prefix("/api/v1")?;
    let mut routes = ROUTES.iter();
    let found = routes.find(|(of, at, _)| (*of, *at) == (method, path));
    found.map(|(_, _, access)| *access)
}

/// A parameter with a form of its own: a number, `true` or `false`, a word of a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed<T>(pub T);

impl<T: FromStr + Described> Field for Typed<T> {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        // In a body a number or a truth stands without quotes.
        let text = match value {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            value => String::read(value, reading)?,
        };
        let read = text.parse().ok().map(Self);
        if read.is_none() {
            reading.refuse(
                "value_malformed",
                format!("“{text}”不是此参数的有效取值，请对照 /api/docs 更正。"),
                format!("{text:?} is no value of this parameter; correct it with /api/docs."),
            );
        }
        read
    }
}

/// How many items a page has, 1 to 200.
#[derive(Clone, Copy, Debug)]
pub struct Limit(usize);

impl Limit {
    /// The number, or the usual one.
    #[must_use]
    pub fn of(limit: Option<Self>) -> usize {
        limit.map_or(USUAL, |limit| limit.0)
    }
}

impl Field for Limit {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let text = String::read(value, reading)?;
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        if limit.is_none() {
            reading.refuse(
                "limit_out_of_range",
                format!("limit 须为 1 至 {MOST} 的整数。"),
                format!("limit is a whole number from 1 to {MOST}."),
            );
        }
        limit.map(Self)
    }
}

/// Where a page begins: what `next` of the page before said, unchanged.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<K>(pub K);

impl<K: FromStr> Field for Cursor<K> {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let text = String::read(value, reading)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let key = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|key| key.parse().ok());
        if key.is_none() {
            reading.refuse(
                "cursor_malformed",
                "next 须为上一页答复中的 next，原样填写；或省略以从头开始。",
                "next is the next of the page before, unchanged; leave it out to begin anew.",
            );
        }
        key.map(Self)
    }
}

/// A key as `next` says it.
#[must_use]
pub fn cursor(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

/// Answers a page.
#[must_use]
pub fn page<T: Serialize>(answered: Page<T>) -> HttpResponse {
    page_and(answered, Map::new())
}

/// Answers a page with what is said of all of them.
#[must_use]
pub fn page_and<T: Serialize>(mut page: Page<T>, beside: impl Serialize) -> HttpResponse {
    #[derive(Serialize)]
    struct Answer<T, B> {
        #[serde(flatten)]
        page: Page<T>,
        #[serde(flatten)]
        beside: B,
    }
    page.next = page.next.as_deref().map(cursor);
    HttpResponse::Ok().json(Answer { page, beside })
}
