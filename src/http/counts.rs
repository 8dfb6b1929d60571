//! `GET /counts`: 底数, each figure with the way down to the entries that make it.

use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    counted::MomentQuery,
    page::{Cursor, Limit, Query, page_and},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        ids::{PlaceId, ProductId},
        substance::SubstanceId,
        usage::Spot,
    },
    report::{
        Counted,
        counts::{At, Counts, Figures, GroupKey, Grouping, Listed, Moment, Wanted},
        stock::By,
    },
};

body! {
    /// What is counted, how.
    CountsQuery {
        /// What the counts are grouped by.
        by: Grouping,
        /// Only of this control class on the day of the moment; `none`: of no class.
        class: Option<Listed>,
        /// Only of this substance.
        substance: Option<SubstanceId>,
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

/// How many containers and how much of what, at places and with persons, now or at a past moment.
#[utoipa::path(params(CountsQuery), responses((status = 200, body = answers::Counts)))]
#[get("/counts")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<CountsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let wanted = Wanted {
        class: asked.class,
        substance: asked.substance,
        product: asked.product,
        place: asked.place,
        at: asked.at,
    };
    let counts = Counts {
        by: asked.by,
        wanted: wanted.clone(),
        as_of: asked.moment.into(),
        after: asked.next.map(|cursor| cursor.0),
        limit: Limit::of(asked.limit),
    };
    let census = app.read(&permit.who, counts).await??;
    let moment = census.moment;
    let all = figures(&census.all, &wanted, &moment);
    let lines = census.page.map(|line| Shown {
        figures: figures(&line.figures, &narrowed(&wanted, &line.groups), &moment),
        groups: line.groups,
    });
    let beside = json!({"all": all, "as_of": moment.as_of, "head": moment.head});
    Ok(page_and(lines, beside))
}

/// What a line counts.
fn narrowed(wanted: &Wanted, groups: &[GroupKey]) -> Wanted {
    let mut narrowed = wanted.clone();
    for GroupKey { by, key, .. } in groups {
        match by {
            By::Class => narrowed.class = key.parse().ok(),
            By::Place => narrowed.at = key.parse().ok(),
            By::Product => narrowed.product = key.parse().ok(),
            // A product that no list knows is a substance by itself.
            By::Substance => match key.strip_prefix("product-") {
                Some(product) => narrowed.product = product.parse().ok(),
                None => narrowed.substance = key.parse().ok(),
            },
        }
    }
    narrowed
}

fn figures(shown: &Figures, wanted: &Wanted, moment: &Moment) -> Value {
    let figure = |counted: &Counted, at: At| {
        let is_some = !counted.quantities.is_empty();
        json!({
            "containers": counted.containers,
            "quantities": counted.quantities,
            "down": is_some.then(|| down(wanted, at, moment)),
        })
    };
    let at_places = wanted.at.unwrap_or(At::Places);
    json!({
        "in_places": figure(&shown.in_places, at_places),
        "with_persons": figure(&shown.with_persons, At::Spot(Spot::Persons)),
    })
}

/// The address of what a figure is made of: products, and of one product its containers.
fn down(wanted: &Wanted, at: At, moment: &Moment) -> String {
    let route = match wanted.product {
        Some(product) => format!("/api/v1/counts/containers?product={product}"),
        None => "/api/v1/counts?by=product".to_owned(),
    };
    let class = wanted.class.filter(|_| wanted.product.is_none());
    let substance = wanted
        .substance
        .as_ref()
        .filter(|_| wanted.product.is_none());
    let parameters = [
        class.map(|class| format!("&class={class}")),
        substance.map(|substance| format!("&substance={substance}")),
        wanted.place.map(|place| format!("&place={place}")),
    ];
    let parameters: String = parameters.into_iter().flatten().collect();
    let (as_of, size) = (moment.as_of, moment.head.size);
    format!("{route}{parameters}&at={at}&as_of={as_of}&size={size}")
}
