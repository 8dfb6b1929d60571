//! What the postings of a period say: opening, in, out and closing of each line, in base units.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use crate::{
    domain::{facts::Facts, ids::ProductId, ledger, words::words},
    report::{
        Scope, add,
        whereabouts::{Spot, present},
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{PostingRow, ReversalRow},
        table::{Cell, select},
    },
};

/// Postings read at a time.
const PAGE: i64 = 10_000;

words! {
    /// 收支项目: why an amount came to where it counts, or went from there.
    Flow {
        /// 验收入库, from a supplier.
        Received = "received" "验收入库",
        /// 期初入账: it was there when the book began.
        OpeningStock = "opening_stock" "期初入账",
        /// 分装, between containers.
        Split = "split" "分装",
        /// 移库, between places.
        Moved = "moved" "移库",
        /// 领用, from a place to a person.
        CheckedOut = "checked_out" "领用",
        /// 归还, from a person to a place.
        Returned = "returned" "归还",
        /// 使用, by a person or straight from a container.
        Used = "used" "使用",
        /// 转废: it became waste, which is out of stock.
        Wasted = "wasted" "转废",
        /// 调出, to another institution: it is on the road, there, or was lost on the way.
        TransferredOut = "transferred_out" "调出",
        /// 调入, from another institution.
        TransferredIn = "transferred_in" "调入",
        /// 退回入库, of what another institution refused.
        Reclaimed = "reclaimed" "退回入库",
        /// 冲正 of an entry of this or an earlier period, whatever it had done.
        Corrected = "corrected" "冲正",
    }
}

/// How an amount can come.
pub(super) const INS: [Flow; 9] = [
    Flow::Received,
    Flow::OpeningStock,
    Flow::Split,
    Flow::Moved,
    Flow::CheckedOut,
    Flow::Returned,
    Flow::TransferredIn,
    Flow::Reclaimed,
    Flow::Corrected,
];

/// How it can go.
pub(super) const OUTS: [Flow; 8] = [
    Flow::Split,
    Flow::Moved,
    Flow::CheckedOut,
    Flow::Returned,
    Flow::Used,
    Flow::Wasted,
    Flow::TransferredOut,
    Flow::Corrected,
];

/// One product at one place, or with persons, base units.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub opening: i64,
    pub ins: BTreeMap<Flow, i64>,
    pub outs: BTreeMap<Flow, i64>,
    pub use_corrected: i64,
    pub closing: i64,
}

impl Account {
    /// Nothing was there and nothing happened.
    pub fn is_idle(&self) -> bool {
        self.opening == 0 && self.closing == 0 && self.ins.is_empty() && self.outs.is_empty()
    }
}

/// Every line of a period before it is printed.
#[derive(Default)]
pub(super) struct Book {
    /// The lines.
    pub accounts: BTreeMap<(Spot, ProductId), Account>,
    /// The entries of the period that take others back.
    reversals: BTreeSet<i64>,
}

impl Book {
    /// Reads what the entries of `period` did in a ledger of `all`.
    pub fn read(
        conn: &mut Db,
        scope: &Scope,
        facts: &Facts,
        period: Range<i64>,
        all: i64,
    ) -> Result<Self, StoreError> {
        let mut book = Self::default();
        for (key, total) in present(conn, facts)? {
            book.accounts.entry(key).or_default().closing = total.amount;
        }
        each_entry(conn, scope, period.end..all, |_, lines| {
            for line in lines {
                if let End::Spot(spot) = line.end {
                    let account = book.accounts.entry((spot, line.product)).or_default();
                    add(&mut account.closing, -line.amount)?;
                }
            }
            Ok(())
        })?;
        for account in book.accounts.values_mut() {
            account.opening = account.closing;
        }
        let clause = "WHERE institution_id = ? AND seq >= ? AND seq < ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&period.start),
            Cell::Int(&period.end),
        ];
        let reversals: Vec<ReversalRow> = select(conn, clause, &key)?;
        book.reversals = reversals.into_iter().map(|row| row.seq).collect();
        let is_from_the_beginning = period.start == 0;
        each_entry(conn, scope, period, |seq, lines| book.entry(seq, lines))?;
        let mut openings = book.accounts.values().map(|account| account.opening);
        if is_from_the_beginning && openings.any(|opening| opening != 0) {
            let what = "they say that something was there before the first entry".to_owned();
            return Err(StoreError::Row("posting", what));
        }
        Ok(book)
    }

    /// Books an entry of the period: what it did on each container, as transfers.
    fn entry(&mut self, seq: i64, lines: &[Line]) -> Result<(), StoreError> {
        let mut ends: BTreeMap<(i64, ProductId), BTreeMap<End, i64>> = BTreeMap::new();
        for line in lines {
            let container = ends.entry((line.serial, line.product)).or_default();
            add(container.entry(line.end).or_default(), line.amount)?;
            if let End::Spot(spot) = line.end {
                let account = self.accounts.entry((spot, line.product)).or_default();
                add(&mut account.opening, -line.amount)?;
            }
        }
        let is_reversal = self.reversals.contains(&seq);
        let mut between: BTreeMap<ProductId, i64> = BTreeMap::new();
        for ((_, product), mut ends) in ends {
            // What the lines on one container leave open went to or came from another one.
            let mut open = 0;
            for amount in ends.values() {
                add(&mut open, *amount)?;
            }
            add(between.entry(product).or_default(), open)?;
            ends.insert(End::Elsewhere, -open);
            for transfer in transfers(ends) {
                self.transfer(product, transfer, is_reversal)?;
            }
        }
        if between.values().any(|open| *open != 0) {
            let what = format!("entry {seq} does not balance");
            return Err(StoreError::Row("posting", what));
        }
        Ok(())
    }

    fn transfer(
        &mut self,
        product: ProductId,
        (from, to, amount): (End, End, i64),
        is_reversal: bool,
    ) -> Result<(), StoreError> {
        let flow = if is_reversal {
            Flow::Corrected
        } else {
            flow(from, to)
        };
        if let End::Spot(spot) = from {
            let account = self.accounts.entry((spot, product)).or_default();
            add(account.outs.entry(flow).or_default(), amount)?;
        }
        if let End::Spot(spot) = to {
            let account = self.accounts.entry((spot, product)).or_default();
            add(account.ins.entry(flow).or_default(), amount)?;
            // Seen the other way round it is what was taken back.
            if is_reversal && self::flow(to, from) == Flow::Used {
                add(&mut account.use_corrected, amount)?;
            }
        }
        Ok(())
    }
}

