//! 更正: a period as it was submitted, and what was recorded of it since.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Query, Scope, moment::size_before, record, submissions::SubmissionLine};
use crate::{
    domain::{
        ids::Seq,
        ledger::{Act, Head, Kind},
        submission::Period,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{EntryRow, LateEntryRow, ReversalRow},
        table::{Cell, select},
    },
};

/// Entries looked at a time.
const STRIDE: i64 = 500;

/// Asks what was recorded of a period after it was submitted.
#[derive(Clone, Debug)]
pub struct SubmittedPeriod {
    /// Of what.
    pub period: Period,
    /// Only corrections behind this entry.
    pub after: Option<i64>,
    /// Most corrections.
    pub limit: usize,
}

/// A period with what came after it was submitted.
#[derive(Clone, Debug, Serialize)]
pub struct PeriodFile {
    /// The period.
    #[serde(flatten)]
    pub line: SubmissionLine,
    /// The ledger as it was submitted: the head before the entry.
    pub head: Option<Head>,
    /// What was recorded of the period since (更正): it is not in the figures that were submitted.
    pub corrections: Vec<Correction>,
    /// The entry behind which more follow.
    pub next: Option<String>,
}

/// An entry that concerns a period which had been submitted.
#[derive(Clone, Debug, Serialize)]
pub struct Correction {
    /// The entry.
    pub entry: Seq,
    /// What it did.
    pub kind: Kind,
    /// When it happened, as was claimed.
    pub occurred_at: Option<Time>,
    /// The entry that it takes back.
    pub reverses: Option<Seq>,
    /// When it was written.
    pub recorded_at: Time,
    /// Why.
    pub reason: String,
}

impl Query for SubmittedPeriod {
    type Answer = Option<PeriodFile>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let all = lookups::institutions(conn)?;
        let Some(own) = all.iter().find(|one| one.id == scope.institution) else {
            return Ok(None);
        };
        let line = SubmissionLine::of(conn, scope, own, self.period)?;
        let Some(submission) = line.entry else {
            return Ok(Some(PeriodFile {
                line,
                head: None,
                corrections: Vec::new(),
                next: None,
            }));
        };
        let head = record(conn, scope, submission)?.prev;
        let since = Since {
            period: self.period,
            submission: submission.get(),
            after: self.after.unwrap_or(0).max(submission.get()),
        };
        let entries = since.all(conn, scope, self.limit)?;
        let more = entries.len() > self.limit;
        let entries: Vec<i64> = entries.into_iter().take(self.limit).collect();
        let next = entries.last().filter(|_| more).map(i64::to_string);
        let corrections = entries
            .into_iter()
            .map(|seq| Correction::of(conn, scope, rows::number("entry", seq)?));
        Ok(Some(PeriodFile {
            corrections: corrections.collect::<Result<_, StoreError>>()?,
            head: Some(head),
            line,
            next,
        }))
    }
}

impl Correction {
    fn of(conn: &mut Db, scope: &Scope, seq: Seq) -> Result<Self, StoreError> {
        let record = record(conn, scope, seq)?;
        let reverses = if let Act::Reverse(reversal) = &record.act {
            Some(reversal.entry)
        } else {
            None
        };
        Ok(Self {
            entry: seq,
            kind: record.act.kind(),
            occurred_at: record.occurred_at,
            reverses,
            recorded_at: record.recorded_at,
            reason: record.reason.clone(),
        })
    }
}

/// The entries of a period that are behind its submission, and behind where the page begins.
struct Since {
    period: Period,
    submission: i64,
    after: i64,
}

/// Most corrections that are counted.
const MOST_COUNTED: usize = 1000;

/// How many entries were recorded of a period of the institution of the scope since it was submitted.
pub(super) fn corrected(
    conn: &mut Db,
    scope: &Scope,
    period: Period,
    submission: Seq,
) -> Result<usize, StoreError> {
    let since = Since {
        period,
        submission: submission.get(),
        after: submission.get(),
    };
    Ok(since
        .all(conn, scope, MOST_COUNTED)?
        .len()
        .min(MOST_COUNTED))
}

impl Since {
    /// All of them, as far as `limit` and one more.
    fn all(&self, conn: &mut Db, scope: &Scope, limit: usize) -> Result<BTreeSet<i64>, StoreError> {
        let mut entries = self.late(conn, scope)?;
        entries.extend(self.taken_back(conn, scope)?);
        entries.extend(self.still_to_come(conn, scope, limit)?);
        Ok(entries)
    }

    /// Those that claim to have happened in the period.
    fn late(&self, conn: &mut Db, scope: &Scope) -> Result<BTreeSet<i64>, StoreError> {
        let clause =
            "WHERE institution_id = ? AND occurred_at >= ? AND occurred_at < ? AND seq > ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&self.period.begin().millis()),
            Cell::Int(&self.period.end().millis()),
            Cell::Int(&self.after),
        ];
        let rows: Vec<LateEntryRow> = select(conn, clause, &key)?;
        Ok(rows.into_iter().map(|row| row.seq).collect())
    }

    /// Those that take one of the period back.
    fn taken_back(&self, conn: &mut Db, scope: &Scope) -> Result<BTreeSet<i64>, StoreError> {
        let end = size_before(conn, scope, self.period.end(), self.submission + 1)?;
        let begin = size_before(conn, scope, self.period.begin(), end)?;
        let clause =
            "WHERE institution_id = ? AND reversed_seq >= ? AND reversed_seq < ? AND seq > ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&begin),
            Cell::Int(&end),
            Cell::Int(&self.after),
        ];
        let rows: Vec<ReversalRow> = select(conn, clause, &key)?;
        Ok(rows.into_iter().map(|row| row.seq).collect())
    }

    /// Movements recorded before the period was over: a year is submitted while its last month goes on.
    /// One more than asked for says that the list goes on.
    fn still_to_come(
        &self,
        conn: &mut Db,
        scope: &Scope,
        limit: usize,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let clause = "WHERE institution_id = ? AND log = 0 AND seq > ? ORDER BY seq LIMIT ?";
        let (own, end) = (scope.institution.get(), self.period.end().millis());
        let mut found = BTreeSet::new();
        let mut after = self.after;
        loop {
            let key = [&own, &after, &STRIDE].map(Cell::Int);
            let page: Vec<EntryRow> = select(conn, clause, &key)?;
            for row in &page {
                if row.recorded_at >= end || found.len() > limit {
                    return Ok(found);
                }
                let kind: Kind = rows::parsed("entry", &row.kind)?;
                if !kind.nature().accounts.is_empty() {
                    found.insert(row.seq);
                }
                after = row.seq;
            }
            if page.is_empty() {
                return Ok(found);
            }
        }
    }
}
