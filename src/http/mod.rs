//! The web server. One file a verb, one file a resource; each handler reads the request, names the
//! permission in its signature, and hands over to `app`.

pub mod actor;
pub mod body;
mod checkouts;
mod checkpoints;
mod claim;
mod consistency;
mod containers;
mod entries;
mod face;
mod health;
pub mod idempotency;
mod institutions;
mod labels;
mod moves;
pub mod page;
mod places;
pub mod problem;
mod products;
mod receipt;
mod receipts;
mod regions;
mod reprints;
mod returns;
mod reversals;
mod search;
mod secrets;
pub mod server;
mod sessions;
mod signatures;
mod signing_requests;
mod stock;
mod storage_map;
mod substances;
mod uses;

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
        .service(uses::consume)
        .service(returns::give_back)
        .service(reversals::reverse)
        .service(reprints::reprint)
        .service(moves::move_containers)
        .service(containers::history)
        .service(containers::show)
        .service(checkpoints::latest)
        .service(entries::list)
        .service(entries::show)
        .service(entries::proof)
        .service(consistency::show)
        .service(stock::list)
        .service(places::list)
        .service(products::list)
        .service(regions::list)
        .service(substances::list)
        .service(search::list)
        .service(storage_map::show)
        .service(labels::show)
        .service(labels::sheet)
        .service(signing_requests::create)
        .service(signing_requests::show)
        .service(signatures::sign)
        .service(signing_requests::withdraw)
        .service(signing_requests::refuse);
}
