//! The balance of each container: how it stood as its chain of entries says, what came and went as its
//! postings say. Only those entries are read, so that a page costs what its containers went through.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    ops::Range,
};

use super::{
    Page, Query, Scope, add,
    chains::Chains,
    container::labelled,
    containers::read_after,
    lists::{Stamp, days},
    mass_balance::{BalanceLine, Balances, Sum},
    moment::{head_at, last_of},
    product,
    usage_table::{UsageTable, book::reversals},
    whereabouts::open_holdings,
};
use crate::{
    domain::{
        container::Container,
        facts::Facts,
        ids::{Label, Seq, Serial},
        ledger::Prior,
        refusal::Refusal,
        usage::{AmountLine, Flow, Spot, Turnovers},
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::PostingRow,
        table::{Cell, select},
    },
};

/// Containers read at a time.
const READ: usize = 500;
/// Containers looked at for one page of a part of them: a rare kind among many must not be a long read.
const MOST_SCANNED: usize = 20_000;

/// What goes from one place to another, or between a place and persons, with its container.
const RELOCATED: [Flow; 3] = [Flow::Moved, Flow::CheckedOut, Flow::Returned];

/// Asks for the balance of each container.
#[derive(Clone, Debug)]
pub struct ContainerBalances {
    /// The period, and which part: place, class, substance.
    pub table: UsageTable,
    /// Only of the container with this label.
    pub label: Option<Label>,
    /// Only behind this one.
    pub after: Option<Serial>,
    /// Most lines.
    pub limit: usize,
}

impl Query for ContainerBalances {
    type Answer = Result<Balances, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Err(refusal) = self.table.check(facts, scope) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let (begin, end) = self.table.entries(conn, scope, None, all)?;
        let mut reading = Reading::of(&self.table, conn, (scope, facts), begin..end)?;
        let page = if let Some(label) = self.label {
            let container = match labelled(conn, scope, label)? {
                Ok(container) => container,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let product = product(facts, container.identity.product)?;
            if scope.withholds(&product.classes_on(self.table.last_day(scope))) {
                return Ok(Err(Refusal::PositionWithheld {}));
            }
            let line = reading.line(conn, &container)?;
            Page::begun(line.into_iter().collect(), self.limit, |_| String::new())
        } else {
            reading.page(conn, self.after, self.limit)?
        };
        let period = self.table.period(begin, end);
        let days = days(period.from, period.to);
        let head = head_at(conn, scope, end)?;
        let gaps = page.items.iter().filter(|line| !line.is_closed()).count();
        Ok(Ok(Balances {
            page: Page {
                as_of_seq: last_of(end),
                ..page
            },
            period,
            head: Some(head),
            region: None,
            stamp: Some(Stamp::Period(days, head)),
            gaps,
        }))
    }
}

/// Reads the balances of containers in a period.
struct Reading<'q> {
    table: &'q UsageTable,
    scope: &'q Scope,
    facts: &'q Facts,
    /// The entries of the period.
    period: Range<i64>,
    /// Those of them that take others back.
    reversals: BTreeSet<i64>,
    /// The spots that were asked for, if not all.
    inside: Option<BTreeSet<Spot>>,
    /// What is held out of containers now.
    held: HashMap<Serial, i64>,
    chains: Chains,
    /// Postings that several containers may share.
    postings: HashMap<Seq, Vec<(Serial, AmountLine)>>,
}

impl<'q> Reading<'q> {
    fn of(
        table: &'q UsageTable,
        conn: &mut Db,
        (scope, facts): (&'q Scope, &'q Facts),
        period: Range<i64>,
    ) -> Result<Self, StoreError> {
        let mut held: HashMap<Serial, i64> = HashMap::new();
        for holding in open_holdings(conn, facts)? {
            let serial = rows::number("holding", holding.serial)?;
            add(held.entry(serial).or_default(), holding.amount)?;
        }
        Ok(Self {
            table,
            scope,
            facts,
            reversals: reversals(conn, scope, &period)?,
            inside: table.inside(facts),
            held,
            chains: Chains::to(period.end),
            postings: HashMap::new(),
            period,
        })
    }

