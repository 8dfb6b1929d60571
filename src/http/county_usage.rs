//! `GET /usage-table` of a bureau's region: page by page, or whole as a file.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::json;

use super::{
    listing::Listing,
    page::{Limit, page_and},
    problem::Problem,
    usage_table::{UsageQuery, line_after},
};
use crate::{
    app::Principal,
    domain::{catalogue::Regions, refusal::Refusal, time::When},
    report::{county::CountyOf, county_usage::CountyUsage, usage_table::UsageTable},
};

/// The table of the region of whoever asks.
///
/// # Errors
/// [`Refusal::InstitutionNeeded`] for numbers that are an institution's own, and those of the report.
pub(super) async fn answer(
    listing: &Listing,
    who: &Principal,
    asked: UsageQuery,
    regions: Arc<Regions>,
) -> Result<HttpResponse, Problem> {
    let own = [
        ("place", asked.place.is_some()),
        ("product", asked.product.is_some()),
    ];
    if let Some((parameter, _)) = own.into_iter().find(|(_, given)| *given) {
        return Err(Refusal::InstitutionNeeded { parameter }.into());
    }
    let ask = move |after, limit| CountyUsage {
        of: CountyOf {
            regions: Arc::clone(&regions),
            region: asked.region,
            right_in: false,
            as_of: CountyUsage::end(asked.to),
        },
        table: UsageTable {
            from: asked.from,
            to: asked.to,
            end: None,
            place: None,
            class: asked.class,
            substance: asked.substance.clone(),
            product: None,
            after: None,
            limit: None,
        },
        after,
        limit,
    };
    if let Some(file) = listing.file(who, ask.clone()).await? {
        return Ok(file);
    }
    let usage = ask(line_after(asked.next)?, Limit::of(asked.limit));
    let table = listing.app().read(who, usage).await??;
    let period = json!({
        "from": asked.from.begin(),
        "to": asked.to.map(When::end),
    });
    let beside = json!({
        "period": period,
        "region": table.county.region,
        "institutions": table.county.sites,
        "heads": table.county.heads(),
    });
    Ok(page_and(table.page, beside))
}
