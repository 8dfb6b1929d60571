//! What is said of periods that were submitted to a bureau.

use chrono::NaiveDate;

use super::{LedgerHead, Paging, Text, answers, described};
use crate::domain::{
    ids::{InstitutionId, PersonId, Seq},
    ledger::Kind,
    merkle::Hash,
    submission::{Period, SubmissionState},
    time::Time,
};

answers! {
    /// Periods and what has become of them.
    Submissions {
        /// Of an institution: its periods, latest first. Of a bureau: a line an institution.
        items: Vec<SubmissionLine>,
        .. Paging,
    }
    /// A period of an institution.
    SubmissionLine {
        /// Whose.
        institution: InstitutionId,
        /// Its name.
        institution_name: Text,
        /// The month, or the year.
        period: Period,
        /// What has become of it.
        state: SubmissionState,
        /// The last day on which it is in time.
        due_on: NaiveDate,
        /// It came, or will come, after that day; this stays.
        late: bool,
        /// The latest submission: an entry of that ledger.
        entry: Option<Seq>,
        /// Its leaf hash.
        leaf_hash: Option<Hash>,
        /// Who submitted it.
        person: Option<PersonId>,
        /// When it was submitted, each time.
        submitted_at: Vec<Time>,
        /// What bureaus said of it, in order.
        reviews: Vec<ReviewLine>,
        /// How many entries have been recorded of the period since it was submitted last (更正); 1000 stands for
        /// as many or more.
        corrected: u64,
    }
    /// What a bureau said of a submission.
    ReviewLine {
        /// Which bureau.
        bureau: InstitutionId,
        /// The entry of its ledger.
        entry: Seq,
        /// The submission: an entry of the ledger that was reviewed.
        submission: Seq,
        /// Accepted, or returned.
        accepted: bool,
        /// Why.
        reason: Text,
        /// When.
        reviewed_at: Time,
    }
    /// A period with what was recorded of it after it was submitted.
    PeriodFile {
        /// The ledger as it was submitted: the head before the entry.
        head: Option<LedgerHead>,
        /// What was recorded of the period since (更正).
        corrections: Vec<CorrectionLine>,
        /// Where the next page of corrections begins.
        next: Option<Text>,
        .. SubmissionLine,
    }
    /// An entry that concerns a period which had been submitted.
    CorrectionLine {
        /// The entry.
        entry: Seq,
        /// What it did.
        kind: Kind,
        /// When it happened, as was claimed.
        occurred_at: Option<Time>,
        /// The entry that it takes back.
        reverses: Option<Seq>,
        /// When it was written.
        recorded_at: Time,
        /// Why.
        reason: Text,
    }
}
