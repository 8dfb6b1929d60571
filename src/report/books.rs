//! 双本账核对: the books of custodians, each beside the ledger at the moment of its count. Who has not written yet
//! today sees no amount of what they keep.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, product, quantity};
use crate::{
    domain::{
        books::{BookState, Booked, Gap},
        container::{Container, Status},
        facts::Facts,
        ids::{Label, PersonId, PlaceId, ProductId, Seq, Serial},
        quantity::Quantity,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{BookGapRow, BookRow},
        stocktakes::both,
        table::{Cell, select},
    },
};

/// Asks for the books of a day, by container. Of today it has everything of which two books are asked; of a day
/// that is over, what was counted on it.
#[derive(Clone, Debug)]
pub struct Books {
    /// Only of this place and those in it.
    pub place: Option<PlaceId>,
    /// The day in China; today if absent.
    pub day: Option<NaiveDate>,
    /// Who asks, where they may keep a book themselves.
    pub reader: Option<PersonId>,
    /// Only behind this container.
    pub after: Option<Serial>,
    /// Most items.
    pub limit: usize,
}

/// Asks how the places stand today of whose stock two books are asked.
#[derive(Clone, Debug)]
pub struct BookPlaces {
    /// Only those where something has no two books yet.
    pub behind: bool,
    /// Only behind this place.
    pub after: Option<PlaceId>,
    /// Most items.
    pub limit: usize,
}

/// A line of somebody's book.
#[derive(Clone, Debug, Serialize)]
pub struct BookEntry {
    /// Whose book.
    pub person: PersonId,
    /// The name.
    pub person_name: Option<String>,
    /// What they counted; absent for who has not written their own yet.
    pub amount: Option<Quantity>,
    /// What the ledger said at that moment.
    pub ledger: Option<Quantity>,
    /// How much more they counted.
    pub surplus: Option<Quantity>,
    /// How much less they counted.
    pub shortage: Option<Quantity>,
    /// When.
    pub counted_at: Time,
    /// The entry; absent for who has not written their own yet: it says what was counted.
    pub entry: Option<Seq>,
}

/// A container and its books.
#[derive(Clone, Debug, Serialize)]
pub struct BookLine {
    /// The label.
    pub label: Label,
    /// What is in it.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Where it stood when it was counted, or stands.
    pub place: PlaceId,
    /// The names of that place, from the outside in.
    pub place_path: Vec<String>,
    /// How the books of the day stand.
    pub state: BookState,
    /// The books, by person.
    pub books: Vec<BookEntry>,
    /// Since when a difference is open.
    pub differs_since: Option<Time>,
    /// The entry of the book that differed first.
    pub differs_entry: Option<Seq>,
}

/// How a place stands today.
#[derive(Clone, Debug, Serialize)]
pub struct BookPlace {
    /// The place.
    pub place: PlaceId,
    /// Its names, from the outside in.
    pub place_path: Vec<String>,
    /// Of how many containers two books are asked.
    pub asked: u32,
    /// Two books agree with the ledger.
    pub agree: u32,
    /// A book differs.
    pub differs: u32,
    /// Only one has been written.
    pub one_missing: u32,
    /// None has been written.
    pub none: u32,
    /// Differences, of any day, that are not settled.
    pub open: u32,
    /// Whether something has no two books yet today.
    pub behind: bool,
}

/// A container with its lines of a day.
struct Kept {
    container: Container,
    /// Two books are asked of it as it stands.
    asked: bool,
    lines: BTreeMap<PersonId, Booked>,
    gap: Option<Gap>,
}

impl Kept {
    fn place(&self) -> PlaceId {
        let latest = self.lines.values().max_by_key(|line| line.entry);
        latest.map_or(self.container.standing.place, |line| line.place)
    }

    fn state(&self) -> BookState {
        let differences: Vec<i64> = self.lines.values().map(|line| line.difference).collect();
        BookState::of(&differences)
    }
}

/// Everything that belongs into the books of a day, by container.
fn gather(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    day: NaiveDate,
) -> Result<BTreeMap<Serial, Kept>, StoreError> {
    let id = scope.institution.get();
    let mut lines: BTreeMap<Serial, BTreeMap<PersonId, Booked>> = BTreeMap::new();
    let text = day.to_string();
    let of_day = "WHERE institution_id = ? AND day = ?";
    for row in select::<BookRow>(conn, of_day, &[Cell::Int(&id), Cell::Text(&text)])? {
        let ((serial, _, person), booked) = row.parse()?;
        lines.entry(serial).or_default().insert(person, booked);
    }
    let mut found: BTreeMap<Serial, Container> = BTreeMap::new();
    let mut asked: BTreeSet<Serial> = BTreeSet::new();
    let mut gaps: BTreeMap<Serial, Gap> = BTreeMap::new();
    if day == scope.now.china_day() {
        let products = facts.register.products.iter();
        let products = products.filter(|(_, one)| facts.requirement(one, scope.now).two_books);
        for product in products.map(|(product, _)| product.get()) {
            let clause = "WHERE container.institution_id = ? AND container.product_id = ? \
                AND standing.status = 'in_stock'";
            let key = [Cell::Int(&id), Cell::Int(&product)];
            for (row, hot) in both(conn, clause, &key)? {
                let container = rows::container(row, &hot)?;
                asked.insert(container.serial);
                found.insert(container.serial, container);
            }
        }
        let open = "WHERE institution_id = ? AND settled_seq IS NULL";
        for row in select::<BookGapRow>(conn, open, &[Cell::Int(&id)])? {
            let (serial, gap) = row.parse()?;
            gaps.insert(serial, gap);
        }
    }
    let named: BTreeSet<Serial> = lines.keys().chain(gaps.keys()).copied().collect();
    let others = named
        .into_iter()
        .filter(|serial| !found.contains_key(serial));
    let others = others.map(Serial::get).collect();
    for container in lookups::containers(conn, scope.institution, &others)? {
        let standing = &container.standing;
        // Of what is gone the last balance or the other institution has said what was in it.
        let is_there = standing.is_left() || standing.status == Status::Empty;
        if is_there || lines.contains_key(&container.serial) {
            found.insert(container.serial, container);
        }
    }
    let day = scope.now.china_day();
    let mut withheld: BTreeSet<Serial> = BTreeSet::new();
    for container in found.values() {
        let product = product(facts, container.identity.product)?;
        if scope.withholds(&product.classes_on(day)) {
            withheld.insert(container.serial);
        }
    }
    found.retain(|serial, _| !withheld.contains(serial));
    let kept = found.into_iter().map(|(serial, container)| {
        let kept = Kept {
            asked: asked.contains(&serial),
            lines: lines.remove(&serial).unwrap_or_default(),
            gap: gaps.remove(&serial),
            container,
        };
        (serial, kept)
    });
    Ok(kept.collect())
}

