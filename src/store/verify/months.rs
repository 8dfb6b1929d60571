//! The months that are over and the balances, reckoned again from the entries.

use std::collections::BTreeSet;

use crate::{
    domain::{
        facts::Facts,
        ids::{ProductId, Serial},
        ledger::{Kind, Record},
        month::Month,
        usage::Months,
    },
    store::{
        StoreError,
        balances::Balance,
        conn::Db,
        months::ClosedMonth,
        schema::{BalanceRow, MonthEndRow},
        table::{Cell, select},
    },
};

use super::Walk;

/// Every month of a ledger that is over, and what was where after as many entries as are known.
#[derive(Default)]
pub(super) struct ClosedMonths {
    current: Option<Month>,
    months: Months,
    closed: Vec<ClosedMonth>,
    known: BTreeSet<i64>,
    balances: Vec<Balance>,
}

impl ClosedMonths {
    /// Books an entry that was applied; one of a later month closes those before it.
    pub(super) fn entry(&mut self, record: &Record, facts: &Facts) -> Result<(), StoreError> {
        let (seq, month) = (record.seq.get(), Month::of(record.recorded_at));
        let mut current = self.current.unwrap_or(month);
        while current < month {
            let closed = ClosedMonth::of(record.institution, current, seq, &mut self.months)?;
            self.closed.push(closed);
            current = current.next();
        }
        self.current = Some(month);
        let product = |serial: Serial| -> Result<ProductId, StoreError> {
            let container = facts.stock.containers.get(serial);
            let none = || StoreError::Row("container", format!("no container {serial}"));
            Ok(container.ok_or_else(none)?.identity.product)
        };
        let lines = (record.containers.as_slice(), record.postings.as_slice());
        let is_reversal = record.act.kind() == Kind::Reverse;
        self.months.entry(seq, lines, is_reversal, product)?;
        if self.known.contains(&(seq + 1)) {
            let balance = Balance::of(record.institution, seq + 1, self.months.balance());
            self.balances.push(balance);
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// Notes after how many entries there is a balance, before they are walked.
    pub(super) fn known_balances(&mut self, conn: &mut Db) -> Result<(), StoreError> {
        let clause = "WHERE institution_id = ?";
        let known: Vec<BalanceRow> = select(conn, clause, &[Cell::Int(&self.institution.get())])?;
        self.months.known = known.into_iter().map(|row| row.size).collect();
        Ok(())
    }

    /// A month may wait to be closed, but none that is closed was left out.
    pub(super) fn closed_months(&mut self, conn: &mut Db) -> Result<(), StoreError> {
        let clause = "WHERE institution_id = ? ORDER BY month DESC LIMIT 1";
        let key = [Cell::Int(&self.institution.get())];
        let last: Vec<MonthEndRow> = select(conn, clause, &key)?;
        let last = last.first().map_or(0, |row| row.month);
        let closed = std::mem::take(&mut self.months.closed);
        let closed = closed.into_iter().filter(|month| month.end.month <= last);
        let (mut ends, mut lines) = (Vec::new(), Vec::new());
        let mut balances = std::mem::take(&mut self.months.balances);
        for month in closed {
            ends.push(month.end);
            lines.extend(month.lines);
            balances.extend(month.balance);
        }
        self.compare(conn, ends)?;
        self.compare(conn, lines)?;
        // Months in which nothing was written end with the same balance.
        balances.sort_by_key(|balance| balance.after.size);
        balances.dedup_by_key(|balance| balance.after.size);
        let (mut known, mut lines) = (Vec::new(), Vec::new());
        for balance in balances {
            known.push(balance.after);
            lines.extend(balance.lines);
        }
        self.compare(conn, known)?;
        self.compare(conn, lines)
    }
}
