//! `GET /storage-map` of a bureau's region: regions and institutions, each with the way down.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::{Value, json};

use super::{
    features::{held, point, tagged},
    problem::Problem,
    storage_map::MapQuery,
};
use crate::{
    app::{App, Principal},
    domain::{catalogue::Regions, ids::RegionCode, refusal::Refusal},
    report::{
        counts::Listed,
        county::CountyOf,
        county_counts::CountyWanted,
        county_map::{CountyFeature, CountyKey, CountyMap},
        storage_map::Level,
    },
};

/// What narrows the map, as the addresses below it repeat it.
struct Narrowed {
    class_and_substance: String,
    moment: String,
}

/// The map of the region of whoever asks.
///
/// # Errors
/// [`Refusal::InstitutionNeeded`] for places, which are an institution's own, and those of the report.
pub(super) async fn answer(
    app: &App,
    who: &Principal,
    asked: MapQuery,
    known: Option<String>,
    regions: Arc<Regions>,
) -> Result<HttpResponse, Problem> {
    let institutions = match asked.level {
        Some(Level::Region) => Some(false),
        Some(Level::Institution) => Some(true),
        Some(Level::Place(_)) => {
            return Err(Refusal::InstitutionNeeded { parameter: "level" }.into());
        }
        None => None,
    };
    if asked.moment.size.is_some() {
        return Err(Refusal::InstitutionNeeded { parameter: "size" }.into());
    }
    let parent = asked.parent.map(|code| code.to_string());
    let region = parent.map(|code| code.parse::<RegionCode>()).transpose();
    let region = region.map_err(|_| Refusal::InstitutionNeeded {
        parameter: "parent",
    })?;
    let class = asked.class.map(|class| format!("&class={class}"));
    let substance = asked.substance.as_ref();
    let substance = substance.map(|substance| format!("&substance={substance}"));
    let moment = asked.moment.as_of.map(|when| format!("&as_of={when}"));
    let narrowed = Narrowed {
        class_and_substance: [class, substance].into_iter().flatten().collect(),
        moment: moment.unwrap_or_default(),
    };
    let ask = CountyMap {
        of: CountyOf {
            regions,
            region,
            right_in: false,
            as_of: asked.moment.into(),
        },
        institutions,
        wanted: CountyWanted {
            class: asked.class.map(Listed::As),
            substance: asked.substance,
            at_places: Some(true),
        },
        window: asked.bbox.map(|window| window.0),
        known,
    };
    let answer = app.read(who, ask).await??;
    let county = answer.county;
    let map = answer.features.map(|features| {
        let features = features.iter().map(|shown| feature(shown, &narrowed));
        json!({
            "type": "FeatureCollection",
            "features": features.collect::<Vec<_>>(),
            "truncated": answer.truncated,
            "withheld": [],
            "as_of": county.as_of,
            "region": county.region,
            "heads": county.heads(),
        })
    });
    Ok(tagged(&answer.tag, map))
}

fn feature(shown: &CountyFeature, narrowed: &Narrowed) -> Value {
    let Narrowed {
        class_and_substance,
        moment,
    } = narrowed;
    let (id, kind, below) = match shown.key {
        CountyKey::Region(code) if shown.has_regions => (
            code.to_string(),
            "region",
            format!("level=region&parent={code}"),
        ),
        CountyKey::Region(code) => {
            let below = format!("level=institution&parent={code}");
            (code.to_string(), "region", below)
        }
        CountyKey::Institution(institution) => {
            let below = format!("institution={institution}");
            (institution.to_string(), "institution", below)
        }
    };
    let own = json!({
        "name": shown.name,
        "kind": kind,
        "parent": shown.parent,
        "path": [shown.name],
        "point_of": shown.point.and_then(|(_, _, place)| place),
        "has_children": shown.institutions > 0,
        "institutions": shown.institutions,
        "down": format!("/api/v1/storage-map?{below}{class_and_substance}{moment}"),
    });
    let on_map = shown.point;
    json!({
        "type": "Feature",
        "id": id,
        "geometry": on_map.map(|(longitude, latitude, _)| point(&longitude, &latitude)),
        "properties": held(own, &shown.all, &shown.classes),
    })
}
