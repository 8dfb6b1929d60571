//! `/waste-containers`: 废物容器, what waste is poured into.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed, page_and},
    problem::Problem,
    receipt::answer,
    waste_container_form::WasteContainerBody,
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{Generation, Label, Seq, Serial},
        ledger::{Act, Record},
        refusal::Refusal,
        waste::WasteCode,
    },
    report::waste_containers::{OneWasteContainer, Opened, VesselState, WasteContainers},
};

/// The label of the waste container that an entry is about.
fn labelled(record: &Record) -> Value {
    let serial = if let Act::Vessel(vessel) = &record.act {
        Some(vessel.serial)
    } else if let Act::VesselStep(step) = &record.act {
        Some(step.serial)
    } else {
        None
    };
    let label = serial.map(|serial| Label::new(record.institution, serial, Generation::MIN));
    json!({ "label": label })
}

/// The answer to what is done with a waste container.
#[must_use]
pub fn stepped(done: Done<'_>) -> String {
    answer(done, labelled)
}

/// Registers a waste container, whose label the answer names.
#[utoipa::path(
    request_body = WasteContainerBody,
    responses((status = 201, body = answers::WasteContainerStepped)),
    params(KeyHeader),
)]
#[post("/waste-containers")]
pub async fn register(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Waste>,
    body: Body<WasteContainerBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(body.value.into_verb());
    write(&request, &app, &permit.who, &body.json, verb, stepped).await
}

body! {
    /// Which waste containers.
    WasteContainersQuery {
        /// Only those that stand so; left out: those that were not disposed of.
        state: Option<Typed<VesselState>>,
        /// Only of this waste code.
        code: Option<WasteCode>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
    }
}

/// The waste containers by number.
#[utoipa::path(params(WasteContainersQuery), responses((status = 200, body = answers::WasteContainers)))]
#[get("/waste-containers")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<WasteContainersQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| WasteContainers {
        state: asked.state.map(|state| state.0),
        code: asked.code.clone(),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// Which part of what went in.
    PouredQuery {
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// A waste container with what went in, the oldest first.
#[utoipa::path(params(PouredQuery), responses((status = 200, body = answers::WasteContainer)))]
#[get("/waste-containers/{label}")]
pub async fn show(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    path: Path<String>,
    query: Query<PouredQuery>,
) -> Result<HttpResponse, Problem> {
    let label = path.parse();
    let label = label.map_err(|_| Refusal::WasteContainerUnknown {})?;
    let ask = move |after, limit| OneWasteContainer {
        label,
        after,
        limit,
    };
    if let Some(file) = listing.file(&permit.who, ask).await? {
        return Ok(file);
    }
    let next = query.0.next.map(|cursor| cursor.0);
    let one = ask(next, Limit::of(query.0.limit));
    let Opened { vessel, lines } = listing.app().read(&permit.who, one).await??;
    Ok(page_and(lines, vessel))
}
