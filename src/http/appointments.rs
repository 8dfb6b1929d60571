//! `/appointments`: 任命.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query},
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
        verb::Appoint,
    },
    report::people::{AppointmentKey, Appointments},
};

body! {
    /// Who is to be what.
    AppointmentBody {
        /// Who.
        person: PersonId,
        /// To what.
        role: Role,
        /// Where, for a custodian.
        place: Option<PlaceId>,
        /// From when; left out: from now on.
        from: Option<Time>,
        /// Until when; left out: until revoked.
        until: Option<Time>,
        /// The second person, for a custodian of controlled classes and for roles that confirm.
        second: Option<SecondBody>,
    }
}

body! {
    /// Which appointments.
    AppointmentsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<AppointmentKey>>,
    }
}

/// Every appointment, ended ones as well.
#[utoipa::path(params(AppointmentsQuery), responses((status = 200, body = answers::Appointments)))]
#[get("/appointments")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadPeople>,
    query: Query<AppointmentsQuery>,
) -> Result<HttpResponse, Problem> {
    let part = (query.0.limit, query.0.next);
    let ask = |after, limit| Appointments { after, limit };
    listing.answer(&permit.who, part, ask).await
}

/// Appoints a person.
#[utoipa::path(
    request_body = AppointmentBody,
    responses((status = 201, body = answers::Appointed)),
    params(KeyHeader),
)]
#[post("/appointments")]
pub async fn appoint(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<AppointmentBody>,
) -> Result<HttpResponse, Problem> {
    let (given, who) = (body.value, &permit.who);
    let verb = Appoint {
        person: given.person,
        role: given.role,
        place: given.place,
        from: given.from,
        until: given.until,
        second: prove(&app, who, given.second).await?,
    };
    write(&request, &app, who, &body.json, Box::new(verb), appointed).await
}
