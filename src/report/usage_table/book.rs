//! What the postings of a period say: opening, in, out and closing of each line, in base units.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use crate::{
    domain::{
        facts::Facts,
        ids::ProductId,
        month::Month,
        time::Time,
        usage::{AmountLine, Spot, Turnover, Turnovers},
    },
    report::{Scope, add, whereabouts::whereabouts},
    store::{
        StoreError,
        conn::Db,
        months,
        schema::{PostingRow, ReversalRow},
        table::{Cell, select},
    },
};

/// Postings read at a time.
const PAGE: i64 = 10_000;

/// One product at one place, or with persons, base units.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Account {
    pub opening: i64,
    pub turnover: Turnover,
    pub closing: i64,
}

impl Account {
    /// Nothing was there and nothing happened.
    pub fn is_idle(&self) -> bool {
        self.opening == 0 && self.closing == 0 && self.turnover.is_idle()
    }
}

/// Every line of a period before it is printed.
pub(in crate::report) type Accounts = BTreeMap<(Spot, ProductId), Account>;

/// Reads what the entries of `period`, which begins and ends at these moments, did in a ledger of `all`.
pub(super) fn accounts(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    (period, from, to): (Range<i64>, Time, Time),
    all: i64,
) -> Result<Accounts, StoreError> {
    let begin = period.start;
    let accounts = unchecked(conn, scope, facts, (period, from, to), all)?;
    let mut openings = accounts.values().map(|account| account.opening);
    if begin == 0 && openings.any(|opening| opening != 0) {
        let what = "they say that something was there before the first entry".to_owned();
        return Err(StoreError::Row("posting", what));
    }
    Ok(accounts)
}

/// The same, whether or not it fits what is there now: for who names the gap.
pub(in crate::report) fn unchecked(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    (period, from, to): (Range<i64>, Time, Time),
    all: i64,
) -> Result<Accounts, StoreError> {
    let mut accounts = Accounts::new();
    // What containers say; what moved, and with it the opening, comes from the postings.
    for (key, total) in whereabouts(conn, scope, facts, (period.end, all))? {
        accounts.entry(key).or_default().closing = total.amount;
    }

    // The entries up to the first month that begins in the period, the months that are closed from there on,
    // then the entries behind them.
    let first = Month::beginning(from).unwrap_or_else(|| Month::of(from).next());
    let closed = months::closed(conn, scope.institution, first, to)?;
    let closed = closed.filter(|closed| closed.begin >= period.start);
    let mut before = Turnovers::default();
    let mut rest = period.clone();
    if let Some(closed) = &closed {
        let head = period.start..closed.begin;
        book(conn, scope, head, &mut before)?;
        rest.start = closed.size;
        for (key, turnover) in &closed.turnovers {
            let account = accounts.entry(*key).or_default();
            account.turnover.add(turnover)?;
        }
    }
    let mut booked = Turnovers::default();
    book(conn, scope, rest, &mut booked)?;
    for (key, turnover) in before.flows.iter().chain(&booked.flows) {
        let account = accounts.entry(*key).or_default();
        account.turnover.add(turnover)?;
    }
    // Never from the turnover, which it is held against.
    if let Some(closed) = closed {
        for (key, total) in closed.opening {
            accounts.entry(key).or_default().opening = total.amount;
        }
        for (key, grown) in &before.grown {
            add(&mut accounts.entry(*key).or_default().opening, -*grown)?;
        }
    } else {
        for (key, account) in &mut accounts {
            account.opening = account.closing;
            let grown = booked.grown.get(key).copied().unwrap_or_default();
            add(&mut account.opening, -grown)?;
        }
    }
    Ok(accounts)
}

/// Books what some entries did.
fn book(
    conn: &mut Db,
    scope: &Scope,
    entries: Range<i64>,
    booked: &mut Turnovers,
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let reversals = reversals(conn, scope, &entries)?;
    each_entry(conn, scope, entries, |seq, lines| {
        Ok(booked.book(seq, lines, reversals.contains(&seq))?)
    })
}

/// The entries of a period that take others back.
fn reversals(
    conn: &mut Db,
    scope: &Scope,
    period: &Range<i64>,
) -> Result<BTreeSet<i64>, StoreError> {
    let clause = "WHERE institution_id = ? AND seq >= ? AND seq < ?";
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&period.start),
        Cell::Int(&period.end),
    ];
    let rows: Vec<ReversalRow> = select(conn, clause, &key)?;
    Ok(rows.into_iter().map(|row| row.seq).collect())
}

/// Hands over the postings of some entries, entry by entry.
fn each_entry(
    conn: &mut Db,
    scope: &Scope,
    entries: Range<i64>,
    mut each: impl FnMut(i64, &[AmountLine]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut seq, mut line) = (entries.start, -1);
    let mut lines: Vec<AmountLine> = Vec::new();
    loop {
        let clause = "WHERE institution_id = ? AND (seq, line) > (?, ?) AND seq < ? \
                      ORDER BY seq, line LIMIT ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&seq),
            Cell::Int(&line),
            Cell::Int(&entries.end),
            Cell::Int(&PAGE),
        ];
        let page: Vec<PostingRow> = select(conn, clause, &key)?;
        if page.is_empty() {
            return each(seq, &lines);
        }
        for row in page {
            if row.seq != seq {
                each(seq, &lines)?;
                lines.clear();
            }
            (seq, line) = (row.seq, row.line);
            lines.push(AmountLine::of(seq, &row.parse()?)?);
        }
    }
}
