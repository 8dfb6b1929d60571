//! 盘点: which there are, how each stands, what should be there and what was found. No amount of the book is in
//! any of it before a difference has been counted twice (blind count).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, product, quantity};
use crate::{
    domain::{
        container::{Container, Status},
        facts::Facts,
        ids::{Cas, IncidentId, Label, PersonId, PlaceId, ProductId, Seq, Serial, StocktakeId},
        quantity::Quantity,
        refusal::Refusal,
        stocktake::{Amounts, Bucket, Running, StocktakeState, Stray, Tally, Totals},
        substance::ControlClass,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{StocktakeRow, StrayRow, TallyRow},
        stocktakes::both,
        table::{Cell, select},
    },
};

/// Asks for the stocktakes, by number.
#[derive(Clone, Debug)]
pub struct Stocktakes {
    /// Only those that are so.
    pub state: Option<StocktakeState>,
    /// Only behind this one.
    pub after: Option<StocktakeId>,
    /// Most items.
    pub limit: usize,
}

/// Asks how one stocktake stands.
#[derive(Clone, Debug)]
pub struct OneStocktake(pub StocktakeId);

/// Asks what should be there, by label.
#[derive(Clone, Debug)]
pub struct Expected {
    /// In which stocktake.
    pub stocktake: StocktakeId,
    /// Only behind this container.
    pub after: Option<Serial>,
    /// Most items.
    pub limit: usize,
}

/// Asks what was found: containers by label, then codes that nobody knows.
#[derive(Clone, Debug)]
pub struct Findings {
    /// In which stocktake.
    pub stocktake: StocktakeId,
    /// Only this bucket.
    pub bucket: Option<Bucket>,
    /// Only what is left to do.
    pub open: bool,
    /// Only behind this one.
    pub after: Option<String>,
    /// Most items.
    pub limit: usize,
}

/// Asks what a scan was of: point reads.
#[derive(Clone, Debug)]
pub struct ScannedOne(pub Serial);

/// A stocktake.
#[derive(Clone, Debug, Serialize)]
pub struct StocktakeLine {
    /// Its number.
    pub stocktake: StocktakeId,
    /// Whether it is under way.
    pub state: StocktakeState,
    /// The place.
    pub place: PlaceId,
    /// Its names, from the outside in.
    pub place_path: Vec<String>,
    /// Of what the amounts are counted.
    pub amounts: Amounts,
    /// How many are drawn; none when everything is counted.
    pub sample_size: Option<u32>,
    /// The seed of the sample.
    pub seed: Option<String>,
    /// How many stood there when the list was frozen.
    pub expected: u32,
    /// What identifies the list: SHA-256, hex, of the serials in order, a line each.
    pub expected_sha256: String,
    /// The entry that began it: the head before it is the one of the list.
    pub begun_seq: Seq,
    /// By whom.
    pub begun_by: PersonId,
    /// The name.
    pub begun_by_name: Option<String>,
    /// When.
    pub begun_at: Time,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// The entry that closed it.
    pub closed_seq: Option<Seq>,
}

/// How a stocktake stands.
#[derive(Clone, Debug, Serialize)]
pub struct StocktakeStatus {
    /// What it is.
    #[serde(flatten)]
    pub line: StocktakeLine,
    /// What it comes to so far, by bucket; of a closed one, what it came to.
    pub counts: Totals,
    /// How much of that is left to do.
    pub open: Totals,
}

/// What of a container may be seen while it is counted: everything but amounts.
#[derive(Clone, Debug, Serialize)]
pub struct SeenContainer {
    /// The label.
    pub label: Label,
    /// What is in it.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes today, strictest first.
    pub classes: Vec<ControlClass>,
    /// Its state in the book.
    pub status: Status,
    /// Where the book has it.
    pub place: PlaceId,
    /// The names of that place, from the outside in.
    pub place_path: Vec<String>,
    /// The person whom the book has it with.
    pub holder_name: Option<String>,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// Whether that day has passed.
    pub expired: bool,
    /// The open incident that it is part of.
    pub incident: Option<IncidentId>,
}

