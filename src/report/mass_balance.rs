//! 物料平衡: what was there, what came, what went, what is there, and the gap between them.
//!
//! Opening and closing are how containers and what was taken out of them stood at the two moments, as the
//! container lines of the entries say (`whereabouts`); what came and went is what the postings say
//! (`usage`). The two are written side by side in each entry and reckoned apart here, so that the gap is a
//! check and not what is left over. It costs what the usage table of the period costs, and the entries from
//! each of the two moments to the next end of a closed month or, where there is none, to the present.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    Page, Query, Scope,
    county::{CountyOf, within},
    moment::{head_at, last_of, size_before},
    quantity,
    stock::{By as StockBy, class_groups},
    usage_table::{Period, UsageTable, book},
    whereabouts::{spot_path, whereabouts},
};
use crate::{
    domain::{
        facts::Facts,
        ids::RegionCode,
        ledger::Head,
        product::{Product, SubstanceKey},
        quantity::{Dimension, Quantity},
        refusal::Refusal,
        substance::ControlClass,
        time::When,
        usage::{Flow, INS, OUTS, Spot, Totals, Turnover},
        words::words,
    },
    store::{StoreError, conn::Db},
};

words! {
    /// What a balance is drawn by.
    BalanceBy {
        /// 按单位.
        Institution = "institution" "单位",
        /// 按管控类别: what has several classes stands under each.
        Class = "class" "管控类别",
        /// 按物质.
        Substance = "substance" "物质",
        /// 按地点, and what is with persons.
        Place = "place" "地点",
    }
}

/// Asks for the balance of a period.
#[derive(Clone, Debug)]
pub struct MassBalance {
    /// The period, and which part: place, class, substance, product.
    pub table: UsageTable,
    /// Drawn by what.
    pub by: BalanceBy,
    /// Of a bureau that names no institution: its region at the end of the period.
    pub county: Option<CountyOf>,
}

/// One balance: opening + in − out − closing = missing − surplus.
#[derive(Clone, Debug, Serialize)]
pub struct BalanceLine {
    /// The number of the institution or place, `persons`, the class or `none`, the substance.
    pub key: String,
    /// What people call it, from the outside in.
    pub name: Vec<String>,
    /// What is measured.
    pub dimension: Dimension,
    /// 期初结存.
    pub opening: Quantity,
    /// What came, by how.
    pub r#in: BTreeMap<Flow, Quantity>,
    /// What went, by how.
    pub out: BTreeMap<Flow, Quantity>,
    /// 期末结存.
    pub closing: Quantity,
    /// 账实差额: less there than the postings leave.
    pub missing: Quantity,
    /// More there than the postings leave.
    pub surplus: Quantity,
}

/// The balances of a period.
#[derive(Clone, Debug)]
pub struct Balances {
    /// The lines, and how far the ledger of the one institution went.
    pub page: Page<BalanceLine>,
    /// The period.
    pub period: Period,
    /// The ledger at its end; none for a region.
    pub head: Option<Head>,
    /// The region that was summed.
    pub region: Option<RegionCode>,
    /// How many lines do not balance: each is an alert.
    pub gaps: usize,
}

/// What is summed before it is shown, base units.
#[derive(Clone, Debug, Default)]
struct Sum {
    name: Vec<String>,
    opening: i64,
    closing: i64,
    turnover: Turnover,
}

type Sums = BTreeMap<(String, Dimension), Sum>;

/// What goes from one place or container to another of the same institution.
const INSIDE: [Flow; 4] = [Flow::Split, Flow::Moved, Flow::CheckedOut, Flow::Returned];

impl Query for MassBalance {
    type Answer = Result<Balances, Refusal>;

