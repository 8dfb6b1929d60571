//! Waste containers: what goes in, when they are closed and moved, and how they leave.

use hazledger::domain::ids::{Label, PlaceId};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::verb::{IntoVessel, OnBalance, RegisterVessel, Source, StepVessel, Waste};
use hazledger::domain::vessel::{VesselEvent, VesselKind};

use super::act::Act;
use super::invent::Author;
use super::reference::{Done, Hospital, Reasons, claim, dual_classes, label, unless};

/// Serial and amounts as they are gathered, with the checkout of what a person holds.
type Pouring = (i64, i64, i64, i64, Option<(u64, i64)>);

/// The number of the first one.
const FIRST: i64 = 90_000_001;

#[derive(Clone, Debug)]
pub struct Vessel {
    pub code: String,
    pub capacity: Quantity,
    pub place: i64,
    pub fill: i64,
    pub closed: Option<u64>,
    pub disposed: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Poured {
    pub seq: u64,
    pub serial: i64,
    pub vessel: usize,
    pub product: i64,
    pub amount: i64,
    pub taken: i64,
    pub reversed: Option<u64>,
}

impl Hospital {
    /// The index of the vessel behind a label.
    pub fn vessel(&self, institution: i64, label: Label) -> Option<usize> {
        let index = usize::try_from(label.serial().get() - FIRST).ok()?;
        let known = index < self.vessels.len() && label.institution().get() == institution;
        (known && label.generation().get() == 0).then_some(index)
    }

    pub fn vessel_label(institution: i64, index: usize) -> Label {
        label(institution, FIRST + i64::try_from(index).unwrap(), 0)
    }

    fn here(&self, index: usize, no: &mut Reasons) {
        if self.vessels[index].disposed.is_some() {
            no.insert("waste_container_gone");
        }
    }

    fn inside(&self, vessel: usize) -> impl Iterator<Item = &Poured> {
        let poured = self.poured.iter();
        poured.filter(move |one| one.vessel == vessel && one.reversed.is_none())
    }

    /// Whether something in it is signed for.
    pub fn holds_dual(&self, vessel: usize, now: i64) -> bool {
        let mut inside = self.inside(vessel);
        inside.any(|one| !dual_classes(&self.products[&one.product], now).is_empty())
    }

    pub fn register(
        &mut self,
        register: &RegisterVessel,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        self.can_stand(register.place.get(), None, now, &mut no);
        if register.capacity.amount() == 0 {
            no.insert("amount_zero");
        }
        if register.capacity.dimension() == Dimension::Count {
            no.insert("capacity_unfit");
        }
        unless(no)?;
        self.deed.places.push(register.place.get());
        self.vessels.push(Vessel {
            code: register.code.to_string(),
            capacity: register.capacity,
            place: register.place.get(),
            fill: 0,
            closed: None,
            disposed: None,
        });
        Ok((vec![], None))
    }

    pub fn step(
        &mut self,
        institution: i64,
        step: &StepVessel,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let Some(index) = self.vessel(institution, step.label) else {
            no.insert("waste_container_unknown");
            return Err(no);
        };
        self.here(index, &mut no);
        self.deed.places.push(self.vessels[index].place);
        match step.what {
            VesselEvent::Close => {
                if self.vessels[index].closed.is_some() {
                    no.insert("waste_container_closed");
                }
                unless(no)?;
                self.vessels[index].closed = Some(self.entries);
            }
            VesselEvent::Move(to) => {
                let to = to.get();
                self.can_stand(to, None, now, &mut no);
                if self.vessels[index].place == to {
                    no.insert("waste_container_there");
                }
                for product in self.inside(index).map(|one| one.product) {
                    self.can_stand(to, Some(&self.products[&product]), now, &mut no);
                }
                if self.holds_dual(index, now) {
                    self.unsigned("signatures_required", &mut no);
                }
                unless(no)?;
                self.vessels[index].place = to;
            }
        }
        Ok((vec![], None))
    }

