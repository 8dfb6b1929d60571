//! 去向: where everything is that is not used up, now and at any past moment.
//!
//! The past is reached from what is known of a later moment: the end of a month that is closed, or the
//! present. The entries between the two are taken back from it, against their order.

use std::collections::{BTreeMap, HashMap};

use super::{Scope, add, path, stock};
use crate::{
    domain::{
        container::Container,
        facts::{Facts, Total},
        ids::{ProductId, Serial},
        ledger::Effects,
        usage::{self, Spot, Totals},
    },
    store::{
        StoreError,
        conn::Db,
        lookups, months, rows,
        schema::{EntryRow, HoldingRow, StandingRow},
        table::{Cell, select},
    },
};

/// Entries read at a time.
const PAGE: i64 = 2_000;

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
    for container in with_persons(conn, facts)? {
        let key = (Spot::Persons, container.identity.product);
        let total = totals.entry(key).or_default();
        total.containers += 1;
        add(&mut total.amount, container.standing.amount)?;
    }
    for holding in open_holdings(conn, facts)? {
        let product = rows::number("holding", holding.product_id)?;
        let total = totals.entry((Spot::Persons, product)).or_default();
        add(&mut total.amount, holding.amount)?;
    }
    Ok(totals)
}

/// What is where at the first moment at or behind the first `size` entries of a ledger of `all` of which it
/// is known, and how many entries that moment counts.
pub(super) fn known_at(
    conn: &mut Db,
    facts: &Facts,
    size: i64,
    all: i64,
) -> Result<(i64, Totals), StoreError> {
    if size < all
        && let Some(known) = months::known_at(conn, facts.institution, size)?
    {
        return Ok(known);
    }
    Ok((all, present(conn, facts)?))
}

/// The containers that are checked out.
fn with_persons(conn: &mut Db, facts: &Facts) -> Result<Vec<Container>, StoreError> {
    let clause = "WHERE institution_id = ? AND holder_id IS NOT NULL";
    let key = [Cell::Int(&facts.institution.get())];
    let standings: Vec<StandingRow> = select(conn, clause, &key)?;
    let serials = standings.iter().map(|row| row.serial).collect();
    let containers = lookups::containers(conn, facts.institution, &serials)?;
    let out = containers.into_iter();
    Ok(out
        .filter(|one| Spot::of(&one.standing) == Some(Spot::Persons))
        .collect())
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

/// What the entries on one side of a moment did: those up to it, or those behind it, whichever are
/// fewer, so that nobody has a whole ledger read by asking for its beginning.
#[derive(Default)]
pub(super) struct Since {
    /// Whether they are those up to the moment.
    is_forward: bool,
    /// What they added to the totals.
    changes: Totals,
    /// Products of containers.
    products: HashMap<Serial, ProductId>,
}

impl Since {
    /// Reads the first `size` entries, or those behind them up to the first `until`.
    pub(super) fn read(
        conn: &mut Db,
        scope: &Scope,
        size: i64,
        until: i64,
    ) -> Result<Self, StoreError> {
        let is_forward = size < until - size;
        let mut since = Self {
            is_forward,
            ..Self::default()
        };
        let (mut next, end) = if is_forward { (0, size) } else { (size, until) };
        while next < end {
            let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq < ? \
                          ORDER BY seq LIMIT ?";
            let key = [
                Cell::Int(&scope.institution.get()),
                Cell::Int(&next),
                Cell::Int(&end),
                Cell::Int(&PAGE),
            ];
            let page: Vec<EntryRow> = select(conn, clause, &key)?;
            if page.is_empty() {
                return Err(StoreError::Row("entry", format!("none from {next} on")));
            }
            for row in page {
                next = row.seq + 1;
                since.entry(conn, scope, &Effects::parse(&row.bytes)?)?;
            }
        }
        Ok(since)
    }

    /// What was where at the moment: what came up to it, or what was where later without what came since.
    pub(super) fn undone(&self, mut totals: Totals) -> Result<Totals, StoreError> {
        self.undo(&mut totals, |key| key)?;
        Ok(totals)
    }

    /// The same of totals that are told apart in another way.
    pub(super) fn undo<K: Ord>(
        &self,
        totals: &mut BTreeMap<K, Total>,
        key: impl Fn((Spot, ProductId)) -> K,
    ) -> Result<(), StoreError> {
        if self.is_forward {
            totals.clear();
        }
        for (at, change) in &self.changes {
            let total = totals.entry(key(*at)).or_default();
            if self.is_forward {
                total.containers += change.containers;
                add(&mut total.amount, change.amount)?;
            } else {
                total.containers -= change.containers;
                add(&mut total.amount, -change.amount)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, conn: &mut Db, scope: &Scope, effects: &Effects) -> Result<(), StoreError> {
        for posting in &effects.postings {
            self.products.insert(posting.container, posting.product);
        }
        let mut changes = std::mem::take(&mut self.changes);
        usage::change(
            &mut changes,
            &effects.containers,
            &effects.postings,
            |serial| self.product(conn, scope, serial),
        )?;
        self.changes = changes;
        Ok(())
    }

    /// What is in a container: its postings say it, and an entry without any is rare.
    fn product(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        serial: Serial,
    ) -> Result<ProductId, StoreError> {
        if let Some(product) = self.products.get(&serial) {
            return Ok(*product);
        }
        let found = lookups::container(conn, scope.institution, serial)?;
        let none = || StoreError::Row("container", format!("no container {serial}"));
        let product = found.ok_or_else(none)?.identity.product;
        self.products.insert(serial, product);
        Ok(product)
    }
}
