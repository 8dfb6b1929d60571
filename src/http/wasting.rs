//! Which handler answers about what is mixed, what becomes waste, and whether it balances.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{mass_balance, mixes, waste_container_steps, waste_containers};

/// What becomes waste, apart from bottles.
pub(super) fn services(config: &mut ServiceConfig<'_>) {
    config
        .service(mixes::mix)
        .service(mass_balance::show)
        .service(waste_containers::register)
        .service(waste_containers::list)
        .service(waste_containers::show)
        .service(waste_container_steps::close)
        .service(waste_container_steps::carry);
}