impl BookEntry {
    fn of(
        facts: &Facts,
        container: &Container,
        (person, booked): (PersonId, &Booked),
        is_blind: bool,
    ) -> Result<Self, StoreError> {
        let shown = |amount: i64, when: bool| {
            let dimension = container.identity.dimension;
            let shown = (when && !is_blind).then(|| quantity(dimension, amount));
            shown.transpose()
        };
        Ok(Self {
            person,
            person_name: person_name(facts, person),
            amount: shown(booked.amount, true)?,
            ledger: shown(booked.ledger, true)?,
            surplus: shown(booked.difference.max(0), booked.difference > 0)?,
            shortage: shown(
                booked.difference.saturating_neg().max(0),
                booked.difference < 0,
            )?,
            counted_at: booked.at,
            entry: (!is_blind).then_some(booked.entry),
        })
    }
}

impl Query for Books {
    type Answer = Page<BookLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let today = scope.now.china_day();
        let day = self.day.unwrap_or(today);
        let inside = self.place.map(|place| facts.place_and_below(place));
        let mut items = Vec::new();
        for (serial, kept) in gather(conn, scope, facts, day)? {
            let place = kept.place();
            let is_elsewhere = inside
                .as_ref()
                .is_some_and(|inside| !inside.contains(&place));
            if self.after.is_some_and(|after| serial <= after) || is_elsewhere {
                continue;
            }
            let is_blind = day == today
                && self.reader.is_some_and(|reader| {
                    !kept.lines.contains_key(&reader)
                        && facts.custodians(place, scope.now).contains(&reader)
                });
            let container = &kept.container;
            let state = match kept.state() {
                // What the others' books say to each other would say something of the ledger, too.
                BookState::Agree | BookState::Differs if is_blind => BookState::OneMissing,
                state @ (BookState::Agree
                | BookState::Differs
                | BookState::OneMissing
                | BookState::Missing) => state,
            };
            // That the other's book of today is the first to differ says something of the ledger as well.
            let began_today = |gap: &Gap| gap.at.china_day() == today;
            let gap = kept.gap.filter(|gap| !(is_blind && began_today(gap)));
            let lines = kept.lines.iter();
            let lines = lines
                .map(|(person, line)| BookEntry::of(facts, container, (*person, line), is_blind));
            let generation = container.standing.generation;
            items.push(BookLine {
                label: Label::new(scope.institution, serial, generation),
                product: container.identity.product,
                name: product(facts, container.identity.product)?.name.clone(),
                place,
                place_path: path(facts, place),
                state,
                books: lines.collect::<Result<_, _>>()?,
                differs_since: gap.map(|gap| gap.at),
                differs_entry: gap.map(|gap| gap.since),
            });
            if items.len() > self.limit {
                break;
            }
        }
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| item.label.serial().to_string())
        })
    }
}

impl Query for BookPlaces {
    type Answer = Page<BookPlace>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let mut places: BTreeMap<PlaceId, BookPlace> = BTreeMap::new();
        for kept in gather(conn, scope, facts, scope.now.china_day())?.values() {
            let place = kept.container.standing.place;
            let line = places.entry(place).or_insert_with(|| BookPlace {
                place,
                place_path: path(facts, place),
                asked: 0,
                agree: 0,
                differs: 0,
                one_missing: 0,
                none: 0,
                open: 0,
                behind: false,
            });
            line.open += u32::from(kept.gap.is_some());
            if !kept.asked {
                continue;
            }
            line.asked += 1;
            let count = match kept.state() {
                BookState::Agree => &mut line.agree,
                BookState::Differs => &mut line.differs,
                BookState::OneMissing => &mut line.one_missing,
                BookState::Missing => &mut line.none,
            };
            *count += 1;
            line.behind |= kept.lines.len() < 2;
        }
        let wanted = places
            .into_values()
            .filter(|line| line.behind || (!self.behind && line.asked + line.open > 0));
        Ok(Page::of(
            wanted.collect(),
            |line: &BookPlace| line.place,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        ))
    }
}
