//! 报送: which periods were submitted, in time or not, and what became of them.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, county::within, hash, period_file::corrected};
use crate::{
    domain::{
        catalogue::Regions,
        ids::{InstitutionId, PersonId, Seq},
        institution::{Institution, InstitutionKind},
        merkle::Hash,
        month::Month,
        submission::{Period, Reviewed, SubmissionState, Submitted},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{EntryRow, ReviewRow, SubmissionRow},
        table::{Cell, select},
    },
};

/// Asks for the periods of an institution, latest first; a bureau asks for one period of every
/// institution in its region.
#[derive(Clone, Debug)]
pub struct Submissions {
    /// Only this period; for a bureau the last month if absent.
    pub period: Option<Period>,
    /// Only behind this line: its institution and its period.
    pub after: Option<String>,
    /// Most items.
    pub limit: usize,
    /// The tree of regions.
    pub regions: Arc<Regions>,
}

/// A period of an institution.
#[derive(Clone, Debug, Serialize)]
pub struct SubmissionLine {
    /// Whose.
    pub institution: InstitutionId,
    /// Its name.
    pub institution_name: String,
    /// The period.
    pub period: Period,
    /// What has become of it.
    pub state: SubmissionState,
    /// The last day on which it is in time.
    pub due_on: NaiveDate,
    /// It came, or will come, after that day; this stays.
    pub late: bool,
    /// The latest submission: an entry of that ledger.
    pub entry: Option<Seq>,
    /// Its leaf hash.
    pub leaf_hash: Option<Hash>,
    /// Who submitted it.
    pub person: Option<PersonId>,
    /// When it was submitted first, and last.
    pub submitted_at: Vec<Time>,
    /// What bureaus said of it, in order.
    pub reviews: Vec<ReviewLine>,
    /// How many entries have been recorded of the period since it was submitted last (更正); 1000 stands for as
    /// many or more.
    pub corrected: usize,
}

/// What a bureau said of a submission.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewLine {
    /// Which bureau.
    pub bureau: InstitutionId,
    /// The entry of its ledger.
    pub entry: Seq,
    /// The submission: an entry of the ledger that was reviewed.
    pub submission: Seq,
    /// Accepted, or returned.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// When.
    pub reviewed_at: Time,
}

impl Query for Submissions {
    type Answer = Page<SubmissionLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let all = lookups::institutions(conn)?;
        let Some(own) = all.iter().find(|one| one.id == scope.institution) else {
            return Ok(Page::begun(Vec::new(), self.limit, line_key));
        };
        let candidates: Vec<(&Institution, Period)> = if own.kind == InstitutionKind::Bureau {
            let today = scope.now.china_day();
            let last = Period::Month(Month::of(scope.now).previous());
            let period = self.period.unwrap_or(last);
            let is_below = |one: &&Institution| {
                one.kind != InstitutionKind::Bureau && own.oversees(one, &self.regions, today)
            };
            all.iter()
                .filter(is_below)
                .map(|one| (one, period))
                .collect()
        } else {
            let since = lookups::founded_at(conn, own.id)?;
            let periods = match (self.period, since) {
                (Some(period), _) => vec![period],
                (None, Some(since)) => Period::all(since, scope.now),
                (None, None) => Vec::new(),
            };
            periods.into_iter().map(|period| (own, period)).collect()
        };
        let is_after =
            |(one, period): &(&Institution, Period)| self.after == Some(key(one.id, *period));
        let begin = self.after.as_ref().map_or(0, |_| {
            let found = candidates.iter().position(is_after);
            found.map_or(candidates.len(), |at| at + 1)
        });
        let mut items = Vec::new();
        for (one, period) in candidates.into_iter().skip(begin) {
            if items.len() > self.limit {
                break;
            }
            // Of what was before the ledger there is nothing to submit.
            let since = lookups::founded_at(conn, one.id)?;
            if since.is_some_and(|since| period.end() > since) {
                items.push(SubmissionLine::of(conn, scope, one, period)?);
            }
        }
        Ok(Page::begun(items, self.limit, line_key))
    }
}

fn key(institution: InstitutionId, period: Period) -> String {
    format!("{institution}-{period}")
}

fn line_key(line: &SubmissionLine) -> String {
    key(line.institution, line.period)
}

