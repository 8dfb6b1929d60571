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
    /// submits nothing of the period, [`AppError::Failed`].
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
        Ok(ReviewSubmission {
            review: Review {
                institution,
                period,
                entry,
                leaf_hash: found.ok_or(Refusal::SubmissionUnknown {})?,
                accepted,
            },
            reason,
        })
    }
}
