//! 双人台账: of everything that two persons keep, what came to the places and went from them, entry by entry,
//! with the balance before and after and both names (危险化学品安全法第四十、四十一条: 双人收发、双人保管,
//! 如实记录流向; columns as RULES §9).
//!
//! A balance is what the ledger holds at that line, carried from line to line. The whole book is carried from the
//! first entry on, never read from a total; a page or a period that begins later begins with what stood at the
//! places then (`whereabouts`), so that it costs what it shows and not what came before. What only moves from place to place changes none of the whole book and has no line in it; in the book
//! of one place it came or went.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use serde::Serialize;

use super::{
    Page, Query, Scope, hash,
    lists::{Paged, Stamp, days},
    moment::{has_come, head_at, size_before},
    person_name,
    places::walk,
    product, quantity,
    whereabouts::whereabouts,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{Cas, PlaceId, ProductId, Seq},
        ledger::{Act, Entry, Head, Kind, Part, Record},
        product::Product,
        quantity::Quantity,
        refusal::Refusal,
        signature::Signature,
        substance::ControlClass,
        time::{Time, When},
        usage::{Spot, Totals, change},
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::EntryRow,
        table::{Cell, select},
    },
};

/// Entries read at a time: this bounds the memory that the book takes.
const PAGE: i64 = 1_000;

/// Asks for the book.
#[derive(Clone, Debug, Default)]
pub struct ControlledBook {
    /// Only of this product.
    pub product: Option<ProductId>,
    /// Of this place and what lies in it; of all places if absent.
    pub place: Option<PlaceId>,
    /// Where the period begins; with the first entry if absent.
    pub from: Option<When>,
    /// Where it ends: a day counts in full; with the last entry if absent.
    pub to: Option<When>,
    /// Only behind this line.
    pub after: Option<String>,
    /// Most lines.
    pub limit: usize,
}

/// A line of the book.
#[derive(Clone, Debug, Serialize)]
pub struct ControlledLine {
    /// The entry.
    pub entry: Seq,
    /// When it was written.
    pub recorded_at: Time,
    /// What.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// 规格.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes on that day, strictest first.
    pub classes: Vec<ControlClass>,
    /// 上次结存.
    pub before: Quantity,
    /// 入库量.
    pub r#in: Option<Quantity>,
    /// 出库量.
    pub out: Option<Quantity>,
    /// 退回量.
    pub returned: Option<Quantity>,
    /// 本次结存.
    pub after: Quantity,
    /// What kind of act.
    pub kind: Kind,
    /// 用途.
    pub purpose: String,
    /// 领用部门.
    pub departments: Vec<String>,
    /// 领用人.
    pub receivers: Vec<String>,
    /// 保管人A, as they signed.
    pub keeper_a: Option<String>,
    /// 保管人B, as they signed.
    pub keeper_b: Option<String>,
    /// 复核人.
    pub approvers: Vec<String>,
    /// 备注: which entry it corrects, or that it was recorded later.
    pub remark: Option<String>,
    /// A correction: red on paper.
    pub is_correction: bool,
    /// The hash of the entry, base64.
    pub leaf_hash: String,
}

/// A part of the book.
#[derive(Clone, Debug)]
pub struct BookPart {
    /// The lines.
    pub page: Page<ControlledLine>,
    /// The first moment of the period.
    pub from: Time,
    /// The first moment behind it.
    pub to: Option<Time>,
    /// The ledger at its end.
    pub head: Head,
}

impl Query for ControlledBook {
    type Answer = Result<BookPart, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Err(refusal) = self.check(facts, scope) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let to = self.to.map(When::end);
        let end = match to {
            Some(to) => size_before(conn, scope, to, all)?,
            None => all,
        };
        let begin = match self.from {
            Some(from) => size_before(conn, scope, from.begin(), end)?,
            None => 0,
        };
        let after = self
            .after
            .as_deref()
            .map(|key| line_at(key).unwrap_or((end, 0)));
        let start = after.map_or(begin, |(entry, _)| entry.clamp(begin, end));
        let balances = self.standing(conn, scope, facts, (start, all))?;
        let mut lines = Vec::new();
        self.walk(conn, scope, facts, (start..end, balances), |line| {
            let at = (line.entry.get(), line.product.get());
            let is_told = self.place.is_none() || !scope.withholds(&line.classes);
            if is_told && after.is_none_or(|after| at > after) {
                lines.push(line);
            }
            Ok::<bool, StoreError>(lines.len() <= self.limit)
        })?;
        let key = |line: &ControlledLine| format!("{}-{}", line.entry, line.product);
        let founded = facts.register.founded_at.unwrap_or_default();
        Ok(Ok(BookPart {
            page: Page {
                as_of_seq: Some(snapshot.as_of_seq),
                ..Page::begun(lines, self.limit, key)
            },
            from: self.from.map_or(founded, When::begin),
            to,
            head: head_at(conn, scope, end)?,
        }))
    }
}

