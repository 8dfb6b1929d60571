//! `GET /storage-map`: 一张图, as GeoJSON (RFC 7946).

use std::str::FromStr;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH},
    web::Data,
};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Query, Typed},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        ids::PlaceId,
        place::{DegreesError, Latitude, Longitude, PlaceKind},
        substance::ControlClass,
    },
    report::storage_map::{Feature, StorageMap},
};

/// A window of the map: west, south, east, north, in degrees with commas between (RFC 7946 section 5).
#[derive(Clone, Copy, Debug)]
pub struct Window(Longitude, Latitude, Longitude, Latitude);

impl FromStr for Window {
    type Err = DegreesError;

    fn from_str(text: &str) -> Result<Self, DegreesError> {
        let sides: Vec<&str> = text.split(',').collect();
        let [west, south, east, north] = sides.as_slice() else {
            return Err(DegreesError);
        };
        Ok(Self(
            west.parse()?,
            south.parse()?,
            east.parse()?,
            north.parse()?,
        ))
    }
}

body! {
    /// Which part of the map.
    MapQuery {
        /// The kind of place to show; absent: what lies right below `parent`.
        level: Option<PlaceKind>,
        /// Only places inside this one.
        parent: Option<PlaceId>,
        /// Count only this class, and show only places that hold it.
        class: Option<ControlClass>,
        /// West, south, east, north.
        bbox: Option<Typed<Window>>,
    }
}

/// The places of one level with what stands in them; 304 for whoever has this map already.
#[utoipa::path(
    params(MapQuery),
    responses((status = 200, body = answers::StorageMap, content_type = "application/geo+json"), (status = 304)),
)]
#[get("/storage-map")]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<MapQuery>,
) -> Result<HttpResponse, Problem> {
    let known = request.headers().get(IF_NONE_MATCH);
    let known = known.and_then(|value| value.to_str().ok());
    let asked = query.0;
    let ask = StorageMap {
        level: asked.level,
        parent: asked.parent,
        class: asked.class,
        window: asked.bbox.map(|Typed(Window(w, s, e, n))| (w, s, e, n)),
        known: known.map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned()),
    };
    let answer = app.read(&permit.who, ask).await??;
    let mut response = match answer.map {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NotModified(),
    };
    response
        .insert_header((ETAG, format!("\"{}\"", answer.tag)))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    let Some(map) = answer.map else {
        return Ok(response.finish());
    };
    Ok(response.content_type("application/geo+json").body(
        json!({
            "type": "FeatureCollection",
            "features": map.features.iter().map(feature).collect::<Vec<_>>(),
            "truncated": map.truncated,
            "as_of_seq": map.as_of_seq,
        })
        .to_string(),
    ))
}

fn feature(shown: &Feature) -> Value {
    let place = &shown.place;
    let strictest = shown.classes.first().map(|(class, _)| *class);
    let classes = shown.classes.iter().map(|(class, counted)| {
        json!({
            "class": class,
            "containers": counted.containers,
            "quantities": counted.quantities,
        })
    });
    json!({
        "type": "Feature",
        "id": place.id,
        "geometry": shown.point.map(|(longitude, latitude, _)| json!({
            "type": "Point",
            "coordinates": [number(&longitude), number(&latitude)],
        })),
        "properties": {
            "name": place.name,
            "kind": place.kind,
            "parent": place.parent,
            "path": shown.path,
            "point_of": shown.point.map(|(_, _, of)| of),
            "has_children": shown.has_children,
            "containers": shown.all.containers,
            "quantities": shown.all.quantities,
            "classes": classes.collect::<Vec<_>>(),
            "strictest": strictest,
            "colour": strictest.map(ControlClass::colour),
            "verified_at": shown.verified_at,
        },
    })
}

/// The decimal of an angle as the JSON number that it reads as.
fn number(angle: &impl ToString) -> Value {
    serde_json::from_str(&angle.to_string()).unwrap_or_default()
}
