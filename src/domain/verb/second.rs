//! 双人复核: the second person, who confirms what one person must not decide alone.

use std::collections::BTreeSet;

use super::{Context, Needs};
use crate::domain::{
    facts::Facts,
    ids::PersonId,
    ledger::{Part, Seat},
    refusal::Refusal,
};

/// Somebody who has just proved with a secret that they confirm; made by `app` after the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second {
    /// Who.
    pub person: PersonId,
    /// The version of the secret that was checked.
    pub secret_version: u32,
}

impl Second {
    /// Adds what the check of a second person needs.
    pub(super) fn needs(second: Option<Self>, needs: &mut Needs) {
        needs.secrets.extend(second.map(|second| second.person));
    }

    /// The seat of the second person, who is neither the sender nor one of those concerned, may
    /// confirm now, and whose secret checked is still the one in force.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonRequired`], [`Refusal::SecondPersonUnfit`], [`Refusal::SignInRefused`].
    pub(super) fn seat(
        second: Option<Self>,
        concerned: &BTreeSet<PersonId>,
        facts: &Facts,
        cx: &Context,
    ) -> Result<Seat, Refusal> {
        let Self {
            person,
            secret_version,
        } = second.ok_or(Refusal::SecondPersonRequired {})?;
        facts.person(person)?;
        let may_confirm = facts
            .roles(person, cx.now)
            .any(|(role, _)| role.may_confirm());
        if !may_confirm || cx.actor == Some(person) || concerned.contains(&person) {
            return Err(Refusal::SecondPersonUnfit { person });
        }
        let given = Self {
            person,
            secret_version,
        };
        given.is_in_force(facts)?;
        Ok(Seat {
            person,
            part: Part::Approver,
        })
    }

    /// Whether the secret checked is still the one in force.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`].
    pub(super) fn is_in_force(self, facts: &Facts) -> Result<(), Refusal> {
        let in_force = facts.desk.secrets.get(self.person);
        if in_force.is_none_or(|secret| secret.version != self.secret_version) {
            return Err(Refusal::SignInRefused {});
        }
        Ok(())
    }
}