impl ControlledBook {
    fn check(&self, facts: &Facts, scope: &Scope) -> Result<(), Refusal> {
        for when in [self.from, self.to].into_iter().flatten() {
            has_come(when, scope)?;
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            let (from, to) = (from.begin(), to.end());
            if from >= to {
                return Err(Refusal::PeriodReversed { from, to });
            }
        }
        if let Some(place) = self.place
            && facts.register.places.get(place).is_none()
        {
            return Err(Refusal::PlaceUnknown { place });
        }
        if let Some(product) = self.product {
            facts.product(product)?;
        }
        Ok(())
    }

    /// Every line of the first `end` entries.
    pub(super) fn each<E: From<StoreError>>(
        &self,
        conn: &mut Db,
        scope: &Scope,
        facts: &Facts,
        end: i64,
        mut sink: impl FnMut(ControlledLine) -> Result<(), E>,
    ) -> Result<(), E> {
        let all = (0..end, BTreeMap::new());
        self.walk(conn, scope, facts, all, |line| sink(line).map(|()| true))
    }

    /// The place that was asked for and those in it, if one was.
    fn inside(&self, facts: &Facts) -> Option<BTreeSet<PlaceId>> {
        let below = walk(facts, Some(self.place?)).into_iter();
        Some(below.map(|(place, _)| place.id).collect())
    }

    /// What stood at the places when a ledger of `all` entries had `size` of them, by product.
    fn standing(
        &self,
        conn: &mut Db,
        scope: &Scope,
        facts: &Facts,
        (size, all): (i64, i64),
    ) -> Result<BTreeMap<ProductId, i64>, StoreError> {
        if size == 0 {
            return Ok(BTreeMap::new());
        }
        let totals = whereabouts(conn, scope, facts, (size, all))?;
        at_places(totals, self.inside(facts).as_ref())
    }

