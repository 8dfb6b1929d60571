//! `/appointments`: 任命, and their end.

use actix_web::{
    HttpRequest, HttpResponse, delete, get, post,
    web::{Data, Path, Query},
};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    body::{Body, body},
    cursor::Cursor,
    idempotency::write,
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{PersonId, PlaceId},
        people::{Role, Tenure, TenureKey},
        time::Time,
        verb::{Appoint, Revoke},
    },
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
        /// The second person, for a custodian of controlled classes.
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

/// The answer to an appointment: its name for [`revoke`], and the receipt.
#[must_use]
pub fn appointed(done: Done<'_>) -> String {
    answer(
        done,
        |record| json!({ "appointment": format!("{}-0", record.seq) }),
    )
}

/// The entry and the line in it.
fn parsed<T: std::str::FromStr>(text: &str) -> Option<(T, u32)> {
    let (seq, line) = text.split_once('-')?;
    Some((seq.parse().ok()?, line.parse().ok()?))
}

/// Every appointment, ended ones as well.
#[get("/appointments")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadPeople>,
    query: Query<Cursor>,
) -> Result<HttpResponse, Problem> {
    let after = match &query.cursor {
        Some(cursor) => {
            let (seq, line) = parsed::<i64>(cursor).ok_or(Problem::BadRequest)?;
            (seq, i64::from(line))
        }
        None => (-1, 0),
    };
    let appointments = app.appointments(&permit.who, after, query.limit()).await?;
    let items: Vec<Value> = appointments.iter().map(shown).collect();
    let last = appointments
        .last()
        .map(|((seq, line), _)| format!("{seq}-{line}"));
    Ok(query.answer(&items, last))
}

/// Appoints a person.
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

/// Ends an appointment at once.
#[delete("/appointments/{id}")]
pub async fn revoke(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (entry, line) = parsed(&id).ok_or(Problem::NotFound)?;
    let verb = Revoke { entry, line };
    let body = json!({});
    write(&request, &app, &permit.who, &body, Box::new(verb), |done| {
        answer(done, |_| json!({}))
    })
    .await
}
