//! Figures of the counts, each with the address of what it is made of.

use serde_json::{Value, json};

use crate::{
    domain::{time::Time, usage::Spot},
    report::{
        Counted,
        counts::{At, CountBy, Figures, GroupKey, Wanted},
    },
};

/// Where the addresses of an institution's figures lead.
pub(super) struct Way {
    /// Classes are those of its day.
    pub as_of: Time,
    /// So many entries count.
    pub size: u64,
    /// What names the institution at the end of an address, if anything has to.
    pub kept: String,
}

/// What a line counts.
pub(super) fn narrowed(wanted: &Wanted, groups: &[GroupKey]) -> Wanted {
    let mut narrowed = wanted.clone();
    for GroupKey { by, key, .. } in groups {
        match by {
            // There is one institution, and no other line.
            CountBy::Region | CountBy::Institution => {}
            CountBy::Class => narrowed.class = key.parse().ok(),
            CountBy::Place => narrowed.at = key.parse().ok(),
            CountBy::Product => narrowed.product = key.parse().ok(),
            // A product that no list knows is a substance by itself.
            CountBy::Substance => match key.strip_prefix("product-") {
                Some(product) => narrowed.product = product.parse().ok(),
                None => narrowed.substance = key.parse().ok(),
            },
        }
    }
    narrowed
}

/// Two figures, at places and with persons, each with the address that `down` makes for where it is.
pub(super) fn figures(shown: &Figures, at_places: At, down: impl Fn(At) -> String) -> Value {
    let figure = |counted: &Counted, at: At| {
        let is_some = !counted.quantities.is_empty();
        json!({
            "containers": counted.containers,
            "quantities": counted.quantities,
            "down": is_some.then(|| down(at)),
        })
    };
    json!({
        "in_places": figure(&shown.in_places, at_places),
        "with_persons": figure(&shown.with_persons, At::Spot(Spot::Persons)),
    })
}

/// The address of what a figure is made of: products, and of one product its containers.
pub(super) fn down(wanted: &Wanted, at: At, way: &Way) -> String {
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
    let Way { as_of, size, kept } = way;
    format!("{route}{parameters}&at={at}&as_of={as_of}&size={size}{kept}")
}
