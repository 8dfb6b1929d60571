//! 月结: the months of a ledger that are over, so that a report of one need not read its entries.
//!
//! A month is closed when an entry of a later one is in the ledger: times do not decrease, so nothing
//! is ever added to it again. Until then, and wherever its lines are not there yet, reports reckon from
//! the entries themselves. `verify` reckons every line anew.

use std::collections::{BTreeMap, HashMap};

use diesel::QueryResult;

use crate::domain::{
    facts::Total,
    ids::{InstitutionId, PlaceId, ProductId, Serial},
    ledger::{Effects, Kind},
    month::Month,
    time::Time,
    usage::{MonthLine, Months, Spot, Totals, Turnover, UsageError},
};

use super::{
    StoreError,
    conn::Db,
    lookups,
    rows::{json, number, parsed, to_json},
    schema::{EntryRow, LogHeadRow, MonthEndRow, MonthLineRow},
    table::{Cell, insert, select},
};

/// Entries read at a time.
const PAGE: i64 = 2_000;

/// What is with persons stands at no place.
const PERSONS: i64 = 0;

impl From<UsageError> for StoreError {
    fn from(error: UsageError) -> Self {
        Self::Row("posting", error.to_string())
    }
}

/// A month that is over, as it is stored.
#[derive(Debug)]
pub(crate) struct ClosedMonth {
    pub(super) end: MonthEndRow,
    pub(super) lines: Vec<MonthLineRow>,
}

impl ClosedMonth {
    pub(super) fn of(
        institution: InstitutionId,
        month: Month,
        size: i64,
        lines: BTreeMap<(Spot, ProductId), MonthLine>,
    ) -> Result<Self, StoreError> {
        let rows = lines.into_iter().map(|((spot, product), line)| {
            Ok(MonthLineRow {
                institution_id: institution.get(),
                month: month.number(),
                place_id: spot.place().map_or(PERSONS, PlaceId::get),
                product_id: product.get(),
                turnover: to_json(&line.turnover)?,
                containers: line.closing.containers,
                amount: line.closing.amount,
            })
        });
        Ok(Self {
            end: MonthEndRow {
                institution_id: institution.get(),
                month: month.number(),
                size,
            },
            lines: rows.collect::<Result<_, StoreError>>()?,
        })
    }

    /// The month, as 202611.
    pub(crate) const fn number(&self) -> i64 {
        self.end.month
    }

    pub(super) fn insert(&self, conn: &mut Db) -> QueryResult<()> {
        insert(conn, std::slice::from_ref(&self.end))?;
        insert(conn, &self.lines)
    }
}

impl MonthEndRow {
    fn month(&self) -> Result<Month, StoreError> {
        let none = || StoreError::Row("month_end", format!("no month {}", self.month));
        Month::from_number(self.month).ok_or_else(none)
    }
}

impl MonthLineRow {
    fn parse(self) -> Result<((Spot, ProductId), MonthLine), StoreError> {
        const TABLE: &str = "month_line";
        let spot = match self.place_id {
            PERSONS => Spot::Persons,
            place => Spot::Place(number(TABLE, place)?),
        };
        let line = MonthLine {
            turnover: json(TABLE, &self.turnover)?,
            closing: Total {
                containers: self.containers,
                amount: self.amount,
            },
        };
        Ok(((spot, number(TABLE, self.product_id)?), line))
    }
}

/// The institutions that have a ledger.
pub(crate) fn institutions(conn: &mut Db) -> Result<Vec<InstitutionId>, StoreError> {
    let heads: Vec<LogHeadRow> = select(conn, "WHERE log = 0 AND size > 0", &[])?;
    let ids = heads
        .into_iter()
        .map(|head| number("log_head", head.institution_id));
    ids.collect()
}

/// The next month of a ledger that is over and not closed yet.
pub(crate) fn next(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Option<ClosedMonth>, StoreError> {
    let id = institution.get();
    let clause = "WHERE institution_id = ? AND log = 0";
    let heads: Vec<LogHeadRow> = select(conn, clause, &[Cell::Int(&id)])?;
    let Some(head) = heads.first() else {
        return Ok(None);
    };
    let current = Month::of(Time::from_millis(head.recorded_at));
    let clause = "WHERE institution_id = ? ORDER BY month DESC LIMIT 1";
    let last: Vec<MonthEndRow> = select(conn, clause, &[Cell::Int(&id)])?;
    let (month, begin, totals) = match last.first() {
        Some(last) => (
            last.month()?.next(),
            last.size,
            closing(conn, institution, last.month)?,
        ),
        None => match entries(conn, institution, 0, 1)?.first() {
            Some(first) => (
                Month::of(Time::from_millis(first.recorded_at)),
                0,
                Totals::new(),
            ),
            None => return Ok(None),
        },
    };
    if month >= current {
        return Ok(None);
    }
    let end = month.end();
    let mut months = Months::from(totals);
    let mut products = HashMap::new();
    let mut size = begin;
    'all: loop {
        let page = entries(conn, institution, size, PAGE)?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if row.recorded_at >= end.millis() {
                break 'all;
            }
            size = row.seq + 1;
            let effects = Effects::parse(&row.bytes)?;
            let kind: Kind = parsed("entry", &row.kind)?;
            let lines = (effects.containers.as_slice(), effects.postings.as_slice());
            for posting in &effects.postings {
                products.insert(posting.container, posting.product);
            }
            months.entry(row.seq, lines, kind == Kind::Reverse, |serial| {
                product(conn, institution, &mut products, serial)
            })?;
        }
    }
    ClosedMonth::of(institution, month, size, months.close()).map(Some)
}

