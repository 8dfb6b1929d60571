//! 去向: where everything is that is not used up, now and at any past moment.
//!
//! The past is reached from the nearest moment of which it is known, a balance or the present, by the entries
//! between the two: added if that moment is earlier, taken back from it if it is later.

use std::collections::BTreeMap;

use super::{Scope, add, path, stock};
use crate::{
    domain::{
        facts::{Facts, Total},
        ids::ProductId,
        usage::{Spot, Totals},
    },
    store::{
        StoreError,
        balances::{Changes, nearest},
        conn::Db,
        rows,
        schema::{HoldingRow, ProductTotalRow},
        table::{Cell, select},
    },
};

/// What people call a spot, from the outside in.
pub(super) fn spot_path(facts: &Facts, spot: Spot) -> Vec<String> {
    match spot {
        Spot::Place(place) => path(facts, place),
        Spot::Persons => vec!["领用在外".to_owned()],
    }
}

/// What is where in the present.
fn present(conn: &mut Db, facts: &Facts) -> Result<Totals, StoreError> {
    let mut totals = Totals::new();
    for (place, product, total) in stock(conn, facts)? {
        totals.insert((Spot::Place(place), product.id), total);
    }
    let clause = "WHERE institution_id = ?";
    let key = [Cell::Int(&facts.institution.get())];
    for row in select::<ProductTotalRow>(conn, clause, &key)? {
        let total = row.parse().with_persons;
        if total != Total::default() {
            let product = rows::number("product_total", row.product_id)?;
            totals.insert((Spot::Persons, product), total);
        }
    }
    Ok(totals)
}

/// What was where when a ledger of `all` entries had the first `size` of them.
pub(super) fn whereabouts(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    (size, all): (i64, i64),
) -> Result<Totals, StoreError> {
    let known = if size < all {
        nearest(conn, facts.institution, size, all)?
    } else {
        None
    };
    let (known, mut totals) = match known {
        Some(known) => known,
        None => (all, present(conn, facts)?),
    };
    Between::read(conn, scope, known, size)?.go(&mut totals, |key| key)?;
    Ok(totals)
}

/// What was taken out of containers and is neither used nor back.
pub(super) fn open_holdings(conn: &mut Db, facts: &Facts) -> Result<Vec<HoldingRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND amount > 0";
    Ok(select(
        conn,
        clause,
        &[Cell::Int(&facts.institution.get())],
    )?)
}

/// What the entries between two moments did.
pub(super) struct Between {
    /// Whether it is the earlier one that is known.
    is_forward: bool,
    /// What they added to the totals.
    changes: Totals,
}

impl Between {
    /// Reads the entries between the first `known` ones, after which it is known what was where, and the first
    /// `size`.
    pub(super) fn read(
        conn: &mut Db,
        scope: &Scope,
        known: i64,
        size: i64,
    ) -> Result<Self, StoreError> {
        let mut changes = Totals::new();
        let span = (known.min(size), known.max(size));
        Changes::of(scope.institution).read(conn, span, &mut changes)?;
        Ok(Self {
            is_forward: known <= size,
            changes,
        })
    }

    /// Goes from what was where at the known moment to what was where at the other; `key` says how totals are
    /// told apart.
    pub(super) fn go<K: Ord>(
        &self,
        totals: &mut BTreeMap<K, Total>,
        key: impl Fn((Spot, ProductId)) -> K,
    ) -> Result<(), StoreError> {
        let sign = if self.is_forward { 1 } else { -1 };
        for (at, change) in &self.changes {
            let total = totals.entry(key(*at)).or_default();
            total.containers += sign * change.containers;
            add(&mut total.amount, sign * change.amount)?;
        }
        Ok(())
    }
}
