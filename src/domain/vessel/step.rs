//! What entries do to vessels, and when they may: asked by the verbs before they are written, and of every
//! entry when it is applied, whoever wrote it.

use std::collections::BTreeSet;

use super::{
    FIRST_SERIAL, Pour, Poured, Vessel, VesselEvent, VesselStep, WasteVessel, WeighedVessel,
    measured,
};
use crate::domain::{
    container::{Container, Event, Standing},
    disposal::Balance,
    facts::Facts,
    ids::{Generation, Label, PlaceId, Seq, Serial},
    ledger::{Account, Act, Discard, Posting, Record},
    place::PlaceKind,
    policy::Requirement,
    product::Product,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    time::Time,
    waste::WasteCode,
};

const WRONG: Refusal = Refusal::Inconsistent {
    what: "entry of a waste container",
};

/// What is poured out of one container, or out of somebody's hands.
#[derive(Clone, Copy, Debug)]
pub struct Source<'f> {
    /// The container that it comes from.
    pub container: &'f Container,
    /// How much, base units.
    pub amount: i64,
    /// Where it stands; nothing for what a person has in hand.
    pub place: Option<PlaceId>,
}

impl Facts {
    /// The label of a vessel: it has one for life.
    pub(in crate::domain) fn vessel_label(&self, serial: Serial) -> Label {
        Label::new(self.institution, serial, Generation::MIN)
    }

    /// The vessel with this label.
    ///
    /// # Errors
    /// [`Refusal::WasteContainerUnknown`].
    pub fn vessel(&self, label: Label) -> Result<&WasteVessel, Refusal> {
        let vessel = self.vessels.vessels.get(label.serial());
        let is_it = label == self.vessel_label(label.serial());
        vessel
            .filter(|_| is_it)
            .ok_or(Refusal::WasteContainerUnknown {})
    }

    /// The number of the next vessel.
    ///
    /// # Errors
    /// [`Refusal::SerialsUsedUp`].
    pub(in crate::domain) fn next_vessel(&self) -> Result<Serial, Refusal> {
        let keys = [self.vessels.vessels.last_key(), self.vessels.last];
        let last = keys.into_iter().flatten().max();
        let next = last.map_or(FIRST_SERIAL, |last| last.get() + 1);
        let last = last.map_or(0, Serial::get);
        Serial::try_from(next).map_err(|_| Refusal::SerialsUsedUp { last })
    }

    /// Whether a vessel can be registered so.
    ///
    /// # Errors
    /// [`Refusal::SerialsUsedUp`], [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`],
    /// [`Refusal::AmountZero`], [`Refusal::CapacityUnfit`], [`Refusal::Inconsistent`].
    pub(in crate::domain) fn can_be_vessel(&self, vessel: &Vessel) -> Result<(), Refusal> {
        self.place(vessel.place)?;
        let capacity = vessel.capacity;
        if capacity.amount() == 0 {
            return Err(Refusal::AmountZero {});
        }
        if capacity.dimension() == Dimension::Count {
            return Err(Refusal::CapacityUnfit { given: capacity });
        }
        if vessel.serial == self.next_vessel()? {
            Ok(())
        } else {
            Err(WRONG)
        }
    }

    /// A vessel that has not been disposed of.
    fn vessel_here(&self, serial: Serial) -> Result<&WasteVessel, Refusal> {
        let label = self.vessel_label(serial);
        let vessel = self.vessel(label)?;
        match vessel.disposed_by {
            Some(by) => Err(Refusal::WasteContainerGone { label, by }),
            None => Ok(vessel),
        }
    }

    /// Whether something may be done with a vessel.
    ///
    /// # Errors
    /// [`Refusal::WasteContainerUnknown`], [`Refusal::WasteContainerGone`],
    /// [`Refusal::WasteContainerClosed`], [`Refusal::WasteContainerThere`], [`Refusal::PlaceUnknown`],
    /// [`Refusal::PlaceClosed`], [`Refusal::ClassNotPermitted`], [`Refusal::CustodiansMissing`].
    pub(in crate::domain) fn steps_vessel(
        &self,
        step: VesselStep,
        now: Time,
    ) -> Result<(), Refusal> {
        let vessel = self.vessel_here(step.serial)?;
        let label = self.vessel_label(step.serial);
        match (step.what, vessel.closed) {
            (VesselEvent::Close, Some((_, on))) => Err(Refusal::WasteContainerClosed { label, on }),
            (VesselEvent::Close, None) => Ok(()),
            (VesselEvent::Move(to), _) => {
                let place = self.place(to)?;
                if vessel.place == to {
                    return Err(Refusal::WasteContainerThere { label, place: to });
                }
                for product in self.products_in(step.serial) {
                    self.permits(place, product, now)?;
                }
                Ok(())
            }
        }
    }

