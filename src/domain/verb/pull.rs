//! 核存: a bureau keeps the signed head of an institution's ledger, or says why it goes on from one that does
//! not continue what was kept.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    desk::DeskChange,
    facts::Facts,
    ids::InstitutionId,
    people::Permission,
    pull::{Pull, PullOutcome},
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
        "keep_head"
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
        let last = facts.desk.last_pull(self.site);
        if last.map_or(0, |(number, _)| number) != self.after {
            return Err(Refusal::PullOvertaken { site: self.site });
        }
        if let Some((_, last)) = last {
            // Whoever asks: nothing is kept over what nobody has explained, or that does not follow.
            let follows = last.size == 0 || self.pull.continues(last).is_ok();
            if last.is_open() || (self.pull.outcome == PullOutcome::Kept && !follows) {
                return Err(Refusal::PullOpen { site: self.site });
            }
        }
        Ok(Decision {
            draft: None,
            desk: vec![DeskChange::Pull(
                self.site,
                self.after.saturating_add(1),
                self.pull.clone(),
            )],
        })
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
        let last = facts.desk.last_pull(self.site);
        let refused = last.filter(|(_, last)| last.is_open());
        let (number, refused) = refused.ok_or(Refusal::PullNotOpen { site: self.site })?;
        let acknowledged = Pull {
            outcome: PullOutcome::Acknowledged,
            reason: self.reason.clone(),
            proof: Vec::new(),
            at: cx.now,
            person: cx.actor,
            ..refused.clone()
        };
        Ok(Decision {
            draft: None,
            desk: vec![DeskChange::Pull(
                self.site,
                number.saturating_add(1),
                acknowledged,
            )],
        })
    }
}
