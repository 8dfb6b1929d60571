//! Lists, a part at a time: `?cursor=…&limit=…` answers `{items, next}`.

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most items of one answer.
const MOST: u32 = 200;
/// Items when nothing is said.
const USUAL: u32 = 50;

/// Where a list goes on, and how many items are wanted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// What the answer before said as `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// At most 200.
    #[serde(default)]
    limit: Option<u32>,
}

impl Cursor {
    /// How many items are wanted.
    #[must_use]
    pub fn limit(&self) -> i64 {
        i64::from(self.limit.unwrap_or(USUAL).clamp(1, MOST))
    }

    /// The answer: as many items as wanted mean that there may be more after the last one.
    #[must_use]
    pub fn answer(&self, items: &[Value], last: Option<String>) -> HttpResponse {
        let is_full = i64::try_from(items.len()).is_ok_and(|count| count >= self.limit());
        let mut body = json!({ "items": items });
        if let (Value::Object(body), Some(last), true) = (&mut body, last, is_full) {
            body.insert("next".to_owned(), Value::String(last));
        }
        HttpResponse::Ok().json(body)
    }
}
