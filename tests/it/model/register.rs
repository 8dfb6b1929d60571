//! The rules for founding, places, products and what comes into the book.

use std::collections::BTreeSet;

use hazledger::domain::ids::PersonId;
use hazledger::domain::people::{Appointment, Person, Role};
use hazledger::domain::product::Product;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Found, Lot, Open, Receive, SetPlace, SetProduct};

use super::reference::{
    Bottle, Done, Hospital, Reasons, china_day, claim, day_number, dual_classes, unless,
};
use super::staff::Tenure;

/// Most that one act may book: 1,000 t, 1,000 m³.
const MOST_AT_ONCE: i128 = 1_000_000_000_000_000;

impl Hospital {
    pub fn found(&mut self, found: &Found, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        if self.is_founded {
            no.insert("already_founded");
        }
        unless(no)?;
        self.is_founded = true;
        self.founded_at = now;
        for (id, founder) in (1..).zip(&found.founders) {
            let id = super::hospital::person(id);
            self.comes(&Person {
                id,
                name: founder.name.clone(),
                staff_number: founder.staff_number.clone(),
                identity: founder.identity.clone(),
                department: None,
                closed: false,
                suspended: false,
            });
            for role in &founder.roles {
                let line = u32::try_from(self.tenures.len()).unwrap();
                let appointment = Appointment {
                    person: id,
                    role: *role,
                    place: None,
                    from: Time::from_millis(now),
                    until: None,
                    stands_in_for: None,
                };
                let tenure = Tenure::of(&appointment, self.entries, line);
                self.tenures.push(tenure);
            }
        }
        Ok((vec![], None))
    }

    pub fn set_place(
        &mut self,
        set: &SetPlace,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let id = set.id.map(|id| id.get());
        if id.is_some_and(|id| !self.places.contains_key(&id)) {
            no.insert("place_unknown");
        }
        if let Some(parent) = set.place.parent.map(|parent| parent.get()) {
            match self.places.get(&parent) {
                None => no.insert("place_unknown"),
                Some(place) => place.closed && no.insert("place_closed"),
            };
            if id.is_some_and(|id| self.around(parent).contains(&id)) {
                no.insert("place_inside_itself");
            }
        }
        let closes = id
            .and_then(|id| self.places.get(&id))
            .is_some_and(|was| set.place.closed && !was.closed);
        let is_left = |bottle: &Bottle| {
            ["in_stock", "checked_out", "waste"].contains(&bottle.status)
                && id.is_some_and(|id| self.around(bottle.place).contains(&id))
        };
        let mut vessels = self.vessels.iter().filter(|one| one.disposed.is_none());
        let is_vessel_left =
            vessels.any(|one| id.is_some_and(|id| self.around(one.place).contains(&id)));
        if closes && (is_vessel_left || self.bottles.iter().any(is_left)) {
            no.insert("place_not_empty");
        }
        let parent = set.place.parent.map(|parent| parent.get());
        let known = id.filter(|id| self.places.contains_key(id));
        if known.is_some_and(|id| self.loses_a_keeper(id, parent, now)) {
            no.insert("custody_kept");
        }
        unless(no)?;
        let next = self.places.last_key_value().map_or(1, |(last, _)| last + 1);
        let id = id.unwrap_or(next);
        let now_held = self.tenures.iter().filter(|one| one.holds(now));
        let kept: Vec<i64> = now_held.filter_map(|one| one.place).collect();
        let kept: Vec<i64> = kept
            .into_iter()
            .filter(|at| !self.keeps_controlled(*at, now))
            .collect();
        let kept_before = self.keeps_controlled(id, now);
        let was = self.places.insert(id, set.place.clone());
        let is_shifted = was.as_ref().is_some_and(|was| {
            (was.parent, &was.permitted) != (set.place.parent, &set.place.permitted)
                && (kept_before || self.keeps_controlled(id, now))
        });
        if is_shifted || kept.into_iter().any(|at| self.keeps_controlled(at, now)) {
            match was {
                Some(was) => self.places.insert(id, was),
                None => self.places.remove(&id),
            };
            return Err(Reasons::from(["second_person_required"]));
        }
        Ok((vec![], Some(id)))
    }

    /// Whether whoever keeps the place keeps a controlled class, in it or in what it lies in.
    pub fn keeps_controlled(&self, kept: i64, now: i64) -> bool {
        let stands = self.bottles.iter().any(|bottle| {
            let product = &self.products[&bottle.identity.product.get()];
            bottle.status == "in_stock"
                && self.around(bottle.place).contains(&kept)
                && !dual_classes(product, now).is_empty()
        });
        stands
            || self.places.iter().any(|(id, place)| {
                !place.permitted.is_empty()
                    && (self.around(*id).contains(&kept) || self.around(kept).contains(id))
            })
    }