    pub fn pour(
        &mut self,
        institution: i64,
        (waste, into): (&Waste, &IntoVessel),
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&waste.claim, now, &mut no);
        let count = waste.labels.len();
        if count == 0 {
            no.insert("amount_zero");
        }
        if count > 500 {
            no.insert("too_many_containers");
        }
        if count > 1 && (into.amount.is_some() || into.source.is_some()) {
            no.insert("pour_of_one");
        }
        if count > 1 && into.taken_up.is_some() {
            no.insert("taken_up_of_one");
        }
        let found = self.vessel(institution, into.label);
        if found.is_none() {
            no.insert("waste_container_unknown");
        }
        let vessel = found.map(|index| self.vessels[index].clone());
        if let Some(vessel) = &vessel {
            self.here(found.unwrap(), &mut no);
            if vessel.closed.is_some() {
                no.insert("waste_container_closed");
            }
            if vessel.code != waste.code.to_string() {
                no.insert("waste_code_differs");
            }
            if let Some(said) = into.taken_up {
                if said.dimension() != vessel.capacity.dimension() {
                    no.insert("dimension_mismatch");
                }
                if said.amount() == 0 {
                    no.insert("amount_zero");
                }
            }
        }
        let mut poured: Vec<Pouring> = Vec::new();
        for label in &waste.labels {
            let serial = label.serial().get();
            let bottle = match self.bottle(institution, *label) {
                Ok(bottle) => bottle,
                Err(reason) => {
                    no.insert(reason);
                    continue;
                }
            };
            if poured.iter().any(|(one, ..)| *one == serial) {
                no.insert("container_named_twice");
            }
            let product = bottle.identity.product.get();
            self.signed_for(bottle, now, &mut no);
            let dimension = bottle.identity.dimension;
            let (part, available) = match into.source {
                Some(Source::Checkout(seq)) => {
                    let key = (seq.get().unsigned_abs(), serial);
                    let held = self.held.get(&key).filter(|held| held.amount > 0);
                    if held.is_none() {
                        no.insert("nothing_checked_out");
                    }
                    (held.map(|_| key), held.map_or(0, |held| held.amount))
                }
                Some(Source::Container) | None => {
                    if !["in_stock", "checked_out"].contains(&bottle.status) {
                        no.insert("container_state");
                    }
                    if into.amount.is_none() {
                        self.unreserved(serial, &mut no);
                    }
                    (None, self.free(serial))
                }
            };
            let all = Quantity::new(dimension, available).unwrap();
            let given = into.amount.unwrap_or(all);
            super::movements::part_of(dimension, available, given, &mut no);
            let checkout = part.map(|(checkout, _)| checkout);
            if !matches!(into.source, Some(Source::Checkout(_))) || checkout.is_some() {
                self.could_happen(&waste.claim, Some((bottle, checkout)), &mut no);
            }
            if self.evidence.contains_key(&serial) {
                no.insert("container_in_incident");
            }
            let mut taken = given.amount();
            if let Some(vessel) = &vessel {
                if part.is_none() && bottle.holder.is_none() && bottle.place != vessel.place {
                    no.insert("waste_container_elsewhere");
                }
                let product = &self.products[&product];
                self.can_stand(vessel.place, Some(product), now, &mut no);
                let said = into.taken_up.map(Quantity::amount);
                let told = (dimension == vessel.capacity.dimension()).then_some(taken);
                match told.into_iter().chain(said).max() {
                    Some(takes) => taken = takes,
                    None => drop(no.insert("taken_up_needed")),
                }
            }
            poured.push((serial, product, given.amount(), taken, part));
        }
        if let Some(vessel) = &vessel {
            let sum: i128 = poured.iter().map(|one| i128::from(one.3)).sum();
            if i128::from(vessel.fill) + sum > i128::from(vessel.capacity.amount()) {
                no.insert("waste_container_full");
                no.insert("amount_overflow");
            }
        }
        unless(no)?;
        let seq = self.entries;
        let vessel = found.unwrap();
        for (serial, product, amount, taken, part) in &poured {
            self.take(*serial, *product, *amount, part.as_ref());
            self.post("vessel", *product, *amount);
            self.vessels[vessel].fill += taken;
            self.poured.push(Poured {
                seq,
                serial: *serial,
                vessel,
                product: *product,
                amount: *amount,
                taken: *taken,
                reversed: None,
            });
        }
        Ok((poured.into_iter().map(|one| one.0).collect(), None))
    }

    /// Vessels among what is disposed of: what stands in their way.
    pub fn can_leave(
        &self,
        institution: i64,
        items: &[&OnBalance],
        now: i64,
        no: &mut Reasons,
    ) -> Vec<usize> {
        let mut named = Vec::new();
        for item in items {
            let Some(index) = self.vessel(institution, item.label) else {
                no.insert("waste_container_unknown");
                continue;
            };
            if named.contains(&index) {
                no.insert("container_named_twice");
            }
            self.here(index, no);
            if self.holds_dual(index, now) {
                no.insert("signatures_required");
            }
            let is_watched = self.inside(index).any(|one| self.watches(one.product, now));
            match item.tare {
                None if is_watched => drop(no.insert("tare_unknown")),
                Some(tare) if item.gross.amount() < tare.amount() => {
                    no.insert("weight_below_tare");
                }
                // What is in a drum of the model weighs less than a balance may be off.
                Some(_) | None => {}
            }
            named.push(index);
        }
        named
    }

    pub fn leave(&mut self, vessels: &[usize]) {
        for index in vessels {
            self.deed.places.push(self.vessels[*index].place);
            self.deed.emptied.push(*index);
            self.vessels[*index].disposed = Some(self.entries);
            let inside: Vec<(i64, i64)> = self
                .inside(*index)
                .map(|one| (one.product, one.amount))
                .collect();
            for (product, amount) in inside {
                self.post("vessel", product, -amount);
                self.post("disposed", product, amount);
            }
        }
    }

