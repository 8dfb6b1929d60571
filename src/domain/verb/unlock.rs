//! 解锁: two persons let somebody try again.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    desk::{Attempts, DeskChange},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind, Whom},
    people::Permission,
    refusal::Refusal,
};

/// Forgives the wrong tries of a person at every workstation.
#[derive(Clone, Debug)]
pub struct Unlock {
    /// Whose.
    pub person: PersonId,
    /// The second person.
    pub second: Option<Second>,
}

impl Verb for Unlock {
    fn name(&self) -> &'static str {
        Kind::Unlock.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            attempts_of: BTreeSet::from([self.person]),
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.person(self.person)?.id;
        let concerned = BTreeSet::from([person]);
        let mut draft = Draft::of(Act::Unlock(Whom { person }));
        draft
            .seats
            .push(Second::seat(self.second, &concerned, facts, cx)?);
        let desk = facts
            .desk
            .attempts
            .iter()
            .filter(|(claimant, _)| claimant.subject == person.get())
            .map(|(claimant, _)| DeskChange::Attempts(*claimant, Attempts::default()))
            .collect();
        Ok(Decision {
            draft: Some(draft),
            desk,
        })
    }
}