    fn products_in(&self, vessel: Serial) -> impl Iterator<Item = &Product> {
        let products: BTreeSet<_> = self
            .vessels
            .inside(vessel)
            .map(|(_, poured)| poured.product)
            .collect();
        products
            .into_iter()
            .filter_map(|product| self.register.products.get(product))
    }

    /// What each source takes up in the vessel, if all of it may go in.
    ///
    /// # Errors
    /// [`Refusal::WasteContainerUnknown`], [`Refusal::WasteContainerGone`],
    /// [`Refusal::WasteContainerClosed`], [`Refusal::WasteCodeDiffers`],
    /// [`Refusal::WasteContainerElsewhere`], [`Refusal::ClassNotPermitted`],
    /// [`Refusal::ContainerInIncident`], [`Refusal::TakenUpOfOne`], [`Refusal::TakenUpNeeded`],
    /// [`Refusal::WasteContainerFull`].
    pub(in crate::domain) fn takes_in(
        &self,
        pour: Pour,
        code: &WasteCode,
        sources: &[Source<'_>],
        now: Time,
    ) -> Result<Vec<i64>, Refusal> {
        let vessel = self.vessel_here(pour.vessel)?;
        let label = self.vessel_label(pour.vessel);
        if let Some((_, on)) = vessel.closed {
            return Err(Refusal::WasteContainerClosed { label, on });
        }
        if *code != vessel.vessel.code {
            return Err(Refusal::WasteCodeDiffers {
                label,
                takes: vessel.vessel.code.to_string(),
                given: code.to_string(),
            });
        }
        if pour.taken_up.is_some() && sources.len() != 1 {
            return Err(Refusal::TakenUpOfOne {});
        }
        let place = self.place(vessel.place)?;
        let capacity = vessel.vessel.capacity;
        let mut fill = vessel.fill;
        let mut taken = Vec::with_capacity(sources.len());
        for source in sources {
            let container = source.container;
            let from = Label::new(
                self.institution,
                container.serial,
                container.standing.generation,
            );
            Self::uninvolved(container, from)?;
            let stands = source.place.map(|place| self.room_of(place));
            if stands.is_some_and(|room| room != self.room_of(vessel.place)) {
                return Err(Refusal::WasteContainerElsewhere {
                    label,
                    place: vessel.place,
                });
            }
            let product = self.product_of(container)?;
            self.permits(place, product, now)?;
            let density = container.identity.density.or(product.density);
            let amount = Quantity::new(container.identity.dimension, source.amount);
            let amount = amount.map_err(|_| WRONG)?;
            let told = measured(amount, density, capacity.dimension());
            // Water adds to what is booked; nothing takes from it.
            let room = told.into_iter().chain(pour.taken_up).max();
            let room = room.ok_or(Refusal::TakenUpNeeded { label: from })?;
            fill = fill.checked_add(room).ok_or(Refusal::AmountOverflow {})?;
            taken.push(room);
        }
        if fill > capacity.amount() {
            let quantity = |amount| {
                Quantity::new(capacity.dimension(), amount).map_err(|_| Refusal::AmountOverflow {})
            };
            return Err(Refusal::WasteContainerFull {
                label,
                free: quantity(capacity.amount() - vessel.fill)?,
                asked: quantity(fill - vessel.fill)?,
            });
        }
        Ok(taken)
    }

    /// The room that a place is in, or the place itself where there is none around it.
    fn room_of(&self, place: PlaceId) -> PlaceId {
        let mut around = self.place_and_above(place);
        around
            .find(|around| around.kind == PlaceKind::Room)
            .map_or(place, |room| room.id)
    }

    /// What empties a vessel for good.
    pub(in crate::domain) fn emptied(&self, vessel: Serial) -> Vec<Posting> {
        let content = self.vessels.content(vessel).into_iter();
        let pairs = content.flat_map(|((container, product, dimension), amount)| {
            [(Account::Vessel, -amount), (Account::Disposed, amount)].map(|(account, amount)| {
                Posting {
                    account,
                    container,
                    product,
                    dimension,
                    place: None,
                    holder: None,
                    checkout: None,
                    amount,
                }
            })
        });
        pairs.collect()
    }

    /// What is in a vessel by the balance, µg, where it is known what it weighs empty. It is held against
    /// what went in, as far as that has a known weight: less than that is missing; more is so only when
    /// the weight of everything is known and nobody said that something else, as water, went in with it.
    /// What differs by more than a balance may (RULES D5: 0.5 % or 0.1 g) needs a reason; with something in it
    /// that is signed for it does not leave. With something watched in it it is weighed with its tare.
    ///
    /// # Errors
    /// [`Refusal::WasteContainerUnknown`], [`Refusal::WasteContainerGone`], [`Refusal::AmountZero`],
    /// [`Refusal::WeightBelowTare`], [`Refusal::TareUnknown`], [`Refusal::WeightDiffers`],
    /// [`Refusal::ControlledWeightDiffers`].
    pub(in crate::domain) fn vessel_weighed(
        &self,
        balance: Balance,
        now: Time,
        is_excused: bool,
    ) -> Result<Option<i64>, Refusal> {
        const LEAST_UG: i64 = 100_000;
        let Balance {
            label,
            gross_ug,
            tare_ug,
        } = balance;
        let vessel = self.vessel_here(label.serial())?;
        let mass = |ug| Quantity::new(Dimension::Mass, ug).map_err(|_| Refusal::AmountOverflow {});
        let gross = mass(gross_ug)?;
        if gross_ug == 0 {
            return Err(Refusal::AmountZero {});
        }
        let is_signed_for = self.requirement_in(label.serial(), now).is_controlled();
        let is_watched = self
            .products_in(label.serial())
            .any(|product| self.is_watched(product, now));
        let tare = tare_ug.or(vessel.vessel.tare_ug).map(mass).transpose()?;
        if tare.is_none() && is_watched {
            return Err(Refusal::TareUnknown { label });
        }
        let net = gross_ug - tare.map_or(0, Quantity::amount);
        if let Some(tare) = tare.filter(|_| net < 0) {
            return Err(Refusal::WeightBelowTare { gross, tare });
        }
        let inside = || self.vessels.inside(label.serial());
        let mut known = 0_i64;
        for (_, poured) in inside() {
            let sum = known.checked_add(poured.mass_ug.unwrap_or(0));
            known = sum.ok_or(Refusal::AmountOverflow {})?;
        }
        // Without a tare the vessel is in what was weighed: that is then no less than what is in it.
        let is_all = tare.is_some()
            && inside().all(|(_, poured)| poured.mass_ug.is_some() && !poured.is_said);
        let tolerance = LEAST_UG.max(known / 200);
        let differs = known - net > tolerance || is_all && net - known > tolerance;
        let (booked, weighed) = (mass(known)?, mass(net)?);
        if differs && is_signed_for {
            return Err(Refusal::ControlledWeightDiffers {
                label,
                booked,
                weighed,
            });
        }
        if differs && !is_excused {
            return Err(Refusal::WeightDiffers {
                label,
                booked,
                weighed,
            });
        }
        Ok(tare.map(|_| net))
    }

    /// What the classes of everything in a vessel demand.
    fn requirement_in(&self, vessel: Serial, now: Time) -> Requirement {
        self.products_in(vessel)
            .fold(Requirement::NONE, |strictest, product| {
                strictest.and_requirement(&self.requirement(product, now))
            })
    }

    /// The vessels that an act moves or empties.
    pub(in crate::domain) fn vessels_of(&self, act: &Act) -> Vec<Serial> {
        if let Act::Dispose(disposal) = act {
            disposal.vessels.iter().map(|one| one.serial).collect()
        } else if let Act::VesselStep(VesselStep {
            serial,
            what: VesselEvent::Move(_),
        }) = act
        {
            vec![*serial]
        } else if let Act::Reverse(reversal) = act {
            let vessels = self.vessels.vessels.iter();
            let gone = vessels.filter(|(_, one)| one.disposed_by == Some(reversal.entry));
            gone.map(|(serial, _)| *serial).collect()
        } else {
            Vec::new()
        }
    }

    /// What an act demands for what is in the vessels that it moves or empties.
    pub(in crate::domain) fn vessel_requirement(&self, act: &Act, now: Time) -> Requirement {
        let vessels = self.vessels_of(act).into_iter();
        vessels.fold(Requirement::NONE, |strictest, vessel| {
            strictest.and_requirement(&self.requirement_in(vessel, now))
        })
    }

    /// The places of the vessels that an act is about: their custodians answer for them.
    pub(in crate::domain) fn vessel_places(&self, act: &Act) -> BTreeSet<PlaceId> {
        let mut vessels = self.vessels_of(act);
        if let Act::Vessel(vessel) = act {
            return BTreeSet::from([vessel.place]);
        } else if let Act::VesselStep(step) = act {
            vessels.push(step.serial);
        }
        let found = vessels
            .into_iter()
            .filter_map(|serial| self.vessels.vessels.get(serial));
        found.map(|vessel| vessel.place).collect()
    }

    /// Whether an entry disposes of vessels as it should: each weighed, and everything in it gone.
    pub(in crate::domain) fn disposes_of_vessels(
        &self,
        record: &Record,
        weighed: &[WeighedVessel],
    ) -> Result<(), Refusal> {
        let mut named = BTreeSet::new();
        let mut expected = Vec::new();
        for one in weighed {
            let label = self.vessel_label(one.serial);
            let balance = Balance {
                label,
                gross_ug: one.gross_ug,
                tare_ug: one.tare_ug,
            };
            let excused = !record.reason.trim().is_empty();
            let content = self.vessel_weighed(balance, record.recorded_at, excused)?;
            if content != one.content_ug || !named.insert(one.serial) {
                return Err(WRONG);
            }
            expected.extend(self.emptied(one.serial));
        }
        let rest = record.postings.len().checked_sub(expected.len());
        let (others, emptied) = rest
            .and_then(|at| record.postings.split_at_checked(at))
            .ok_or(WRONG)?;
        let strays = others.iter().any(|one| one.account == Account::Vessel);
        if strays || *emptied != *expected {
            return Err(WRONG);
        }
        Ok(())
    }

    /// Does what an entry says to vessels, if it follows, whoever wrote it.
    ///
    /// # Errors
    /// Why it does not.
    pub(in crate::domain) fn step_vessels(&mut self, record: &Record) -> Result<(), Refusal> {
        if let Act::Vessel(vessel) = &record.act {
            self.can_be_vessel(vessel)?;
            let registered = WasteVessel {
                vessel: vessel.clone(),
                registered_by: record.seq,
                place: vessel.place,
                fill: 0,
                closed: None,
                disposed_by: None,
            };
            self.vessels.vessels.add(vessel.serial, registered);
            *self.stock.left.entry(vessel.place).or_default() += 1;
        } else if let Act::VesselStep(step) = &record.act {
            self.steps_vessel(*step, record.recorded_at)?;
            let vessel = self.vessels.vessels.change(step.serial).ok_or(WRONG)?;
            match step.what {
                VesselEvent::Close => vessel.closed = Some((record.seq, record.recorded_at)),
                VesselEvent::Move(to) => {
                    *self.stock.left.entry(vessel.place).or_default() -= 1;
                    *self.stock.left.entry(to).or_default() += 1;
                    vessel.place = to;
                }
            }
        } else if let Act::Waste(Discard {
            code,
            into: Some(pour),
        }) = &record.act
        {
            self.poured(record, code, *pour)?;
        } else if let Act::Dispose(disposal) = &record.act {
            for one in &disposal.vessels {
                let vessel = self.vessels.vessels.change(one.serial).ok_or(WRONG)?;
                vessel.disposed_by = Some(record.seq);
                *self.stock.left.entry(vessel.place).or_default() -= 1;
            }
        } else if let Act::Reverse(reversal) = &record.act {
            self.pour_back(record, reversal.entry)?;
        }
        Ok(())
    }

    /// What was poured, container by container, each with what leaves it and what arrives.
    fn poured(&mut self, record: &Record, code: &WasteCode, pour: Pour) -> Result<(), Refusal> {
        let (pairs, rest) = record.postings.as_chunks::<2>();
        if record.containers.is_empty()
            || pairs.len() != record.containers.len()
            || !rest.is_empty()
        {
            return Err(WRONG);
        }
        let mut sources = Vec::new();
        for (line, [from, to]) in record.containers.iter().zip(pairs) {
            let container = self.stock.containers.get(line.serial).ok_or(WRONG)?;
            let before = line.before.ok_or(WRONG)?.standing;
            let amount = to.amount;
            let arrives = Posting {
                account: Account::Vessel,
                place: None,
                holder: None,
                checkout: None,
                amount,
                ..from.clone()
            };
            let is_held = from.account == Account::Held;
            let (event, after) = if is_held {
                (Event::Settle, before)
            } else {
                let left = before.amount.checked_sub(amount).ok_or(WRONG)?;
                let left = Standing {
                    amount: left,
                    ..before
                };
                (Event::PourAway, left.settled())
            };
            if amount <= 0
                || from.amount != -amount
                || from.container != line.serial
                || *to != arrives
                || before.status.after(event).is_none()
                || line.after != after
            {
                return Err(WRONG);
            }
            sources.push(Source {
                container,
                amount,
                place: if is_held { None } else { from.place },
            });
        }
        let taken = self.takes_in(pour, code, &sources, record.recorded_at)?;
        let mut lines = Vec::new();
        for (source, taken_up) in sources.iter().zip(taken) {
            let identity = &source.container.identity;
            let density = identity
                .density
                .or(self.product_of(source.container)?.density);
            let amount = Quantity::new(identity.dimension, source.amount).map_err(|_| WRONG)?;
            let poured = Poured {
                vessel: pour.vessel,
                product: identity.product,
                dimension: identity.dimension,
                amount: source.amount,
                taken_up,
                is_said: pour.taken_up.is_some(),
                mass_ug: measured(amount, density, Dimension::Mass),
                by: record.actor.person,
                at: record.occurred_at.unwrap_or(record.recorded_at),
                reversed_by: None,
            };
            lines.push((source.container.serial, poured));
        }
        for (serial, poured) in lines {
            let vessel = self.vessels.vessels.change(pour.vessel).ok_or(WRONG)?;
            vessel.fill = vessel.fill.saturating_add(poured.taken_up);
            if !self.vessels.add((record.seq, serial), poured) {
                return Err(WRONG);
            }
        }
        Ok(())
    }

    /// Whether what an entry poured can come back, or the vessels that it disposed of.
    ///
    /// # Errors
    /// [`Refusal::WasteContainerGone`].
    pub(in crate::domain) fn can_pour_back(&self, entry: Seq) -> Result<(), Refusal> {
        let poured = self.vessels.poured.iter();
        for (_, poured) in poured.filter(|((seq, _), _)| *seq == entry) {
            self.vessel_here(poured.vessel)?;
        }
        Ok(())
    }

    fn pour_back(&mut self, record: &Record, entry: Seq) -> Result<(), Refusal> {
        self.can_pour_back(entry)?;
        let poured = self.vessels.poured.iter();
        let keys: Vec<_> = poured
            .filter(|((seq, _), _)| *seq == entry)
            .map(|(key, _)| *key)
            .collect();
        let arrives = |account: Account| {
            let lines = record.postings.iter();
            lines.filter(move |one| one.account == account)
        };
        let mut open: i64 = 0;
        for key in &keys {
            let poured = self.vessels.poured.change(*key).ok_or(WRONG)?;
            let back: i64 = arrives(Account::Vessel)
                .filter(|one| one.container == key.1)
                .map(|one| one.amount)
                .fold(0, i64::saturating_add);
            if back != -poured.amount {
                return Err(WRONG);
            }
            open += 1;
            poured.reversed_by = Some(record.seq);
            let (vessel, taken_up) = (poured.vessel, poured.taken_up);
            let vessel = self.vessels.vessels.change(vessel).ok_or(WRONG)?;
            vessel.fill = vessel.fill.saturating_sub(taken_up);
        }
        let mut expected: Vec<Posting> = Vec::new();
        for serial in self.vessels_of(&record.act) {
            let back = self.emptied(serial).into_iter().map(|one| Posting {
                amount: -one.amount,
                ..one
            });
            expected.extend(back.filter(|one| one.account == Account::Vessel));
            let vessel = self.vessels.vessels.change(serial).ok_or(WRONG)?;
            vessel.disposed_by = None;
            *self.stock.left.entry(vessel.place).or_default() += 1;
        }
        // An entry either pours or disposes.
        let others = arrives(Account::Vessel).count();
        let is_so = if keys.is_empty() {
            let mut said: Vec<_> = arrives(Account::Vessel).cloned().collect();
            let key = |one: &Posting| (one.container, one.product, one.amount);
            said.sort_unstable_by_key(key);
            expected.sort_unstable_by_key(key);
            said == expected
        } else {
            usize::try_from(open) == Ok(others)
        };
        if is_so { Ok(()) } else { Err(WRONG) }
    }
}
