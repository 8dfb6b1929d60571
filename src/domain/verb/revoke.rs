//! 撤销任命: an appointment ends at once.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, Seq},
    ledger::{Act, Draft, Kind, Revocation},
    people::{Appointment, Permission, Role},
    refusal::Refusal,
    time::Time,
};

/// Ends an appointment. Where it let its holder confirm what others do, a second person confirms: no
/// administrator alone gets rid of those who look on. A custodian of controlled stock hands it over first.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// The entry that appointed.
    pub entry: Seq,
    /// Which of its appointments, from 0.
    pub line: u32,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for Revoke {
    fn name(&self) -> &'static str {
        Kind::Revoke.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            kept: true,
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let (entry, line) = (self.entry, self.line);
        let tenure = facts
            .register
            .tenures
            .get((entry, line))
            .filter(|tenure| tenure.revoked_by.is_none())
            .ok_or(Refusal::AppointmentUnknown { appointment: entry })?;
        let Appointment { person, role, .. } = tenure.appointment;
        if role == Role::Administrator {
            facts.someone_else_administers(person, cx.now)?;
        }
        facts.may_stop_keeping(person, |ending| ending == (entry, line), cx.now)?;
        let mut draft = Draft::of(Act::Revoke(Revocation { entry, line }));
        if role.may_confirm() || self.second.is_some() {
            let concerned = BTreeSet::from([person]);
            draft
                .seats
                .push(Second::seat(self.second, &concerned, facts, cx)?);
        }
        Ok(draft.into())
    }
}

impl Facts {
    /// The person is no administrator, or not the last.
    ///
    /// # Errors
    /// [`Refusal::LastAdministrator`].
    pub(in crate::domain) fn spares_an_administrator(
        &self,
        person: PersonId,
        now: Time,
    ) -> Result<(), Refusal> {
        let administers = |(role, _)| role == Role::Administrator;
        if self.roles(person, now).any(administers) {
            self.someone_else_administers(person, now)?;
        }
        Ok(())
    }

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
                && !self.is_suspended(tenure.appointment.person)
        });
        if other {
            Ok(())
        } else {
            Err(Refusal::LastAdministrator { person })
        }
    }
}