    pub fn set_product(&mut self, set: &SetProduct, mut no: Reasons) -> Result<Done, Reasons> {
        let id = set.id.map(|id| id.get());
        let new = &set.product;
        let same = |(other, product): (&i64, &Product)| {
            let names = |product: &Product| {
                (
                    product.name.clone(),
                    product.qualifier.clone(),
                    product.cas.clone(),
                    product.dimension,
                )
            };
            Some(*other) != id && names(product) == names(new)
        };
        if self.products.iter().any(same) {
            no.insert("product_exists");
        }
        match id.map(|id| self.products.get(&id)) {
            Some(None) => no.insert("product_unknown"),
            Some(Some(was)) => was.dimension != new.dimension && no.insert("dimension_fixed"),
            None => false,
        };
        unless(no)?;
        let next = self.products.last_key_value();
        let id = id.unwrap_or(next.map_or(1, |(last, _)| last + 1));
        self.products.insert(id, new.clone());
        Ok((vec![], Some(id)))
    }

    pub fn receive(
        &mut self,
        receive: &Receive,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let product = self.products.get(&receive.lot.identity.product.get());
        let is_dual = product.is_some_and(|product| !dual_classes(product, now).is_empty());
        self.seat(&receive.acceptors, is_dual, &mut no);
        let came = receive.claim.occurred_at.map_or(now, Time::millis);
        let last_day = receive.lot.identity.expires_on.map(day_number);
        if last_day.is_some_and(|last_day| china_day(came) > last_day) {
            no.insert("expired_on_arrival");
        }
        claim(&receive.claim, now, &mut no);
        self.could_happen(&receive.claim, None, &mut no);
        let then = receive.claim.occurred_at.map_or(now, Time::millis);
        if product.is_some_and(|product| !dual_classes(product, then).is_empty()) {
            self.unsigned("acceptance_unsigned", &mut no);
        }
        let drawing = self.drawing(receive, came, now, &mut no);
        let lots = std::slice::from_ref(&receive.lot);
        let done = self.bring_in(Some("supplier"), lots, now, no)?;
        if let Some(drawing) = drawing {
            self.draw(&drawing, 1);
            self.deed.drawing = Some(drawing);
        }
        Ok(done)
    }

    /// Who accepts what comes in.
    pub fn seat(&self, acceptors: &[PersonId], is_dual: bool, no: &mut Reasons) {
        if is_dual {
            self.unsigned("acceptance_unsigned", no);
        }
        let mut named = BTreeSet::new();
        for person in acceptors {
            if self.in_office(person.get(), no)
                && !self.holds(person.get(), &[Role::Custodian, Role::Equipment])
            {
                no.insert("part_not_permitted");
            }
            if !named.insert(person) {
                no.insert("same_person_twice");
            }
        }
        if is_dual && acceptors.len() < 2 {
            no.insert("acceptors_missing");
        }
    }

    pub fn open(&mut self, open: &Open, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        let is_dual = |lot: &Lot| {
            let product = self.products.get(&lot.identity.product.get());
            product.is_some_and(|product| !dual_classes(product, now).is_empty())
        };
        let is_dual = open.lots.iter().any(is_dual);
        self.seat(&open.acceptors, is_dual, &mut no);
        self.bring_in(Some("opening"), &open.lots, now, no)
    }

    pub fn bring_in(
        &mut self,
        from: Option<&'static str>,
        lots: &[Lot],
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let count: u32 = lots.iter().map(|lot| lot.count).sum();
        if count == 0 {
            no.insert("amount_zero");
        }
        if count > 500 {
            no.insert("too_many_containers");
        }
        let mut sum = 0;
        for lot in lots {
            let product = self.products.get(&lot.identity.product.get());
            self.can_stand(lot.place.get(), product, now, &mut no);
            let booked = lot.identity.dimension;
            match product.map(|product| product.dimension) {
                None => no.insert("product_unknown"),
                Some(dimension) => {
                    (dimension, dimension) != (booked, lot.each.dimension())
                        && no.insert("product_dimension")
                }
            };
            if lot.each.amount() == 0 {
                no.insert("amount_zero");
            }
            sum += i128::from(lot.each.amount()) * i128::from(lot.count);
        }
        if sum > MOST_AT_ONCE {
            no.insert("amount_overflow");
        }
        unless(no)?;
        let mut serials = Vec::new();
        for lot in lots {
            for _ in 0..lot.count {
                let product = lot.identity.product.get();
                self.post("container", product, lot.each.amount());
                if let Some(from) = from {
                    self.post(from, product, -lot.each.amount());
                }
                self.bottles.push(Bottle {
                    identity: lot.identity.clone(),
                    status: "in_stock",
                    place: lot.place.get(),
                    holder: None,
                    generation: 0,
                    amount: lot.each.amount(),
                    last_entry: self.entries,
                    counting: vec![self.entries],
                    turns: Vec::new(),
                    gone_from: "",
                });
                let serial = i64::try_from(self.bottles.len()).unwrap();
                self.deed.before.push((serial, None));
                serials.push(serial);
            }
        }
        Ok((serials, None))
    }
}
