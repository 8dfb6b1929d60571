//! 保管: who keeps what stands at a place, and how it passes from one custodian to another (保管交接). The one
//! rule of it: the verbs ask it before an entry is made, and `apply` once more of every entry, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    books::{BookKey, Booked, Gap},
    container::Container,
    facts::{Facts, Table},
    ids::{Label, PersonId, PlaceId, ProductId, Seq, Serial},
    ledger::{Act, Weighing},
    people::{Role, TenureKey},
    place::Place,
    policy::Requirement,
    quantity::Dimension,
    refusal::Refusal,
    stocktake::{Seen, off_book},
    time::Time,
};

/// Custody of a place passes from one custodian to another, with a joint count of everything controlled that
/// stands there (清点交接). It ends the custodianship of whoever handed over, of that place and of those in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// The place: exactly that of an appointment of `from`.
    pub place: PlaceId,
    /// Who keeps it no longer.
    pub from: PersonId,
    /// Who keeps it from now on: a custodian of it already.
    pub to: PersonId,
    /// Who counted with `to` and hands over: `from`, or in the absence of `from` another custodian.
    pub by: PersonId,
    /// `from` is absent (left, ill, dead, blocked); the reason says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// What both saw, by number: everything controlled that stands there.
    pub counted: Vec<Tallied>,
    /// Whole containers of the place that are checked out, by number: they cannot be counted, and `to` knows
    /// of them from now on. Their holders answer for them until they are back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Absentee>,
}

/// A container and how much was in it by a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tallied {
    /// Which.
    pub serial: Serial,
    /// What is in it, base units of its dimension.
    #[serde(with = "super::ledger::amount")]
    pub amount: i64,
    /// How that was weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
}

/// A container that is with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absentee {
    /// Which.
    pub serial: Serial,
    /// With whom.
    pub holder: PersonId,
}

/// What is kept of a handover to list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// The place.
    pub place: PlaceId,
    /// Who kept it.
    pub from: PersonId,
    /// Who keeps it.
    pub to: PersonId,
    /// Who counted with `to`.
    pub by: PersonId,
    /// How many containers were counted.
    pub counted: u32,
    /// How many were with persons.
    pub out: u32,
    /// When.
    pub at: Time,
}

/// Handovers and the books of custodians, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct Custody {
    /// Handovers, by their entries.
    pub handovers: Table<Seq, HandedOver>,
    /// What custodians wrote into their books.
    pub books: Table<BookKey, Booked>,
    /// Containers of which a book has differed.
    pub gaps: Table<Serial, Gap>,
}

impl Handover {
    /// What is kept of it to list it.
    #[must_use]
    pub fn listed(&self, at: Time) -> HandedOver {
        let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        HandedOver {
            place: self.place,
            from: self.from,
            to: self.to,
            by: self.by,
            counted: count(self.counted.len()),
            out: count(self.out.len()),
            at,
        }
    }
}

impl Act {
    /// Who hands over, and who takes over, in a handover.
    #[must_use]
    pub const fn hands_over(&self) -> Option<(PersonId, PersonId)> {
        if let Self::Handover(handover) = self {
            Some((handover.by, handover.to))
        } else {
            None
        }
    }
}

impl Facts {
    /// The appointments of custodians in their own right that hold: who stands in for another keeps nothing,
    /// the other does.
    fn keeping(&self, now: Time) -> impl Iterator<Item = (TenureKey, PersonId, PlaceId)> {
        let tenures = self.register.tenures.iter();
        tenures.filter_map(move |(key, tenure)| {
            let held = &tenure.appointment;
            let keeps = held.role == Role::Custodian
                && held.stands_in_for.is_none()
                && tenure.holds_at(now);
            let place = held.place.filter(|_| keeps)?;
            Some((*key, held.person, place))
        })
    }

    /// Those who keep something at one of these places in their own right, blocked or not.
    fn keepers_of(&self, around: &BTreeSet<PlaceId>, now: Time) -> BTreeSet<PersonId> {
        let keeping = self.keeping(now);
        let there = keeping.filter(|(.., place)| around.contains(place));
        there.map(|(_, person, _)| person).collect()
    }

