//! Errors as RFC 9457 problems: a stable `code`, a sentence in Chinese or English that says what to do
//! next, every bad field at once with its JSON pointer, numbers as members.

use std::fmt;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{ACCEPT_LANGUAGE, ALLOW, ContentType, HeaderValue, RETRY_AFTER},
    },
    middleware::Next,
    web::Data,
};
use serde_json::{Map, Value, json};

use super::ROUTES;
use crate::{
    app::{App, AppError},
    domain::refusal::{Class, Language, Refusal},
    import::FileError,
};

/// A field that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong, in Chinese and English.
    pub detail: (String, String),
}

/// What went wrong with a request.
#[derive(Clone, Debug)]
pub enum Problem {
    /// A rule said no.
    Refused(Refusal),
    /// The body is JSON, but fields of it are wrong.
    Fields(Vec<FieldError>),
    /// The body is no JSON object.
    NotJson,
    /// A write without an `Idempotency-Key`.
    KeyMissing,
    /// An `Idempotency-Key` of the wrong form.
    KeyMalformed,
    /// No such route, or an address that names nothing.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// The body is larger than the route takes.
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// The body says that it is something else than JSON.
    ContentType,
    /// A header or the address is malformed.
    BadRequest,
    /// The file that came with it cannot be read.
    File(FileError),
    /// Too many requests of a kind from one source.
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The writer's queue is full.
    Busy,
    /// The disk is full: nothing was written.
    StorageFull,
    /// A defect or a failing database; the cause is in the server's log only.
    Fault,
}

/// Status, code, Chinese and English sentence of what is no refusal: the one table of them.
impl Problem {
    /// One field that cannot be taken.
    #[must_use]
    pub fn field(pointer: &str, code: &'static str, zh: &str, en: &str) -> Self {
        Self::Fields(vec![FieldError {
            pointer: pointer.to_owned(),
            code,
            detail: (zh.to_owned(), en.to_owned()),
        }])
    }

    /// Every problem that is no refusal, for the documentation.
    pub const PLAIN: [Self; 14] = [
        Self::Fields(Vec::new()),
        Self::NotJson,
        Self::KeyMissing,
        Self::KeyMalformed,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::TooSlow,
        Self::ContentType,
        Self::BadRequest,
        Self::TooManyRequests { retry_after: 1 },
        Self::Busy,
        Self::StorageFull,
        Self::Fault,
    ];

    /// The HTTP status of a class of refusals.
    #[must_use]
    pub const fn status_of(class: Class) -> StatusCode {
        match class {
            Class::Business => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Conflict => StatusCode::CONFLICT,
            Class::Missing => StatusCode::NOT_FOUND,
            Class::Forbidden => StatusCode::FORBIDDEN,
            Class::Unproven => StatusCode::UNAUTHORIZED,
            Class::Locked => StatusCode::LOCKED,
            Class::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => Self::status_of(refusal.class()),
            Self::TooLarge | Self::File(FileError::TooLarge(_)) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Fields(_) | Self::File(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotJson | Self::KeyMissing | Self::KeyMalformed | Self::BadRequest => {
                StatusCode::BAD_REQUEST
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Fields(_) => "fields_invalid",
            Self::NotJson => "body_not_json",
            Self::KeyMissing => "idempotency_key_missing",
            Self::KeyMalformed => "idempotency_key_malformed",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::ContentType => "content_type_unsupported",
            Self::BadRequest => "request_malformed",
            Self::File(error) => error.code(),
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Busy => "busy",
            Self::StorageFull => "storage_full",
            Self::Fault => "fault",
        }
    }

    /// Seconds after which the same request may be sent again.
    const fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::Busy => Some(1),
            Self::Refused(_)
            | Self::Fields(_)
            | Self::NotJson
            | Self::KeyMissing
            | Self::KeyMalformed
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::TooSlow
            | Self::ContentType
            | Self::BadRequest
            | Self::File(_)
            | Self::StorageFull
            | Self::Fault => None,
        }
    }

