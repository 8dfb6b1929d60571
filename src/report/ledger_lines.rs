//! 流水: the ledger line by line, one for each posting, of a period or of all of it.
//!
//! Made to be taken away whole: what is asked of the database are the postings and the entries that they are of,
//! a page at a time, and of an entry only what a line tells is read.

use std::{collections::HashMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    Page, Query, Scope,
    lists::{Cell as SheetCell, Paged, Stamp, days},
    moment::{has_come, head_at, size_before},
    path, person_name, product,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{Cas, IdError, PlaceId, ProductId, Seq, Serial},
        ledger::{Account, Head, Kind},
        quantity::Quantity,
        refusal::Refusal,
        time::{Time, When},
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{EntryRow, PostingRow},
        table::{Cell, select},
    },
};

/// Asks for the lines of the ledger in the order in which they were written.
#[derive(Clone, Debug)]
pub struct LedgerLines {
    /// Where the period begins; with the first entry if absent.
    pub from: Option<When>,
    /// Where it ends: a day counts in full; with the last entry if absent.
    pub to: Option<When>,
    /// Only behind this line.
    pub after: Option<LineAt>,
    /// Most lines.
    pub limit: usize,
}

/// Where a line stands: its entry, and its number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineAt(Seq, u32);

impl fmt::Display for LineAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for LineAt {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (seq, line) = text.split_once('-').unwrap_or((text, ""));
        // A line is numbered as an entry is.
        let line: Seq = line.parse()?;
        Ok(Self(
            seq.parse()?,
            u32::try_from(line.get()).unwrap_or(u32::MAX),
        ))
    }
}

/// One posting.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerLine {
    /// The entry.
    pub seq: Seq,
    /// Its number in the entry, from 0.
    pub line: u32,
    /// What kind of act.
    pub kind: Kind,
    /// When it was written.
    pub recorded_at: Time,
    /// When it happened, as claimed.
    pub occurred_at: Time,
    /// Who sent it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Where the amount came to, or went from.
    pub account: Account,
    /// The number of the container: the second eight digits of its label.
    pub container: Serial,
    /// What.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// CAS number.
    pub cas: Option<Cas>,
    /// How much came.
    pub r#in: Option<Quantity>,
    /// How much went.
    pub out: Option<Quantity>,
    /// At which place.
    pub place: Option<PlaceId>,
    /// Its names, from the outside in.
    pub place_path: Option<String>,
    /// With whom.
    pub holder_name: Option<String>,
    /// The checkout that it is held since.
    pub checkout: Option<Seq>,
}

/// A part of the lines.
#[derive(Clone, Debug)]
pub struct LedgerPart {
    /// The lines.
    pub page: Page<LedgerLine>,
    /// The first moment of the period.
    pub from: Time,
    /// The first moment behind it.
    pub to: Option<Time>,
    /// The ledger at its end.
    pub head: Head,
}

/// Of an entry what a line tells; the rest is not kept.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    actor: Name<'a>,
    #[serde(borrow, default)]
    reason: std::borrow::Cow<'a, str>,
    occurred_at: Option<Time>,
}

#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
}

impl Query for LedgerLines {
    type Answer = Result<LedgerPart, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        for when in [self.from, self.to].into_iter().flatten() {
            if let Err(refusal) = has_come(when, scope) {
                return Ok(Err(refusal));
            }
        }
        let founded = facts.register.founded_at.unwrap_or_default();
        let (given, to) = (self.from.map(When::begin), self.to.map(When::end));
        if let (Some(from), Some(to)) = (given, to)
            && from >= to
        {
            return Ok(Err(Refusal::PeriodReversed { from, to }));
        }
        let from = given.unwrap_or_else(|| to.map_or(founded, |to| founded.min(to)));
        let all = snapshot.as_of_seq.get() + 1;
        let end = match to {
            Some(to) => size_before(conn, scope, to, all)?,
            None => all,
        };
        let begin = match self.from {
            Some(from) => size_before(conn, scope, from.begin(), end)?,
            None => 0,
        };
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let (after, line) = match self.after {
            Some(LineAt(seq, line)) => (seq.get(), i64::from(line)),
            None => (begin, -1),
        };
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&after),
            Cell::Int(&line),
            Cell::Int(&end),
            Cell::Int(&limit),
        ];
        let clause = "WHERE institution_id = ? AND (seq, line) > (?, ?) AND seq < ? \
                      ORDER BY seq, line LIMIT ?";
        let postings: Vec<PostingRow> = select(conn, clause, &key)?;
        let is_full = postings.len() >= self.limit;
        let entries = entries_of(conn, scope, &postings)?;
        let last = postings.last().map(|last| (last.seq, last.line));
        let next = match last.filter(|_| is_full) {
            Some((seq, line)) => {
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                Some(LineAt(rows::number("posting", seq)?, line))
            }
            None => None,
        };
        // What is not told is left out with all its lines: the rest of an entry still sums to zero.
        let mut items = lines(facts, postings, &entries)?;
        let today = scope.now.china_day();
        items.retain(|line| {
            let of = facts.register.products.get(line.product);
            of.is_none_or(|product| !scope.withholds(&product.classes_on(today)))
        });
        Ok(Ok(LedgerPart {
            page: Page {
                next: next.map(|last| last.to_string()),
                items,
                total: None,
                as_of_seq: Some(snapshot.as_of_seq),
            },
            from,
            to,
            head: head_at(conn, scope, end)?,
        }))
    }
}

