//! 去向: where everything is that is not used up, now and at any past moment.
//!
//! A container counts at its place while it is in stock, and with persons while it is checked out; empty
//! and void ones count nowhere, and waste is out of stock. What was taken out of a container and is neither used nor back is with
//! persons too. The past is reached from the present, against the order of the entries. Their container
//! lines say how each container stood before and after; postings alone do not, since the entry that
//! takes an emptied bottle back posts nothing and yet ends its time with a person.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
};

use super::{Scope, add, path, stock};
use crate::{
    domain::{
        container::{Container, Standing, Status},
        facts::{Facts, Total},
        ids::{IdError, PlaceId, ProductId, Seq, Serial},
        ledger::{Account, ContainerLine, Effects, Prior},
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{EntryRow, HoldingRow, StandingRow},
        table::{Cell, select},
    },
};

/// Entries read at a time.
const PAGE: i64 = 2_000;

/// Where an amount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// At a place (在库).
    Place(PlaceId),
    /// With persons (领用在外): whole containers, and what was taken out of one.
    Persons,
}

/// The word for what is with persons.
const PERSONS: &str = "persons";

impl Spot {
    /// Where a container counts.
    pub(super) const fn of(standing: &Standing) -> Option<Self> {
        match standing.status {
            Status::InStock => Some(Self::Place(standing.place)),
            Status::CheckedOut => Some(Self::Persons),
            Status::Empty | Status::Waste | Status::Disposed | Status::Void => None,
        }
    }

    /// What people call it, from the outside in.
    pub(super) fn path(self, facts: &Facts) -> Vec<String> {
        match self {
            Self::Place(place) => path(facts, place),
            Self::Persons => vec!["领用在外".to_owned()],
        }
    }

    /// The place.
    #[must_use]
    pub const fn place(self) -> Option<PlaceId> {
        match self {
            Self::Place(place) => Some(place),
            Self::Persons => None,
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => place.fmt(f),
            Self::Persons => f.write_str(PERSONS),
        }
    }
}

impl FromStr for Spot {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == PERSONS {
            Ok(Self::Persons)
        } else {
            text.parse().map(Self::Place)
        }
    }
}

/// What is where, summed by product.
pub(super) type Totals = BTreeMap<(Spot, ProductId), Total>;

/// What is where in the present.
pub(super) fn present(conn: &mut Db, facts: &Facts) -> Result<Totals, StoreError> {
    let mut totals = Totals::new();
    for (place, product, total) in stock(conn, facts)? {
        totals.insert((Spot::Place(place), product.id), total);
    }
    for container in with_persons(conn, facts)? {
        let key = (Spot::Persons, container.identity.product);
        let total = totals.entry(key).or_default();
        total.containers += 1;
        add(&mut total.amount, container.standing.amount)?;
    }
    for holding in open_holdings(conn, facts)? {
        let product = rows::number("holding", holding.product_id)?;
        let total = totals.entry((Spot::Persons, product)).or_default();
        add(&mut total.amount, holding.amount)?;
    }
    Ok(totals)
}

/// The containers that are checked out.
fn with_persons(conn: &mut Db, facts: &Facts) -> Result<Vec<Container>, StoreError> {
    let clause = "WHERE institution_id = ? AND holder_id IS NOT NULL";
    let key = [Cell::Int(&facts.institution.get())];
    let standings: Vec<StandingRow> = select(conn, clause, &key)?;
    let serials = standings.iter().map(|row| row.serial).collect();
    let containers = lookups::containers(conn, facts.institution, &serials)?;
    let out = containers.into_iter();
    Ok(out
        .filter(|one| Spot::of(&one.standing) == Some(Spot::Persons))
        .collect())
}

/// What was taken out of containers and is neither used nor back.
pub(super) fn open_holdings(conn: &mut Db, facts: &Facts) -> Result<Vec<HoldingRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND amount > 0";
    Ok(select(
        conn,
        clause,
        &[Cell::Int(&facts.institution.get())],
    )?)
}

/// What the entries on one side of a moment did: those up to it, or those behind it, whichever are
/// fewer, so that nobody has a whole ledger read by asking for its beginning.
#[derive(Default)]
pub(super) struct Since {
    /// Whether they are those up to the moment.
    is_forward: bool,
    /// The containers that they touched, as they stood before; none: not yet there.
    before: HashMap<Serial, Option<Prior>>,
    /// The same after them.
    after: HashMap<Serial, Prior>,
    /// What they added to what was held out of containers.
    held: HashMap<Serial, i64>,
    /// What they added to the totals.
    changes: Totals,
    /// Products of containers.
    products: HashMap<Serial, ProductId>,
}

