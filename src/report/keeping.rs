//! 保管: the places with controlled stock that a person keeps and would have to hand over.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Query, Scope, path, product, stock};
use crate::{
    domain::ids::{PersonId, PlaceId},
    store::{StoreError, conn::Db, rows, stocktakes::both, table::Cell},
};

/// Asks what a person keeps.
#[derive(Clone, Debug)]
pub struct Keeping(pub PersonId);

/// A place that must be handed over before its custodian leaves.
#[derive(Clone, Debug, Serialize)]
pub struct KeptPlace {
    /// The place.
    pub place: PlaceId,
    /// Its names, from the outside in.
    pub place_path: Vec<String>,
    /// How many containers belong to it of which that is asked: in stock, out, or waste; not told to who has not
    /// to know where they stand.
    pub containers: Option<i64>,
}

impl Query for Keeping {
    type Answer = Vec<KeptPlace>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let mut containers: BTreeMap<PlaceId, i64> = BTreeMap::new();
        let mut withheld: BTreeSet<PlaceId> = BTreeSet::new();
        let day = scope.now.china_day();
        for (place, product, total) in stock(conn, facts)? {
            if facts.requirement(product, scope.now).handover {
                *containers.entry(place).or_default() += total.containers;
                if scope.withholds(&product.classes_on(day)) {
                    withheld.insert(place);
                }
            }
        }
        let elsewhere = "WHERE container.institution_id = ? \
            AND standing.status IN ('checked_out', 'waste')";
        for (row, hot) in both(conn, elsewhere, &[Cell::Int(&scope.institution.get())])? {
            let container = rows::container(row, &hot)?;
            let product = product(facts, container.identity.product)?;
            if facts.requirement(product, scope.now).handover {
                let place = container.standing.place;
                *containers.entry(place).or_default() += 1;
                if scope.withholds(&product.classes_on(day)) {
                    withheld.insert(place);
                }
            }
        }
        let places = containers.keys().copied().collect();
        let kept = facts.kept_by(self.0, &places, scope.now);
        let shown = kept.into_iter().map(|place| KeptPlace {
            place,
            place_path: path(facts, place),
            containers: containers
                .get(&place)
                .copied()
                .filter(|_| !withheld.contains(&place)),
        });
        Ok(shown.collect())
    }
}
