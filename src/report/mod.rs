//! Reports: one file each, read-only, scoped by institution.
//!
//! A report is a [`Query`]: what it asks, and how it is answered over one instant of the database.

pub mod audit;
pub mod books;
mod chains;
pub mod composition;
pub mod container;
pub mod containers;
pub mod controlled_book;
pub mod counted;
pub mod counts;
pub mod county;
pub mod county_counts;
pub mod county_map;
pub mod county_usage;
pub mod departments;
pub mod emergencies;
pub mod entries;
pub(crate) mod export;
pub mod handovers;
pub mod history;
pub mod holdings;
pub mod incidents;
pub mod institutions;
pub mod keeping;
pub mod labels;
pub mod ledger_lines;
pub mod lists;
pub mod mass_balance;
pub mod moment;
pub mod names;
pub mod people;
pub mod period_file;
pub mod permits;
pub mod places;
mod positions;
pub mod products;
pub mod proof;
pub mod pulled_heads;
pub mod purchase_form;
pub mod purchase_orders;
pub mod purchase_policies;
pub mod purchase_requests;
pub mod requests;
pub mod search;
pub mod stock;
pub mod stocktakes;
pub mod storage_map;
pub mod submissions;
pub mod transfers;
pub mod usage_table;
pub mod waste_containers;
pub mod whereabouts;

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{
    domain::{
        facts::{Facts, Total},
        ids::{InstitutionId, PersonId, PlaceId, ProductId, Seq},
        ledger::{Entry, Record},
        merkle::Hash,
        product::Product,
        quantity::{Dimension, Quantity},
        substance::ControlClass,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        registers::{Registers, Snapshot},
        rows,
        schema::{EntryRow, PlaceTotalRow, ReversalRow},
        table::{Cell, select},
    },
};

/// Something that can be asked.
pub(crate) trait Query: Clone + Send + 'static {
    /// What comes of it.
    type Answer: Send + 'static;
    /// Whether it reads a handful of rows by key; else it runs over one instant, on a connection for
    /// long reads.
    const POINT: bool = false;

    /// Reads.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what no entry says.
    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError>;
}

/// Whose rows a report may read, and when it is asked.
pub(crate) struct Scope {
    /// The institution that asks.
    pub institution: InstitutionId,
    /// The only clock.
    pub now: Time,
    /// The registers in memory.
    pub registers: Arc<Registers>,
    /// Whether it is one of many that are walked through.
    pub is_passing: bool,
    /// The classes of which the asker is not told where they stand.
    pub withheld: Vec<ControlClass>,
}

impl Scope {
    /// What the registers say at this instant.
    pub(crate) fn snapshot(&self, conn: &mut Db) -> Result<Snapshot, StoreError> {
        self.registers
            .snapshot(conn, self.institution, self.is_passing)
    }

    /// Whether the asker is not told where something of these classes stands. Every report that names
    /// places or labels asks this.
    fn withholds(&self, classes: &[ControlClass]) -> bool {
        classes.iter().any(|class| self.withheld.contains(class))
    }
}

/// A page of a list: keyset, never offset.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are on all pages, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
    /// The last entry that it counts; absent where the list is no part of the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of_seq: Option<Seq>,
}

impl<T> Page<T> {
    /// The page behind `after` of a whole list, whose items have a key each.
    pub fn of<K: PartialEq + ToString>(
        all: Vec<T>,
        key: impl Fn(&T) -> K,
        after: Option<&K>,
        limit: usize,
        as_of_seq: Option<Seq>,
    ) -> Self {
        let total = all.len();
        let begin = after.map_or(0, |after| {
            let found = all.iter().position(|item| key(item) == *after);
            found.map_or(total, |at| at + 1)
        });
        let items: Vec<T> = all.into_iter().skip(begin).take(limit).collect();
        let more = begin + items.len() < total;
        Self {
            next: items
                .last()
                .filter(|_| more)
                .map(|item| key(item).to_string()),
            items,
            total: Some(total),
            as_of_seq,
        }
    }

    /// The first `limit` of items read with one more, which says whether the list goes on.
    pub fn begun(mut items: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        Self {
            next: items.last().filter(|_| more).map(key),
            items,
            total: None,
            as_of_seq: None,
        }
    }

