//! 底数: how many containers of what there are and how much is in them, at any moment of the past, at
//! places and with persons (底数清、数量明).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
    str::FromStr,
};

use serde::Serialize;

use super::{
    Counted, Page, Query, Scope, Sum,
    lists::{Paged, Stamp, days},
    moment::{has_come, head_at, last_of, size_before},
    places::walk,
    product,
    stock::{By, Order, UNLISTED},
    whereabouts::whereabouts,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{IdError, PlaceId, ProductId, Seq},
        ledger::Head,
        product::{Product, SubstanceKey},
        refusal::Refusal,
        substance::ControlClass,
        time::{Time, When},
        usage::{Spot, Totals},
        words::{UnknownWord, words},
    },
    store::{StoreError, conn::Db},
};

words! {
    /// What counts are grouped by.
    CountBy {
        /// 按行政区划: the divisions right below the region that is asked for.
        Region = "region" "行政区划",
        /// 按单位.
        Institution = "institution" "单位",
        /// 按管控类别.
        Class = "class" "管控类别",
        /// 按物质.
        Substance = "substance" "物质",
        /// 按品名.
        Product = "product" "品名",
        /// 按地点.
        Place = "place" "地点",
    }
}

impl CountBy {
    /// The same within one institution, where there are no others.
    const fn inside(self) -> Option<By> {
        match self {
            Self::Region | Self::Institution => None,
            Self::Class => Some(By::Class),
            Self::Substance => Some(By::Substance),
            Self::Product => Some(By::Product),
            Self::Place => Some(By::Place),
        }
    }
}

/// What counts are grouped by: one or two things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping(Vec<CountBy>);

impl Grouping {
    /// The things.
    pub(super) fn of(&self) -> &[CountBy] {
        &self.0
    }

    /// The same within one institution.
    fn inside(&self) -> Result<Vec<(CountBy, By)>, Refusal> {
        let within = |by: &CountBy| {
            let needed = Refusal::RegionNeeded { parameter: "by" };
            by.inside().map(|inside| (*by, inside)).ok_or(needed)
        };
        self.0.iter().map(within).collect()
    }
}

impl FromStr for Grouping {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let by = text.split(',').map(str::parse);
        let by: Vec<CountBy> = by.collect::<Result<_, _>>()?;
        let distinct: BTreeSet<_> = by.iter().collect();
        if by.len() > 2 || distinct.len() < by.len() {
            return Err(UnknownWord(text.to_owned()));
        }
        Ok(Self(by))
    }
}

/// A control class, or none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Of this class.
    As(ControlClass),
    /// 未列管: of no class.
    Not,
}

impl FromStr for Listed {
    type Err = <ControlClass as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == UNLISTED {
            Ok(Self::Not)
        } else {
            text.parse().map(Self::As)
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::As(class) => class.fmt(f),
            Self::Not => f.write_str(UNLISTED),
        }
    }
}

/// Where something has to be to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At any place.
    Places,
    /// At this one, nothing below it, or with persons.
    Spot(Spot),
}

/// The word for all places.
const PLACES: &str = "places";

impl At {
    pub(super) fn holds(self, spot: Spot) -> bool {
        match self {
            Self::Places => spot != Spot::Persons,
            Self::Spot(wanted) => spot == wanted,
        }
    }
}

impl FromStr for At {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == PLACES {
            Ok(Self::Places)
        } else {
            text.parse().map(Self::Spot)
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Places => f.write_str(PLACES),
            Self::Spot(spot) => spot.fmt(f),
        }
    }
}

/// Of which moment; of now if nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsOf {
    /// The moment, with what was recorded at it; a day counts in full. Classes are those of its day.
    pub when: Option<When>,
    /// Not what was recorded up to then, but so many entries: exactly the same figures again.
    pub size: Option<u64>,
}

/// A moment as an answer says it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Moment {
    /// The moment.
    pub as_of: Time,
    /// The head of the ledger at it.
    pub head: Head,
}

impl AsOf {
    /// The first moment that does not count, where there is one; and the last one that does.
    pub(super) fn bounds(self, scope: &Scope) -> Result<(Option<Time>, Time), Refusal> {
        if let Some(when) = self.when {
            has_come(when, scope)?;
        }
        let behind = match self.when {
            Some(When::Moment(moment)) => Some(moment.plus_millis(1)),
            Some(day @ When::Day(_)) => Some(day.end()),
            None => None,
        };
        let as_of = behind.map_or(scope.now, |behind| behind.plus_millis(-1));
        Ok((behind, as_of.min(scope.now)))
    }

