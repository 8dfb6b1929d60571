//! `GET /people/{id}`: a person, with what they are appointed to and what they keep.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    appointments::shown as appointment,
    people::{person_id, shown},
    problem::Problem,
};
use crate::{app::App, report::keeping::Keeping};

/// A person with all appointments, and the places that they keep and would have to hand over.
#[utoipa::path(responses((status = 200, body = answers::PersonProfile)))]
#[get("/people/{id}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadPeople>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let person = person_id(&id)?;
    let profile = app.profile(&permit.who, person).await?;
    let keeps = app.read(&permit.who, Keeping(person)).await?;
    let mut body = shown(&profile.person);
    if let serde_json::Value::Object(body) = &mut body {
        let appointments = profile.appointments.iter().map(appointment);
        body.insert("has_badge".to_owned(), json!(profile.has_badge));
        body.insert("appointments".to_owned(), appointments.collect());
        body.insert("keeps".to_owned(), json!(keeps));
    }
    Ok(HttpResponse::Ok().json(body))
}
