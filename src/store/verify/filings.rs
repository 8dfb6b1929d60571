//! What was submitted and reviewed, rebuilt and compared; and whether what a bureau looked at is there.

use crate::{
    domain::{ids::InstitutionId, ledger::Log, submission::Filings},
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{LateEntryRow, ReviewRow, SubmissionRow},
        table::select,
    },
};

use super::{Finding, Report, Walk};

impl Walk<'_> {
    pub(super) fn filings(&mut self, conn: &mut Db, filings: &Filings) -> Result<(), StoreError> {
        let id = self.institution;
        let submissions = filings.submissions.iter();
        let rows = submissions.map(|(seq, submitted)| SubmissionRow::of(id, *seq, submitted));
        self.compare(conn, rows.collect())?;
        let reviews = filings.reviews.iter();
        let rows = reviews.map(|(seq, reviewed)| ReviewRow::of(id, *seq, reviewed));
        self.compare(conn, rows.collect())?;
        let late = filings.late.iter();
        let rows = late.map(|(seq, occurred_at)| LateEntryRow::of(id, *seq, *occurred_at));
        self.compare(conn, rows.collect())
    }
}

/// Reviews of what is not in the ledger that they name: it was rewritten since, or never there.
pub(super) fn unfounded(conn: &mut Db, report: &mut Report) -> Result<(), StoreError> {
    const UNFOUNDED: &str = "WHERE NOT EXISTS (SELECT 1 FROM entry e JOIN submission s \
        ON s.institution_id = e.institution_id AND s.seq = e.seq \
        WHERE e.log = 0 AND e.institution_id = review.subject_id AND e.seq = review.submission_seq \
        AND e.leaf_hash = review.leaf_hash AND s.period = review.period)";
    for row in select::<ReviewRow>(conn, UNFOUNDED, &[])? {
        let institution: InstitutionId = rows::number("review", row.institution_id)?;
        report.findings.push(Finding {
            institution,
            log: Log::Ledger,
            seq: Some(row.seq),
            what: format!(
                "review: entry {} of institution {} is no submission of {} with that leaf hash",
                row.submission_seq, row.subject_id, row.period
            ),
        });
    }
    Ok(())
}
