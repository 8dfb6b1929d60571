//! 续报: what became known of an incident or was done about it since.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    incident::Sequel,
    ledger::{Act, Draft, Kind, Late},
    people::Permission,
    refusal::Refusal,
};

/// Adds to an incident.
#[derive(Clone, Debug)]
pub struct FollowUp {
    /// What of it.
    pub sequel: Sequel,
    /// In words.
    pub text: String,
    /// Why a report is recorded more than a day after it was made, and from which paper form.
    pub late: Option<Late>,
}

impl Verb for FollowUp {
    fn name(&self) -> &'static str {
        Kind::FollowUp.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ReportIncidents)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.incidents.incidents.insert(self.sequel.incident);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        facts.following_up(&self.sequel, self.late.is_some(), cx.now)?;
        let mut draft = Draft::of(Act::FollowUp(self.sequel.clone()));
        draft.late.clone_from(&self.late);
        draft.reason.clone_from(&self.text);
        Ok(draft.into())
    }
}