/// The entries that the postings are of, in their order.
fn entries_of(
    conn: &mut Db,
    scope: &Scope,
    postings: &[PostingRow],
) -> Result<Vec<EntryRow>, StoreError> {
    let (Some(first), Some(last)) = (postings.first(), postings.last()) else {
        return Ok(Vec::new());
    };
    let next = |two: &&[PostingRow]| matches!(two, [a, b] if a.seq != b.seq);
    let moving = postings.windows(2).filter(next).count();
    let moving = i64::try_from(moving).unwrap_or(i64::MAX);
    let institution = scope.institution.get();
    let key = [
        Cell::Int(&institution),
        Cell::Int(&first.seq),
        Cell::Int(&last.seq),
        Cell::Int(&institution),
        Cell::Int(&first.seq),
        Cell::Int(&last.seq),
    ];
    // Mostly every entry moves something. Between two movements there may be many that move nothing, and then
    // the postings are asked which.
    if last.seq - first.seq <= moving.saturating_mul(2) {
        let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq <= ? ORDER BY seq";
        let [institution, first, last, ..] = key;
        return Ok(select(conn, clause, &[institution, first, last])?);
    }
    let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq <= ? AND seq IN \
                  (SELECT seq FROM posting WHERE institution_id = ? AND seq >= ? AND seq <= ?) \
                  ORDER BY seq";
    Ok(select(conn, clause, &key)?)
}

fn lines(
    facts: &Facts,
    postings: Vec<PostingRow>,
    entries: &[EntryRow],
) -> Result<Vec<LedgerLine>, StoreError> {
    let mut lines = Vec::with_capacity(postings.len());
    let mut places: HashMap<PlaceId, String> = HashMap::new();
    let mut entries = entries.iter();
    let mut current: Option<(&EntryRow, Kind, Told<'_>)> = None;
    for posting in postings {
        if current
            .as_ref()
            .is_none_or(|(row, ..)| row.seq != posting.seq)
        {
            let none = || StoreError::Row("entry", format!("no entry {}", posting.seq));
            let row = entries
                .find(|row| row.seq == posting.seq)
                .ok_or_else(none)?;
            let bad = |error: String| StoreError::Row("entry", error);
            let kind = row.kind.parse().map_err(|_| bad(row.kind.clone()))?;
            let told =
                serde_json::from_slice(&row.bytes).map_err(|error| bad(error.to_string()))?;
            current = Some((row, kind, told));
        }
        let Some((row, kind, told)) = &current else {
            continue;
        };
        let product = product(facts, rows::number("posting", posting.product_id)?)?;
        let amount = posting.amount;
        let quantity = || super::quantity(product.dimension, amount.saturating_abs());
        let place: Option<PlaceId> = posting
            .place_id
            .map(|id| rows::number("posting", id))
            .transpose()?;
        let named = |id: PlaceId| {
            let known = places.entry(id);
            known.or_insert_with(|| path(facts, id).join(" / ")).clone()
        };
        let holder = posting
            .holder_id
            .map(|id| rows::number("posting", id))
            .transpose()?;
        let recorded_at = Time::from_millis(row.recorded_at);
        lines.push(LedgerLine {
            seq: rows::number("posting", posting.seq)?,
            line: u32::try_from(posting.line)
                .map_err(|error| StoreError::Row("posting", error.to_string()))?,
            kind: *kind,
            recorded_at,
            occurred_at: told.occurred_at.unwrap_or(recorded_at),
            actor: told.actor.name.clone().into_owned(),
            reason: told.reason.clone().into_owned(),
            account: posting
                .account
                .parse()
                .map_err(|_| StoreError::Row("posting", posting.account.clone()))?,
            container: rows::number("posting", posting.serial)?,
            product: product.id,
            name: product.name.clone(),
            cas: product.cas.clone(),
            r#in: (amount > 0).then(quantity).transpose()?,
            out: (amount < 0).then(quantity).transpose()?,
            place,
            place_path: place.map(named),
            holder_name: holder.and_then(|holder| person_name(facts, holder)),
            checkout: posting
                .checkout_seq
                .map(|seq| rows::number("posting", seq))
                .transpose()?,
        });
    }
    Ok(lines)
}

impl Paged for LedgerPart {
    type Item = LedgerLine;

    fn stamp(&self) -> Option<Stamp> {
        Some(Stamp::Period(days(self.from, self.to), self.head))
    }

    fn page(self) -> Result<Page<LedgerLine>, Refusal> {
        Ok(self.page)
    }

    /// The same as the columns of the list say, without the way over JSON: a year of a ledger is long.
    fn cells<'i>(item: &'i LedgerLine, into: &mut Vec<SheetCell<'i>>) -> bool {
        let text = |text: &'i str| match text {
            "" => SheetCell::Empty,
            text => SheetCell::Text(text.into()),
        };
        let owned = |text: String| SheetCell::Text(text.into());
        let amount = |quantity: Option<Quantity>| {
            quantity.map_or(SheetCell::Empty, |one| {
                SheetCell::Number(one.in_plain_unit().value.into())
            })
        };
        let unit = item.r#in.or(item.out);
        into.extend([
            SheetCell::Number(item.seq.to_string().into()),
            SheetCell::Number(item.line.to_string().into()),
            text(item.kind.name_zh()),
            SheetCell::Time(item.recorded_at),
            SheetCell::Time(item.occurred_at),
            text(&item.actor),
            text(&item.reason),
            text(item.account.name_zh()),
            owned(item.container.to_string()),
            text(&item.name),
            item.cas
                .as_ref()
                .map_or(SheetCell::Empty, |cas| owned(cas.to_string())),
            amount(item.r#in),
            amount(item.out),
            unit.map_or(SheetCell::Empty, |one| {
                owned(one.in_plain_unit().unit.to_string())
            }),
            text(item.place_path.as_deref().unwrap_or_default()),
            text(item.holder_name.as_deref().unwrap_or_default()),
            item.checkout
                .map_or(SheetCell::Empty, |seq| owned(seq.to_string())),
        ]);
        true
    }
}
