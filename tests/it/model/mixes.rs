//! 配制: what is made of what.

use chrono::Days;
use hazledger::domain::container::Identity;
use hazledger::domain::ids::{PlaceId, ProductId};
use hazledger::domain::mixture::Solvent;
use hazledger::domain::people::Role;
use hazledger::domain::product::Product;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::substance::ControlClass as C;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Input, Lot, Mix, Source, Split};

use super::act::{Act, Sent};
use super::invent::Author;
use super::movements::part_of;
use super::reference::{Done, Hospital, Reasons, china_day, claim, day_number};

/// Serial and amounts as they are gathered, with the checkout of what a person holds.
type Taken = (i64, i64, i64, Option<(u64, i64)>, i64);

/// The classes of a product: a mixture has all of them.
fn kept_classes(product: &Product, now: i64) -> Vec<C> {
    let day = china_day(now);
    let in_force = product.classes.iter().filter(|line| {
        day_number(line.from) <= day && line.until.is_none_or(|end| day < day_number(end))
    });
    in_force.map(|line| line.class).collect()
}

impl Hospital {
    pub fn mix(
        &mut self,
        sent: &Sent,
        mix: &Mix,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&mix.claim, now, &mut no);
        let then = mix.claim.occurred_at.map_or(now, |then| then.millis());
        if mix.inputs.is_empty() {
            no.insert("amount_zero");
        }
        let made = self.products.get(&mix.product.get()).cloned();
        let mut taken: Vec<Taken> = Vec::new();
        for input in &mix.inputs {
            let serial = input.label.serial().get();
            let bottle = match self.bottle(sent.institution, input.label) {
                Ok(bottle) => bottle,
                Err(reason) => {
                    no.insert(reason);
                    continue;
                }
            };
            if taken.iter().any(|(one, ..)| *one == serial) {
                no.insert("container_named_twice");
            }
            let product = &self.products[&bottle.identity.product.get()];
            self.signed_for(bottle, now, &mut no);
            if self.evidence.contains_key(&serial) {
                no.insert("container_in_incident");
            }
            if let Some(last_day) = bottle.identity.expires_on {
                if china_day(then) > day_number(last_day) {
                    no.insert("container_expired");
                }
                if mix.expires_on > last_day {
                    no.insert("outlives_source");
                }
            }
            let key = match input.source {
                Some(Source::Checkout(seq)) => Some((seq.get().unsigned_abs(), serial)),
                Some(Source::Container) | None => None,
            };
            let available = match key {
                Some(key) => {
                    let held = self.held.get(&key).filter(|held| held.amount > 0);
                    if held.is_none() {
                        no.insert("nothing_checked_out");
                    }
                    held.map_or(0, |held| held.amount)
                }
                None => {
                    if !["in_stock", "checked_out"].contains(&bottle.status) {
                        no.insert("container_state");
                    }
                    self.free(serial)
                }
            };
            part_of(bottle.identity.dimension, available, input.amount, &mut no);
            let part = key.filter(|key| self.held.contains_key(key));
            if key.is_none() || part.is_some() {
                self.could_happen(&mix.claim, Some((bottle, part.map(|key| key.0))), &mut no);
            }
            if let Some(made) = &made {
                let has = kept_classes(made, now);
                let covers = |class: &C| {
                    if *class == C::Hazardous {
                        !has.is_empty()
                    } else {
                        has.contains(class)
                    }
                };
                if !kept_classes(product, now).iter().all(covers) {
                    no.insert("mix_class_not_covered");
                }
            }
            taken.push((
                serial,
                bottle.identity.product.get(),
                input.amount.amount(),
                key,
                bottle.place,
            ));
        }
        if day_number(mix.expires_on) < china_day(then) {
            no.insert("expired_when_filled");
        }
        if let Some(solvent) = &mix.solvent
            && (solvent.amount.dimension() == Dimension::Count || solvent.amount.amount() == 0)
        {
            no.insert("solvent_unfit");
        }
        let Some((_, _, _, _, beside)) = taken.first().copied() else {
            return Err(no);
        };
        let around = self.around(beside);
        let moves = |(role, at): &(Role, Option<i64>)| {
            [Role::Equipment, Role::Custodian].contains(role)
                && at.is_none_or(|at| around.contains(&at))
        };
        let elsewhere = mix.place.is_some_and(|place| place.get() != beside);
        let roles = self.people.get(&sent.person);
        if elsewhere && !roles.is_some_and(|roles| roles.iter().any(moves)) {
            no.insert("split_elsewhere");
        }
        let lot = Lot {
            identity: Identity {
                product: mix.product,
                dimension: mix.each.dimension(),
                lot: None,
                maker: None,
                supplier: None,
                expires_on: Some(mix.expires_on),
                sds: None,
                tare_ug: None,
                density: None,
                parent: None,
                came_from: None,
                mixed: true,
            },
            count: mix.count,
            each: mix.each,
            place: mix.place.unwrap_or(PlaceId::try_from(beside).unwrap()),
        };
        let (new, number) = self.bring_in(Some("made"), &[lot], now, no)?;
        for (serial, product, amount, key, _) in &taken {
            self.take(*serial, *product, *amount, key.as_ref());
            self.post("made", *product, *amount);
        }
        // What goes in comes first.
        self.deed.before.rotate_right(taken.len());
        let mut serials: Vec<i64> = taken.into_iter().map(|one| one.0).collect();
        serials.extend(new);
        Ok((serials, number))
    }
}