    /// Whether somebody asked for what they must not have or did not say rightly: the audit log has
    /// a line of each. Wrong addresses, full queues and faults are counted elsewhere.
    #[must_use]
    pub const fn is_denial(&self) -> bool {
        match self {
            Self::Refused(refusal) => !matches!(refusal.class(), Class::Fault),
            Self::Fields(_)
            | Self::NotJson
            | Self::KeyMissing
            | Self::KeyMalformed
            | Self::File(_) => true,
            Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::TooSlow
            | Self::ContentType
            | Self::BadRequest
            | Self::TooManyRequests { .. }
            | Self::Busy
            | Self::StorageFull
            | Self::Fault => false,
        }
    }

    fn detail(&self, language: Language) -> String {
        let (zh, en) = match self {
            Self::Refused(refusal) => return refusal.detail(language),
            Self::File(error) => return error.message(language == Language::English),
            Self::Fields(_) => (
                "部分字段有误，请按 errors 逐项更正后重新提交。",
                "Some fields are wrong; correct each one named in errors and send again.",
            ),
            Self::NotJson => (
                "请求正文须为 JSON 对象。",
                "The body must be a JSON object.",
            ),
            Self::KeyMissing => (
                "写操作须带 Idempotency-Key 请求头（16–64 个可见 ASCII 字符）。",
                "A write needs an Idempotency-Key header of 16 to 64 visible ASCII characters.",
            ),
            Self::KeyMalformed => (
                "Idempotency-Key 须为 16–64 个可见 ASCII 字符。",
                "An Idempotency-Key has 16 to 64 visible ASCII characters.",
            ),
            Self::NotFound => (
                "没有这个地址。请对照 /api/docs。",
                "There is nothing at this address; see /api/docs.",
            ),
            Self::MethodNotAllowed => (
                "此地址不支持该方法。请对照 /api/docs。",
                "This address does not take that method; see /api/docs.",
            ),
            Self::TooLarge => (
                "请求正文过大。请拆分后提交。",
                "The body is too large; split it.",
            ),
            Self::TooSlow => (
                "请求正文未能及时传完。请检查网络后用同一 Idempotency-Key 重试。",
                "The body did not arrive in time; check the network and send it again with the same Idempotency-Key.",
            ),
            Self::ContentType => (
                "请求正文的类型不对：须为 JSON（Content-Type: application/json），上传文件时为 multipart/form-data。",
                "The body must be JSON (Content-Type: application/json), or multipart/form-data where a file is uploaded.",
            ),
            Self::BadRequest => (
                "请求格式有误。请对照 /api/docs。",
                "The request is malformed; see /api/docs.",
            ),
            Self::TooManyRequests { .. } => (
                "请求过于频繁，请按 Retry-After 所示秒数等待后重试。",
                "Too many requests; wait as many seconds as Retry-After says and try again.",
            ),
            Self::Busy => (
                "系统繁忙，请稍候1秒用同一 Idempotency-Key 重试。",
                "Too much is waiting; try again in a second with the same Idempotency-Key.",
            ),
            Self::StorageFull => (
                "服务器磁盘已满，本次操作未写入。请联系维护人员清理空间后重试。",
                "The server's disk is full and nothing was written. Have space made and try again.",
            ),
            Self::Fault => (
                "系统故障，本次操作可能未写入。请用同一 Idempotency-Key 重试；仍失败请联系维护人员并提供 request_id。",
                "A fault of the system. Try again with the same Idempotency-Key; if it stays, give the maintainers the request_id.",
            ),
        };
        match language {
            Language::Chinese => zh,
            Language::English => en,
        }
        .to_owned()
    }

