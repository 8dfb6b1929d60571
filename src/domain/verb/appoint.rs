//! 任命: a person is given a role.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, PlaceId},
    ledger::{Act, Draft, Kind},
    people::{Appointment, Permission, Role},
    product::Product,
    refusal::Refusal,
    substance::ControlClass,
    time::Time,
};

/// Appoints a person. A second person confirms it where the role lets its holder confirm what others
/// do, and for a custodian who comes to keep a controlled class: else one administrator alone would make
/// the very people whose two signatures are asked for.
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
        let mut needs = Needs {
            standing: true,
            ..Needs::default()
        };
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
    let is_controlled = place.is_some_and(|place| facts.keeps_controlled(place, cx.now));
    if role.may_confirm() || is_controlled || second.is_some() {
        draft
            .seats
            .push(Second::seat(second, &concerned, facts, cx)?);
    }
    Ok(draft.into())
}

impl Facts {
    /// Whether somebody who keeps the place keeps a controlled class: it, a place around it or a place in
    /// it is permitted for one, or one stands there.
    pub(super) fn keeps_controlled(&self, place: PlaceId, now: Time) -> bool {
        let lies_in = |inner: PlaceId, outer: PlaceId| {
            self.place_and_above(inner).any(|above| above.id == outer)
        };
        let permitted = self.register.places.iter().any(|(id, other)| {
            let controlled = |class: &ControlClass| self.is_controlled(*class, now);
            other.permitted.iter().any(controlled) && (lies_in(*id, place) || lies_in(place, *id))
        });
        permitted
            || self.stock.standing().any(|(at, product)| {
                let product = self.register.products.get(product);
                let controlled = |product: &Product| {
                    let classes = product.classes_on(now.china_day());
                    classes.iter().any(|class| self.is_controlled(*class, now))
                };
                lies_in(at, place) && product.is_some_and(controlled)
            })
    }
}
