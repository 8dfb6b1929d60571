//! 全辖区底数: the counts of all institutions of a bureau's region at one moment, each with the head of its
//! ledger, so that the sum is provably the sum of the sites.
//!
//! A substance is the same everywhere by the entry of its list, else by name, qualifier and CAS number.
//! Numbers of places and products are told with the institution that gave them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Counted, Page, Query, Scope, Sum,
    counts::{CountBy, Figures, GroupKey, Grouping},
    county::{County, CountyOf, Site, Stood, Where},
    lists::{Paged, Stamp, days},
    path,
    stock::{class_groups, class_order},
};
use crate::{
    domain::{
        catalogue::Regions,
        facts::{Facts, Total},
        ids::RegionCode,
        product::{Product, SubstanceKey},
        refusal::Refusal,
        substance::ControlClass,
    },
    report::counts::Listed,
    store::{StoreError, conn::Db},
};

/// What is counted in a region.
#[derive(Clone, Debug, Default)]
pub struct CountyWanted {
    /// Only of this control class on that day.
    pub class: Option<Listed>,
    /// Only of this substance.
    pub substance: Option<SubstanceKey>,
    /// Only at places (true), or only with persons (false).
    pub at_places: Option<bool>,
}

impl CountyWanted {
    /// Whether it is of what is wanted.
    pub(super) fn is_of(&self, product: &Product, classes: &[ControlClass]) -> bool {
        let in_class = match self.class {
            Some(Listed::As(class)) => classes.contains(&class),
            Some(Listed::Not) => classes.is_empty(),
            None => true,
        };
        in_class
            && (self.substance.as_ref()).is_none_or(|wanted| *wanted == SubstanceKey::of(product))
    }

    fn is_at(&self, at: Where) -> bool {
        self.at_places
            .is_none_or(|places| places == (at != Where::Persons))
    }
}

/// Asks for the counts of a region.
#[derive(Clone, Debug)]
pub struct CountyCounts {
    /// Which region, when.
    pub of: CountyOf,
    /// Grouped by what.
    pub by: Grouping,
    /// What is counted.
    pub wanted: CountyWanted,
    /// The heads that the figure one came from was made of.
    pub heads: Option<String>,
    /// Only behind this line.
    pub after: Option<String>,
    /// Most lines.
    pub limit: usize,
}

/// The counts of a region.
#[derive(Clone, Debug)]
pub struct CountyCensus {
    /// The lines.
    pub page: Page<CountyLine>,
    /// Everything that was asked for, each container once.
    pub all: Figures,
    /// The institutions and the moment.
    pub county: County,
}

impl Paged for CountyCensus {
    type Item = CountyLine;

    fn stamp(&self) -> Option<Stamp> {
        Some(self.county.stamp(&days(self.county.as_of, None)))
    }

    fn page(self) -> Result<Page<CountyLine>, Refusal> {
        Ok(self.page)
    }
}