    fn render(&self, language: Language, request_id: Option<&str>) -> HttpResponse {
        let mut body = Map::new();
        body.insert(
            "type".to_owned(),
            json!(format!("/api/docs#{}", self.code())),
        );
        body.insert(
            "title".to_owned(),
            json!(self.status().canonical_reason().unwrap_or_default()),
        );
        body.insert("status".to_owned(), json!(self.status().as_u16()));
        body.insert("code".to_owned(), json!(self.code()));
        body.insert("detail".to_owned(), json!(self.detail(language)));
        if let Some(request_id) = request_id {
            body.insert("request_id".to_owned(), json!(request_id));
        }
        match self {
            Self::Refused(refusal) => {
                for (name, value) in refusal.members() {
                    body.insert(name.to_owned(), Value::String(value));
                }
            }
            Self::Fields(errors) => {
                let list = errors.iter().map(|error| {
                    let (zh, en) = &error.detail;
                    let detail = if language == Language::Chinese {
                        zh
                    } else {
                        en
                    };
                    json!({"pointer": error.pointer, "code": error.code, "detail": detail})
                });
                body.insert("errors".to_owned(), Value::Array(list.collect()));
            }
            Self::NotJson
            | Self::KeyMissing
            | Self::KeyMalformed
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::TooSlow
            | Self::ContentType
            | Self::BadRequest
            | Self::File(_)
            | Self::TooManyRequests { .. }
            | Self::Busy
            | Self::StorageFull
            | Self::Fault => {}
        }
        let mut response = HttpResponse::build(self.status());
        if let Some(seconds) = self.retry_after() {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response
            .insert_header(ContentType(
                "application/problem+json"
                    .parse()
                    .unwrap_or(mime_guess::mime::APPLICATION_JSON),
            ))
            .body(Value::Object(body).to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// In Chinese; [`localise`] renders it again for those who ask for English.
    fn error_response(&self) -> HttpResponse {
        self.render(Language::Chinese, None)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Refused(refusal) => Self::Refused(refusal),
            AppError::Busy => Self::Busy,
            AppError::Failed(error) if error.is_storage_full() => Self::StorageFull,
            AppError::Failed(error) => {
                tracing::error!(%error, "request failed");
                Self::Fault
            }
        }
    }
}

/// The language asked for: English when `Accept-Language` names it before Chinese.
#[must_use]
pub fn language(request: &HttpRequest) -> Language {
    let asked = request
        .headers()
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let first = asked
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .find_map(|tag| {
            match tag
                .get(..2)
                .unwrap_or_default()
                .to_ascii_lowercase()
                .as_str()
            {
                "zh" => Some(Language::Chinese),
                "en" => Some(Language::English),
                _ => None,
            }
        });
    first.unwrap_or_default()
}

/// Gives every failed answer the same shape, in the language asked for, whoever made it: our handlers,
/// an extractor of the framework, or the router.
///
/// # Errors
/// Only errors of the connection itself.
pub async fn localise(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => return Err(error),
    };
    if response.status().as_u16() < 400 {
        return Ok(response);
    }
    let methods = methods(response.request());
    let problem = match response.response().error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None => of_status(response.status()),
        },
        // The router knows nothing of methods: a route of another one is as none to it.
        None if response.status() == StatusCode::NOT_FOUND && !methods.is_empty() => {
            Problem::MethodNotAllowed
        }
        None => of_status(response.status()),
    };
    if let Some(app) = response.request().app_data::<Data<App>>() {
        app.metrics().problem(problem.code());
    }
    let request_id = response
        .request()
        .extensions()
        .get::<tracing_actix_web::RequestId>()
        .map(ToString::to_string);
    let mut rendered = problem.render(language(response.request()), request_id.as_deref());
    if let (Problem::MethodNotAllowed, Ok(allowed)) =
        (&problem, HeaderValue::from_str(&methods.join(", ")))
    {
        rendered.headers_mut().insert(ALLOW, allowed);
    }
    Ok(response.into_response(rendered))
}

/// The methods that the address of a request takes.
fn methods(request: &HttpRequest) -> Vec<&'static str> {
    let pattern = request.match_pattern().unwrap_or_default();
    let is_here = |path: &str| pattern.strip_prefix("/api/v1") == Some(path);
    let routes = ROUTES.iter().filter(|(_, path, _)| is_here(path));
    routes.map(|(method, _, _)| *method).collect()
}

fn of_status(status: StatusCode) -> Problem {
    match status.as_u16() {
        404 => Problem::NotFound,
        405 => Problem::MethodNotAllowed,
        408 => Problem::TooSlow,
        413 => Problem::TooLarge,
        415 => Problem::ContentType,
        400..=499 => Problem::BadRequest,
        _ => Problem::Fault,
    }
}
