//! `GET /metrics`, and what every request adds to it and to the log.

use std::time::Instant;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    get,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, FORWARDED, VIA, X_FORWARDED_FOR},
    },
    middleware::Next,
    web::Data,
};
use sha2::{Digest, Sha256};
use tracing::{Span, field::Empty};
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::{problem::Problem, server::Serving};
use crate::app::{App, Request};

/// The counts, in the `OpenMetrics` format: for this machine itself, and for whoever has the token of
/// `serve --metrics-token`. To everybody else there is nothing here.
#[get("/metrics")]
pub async fn metrics(
    request: HttpRequest,
    app: Data<App>,
    serving: Data<Serving>,
) -> Result<HttpResponse, Problem> {
    if !(is_local(&request) || has_token(&request, serving.metrics_token.as_deref())) {
        return Err(Problem::NotFound);
    }
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(app.exposition()))
}

/// Whether it comes from a program on this machine that asks for itself: a proxy here asks for others,
/// and says so.
fn is_local(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let is_forwarded = [FORWARDED, X_FORWARDED_FOR, VIA]
        .iter()
        .any(|name| headers.contains_key(name));
    let peer = request.peer_addr();
    peer.is_some_and(|peer| peer.ip().is_loopback()) && !is_forwarded
}

/// Digests are compared, so that how long it takes tells nothing of the token.
fn has_token(request: &HttpRequest, token: Option<&str>) -> bool {
    let given = request.headers().get(AUTHORIZATION);
    let given = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match (given, token) {
        (Some(given), Some(token)) => Sha256::digest(given) == Sha256::digest(token.as_bytes()),
        (Some(_) | None, _) => false,
    }
}

/// The span of a request in the log: its identifier, route and numbers. Never the address or a
/// parameter, in which names and labels stand.
pub struct Spans;

impl RootSpanBuilder for Spans {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        tracing::info_span!(
            "request",
            request_id = id.map(tracing::field::display),
            method = method(request.method()),
            route = request.match_pattern().as_deref().unwrap_or(UNMATCHED),
            institution = Empty,
            person = Empty,
            status = Empty,
            duration_us = Empty,
        )
    }

    /// [`observe`] has said everything.
    fn on_request_end<B: MessageBody>(
        _span: Span,
        _outcome: &Result<ServiceResponse<B>, actix_web::Error>,
    ) {
    }
}

/// The route of an address that is none.
const UNMATCHED: &str = "none";

/// Counts a request when it is answered, and writes its line into the log.
///
/// # Errors
/// Only errors of the connection itself.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let begun = Instant::now();
    let app = request.app_data::<Data<App>>().cloned();
    let mut label = Request {
        route: request
            .match_pattern()
            .unwrap_or_else(|| UNMATCHED.to_owned()),
        method: method(request.method()),
        status: "none",
    };
    let response = next.call(request).await?;
    let took = begun.elapsed();
    let span = Span::current();
    span.record("status", response.status().as_u16());
    span.record("duration_us", took.as_micros());
    tracing::info!("answered");
    if let Some(app) = app {
        label.status = class(response.status());
        app.metrics().request(&label, took);
    }
    Ok(response)
}

/// A method as a label: anybody can send a method of their own.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