/// A line of the counts of a region.
#[derive(Clone, Debug, Serialize)]
pub struct CountyLine {
    /// What counts in it.
    pub groups: Vec<GroupKey>,
    /// How much that is.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Where a group stands: by two numbers, then by its key.
type Order = (i64, i64, String);

/// What stands between the keys of a line where it is named: no key has it.
const BETWEEN_KEYS: char = '\n';

/// What stands between the number of an institution and what it numbers.
const OF: char = '-';

/// At places, with persons.
#[derive(Default)]
struct Sums(Sum, Sum);

impl Sums {
    fn add(&mut self, at: Where, product: &Product, total: Total) -> Result<(), StoreError> {
        let sum = match at {
            Where::Places | Where::Place(_) => &mut self.0,
            Where::Persons => &mut self.1,
        };
        sum.add(product.dimension, total)
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        Ok(Figures {
            in_places: Counted::of(&self.0)?,
            with_persons: Counted::of(&self.1)?,
        })
    }
}

/// The lines of one page. Whatever comes behind them is let go at once, so that the page bounds the memory:
/// lines only become more, and what has been pushed off the page never comes back.
struct Window {
    after: Option<Vec<Order>>,
    most: usize,
    lines: BTreeMap<Vec<Order>, (Vec<GroupKey>, Sums)>,
}

impl Window {
    fn line(&mut self, groups: Vec<(Order, GroupKey)>) -> Option<&mut Sums> {
        let (key, groups): (Vec<Order>, Vec<GroupKey>) = groups.into_iter().unzip();
        if self.after.as_ref().is_some_and(|after| key <= *after) {
            return None;
        }
        if !self.lines.contains_key(&key) && self.lines.len() >= self.most {
            let last = self.lines.last_key_value().map(|(last, _)| last);
            if last.is_some_and(|last| *last < key) {
                return None;
            }
            self.lines.pop_last();
        }
        let line = self.lines.entry(key);
        Some(&mut line.or_insert_with(|| (groups, Sums::default())).1)
    }
}

impl Query for CountyCounts {
    type Answer = Result<CountyCensus, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let county = match self.of.resolved(conn, scope)? {
            Ok(county) => county,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self
            .heads
            .as_ref()
            .is_some_and(|heads| *heads != county.heads())
        {
            return Ok(Err(Refusal::HeadsMoved {}));
        }
        let by_place = self.by.of().contains(&CountBy::Place);
        let mut window = Window {
            after: self.after.as_ref().map(|after| self.key(after)),
            most: self.limit + 1,
            lines: BTreeMap::new(),
        };
        let mut whole = Sums::default();
        for site in &county.sites {
            let stood = Stood::read(conn, scope, site, by_place)?;
            let there = super::county::within(scope, site.institution);
            let snapshot = by_place.then(|| there.snapshot(conn)).transpose()?;
            let facts = snapshot.as_ref().map(|snapshot| snapshot.facts.as_ref());
            for found in stood.iter() {
                let (at, product, total) = found?;
                let classes = product.classes_on(county.day());
                if !self.wanted.is_of(product, &classes) || !self.wanted.is_at(at) {
                    continue;
                }
                whole.add(at, product, total)?;
                let counted = Of {
                    county: &county,
                    regions: &self.of.regions,
                    site,
                    facts,
                    at,
                    product,
                    classes: &classes,
                };
                for groups in counted.lines(self.by.of()) {
                    if let Some(sums) = window.line(groups) {
                        sums.add(at, product, total)?;
                    }
                }
            }
        }
        let more = window.lines.len() > self.limit;
        let mut items = Vec::new();
        let mut last = None;
        for (key, (groups, sums)) in window.lines.into_iter().take(self.limit) {
            last = Some(key);
            items.push(CountyLine {
                groups,
                figures: sums.figures()?,
            });
        }
        Ok(Ok(CountyCensus {
            page: Page {
                items,
                next: last.filter(|_| more).map(|key| {
                    let keys: Vec<&str> = key.iter().map(|(_, _, key)| key.as_str()).collect();
                    keys.join(BETWEEN_KEYS.encode_utf8(&mut [0; 4]))
                }),
                total: None,
                as_of_seq: None,
            },
            all: whole.figures()?,
            county,
        }))
    }
}

impl CountyCounts {
    fn key(&self, named: &str) -> Vec<Order> {
        let keys = named.split(BETWEEN_KEYS).zip(self.by.of());
        keys.map(|(key, by)| order(*by, key)).collect()
    }
}

/// Regions and institutions by number, places and products by institution and number, what is with persons
/// behind its places, classes strictest first, substances by code.
fn order(by: CountBy, key: &str) -> Order {
    let number = |text: &str| text.parse().unwrap_or(i64::MAX);
    let (first, second) = match by {
        CountBy::Region | CountBy::Institution => (number(key), 0),
        CountBy::Place | CountBy::Product => {
            let (institution, of) = key.split_once(OF).unwrap_or((key, ""));
            (number(institution), number(of))
        }
        CountBy::Substance => (0, 0),
        CountBy::Class => (class_order(key), 0),
    };
    (first, second, key.to_owned())
}

/// What is counted somewhere, with all that its groups are made of.
struct Of<'c> {
    county: &'c County,
    regions: &'c Regions,
    site: &'c Site,
    facts: Option<&'c Facts>,
    at: Where,
    product: &'c Product,
    classes: &'c [ControlClass],
}

impl Of<'_> {
    /// The lines that it counts in.
    fn lines(&self, by: &[CountBy]) -> Vec<Vec<(Order, GroupKey)>> {
        let mut lines = vec![Vec::new()];
        for by in by {
            let groups = self.groups(*by);
            let each = |line: &Vec<(Order, GroupKey)>| {
                let line = line.clone();
                let longer = groups.iter().map(move |(key, name)| {
                    let mut line = line.clone();
                    let group = GroupKey {
                        by: *by,
                        key: key.clone(),
                        name: name.clone(),
                    };
                    line.push((order(*by, key), group));
                    line
                });
                longer.collect::<Vec<_>>()
            };
            lines = lines.iter().flat_map(each).collect();
        }
        lines
    }

    /// Keys and names of the groups of one kind.
    fn groups(&self, by: CountBy) -> Vec<(String, Vec<String>)> {
        let Site {
            institution, name, ..
        } = self.site;
        match by {
            CountBy::Region => {
                let code = below(self.site.region, self.county.region);
                let region = self.regions.ever(code);
                let name = region.map_or_else(|| code.to_string(), |region| region.name.clone());
                vec![(code.to_string(), vec![name])]
            }
            CountBy::Institution => vec![(institution.to_string(), vec![name.clone()])],
            CountBy::Place => {
                let (key, below) = match self.at {
                    Where::Place(place) => {
                        let facts = self.facts.map(|facts| path(facts, place));
                        (place.to_string(), facts.unwrap_or_default())
                    }
                    Where::Places | Where::Persons => {
                        ("persons".to_owned(), vec!["领用在外".to_owned()])
                    }
                };
                let names = [name.clone()].into_iter().chain(below);
                vec![(format!("{institution}{OF}{key}"), names.collect())]
            }
            CountBy::Product => {
                let of = [name, &self.product.name].into_iter();
                let names = of.chain(&self.product.qualifier).cloned().collect();
                vec![(format!("{institution}{OF}{}", self.product.id), names)]
            }
            CountBy::Substance => {
                let key = SubstanceKey::of(self.product).to_string();
                vec![(key, vec![self.product.name.clone()])]
            }
            CountBy::Class => class_groups(self.classes),
        }
    }
}

/// The division one level below `around` in which a division lies; `around` itself for what lies right in it.
pub(super) fn below(code: RegionCode, around: RegionCode) -> RegionCode {
    let mut up = std::iter::successors(Some(code), |code| code.parent());
    up.find(|code| code.parent() == Some(around))
        .unwrap_or(around)
}
