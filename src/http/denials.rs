//! What is denied is written down before it is answered.

use actix_web::{
    HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use super::{
    actor::asker,
    limits::Limits,
    problem::Problem,
    server::{request_id, terminal},
};
use crate::app::{App, Denied, refusal_written};

/// Leaves one line in the audit log for each request that is denied without a command having been
/// refused. A source that is denied too often is counted instead, and its next line says how many
/// were left out. Where the line cannot be written, that is the answer.
///
/// # Errors
/// Only errors of the connection itself.
pub async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (response, is_written) = refusal_written(next.call(request)).await;
    let response = response?.map_into_boxed_body();
    let problem = response
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>())
        .filter(|problem| problem.is_denial() && !is_written);
    let Some(code) = problem.map(Problem::code) else {
        return Ok(response);
    };
    match write(response.request(), code).await {
        Ok(()) => Ok(response),
        Err(problem) => Ok(response.error_response(problem)),
    }
}

async fn write(request: &HttpRequest, code: &'static str) -> Result<(), Problem> {
    let app = request.app_data::<Data<App>>().ok_or(Problem::Fault)?;
    let limits = request.app_data::<Data<Limits>>().ok_or(Problem::Fault)?;
    let pattern = request.match_pattern().unwrap_or_default();
    let route = pattern.strip_prefix("/api/v1").unwrap_or(&pattern);
    let denied = Denied {
        who: asker(request),
        terminal: terminal(request),
        request: request_id(request),
        route: format!("{} {route}", request.method()),
        code,
    };
    Ok(app.deny(denied, |source| limits.denial(source)).await?)
}
