//! Which handler answers about the lists and the rules.

use utoipa_actix_web::service_config::ServiceConfig;

use super::{major_hazard_evaluations, regions, substances, waste_codes};

/// What the lists and the rules say of what nobody need have.
pub(super) fn services(config: &mut ServiceConfig<'_>) {
    config
        .service(regions::list)
        .service(substances::list)
        .service(waste_codes::list)
        .service(major_hazard_evaluations::judge);
}
