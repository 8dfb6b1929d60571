//! 库存: what stands at places, summed by place, by substance or by control class. What is with persons
//! is not in it: the containers' own pages and the holdings show that.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Page, Query, Scope, Sum, path, places::walk, stock};
use crate::{
    domain::{
        facts::Facts,
        ids::{PlaceId, ProductId},
        product::Product,
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        words::words,
    },
    store::{StoreError, conn::Db},
};

words! {
    /// What the stock is summed by.
    By {
        /// 按地点.
        Place = "place" "地点",
        /// 按物质: products of one listed substance together, any other product by itself.
        Substance = "substance" "物质",
        /// 按管控类别: what has several classes counts under each.
        Class = "class" "管控类别",
    }
}

/// Asks for the stock on hand.
#[derive(Debug)]
pub struct Stock {
    /// Summed by what.
    pub by: By,
    /// Only at this place and below.
    pub place: Option<PlaceId>,
    /// Only of this control class today.
    pub class: Option<ControlClass>,
    /// Only behind this key.
    pub after: Option<String>,
    /// Most items.
    pub limit: usize,
}

/// One line of the stock.
#[derive(Clone, Debug, Serialize)]
pub struct StockLine {
    /// The place's number, the substance's code (or `product-` and a number), the class; `none` for
    /// what has no class.
    pub key: String,
    /// What people call it; for places the names from the outside in.
    pub name: Vec<String>,
    /// The products that are counted.
    pub products: BTreeSet<ProductId>,
    /// How many containers.
    pub containers: i64,
    /// How much, one quantity a dimension.
    pub quantities: Vec<Quantity>,
}

impl Query for Stock {
    type Answer = Result<Page<StockLine>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Some(place) = self
            .place
            .filter(|id| facts.register.places.get(*id).is_none())
        {
            return Ok(Err(Refusal::PlaceUnknown { place }));
        }
        let inside = self.place.map(|root| {
            let below = walk(facts, Some(root));
            below
                .iter()
                .map(|(place, _)| place.id)
                .collect::<BTreeSet<_>>()
        });
        let mut groups: BTreeMap<(Order, String), Group> = BTreeMap::new();
        for (place, product, total) in stock(conn, facts)? {
            let classes = product.classes_on(scope.now.china_day());
            if inside
                .as_ref()
                .is_some_and(|inside| !inside.contains(&place))
                || self.class.is_some_and(|class| !classes.contains(&class))
            {
                continue;
            }
            for (order, key, name) in self.groups(facts, place, product, &classes) {
                let group = groups.entry((order, key)).or_default();
                group.name = name;
                group.products.insert(product.id);
                group.sum.add(product.dimension, &total)?;
            }
        }
        let lines = groups.into_iter().map(|((_, key), group)| {
            Ok::<_, StoreError>(StockLine {
                key,
                name: group.name,
                products: group.products,
                containers: group.sum.containers,
                quantities: group.sum.quantities()?,
            })
        });
        Ok(Ok(Page::of(
            lines.collect::<Result<_, _>>()?,
            |line| line.key.clone(),
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        )))
    }
}

/// What counts together.
#[derive(Default)]
struct Group {
    name: Vec<String>,
    products: BTreeSet<ProductId>,
    sum: Sum,
}

/// Where a group stands in the list: places and products by number, classes strictest first.
type Order = i64;

impl Stock {
    /// The groups that a product at a place counts in.
    fn groups(
        &self,
        facts: &Facts,
        place: PlaceId,
        product: &Product,
        classes: &[ControlClass],
    ) -> Vec<(Order, String, Vec<String>)> {
        match self.by {
            By::Place => vec![(place.get(), place.to_string(), path(facts, place))],
            By::Substance => {
                let key = match &product.substance {
                    Some(substance) => substance.clone(),
                    None => format!("product-{}", product.id),
                };
                vec![(0, key, vec![product.name.clone()])]
            }
            By::Class if classes.is_empty() => {
                vec![(Order::MAX, "none".to_owned(), vec!["未列管".to_owned()])]
            }
            By::Class => (0..)
                .zip(ControlClass::ALL)
                .filter(|(_, class)| classes.contains(class))
                .map(|(order, class)| (order, class.to_string(), vec![class.name_zh().to_owned()]))
                .collect(),
        }
    }
}