    /// The page behind a container: those of which something was there, came or went.
    fn page(
        &mut self,
        conn: &mut Db,
        after: Option<Serial>,
        limit: usize,
    ) -> Result<Page<BalanceLine>, StoreError> {
        let mut items = Vec::new();
        let mut after = after.map_or(0, Serial::get);
        let mut scanned = 0;
        let next = loop {
            self.chains.forget();
            self.postings.clear();
            let read = READ.min(limit);
            let page = read_after(conn, self.scope, after, read)?;
            let is_last = page.len() < read;
            scanned += page.len();
            for (serial, container) in page {
                after = serial;
                items.extend(self.line(conn, &container)?);
                if items.len() >= limit {
                    break;
                }
            }
            if items.len() >= limit || scanned >= MOST_SCANNED {
                break Some(after);
            }
            if is_last {
                break None;
            }
        };
        Ok(Page {
            items,
            next: next.map(|after| after.to_string()),
            total: None,
            as_of_seq: None,
        })
    }

    /// The balance of one container, if it is one of those asked for and something is in it.
    fn line(
        &mut self,
        conn: &mut Db,
        container: &Container,
    ) -> Result<Option<BalanceLine>, StoreError> {
        let product = product(self.facts, container.identity.product)?;
        let classes = product.classes_on(self.table.last_day(self.scope));
        // A label says where its container stands to whoever looks it up.
        if self.scope.withholds(&classes) || !self.table.is_of(product, &classes) {
            return Ok(None);
        }
        let counts = |spot: Spot| {
            let inside = self.inside.as_ref();
            inside.is_none_or(|inside| inside.contains(&spot))
        };
        let there = |stood: &Option<(Prior, i64)>| {
            let Some((Prior { standing, .. }, held)) = stood else {
                return Ok(0);
            };
            let mut sum = 0;
            if Spot::of(standing).is_some_and(counts) {
                add(&mut sum, standing.amount)?;
            }
            if counts(Spot::Persons) {
                add(&mut sum, *held)?;
            }
            Ok::<i64, StoreError>(sum)
        };
        let held = self.held.get(&container.serial).copied();
        let held = held.unwrap_or_default();
        let (begin, end) = (self.period.start, self.period.end);
        let chains = &mut self.chains;
        let closing = chains.back(conn, self.scope, container, held)?;
        let opening = chains.back_to(conn, self.scope, container, held, begin)?;
        let touched = chains.touched(conn, self.scope, container, begin..end)?;
        let mut sum = Sum {
            name: vec![
                Label::grouped(self.label(container)),
                product.name.clone(),
                product.qualifier.clone().unwrap_or_default(),
            ],
            opening: there(&opening)?,
            closing: there(&closing)?,
            ..Sum::default()
        };
        sum.name.retain(|name| !name.is_empty());
        let mut booked = Turnovers::default();
        for seq in touched {
            let is_reversal = self.reversals.contains(&seq.get());
            let lines = posted(&mut self.postings, conn, self.scope, seq)?;
            let own = lines.iter().filter(|(of, _)| *of == container.serial);
            let own: Vec<AmountLine> = own.map(|(_, line)| *line).collect();
            booked.book_container(&own, is_reversal)?;
        }
        for ((spot, _), turnover) in &booked.flows {
            if self
                .inside
                .as_ref()
                .is_none_or(|inside| inside.contains(spot))
            {
                sum.turnover.add(turnover)?;
            }
        }
        sum.turnover.cancel(&RELOCATED);
        if sum.is_idle() {
            return Ok(None);
        }
        let key = self.label(container).to_string();
        BalanceLine::of(key, container.identity.dimension, &sum).map(Some)
    }

    fn label(&self, container: &Container) -> Label {
        let generation = container.standing.generation;
        Label::new(self.scope.institution, container.serial, generation)
    }
}

/// The postings of an entry.
fn posted<'p>(
    known: &'p mut HashMap<Seq, Vec<(Serial, AmountLine)>>,
    conn: &mut Db,
    scope: &Scope,
    seq: Seq,
) -> Result<&'p [(Serial, AmountLine)], StoreError> {
    let unread = match known.entry(seq) {
        Entry::Occupied(read) => return Ok(read.into_mut()),
        Entry::Vacant(unread) => unread,
    };
    let clause = "WHERE institution_id = ? AND seq = ? ORDER BY line";
    let key = [Cell::Int(&scope.institution.get()), Cell::Int(&seq.get())];
    let rows: Vec<PostingRow> = select(conn, clause, &key)?;
    let lines = rows.into_iter().map(|row| {
        let posting = row.parse()?;
        let line = AmountLine::of(seq.get(), &posting)?;
        Ok::<_, StoreError>((posting.container, line))
    });
    Ok(unread.insert(lines.collect::<Result<_, _>>()?))
}
