//! Features of maps as GeoJSON (RFC 7946).

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ETAG},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{domain::substance::ControlClass, report::Counted};

/// A map with its tag, or that the asker has it already.
pub(super) fn tagged(tag: &str, map: Option<Value>) -> HttpResponse {
    let mut response = match map {
        Some(_) => HttpResponse::Ok(),
        None => HttpResponse::NotModified(),
    };
    response
        .insert_header((ETAG, format!("\"{tag}\"")))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    match map {
        Some(map) => response
            .content_type("application/geo+json")
            .body(map.to_string()),
        None => response.finish(),
    }
}

/// The properties of a feature: its own, and what every one says of what stands in it.
pub(super) fn held(own: Value, all: &Counted, by_class: &[(ControlClass, Counted)]) -> Value {
    #[derive(Serialize)]
    struct Properties {
        #[serde(flatten)]
        own: Value,
        #[serde(flatten)]
        held: Value,
    }
    let strictest = by_class.first().map(|(class, _)| *class);
    let classes = by_class.iter().map(|(class, counted)| {
        json!({
            "class": class,
            "containers": counted.containers,
            "quantities": counted.quantities,
        })
    });
    let held = json!({
        "containers": all.containers,
        "quantities": all.quantities,
        "classes": classes.collect::<Vec<_>>(),
        "strictest": strictest,
        "colour": strictest.map(ControlClass::colour),
    });
    json!(Properties { own, held })
}

/// A point as GeoJSON writes it: the decimals of its angles as the JSON numbers that they read as.
pub(super) fn point(longitude: &impl ToString, latitude: &impl ToString) -> Value {
    let number = |angle: String| -> Value { serde_json::from_str(&angle).unwrap_or_default() };
    let coordinates = [longitude.to_string(), latitude.to_string()].map(number);
    json!({"type": "Point", "coordinates": coordinates})
}
