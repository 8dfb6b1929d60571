//! 管理使用一张表: what came to each place and went from it in a period, product by product.
//!
//! What was there at the end of a closed month is known, and what is there now (`whereabouts`). The postings
//! between the end of the period and the next such moment, taken back, leave what was there at its end. The
//! months of the period that are closed say what moved in them, and the postings behind them the rest
//! (`usage`). So the table of a closed month costs its lines, and any other at most a month's postings
//! more. A line that does not balance, or an entry that does not, is a fault, never a figure.

pub(super) mod book;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
    str::FromStr,
};

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Page, Query, Scope,
    export::Edition,
    lists::{Paged, Stamp, days},
    moment::{has_come, head_at, last_of, size_before},
    places::walk,
    product, quantity,
    whereabouts::spot_path,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{Cas, IdError, PlaceId, ProductId, Seq},
        product::{Product, SubstanceKey},
        quantity::{Dimension, Quantity},
        refusal::Refusal,
        substance::ControlClass,
        time::{Time, When},
        usage::{INS, OUTS, Spot},
    },
    store::{StoreError, conn::Db},
};

use book::{Account, Accounts, accounts};

pub use crate::domain::usage::Flow;

/// Asks for the table.
#[derive(Clone, Debug)]
pub struct UsageTable {
    /// Where the period begins.
    pub from: When,
    /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
    pub to: Option<When>,
    /// Of so many entries, whatever `to` says: for who has resolved it.
    pub end: Option<i64>,
    /// Only at this place and below; what is with persons is then left out.
    pub place: Option<PlaceId>,
    /// Only of this control class on the last day of the period.
    pub class: Option<ControlClass>,
    /// Only of this substance.
    pub substance: Option<SubstanceKey>,
    /// Only of this product.
    pub product: Option<ProductId>,
    /// Only behind this line.
    pub after: Option<LineKey>,
    /// Most lines; all of them if absent.
    pub limit: Option<usize>,
}

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Places by number, then what is with persons; at each, products by number.
    pub page: Page<UsageLine>,
    /// The period.
    pub period: Period,
    /// The same by name, and the head of the ledger at the end of the period.
    pub edition: Edition,
}

/// A period, and the entries in it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Period {
    /// Its first moment.
    pub from: Time,
    /// The first moment behind it; none: it goes up to the last entry.
    pub to: Option<Time>,
    /// The first entry in it.
    pub first: Option<Seq>,
    /// The last entry in it.
    pub last: Option<Seq>,
}

/// Where a line stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey(Spot, ProductId);

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for LineKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (spot, product) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self(spot.parse()?, product.parse()?))
    }
}

/// One product at one place, or with persons: opening + in − out = closing.
#[derive(Clone, Debug, Serialize)]
pub struct UsageLine {
    /// The place; none for what is with persons (领用在外).
    pub place: Option<PlaceId>,
    /// The names of the place today, from the outside in.
    pub place_path: Vec<String>,
    /// The department that answers for the place today.
    pub department_name: Option<String>,
    /// The product.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes on the last day of the period, strictest first.
    pub classes: Vec<ControlClass>,
    /// What is measured.
    pub dimension: Dimension,
    /// 期初结存.
    pub opening: Quantity,
    /// What came, by how.
    pub r#in: BTreeMap<Flow, Quantity>,
    /// What went, by how.
    pub out: BTreeMap<Flow, Quantity>,
    /// Of what came back by corrections: what had been booked as used and was not.
    pub use_corrected: Quantity,
    /// 期末结存.
    pub closing: Quantity,
}

impl Query for UsageTable {
    type Answer = Result<Table, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Err(refusal) = self.check(facts, scope) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let (begin, end) = self.entries(conn, scope, self.end, all)?;
        let until = self.to.map_or(scope.now, When::end);
        let period = (begin..end, self.from.begin(), until);
        let accounts = accounts(conn, scope, facts, period, all)?;
        let lines = self.lines((scope, facts), &accounts)?;

        let after = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = self.limit.unwrap_or(usize::MAX);
        let shown = lines.range((after, Bound::Unbounded));
        let rest = shown.clone().count();
        let items: Vec<_> = shown.take(limit).collect();
        let last = items.last().filter(|_| rest > limit);
        let head = head_at(conn, scope, end)?;
        let edition = Edition::at(facts, head)?;
        Ok(Ok(Table {
            page: Page {
                next: last.map(|(key, _)| key.to_string()),
                items: items.into_iter().map(|(_, line)| line.clone()).collect(),
                total: Some(lines.len()),
                as_of_seq: last_of(end),
            },
            period: self.period(begin, end),
            edition,
        }))
    }
}

impl UsageTable {
    /// Whether the period is one, and has begun.
    pub(super) fn check_period(&self, scope: &Scope) -> Result<(), Refusal> {
        has_come(self.from, scope)?;
        if let Some(to) = self.to {
            has_come(to, scope)?;
            let (from, to) = (self.from.begin(), to.end());
            if from >= to {
                return Err(Refusal::PeriodReversed { from, to });
            }
        }
        Ok(())
    }

    pub(super) fn check(&self, facts: &Facts, scope: &Scope) -> Result<(), Refusal> {
        self.check_period(scope)?;
        let register = &facts.register;
        if let Some(place) = self.place
            && register.places.get(place).is_none()
        {
            return Err(Refusal::PlaceUnknown { place });
        }
        if let Some(product) = self.product {
            facts.product(product)?;
        }
        Ok(())
    }

