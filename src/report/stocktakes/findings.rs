//! What a stocktake found, a page at a time: what a page costs does not depend on how much is counted.

use std::{fmt, str::FromStr};

use serde::Serialize;

use super::{SeenContainer, one};
use crate::{
    domain::{
        container::Container,
        facts::Facts,
        ids::{PersonId, PlaceId, Seq, Serial, StocktakeId},
        quantity::Quantity,
        refusal::Refusal,
        stocktake::{Bucket, Running, Stray, Tally},
        time::Time,
    },
    report::{Page, Query, Scope, path, person_name, quantity},
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::{StrayRow, TallyRow},
        table::{Cell, select},
    },
};

/// Fewest containers that are read at once: of those that may be in a bucket, not all are.
const AT_ONCE: usize = 200;

/// Where a page of findings begins: behind a container, or behind a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Containers come first, by serial.
    Container(Serial),
    /// Then the codes.
    Code(String),
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(serial) => write!(f, "{serial}"),
            Self::Code(code) => write!(f, "={code}"),
        }
    }
}

impl FromStr for After {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.strip_prefix('=') {
            Some(code) => Ok(Self::Code(code.to_owned())),
            None => text.parse().map(Self::Container).map_err(|_| Malformed),
        }
    }
}

/// No place where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no serial, and no code behind an equals sign")]
pub struct Malformed;

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
    pub after: Option<After>,
    /// Most items.
    pub limit: usize,
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

impl FindingLine {
    fn key(&self) -> After {
        let label = self.container.as_ref().map(|container| container.label);
        match label {
            Some(label) => After::Container(label.serial()),
            None => After::Code(self.code.clone().unwrap_or_default()),
        }
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
            container: Some(SeenContainer::of(facts, scope.now, container)?),
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

/// The containers that may be in a bucket, by what was counted; whether they are is for the rule to say.
const fn clause(bucket: Option<Bucket>) -> &'static str {
    macro_rules! those {
        ($($in_bucket:literal)?) => {
            concat!(
                "WHERE institution_id = ? AND stocktake_id = ? AND serial > ? \
                 AND (? = 0 OR counted_seq IS NULL OR absent = 1 OR difference <> 0 OR misplaced = 1 \
                 OR off_book = 1)",
                $($in_bucket,)?
                " ORDER BY serial LIMIT ?"
            )
        };
    }
    match bucket {
        None | Some(Bucket::Unknown) => those!(),
        Some(Bucket::Found) => those!(
            " AND counted_seq IS NOT NULL AND absent = 0 AND difference = 0 AND misplaced = 0 AND off_book = 0"
        ),
        Some(Bucket::Misplaced) => those!(" AND misplaced = 1 AND difference = 0 AND off_book = 0"),
        Some(Bucket::OffBook) => those!(" AND off_book = 1"),
        Some(Bucket::Difference) => those!(" AND absent = 0 AND difference <> 0"),
        Some(Bucket::Missing) => those!(" AND (counted_seq IS NULL OR absent = 1)"),
    }
}

impl Findings {
    /// So many containers of the page, as far as there are.
    fn containers(
        &self,
        conn: &mut Db,
        (scope, facts): (&Scope, &Facts),
        running: &Running,
        wanted: usize,
    ) -> Result<Vec<FindingLine>, StoreError> {
        let mut items = Vec::new();
        let mut after = match &self.after {
            None => 0,
            Some(After::Container(serial)) => serial.get(),
            Some(After::Code(_)) => return Ok(items),
        };
        let most = i64::try_from(wanted.max(AT_ONCE)).unwrap_or(i64::MAX);
        while items.len() < wanted {
            let rows: Vec<TallyRow> = select(
                conn,
                clause(self.bucket),
                &[
                    Cell::Int(&scope.institution.get()),
                    Cell::Int(&self.stocktake.get()),
                    Cell::Int(&after),
                    Cell::Int(&i64::from(self.open)),
                    Cell::Int(&most),
                ],
            )?;
            let Some(last) = rows.last() else { break };
            after = last.serial;
            let serials = rows.iter().map(|row| row.serial).collect();
            let containers = lookups::containers(conn, scope.institution, &serials)?;
            for (row, container) in rows.into_iter().zip(&containers) {
                let (_, tally) = row.parse()?;
                let found = facts.bucket(&tally, container, running.stocktake.place);
                if let Some(found) = found.filter(|(bucket, open)| self.wants(*bucket, *open)) {
                    let line = FindingLine::of_container(facts, scope, &tally, container, found)?;
                    items.push(line);
                }
            }
        }
        Ok(items)
    }

    /// So many codes of the page, as far as there are.
    fn codes(
        &self,
        conn: &mut Db,
        (scope, facts): (&Scope, &Facts),
        wanted: usize,
    ) -> Result<Vec<FindingLine>, StoreError> {
        if self.bucket.is_some_and(|only| only != Bucket::Unknown) {
            return Ok(Vec::new());
        }
        let after = match &self.after {
            Some(After::Code(code)) => code.clone(),
            None | Some(After::Container(_)) => String::new(),
        };
        let rows: Vec<StrayRow> = select(
            conn,
            "WHERE institution_id = ? AND stocktake_id = ? AND code > ? \
             AND (? = 0 OR resolved_by IS NULL) ORDER BY code LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.stocktake.get()),
                Cell::Text(&after),
                Cell::Int(&i64::from(self.open)),
                Cell::Int(&i64::try_from(wanted).unwrap_or(i64::MAX)),
            ],
        )?;
        let lines = rows.into_iter().map(|row| {
            let (_, stray) = row.parse()?;
            Ok(FindingLine::of_stray(facts, &stray))
        });
        lines.collect()
    }

    fn wants(&self, bucket: Bucket, open: bool) -> bool {
        self.bucket.is_none_or(|only| only == bucket) && (open || !self.open)
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
        let wanted = self.limit.saturating_add(1);
        let mut items = if self.bucket == Some(Bucket::Unknown) {
            Vec::new()
        } else {
            self.containers(conn, (scope, facts), &running, wanted)?
        };
        items.extend(self.codes(conn, (scope, facts), wanted.saturating_sub(items.len()))?);
        let mut page = Page::begun(items, self.limit, |item| item.key().to_string());
        page.items.retain(|item| {
            let container = item.container.as_ref();
            container.is_none_or(|one| !scope.withholds(&one.classes))
        });
        page.as_of_seq = Some(snapshot.as_of_seq);
        Ok(Ok(page))
    }
}
