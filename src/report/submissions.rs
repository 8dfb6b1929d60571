//! 报送: which periods were submitted, in time or not, and what became of them.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, hash, moment::size_before, record};
use crate::{
    domain::{
        ids::{InstitutionId, PersonId, Seq},
        institution::{Institution, InstitutionKind},
        ledger::{Act, Head, Kind},
        merkle::Hash,
        month::Month,
        submission::{Period, Reviewed, SubmissionState, Submitted},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{EntryRow, LateEntryRow, ReversalRow, ReviewRow, SubmissionRow},
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
        let own = all.iter().find(|one| one.id == scope.institution);
        let begun: Vec<EntryRow> = select(conn, "WHERE log = 0 AND seq = 0", &[])?;
        let mut lines: Vec<(&Institution, Period)> = Vec::new();
        for one in &all {
            let since = begun.iter().find(|row| row.institution_id == one.id.get());
            let Some(since) = since.map(|row| Time::from_millis(row.recorded_at)) else {
                continue;
            };
            let periods = match own {
                Some(own) if own.kind == InstitutionKind::Bureau => {
                    if one.kind == InstitutionKind::Bureau || !own.oversees(one) {
                        continue;
                    }
                    let last = Period::Month(Month::of(scope.now).previous());
                    vec![self.period.unwrap_or(last)]
                }
                Some(own) if own.id == one.id => match self.period {
                    Some(period) => vec![period],
                    None => Period::all(since, scope.now),
                },
                Some(_) | None => continue,
            };
            let known = periods.into_iter().filter(|period| period.end() > since);
            lines.extend(known.map(|period| (one, period)));
        }
        let key = |(one, period): &(&Institution, Period)| format!("{}-{period}", one.id);
        let page = Page::of(lines, key, self.after.as_ref(), self.limit, None);
        let items = page.items.iter().map(|(one, period)| {
            let line = SubmissionLine::of(conn, one, *period, scope.now)?;
            Ok(line)
        });
        let items = items.collect::<Result<_, StoreError>>()?;
        Ok(Page {
            items,
            next: page.next,
            total: page.total,
            as_of_seq: None,
        })
    }
}

impl SubmissionLine {
    fn of(
        conn: &mut Db,
        institution: &Institution,
        period: Period,
        now: Time,
    ) -> Result<Self, StoreError> {
        let id = institution.id;
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

/// Asks for one submission by its entry: its leaf hash, if that entry is one of this period.
#[derive(Clone, Debug)]
pub struct SubmissionAt {
    /// Of what.
    pub period: Period,
    /// The entry.
    pub entry: Seq,
}

impl Query for SubmissionAt {
    type Answer = Option<Hash>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let all = submitted(conn, scope.institution, self.period)?;
        if all.iter().any(|(seq, _)| *seq == self.entry) {
            leaf_hash(conn, scope.institution, self.entry)
        } else {
            Ok(None)
        }
    }
}

/// Asks what was recorded of a period after it was submitted.
#[derive(Clone, Debug)]
pub struct SubmittedPeriod {
    /// Of what.
    pub period: Period,
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
        let line = SubmissionLine::of(conn, own, self.period, scope.now)?;
        let Some(submission) = line.entry else {
            return Ok(Some(PeriodFile {
                line,
                head: None,
                corrections: Vec::new(),
            }));
        };
        let head = record(conn, scope, submission)?.prev;
        let mut entries = late(conn, scope, self.period, submission)?;
        entries.extend(taken_back(conn, scope, self.period, submission)?);
        entries.sort_unstable();
        entries.dedup();
        let corrections = entries.into_iter().map(|seq| {
            let record = record(conn, scope, seq)?;
            let reverses = if let Act::Reverse(reversal) = &record.act {
                Some(reversal.entry)
            } else {
                None
            };
            Ok(Correction {
                entry: seq,
                kind: record.act.kind(),
                occurred_at: record.occurred_at,
                reverses,
                recorded_at: record.recorded_at,
                reason: record.reason.clone(),
            })
        });
        Ok(Some(PeriodFile {
            corrections: corrections.collect::<Result<_, StoreError>>()?,
            head: Some(head),
            line,
        }))
    }
}

/// The entries behind the submission that claim to have happened in the period.
fn late(
    conn: &mut Db,
    scope: &Scope,
    period: Period,
    submission: Seq,
) -> Result<Vec<Seq>, StoreError> {
    let clause = "WHERE institution_id = ? AND occurred_at >= ? AND occurred_at < ? AND seq > ?";
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&period.begin().millis()),
        Cell::Int(&period.end().millis()),
        Cell::Int(&submission.get()),
    ];
    let rows: Vec<LateEntryRow> = select(conn, clause, &key)?;
    let seqs = rows
        .into_iter()
        .map(|row| rows::number("late_entry", row.seq));
    seqs.collect()
}

/// The entries behind the submission that take one of the period back.
fn taken_back(
    conn: &mut Db,
    scope: &Scope,
    period: Period,
    submission: Seq,
) -> Result<Vec<Seq>, StoreError> {
    let end = size_before(conn, scope, period.end(), submission.get() + 1)?;
    let begin = size_before(conn, scope, period.begin(), end)?;
    let clause = "WHERE institution_id = ? AND reversed_seq >= ? AND reversed_seq < ? AND seq > ?";
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&begin),
        Cell::Int(&end),
        Cell::Int(&submission.get()),
    ];
    let rows: Vec<ReversalRow> = select(conn, clause, &key)?;
    let seqs = rows
        .into_iter()
        .map(|row| rows::number("reversal", row.seq));
    seqs.collect()
}
