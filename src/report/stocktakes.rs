//! 盘点: which there are, how each stands, what should be there and what was found. No amount of the book is in
//! any of it before a difference has been counted twice (blind count).

mod findings;

pub use findings::{After, FindingLine, Findings};

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, product};
use crate::{
    domain::{
        container::{Container, Status},
        facts::Facts,
        ids::{Cas, IncidentId, Label, PersonId, PlaceId, ProductId, Seq, Serial, StocktakeId},
        refusal::Refusal,
        stocktake::{Amounts, Running, StocktakeState, Totals},
        substance::ControlClass,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::{StocktakeRow, TallyRow},
        stocktakes::{alike, strays},
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
        let place = running.stocktake.place;
        let alike = alike(conn, scope.institution, self.0)?;
        let strays = strays(conn, scope.institution, self.0)?;
        let (counts, open) = snapshot.facts.sum_up(place, alike, strays);
        Ok(Ok(StocktakeStatus { line, counts, open }))
    }
}

impl SeenContainer {
    /// What may be seen of it at that moment.
    ///
    /// # Errors
    /// [`StoreError`] when nobody knows what is in it.
    pub(crate) fn of(facts: &Facts, now: Time, container: &Container) -> Result<Self, StoreError> {
        let standing = &container.standing;
        let product = product(facts, container.identity.product)?;
        let day = now.china_day();
        let expires_on = container.identity.expires_on;
        Ok(Self {
            label: Label::new(facts.institution, container.serial, standing.generation),
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
                container: SeenContainer::of(&snapshot.facts, scope.now, container)?,
                expected_at,
                expected_path: path(&snapshot.facts, expected_at),
                counted: tally.count.is_some(),
            });
        }
        let mut page = Page::begun(items, self.limit, |item| {
            item.container.label.serial().to_string()
        });
        page.items
            .retain(|item| !scope.withholds(&item.container.classes));
        page.as_of_seq = Some(snapshot.as_of_seq);
        Ok(Ok(page))
    }
}
