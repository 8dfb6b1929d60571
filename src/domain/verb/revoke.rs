//! 撤销任命: an appointment ends at once.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, Seq},
    ledger::{Act, Draft, Kind, Revocation},
    people::{Permission, Role},
    refusal::Refusal,
    time::Time,
};

/// Ends an appointment.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// The entry that appointed.
    pub entry: Seq,
    /// Which of its appointments, from 0.
    pub line: u32,
}

impl Verb for Revoke {
    fn name(&self) -> &'static str {
        Kind::Revoke.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let (entry, line) = (self.entry, self.line);
        let tenure = facts
            .register
            .tenures
            .get((entry, line))
            .filter(|tenure| tenure.revoked_by.is_none())
            .ok_or(Refusal::AppointmentUnknown { appointment: entry })?;
        if tenure.appointment.role == Role::Administrator {
            facts.someone_else_administers(tenure.appointment.person, cx.now)?;
        }
        Ok(Draft::of(Act::Revoke(Revocation { entry, line })).into())
    }
}

impl Facts {
    /// Somebody else is an administrator in office, for good.
    ///
    /// # Errors
    /// [`Refusal::LastAdministrator`].
    pub(super) fn someone_else_administers(
        &self,
        person: PersonId,
        now: Time,
    ) -> Result<(), Refusal> {
        let other = self.register.tenures.iter().any(|(_, tenure)| {
            tenure.appointment.role == Role::Administrator
                && tenure.appointment.person != person
                && tenure.appointment.until.is_none()
                && tenure.holds_at(now)
        });
        if other {
            Ok(())
        } else {
            Err(Refusal::LastAdministrator { person })
        }
    }
}
