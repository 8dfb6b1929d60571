//! Starting and stopping the web server.

use std::{io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{
    App as WebApp, HttpMessage, HttpRequest, HttpServer,
    dev::Server,
    middleware::from_fn,
    web::{self, Data, PayloadConfig},
};

use super::{actor, denials, health, import_form, limits::Limits, problem, routes};
use crate::app::App;

/// Largest body of an ordinary request: 1 MiB.
const MOST_BODY: usize = 1024 * 1024;

/// Builds the server on a socket that is already bound; it runs when awaited.
///
/// # Errors
/// When the socket cannot be used.
pub fn build(app: &Arc<App>, listener: TcpListener, workers: usize) -> io::Result<Server> {
    let limits = Data::new(Limits::new(app));
    let app = Data::from(Arc::clone(app));
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(app.clone())
            .app_data(limits.clone())
            .app_data(PayloadConfig::new(MOST_BODY))
            .app_data(import_form::config())
            .wrap(from_fn(actor::identify))
            .wrap(from_fn(denials::record))
            .wrap(from_fn(problem::localise))
            .wrap(tracing_actix_web::TracingLogger::default())
            .service(health::live)
            .service(health::ready)
            .service(web::scope("/api/v1").configure(routes))
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(10)
    .listen(listener)?
    .run();
    Ok(server)
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

/// The workstation a request comes from: its address.
#[must_use]
pub fn terminal(request: &HttpRequest) -> String {
    request
        .peer_addr()
        .map_or_else(String::new, |address| address.ip().to_string())
}
