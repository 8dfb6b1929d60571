//! Starting and stopping the web server.

use std::{
    fmt, io,
    net::{IpAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App as WebApp, HttpMessage, HttpRequest, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FORWARDED_FOR,
    },
    middleware::{Next, from_fn},
    web::{self, Data, PayloadConfig},
};
use rustls::ServerConfig;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    actor, api, denials, health, import_form, limits::Limits, listing, metrics, page, problem,
    reach, routes,
};
use crate::app::App;

/// Largest body of an ordinary request: 1 MiB.
const MOST_BODY: usize = 1024 * 1024;
/// How long a client may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How a server answers.
#[derive(Clone)]
pub struct Serving {
    /// Threads that answer requests.
    pub workers: usize,
    /// The certificate and its key; without them nothing is encrypted.
    pub tls: Option<ServerConfig>,
    /// What opens `/metrics` from elsewhere.
    pub metrics_token: Option<String>,
    /// How long a client may take to send the body of an ordinary request.
    pub body_time: Duration,
    /// Proxies whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            workers: 1,
            tls: None,
            metrics_token: None,
            body_time: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Without the token and the key.
impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("workers", &self.workers)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// Builds a server without TLS on a socket that is already bound; it runs when awaited.
///
/// # Errors
/// When the socket cannot be used.
pub fn build(app: &Arc<App>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let serving = Serving {
        workers,
        ..Serving::default()
    };
    serve(app, listener, serving)
}

/// Builds a server on a socket that is already bound; it runs when awaited.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve(app: &Arc<App>, listener: TcpListener, serving: Serving) -> io::Result<Server> {
    let limits = Data::new(Limits::new(app));
    let document = Data::new(api::Rendered::new());
    let app = Data::from(Arc::clone(app));
    let (workers, tls) = (serving.workers, serving.tls.clone());
    let serving = Data::new(serving);
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(app.clone())
            .app_data(limits.clone())
            .app_data(document.clone())
            .app_data(serving.clone())
            .app_data(PayloadConfig::new(MOST_BODY))
            .app_data(import_form::config())
            .wrap(from_fn(page::only_known))
            .wrap(from_fn(listing::choose))
            .wrap(from_fn(reach::extend))
            .wrap(from_fn(actor::identify))
            .wrap(from_fn(denials::record))
            .wrap(from_fn(problem::localise))
            .wrap(from_fn(metrics::observe))
            .wrap(from_fn(harden))
            .wrap(TracingLogger::<metrics::Spans>::new())
            .service(health::live)
            .service(health::ready)
            .service(metrics::metrics)
            .service(web::scope("/api/v1").configure(|config| {
                routes(&mut ServiceConfig::new(config));
            }))
            .configure(api::serve)
    })
    .workers(workers)
    .client_request_timeout(HEAD_TIME)
    .shutdown_timeout(10);
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// What browsers are told with every answer: take nothing for what it does not say it is, show nothing
/// within another page, load nothing (the documentation: only from here), and under TLS never come back
/// without it.
async fn harden(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let policy = if request.path().starts_with(api::PAGES) {
        api::PAGES_POLICY
    } else {
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    };
    let is_private = request.path().starts_with("/api/v1/");
    let is_encrypted = request.app_config().secure();
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    // What may be kept and asked for again says so itself.
    if is_private && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let mut say = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    say(CONTENT_SECURITY_POLICY, policy);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(REFERRER_POLICY, "no-referrer");
    if is_encrypted {
        say(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    Ok(response)
}

/// The identifier of a request, as in the log and in problems.
#[must_use]
pub fn request_id(request: &HttpRequest) -> String {
    request
        .extensions()
        .get::<tracing_actix_web::RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The workstation a request comes from: its address. Only of a proxy that is trusted is taken for whom
/// it asks; the last address is the one that it added itself, those before are anybody's claim.
#[must_use]
pub fn terminal(request: &HttpRequest) -> String {
    let Some(peer) = request.peer_addr().map(|address| address.ip()) else {
        return String::new();
    };
    let serving = request.app_data::<Data<Serving>>();
    let is_trusted = serving.is_some_and(|serving| serving.trusted_proxies.contains(&peer));
    let asks_for = || -> Option<IpAddr> {
        let hops = request.headers().get_all(X_FORWARDED_FOR).last()?;
        hops.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let from = is_trusted.then(asks_for).flatten();
    from.unwrap_or(peer).to_string()
}