    /// The same page with every item turned into something else.
    #[must_use]
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next: self.next,
            total: self.total,
            as_of_seq: self.as_of_seq,
        }
    }
}

/// Containers and what is in them, by dimension.
#[derive(Clone, Debug, Default)]
struct Sum {
    containers: i64,
    amounts: BTreeMap<Dimension, i64>,
}

impl Sum {
    fn add(&mut self, dimension: Dimension, total: Total) -> Result<(), StoreError> {
        self.containers += total.containers;
        add(self.amounts.entry(dimension).or_default(), total.amount)
    }

    fn quantities(&self) -> Result<Vec<Quantity>, StoreError> {
        let amounts = self.amounts.iter();
        amounts
            .map(|(dimension, amount)| quantity(*dimension, *amount))
            .collect()
    }
}

fn add(sum: &mut i64, amount: i64) -> Result<(), StoreError> {
    let overflow = || StoreError::Row("amount", "a sum overflows".to_owned());
    *sum = sum.checked_add(amount).ok_or_else(overflow)?;
    Ok(())
}

fn quantity(dimension: Dimension, amount: i64) -> Result<Quantity, StoreError> {
    Quantity::new(dimension, amount).map_err(|error| StoreError::Row("amount", error.to_string()))
}

/// Containers and what is in them.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// How many containers.
    pub containers: i64,
    /// How much, one quantity a dimension.
    pub quantities: Vec<Quantity>,
}

impl Counted {
    fn of(sum: &Sum) -> Result<Self, StoreError> {
        Ok(Self {
            containers: sum.containers,
            quantities: sum.quantities()?,
        })
    }
}

/// What stands where, each with its product.
fn stock<'f>(
    conn: &mut Db,
    facts: &'f Facts,
) -> Result<Vec<(PlaceId, &'f Product, Total)>, StoreError> {
    let clause = "WHERE institution_id = ? AND containers > 0 ORDER BY place_id, product_id";
    let totals: Vec<PlaceTotalRow> = select(conn, clause, &[Cell::Int(&facts.institution.get())])?;
    let stood = totals.into_iter().map(|total| {
        let ((place, id), total) = total.parse()?;
        Ok((place, product(facts, id)?, total))
    });
    stood.collect()
}

fn product(facts: &Facts, id: ProductId) -> Result<&Product, StoreError> {
    let found = facts.register.products.get(id);
    found.ok_or_else(|| StoreError::Row("product", format!("no product {id}")))
}

/// The names of a place and of those around it, from the outside in.
fn path(facts: &Facts, place: PlaceId) -> Vec<String> {
    let mut names: Vec<String> = facts
        .place_and_above(place)
        .map(|place| place.name.clone())
        .collect();
    names.reverse();
    names
}

fn person_name(facts: &Facts, person: PersonId) -> Option<String> {
    let person = facts.register.persons.get(person)?;
    Some(person.name.clone())
}

fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    Hash::try_from(bytes).map_err(|error| StoreError::Row("hash", error.to_string()))
}

/// An entry of the ledger.
fn entry(conn: &mut Db, scope: &Scope, seq: Seq) -> Result<Option<EntryRow>, StoreError> {
    let key = [Cell::Int(&scope.institution.get()), Cell::Int(&seq.get())];
    let rows: Vec<EntryRow> = select(
        conn,
        "WHERE institution_id = ? AND log = 0 AND seq = ?",
        &key,
    )?;
    Ok(rows.into_iter().next())
}

/// What an entry says that other entries and rows name.
fn record(conn: &mut Db, scope: &Scope, seq: Seq) -> Result<Record, StoreError> {
    let row = entry(conn, scope, seq)?
        .ok_or_else(|| StoreError::Row("entry", format!("no entry {seq}")))?;
    Ok(Entry::parse(&row.bytes)?.record().clone())
}

/// The entry that reversed one.
fn reversed_by(conn: &mut Db, scope: &Scope, seq: Seq) -> Result<Option<Seq>, StoreError> {
    let key = [Cell::Int(&scope.institution.get()), Cell::Int(&seq.get())];
    let clause = "WHERE institution_id = ? AND reversed_seq = ?";
    let rows: Vec<ReversalRow> = select(conn, clause, &key)?;
    let by = rows.first().map(|row| rows::number("reversal", row.seq));
    by.transpose()
}
