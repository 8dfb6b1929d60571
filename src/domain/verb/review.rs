//! 审核: a bureau accepts what an institution of its region submitted, or returns it.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    institution::InstitutionKind,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    submission::Review,
};

/// Says what the bureau thinks of a submission. Who asks has seen to it that the institution lies in the
/// region and that the entry is such a submission.
#[derive(Clone, Debug)]
pub struct ReviewSubmission {
    /// What is said.
    pub review: Review,
    /// Why; needed where it is returned.
    pub reason: String,
}

impl Verb for ReviewSubmission {
    fn name(&self) -> &'static str {
        Kind::Review.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Review)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let own = facts.register.institution.as_ref();
        if own.is_none_or(|own| own.kind != InstitutionKind::Bureau) {
            return Err(Refusal::NotPermitted {});
        }
        if !self.review.accepted && self.reason.trim().is_empty() {
            return Err(Refusal::ReturnReasonMissing {});
        }
        let mut draft = Draft::of(Act::Review(self.review.clone()));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