    /// The moment, in a ledger of `all` entries, and how many of them it counts.
    pub(super) fn resolved(
        self,
        conn: &mut Db,
        scope: &Scope,
        all: i64,
    ) -> Result<Result<(Moment, i64), Refusal>, StoreError> {
        let (behind, as_of) = match self.bounds(scope) {
            Ok(bounds) => bounds,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let size = match (self.size, behind) {
            (Some(size), _) => {
                let size = i64::try_from(size).unwrap_or(i64::MAX);
                if size > all {
                    let entry = last_of(size).unwrap_or(Seq::MAX);
                    return Ok(Err(Refusal::EntryUnknown { entry }));
                }
                size
            }
            (None, Some(behind)) => size_before(conn, scope, behind, all)?,
            (None, None) => all,
        };
        let moment = Moment {
            as_of,
            head: head_at(conn, scope, size)?,
        };
        Ok(Ok((moment, size)))
    }
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only of this control class on that day.
    pub class: Option<Listed>,
    /// Only of this substance.
    pub substance: Option<SubstanceKey>,
    /// Only of this product.
    pub product: Option<ProductId>,
    /// Only at this place and below.
    pub place: Option<PlaceId>,
    /// Only there.
    pub at: Option<At>,
}

impl Wanted {
    pub(super) fn check(&self, facts: &Facts) -> Result<(), Refusal> {
        let at = match self.at {
            Some(At::Spot(spot)) => spot.place(),
            Some(At::Places) | None => None,
        };
        let places = self.place.into_iter().chain(at);
        for place in places {
            if facts.register.places.get(place).is_none() {
                return Err(Refusal::PlaceUnknown { place });
            }
        }
        self.product
            .map_or(Ok(()), |product| facts.product(product).map(drop))
    }

    /// The spots that count; none: all of them.
    pub(super) fn inside(&self, facts: &Facts) -> Option<BTreeSet<Spot>> {
        let below = walk(facts, Some(self.place?)).into_iter();
        Some(below.map(|(place, _)| Spot::Place(place.id)).collect())
    }

    fn is_of(&self, product: &Product, classes: &[ControlClass]) -> bool {
        let in_class = match self.class {
            Some(Listed::As(class)) => classes.contains(&class),
            Some(Listed::Not) => classes.is_empty(),
            None => true,
        };
        in_class
            && (self.substance.as_ref()).is_none_or(|wanted| *wanted == SubstanceKey::of(product))
            && self.product.is_none_or(|wanted| wanted == product.id)
    }
}

/// Asks for the counts.
#[derive(Clone, Debug)]
pub struct Counts {
    /// Grouped by what.
    pub by: Grouping,
    /// What is counted.
    pub wanted: Wanted,
    /// Of which moment.
    pub as_of: AsOf,
    /// Only behind this line.
    pub after: Option<String>,
    /// Most lines.
    pub limit: usize,
}

/// The counts.
#[derive(Clone, Debug)]
pub struct Census {
    /// The lines.
    pub page: Page<CountLine>,
    /// Everything that was asked for, each container once: what has several classes stands in several
    /// lines.
    pub all: Figures,
    /// The moment.
    pub moment: Moment,
}

impl Paged for Census {
    type Item = CountLine;

    fn stamp(&self) -> Option<Stamp> {
        let day = days(self.moment.as_of, None);
        Some(Stamp::Period(day, self.moment.head))
    }

    fn page(self) -> Result<Page<CountLine>, Refusal> {
        Ok(self.page)
    }
}

/// What is at places and what is with persons.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// 在库.
    pub in_places: Counted,
    /// 领用在外: whole containers, and what was taken out of others.
    pub with_persons: Counted,
}

/// A line of counts.
#[derive(Clone, Debug, Serialize)]
pub struct CountLine {
    /// What counts in it.
    pub groups: Vec<GroupKey>,
    /// How much that is.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One of the things that a line is a group of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct GroupKey {
    /// What kind of thing.
    pub by: CountBy,
    /// Its key as in the stock; `persons` for what is at no place.
    pub key: String,
    /// What people call it; for places the names from the outside in, for products name and
    /// qualifier.
    pub name: Vec<String>,
}

/// Where a line stands: order and key of each of its groups.
type LineKey = Vec<(Order, String)>;

/// What stands between the keys of a line where it is named: no key has it.
const BETWEEN_KEYS: char = '\n';

/// At places, with persons.
#[derive(Default)]
struct Sums(Sum, Sum);