    fn around(&self, place: PlaceId) -> BTreeSet<PlaceId> {
        self.place_and_above(place).map(|place| place.id).collect()
    }

    /// The products whose classes ask for that.
    fn products_that(&self, asks: fn(&Requirement) -> bool, now: Time) -> BTreeSet<ProductId> {
        let products = self.register.products.iter();
        products
            .filter(|(_, product)| asks(&self.requirement(product, now)))
            .map(|(id, _)| *id)
            .collect()
    }

    /// What belongs to places and is of products whose classes ask for that. The facts must hold it all.
    fn kept_that(&self, asks: fn(&Requirement) -> bool, now: Time) -> Vec<&Container> {
        let products = self.products_that(asks, now);
        let containers = self.stock.containers.iter().map(|(_, one)| one);
        containers
            .filter(|one| one.standing.is_left() && products.contains(&one.identity.product))
            .collect()
    }

    /// The places to which something belongs that must be handed over.
    #[must_use]
    pub fn places_kept(&self, now: Time) -> BTreeSet<PlaceId> {
        let kept = self.kept_that(|requirement| requirement.handover, now);
        kept.into_iter().map(|one| one.standing.place).collect()
    }

    /// The places of these that a person keeps in their own right.
    #[must_use]
    pub fn kept_by(
        &self,
        person: PersonId,
        places: &BTreeSet<PlaceId>,
        now: Time,
    ) -> BTreeSet<PlaceId> {
        let keeps = |place: &&PlaceId| {
            self.keepers_of(&self.around(**place), now)
                .contains(&person)
        };
        places.iter().filter(keeps).copied().collect()
    }

    /// Whether a person may stop keeping what the appointments that end made them keep: nothing that must be
    /// handed over belongs to it, or other appointments of theirs go on.
    ///
    /// # Errors
    /// [`Refusal::CustodyKept`].
    pub(super) fn may_stop_keeping(
        &self,
        person: PersonId,
        ends: impl Fn(TenureKey) -> bool,
        now: Time,
    ) -> Result<(), Refusal> {
        let held: Vec<_> = self
            .keeping(now)
            .filter(|(_, keeper, _)| *keeper == person)
            .collect();
        if !held.iter().any(|(key, ..)| ends(*key)) {
            return Ok(());
        }
        let is_lost = |place: &PlaceId| {
            let around = self.around(*place);
            let there = || held.iter().filter(|(.., at)| around.contains(at));
            there().next().is_some() && there().all(|(key, ..)| ends(*key))
        };
        let lost: BTreeSet<_> = self.places_kept(now).into_iter().filter(is_lost).collect();
        self.nothing_lost(person, &lost)
    }

    fn nothing_lost(&self, person: PersonId, lost: &BTreeSet<PlaceId>) -> Result<(), Refusal> {
        if lost.is_empty() {
            return Ok(());
        }
        let named = lost.iter().map(|id| {
            let place = self.register.places.get(*id);
            place.map_or_else(|| id.to_string(), |place| format!("{id} {}", place.name))
        });
        let places = named.collect::<Vec<_>>().join("、");
        Err(Refusal::CustodyKept { person, places })
    }

    /// Whether a place can be put where it is to be: nobody stops keeping by it what must be handed over.
    ///
    /// # Errors
    /// [`Refusal::CustodyKept`].
    pub(super) fn may_be_put(&self, place: &Place, now: Time) -> Result<(), Refusal> {
        let before = self.register.places.get(place.id);
        if before.is_none_or(|before| before.parent == place.parent) {
            return Ok(());
        }
        let mut lost: BTreeMap<PersonId, BTreeSet<PlaceId>> = BTreeMap::new();
        for at in self.places_kept(now) {
            let above: Vec<PlaceId> = self.place_and_above(at).map(|one| one.id).collect();
            let Some(depth) = above.iter().position(|one| *one == place.id) else {
                continue;
            };
            let inside = above.iter().take(depth + 1).copied();
            let after: BTreeSet<PlaceId> = match place.parent {
                Some(parent) => inside.chain(self.around(parent)).collect(),
                None => inside.collect(),
            };
            let keepers = self.keepers_of(&above.into_iter().collect(), now);
            for person in keepers.difference(&self.keepers_of(&after, now)) {
                lost.entry(*person).or_default().insert(at);
            }
        }
        match lost.first_key_value() {
            Some((person, places)) => self.nothing_lost(*person, places),
            None => Ok(()),
        }
    }

