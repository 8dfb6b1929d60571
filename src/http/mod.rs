//! The web server. One file a verb, one file a resource; each handler reads the request, names the
//! permission in its signature, and hands over to `app`.

pub mod actor;
pub mod body;
mod checkouts;
mod checkpoints;
mod containers;
mod health;
pub mod idempotency;
mod institutions;
mod moves;
mod places;
pub mod problem;
mod products;
mod receipt;
mod receipts;
mod secrets;
pub mod server;
mod sessions;

use actix_web::web::ServiceConfig;

/// Every route under `/api/v1`.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(institutions::found)
        .service(secrets::set)
        .service(sessions::sign_in)
        .service(sessions::current)
        .service(sessions::sign_out)
        .service(places::create)
        .service(products::create)
        .service(receipts::receive)
        .service(checkouts::check_out)
        .service(moves::move_containers)
        .service(containers::show)
        .service(checkpoints::latest);
}
