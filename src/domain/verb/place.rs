//! 存放地点: a place is made or changed.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::PlaceId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    place::Place,
    refusal::Refusal,
};

/// Makes a place, or changes one that exists.
#[derive(Clone, Debug)]
pub struct SetPlace {
    /// The place to change; absent to make a new one.
    pub id: Option<PlaceId>,
    /// How it is to be; its `id` is given by this verb.
    pub place: Place,
}

impl Verb for SetPlace {
    fn name(&self) -> &'static str {
        Kind::Place.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePlaces)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
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
        Ok(Draft::of(Act::Place(place)).into())
    }
}
