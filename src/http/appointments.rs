//! `/appointments`: 任命.

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    page::{Cursor, Limit, Query, one_more, page},
    problem::Problem,
    receipt::appointed,
    seconds::{SecondBody, prove},
};
use crate::{
    app::App,
    domain::{
        ids::{PersonId, PlaceId, Seq},
        people::{Role, Tenure, TenureKey},
        time::Time,
        verb::Appoint,
    },
    report::Page,
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

/// An appointment as it is answered.
#[must_use]
pub fn shown(((seq, line), tenure): &(TenureKey, Tenure)) -> Value {
    let appointment = &tenure.appointment;
    json!({
        "appointment": format!("{seq}-{line}"),
        "person": appointment.person,
        "role": appointment.role,
        "place": appointment.place,
        "from": appointment.from,
        "until": appointment.until,
        "stands_in_for": appointment.stands_in_for,
        "revoked_by": tenure.revoked_by,
    })
}

/// The name of an appointment: the entry that made it, and the line in it.
#[derive(Clone, Copy, Debug)]
pub struct Name(pub Seq, pub u32);

impl FromStr for Name {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let parts = text.split_once('-');
        let name = parts.and_then(|(seq, line)| Some(Self(seq.parse().ok()?, line.parse().ok()?)));
        name.ok_or(Problem::NotFound)
    }
}

body! {
    /// Which appointments.
    AppointmentsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Name>>,
    }
}

/// Every appointment, ended ones as well.
#[utoipa::path(params(AppointmentsQuery), responses((status = 200, body = answers::Appointments)))]
#[get("/appointments")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadPeople>,
    query: Query<AppointmentsQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = Limit::of(query.0.limit);
    let after = query.0.next.map_or((-1, 0), |Cursor(Name(seq, line))| {
        (seq.get(), i64::from(line))
    });
    let found = app
        .appointments(&permit.who, after, one_more(limit))
        .await?;
    let listed = Page::begun(found, limit, |((seq, line), _)| format!("{seq}-{line}"));
    Ok(page(listed.map(|appointment| shown(&appointment))))
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
