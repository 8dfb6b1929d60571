//! `GET /usage-table`: 管理使用一张表, page by page or whole as a file.

use std::str::FromStr;

use actix_web::{HttpResponse, get};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    county_usage,
    listing::Listing,
    page::{Cursor, Limit, Query, page_and},
    problem::Problem,
};
use crate::{
    domain::{
        ids::{PlaceId, ProductId, RegionCode},
        product::SubstanceKey,
        refusal::Refusal,
        substance::ControlClass,
        time::When,
    },
    report::usage_table::UsageTable,
};

body! {
    /// Which part of the table.
    UsageQuery {
        /// Where the period begins.
        from: When,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// Only at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only of this control class on the last day of the period.
        class: Option<ControlClass>,
        /// Only of this substance.
        substance: Option<SubstanceKey>,
        /// Only of this product.
        product: Option<ProductId>,
        /// Of a bureau that names no institution: only this part of its region, by its code on the last day.
        region: Option<RegionCode>,
        /// Most lines of a page.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// What came to each place and went from it in a period, product by product, and what is with persons. A bureau
/// that names no institution gets the tables of its region, one institution after the other.
#[utoipa::path(
    params(UsageQuery),
    responses((status = 200, body = answers::UsageTable)),
)]
#[get("/usage-table")]
pub async fn show(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<UsageQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    if let Some(regions) = listing.app().region_of(&permit.who).await? {
        return county_usage::answer(&listing, &permit.who, asked, regions).await;
    }
    if asked.region.is_some() {
        return Err(Refusal::RegionNeeded {
            parameter: "region",
        }
        .into());
    }
    let ask = move |after, limit| UsageTable {
        from: asked.from,
        to: asked.to,
        end: None,
        place: asked.place,
        class: asked.class,
        substance: asked.substance.clone(),
        product: asked.product,
        after,
        limit: Some(limit),
    };
    if let Some(file) = listing.file(&permit.who, ask.clone()).await? {
        return Ok(file);
    }
    let part = ask(line_after(asked.next)?, Limit::of(asked.limit));
    let table = listing.app().read(&permit.who, part).await??;
    let beside = json!({"period": table.period, "head": table.edition.head});
    Ok(page_and(table.page, beside))
}

/// The line that a cursor names.
///
/// # Errors
/// [`Problem::Fields`] for one that this table has not given.
pub(super) fn line_after<K: FromStr>(next: Option<Cursor<String>>) -> Result<Option<K>, Problem> {
    let key = next.map(|cursor| cursor.0.parse()).transpose();
    key.map_err(|_| {
        Problem::field(
            "/next",
            "cursor_malformed",
            "next 须为上一页答复中的 next，原样填写；或省略以从头开始。",
            "next is the next of the page before, unchanged; leave it out to begin anew.",
        )
    })
}