/// Where an amount comes from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Supplier,
    Opening,
    Spot(Spot),
    /// Another container.
    Elsewhere,
    Consumed,
    /// Waste, here still or gone.
    Waste,
    /// On the road to another institution, or lost on it.
    Road,
    /// At another institution.
    Peer,
}

/// A posting as far as the table needs it.
struct Line {
    serial: i64,
    product: ProductId,
    end: End,
    amount: i64,
}

impl Line {
    fn of(row: &PostingRow) -> Result<Self, StoreError> {
        const TABLE: &str = "posting";
        let end = match rows::parsed(TABLE, &row.account)? {
            ledger::Account::Supplier => End::Supplier,
            ledger::Account::Opening => End::Opening,
            ledger::Account::Consumed => End::Consumed,
            ledger::Account::Waste | ledger::Account::Disposed => End::Waste,
            ledger::Account::InTransit | ledger::Account::Lost | ledger::Account::Variance => {
                End::Road
            }
            ledger::Account::Peer => End::Peer,
            ledger::Account::Held => End::Spot(Spot::Persons),
            ledger::Account::Container => match (row.holder_id, row.place_id) {
                (Some(_), _) => End::Spot(Spot::Persons),
                (None, Some(place)) => End::Spot(Spot::Place(rows::number(TABLE, place)?)),
                (None, None) => {
                    let what = format!("entry {}: a container nowhere", row.seq);
                    return Err(StoreError::Row(TABLE, what));
                }
            },
        };
        Ok(Self {
            serial: row.serial,
            product: rows::number(TABLE, row.product_id)?,
            end,
            amount: row.amount,
        })
    }
}

/// What moved from where to where, given what each end lost or got; together they got what they lost.
fn transfers(ends: BTreeMap<End, i64>) -> Vec<(End, End, i64)> {
    let mut losers: Vec<_> = ends
        .iter()
        .filter(|(_, amount)| **amount < 0)
        .map(|(end, amount)| (*end, -amount))
        .collect();
    let mut moved = Vec::new();
    for (to, mut missing) in ends.into_iter().filter(|(_, amount)| *amount > 0) {
        for (from, left) in &mut losers {
            let amount = missing.min(*left);
            if amount > 0 {
                moved.push((*from, to, amount));
            }
            missing -= amount;
            *left -= amount;
        }
    }
    moved
}

/// The column of what went from one end to another.
const fn flow(from: End, to: End) -> Flow {
    match (from, to) {
        (End::Supplier, _) => Flow::Received,
        (End::Opening, _) => Flow::OpeningStock,
        (_, End::Consumed) => Flow::Used,
        (_, End::Waste) => Flow::Wasted,
        (End::Peer, End::Spot(_)) => Flow::TransferredIn,
        (End::Road, End::Spot(_)) => Flow::Reclaimed,
        (_, End::Road | End::Peer) => Flow::TransferredOut,
        (End::Elsewhere, _) | (_, End::Elsewhere) => Flow::Split,
        (End::Spot(Spot::Place(_)), End::Spot(Spot::Persons)) => Flow::CheckedOut,
        (End::Spot(Spot::Persons), End::Spot(Spot::Place(_))) => Flow::Returned,
        (End::Spot(_), End::Spot(_)) => Flow::Moved,
        // Against the current: only a reversal does so.
        (End::Consumed | End::Waste | End::Road | End::Peer, _)
        | (_, End::Supplier | End::Opening) => Flow::Corrected,
    }
}

/// Hands over the postings of some entries, entry by entry.
fn each_entry(
    conn: &mut Db,
    scope: &Scope,
    entries: Range<i64>,
    mut each: impl FnMut(i64, &[Line]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut seq, mut line) = (entries.start, -1);
    let mut lines: Vec<Line> = Vec::new();
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
            lines.push(Line::of(&row)?);
        }
    }
}
