//! `GET /mass-balance`: 物料平衡.

use actix_web::{HttpResponse, get};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed, page_and},
    problem::Problem,
};
use crate::{
    domain::{
        ids::{PlaceId, RegionCode},
        product::SubstanceKey,
        refusal::Refusal,
        substance::ControlClass,
        time::When,
    },
    report::{
        county::CountyOf,
        county_usage::CountyUsage,
        mass_balance::{BalanceBy, Balances, MassBalance},
        usage_table::UsageTable,
    },
};

body! {
    /// Which balance.
    BalanceQuery {
        /// Where the period begins.
        from: When,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// `institution`, `class`, `substance` or `place`; by institution if absent.
        by: Option<Typed<BalanceBy>>,
        /// Only at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only of this control class on the last day of the period.
        class: Option<ControlClass>,
        /// Only of this substance.
        substance: Option<SubstanceKey>,
        /// Of a bureau that names no institution: only this part of its region, by its code on the last day.
        region: Option<RegionCode>,
        /// Most lines of a page.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// What was there, what came and went, what is there, and the gap: opening and closing are how containers
/// stood, what came and went is what was posted. A bureau that names no institution gets that of its region.
#[utoipa::path(params(BalanceQuery), responses((status = 200, body = answers::MassBalance)))]
#[get("/mass-balance")]
pub async fn show(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<BalanceQuery>,
) -> Result<HttpResponse, Problem> {
    let (asked, who) = (query.0, &permit.who);
    let by = asked.by.map_or(BalanceBy::Institution, |by| by.0);
    let regions = listing.app().region_of(who).await?;
    let refusal = match (&regions, asked.region, asked.place, by) {
        (None, Some(_), _, _) => Some(Refusal::RegionNeeded {
            parameter: "region",
        }),
        (Some(_), _, Some(_), _) => Some(Refusal::InstitutionNeeded { parameter: "place" }),
        (Some(_), _, None, BalanceBy::Place) => {
            Some(Refusal::InstitutionNeeded { parameter: "by" })
        }
        (None | Some(_), _, _, _) => None,
    };
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    let county = regions.map(|regions| CountyOf {
        regions,
        region: asked.region,
        right_in: false,
        as_of: CountyUsage::end(asked.to),
    });
    let (next, limit) = (asked.next, Limit::of(asked.limit));
    let ask = move |after, limit| MassBalance {
        table: UsageTable {
            from: asked.from,
            to: asked.to,
            end: None,
            place: asked.place,
            class: asked.class,
            substance: asked.substance.clone(),
            product: None,
            after: None,
            limit: None,
        },
        by,
        county: county.clone(),
        after,
        limit,
    };
    if let Some(file) = listing.file(who, ask.clone()).await? {
        return Ok(file);
    }
    let part = ask(next.map(|next| next.0), limit);
    Ok(shown(listing.app().read(who, part).await??))
}

/// A page of balances with what is said of all of them.
pub(super) fn shown(balances: Balances) -> HttpResponse {
    let beside = json!({
        "period": balances.period,
        "head": balances.head,
        "region": balances.region,
        "gaps": balances.gaps,
    });
    page_and(balances.page, beside)
}