    /// Everything controlled that belongs to a place and those in it, by number: what stands there, and what is
    /// with persons. The facts must hold it all.
    #[must_use]
    pub fn to_hand_over(&self, place: PlaceId, now: Time) -> (Vec<&Container>, Vec<Absentee>) {
        let inside = self.place_and_below(place);
        let mut kept = self.kept_that(Requirement::is_handed_over, now);
        kept.retain(|one| inside.contains(&one.standing.place));
        kept.sort_unstable_by_key(|one| one.serial);
        let out = kept.iter().filter_map(|one| {
            let holder = one.standing.holder?;
            Some(Absentee {
                serial: one.serial,
                holder,
            })
        });
        let out = out.collect();
        kept.retain(|one| one.standing.stands_at().is_some());
        (kept, out)
    }

    /// The appointments that end when a place is handed over: those of `from` to it and to places in it.
    #[must_use]
    pub fn handed_over(&self, handover: &Handover, now: Time) -> Vec<TenureKey> {
        let keeping = self.keeping(now);
        let mut ending: Vec<TenureKey> = keeping
            .filter(|(_, person, at)| *person == handover.from && self.lies_in(*at, handover.place))
            .map(|(key, ..)| key)
            .collect();
        ending.sort_unstable();
        ending
    }

    /// Whether a place passes from one to the other as a handover says.
    ///
    /// # Errors
    /// [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`], [`Refusal::SamePersonTwice`],
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::PersonSuspended`],
    /// [`Refusal::NotCustodian`], [`Refusal::CustodyAround`], [`Refusal::HandoverReasonMissing`],
    /// [`Refusal::NothingToHandOver`], [`Refusal::HandoverNotThere`], [`Refusal::HandoverIncomplete`],
    /// [`Refusal::HandoverDiffers`], [`Refusal::CustodiansMissing`].
    pub(super) fn handing_over(
        &self,
        handover: &Handover,
        reason: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let place = self.place(handover.place)?.id;
        let Handover { from, to, by, .. } = *handover;
        if to == from || to == by {
            return Err(Refusal::SamePersonTwice { person: to });
        }
        if handover.absent == (by == from) {
            return Err(Refusal::SamePersonTwice { person: by });
        }
        self.account(from)?;
        self.person(to)?;
        self.person(by)?;
        let around = self.around(place);
        let held = || self.keeping(now).filter(|(_, person, _)| *person == from);
        if held().all(|(.., at)| at != place) {
            let person = from;
            return Err(Refusal::NotCustodian { person, place });
        }
        if let Some((.., around)) = held().find(|(.., at)| *at != place && around.contains(at)) {
            let (person, place) = (from, around);
            return Err(Refusal::CustodyAround { person, place });
        }
        if !self.keepers_of(&around, now).contains(&to) {
            return Err(Refusal::NotCustodian { person: to, place });
        }
        if !self.custodians(place, now).contains(&by) {
            return Err(Refusal::NotCustodian { person: by, place });
        }
        if handover.absent && reason.trim().is_empty() {
            return Err(Refusal::HandoverReasonMissing { person: from });
        }
        let (standing, out) = self.to_hand_over(place, now);
        if standing.is_empty() && out.is_empty() {
            return Err(Refusal::NothingToHandOver { place });
        }
        self.counted_alike(handover, &standing)?;
        if handover.out != out {
            return Err(Refusal::Inconsistent {
                what: "what is out at a handover",
            });
        }
        self.enough_left(handover, &standing, now)
    }

    /// The containers counted are those that stand there, each with what the book says.
    fn counted_alike(&self, handover: &Handover, standing: &[&Container]) -> Result<(), Refusal> {
        let counted: BTreeMap<Serial, &Tallied> = handover
            .counted
            .iter()
            .map(|tallied| (tallied.serial, tallied))
            .collect();
        let there: BTreeSet<Serial> = standing.iter().map(|one| one.serial).collect();
        let elsewhere = counted.keys().filter(|serial| !there.contains(serial));
        let elsewhere = self.labels_of(elsewhere.copied());
        if !elsewhere.is_empty() {
            let containers = elsewhere;
            return Err(Refusal::HandoverNotThere { containers });
        }
        let missing = there.iter().filter(|serial| !counted.contains_key(serial));
        let missing = self.labels_of(missing.copied());
        if !missing.is_empty() {
            let containers = missing;
            return Err(Refusal::HandoverIncomplete { containers });
        }
        if counted.len() != handover.counted.len() {
            return Err(Refusal::Inconsistent { what: "handover" });
        }
        let mut differing = Vec::new();
        for one in standing {
            if let Some(tallied) = counted.get(&one.serial)
                && self.counted_off(one, tallied.amount, tallied.weighing.as_ref())? != 0
            {
                differing.push(one.serial);
            }
        }
        let containers = self.labels_of(differing);
        if containers.is_empty() {
            Ok(())
        } else {
            Err(Refusal::HandoverDiffers { containers })
        }
    }

    /// As many custodians as its classes ask for keep each container when `from` does no more.
    fn enough_left(
        &self,
        handover: &Handover,
        standing: &[&Container],
        now: Time,
    ) -> Result<(), Refusal> {
        let kept: BTreeSet<(PlaceId, ProductId)> = standing
            .iter()
            .map(|one| (one.standing.place, one.identity.product))
            .collect();
        for (place, product) in kept {
            let needed = self.requirement(self.product(product)?, now).issuers;
            // Who stands in for them does no more either.
            let from = handover.from;
            let mut custodians = self.custodians_but(place, now, |held| {
                let at = held.place.filter(|_| held.stands_in_for == Some(from));
                at.is_some_and(|at| self.lies_in(at, handover.place))
            });
            custodians.remove(&from);
            if custodians.len() < needed {
                return Err(Refusal::CustodiansMissing {
                    place,
                    needed,
                    appointed: custodians.len(),
                });
            }
        }
        Ok(())
    }

    /// The labels of containers, for a sentence.
    fn labels_of(&self, serials: impl IntoIterator<Item = Serial>) -> String {
        let labels = serials.into_iter().filter_map(|serial| {
            let container = self.stock.containers.get(serial)?;
            let generation = container.standing.generation;
            Some(Label::new(self.institution, serial, generation).to_string())
        });
        labels.collect::<Vec<_>>().join("、")
    }

    /// Counted less booked, base units; what a balance may be off (RULES D5) is no difference.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`] for what cannot have been counted or weighed so; [`Refusal::TareRecorded`].
    pub(super) fn counted_off(
        &self,
        container: &Container,
        amount: i64,
        weighing: Option<&Weighing>,
    ) -> Result<i64, Refusal> {
        let can_be = match (container.identity.dimension, weighing) {
            (Dimension::Mass, Some(weighing)) => weighing.density.is_none(),
            (Dimension::Volume, Some(weighing)) => weighing.density.is_some(),
            (Dimension::Count, Some(_)) => false,
            (Dimension::Mass | Dimension::Volume | Dimension::Count, None) => true,
        };
        if !can_be {
            return Err(Refusal::Inconsistent { what: "weighing" });
        }
        let standing = &container.standing;
        let label = Label::new(self.institution, container.serial, standing.generation);
        let product = self.product_of(container)?;
        let seen = Seen {
            container,
            product,
            standing,
        };
        off_book(amount, weighing, seen, label)
    }
}
