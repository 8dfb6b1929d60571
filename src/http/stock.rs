//! `GET /stock`: 库存.

use actix_web::{HttpResponse, get};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
};
use crate::{
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
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<StockQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Stock {
        by: asked.by.map_or(By::Substance, |by| by.0),
        place: asked.place,
        class: asked.class,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
