//! Which handler answers about what is mixed, what becomes waste, and whether it balances.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    container_balance, disposals, mass_balance, mixes, waste_container_steps, waste_containers,
    wastes,
};

/// What is mixed, what becomes waste and leaves, and the balance of it all.
pub(super) fn services(config: &mut ServiceConfig<'_>) {
    config
        .service(mixes::mix)
        .service(wastes::discard)
        .service(disposals::dispose)
        .service(mass_balance::show)
        .service(container_balance::show)
        .service(waste_containers::register)
        .service(waste_containers::list)
        .service(waste_containers::show)
        .service(waste_container_steps::close)
        .service(waste_container_steps::carry);
}
