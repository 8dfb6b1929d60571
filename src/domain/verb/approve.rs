//! 审批: the head of the department decides over a purchase request.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    requisition::Approval,
};

/// Approves the version that was read, or does not.
#[derive(Clone, Debug)]
pub struct Approve {
    /// What is decided.
    pub approval: Approval,
    /// Why.
    pub reason: String,
}

impl Verb for Approve {
    fn name(&self) -> &'static str {
        Kind::Approve.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ApprovePurchases)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.purchases.requests.insert(self.approval.request);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        facts.approved(self.approval, cx.actor, cx.now, &self.reason)?;
        let mut draft = Draft::of(Act::Approve(self.approval));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