    /// Every line of some entries, before which that stood at the places, until the sink wants no more.
    fn walk<E: From<StoreError>>(
        &self,
        conn: &mut Db,
        scope: &Scope,
        facts: &Facts,
        (entries, mut balances): (Range<i64>, BTreeMap<ProductId, i64>),
        mut sink: impl FnMut(ControlledLine) -> Result<bool, E>,
    ) -> Result<(), E> {
        let inside = self.inside(facts);
        let (mut next, end) = (entries.start, entries.end);
        while next < end {
            let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq < ? \
                          ORDER BY seq LIMIT ?";
            let key = [
                Cell::Int(&scope.institution.get()),
                Cell::Int(&next),
                Cell::Int(&end),
                Cell::Int(&PAGE),
            ];
            let page: Vec<EntryRow> = select(conn, clause, &key).map_err(StoreError::from)?;
            if page.is_empty() {
                return Err(StoreError::Row("entry", format!("none from {next} on")).into());
            }
            for row in page {
                next = row.seq + 1;
                let entry = Entry::parse(&row.bytes).map_err(StoreError::from)?;
                let record = entry.record();
                for (id, amount) in moved(conn, scope, record, inside.as_ref())? {
                    let before = balances.get(&id).copied().unwrap_or_default();
                    let after = before.checked_add(amount).ok_or_else(overflow)?;
                    balances.insert(id, after);
                    let product = product(facts, id)?;
                    let is_wanted = self.product.is_none_or(|wanted| wanted == id);
                    if is_wanted && is_kept_by_two(product, record) {
                        let hash = hash(&row.leaf_hash)?.to_base64();
                        let amounts = (before, amount, after);
                        let line = ControlledLine::of(facts, record, product, amounts, hash)?;
                        if !sink(line)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn overflow() -> StoreError {
    StoreError::Row("entry", "a balance overflows".to_owned())
}

/// What an entry added to what stands at the places, by product; nothing of what stayed as it was.
fn moved(
    conn: &mut Db,
    scope: &Scope,
    record: &Record,
    inside: Option<&BTreeSet<PlaceId>>,
) -> Result<BTreeMap<ProductId, i64>, StoreError> {
    let mut totals = Totals::new();
    change(
        &mut totals,
        &record.containers,
        &record.postings,
        |serial| {
            let lines = record.postings.iter();
            let mut posted = lines.filter(|posting| posting.container == serial);
            if let Some(posting) = posted.next() {
                return Ok(posting.product);
            }
            let found = lookups::container(conn, scope.institution, serial)?;
            let none = || StoreError::Row("container", format!("no container {serial}"));
            Ok::<_, StoreError>(found.ok_or_else(none)?.identity.product)
        },
    )?;
    at_places(totals, inside)
}

/// What of totals is at the places, by product; nothing of what is none.
fn at_places(
    totals: Totals,
    inside: Option<&BTreeSet<PlaceId>>,
) -> Result<BTreeMap<ProductId, i64>, StoreError> {
    let mut sums: BTreeMap<ProductId, i64> = BTreeMap::new();
    for ((spot, product), total) in totals {
        let counts = match spot {
            Spot::Persons => false,
            Spot::Place(place) => inside.is_none_or(|inside| inside.contains(&place)),
        };
        if counts {
            let sum = sums.entry(product).or_default();
            *sum = sum.checked_add(total.amount).ok_or_else(overflow)?;
        }
    }
    sums.retain(|_, amount| *amount != 0);
    Ok(sums)
}

/// The entry and the product of a line, as a key says them.
fn line_at(key: &str) -> Option<(i64, i64)> {
    let (entry, product) = key.split_once('-')?;
    Some((entry.parse().ok()?, product.parse().ok()?))
}

/// Whether two persons kept it on the day of the entry.
fn is_kept_by_two(product: &Product, record: &Record) -> bool {
    let classes = product.classes_on(record.recorded_at.china_day());
    classes
        .into_iter()
        .any(ControlClass::is_controlled_by_default)
}

impl ControlledLine {
    fn of(
        facts: &Facts,
        record: &Record,
        product: &Product,
        (before, amount, after): (i64, i64, i64),
        leaf_hash: String,
    ) -> Result<Self, StoreError> {
        let kind = record.act.kind();
        let shown = |amount: i64| quantity(product.dimension, amount);
        let (mut came, mut went, mut returned) = (None, None, None);
        if amount < 0 {
            went = Some(shown(-amount)?);
        } else if kind == Kind::GiveBack {
            returned = Some(shown(amount)?);
        } else {
            came = Some(shown(amount)?);
        }
        let seated = |part: Part| {
            let seats = record.seats.iter().filter(move |seat| seat.part == part);
            seats.map(|seat| seat.person)
        };
        let names = |part: Part| -> Vec<String> {
            seated(part)
                .filter_map(|id| person_name(facts, id))
                .collect()
        };
        let departments = seated(Part::Receiver)
            .filter_map(|id| facts.register.persons.get(id)?.department)
            .filter_map(|id| Some(facts.register.departments.get(id)?.name.clone()));
        // The names as they signed, not as the register has them today.
        let signed = record.signed.iter().flat_map(|signed| &signed.signatures);
        let mut keepers = signed
            .map(Signature::statement)
            .filter(|statement| matches!(statement.part, Part::Issuer | Part::Acceptor))
            .map(|statement| statement.signer.name.clone());
        let (is_correction, remark) = if let Act::Reverse(reversal) = &record.act {
            (true, Some(format!("冲正第{}号记录", reversal.entry)))
        } else {
            (false, record.late.is_some().then(|| "补录".to_owned()))
        };
        Ok(Self {
            entry: record.seq,
            recorded_at: record.recorded_at,
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes: product.classes_on(record.recorded_at.china_day()),
            before: shown(before)?,
            r#in: came,
            out: went,
            returned,
            after: shown(after)?,
            kind,
            purpose: record.reason.clone(),
            departments: departments.collect(),
            receivers: names(Part::Receiver),
            keeper_a: keepers.next(),
            keeper_b: keepers.next(),
            approvers: names(Part::Approver),
            remark,
            is_correction,
            leaf_hash,
        })
    }
}

impl Paged for BookPart {
    type Item = ControlledLine;

    fn stamp(&self) -> Option<Stamp> {
        Some(Stamp::Period(days(self.from, self.to), self.head))
    }

    fn page(self) -> Result<Page<ControlledLine>, Refusal> {
        Ok(self.page)
    }
}
