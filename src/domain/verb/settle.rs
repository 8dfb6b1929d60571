//! 调拨结清: the program tells the sender of a consignment what became of it.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::Label,
    ledger::{Act, Draft, Kind, Prior},
    people::Permission,
    refusal::Refusal,
    transfer::TransferSettlement,
};

/// Books what the receiver has accepted out of what is on the road, once. What is short is missing
/// here; what was refused stays on the road until it is back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// What the receiver wrote.
    pub settlement: TransferSettlement,
    /// Its remark.
    pub remark: String,
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
        let serials = accepted.chain(refused).map(Label::serial);
        needs.containers.extend(serials);
        needs
    }

    fn weight(&self) -> usize {
        let verdict = &self.settlement.verdict;
        verdict.accepted.len().saturating_add(verdict.refused.len())
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let prior = |serial| {
            let container = facts.stock.containers.get(serial)?;
            Some(Prior {
                entry: container.last_entry,
                standing: container.standing,
            })
        };
        let (containers, postings) = facts.settled(&self.settlement, prior, cx.now)?;
        let mut draft = Draft::of(Act::Settle(self.settlement.clone()));
        draft.containers = containers;
        draft.postings = postings;
        draft.reason.clone_from(&self.remark);
        Ok(draft.into())
    }
}