/// A line of what should be there.
#[derive(Clone, Debug, Serialize)]
pub struct ExpectedLine {
    /// The container.
    #[serde(flatten)]
    pub container: SeenContainer,
    /// Where it stood when the list was frozen.
    pub expected_at: PlaceId,
    /// The names of that place.
    pub expected_path: Vec<String>,
    /// Whether it has been counted.
    pub counted: bool,
}

/// Something that was found, or not.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine {
    /// In which bucket it is.
    pub bucket: Bucket,
    /// Whether something is left to do about it.
    pub open: bool,
    /// The container.
    pub container: Option<SeenContainer>,
    /// Or the code that nobody knows.
    pub code: Option<String>,
    /// Where it stood when the list was frozen.
    pub expected_at: Option<PlaceId>,
    /// Where it was seen, or looked for.
    pub seen_at: Option<PlaceId>,
    /// The names of that place.
    pub seen_path: Option<Vec<String>>,
    /// When.
    pub counted_at: Option<Time>,
    /// By whom.
    pub counted_by: Option<PersonId>,
    /// The name.
    pub counted_by_name: Option<String>,
    /// The entry.
    pub counted_seq: Option<Seq>,
    /// Whether somebody else counted before, and it did not agree either.
    pub confirmed: bool,
    /// How much more than in the book; only after the second count.
    pub surplus: Option<Quantity>,
    /// How much less than in the book; only after the second count.
    pub shortage: Option<Quantity>,
    /// The entry that settled it or put it right.
    pub settled_by: Option<Seq>,
}

impl StocktakeLine {
    fn of(facts: &Facts, running: &Running) -> Self {
        let stocktake = &running.stocktake;
        let sample = stocktake.sample.as_ref();
        let closed = running.closed.as_ref();
        Self {
            stocktake: stocktake.id,
            state: closed.map_or(StocktakeState::Open, |_| StocktakeState::Closed),
            place: stocktake.place,
            place_path: path(facts, stocktake.place),
            amounts: stocktake.amounts,
            sample_size: sample.map(|sample| sample.size),
            seed: sample.map(|sample| sample.seed.clone()),
            expected: stocktake.expected,
            expected_sha256: stocktake.expected_sha256.clone(),
            begun_seq: running.begun.entry,
            begun_by: running.begun.by,
            begun_by_name: person_name(facts, running.begun.by),
            begun_at: running.begun.at,
            closed_at: closed.map(|(done, _)| done.at),
            closed_seq: closed.map(|(done, _)| done.entry),
        }
    }
}

impl Query for Stocktakes {
    type Answer = Page<StocktakeLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let state = self.state.map_or("", StocktakeState::as_str).to_owned();
        let rows: Vec<StocktakeRow> = select(
            conn,
            "WHERE institution_id = ? AND stocktake_id > ? \
             AND (? = '' OR CASE WHEN closed_seq IS NULL THEN 'open' ELSE 'closed' END = ?) \
             ORDER BY stocktake_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.after.map_or(0, StocktakeId::get)),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Int(&more),
            ],
        )?;
        let lines = rows
            .into_iter()
            .map(|row| Ok(StocktakeLine::of(&snapshot.facts, &row.parse()?)));
        let items = lines.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| item.stocktake.to_string())
        })
    }
}

/// The stocktake of that number.
fn one(
    conn: &mut Db,
    scope: &Scope,
    stocktake: StocktakeId,
) -> Result<Result<Running, Refusal>, StoreError> {
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&stocktake.get()),
    ];
    let clause = "WHERE institution_id = ? AND stocktake_id = ?";
    let rows: Vec<StocktakeRow> = select(conn, clause, &key)?;
    match rows.into_iter().next() {
        Some(row) => row.parse().map(Ok),
        None => Ok(Err(Refusal::StocktakeUnknown {})),
    }
}

/// Every container in a stocktake, by serial, and the codes that nobody knows.
type Whole = (Vec<(Serial, Tally, Container)>, Vec<Stray>);

