//! 月结: the months of a ledger that are over, so that a report of one need not read its entries.
//!
//! A month is closed when an entry of a later one is in the ledger: times do not decrease, so nothing
//! is ever added to it again. Until then, and wherever its lines are not there yet, reports reckon from
//! the entries themselves. What was where at its end is a balance (`balances`). `verify` reckons every line
//! anew.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::domain::{
    ids::{InstitutionId, ProductId},
    ledger::{Effects, Kind},
    month::Month,
    time::Time,
    usage::{Months, Spot, Totals, Turnover, UsageError},
};

use super::{
    StoreError,
    balances::{self, Balance, Changes, place_of, spot_of},
    conn::Db,
    rows::{json, number, parsed, to_json},
    schema::{EntryRow, LogHeadRow, MonthEndRow, MonthLineRow},
    table::{Cell, insert, select},
};

/// Entries read at a time.
const PAGE: i64 = 2_000;

impl From<UsageError> for StoreError {
    fn from(error: UsageError) -> Self {
        Self::Row("posting", error.to_string())
    }
}

/// What is reckoned from entries once, outside the write path.
#[derive(Debug)]
pub(crate) enum Reckoned {
    /// What was where after so many entries.
    Balance(Balance),
    /// A month that is over.
    Month(ClosedMonth),
}

impl Reckoned {
    pub(super) fn insert(&self, conn: &mut Db) -> QueryResult<()> {
        match self {
            Self::Balance(balance) => balance.insert(conn),
            Self::Month(month) => month.insert(conn),
        }
    }

    /// Whether it is a month.
    pub(crate) const fn is_month(&self) -> bool {
        matches!(self, Self::Month(_))
    }

    /// Whether both are of the same entries.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Balance(one), Self::Balance(other)) => one.after == other.after,
            (Self::Month(one), Self::Month(other)) => one.end == other.end,
            (Self::Balance(_), Self::Month(_)) | (Self::Month(_), Self::Balance(_)) => false,
        }
    }
}

/// A month that is over, as it is stored.
#[derive(Debug)]
pub(crate) struct ClosedMonth {
    pub(super) end: MonthEndRow,
    pub(super) lines: Vec<MonthLineRow>,
    /// What was where at its end, where that is not known yet.
    pub(super) balance: Option<Balance>,
}

impl ClosedMonth {
    pub(super) fn of(
        institution: InstitutionId,
        month: Month,
        size: i64,
        months: &mut Months,
    ) -> Result<Self, StoreError> {
        let (institution_id, number) = (institution.get(), month.number());
        let lines = months.close().into_iter().map(|((spot, product), moved)| {
            Ok(MonthLineRow {
                institution_id,
                month: number,
                place_id: place_of(spot),
                product_id: product.get(),
                turnover: to_json(&moved)?,
            })
        });
        Ok(Self {
            lines: lines.collect::<Result<_, StoreError>>()?,
            balance: Some(Balance::of(institution, size, months.balance())),
            end: MonthEndRow {
                institution_id,
                month: number,
                size,
            },
        })
    }

    fn insert(&self, conn: &mut Db) -> QueryResult<()> {
        insert(conn, std::slice::from_ref(&self.end))?;
        insert(conn, &self.lines)?;
        self.balance
            .as_ref()
            .map_or(Ok(()), |balance| balance.insert(conn))
    }
}

impl MonthEndRow {
    fn month(&self) -> Result<Month, StoreError> {
        let none = || StoreError::Row("month_end", format!("no month {}", self.month));
        Month::from_number(self.month).ok_or_else(none)
    }
}

impl MonthLineRow {
    fn parse(self) -> Result<((Spot, ProductId), Turnover), StoreError> {
        const TABLE: &str = "month_line";
        let turnover = json(TABLE, &self.turnover)?;
        let key = (
            spot_of(TABLE, self.place_id)?,
            number(TABLE, self.product_id)?,
        );
        Ok((key, turnover))
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

/// What is to be reckoned next of a ledger: balances first, for they are of the present, too.
pub(crate) fn next(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Option<Reckoned>, StoreError> {
    if let Some(balance) = balances::next(conn, institution)? {
        return Ok(Some(Reckoned::Balance(balance)));
    }
    Ok(over(conn, institution)?.map(Reckoned::Month))
}

/// The next month of a ledger that is over and not closed yet.
fn over(conn: &mut Db, institution: InstitutionId) -> Result<Option<ClosedMonth>, StoreError> {
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
            balances::after(conn, institution, last.size)?,
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
    let mut products = Changes::of(institution);
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
            products.know(&effects);
            months.entry(row.seq, lines, kind == Kind::Reverse, |serial| {
                products.product(conn, serial)
            })?;
        }
    }
    let mut closed = ClosedMonth::of(institution, month, size, &mut months)?;
    if balances::is_known(conn, institution, size)? {
        closed.balance = None;
    }
    Ok(Some(closed))
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
        let (key, turnover) = row.parse()?;
        turnovers.entry(key).or_default().add(&turnover)?;
    }
    // A ledger whose first month they are began with nothing.
    let before = first.previous().number();
    let clause = "WHERE institution_id = ? AND month = ?";
    let key = [Cell::Int(&institution.get()), Cell::Int(&before)];
    let begin: Vec<MonthEndRow> = select(conn, clause, &key)?;
    let begin = begin.first().map_or(0, |end| end.size);
    Ok(Some(Closed {
        begin,
        opening: balances::after(conn, institution, begin)?,
        turnovers,
        size: last.size,
    }))
}
