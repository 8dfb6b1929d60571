//! `POST /delegations`: 代理.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::appointed,
    seconds::{SecondBody, prove},
};
use crate::{
    app::App,
    domain::{
        ids::{PersonId, PlaceId},
        people::Role,
        time::Time,
        verb::Delegate,
    },
};

body! {
    /// Who stands in for whom.
    DelegationBody {
        /// Who stands in.
        person: PersonId,
        /// For whom.
        stands_in_for: PersonId,
        /// In which role.
        role: Role,
        /// Where, for a custodian.
        place: Option<PlaceId>,
        /// From when.
        from: Time,
        /// Until when, at most 90 days later.
        until: Time,
        /// The second person, for a custodian of controlled classes and for roles that confirm.
        second: Option<SecondBody>,
    }
}

/// Appoints a delegate for a while.
#[utoipa::path(
    request_body = DelegationBody,
    responses((status = 201, body = answers::Appointed)),
    params(KeyHeader),
)]
#[post("/delegations")]
pub async fn delegate(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<DelegationBody>,
) -> Result<HttpResponse, Problem> {
    let (given, who) = (body.value, &permit.who);
    let verb = Delegate {
        person: given.person,
        stands_in_for: given.stands_in_for,
        role: given.role,
        place: given.place,
        from: given.from,
        until: given.until,
        second: prove(&app, who, given.second).await?,
    };
    write(&request, &app, who, &body.json, Box::new(verb), appointed).await
}