fn whole(conn: &mut Db, scope: &Scope, stocktake: StocktakeId) -> Result<Whole, StoreError> {
    let (id, number) = (scope.institution.get(), stocktake.get());
    let key = [Cell::Int(&id), Cell::Int(&number)];
    let tallies: Vec<TallyRow> = select(
        conn,
        "WHERE institution_id = ? AND stocktake_id = ? ORDER BY serial",
        &key,
    )?;
    let strays: Vec<StrayRow> = select(
        conn,
        "WHERE institution_id = ? AND stocktake_id = ? ORDER BY code",
        &key,
    )?;
    let counted = "WHERE container.institution_id = ? AND container.serial IN
        (SELECT serial FROM tally WHERE institution_id = ? AND stocktake_id = ?)";
    let key = [Cell::Int(&id), Cell::Int(&id), Cell::Int(&number)];
    let mut containers = BTreeMap::new();
    for (row, hot) in both(conn, counted, &key)? {
        let container = rows::container(row, &hot)?;
        containers.insert(container.serial, container);
    }
    let joined = tallies.into_iter().map(|row| {
        let ((_, serial), tally) = row.parse()?;
        let container = containers.remove(&serial);
        let none = || StoreError::Row("tally", format!("no container {serial}"));
        Ok((serial, tally, container.ok_or_else(none)?))
    });
    let joined = joined.collect::<Result<_, StoreError>>()?;
    let strays = strays.into_iter().map(|row| Ok(row.parse()?.1));
    Ok((joined, strays.collect::<Result<_, StoreError>>()?))
}

impl Query for OneStocktake {
    type Answer = Result<StocktakeStatus, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let running = match one(conn, scope, self.0)? {
            Ok(running) => running,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let line = StocktakeLine::of(&snapshot.facts, &running);
        if let Some((_, totals)) = running.closed {
            return Ok(Ok(StocktakeStatus {
                line,
                counts: totals,
                open: Totals::default(),
            }));
        }
        let (tallies, strays) = whole(conn, scope, self.0)?;
        let (mut counts, mut open) = (Totals::default(), Totals::default());
        let place = running.stocktake.place;
        for (_, tally, container) in &tallies {
            counts.expected += u32::from(tally.expected_at.is_some());
            match snapshot.facts.bucket(tally, container, place) {
                Some((bucket, is_open)) => {
                    counts.add(bucket);
                    if is_open {
                        open.add(bucket);
                    }
                }
                None => counts.left += 1,
            }
        }
        for stray in &strays {
            counts.add(Bucket::Unknown);
            if stray.resolved.is_none() {
                open.add(Bucket::Unknown);
            }
        }
        Ok(Ok(StocktakeStatus { line, counts, open }))
    }
}

impl SeenContainer {
    fn of(facts: &Facts, scope: &Scope, container: &Container) -> Result<Self, StoreError> {
        let standing = &container.standing;
        let product = product(facts, container.identity.product)?;
        let day = scope.now.china_day();
        let expires_on = container.identity.expires_on;
        Ok(Self {
            label: Label::new(scope.institution, container.serial, standing.generation),
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes: product.classes_on(day),
            status: standing.status,
            place: standing.place,
            place_path: path(facts, standing.place),
            holder_name: standing
                .holder
                .and_then(|holder| person_name(facts, holder)),
            expires_on,
            expired: expires_on.is_some_and(|last| last < day),
            incident: container.incident,
        })
    }
}

impl Query for ScannedOne {
    type Answer = Option<SeenContainer>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let found = lookups::container(conn, scope.institution, self.0)?;
        found
            .map(|container| SeenContainer::of(&snapshot.facts, scope, &container))
            .transpose()
    }
}

