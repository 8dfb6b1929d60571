//! `/places`: 存放地点.

use actix_web::{
    HttpRequest, HttpResponse, get, post, put,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers::{self, PlaceMade as Made},
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    receipt::answer,
    seconds::{SecondBody, prove},
};
use crate::{
    app::App,
    domain::{
        ids::{DepartmentId, PlaceId},
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
        /// The department that answers for it.
        department: Option<DepartmentId>,
        /// No longer in use: nothing comes in any more.
        closed: Option<bool>,
        /// Degrees, CGCS2000, up to six places; with the latitude.
        longitude: Option<Longitude>,
        /// Degrees, CGCS2000, up to six places; with the longitude.
        latitude: Option<Latitude>,
        /// The second person, when custodians in office come to keep a controlled class by it, or a place
        /// that keeps one is put elsewhere or permits something else.
        second: Option<SecondBody>,
    }
}

/// Makes a place.
#[utoipa::path(request_body = PlaceBody, responses((status = 201, body = Made)), params(KeyHeader))]
#[post("/places")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    body: Body<PlaceBody>,
) -> Result<HttpResponse, Problem> {
    set(None, request, app, permit, body).await
}

/// Changes a place: what is left out is empty from then on.
#[utoipa::path(request_body = PlaceBody, responses((status = 201, body = Made)), params(KeyHeader))]
#[put("/places/{id}")]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    id: Path<String>,
    body: Body<PlaceBody>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    set(Some(id), request, app, permit, body).await
}

async fn set(
    id: Option<PlaceId>,
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    body: Body<PlaceBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    if given.longitude.is_some() != given.latitude.is_some() {
        let (zh, en) = (
            "经度和纬度须同时填写。",
            "Longitude and latitude go together.",
        );
        let missing = given.latitude.map_or("/latitude", |_| "/longitude");
        return Err(Problem::field(missing, "missing", zh, en));
    }
    let place = Place {
        id: id.unwrap_or(PlaceId::MIN),
        parent: given.parent,
        kind: given.kind,
        name: given.name,
        permitted: given.permitted.unwrap_or_default(),
        longitude_udeg: given.longitude.map(Longitude::udeg),
        latitude_udeg: given.latitude.map(Latitude::udeg),
        department: given.department,
        closed: given.closed.unwrap_or(false),
    };
    let second = prove(&app, &permit.who, given.second).await?;
    let verb = Box::new(SetPlace { id, place, second });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |record| {
            let Act::Place(place) = &record.act else {
                return json!({});
            };
            json!({ "place": place.id })
        })
    })
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
#[utoipa::path(params(PlacesQuery), responses((status = 200, body = answers::Places)))]
#[get("/places")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<PlacesQuery>,
) -> Result<HttpResponse, Problem> {
    let (root, part) = (query.0.root, (query.0.limit, query.0.next));
    let ask = move |after, limit| Places { root, after, limit };
    listing.answer(&permit.who, part, ask).await
}
