//! 结存: what was where after so many entries of a ledger, so that no past moment is far from one of which
//! it is known.
//!
//! It is reckoned at the end of each month that is closed (`months`), and in between whenever as many lines
//! were posted as it takes to make reading them dearer than reading the balance. Entries never change, so
//! neither does a balance. `verify` reckons every line anew.

use std::collections::HashMap;

use diesel::QueryResult;

use crate::domain::{
    facts::Total,
    ids::{InstitutionId, PlaceId, ProductId, Serial},
    ledger::Effects,
    usage::{self, Spot, Totals},
};

use super::{
    StoreError,
    conn::Db,
    lookups,
    rows::number,
    schema::{BalanceLineRow, BalanceRow, EntryRow, PostingRow},
    table::{Cell, insert, select},
};

/// Entries read at a time.
const PAGE: i64 = 2_000;

/// Postings between two balances, at least.
const LEAST: i64 = 2_000;

/// Postings between two balances, for each line of the earlier one: so the lines of balances stay a quarter
/// of the postings.
const PER_LINE: i64 = 4;

/// What is with persons stands at no place.
const PERSONS: i64 = 0;

/// The place of a spot in a row.
pub(super) fn place_of(spot: Spot) -> i64 {
    spot.place().map_or(PERSONS, PlaceId::get)
}

/// The spot of a place in a row.
pub(super) fn spot_of(table: &'static str, place: i64) -> Result<Spot, StoreError> {
    match place {
        PERSONS => Ok(Spot::Persons),
        place => Ok(Spot::Place(number(table, place)?)),
    }
}

/// What was where after so many entries, as it is stored.
#[derive(Debug)]
pub(crate) struct Balance {
    pub(super) after: BalanceRow,
    pub(super) lines: Vec<BalanceLineRow>,
}

impl Balance {
    pub(super) fn of(institution: InstitutionId, size: i64, totals: &Totals) -> Self {
        let institution_id = institution.get();
        let somewhere = totals
            .iter()
            .filter(|(_, total)| total.containers != 0 || total.amount != 0);
        let line = |((spot, product), total): (&(Spot, ProductId), &Total)| BalanceLineRow {
            institution_id,
            size,
            place_id: place_of(*spot),
            product_id: product.get(),
            containers: total.containers,
            amount: total.amount,
        };
        Self {
            after: BalanceRow {
                institution_id,
                size,
            },
            lines: somewhere.map(line).collect(),
        }
    }

    pub(super) fn insert(&self, conn: &mut Db) -> QueryResult<()> {
        insert(conn, std::slice::from_ref(&self.after))?;
        insert(conn, &self.lines)
    }
}

impl BalanceLineRow {
    fn parse(self) -> Result<((Spot, ProductId), Total), StoreError> {
        const TABLE: &str = "balance_line";
        let total = Total {
            containers: self.containers,
            amount: self.amount,
        };
        let key = (
            spot_of(TABLE, self.place_id)?,
            number(TABLE, self.product_id)?,
        );
        Ok((key, total))
    }
}

