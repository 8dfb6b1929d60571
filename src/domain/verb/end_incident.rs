//! 结案: an incident ends; what was found again is in the book again, what was not is lost for good.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Context, Decision, MOST_CONTAINERS, Movement, Needs, Verb, inside, line, outside,
    unreserved,
};
use crate::domain::{
    facts::Facts,
    ids::Label,
    incident::Ending,
    ledger::{Account, Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
};

/// Ends an incident. What it moves of controlled classes is signed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndIncident {
    /// Which, and how.
    pub ending: Ending,
    /// In words.
    pub reason: String,
}

impl Verb for EndIncident {
    fn name(&self) -> &'static str {
        Kind::EndIncident.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::EndIncidents)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.incidents.incidents.insert(self.ending.incident);
        needs
    }

    /// It may touch as many as the incident names, which is not known before it is read.
    fn weight(&self) -> usize {
        MOST_CONTAINERS
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for EndIncident {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let mut draft = Draft::of(Act::EndIncident(self.ending));
        for container in facts.written_off(&draft.act) {
            let generation = container.standing.generation;
            let label = Label::new(facts.institution, container.serial, generation);
            authority.allows(facts, container, label, cx.now)?;
        }
        for (container, then, amount) in facts.ending(self.ending)? {
            let now = &container.standing;
            let label = Label::new(facts.institution, container.serial, now.generation);
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            draft.containers.push(line(container, then));
            if amount != 0 {
                // What comes back arrives where it stands then; what goes leaves where it stood.
                let at = if amount > 0 { &then } else { now };
                draft.postings.push(inside(container, at, amount));
                draft
                    .postings
                    .push(outside(container, Account::Lost, None, -amount));
            }
        }
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}
