//! 核存: a bureau keeps the signed head of an institution's ledger, or says why it goes on from one that does
//! not continue what was kept.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::InstitutionId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    pull::{KeptHead, Pull, PullOutcome},
    refusal::Refusal,
};

/// Notes a pull.
#[derive(Clone, Debug)]
pub struct KeepHead {
    /// Whose ledger.
    pub site: InstitutionId,
    /// How many pulls there were when this one was judged.
    pub after: u32,
    /// The pull.
    pub pull: Pull,
}

impl Verb for KeepHead {
    fn name(&self) -> &'static str {
        Kind::KeepHead.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::PullCheckpoints)
    }

    fn needs(&self) -> Needs {
        Needs {
            pulls: BTreeSet::from([self.site]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let number = self.after.saturating_add(1);
        facts.pulling(self.site, number, &self.pull)?;
        let kept = KeptHead::of(self.site, number, &self.pull);
        Ok(Draft::of(Act::KeepHead(kept)).into())
    }
}

/// Says why the head that was refused last is taken as the one to go on from.
#[derive(Clone, Debug)]
pub struct AcknowledgeHead {
    /// Whose ledger.
    pub site: InstitutionId,
    /// Why.
    pub reason: String,
}

impl Verb for AcknowledgeHead {
    fn name(&self) -> &'static str {
        "acknowledge_head"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::PullCheckpoints)
    }

    fn needs(&self) -> Needs {
        Needs {
            pulls: BTreeSet::from([self.site]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let last = facts.pulls.last(self.site);
        let refused = last.filter(|(_, last)| last.is_open());
        let (number, refused) = refused.ok_or(Refusal::PullNotOpen { site: self.site })?;
        let number = number.saturating_add(1);
        let acknowledged = Pull {
            outcome: PullOutcome::Acknowledged,
            reason: self.reason.clone(),
            proof: Vec::new(),
            at: cx.now,
            person: cx.actor,
            ..refused.clone()
        };
        facts.pulling(self.site, number, &acknowledged)?;
        let kept = KeptHead::of(self.site, number, &acknowledged);
        let mut draft = Draft::of(Act::KeepHead(kept));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
