//! 报送: an institution states that its ledger says everything of a month, or of a year.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    submission::{Period, Submission},
};

/// Submits a period. A second time it says why: what was submitted before stays, and shows.
#[derive(Clone, Debug)]
pub struct Submit {
    /// Of what.
    pub period: Period,
    /// Why again.
    pub reason: String,
}

impl Verb for Submit {
    fn name(&self) -> &'static str {
        Kind::Submit.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Submit)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            submissions: BTreeSet::from([self.period]),
            ..Needs::default()
        };
        needs.stocktakes.open = true;
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let period = self.period;
        facts.submitting(period, &self.reason, cx.now)?;
        // It is in the bureau's ledger, which this one says nothing of: no entry can be held against it.
        if let Some(entry) = facts.filings.accepted(period) {
            return Err(Refusal::PeriodAccepted { period, entry });
        }
        let mut draft = Draft::of(Act::Submit(Submission { period }));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