    fn run(mut self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        if let Err(refusal) = self.table.check_period(scope) {
            return Ok(Err(refusal));
        }
        let mut sums = Sums::new();
        let mut balances = Balances {
            page: Page {
                items: Vec::new(),
                next: None,
                total: None,
                as_of_seq: None,
            },
            period: Period {
                from: self.table.from.begin(),
                to: self.table.to.map(When::end),
                first: None,
                last: None,
            },
            head: None,
            region: None,
            gaps: 0,
        };
        if let Some(county) = self.county.take() {
            let county = match county.resolved(conn, scope)? {
                Ok(county) => county,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for site in &county.sites {
                let scope = within(scope, site.institution);
                if let Err(refusal) = self.site(conn, &scope, Some(site.size()), &mut sums)? {
                    return Ok(Err(refusal));
                }
            }
            balances.region = Some(county.region);
        } else {
            let (begin, end) = match self.site(conn, scope, None, &mut sums)? {
                Ok(entries) => entries,
                Err(refusal) => return Ok(Err(refusal)),
            };
            balances.period.first = last_of(begin + 1).filter(|_| begin < end);
            balances.period.last = last_of(end).filter(|_| begin < end);
            balances.page.as_of_seq = last_of(end);
            balances.head = Some(head_at(conn, scope, end)?);
        }
        for ((key, dimension), mut sum) in sums {
            if self.by != BalanceBy::Place {
                sum.turnover.cancel(&INSIDE);
            }
            let line = BalanceLine::of(key, dimension, &sum)?;
            balances.gaps += usize::from(!line.is_closed());
            balances.page.items.push(line);
        }
        balances.page.total = Some(balances.page.items.len());
        Ok(Ok(balances))
    }
}

impl MassBalance {
    /// Adds the balances of one institution; answers the entries of the period.
    fn site(
        &self,
        conn: &mut Db,
        scope: &Scope,
        end: Option<i64>,
        sums: &mut Sums,
    ) -> Result<Result<(i64, i64), Refusal>, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Err(refusal) = self.table.check(facts, scope) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let end = match (end, self.table.to) {
            (Some(end), _) => end,
            (None, Some(to)) => size_before(conn, scope, to.end(), all)?,
            (None, None) => all,
        };
        let begin = size_before(conn, scope, self.table.from.begin(), end)?;
        let until = self.table.to.map_or(scope.now, When::end);
        let period = (begin..end, self.table.from.begin(), until);
        let accounts = book::unchecked(conn, scope, facts, period, all)?;
        let opening = whereabouts(conn, scope, facts, (begin, all))?;
        let closing = whereabouts(conn, scope, facts, (end, all))?;
        let last = self
            .table
            .to
            .map_or(scope.now, |to| to.end().plus_millis(-1));
        let last = last.min(scope.now).china_day();
        let inside = self.table.inside(facts);
        let keys = accounts.keys().chain(opening.keys()).chain(closing.keys());
        let keys: BTreeSet<_> = keys.copied().collect();
        for key in keys {
            let product = super::product(facts, key.1)?;
            let classes = product.classes_on(last);
            let names_place = self.by == BalanceBy::Place || inside.is_some();
            let is_told = !names_place || key.0 == Spot::Persons || !scope.withholds(&classes);
            if !is_told || !self.table.wants(&key, product, &classes, inside.as_ref()) {
                continue;
            }
            let turnover = accounts.get(&key).map(|account| &account.turnover);
            let amount = |totals: &Totals| totals.get(&key).map_or(0, |total| total.amount);
            let is_idle = turnover.is_none_or(Turnover::is_idle);
            if is_idle && amount(&opening) == 0 && amount(&closing) == 0 {
                continue;
            }
            for (group, name) in self.groups(facts, key.0, product, &classes) {
                let sum = sums.entry((group, product.dimension)).or_default();
                sum.name = name;
                super::add(&mut sum.opening, amount(&opening))?;
                super::add(&mut sum.closing, amount(&closing))?;
                if let Some(turnover) = turnover {
                    sum.turnover.add(turnover)?;
                }
            }
        }
        Ok(Ok((begin, end)))
    }

    fn groups(
        &self,
        facts: &Facts,
        spot: Spot,
        product: &Product,
        classes: &[ControlClass],
    ) -> Vec<(String, Vec<String>)> {
        match self.by {
            BalanceBy::Institution => {
                let name = facts.register.institution.as_ref();
                let name = name.map(|own| own.name.clone()).unwrap_or_default();
                vec![(facts.institution.to_string(), vec![name])]
            }
            BalanceBy::Class => class_groups(classes),
            BalanceBy::Substance => {
                let key = SubstanceKey::of(product).to_string();
                vec![(key, vec![product.name.clone()])]
            }
            BalanceBy::Place => StockBy::Place
                .groups(facts, spot, product, classes)
                .into_iter()
                .map(|(key, _)| (key, spot_path(facts, spot)))
                .collect(),
        }
    }
}

impl BalanceLine {
    fn of(key: String, dimension: Dimension, sum: &Sum) -> Result<Self, StoreError> {
        let shown = |amount| quantity(dimension, amount);
        let flows = |flows: &[Flow], booked: &BTreeMap<Flow, i64>| {
            let each = flows.iter();
            each.map(|flow| Ok((*flow, shown(booked.get(flow).copied().unwrap_or_default())?)))
                .collect::<Result<BTreeMap<_, _>, StoreError>>()
        };
        let total = |flows: &BTreeMap<Flow, i64>| flows.values().copied().map(i128::from).sum();
        let (came, went): (i128, i128) = (total(&sum.turnover.ins), total(&sum.turnover.outs));
        let gap = i128::from(sum.opening) + came - went - i128::from(sum.closing);
        let side = |amount: i128| {
            let amount = i64::try_from(amount.max(0));
            amount.map_err(|_| StoreError::Row("amount", "a gap overflows".to_owned()))
        };
        Ok(Self {
            key,
            name: sum.name.clone(),
            dimension,
            opening: shown(sum.opening)?,
            r#in: flows(&INS, &sum.turnover.ins)?,
            out: flows(&OUTS, &sum.turnover.outs)?,
            closing: shown(sum.closing)?,
            missing: shown(side(gap)?)?,
            surplus: shown(side(-gap)?)?,
        })
    }

    /// Whether there is no gap.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.missing.amount() == 0 && self.surplus.amount() == 0
    }
}
