//! 调拨结清: the program tells the sender of a consignment what became of it.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{IncidentId, Label},
    ledger::{Act, Draft, Kind, Prior},
    people::Permission,
    refusal::Refusal,
    time::Time,
    transfer::TransferSettlement,
};

/// Books what the receiver has accepted out of what is on the road, once. What is short or did not
/// arrive is missing here, and of a watched class opens an incident; what was refused stays on the road until
/// it is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// What the receiver wrote.
    pub settlement: TransferSettlement,
    /// Its remark.
    pub remark: String,
    /// When the receiver recorded that.
    pub accepted_at: Time,
}

impl Verb for Settle {
    fn name(&self) -> &'static str {
        Kind::Settle.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.outgoing.insert(self.settlement.consignment);
        let verdict = &self.settlement.verdict;
        let accepted = verdict.accepted.iter().map(|line| line.label);
        let refused = verdict.refused.iter().map(|line| line.label);
        let missing = verdict.missing.iter().map(|line| line.label);
        let serials = accepted.chain(refused).chain(missing).map(Label::serial);
        needs.containers.extend(serials);
        needs.incidents.last = true;
        needs
    }

    fn weight(&self) -> usize {
        let verdict = &self.settlement.verdict;
        let decided = verdict.accepted.len().saturating_add(verdict.refused.len());
        decided.saturating_add(verdict.missing.len())
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let prior = |serial| {
            let container = facts.stock.containers.get(serial)?;
            Some(Prior {
                entry: container.last_entry,
                standing: container.standing,
            })
        };
        let settled = facts.settled(&self.settlement, prior, cx.now)?;
        let last = facts.incidents.cases.last_key();
        let id = following(last.map(IncidentId::get))?;
        let mut settlement = self.settlement.clone();
        // The clocks of two servers may differ.
        settlement.incident = settled.incident(id, self.accepted_at.min(cx.now));
        let mut draft = Draft::of(Act::Settle(settlement));
        draft.containers = settled.lines;
        draft.postings = settled.postings;
        draft.reason.clone_from(&self.remark);
        Ok(draft.into())
    }
}
