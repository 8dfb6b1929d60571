//! `/places`: 存放地点.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    body::{Body, body},
    idempotency::write,
    page::{Cursor, Limit, Query, page},
    problem::{FieldError, Problem},
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{
    app::App,
    domain::{
        ids::PlaceId,
        ledger::Act,
        place::{Latitude, Longitude, Place, PlaceKind},
        substance::ControlClass,
        verb::SetPlace,
    },
    report::places::Places,
};

body! {
    /// A place.
    PlaceBody {
        /// The place it lies in.
        parent: Option<PlaceId>,
        /// What kind of place.
        kind: PlaceKind,
        /// The name on the door.
        name: String,
        /// The controlled classes that may stand here and below.
        permitted: Option<Vec<ControlClass>>,
        /// Degrees, CGCS2000, up to six places; with the latitude.
        longitude: Option<Longitude>,
        /// Degrees, CGCS2000, up to six places; with the longitude.
        latitude: Option<Latitude>,
        /// The second person, when custodians in office come to keep a controlled class by it.
        second: Option<SecondBody>,
    }
}

/// Makes a place.
#[post("/places")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    body: Body<PlaceBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let missing = match (given.longitude, given.latitude) {
        (Some(_), None) => Some("/latitude"),
        (None, Some(_)) => Some("/longitude"),
        (Some(_), Some(_)) | (None, None) => None,
    };
    if let Some(pointer) = missing {
        return Err(Problem::Fields(vec![FieldError {
            pointer: pointer.to_owned(),
            code: "missing",
            detail: (
                "经度和纬度须同时填写。".to_owned(),
                "Longitude and latitude are given together.".to_owned(),
            ),
        }]));
    }
    let place = Place {
        id: PlaceId::MIN,
        parent: given.parent,
        kind: given.kind,
        name: given.name,
        permitted: given.permitted.unwrap_or_default(),
        longitude_udeg: given.longitude.map(Longitude::udeg),
        latitude_udeg: given.latitude.map(Latitude::udeg),
        closed: false,
    };
    let second = prove(&request, &app, &permit.who, given.second).await?;
    let verb = SetPlace {
        id: None,
        place,
        second,
    };
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| {
            answer(done, |record| {
                let Act::Place(place) = &record.act else {
                    return json!({});
                };
                json!({ "place": place.id })
            })
        },
    )
    .await
}

body! {
    /// Which places.
    PlacesQuery {
        /// Only this place and what lies in it.
        root: Option<PlaceId>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<PlaceId>>,
    }
}

/// The tree of places: each stands before those inside it, with how deep it lies.
#[get("/places")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<PlacesQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let places = Places {
        root: asked.root,
        after: asked.next.map(|cursor| cursor.0),
        limit: Limit::of(asked.limit),
    };
    Ok(page(app.read(&permit.who, places).await?))
}
