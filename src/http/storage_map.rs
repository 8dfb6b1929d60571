//! `GET /storage-map`: 一张图, as GeoJSON (RFC 7946).

use actix_web::{HttpRequest, HttpResponse, get, http::header::IF_NONE_MATCH, web::Data};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    counted::MomentQuery,
    county_map,
    features::{held, point, tagged},
    page::{Query, Typed},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{ids::PlaceId, product::SubstanceKey, refusal::Refusal, substance::ControlClass},
    report::storage_map::{Feature, Level, StorageMap, Window},
};

body! {
    /// Which part of the map.
    MapQuery {
        /// What to show; absent: what lies right below `parent`.
        level: Option<Level>,
        /// Only what lies in this place; of regions and institutions, in the region with this code.
        parent: Option<PlaceId>,
        /// Count only this class, and show only what holds it.
        class: Option<ControlClass>,
        /// Count only this substance, and show only what holds it.
        substance: Option<SubstanceKey>,
        /// West, south, east, north.
        bbox: Option<Typed<Window>>,
        .. /// Of which moment.
        moment: MomentQuery,
    }
}

/// One level of the map with what stands in each feature; 304 for whoever has this map already. A bureau that
/// names no institution gets regions or institutions; with `institution`, its places. Where 剧毒 stands is left
/// out for those who have no need to know: `withheld` says so.
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
    let known = known.map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned());
    let asked = query.0;
    if let Some(regions) = app.region_of(&permit.who).await? {
        return county_map::answer(&app, &permit.who, asked, known, regions).await;
    }
    let level = match asked.level {
        Some(Level::Place(kind)) => Some(kind),
        Some(Level::Region | Level::Institution) => {
            return Err(Refusal::RegionNeeded { parameter: "level" }.into());
        }
        None => None,
    };
    let ask = StorageMap {
        level,
        parent: asked.parent,
        class: asked.class,
        substance: asked.substance,
        window: asked.bbox.map(|window| window.0),
        as_of: asked.moment.into(),
        known,
    };
    let withheld = permit.who.withheld();
    let answer = app.read(&permit.who, ask).await??;
    let map = answer.map.map(|map| {
        json!({
            "type": "FeatureCollection",
            "features": map.features.iter().map(feature).collect::<Vec<_>>(),
            "truncated": map.truncated,
            "withheld": withheld,
            "as_of": map.as_of,
            "as_of_seq": map.as_of_seq,
        })
    });
    Ok(tagged(&answer.tag, map))
}

fn feature(shown: &Feature) -> Value {
    let place = &shown.place;
    let own = json!({
        "name": place.name,
        "kind": place.kind,
        "parent": place.parent,
        "path": shown.path,
        "point_of": shown.point.map(|(_, _, of)| of),
        "has_children": shown.has_children,
        "verified_at": shown.verified_at,
    });
    json!({
        "type": "Feature",
        "id": place.id,
        "geometry": shown.point.map(|(longitude, latitude, _)| point(&longitude, &latitude)),
        "properties": held(own, &shown.all, &shown.classes),
    })
}
