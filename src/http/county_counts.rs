//! `GET /counts` of a bureau's region: each figure with the way down into the institutions that make it.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    counts::CountsQuery,
    county_ways::{Narrowed, Ways},
    figures::figures,
    listing::Listing,
    page::{Limit, page_and},
    problem::Problem,
};
use crate::{
    app::Principal,
    domain::{catalogue::Regions, refusal::Refusal, usage::Spot},
    report::{
        counts::{At, GroupKey, Wanted},
        county::CountyOf,
        county_counts::{CountyCounts, CountyWanted},
    },
};

/// A line with the ways down.
#[derive(Serialize)]
struct Shown {
    groups: Vec<GroupKey>,
    #[serde(flatten)]
    figures: Value,
}

/// The counts of the region of whoever asks.
///
/// # Errors
/// [`Refusal::InstitutionNeeded`] for what means something within one institution only, and those of the
/// report.
pub(super) async fn answer(
    listing: &Listing,
    who: &Principal,
    asked: CountsQuery,
    regions: Arc<Regions>,
) -> Result<HttpResponse, Problem> {
    let own = [
        ("product", asked.product.is_some()),
        ("place", asked.place.is_some()),
        ("size", asked.moment.size.is_some()),
    ];
    let own = own.into_iter().find(|(_, given)| *given);
    let at_places = match (own, asked.at) {
        (Some((parameter, _)), _) => return Err(Refusal::InstitutionNeeded { parameter }.into()),
        (None, Some(At::Spot(Spot::Place(_)))) => {
            return Err(Refusal::InstitutionNeeded { parameter: "at" }.into());
        }
        (None, at) => at.map(|at| at == At::Places),
    };
    let all = Narrowed {
        region: asked.region,
        right_in: asked.right_in.is_some_and(|right_in| right_in.0),
        institution: None,
        within: Wanted {
            class: asked.class,
            substance: asked.substance.clone(),
            ..Wanted::default()
        },
    };
    let tree = Arc::clone(&regions);
    let ask = move |after, limit| CountyCounts {
        of: CountyOf {
            regions: Arc::clone(&tree),
            region: asked.region,
            right_in: asked.right_in.is_some_and(|right_in| right_in.0),
            as_of: asked.moment.clone().into(),
        },
        by: asked.by.clone(),
        wanted: CountyWanted {
            class: asked.class,
            substance: asked.substance.clone(),
            at_places,
        },
        heads: asked.heads.clone(),
        after,
        limit,
    };
    if let Some(file) = listing.file(who, ask.clone()).await? {
        return Ok(file);
    }
    let part = ask(asked.next.map(|cursor| cursor.0), Limit::of(asked.limit));
    let census = listing.app().read(who, part).await??;
    let (county, heads) = (&census.county, census.county.heads());
    let ways = Ways {
        county,
        heads: &heads,
        all: &all,
        regions: &regions,
    };
    let shown = |of: &_, what: &Narrowed| {
        let at = what.within.at.unwrap_or(At::Places);
        figures(of, at, |at| ways.down(what, at))
    };
    let beside = json!({
        "all": shown(&census.all, &all),
        "as_of": county.as_of,
        "region": county.region,
        "institutions": county.sites,
        "heads": heads,
    });
    let lines = census.page.map(|line| Shown {
        figures: shown(&line.figures, &all.narrowed(&line.groups, county.region)),
        groups: line.groups,
    });
    Ok(page_and(lines, beside))
}