impl Query for Expected {
    type Answer = Result<Page<ExpectedLine>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        if let Err(refusal) = one(conn, scope, self.stocktake)? {
            return Ok(Err(refusal));
        }
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let rows: Vec<TallyRow> = select(
            conn,
            "WHERE institution_id = ? AND stocktake_id = ? AND serial > ? \
             AND expected_at IS NOT NULL ORDER BY serial LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.stocktake.get()),
                Cell::Int(&self.after.map_or(0, Serial::get)),
                Cell::Int(&more),
            ],
        )?;
        let serials = rows.iter().map(|row| row.serial).collect();
        let containers = lookups::containers(conn, scope.institution, &serials)?;
        let mut items = Vec::with_capacity(rows.len());
        for (row, container) in rows.into_iter().zip(&containers) {
            let (_, tally) = row.parse()?;
            let Some(expected_at) = tally.expected_at else {
                continue;
            };
            items.push(ExpectedLine {
                container: SeenContainer::of(&snapshot.facts, scope, container)?,
                expected_at,
                expected_path: path(&snapshot.facts, expected_at),
                counted: tally.count.is_some(),
            });
        }
        Ok(Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| {
                item.container.label.serial().to_string()
            })
        }))
    }
}

impl FindingLine {
    fn key(&self) -> String {
        let label = self.container.as_ref().map(|container| container.label);
        label.map_or_else(
            || self.code.clone().unwrap_or_default(),
            |label| label.to_string(),
        )
    }

    fn of_container(
        facts: &Facts,
        scope: &Scope,
        tally: &Tally,
        container: &Container,
        (bucket, open): (Bucket, bool),
    ) -> Result<Self, StoreError> {
        let count = tally.count.as_ref();
        let told = count.filter(|count| count.confirmed);
        let dimension = container.identity.dimension;
        let part = |amount: Option<i64>| {
            let amount = amount.filter(|amount| *amount > 0);
            amount.map(|amount| quantity(dimension, amount)).transpose()
        };
        Ok(Self {
            bucket,
            open,
            container: Some(SeenContainer::of(facts, scope, container)?),
            code: None,
            expected_at: tally.expected_at,
            seen_at: count.map(|count| count.place),
            seen_path: count.map(|count| path(facts, count.place)),
            counted_at: count.map(|count| count.done.at),
            counted_by: count.map(|count| count.done.by),
            counted_by_name: count.and_then(|count| person_name(facts, count.done.by)),
            counted_seq: count.map(|count| count.done.entry),
            confirmed: told.is_some(),
            surplus: part(told.map(|count| count.difference))?,
            shortage: part(told.map(|count| -count.difference))?,
            settled_by: tally.settled.or(tally.put_right),
        })
    }

    fn of_stray(facts: &Facts, stray: &Stray) -> Self {
        Self {
            bucket: Bucket::Unknown,
            open: stray.resolved.is_none(),
            container: None,
            code: Some(stray.code.clone()),
            expected_at: None,
            seen_at: Some(stray.place),
            seen_path: Some(path(facts, stray.place)),
            counted_at: Some(stray.done.at),
            counted_by: Some(stray.done.by),
            counted_by_name: person_name(facts, stray.done.by),
            counted_seq: Some(stray.done.entry),
            confirmed: false,
            surplus: None,
            shortage: None,
            settled_by: stray.resolved,
        }
    }
}

impl Query for Findings {
    type Answer = Result<Page<FindingLine>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let running = match one(conn, scope, self.stocktake)? {
            Ok(running) => running,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let wanted = |bucket: Bucket, open: bool| {
            self.bucket.is_none_or(|only| only == bucket) && (open || !self.open)
        };
        let (tallies, strays) = whole(conn, scope, self.stocktake)?;
        let mut items = Vec::new();
        for (_, tally, container) in &tallies {
            let found = facts.bucket(tally, container, running.stocktake.place);
            if let Some(found) = found.filter(|(bucket, open)| wanted(*bucket, *open)) {
                let line = FindingLine::of_container(facts, scope, tally, container, found)?;
                items.push(line);
            }
        }
        let strays = strays
            .iter()
            .map(|stray| FindingLine::of_stray(facts, stray));
        items.extend(strays.filter(|line| wanted(line.bucket, line.open)));
        let as_of_seq = Some(snapshot.as_of_seq);
        Ok(Ok(Page::of(
            items,
            FindingLine::key,
            self.after.as_ref(),
            self.limit,
            as_of_seq,
        )))
    }
}