/// The next balance that is due in a ledger, if so much was posted since the last one.
pub(super) fn next(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Option<Balance>, StoreError> {
    let last = last_before(conn, institution, i64::MAX)?;
    if posted(conn, institution, last, LEAST)?.is_none() {
        return Ok(None);
    }
    let mut totals = after(conn, institution, last)?;
    let lines = i64::try_from(totals.len()).unwrap_or(i64::MAX);
    let every = lines.saturating_mul(PER_LINE).max(LEAST);
    let Some(end) = posted(conn, institution, last, every)? else {
        return Ok(None);
    };
    Changes::of(institution).read(conn, (last, end), &mut totals)?;
    Ok(Some(Balance::of(institution, end, &totals)))
}

/// How many entries there were with the one that posted so many lines behind the first `size` entries; none if
/// fewer were posted.
fn posted(
    conn: &mut Db,
    institution: InstitutionId,
    size: i64,
    postings: i64,
) -> Result<Option<i64>, StoreError> {
    let clause = "WHERE institution_id = ? AND seq >= ? ORDER BY seq, line LIMIT 1 OFFSET ?";
    let key = [institution.get(), size, postings - 1];
    let rows: Vec<PostingRow> = select(conn, clause, &key.each_ref().map(Cell::Int))?;
    Ok(rows.first().map(|row| row.seq + 1))
}

/// The last size up to one of which there is a balance; 0, where there was nothing, if there is none.
fn last_before(conn: &mut Db, institution: InstitutionId, size: i64) -> Result<i64, StoreError> {
    let clause = "WHERE institution_id = ? AND size <= ? ORDER BY size DESC LIMIT 1";
    let key = [institution.get(), size];
    let rows: Vec<BalanceRow> = select(conn, clause, &key.each_ref().map(Cell::Int))?;
    Ok(rows.first().map_or(0, |row| row.size))
}

/// Whether there is a balance after so many entries.
pub(super) fn is_known(
    conn: &mut Db,
    institution: InstitutionId,
    size: i64,
) -> Result<bool, StoreError> {
    Ok(last_before(conn, institution, size)? == size)
}

/// The balance after so many entries; empty if there is none.
pub(super) fn after(
    conn: &mut Db,
    institution: InstitutionId,
    size: i64,
) -> Result<Totals, StoreError> {
    let clause = "WHERE institution_id = ? AND size = ?";
    let key = [institution.get(), size];
    let rows: Vec<BalanceLineRow> = select(conn, clause, &key.each_ref().map(Cell::Int))?;
    rows.into_iter().map(BalanceLineRow::parse).collect()
}

/// The balance with the fewest entries between it and the first `size` entries of a ledger of `all`, and how many
/// entries it is after; none if the present is nearer.
pub(crate) fn nearest(
    conn: &mut Db,
    institution: InstitutionId,
    size: i64,
    all: i64,
) -> Result<Option<(i64, Totals)>, StoreError> {
    let before = last_before(conn, institution, size)?;
    let clause = "WHERE institution_id = ? AND size >= ? ORDER BY size LIMIT 1";
    let key = [institution.get(), size];
    let behind: Vec<BalanceRow> = select(conn, clause, &key.each_ref().map(Cell::Int))?;
    let next = behind.first().map_or(all, |row| row.size);
    let known = if size - before <= next - size {
        before
    } else if behind.is_empty() {
        return Ok(None);
    } else {
        next
    };
    Ok(Some((known, after(conn, institution, known)?)))
}

/// What entries of a ledger added to what was where.
pub(crate) struct Changes {
    institution: InstitutionId,
    /// Products of containers.
    products: HashMap<Serial, ProductId>,
}

impl Changes {
    pub(crate) fn of(institution: InstitutionId) -> Self {
        Self {
            institution,
            products: HashMap::new(),
        }
    }

    /// Adds what the entries behind the first `from` up to the first `to` did.
    pub(crate) fn read(
        mut self,
        conn: &mut Db,
        (from, to): (i64, i64),
        totals: &mut Totals,
    ) -> Result<(), StoreError> {
        let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq < ? \
                      ORDER BY seq LIMIT ?";
        let mut next = from;
        while next < to {
            let key = [self.institution.get(), next, to, PAGE];
            let page: Vec<EntryRow> = select(conn, clause, &key.each_ref().map(Cell::Int))?;
            if page.is_empty() {
                return Err(StoreError::Row("entry", format!("none from {next} on")));
            }
            for row in page {
                next = row.seq + 1;
                let effects = Effects::parse(&row.bytes)?;
                self.know(&effects);
                let lines = (effects.containers.as_slice(), effects.postings.as_slice());
                usage::change(totals, lines.0, lines.1, |serial| {
                    self.product(conn, serial)
                })?;
            }
        }
        Ok(())
    }

    /// Notes what an entry says is in which container.
    pub(super) fn know(&mut self, effects: &Effects) {
        let said = effects.postings.iter();
        self.products
            .extend(said.map(|posting| (posting.container, posting.product)));
    }

    /// What is in a container: its postings say it, and an entry without any is rare.
    pub(super) fn product(
        &mut self,
        conn: &mut Db,
        serial: Serial,
    ) -> Result<ProductId, StoreError> {
        if let Some(product) = self.products.get(&serial) {
            return Ok(*product);
        }
        let found = lookups::container(conn, self.institution, serial)?;
        let none = || StoreError::Row("container", format!("no container {serial}"));
        let product = found.ok_or_else(none)?.identity.product;
        self.products.insert(serial, product);
        Ok(product)
    }
}
