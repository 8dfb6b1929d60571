//! `GET /stock`: 库存.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, Typed, page},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{ids::PlaceId, substance::ControlClass},
    report::stock::{By, Stock},
};

body! {
    /// Which stock, summed how.
    StockQuery {
        /// `place`, `substance`, `class` or `product`; by substance if absent.
        by: Option<Typed<By>>,
        /// Only at this place and below.
        place: Option<PlaceId>,
        /// Only of this control class today.
        class: Option<ControlClass>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// What stands at places, summed.
#[utoipa::path(params(StockQuery), responses((status = 200, body = answers::StockSums)))]
#[get("/stock")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<StockQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let stock = Stock {
        by: asked.by.map_or(By::Substance, |by| by.0),
        place: asked.place,
        class: asked.class,
        after: asked.next.map(|cursor| cursor.0),
        limit: Limit::of(asked.limit),
    };
    Ok(page(app.read(&permit.who, stock).await??))
}