impl SubmissionLine {
    pub(super) fn of(
        conn: &mut Db,
        scope: &Scope,
        institution: &Institution,
        period: Period,
    ) -> Result<Self, StoreError> {
        let (id, now) = (institution.id, scope.now);
        let submitted = submitted(conn, id, period)?;
        let reviews = reviews(conn, id, period)?;
        let last = submitted.last();
        let leaf_hash = match last {
            Some((seq, _)) => leaf_hash(conn, id, *seq)?,
            None => None,
        };
        let said = last.and_then(|(seq, _)| {
            let of_last = reviews.iter().filter(|review| review.submission == *seq);
            of_last.map(|review| review.accepted).next_back()
        });
        let state = match (last, said) {
            (None, _) => SubmissionState::Missing,
            (Some(_), None) => SubmissionState::Submitted,
            (Some(_), Some(true)) => SubmissionState::Accepted,
            (Some(_), Some(false)) => SubmissionState::Returned,
        };
        let corrected = match last {
            Some((seq, _)) => corrected(conn, &within(scope, id), period, *seq)?,
            None => 0,
        };
        let first = submitted.first().map_or(now, |(_, first)| first.at);
        Ok(Self {
            institution: id,
            institution_name: institution.name.clone(),
            period,
            state,
            due_on: period.due_on(),
            late: first.china_day() > period.due_on(),
            entry: last.map(|(seq, _)| *seq),
            leaf_hash,
            person: last.map(|(_, last)| last.person),
            submitted_at: submitted.iter().map(|(_, one)| one.at).collect(),
            reviews,
            corrected,
        })
    }
}

/// The submissions of a period, in order.
fn submitted(
    conn: &mut Db,
    institution: InstitutionId,
    period: Period,
) -> Result<Vec<(Seq, Submitted)>, StoreError> {
    let clause = "WHERE institution_id = ? AND period = ? ORDER BY seq";
    let period = period.to_string();
    let key = [Cell::Int(&institution.get()), Cell::Text(&period)];
    let rows: Vec<SubmissionRow> = select(conn, clause, &key)?;
    rows.into_iter().map(SubmissionRow::parse).collect()
}

/// What bureaus said of a period of an institution, in order.
fn reviews(
    conn: &mut Db,
    subject: InstitutionId,
    period: Period,
) -> Result<Vec<ReviewLine>, StoreError> {
    let clause = "WHERE subject_id = ? AND period = ? ORDER BY reviewed_at, institution_id, seq";
    let period = period.to_string();
    let key = [Cell::Int(&subject.get()), Cell::Text(&period)];
    let rows: Vec<ReviewRow> = select(conn, clause, &key)?;
    let lines = rows.into_iter().map(|row| {
        let bureau = rows::number("review", row.institution_id)?;
        let (
            entry,
            Reviewed {
                review, reason, at, ..
            },
        ) = row.parse()?;
        Ok(ReviewLine {
            bureau,
            entry,
            submission: review.entry,
            accepted: review.accepted,
            reason,
            reviewed_at: at,
        })
    });
    lines.collect()
}

fn leaf_hash(
    conn: &mut Db,
    institution: InstitutionId,
    seq: Seq,
) -> Result<Option<Hash>, StoreError> {
    let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
    let key = [Cell::Int(&institution.get()), Cell::Int(&seq.get())];
    let rows: Vec<EntryRow> = select(conn, clause, &key)?;
    rows.first().map(|row| hash(&row.leaf_hash)).transpose()
}

/// Asks for one submission by its entry: its leaf hash, and which is the last of the period, if that entry is one
/// of it.
#[derive(Clone, Debug)]
pub struct SubmissionAt {
    /// Of what.
    pub period: Period,
    /// The entry.
    pub entry: Seq,
}

impl Query for SubmissionAt {
    type Answer = Option<(Hash, Seq)>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let all = submitted(conn, scope.institution, self.period)?;
        let last = all.iter().map(|(seq, _)| *seq).max();
        let known = all.iter().any(|(seq, _)| *seq == self.entry);
        let Some(last) = last.filter(|_| known) else {
            return Ok(None);
        };
        let hash = leaf_hash(conn, scope.institution, self.entry)?;
        Ok(hash.map(|hash| (hash, last)))
    }
}