    /// Whether what an entry did to vessels can be taken back.
    pub fn can_pour_back(&self, entry: u64, emptied: &[usize], now: i64, no: &mut Reasons) {
        for one in self.poured.iter().filter(|one| one.seq == entry) {
            self.here(one.vessel, no);
        }
        if emptied.iter().any(|index| self.holds_dual(*index, now)) {
            self.unsigned("signatures_required", no);
        }
    }

    pub fn pour_back(&mut self, entry: u64, emptied: &[usize]) {
        let seq = self.entries;
        for one in self.poured.iter_mut().filter(|one| one.seq == entry) {
            one.reversed = Some(seq);
            self.vessels[one.vessel].fill -= one.taken;
        }
        for index in emptied {
            self.deed.places.push(self.vessels[*index].place);
            self.vessels[*index].disposed = None;
        }
    }

    pub fn vessel_lines(&self, id: i64, lines: &mut Vec<String>) {
        let dash = |seq: Option<u64>| seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
        for (serial, vessel) in (FIRST..).zip(&self.vessels) {
            let Vessel { place, fill, .. } = vessel;
            let (closed, disposed) = (dash(vessel.closed), dash(vessel.disposed));
            lines.push(format!(
                "vessel|{id}|{serial}|{place}|{fill}|{closed}|{disposed}"
            ));
        }
        for one in &self.poured {
            let vessel = FIRST + i64::try_from(one.vessel).unwrap();
            let Poured {
                seq,
                serial,
                amount,
                taken,
                ..
            } = one;
            let reversed = dash(one.reversed);
            lines.push(format!(
                "poured|{id}|{seq}|{serial}|{vessel}|{amount}|{taken}|{reversed}"
            ));
        }
    }
}

impl Author {
    fn vessel_of(&mut self, institution: i64, hospital: &Hospital) -> Label {
        let known = hospital.vessels.len();
        if known == 0 || self.chance.percent(3) {
            return Hospital::vessel_label(institution, known);
        }
        let index = self.chance.below(known);
        Hospital::vessel_label(institution, index)
    }

    pub fn invent_vessel(&mut self, institution: i64, hospital: &Hospital) -> Act {
        if hospital.vessels.is_empty() || self.chance.percent(40) {
            let dimension =
                self.chance
                    .pick(&[Dimension::Mass, Dimension::Volume, Dimension::Volume]);
            let dimension = if self.chance.percent(3) {
                Dimension::Count
            } else {
                dimension
            };
            let capacity = self.chance.pick(&[0, 50, 2_000, 2_000, i64::MAX]);
            let place = if self.chance.percent(80) {
                1
            } else {
                self.number(hospital.places.len())
            };
            return Act::Register(RegisterVessel {
                place: PlaceId::try_from(place).unwrap(),
                code: self
                    .chance
                    .pick(&["900-402-06", "900-402-06", "900-404-06"])
                    .parse()
                    .unwrap(),
                kind: VesselKind::Drum,
                capacity: Quantity::new(dimension, capacity).unwrap(),
                tare_ug: None,
                hazards: Vec::new(),
                reason: String::new(),
            });
        }
        let what = if self.chance.percent(30) {
            VesselEvent::Close
        } else {
            let to = self.number(hospital.places.len());
            VesselEvent::Move(PlaceId::try_from(to).unwrap())
        };
        Act::StepVessel(StepVessel {
            label: self.vessel_of(institution, hospital),
            what,
            reason: String::new(),
        })
    }

    /// Into which vessel waste goes.
    pub fn invent_into(&mut self, institution: i64, hospital: &Hospital) -> IntoVessel {
        let amount = self.chance.between(0, 30);
        let dimension = self.chance.pick(&[Dimension::Mass, Dimension::Volume]);
        let taken = self.chance.between(0, 9);
        IntoVessel {
            label: self.vessel_of(institution, hospital),
            amount: self
                .chance
                .percent(30)
                .then(|| Quantity::new(dimension, amount).unwrap()),
            source: self.chance.percent(5).then_some(Source::Container),
            taken_up: self
                .chance
                .percent(20)
                .then(|| Quantity::new(dimension, taken).unwrap()),
        }
    }

    /// A part that somebody holds goes into a vessel.
    pub fn invent_left_over(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let (label, source, _, out) = self.out(institution, hospital, hot);
        let mut into = self.invent_into(institution, hospital);
        into.source = source;
        into.amount = into.amount.filter(|_| out == 0);
        Act::Waste(Waste {
            labels: vec![label],
            code: "900-402-06".parse().unwrap(),
            into: Some(into),
            reason: "废液".to_owned(),
            claim: self.claim(),
        })
    }

    /// Vessels that leave, mostly those that something is in.
    pub fn invent_leaving(&mut self, institution: i64, hospital: &Hospital) -> Label {
        self.vessel_of(institution, hospital)
    }
}
