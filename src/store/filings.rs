//! What was submitted and reviewed: rows to domain types and back, loaded for a batch, written after it.

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, Seq},
    merkle::Hash,
    submission::{Filings, Review, Reviewed, Submitted},
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    rows::{number, parsed},
    schema::{LateEntryRow, ReviewRow, SubmissionRow},
    table::{Cell, insert, select},
};

impl SubmissionRow {
    pub(crate) fn of(institution: InstitutionId, seq: Seq, submitted: &Submitted) -> Self {
        Self {
            institution_id: institution.get(),
            seq: seq.get(),
            period: submitted.period.to_string(),
            person_id: submitted.person.get(),
            submitted_at: submitted.at.millis(),
        }
    }

    pub(crate) fn parse(self) -> Result<(Seq, Submitted), StoreError> {
        const TABLE: &str = "submission";
        let submitted = Submitted {
            period: parsed(TABLE, &self.period)?,
            person: number(TABLE, self.person_id)?,
            at: Time::from_millis(self.submitted_at),
        };
        Ok((number(TABLE, self.seq)?, submitted))
    }
}

impl ReviewRow {
    pub(crate) fn of(institution: InstitutionId, seq: Seq, reviewed: &Reviewed) -> Self {
        let review = &reviewed.review;
        Self {
            institution_id: institution.get(),
            seq: seq.get(),
            subject_id: review.institution.get(),
            period: review.period.to_string(),
            submission_seq: review.entry.get(),
            leaf_hash: review.leaf_hash.0.to_vec(),
            accepted: i64::from(review.accepted),
            reason: reviewed.reason.clone(),
            person_id: reviewed.person.get(),
            reviewed_at: reviewed.at.millis(),
        }
    }

    pub(crate) fn parse(self) -> Result<(Seq, Reviewed), StoreError> {
        const TABLE: &str = "review";
        let leaf_hash = Hash::try_from(self.leaf_hash.as_slice())
            .map_err(|error| StoreError::Row(TABLE, error.to_string()))?;
        let reviewed = Reviewed {
            review: Review {
                institution: number(TABLE, self.subject_id)?,
                period: parsed(TABLE, &self.period)?,
                entry: number(TABLE, self.submission_seq)?,
                leaf_hash,
                accepted: self.accepted == 1,
            },
            reason: self.reason,
            person: number(TABLE, self.person_id)?,
            at: Time::from_millis(self.reviewed_at),
        };
        Ok((number(TABLE, self.seq)?, reviewed))
    }
}

impl LateEntryRow {
    pub(crate) fn of(institution: InstitutionId, seq: Seq, occurred_at: Time) -> Self {
        Self {
            institution_id: institution.get(),
            seq: seq.get(),
            occurred_at: occurred_at.millis(),
        }
    }
}

/// Loads the submissions of the periods that commands name, and what bureaus have said of them.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    for period in &needs.submissions {
        let clause = "WHERE institution_id = ? AND period = ?";
        let period = period.to_string();
        let key = [Cell::Int(&facts.institution.get()), Cell::Text(&period)];
        for row in select::<SubmissionRow>(conn, clause, &key)? {
            let (seq, submitted) = row.parse()?;
            facts.filings.submissions.load(seq, submitted);
        }
        let said = "WHERE subject_id = ? AND period = ? ORDER BY reviewed_at, institution_id, seq";
        for row in select::<ReviewRow>(conn, said, &key)? {
            facts.filings.said.push(row.parse()?.1);
        }
    }
    Ok(())
}

/// The rows that a batch adds.
#[derive(Debug, Default)]
pub(super) struct FilingRows {
    submissions: Vec<SubmissionRow>,
    reviews: Vec<ReviewRow>,
    late: Vec<LateEntryRow>,
}

impl FilingRows {
    /// Takes everything that was added.
    pub(super) fn take(&mut self, id: InstitutionId, filings: &mut Filings) {
        for (seq, submitted) in filings.submissions.take_added() {
            self.submissions.push(SubmissionRow::of(id, seq, submitted));
        }
        for (seq, reviewed) in filings.reviews.take_added() {
            self.reviews.push(ReviewRow::of(id, seq, reviewed));
        }
        for (seq, occurred_at) in filings.late.take_added() {
            self.late.push(LateEntryRow::of(id, seq, *occurred_at));
        }
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.submissions)?;
        insert(conn, &self.reviews)?;
        insert(conn, &self.late)?;
        Ok(())
    }
}
