//! `/incidents`: 丢失、被盗、泄漏.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{IncidentId, Label, PlaceId},
        incident::{IncidentKind, IncidentState},
        ledger::Act,
        time::Time,
        verb::ReportIncident,
    },
    report::incidents::{Incidents, OneIncident},
};

body! {
    /// A loss, a theft or a leak.
    IncidentBody {
        /// What kind.
        kind: IncidentKind,
        /// What happened.
        what: String,
        /// Where.
        place: PlaceId,
        /// The containers that are concerned, at most 500.
        labels: Option<Vec<Label>>,
        /// When it was discovered: the clock of its report starts then; left out: now.
        discovered_at: Option<Time>,
    }
}

/// Reports an incident. Nothing is taken from its containers until it has ended.
#[utoipa::path(
    request_body = IncidentBody,
    responses((status = 201, body = answers::IncidentOpened)),
    params(KeyHeader),
)]
#[post("/incidents")]
pub async fn report(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ReportIncidents>,
    body: Body<IncidentBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(ReportIncident {
        kind: body.value.kind,
        place: body.value.place,
        labels: body.value.labels.unwrap_or_default(),
        discovered_at: body.value.discovered_at,
        what: body.value.what,
    });
    let opened = |done: Done<'_>| {
        answer(done, |record| {
            if let Act::Incident(incident) = &record.act {
                json!({ "incident": incident.id })
            } else {
                json!({})
            }
        })
    };
    write(&request, &app, &permit.who, &body.json, verb, opened).await
}

body! {
    /// Which incidents.
    IncidentsQuery {
        /// Only those that are so.
        state: Option<Typed<IncidentState>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<IncidentId>>,
    }
}

/// The incidents, with what was due when; what was late stays so.
#[utoipa::path(params(IncidentsQuery), responses((status = 200, body = answers::Incidents)))]
#[get("/incidents")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<IncidentsQuery>,
) -> Result<HttpResponse, Problem> {
    listing.app().of_one(&permit.who, "incidents").await?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Incidents {
        state: query.0.state.map(|state| state.0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

/// An incident with everything that was reported of it.
#[utoipa::path(responses((status = 200, body = answers::WholeIncident)))]
#[get("/incidents/{id}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.of_one(&permit.who, "incidents").await?;
    let one = OneIncident(id.parse().map_err(|_| Problem::NotFound)?);
    Ok(HttpResponse::Ok().json(app.read(&permit.who, one).await??))
}
