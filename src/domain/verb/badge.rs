//! 换发胸牌: a person wears another badge from now on.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind},
    people::{Badge, Permission},
    refusal::Refusal,
};

/// Gives a badge to a person; the one before it is dead at once.
#[derive(Clone, Debug)]
pub struct SetBadge {
    /// To whom.
    pub person: PersonId,
    /// Keyed digest of the scanned code, hex.
    pub digest: String,
}

impl Verb for SetBadge {
    fn name(&self) -> &'static str {
        Kind::Badge.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.person(self.person)?.id;
        let wearer = facts
            .register
            .badges
            .iter()
            .find(|(_, digest)| **digest == self.digest);
        if let Some((wearer, _)) = wearer {
            return Err(Refusal::BadgeTaken { person: *wearer });
        }
        let digest = self.digest.clone();
        Ok(Draft::of(Act::Badge(Badge { person, digest })).into())
    }
}
