//! 转废: containers become hazardous waste, with whatever is in them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, unreserved,
};
use crate::domain::{
    container::Event,
    facts::Facts,
    ids::Label,
    ledger::{Act, Discard, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    waste::WasteCode,
};

/// Containers are waste from now on: all of them or none. Expired, unidentified and empty ones too; a
/// bottle that is with a person comes back first, and so does a part that was taken out of one: into
/// waste it could not be put back, and nobody would know of it any more. They stay where they stand until they are disposed of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waste {
    /// The scanned labels, at most 500.
    pub labels: Vec<Label>,
    /// What waste they are.
    pub code: WasteCode,
    /// Why.
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Waste {
    fn name(&self) -> &'static str {
        Kind::Waste.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Waste)
    }

    fn needs(&self) -> Needs {
        let serials: BTreeSet<_> = self.labels.iter().map(|label| label.serial()).collect();
        self.claim.needing(Needs {
            containers: serials.clone(),
            holdings: serials,
            ..Needs::default()
        })
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Waste {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let code = self.code.clone();
        let mut draft = Draft::of(Act::Waste(Discard { code }));
        for (label, container) in facts.containers(self.labels.iter().copied())? {
            let waste = after(container, label, Event::Discard, Kind::Waste)?;
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            facts.stock.nothing_out(label)?;
            draft.containers.push(line(container, waste));
            // An empty bottle is waste, too, and posts nothing.
            if waste.amount > 0 {
                let now = &container.standing;
                draft.postings.push(inside(container, now, -waste.amount));
                draft.postings.push(inside(container, &waste, waste.amount));
            }
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
