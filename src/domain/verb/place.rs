//! 存放地点: a place is made or changed.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, PlaceId},
    ledger::{Act, Draft, Kind},
    people::{Permission, Role},
    place::Place,
    refusal::Refusal,
    time::Time,
};

/// Makes a place, or changes one that exists. Where that lets a custodian in office keep a controlled
/// class, a second person confirms it, as for the appointment of one.
#[derive(Clone, Debug)]
pub struct SetPlace {
    /// The place to change; absent to make a new one.
    pub id: Option<PlaceId>,
    /// How it is to be; its `id` is given by this verb.
    pub place: Place,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for SetPlace {
    fn name(&self) -> &'static str {
        Kind::Place.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePlaces)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let places = &facts.register.places;
        let id = match self.id {
            Some(id) => places
                .get(id)
                .map(|place| place.id)
                .ok_or(Refusal::PlaceUnknown { place: id })?,
            None => following(places.last_key().map(PlaceId::get))?,
        };
        if let Some(department) = self.place.department {
            facts.department(department)?;
        }
        if let Some(parent) = self.place.parent {
            facts.place(parent)?;
            if facts.place_and_above(parent).any(|above| above.id == id) {
                return Err(Refusal::PlaceInsideItself { place: id });
            }
        }
        let place = Place {
            id,
            ..self.place.clone()
        };
        let promoted = facts.promoted_by(&place, cx.now);
        let mut draft = Draft::of(Act::Place(place));
        if !promoted.is_empty() || self.second.is_some() {
            draft
                .seats
                .push(Second::seat(self.second, &promoted, facts, cx)?);
        }
        Ok(draft.into())
    }
}

impl Facts {
    /// The custodians, in office now or later, who keep no controlled class today and would with this
    /// place.
    fn promoted_by(&self, place: &Place, now: Time) -> BTreeSet<PersonId> {
        let mut after = Self::of(self.institution);
        after.register.places.clone_from(&self.register.places);
        after.register.places.put(place.id, place.clone());
        self.register
            .tenures
            .iter()
            .filter(|(_, tenure)| {
                tenure.appointment.role == Role::Custodian && tenure.meets(now, None)
            })
            .filter(|(_, tenure)| {
                let kept = tenure.appointment.place;
                kept.is_some_and(|kept| {
                    !self.keeps_controlled(kept) && after.keeps_controlled(kept)
                })
            })
            .map(|(_, tenure)| tenure.appointment.person)
            .collect()
    }
}
