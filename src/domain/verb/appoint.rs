//! 任命: a person is given a role.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, PlaceId},
    ledger::{Act, Draft, Kind},
    people::{Appointment, Permission, Role},
    refusal::Refusal,
    time::Time,
};

/// Appoints a person. A custodian of a place made for controlled classes needs a second person's
/// confirmation.
#[derive(Clone, Debug)]
pub struct Appoint {
    /// Who.
    pub person: PersonId,
    /// To what.
    pub role: Role,
    /// Where: for a custodian always, for others never.
    pub place: Option<PlaceId>,
    /// From when; left out: from now on.
    pub from: Option<Time>,
    /// Until when; left out: until revoked.
    pub until: Option<Time>,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for Appoint {
    fn name(&self) -> &'static str {
        Kind::Appoint.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let appointment = Appointment {
            person: self.person,
            role: self.role,
            place: self.place,
            from: self.from.unwrap_or(cx.now),
            until: self.until,
            stands_in_for: None,
        };
        appoint(appointment, self.second, facts, cx)
    }
}

/// The rule of every appointment, a delegate's as well.
///
/// # Errors
/// The first refusal that applies.
pub(super) fn appoint(
    appointment: Appointment,
    second: Option<Second>,
    facts: &Facts,
    cx: &Context,
) -> Result<Decision, Refusal> {
    let Appointment {
        person,
        role,
        place,
        from,
        until,
        ..
    } = appointment;
    facts.person(person)?;
    match (role, place) {
        (Role::Custodian, None) => return Err(Refusal::PlaceRequired {}),
        (Role::Custodian, Some(place)) => facts.place(place).map(drop)?,
        (role, Some(_)) => return Err(Refusal::PlaceNotTaken { role }),
        (_, None) => {}
    }
    if from < cx.now || until.is_some_and(|end| end <= from) {
        return Err(Refusal::PeriodWrong { now: cx.now });
    }
    let mut held: Vec<_> = facts
        .register
        .tenures
        .iter()
        .filter(|(_, tenure)| tenure.appointment.person == person && tenure.meets(from, until))
        .collect();
    held.sort_by_key(|(key, _)| **key);
    for ((appointment, _), tenure) in held {
        let held = tenure.appointment.role;
        if !held.goes_with(role) {
            return Err(Refusal::RolesConflict { role, held });
        }
        if (held, tenure.appointment.place) == (role, place) {
            return Err(Refusal::AlreadyAppointed {
                person,
                appointment: *appointment,
            });
        }
    }
    let concerned: BTreeSet<_> = std::iter::once(person)
        .chain(appointment.stands_in_for)
        .collect();
    let mut draft = Draft::of(Act::Appoint(appointment));
    let is_controlled = place.is_some_and(|place| facts.keeps_controlled(place));
    if is_controlled || second.is_some() {
        draft
            .seats
            .push(Second::seat(second, &concerned, facts, cx)?);
    }
    Ok(draft.into())
}

impl Facts {
    /// Whether somebody who keeps the place keeps a controlled class: it, a place around it or a
    /// place in it is permitted for one.
    pub(super) fn keeps_controlled(&self, place: PlaceId) -> bool {
        let around: BTreeSet<PlaceId> = self.place_and_above(place).map(|above| above.id).collect();
        self.register
            .places
            .iter()
            .map(|(_, other)| other)
            .filter(|other| {
                other
                    .permitted
                    .iter()
                    .any(|class| class.is_controlled_by_default())
            })
            .any(|other| {
                around.contains(&other.id)
                    || self
                        .place_and_above(other.id)
                        .any(|above| above.id == place)
            })
    }
}
