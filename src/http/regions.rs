//! `GET /regions`: 行政区划.

use actix_web::{HttpResponse, get, web::Data};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{catalogue::Region, ids::RegionCode},
    report::Page,
};

body! {
    /// Which divisions.
    RegionsQuery {
        /// Those right below this one; the provinces if absent.
        parent: Option<RegionCode>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<RegionCode>>,
    }
}

/// The divisions right below one.
#[utoipa::path(params(RegionsQuery), responses((status = 200, body = answers::Regions)))]
#[get("/regions")]
pub async fn list(
    app: Data<App>,
    _signed_in: SignedIn,
    query: Query<RegionsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let shown = |region: &Region| -> Value {
        json!({
            "code": region.code,
            "name": region.name,
            "full_name": region.full_name,
            "level": region.level,
            "parent": region.parent,
        })
    };
    let listed = Page::of(
        app.catalogue().regions_below(asked.parent).collect(),
        |region| region.code,
        asked.next.map(|cursor| cursor.0).as_ref(),
        Limit::of(asked.limit),
        None,
    );
    Ok(page(listed.map(shown)))
}