fn entries(
    conn: &mut Db,
    institution: InstitutionId,
    from: i64,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? ORDER BY seq LIMIT ?";
    let key = [
        Cell::Int(&institution.get()),
        Cell::Int(&from),
        Cell::Int(&limit),
    ];
    Ok(select(conn, clause, &key)?)
}

/// What is in a container: its postings say it, and an entry without any is rare.
fn product(
    conn: &mut Db,
    institution: InstitutionId,
    known: &mut HashMap<Serial, ProductId>,
    serial: Serial,
) -> Result<ProductId, StoreError> {
    if let Some(product) = known.get(&serial) {
        return Ok(*product);
    }
    let found = lookups::container(conn, institution, serial)?;
    let none = || StoreError::Row("container", format!("no container {serial}"));
    let product = found.ok_or_else(none)?.identity.product;
    known.insert(serial, product);
    Ok(product)
}

fn lines(
    conn: &mut Db,
    institution: InstitutionId,
    (from, to): (i64, i64),
) -> Result<Vec<MonthLineRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND month >= ? AND month <= ?";
    let key = [
        Cell::Int(&institution.get()),
        Cell::Int(&from),
        Cell::Int(&to),
    ];
    Ok(select(conn, clause, &key)?)
}

fn closing(conn: &mut Db, institution: InstitutionId, month: i64) -> Result<Totals, StoreError> {
    let lines = lines(conn, institution, (month, month))?.into_iter();
    let closings = lines.map(|row| {
        let (key, line) = row.parse()?;
        Ok((key, line.closing))
    });
    closings.collect()
}

/// The first moment at or behind the first `size` entries of which the totals are known, as its number
/// of entries, and these totals; none when no month was closed since.
pub(crate) fn known_at(
    conn: &mut Db,
    institution: InstitutionId,
    size: i64,
) -> Result<Option<(i64, Totals)>, StoreError> {
    let clause = "WHERE institution_id = ? AND size >= ? ORDER BY size, month LIMIT 1";
    let key = [Cell::Int(&institution.get()), Cell::Int(&size)];
    let ends: Vec<MonthEndRow> = select(conn, clause, &key)?;
    let Some(end) = ends.first() else {
        return Ok(None);
    };
    Ok(Some((end.size, closing(conn, institution, end.month)?)))
}

/// How many entries there were at the end of the last closed month that was over at a moment, and at the end of
/// the first one that was not.
pub(crate) fn around(
    conn: &mut Db,
    institution: InstitutionId,
    moment: Time,
) -> Result<(i64, Option<i64>), StoreError> {
    let month = Month::of(moment);
    let clause = "WHERE institution_id = ? AND month >= ? AND month <= ? ORDER BY month";
    let key = [
        Cell::Int(&institution.get()),
        Cell::Int(&month.previous().number()),
        Cell::Int(&month.number()),
    ];
    let ends: Vec<MonthEndRow> = select(conn, clause, &key)?;
    let size_of = |of: Month| {
        let end = ends.iter().find(|end| end.month == of.number());
        end.map(|end| end.size)
    };
    let begin = size_of(month.previous()).unwrap_or_default();
    if moment == month.begin() && begin > 0 {
        return Ok((begin, Some(begin)));
    }
    Ok((begin, size_of(month)))
}

/// The closed months of a period.
pub(crate) struct Closed {
    /// How many entries there were when they began.
    pub begin: i64,
    /// What was there when they began.
    pub opening: Totals,
    /// What moved in them.
    pub turnovers: BTreeMap<(Spot, ProductId), Turnover>,
    /// How many entries there were at their end.
    pub size: i64,
}

/// The closed months that begin with that one and end no later than a moment, if there are any.
pub(crate) fn closed(
    conn: &mut Db,
    institution: InstitutionId,
    first: Month,
    until: Time,
) -> Result<Option<Closed>, StoreError> {
    let clause = "WHERE institution_id = ? AND month >= ? ORDER BY month";
    let key = [Cell::Int(&institution.get()), Cell::Int(&first.number())];
    let ends: Vec<MonthEndRow> = select(conn, clause, &key)?;
    let mut last = None;
    for end in ends {
        if end.month()?.end() <= until {
            last = Some(end);
        }
    }
    let Some(last) = last else {
        return Ok(None);
    };
    let mut turnovers: BTreeMap<(Spot, ProductId), Turnover> = BTreeMap::new();
    for row in lines(conn, institution, (first.number(), last.month))? {
        let (key, line) = row.parse()?;
        turnovers.entry(key).or_default().add(&line.turnover)?;
    }
    // A ledger whose first month they are began with nothing.
    let before = first.previous().number();
    let clause = "WHERE institution_id = ? AND month = ?";
    let key = [Cell::Int(&institution.get()), Cell::Int(&before)];
    let begin: Vec<MonthEndRow> = select(conn, clause, &key)?;
    Ok(Some(Closed {
        begin: begin.first().map_or(0, |end| end.size),
        // Before the first month of a ledger there was nothing.
        opening: closing(conn, institution, before)?,
        turnovers,
        size: last.size,
    }))
}