impl Author {
    pub fn invent_mix(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let count = self.chance.pick(&[1, 1, 2, 2, 3, 0]);
        let inputs = (0..count).map(|_| {
            let is_held = self.chance.percent(40);
            let (label, source, dimension, amount) = if is_held {
                self.out(institution, hospital, hot)
            } else {
                let label = self.label(institution, hospital, hot);
                let index = usize::try_from(label.serial().get() - 1).unwrap();
                let bottle = hospital.bottles.get(index);
                let of = bottle.map(|bottle| (bottle.identity.dimension, bottle.amount));
                let (dimension, amount) = of.unwrap_or((Dimension::Mass, 5));
                (label, None, dimension, amount)
            };
            let amount = self.chance.between(0, amount.clamp(1, 40));
            Input {
                label,
                source,
                amount: Quantity::new(dimension, amount).unwrap(),
            }
        });
        let inputs: Vec<Input> = inputs.collect();
        let product = self.chance.pick(&[1, 2, 5, 5, 1, 3]);
        let own = hospital.products.get(&product);
        let dimension = own.map_or(Dimension::Mass, |product| product.dimension);
        let each = self.chance.between(0, 200);
        let today = Time::from_millis(self.clock()).china_day();
        let days = self.chance.next() % 20;
        let solvent = self.chance.percent(50).then(|| Solvent {
            name: "水".to_owned(),
            amount: Quantity::new(
                self.chance.pick(&[Dimension::Volume, Dimension::Mass]),
                self.chance.between(0, 90),
            )
            .unwrap(),
            density: None,
        });
        let place = self
            .chance
            .percent(20)
            .then(|| self.number(hospital.places.len()));
        let filled = self.chance.between(0, 2);
        Act::Mix(Mix {
            inputs,
            solvent,
            product: ProductId::try_from(product).unwrap(),
            count: u32::try_from(filled).unwrap(),
            each: Quantity::new(dimension, each).unwrap(),
            place: place.map(|id| PlaceId::try_from(id).unwrap()),
            expires_on: today.checked_add_days(Days::new(days)).unwrap(),
            lot: None,
            tare_ug: None,
            reason: "标准溶液".to_owned(),
            claim: self.claim(),
        })
    }

    pub fn split(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let label = self.label(institution, hospital, hot);
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let bottle = hospital.bottles.get(index);
        let own = bottle.map(|bottle| (bottle.identity.dimension, bottle.amount));
        let (mut dimension, amount) = own.unwrap_or((Dimension::Mass, 5));
        if self.chance.percent(3) {
            dimension = self.dimension();
        }
        let count = match self.chance.below(40) {
            0 => 0,
            1 => 501,
            2 => i64::from(u32::MAX),
            _ => self.chance.between(1, 3),
        };
        let each = match self.chance.below(20) {
            0 => 0,
            1 => i64::MAX / 2,
            2..6 => amount / count.max(1),
            _ => self.chance.between(1, amount.clamp(1, 30)),
        };
        let today = Time::from_millis(self.clock()).china_day();
        let soon = today.checked_add_days(Days::new(self.chance.next() % 30));
        let place = self
            .chance
            .percent(30)
            .then(|| self.number(hospital.places.len()));
        Act::Split(Split {
            label,
            count: u32::try_from(count).unwrap(),
            each: Quantity::new(dimension, each).unwrap(),
            place: place.map(|id| PlaceId::try_from(id).unwrap()),
            expires_on: soon.filter(|_| self.chance.percent(30)),
            tare_ug: None,
            reason: "小瓶".to_owned(),
            claim: self.claim(),
        })
    }
}
