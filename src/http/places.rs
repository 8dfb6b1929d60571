//! `/places`: 存放地点.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    body::{Body, body},
    idempotency::write,
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::PlaceId,
        ledger::Act,
        place::{Place, PlaceKind},
        substance::ControlClass,
        verb::SetPlace,
    },
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
    let place = Place {
        id: PlaceId::MIN,
        parent: given.parent,
        kind: given.kind,
        name: given.name,
        permitted: given.permitted.unwrap_or_default(),
        longitude_udeg: None,
        latitude_udeg: None,
        closed: false,
    };
    let verb = SetPlace { id: None, place };
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
