//! 审核: which submissions a bureau may say something of.

use super::{App, AppError, Principal};
use crate::{
    domain::{
        ids::{InstitutionId, Seq},
        refusal::Refusal,
        submission::{Period, Review},
        verb::ReviewSubmission,
    },
    report::submissions::SubmissionAt,
};

/// A submission that a bureau looked at.
#[derive(Clone, Copy, Debug)]
pub struct Reviewing {
    /// Whose.
    pub institution: InstitutionId,
    /// Of what.
    pub period: Period,
    /// The entry that made it, in that ledger.
    pub entry: Seq,
}

impl App {
    /// What a bureau says of a submission of its region, which it accepts or returns for a reason.
    ///
    /// # Errors
    /// [`Refusal::InstitutionUnknown`] for one out of reach, [`Refusal::SubmissionUnknown`] when that entry
    /// submits nothing of the period, [`Refusal::SubmissionSuperseded`] when a later one does,
    /// [`AppError::Failed`].
    pub async fn review(
        &self,
        who: &Principal,
        about: Reviewing,
        (accepted, reason): (bool, String),
    ) -> Result<ReviewSubmission, AppError> {
        let Reviewing {
            institution,
            period,
            entry,
        } = about;
        let there = self.reaching(who, institution).await?;
        let found = self.read(&there, SubmissionAt { period, entry }).await?;
        let (leaf_hash, last) = found.ok_or(Refusal::SubmissionUnknown {})?;
        // To return it once more does no harm.
        if accepted && last != entry {
            return Err(Refusal::SubmissionSuperseded {
                period,
                entry: last,
            }
            .into());
        }
        Ok(ReviewSubmission {
            review: Review {
                institution,
                period,
                entry,
                leaf_hash,
                accepted,
            },
            reason,
        })
    }
}