    /// Where the entries of the period begin and end in a ledger of `all`.
    pub(super) fn entries(
        &self,
        conn: &mut Db,
        scope: &Scope,
        end: Option<i64>,
        all: i64,
    ) -> Result<(i64, i64), StoreError> {
        let end = match (end, self.to) {
            (Some(end), _) => end,
            (None, Some(to)) => size_before(conn, scope, to.end(), all)?,
            (None, None) => all,
        };
        let begin = size_before(conn, scope, self.from.begin(), end)?;
        Ok((begin, end))
    }

    /// The period, of which those are the entries.
    pub(super) fn period(&self, begin: i64, end: i64) -> Period {
        Period {
            from: self.from.begin(),
            to: self.to.map(When::end),
            first: last_of(begin + 1).filter(|_| begin < end),
            last: last_of(end).filter(|_| begin < end),
        }
    }

    /// The last day of the period that has come: classes are those in force on it.
    pub(super) fn last_day(&self, scope: &Scope) -> NaiveDate {
        let last = self.to.map(|to| to.end().plus_millis(-1));
        last.map_or(scope.now, |last| last.min(scope.now))
            .china_day()
    }

    /// The place that was asked for and those below, if one was.
    pub(super) fn inside(&self, facts: &Facts) -> Option<BTreeSet<Spot>> {
        let below = walk(facts, Some(self.place?)).into_iter();
        Some(below.map(|(place, _)| Spot::Place(place.id)).collect())
    }

    /// Whether a line is one of those asked for.
    pub(super) fn wants(
        &self,
        (spot, _): &(Spot, ProductId),
        product: &Product,
        classes: &[ControlClass],
        inside: Option<&BTreeSet<Spot>>,
    ) -> bool {
        inside.is_none_or(|inside| inside.contains(spot)) && self.is_of(product, classes)
    }

    /// Whether a product is one of those asked for.
    pub(super) fn is_of(&self, product: &Product, classes: &[ControlClass]) -> bool {
        self.class.is_none_or(|class| classes.contains(&class))
            && (self.substance.as_ref()).is_none_or(|wanted| *wanted == SubstanceKey::of(product))
            && self.product.is_none_or(|wanted| wanted == product.id)
    }

    /// The lines that were asked for, each of which balances.
    fn lines(
        &self,
        (scope, facts): (&Scope, &Facts),
        accounts: &Accounts,
    ) -> Result<BTreeMap<LineKey, UsageLine>, StoreError> {
        let inside = self.inside(facts);
        let last_day = self.last_day(scope);
        let mut lines = BTreeMap::new();
        for (key, account) in accounts {
            let product = product(facts, key.1)?;
            let classes = product.classes_on(last_day);
            let wanted = self.wants(key, product, &classes, inside.as_ref());
            let is_told = key.0 == Spot::Persons || !scope.withholds(&classes);
            if wanted && is_told && !account.is_idle() {
                let line = UsageLine::of(account, facts, key.0, product, classes)?;
                lines.insert(LineKey(key.0, key.1), line);
            }
        }
        Ok(lines)
    }
}

impl UsageLine {
    fn of(
        account: &Account,
        facts: &Facts,
        spot: Spot,
        product: &Product,
        classes: Vec<ControlClass>,
    ) -> Result<Self, StoreError> {
        let shown = |amount| quantity(product.dimension, amount);
        let flows = |flows: &[Flow], booked: &BTreeMap<Flow, i64>| {
            let each = flows.iter();
            each.map(|flow| Ok((*flow, shown(booked.get(flow).copied().unwrap_or_default())?)))
                .collect::<Result<BTreeMap<_, _>, StoreError>>()
        };
        let place = spot.place().and_then(|id| facts.register.places.get(id));
        let department = place.and_then(|place| facts.register.departments.get(place.department?));
        let line = Self {
            place: spot.place(),
            place_path: spot_path(facts, spot),
            department_name: department.map(|department| department.name.clone()),
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes,
            dimension: product.dimension,
            opening: shown(account.opening)?,
            r#in: flows(&INS, &account.turnover.ins)?,
            out: flows(&OUTS, &account.turnover.outs)?,
            use_corrected: shown(account.turnover.use_corrected)?,
            closing: shown(account.closing)?,
        };
        if line.balances() {
            Ok(line)
        } else {
            let what = format!("{spot}, product {}: the line does not balance", product.id);
            Err(StoreError::Row("posting", what))
        }
    }

    /// Where it stands in the table of its institution.
    #[must_use]
    pub fn key(&self) -> LineKey {
        LineKey(self.place.map_or(Spot::Persons, Spot::Place), self.product)
    }

    /// Whether opening + in − out = closing, reckoned with what is shown.
    #[must_use]
    pub fn balances(&self) -> bool {
        let sum = |flows: &BTreeMap<Flow, Quantity>| {
            let amounts = flows.values().map(|quantity| i128::from(quantity.amount()));
            amounts.sum::<i128>()
        };
        let (opening, closing) = (self.opening.amount(), self.closing.amount());
        i128::from(opening) + sum(&self.r#in) - sum(&self.out) == i128::from(closing)
    }
}

impl Paged for Table {
    type Item = UsageLine;

    fn stamp(&self) -> Option<Stamp> {
        let days = days(self.period.from, self.period.to);
        Some(Stamp::Period(days, self.edition.head))
    }

    fn page(self) -> Result<Page<UsageLine>, Refusal> {
        Ok(self.page)
    }
}
