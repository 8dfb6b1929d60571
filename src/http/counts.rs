//! `GET /counts`: 底数, each figure with the way down to the entries that make it.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    counted::MomentQuery,
    county_counts,
    figures::{Way, down, figures, narrowed},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed, page_and},
    problem::Problem,
    reach,
};
use crate::{
    domain::{
        ids::{PlaceId, ProductId, RegionCode},
        product::SubstanceKey,
        refusal::Refusal,
    },
    report::counts::{At, Counts, Figures, GroupKey, Grouping, Listed, Wanted},
};

body! {
    /// What is counted, how.
    CountsQuery {
        /// What the counts are grouped by.
        by: Grouping,
        /// Only of this control class on the day of the moment; `none`: of no class.
        class: Option<Listed>,
        /// Only of this substance.
        substance: Option<SubstanceKey>,
        /// Of a bureau that names no institution: only this part of its region, by its code on the day.
        region: Option<RegionCode>,
        /// With `region`: `true` for institutions right in it only, in no division below it.
        right_in: Option<Typed<bool>>,
        /// As `heads` said: refused if these are no longer the ledgers that were counted.
        heads: Option<String>,
        /// Only of this product.
        product: Option<ProductId>,
        /// Only at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only there: `places`, `persons`, or one place without those below it.
        at: Option<At>,
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
        .. /// Of which moment.
        moment: MomentQuery,
    }
}

/// A line with the ways down.
#[derive(Serialize)]
struct Shown {
    groups: Vec<GroupKey>,
    #[serde(flatten)]
    figures: Value,
}

/// How many containers and how much of what, at places and with persons, now or at a past moment. A bureau
/// that names no institution gets the sum over its region, with the head of each institution's ledger.
#[utoipa::path(params(CountsQuery), responses((status = 200, body = answers::Counts)))]
#[get("/counts")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<CountsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    if let Some(regions) = listing.app().region_of(&permit.who).await? {
        return county_counts::answer(&listing, &permit.who, asked, regions).await;
    }
    let for_regions = [
        ("region", asked.region.is_some()),
        ("right_in", asked.right_in.is_some()),
        ("heads", asked.heads.is_some()),
    ];
    if let Some((parameter, _)) = for_regions.into_iter().find(|(_, given)| *given) {
        return Err(Refusal::RegionNeeded { parameter }.into());
    }
    let wanted = Wanted {
        class: asked.class,
        substance: asked.substance,
        product: asked.product,
        place: asked.place,
        at: asked.at,
    };
    let (of, (by, as_of)) = (wanted.clone(), (asked.by, asked.moment));
    let ask = move |after, limit| Counts {
        by: by.clone(),
        wanted: of.clone(),
        as_of: as_of.clone().into(),
        after,
        limit,
    };
    if let Some(file) = listing.file(&permit.who, ask.clone()).await? {
        return Ok(file);
    }
    let counts = ask(asked.next.map(|cursor| cursor.0), Limit::of(asked.limit));
    let census = listing.app().read(&permit.who, counts).await??;
    let moment = census.moment;
    let way = Way {
        as_of: moment.as_of,
        size: moment.head.size,
        kept: reach::kept(&permit.who),
    };
    let shown = |figures_of: &Figures, wanted: &Wanted| {
        let at_places = wanted.at.unwrap_or(At::Places);
        figures(figures_of, at_places, |at| down(wanted, at, &way))
    };
    let all = shown(&census.all, &wanted);
    let lines = census.page.map(|line| Shown {
        figures: shown(&line.figures, &narrowed(&wanted, &line.groups)),
        groups: line.groups,
    });
    let beside = json!({"all": all, "as_of": moment.as_of, "head": moment.head});
    Ok(page_and(lines, beside))
}
