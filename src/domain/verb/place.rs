//! 存放地点: a place is made or changed.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb, following};
use crate::domain::{
    facts::{Facts, Total},
    ids::{PersonId, PlaceId},
    ledger::{Act, Draft, Kind},
    people::{Permission, Role},
    place::Place,
    product::Product,
    refusal::Refusal,
    time::Time,
};

/// Makes a place, or changes one that exists. A second person confirms it, as for the appointment of a
/// custodian, where it lets one in office keep a controlled class, and where a place that keeps one, or
/// comes to, is put elsewhere or permits something else: its appointments would need no second any more,
/// or others would be custodians of it. A place is closed when nothing is left in it: neither stock nor
/// waste nor what somebody will bring back; it is not put where one of its custodians would keep no longer
/// what has not been handed over.
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
        let mut needs = Needs {
            standing: true,
            kept: self.id.is_some(),
            left_at: self.id.filter(|_| self.place.closed).into_iter().collect(),
            ..Needs::default()
        };
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
        facts.can_be(&place)?;
        facts.may_be_put(&place, cx.now)?;
        let after = facts.with_place(&place);
        let promoted = facts.promoted_by(&after, cx.now);
        let is_shifted = places.get(id).is_some_and(|before| {
            (before.parent, &before.permitted) != (place.parent, &place.permitted)
                && (facts.keeps_controlled(id, cx.now) || after.keeps_controlled(id, cx.now))
        });
        let mut draft = Draft::of(Act::Place(place));
        if is_shifted || !promoted.is_empty() || self.second.is_some() {
            draft
                .seats
                .push(Second::seat(self.second, &promoted, facts, cx)?);
        }
        Ok(draft.into())
    }
}

impl Facts {
    /// What a custodian keeps, with this place as it is to be.
    fn with_place(&self, place: &Place) -> Self {
        let mut after = Self::of(self.institution);
        after.register.places.clone_from(&self.register.places);
        after.register.places.put(place.id, place.clone());
        after.register.products.clone_from(&self.register.products);
        after.register.policies.clone_from(&self.register.policies);
        after.default_policies.clone_from(&self.default_policies);
        for total in self.stock.standing() {
            after.stock.totals.insert(
                total,
                Total {
                    containers: 1,
                    amount: 0,
                },
            );
        }
        after
    }

    /// The custodians, in office now or later, who keep no controlled class today and would afterwards.
    fn promoted_by(&self, after: &Self, now: Time) -> BTreeSet<PersonId> {
        self.register
            .tenures
            .iter()
            .filter(|(_, tenure)| {
                tenure.appointment.role == Role::Custodian && tenure.meets(now, None)
            })
            .filter(|(_, tenure)| {
                let kept = tenure.appointment.place;
                kept.is_some_and(|kept| {
                    !self.keeps_controlled(kept, now) && after.keeps_controlled(kept, now)
                })
            })
            .map(|(_, tenure)| tenure.appointment.person)
            .collect()
    }

    /// Whether the product may stand at the place (RULES §2: dedicated stores for controlled classes).
    ///
    /// # Errors
    /// [`Refusal::ClassNotPermitted`] naming the first class that no place around it permits,
    /// [`Refusal::CustodiansMissing`].
    pub fn permits(&self, place: &Place, product: &Product, now: Time) -> Result<(), Refusal> {
        for class in product.classes_on(now.china_day()) {
            let permitted = !self.is_controlled(class, now)
                || self
                    .place_and_above(place.id)
                    .any(|around| around.permitted.contains(&class));
            if !permitted {
                let class = class.name_zh().to_owned();
                return Err(Refusal::ClassNotPermitted {
                    place: place.id,
                    class,
                });
            }
        }
        let needed = self.requirement(product, now).issuers;
        let appointed = if needed == 0 {
            0
        } else {
            self.custodians(place.id, now).len()
        };
        if appointed < needed {
            return Err(Refusal::CustodiansMissing {
                place: place.id,
                needed,
                appointed,
            });
        }
        Ok(())
    }
}