impl Sums {
    fn of(&mut self, spot: Spot) -> &mut Sum {
        match spot {
            Spot::Place(_) => &mut self.0,
            Spot::Persons => &mut self.1,
        }
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        Ok(Figures {
            in_places: Counted::of(&self.0)?,
            with_persons: Counted::of(&self.1)?,
        })
    }
}

impl Query for Counts {
    type Answer = Result<Census, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let by = match self.by.inside() {
            Ok(by) => by,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.wanted.check(facts) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let (moment, size) = match self.as_of.resolved(conn, scope, all)? {
            Ok(resolved) => resolved,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let totals = whereabouts(conn, scope, facts, (size, all))?;
        let mut whole = Sums::default();
        let lines = self.lines(&by, (scope, facts), &totals, moment.as_of, &mut whole)?;

        let after = self.after.as_ref().map(|after| key(&by, after));
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut shown = lines.range((begin, Bound::Unbounded));
        let mut items = Vec::new();
        let mut last = None;
        for (key, (groups, sums)) in shown.by_ref().take(self.limit) {
            last = Some(key);
            items.push(CountLine {
                groups: groups.clone(),
                figures: sums.figures()?,
            });
        }
        let last = last.filter(|_| shown.next().is_some());
        Ok(Ok(Census {
            page: Page {
                items,
                next: last.map(|key| {
                    let keys: Vec<&str> = key.iter().map(|(_, key)| key.as_str()).collect();
                    keys.join(BETWEEN_KEYS.encode_utf8(&mut [0; 4]))
                }),
                total: Some(lines.len()),
                as_of_seq: last_of(size),
            },
            all: whole.figures()?,
            moment,
        }))
    }
}

fn key(by: &[(CountBy, By)], named: &str) -> LineKey {
    let keys = named.split(BETWEEN_KEYS).zip(by);
    keys.map(|(key, (_, by))| (by.order(key), key.to_owned()))
        .collect()
}

impl Counts {
    /// Whether the answer says what stands at single places.
    fn names_places(&self) -> bool {
        let at_spot = matches!(self.wanted.at, Some(At::Spot(Spot::Place(_))));
        self.by.of().contains(&CountBy::Place) || self.wanted.place.is_some() || at_spot
    }

    fn lines(
        &self,
        by: &[(CountBy, By)],
        (scope, facts): (&Scope, &Facts),
        totals: &Totals,
        as_of: Time,
        whole: &mut Sums,
    ) -> Result<BTreeMap<LineKey, (Vec<GroupKey>, Sums)>, StoreError> {
        let inside = self.wanted.inside(facts);
        let mut lines: BTreeMap<LineKey, (Vec<GroupKey>, Sums)> = BTreeMap::new();
        for ((spot, id), total) in totals {
            let product = product(facts, *id)?;
            let classes = product.classes_on(as_of.china_day());
            let there = inside.as_ref().is_none_or(|inside| inside.contains(spot))
                && self.wanted.at.is_none_or(|at| at.holds(*spot));
            let is_nothing = total.containers == 0 && total.amount == 0;
            let is_told = !self.names_places() || !scope.withholds(&classes);
            if is_nothing || !there || !is_told || !self.wanted.is_of(product, &classes) {
                continue;
            }
            whole.of(*spot).add(product.dimension, *total)?;
            for groups in groups(by, facts, *spot, product, &classes) {
                let key = groups.iter().zip(by);
                let key = key.map(|(group, (_, by))| (by.order(&group.key), group.key.clone()));
                let (_, sums) = lines
                    .entry(key.collect())
                    .or_insert_with(|| (groups, Sums::default()));
                sums.of(*spot).add(product.dimension, *total)?;
            }
        }
        Ok(lines)
    }
}

/// The lines that a product counts in where it is.
fn groups(
    by: &[(CountBy, By)],
    facts: &Facts,
    spot: Spot,
    product: &Product,
    classes: &[ControlClass],
) -> Vec<Vec<GroupKey>> {
    let mut lines = vec![Vec::new()];
    for (named, by) in by {
        let groups = by.groups(facts, spot, product, classes);
        let each = |line: &Vec<GroupKey>| {
            let line = line.clone();
            let longer = groups.iter().map(move |(key, name)| {
                let mut line = line.clone();
                line.push(GroupKey {
                    by: *named,
                    key: key.clone(),
                    name: name.clone(),
                });
                line
            });
            longer.collect::<Vec<_>>()
        };
        lines = lines.iter().flat_map(each).collect();
    }
    lines
}
