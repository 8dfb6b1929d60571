//! 库存: what stands at places, summed by place, product, substance or control class. What is with
//! persons is not in it: the counts have it, the containers' own pages and the holdings.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde::Serialize;

use super::{Page, Query, Scope, Sum, places::walk, stock, whereabouts::spot_path};
use crate::{
    domain::{
        facts::Facts,
        ids::{PlaceId, ProductId},
        product::Product,
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        usage::Spot,
        words::words,
    },
    store::{StoreError, conn::Db},
};

/// The key of what has no control class.
pub(super) const UNLISTED: &str = "none";

words! {
    /// What stock is summed by.
    By {
        /// 按地点.
        Place = "place" "地点",
        /// 按物质: products of one listed substance together, any other product by itself.
        Substance = "substance" "物质",
        /// 按管控类别: what has several classes counts under each.
        Class = "class" "管控类别",
        /// 按品名.
        Product = "product" "品名",
    }
}

/// Asks for the stock on hand.
#[derive(Clone, Debug)]
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
    /// The number of the place or product, the substance's code (or `product-` and a number), the
    /// class; `none` for what has no class.
    pub key: String,
    /// What people call it; for places the names from the outside in, for products name and
    /// qualifier.
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
        let names_places = self.by == By::Place || self.place.is_some();
        let mut groups: BTreeMap<(Order, String), Group> = BTreeMap::new();
        for (place, product, total) in stock(conn, facts)? {
            let classes = product.classes_on(scope.now.china_day());
            if inside
                .as_ref()
                .is_some_and(|inside| !inside.contains(&place))
                || self.class.is_some_and(|class| !classes.contains(&class))
                || (names_places && scope.withholds(&classes))
            {
                continue;
            }
            for (key, name) in self.by.groups(facts, Spot::Place(place), product, &classes) {
                let group = groups.entry((self.by.order(&key), key)).or_default();
                group.name = name;
                group.products.insert(product.id);
                group.sum.add(product.dimension, total)?;
            }
        }
        // A group can be gone when its next page is asked for, so a page begins behind a key, not
        // behind an item.
        let begin = match &self.after {
            Some(key) => Bound::Excluded((self.by.order(key), key.clone())),
            None => Bound::Unbounded,
        };
        let mut items = Vec::new();
        for ((_, key), group) in groups.range((begin, Bound::Unbounded)).take(self.limit + 1) {
            items.push(StockLine {
                key: key.clone(),
                name: group.name.clone(),
                products: group.products.clone(),
                containers: group.sum.containers,
                quantities: group.sum.quantities()?,
            });
        }
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        Ok(Ok(Page {
            next: items.last().filter(|_| more).map(|line| line.key.clone()),
            items,
            total: Some(groups.len()),
            as_of_seq: Some(snapshot.as_of_seq),
        }))
    }
}

/// What counts together.
#[derive(Default)]
struct Group {
    name: Vec<String>,
    products: BTreeSet<ProductId>,
    sum: Sum,
}

/// Where a group stands in a list, before its key.
pub(super) type Order = i64;

impl By {
    /// Places and products by number, what is with persons last, classes strictest first, substances by
    /// code.
    pub(super) fn order(self, key: &str) -> Order {
        match self {
            Self::Place | Self::Product => key.parse().unwrap_or(Order::MAX),
            Self::Substance => 0,
            Self::Class => class_order(key),
        }
    }

    /// Keys and names of the groups that a product counts in where it is.
    pub(super) fn groups(
        self,
        facts: &Facts,
        spot: Spot,
        product: &Product,
        classes: &[ControlClass],
    ) -> Vec<(String, Vec<String>)> {
        match self {
            Self::Place => vec![(spot.to_string(), spot_path(facts, spot))],
            Self::Substance => {
                let key = match &product.substance {
                    Some(substance) => substance.clone(),
                    None => format!("product-{}", product.id),
                };
                vec![(key, vec![product.name.clone()])]
            }
            Self::Class => class_groups(classes),
            Self::Product => {
                let qualifier = product.qualifier.iter();
                let name = [&product.name].into_iter().chain(qualifier);
                vec![(product.id.to_string(), name.cloned().collect())]
            }
        }
    }
}

/// Where a class stands, strictest first, and behind them what has none.
pub(super) fn class_order(key: &str) -> Order {
    (0..)
        .zip(ControlClass::ALL)
        .find(|(_, class)| class.code() == key)
        .map_or(Order::MAX, |(order, _)| order)
}

/// Keys and names of the classes, or of having none.
pub(super) fn class_groups(classes: &[ControlClass]) -> Vec<(String, Vec<String>)> {
    if classes.is_empty() {
        return vec![(UNLISTED.to_owned(), vec!["未列管".to_owned()])];
    }
    classes
        .iter()
        .map(|class| (class.to_string(), vec![class.name_zh().to_owned()]))
        .collect()
}