impl Since {
    /// Reads the first `size` entries of a ledger of `all`, or those behind them.
    pub(super) fn read(
        conn: &mut Db,
        scope: &Scope,
        size: i64,
        all: i64,
    ) -> Result<Self, StoreError> {
        let is_forward = size < all - size;
        let mut since = Self {
            is_forward,
            ..Self::default()
        };
        let (mut next, end) = if is_forward { (0, size) } else { (size, all) };
        while next < end {
            let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? ORDER BY seq LIMIT ?";
            let key = [
                Cell::Int(&scope.institution.get()),
                Cell::Int(&next),
                Cell::Int(&PAGE.min(end - next)),
            ];
            let page: Vec<EntryRow> = select(conn, clause, &key)?;
            if page.is_empty() {
                return Err(StoreError::Row("entry", format!("none from {next} on")));
            }
            for row in page {
                next = row.seq + 1;
                let entry = rows::number("entry", row.seq)?;
                since.entry(conn, scope, entry, &Effects::parse(&row.bytes)?)?;
            }
        }
        Ok(since)
    }

    /// What was where at the moment: what came up to it, or what is where now without what came since.
    pub(super) fn totals(&self, conn: &mut Db, facts: &Facts) -> Result<Totals, StoreError> {
        if self.is_forward {
            return Ok(self.changes.clone());
        }
        let mut totals = present(conn, facts)?;
        for (key, change) in &self.changes {
            let total = totals.entry(*key).or_default();
            total.containers -= change.containers;
            add(&mut total.amount, -change.amount)?;
        }
        Ok(totals)
    }

    /// How a container stood at the moment; none: not yet there.
    pub(super) fn standing_of(&self, container: &Container) -> Option<Prior> {
        if self.is_forward {
            return self.after.get(&container.serial).copied();
        }
        let now = Prior {
            entry: container.last_entry,
            standing: container.standing,
        };
        let before = self.before.get(&container.serial).copied();
        before.unwrap_or(Some(now))
    }

    /// What was held out of containers at the moment.
    pub(super) fn held(
        &self,
        conn: &mut Db,
        facts: &Facts,
    ) -> Result<HashMap<Serial, i64>, StoreError> {
        if self.is_forward {
            return Ok(self.held.clone());
        }
        let mut held: HashMap<Serial, i64> = HashMap::new();
        for holding in open_holdings(conn, facts)? {
            let serial = rows::number("holding", holding.serial)?;
            add(held.entry(serial).or_default(), holding.amount)?;
        }
        for (serial, change) in &self.held {
            add(held.entry(*serial).or_default(), -change)?;
        }
        Ok(held)
    }

    fn entry(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        entry: Seq,
        effects: &Effects,
    ) -> Result<(), StoreError> {
        for posting in &effects.postings {
            self.products.insert(posting.container, posting.product);
            if posting.account == Account::Held {
                add(
                    self.held.entry(posting.container).or_default(),
                    posting.amount,
                )?;
                let key = (Spot::Persons, posting.product);
                add(
                    &mut self.changes.entry(key).or_default().amount,
                    posting.amount,
                )?;
            }
        }
        for line in &effects.containers {
            let standing = line.after;
            self.after.insert(line.serial, Prior { entry, standing });
            self.line(conn, scope, line)?;
        }
        Ok(())
    }

    fn line(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        line: &ContainerLine,
    ) -> Result<(), StoreError> {
        // Of the entries behind the moment the first says how it stood then.
        self.before.entry(line.serial).or_insert(line.before);
        let product = self.product(conn, scope, line.serial)?;
        let prior = line.before.map(|prior| prior.standing);
        for (standing, sign) in [(prior, -1), (Some(line.after), 1)] {
            let Some((spot, standing)) = standing.and_then(|one| Some((Spot::of(&one)?, one)))
            else {
                continue;
            };
            let change = self.changes.entry((spot, product)).or_default();
            change.containers += sign;
            add(&mut change.amount, sign * standing.amount)?;
        }
        Ok(())
    }

    /// What is in a container: its postings say it, and an entry without any is rare.
    fn product(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        serial: Serial,
    ) -> Result<ProductId, StoreError> {
        if let Some(product) = self.products.get(&serial) {
            return Ok(*product);
        }
        let found = lookups::container(conn, scope.institution, serial)?;
        let none = || StoreError::Row("container", format!("no container {serial}"));
        let product = found.ok_or_else(none)?.identity.product;
        self.products.insert(serial, product);
        Ok(product)
    }
}
