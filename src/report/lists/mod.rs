//! Every list that can be taken as a file: its name, its columns, and how an item becomes lines of cells.
//!
//! A column says where its value stands in an item as the API answers it, what its heading is and what shape the
//! value has; so there is one way from a list to a spreadsheet. JSON lines are the items themselves.

mod asked;
mod columns;
mod counting;
mod keeping;
mod people;
mod purchasing;
mod reporting;
mod stock;
mod wasting;

use serde::Serialize;
use serde_json::Value;

use super::Page;
use crate::domain::{facts::Facts, ledger::Head, refusal::Refusal, time::Time};

pub(crate) use asked::told;
pub use columns::{Cell, Column, Shape};

/// A list that can be taken as a file.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The route that answers it, below `/api/v1`.
    pub route: &'static str,
    /// The word in the name of the file.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The pointer to a list inside each item, where every element of it has a line of its own.
    pub each: Option<&'static str>,
    /// The columns.
    pub columns: &'static [Column],
    /// The columns on paper, each by its heading with how wide it is against the others; a heading that is no column's
    /// is a blank to be filled in by hand. None: the list has no form on paper.
    pub print: &'static [(&'static str, i64)],
    /// Who signs a paper of it by hand below the last line.
    pub signatures: &'static [&'static str],
    /// Pointers to what only JSON lines carry: numbers of rows whose names stand in a column, hashes, ways.
    pub left_out: &'static [&'static str],
}

/// Every list.
pub const LISTS: &[&List] = &[
    &stock::CONTAINERS,
    &stock::STOCK,
    &stock::PLACES,
    &stock::PRODUCTS,
    &stock::HISTORY,
    &stock::HOLDINGS,
    &stock::TRANSFERS,
    &people::PEOPLE,
    &people::DEPARTMENTS,
    &people::APPOINTMENTS,
    &people::RELEASES,
    &people::SIGNING_REQUESTS,
    &purchasing::PERMITS,
    &purchasing::PERMIT_HISTORY,
    &purchasing::POLICIES,
    &purchasing::REQUESTS,
    &purchasing::ORDERS,
    &counting::STOCKTAKES,
    &counting::EXPECTED,
    &counting::FINDINGS,
    &counting::INCIDENTS,
    &keeping::HANDOVERS,
    &keeping::BOOKS,
    &keeping::BOOK_PLACES,
    &wasting::VESSELS,
    &wasting::POURED,
    &reporting::ENTRIES,
    &reporting::LINES,
    &reporting::AUDIT,
    &reporting::BOOK,
    &reporting::INSTITUTIONS,
    &reporting::PULLS,
    &reporting::SUBMISSIONS,
    &reporting::COUNTS,
    &reporting::COUNTED,
    &reporting::USAGE,
    &wasting::BALANCE,
    &wasting::CONTAINER_BALANCE,
];

impl List {
    /// The list that a route answers.
    #[must_use]
    pub fn of(route: &str) -> Option<&'static Self> {
        LISTS.iter().copied().find(|list| list.route == route)
    }

    /// The headings of a table of it.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        let columns = self.columns.iter().flat_map(Column::headings);
        std::iter::once("数据性质".to_owned())
            .chain(columns)
            .collect()
    }

    /// The lines of an item: one, or one for each element of its inner list.
    #[must_use]
    pub fn lines(
        &self,
        item: &Value,
        origin: &'static str,
        facts: &Facts,
    ) -> Vec<Vec<Cell<'static>>> {
        let inner = self
            .each
            .and_then(|each| item.pointer(each))
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let elements = if inner.is_empty() {
            vec![None]
        } else {
            inner.iter().map(Some).collect()
        };
        let line = |element: Option<&Value>| {
            let mut cells = vec![Cell::Text(origin.into())];
            for column in self.columns {
                let within = self.each.and_then(|each| column.at.strip_prefix(each));
                let value = match within {
                    Some(rest) => element.and_then(|element| element.pointer(rest)),
                    None => item.pointer(column.at),
                };
                column.cells(value, facts, &mut cells);
            }
            cells
        };
        elements.into_iter().map(line).collect()
    }
}

/// Of which state of which ledgers an answer is, for the name of a file.
#[derive(Clone, Debug)]
pub(crate) enum Stamp {
    /// Of a period or a day, and of the ledger with that head.
    Period(String, Head),
    /// Of a region: its code, the days, and the first digits of all heads.
    Region(String),
}

/// The days of a period in the name of a file.
pub(crate) fn days(from: Time, to: Option<Time>) -> String {
    let compact = |moment: Time| moment.china_day().format("%Y%m%d").to_string();
    match to {
        Some(to) => format!("{}-{}", compact(from), compact(to.plus_millis(-1))),
        None => compact(from),
    }
}

/// An answer that is a page of a list.
pub(crate) trait Paged: Send + 'static {
    /// What it lists.
    type Item: Serialize;

    /// Of which state it is, where that is not the present one.
    fn stamp(&self) -> Option<Stamp> {
        None
    }

    /// Adds the cells of an item as its columns say, where that is not left to the columns.
    fn cells<'i>(_item: &'i Self::Item, _into: &mut Vec<Cell<'i>>) -> bool {
        false
    }

    /// The page.
    ///
    /// # Errors
    /// Why there is none.
    fn page(self) -> Result<Page<Self::Item>, Refusal>;
}

impl<T: Serialize + Send + 'static> Paged for Page<T> {
    type Item = T;

    fn page(self) -> Result<Self, Refusal> {
        Ok(self)
    }
}

impl<P: Paged> Paged for Result<P, Refusal> {
    type Item = P::Item;

    fn stamp(&self) -> Option<Stamp> {
        self.as_ref().ok()?.stamp()
    }

    fn page(self) -> Result<Page<P::Item>, Refusal> {
        self?.page()
    }

    fn cells<'i>(item: &'i P::Item, into: &mut Vec<Cell<'i>>) -> bool {
        P::cells(item, into)
    }
}
