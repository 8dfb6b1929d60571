//! 重印标签: a container gets a new label, and the old one is dead.

use std::collections::BTreeSet;

use super::{Authority, Context, Decision, Needs, Verb, after, line, unreserved};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::{Generation, Label},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
};

/// Raises the generation of a label, at most to 99. One person does it for whatever is in the container:
/// a label is a name and no permission, nothing moves, and a controlled container cannot move later
/// without its signatures. While a signing request holds the container its label stays what the
/// signers were shown.
#[derive(Clone, Debug)]
pub struct Reprint {
    /// The label to replace.
    pub label: Label,
    /// Why: unreadable, lost.
    pub reason: String,
}

impl Verb for Reprint {
    fn name(&self) -> &'static str {
        Kind::Reprint.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Receive)
    }

    fn needs(&self) -> Needs {
        Needs {
            containers: BTreeSet::from([self.label.serial()]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let label = self.label;
        let container = facts.container(label)?;
        let same = after(container, label, Event::Reprint, Kind::Reprint)?;
        let generation = Generation::try_from(same.generation.get() + 1)
            .map_err(|_| Refusal::LabelGenerationsUsedUp { label })?;
        unreserved(facts, cx, Authority::Unsigned, label)?;
        let mut draft = Draft::of(Act::Reprint);
        draft
            .containers
            .push(line(container, Standing { generation, ..same }));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
