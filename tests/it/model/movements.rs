//! The rules for what moves containers and what is in them.

use std::rc::Rc;

use hazledger::domain::container::Identity;
use hazledger::domain::ids::Label;
use hazledger::domain::people::Role;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::verb::{
    Checkout, GiveBack, Lot, Measure, Move, Release, Reprint, Reverse, Source, Split, Take, Use,
};

use super::act::Sent;
use super::reference::{
    Bottle, Deed, Done, Held, Hospital, Reasons, china_day, claim, day_number, unless,
};

impl Hospital {
    pub fn checkout(
        &mut self,
        institution: i64,
        checkout: &Checkout,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&checkout.claim, now, &mut no);
        let receiver = checkout.receiver.get();
        if self.in_office(receiver, &mut no)
            && !self.holds(receiver, &[Role::Staff, Role::Custodian, Role::Head])
        {
            no.insert("part_not_permitted");
        }
        let bottle = match self.bottle(institution, checkout.label) {
            Ok(bottle) => bottle,
            Err(reason) => {
                no.insert(reason);
                return Err(no);
            }
        };
        let product = bottle.identity.product.get();
        self.signed_for(bottle, now, &mut no);
        if is_expired(bottle, now) {
            no.insert("container_expired");
        }
        let serial = checkout.label.serial().get();
        if self.evidence.contains_key(&serial) {
            no.insert("container_in_incident");
        }
        if bottle.status != "in_stock" {
            no.insert("container_state");
        }
        self.could_happen(&checkout.claim, Some((bottle, None)), &mut no);
        match checkout.take {
            Take::Part(part) => {
                part_of(bottle.identity.dimension, self.free(serial), part, &mut no);
            }
            Take::Whole => self.unreserved(serial, &mut no),
        }
        unless(no)?;
        let seq = self.entries;
        let bottle = self.moved(serial);
        match checkout.take {
            Take::Part(part) => {
                bottle.amount -= part.amount();
                if bottle.amount == 0 {
                    bottle.status = "empty";
                }
                self.hold((seq, serial), receiver, part.amount());
                self.post("container", product, -part.amount());
                self.post("held", product, part.amount());
            }
            Take::Whole => {
                bottle.status = "checked_out";
                bottle.holder = Some(receiver);
            }
        }
        Ok((vec![serial], None))
    }

    /// A checkout under one signature.
    pub fn release(
        &mut self,
        institution: i64,
        Release(checkout): &Release,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let serial = checkout.label.serial().get();
        let is_known = self.bottle(institution, checkout.label).is_ok();
        if is_known && !self.may_be_released(serial) {
            no.insert("emergency_not_allowed");
        }
        self.checkout(institution, checkout, self.now, no)
    }

    pub fn move_to(
        &mut self,
        institution: i64,
        moved: &Move,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&moved.claim, now, &mut no);
        if moved.labels.is_empty() {
            no.insert("amount_zero");
        }
        if moved.labels.len() > 500 {
            no.insert("too_many_containers");
        }
        let to = moved.to.get();
        self.can_stand(to, None, now, &mut no);
        let mut serials = Vec::new();
        for label in &moved.labels {
            let bottle = match self.bottle(institution, *label) {
                Ok(bottle) => bottle,
                Err(reason) => {
                    no.insert(reason);
                    continue;
                }
            };
            if serials.contains(&label.serial().get()) {
                no.insert("container_named_twice");
            }
            serials.push(label.serial().get());
            if !["in_stock", "waste"].contains(&bottle.status) {
                no.insert("container_state");
            }
            self.could_happen(&moved.claim, Some((bottle, None)), &mut no);
            if bottle.place == to {
                no.insert("already_there");
            }
            let product = &self.products[&bottle.identity.product.get()];
            self.signed_for(bottle, now, &mut no);
            self.unreserved(label.serial().get(), &mut no);
            self.can_stand(to, Some(product), now, &mut no);
        }
        unless(no)?;
        for serial in &serials {
            self.moved(*serial).place = to;
        }
        Ok((serials, None))
    }

    pub fn split(
        &mut self,
        sent: &Sent,
        split: &Split,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let institution = sent.institution;
        claim(&split.claim, now, &mut no);
        let Some(bottle) = self.uncontrolled(institution, split.label, now, &mut no) else {
            return Err(no);
        };
        if is_expired(bottle, now) {
            no.insert("container_expired");
        }
        if self.evidence.contains_key(&split.label.serial().get()) {
            no.insert("container_in_incident");
        }
        let last_day = bottle.identity.expires_on;
        if last_day.is_some_and(|last_day| split.expires_on.is_some_and(|given| given > last_day)) {
            no.insert("outlives_source");
        }
        if bottle.status != "in_stock" {
            no.insert("container_state");
        }
        self.could_happen(&split.claim, Some((bottle, None)), &mut no);
        let then = split.claim.occurred_at.map_or(now, |then| then.millis());
        if split
            .expires_on
            .is_some_and(|given| day_number(given) < china_day(then))
        {
            no.insert("expired_when_filled");
        }
        let around = self.around(bottle.place);
        let moves = |(role, at): &(Role, Option<i64>)| {
            [Role::Equipment, Role::Custodian].contains(role)
                && at.is_none_or(|at| around.contains(&at))
        };
        let elsewhere = split.place.is_some_and(|place| place.get() != bottle.place);
        let roles = self.people.get(&sent.person);
        if elsewhere && !roles.is_some_and(|roles| roles.iter().any(moves)) {
            no.insert("split_elsewhere");
        }
        let poured = i128::from(split.each.amount()) * i128::from(split.count);
        let Ok(poured) = i64::try_from(poured) else {
            no.insert("amount_overflow");
            return Err(no);
        };
        let all = Quantity::new(split.each.dimension(), poured).unwrap();
        let free = self.free(split.label.serial().get());
        part_of(bottle.identity.dimension, free, all, &mut no);
        let filled = Lot {
            identity: Identity {
                expires_on: split.expires_on.or(last_day),
                ..bottle.identity.clone()
            },
            count: split.count,
            each: split.each,
            place: split.place.unwrap_or(bottle.place.try_into().unwrap()),
        };
        let product = bottle.identity.product.get();
        let (mut serials, number) = self.bring_in(None, &[filled], now, no)?;
        let serial = split.label.serial().get();
        let bottle = self.moved(serial);
        bottle.amount -= poured;
        if bottle.amount == 0 {
            bottle.status = "empty";
        }
        self.post("container", product, -poured);
        // The bottle that is poured from comes first.
        self.deed.before.rotate_right(1);
        serials.insert(0, serial);
        Ok((serials, number))
    }

    /// The bottle behind a label for an act that needs no signatures on it.
    fn uncontrolled(
        &self,
        institution: i64,
        label: Label,
        now: i64,
        no: &mut Reasons,
    ) -> Option<&Bottle> {
        let bottle = self
            .bottle(institution, label)
            .map_err(|reason| no.insert(reason))
            .ok()?;
        self.signed_for(bottle, now, no);
        Some(bottle)
    }

    /// Which part is meant, or none: the bottle itself.
    fn meant(
        &self,
        serial: i64,
        bottle: &Bottle,
        source: Option<Source>,
        no: &mut Reasons,
    ) -> Option<((u64, i64), Held)> {
        let is_open = |((_, of), held): &(&(u64, i64), &Held)| *of == serial && held.amount > 0;
        let open: Vec<_> = self.held.iter().filter(is_open).collect();
        let is_out = bottle.status == "checked_out";
        let meant = match source {
            Some(Source::Container) => None,
            Some(Source::Checkout(seq)) => {
                let seq = seq.get().unsigned_abs();
                let found = open.into_iter().find(|((checkout, _), _)| *checkout == seq);
                if found.is_none() {
                    no.insert("nothing_checked_out");
                }
                found
            }
            None => {
                if open.len() + usize::from(is_out) > 1 {
                    no.insert("checkout_ambiguous");
                }
                open.first().copied()
            }
        };
        meant.map(|(key, held)| (*key, held.clone()))
    }

    pub fn use_up(
        &mut self,
        sent: &Sent,
        used: &Use,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&used.claim, now, &mut no);
        let serial = used.label.serial().get();
        let Some(bottle) = self.uncontrolled(sent.institution, used.label, now, &mut no) else {
            return Err(no);
        };
        let (product, dimension) = (bottle.identity.product.get(), bottle.identity.dimension);
        let part = self.meant(serial, bottle, used.source, &mut no);
        let taken = part.as_ref().map(|((checkout, _), _)| *checkout);
        self.could_happen(&used.claim, Some((bottle, taken)), &mut no);
        let (is_there, amount) = (bottle.status == "in_stock", used.amount.amount());
        if let Some((_, held)) = &part {
            if is_there && used.source.is_none() && held.holder != sent.person {
                no.insert("checkout_ambiguous");
            }
            if bottle.status == "void" {
                no.insert("container_state");
            }
            part_of(dimension, held.amount, used.amount, &mut no);
        } else {
            if !is_there && bottle.status != "checked_out" {
                no.insert("container_state");
            }
            if is_there && is_expired(bottle, now) {
                no.insert("container_expired");
            }
            if self.evidence.contains_key(&serial) {
                no.insert("container_in_incident");
            }
            part_of(dimension, self.free(serial), used.amount, &mut no);
        }
        unless(no)?;
        let bottle = self.moved(serial);
        match part {
            Some((key, held)) => {
                self.hold(key, held.holder, -amount);
                self.post("held", product, -amount);
            }
            None => {
                bottle.amount -= amount;
                if is_there && bottle.amount == 0 {
                    bottle.status = "empty";
                }
                self.post("container", product, -amount);
            }
        }
        self.post("consumed", product, amount);
        Ok((vec![serial], None))
    }

    pub fn give_back(
        &mut self,
        sent: &Sent,
        back: &GiveBack,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&back.claim, now, &mut no);
        let serial = back.label.serial().get();
        let Some(bottle) = self.uncontrolled(sent.institution, back.label, now, &mut no) else {
            return Err(no);
        };
        let own = &self.products[&bottle.identity.product.get()];
        let part = self.meant(serial, bottle, back.source, &mut no);
        let taken = part.as_ref().map(|((checkout, _), _)| *checkout);
        self.could_happen(&back.claim, Some((bottle, taken)), &mut no);
        let out = part.as_ref().map_or(bottle.amount, |(_, held)| held.amount);
        let place = back.place.map_or(bottle.place, |place| place.get());
        match (&part, bottle.status) {
            (Some(_), "in_stock" | "empty") if back.place.is_some() => {
                no.insert("only_part_returned");
            }
            (Some(_), "in_stock" | "empty") => {}
            (None, "in_stock" | "empty") => {
                no.insert("nothing_checked_out");
            }
            (None, "checked_out") => self.can_stand(place, Some(own), now, &mut no),
            _ => {
                no.insert("container_state");
            }
        }
        let product = bottle.identity.product.get();
        let returned = measured(bottle.identity.dimension, &back.measure, out, &mut no);
        unless(no)?;
        let bottle = self.moved(serial);
        match part {
            Some((key, held)) => {
                bottle.amount += returned;
                self.hold(key, held.holder, -out);
                self.post("held", product, -out);
                self.post("container", product, returned);
            }
            None => {
                (bottle.amount, bottle.holder, bottle.place) = (returned, None, place);
                self.post("container", product, returned - out);
            }
        }
        let bottle = self.bottle_mut(serial);
        bottle.status = if bottle.amount == 0 {
            "empty"
        } else {
            "in_stock"
        };
        self.post("consumed", product, out - returned);
        Ok((vec![serial], None))
    }

    pub fn reverse(
        &mut self,
        reverse: &Reverse,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let entry = reverse.entry.get().unsigned_abs();
        let Some(deed) = usize::try_from(entry)
            .ok()
            .and_then(|at| self.deeds.get(at))
        else {
            no.insert("entry_unknown");
            return Err(no);
        };
        let deed = Deed::clone(deed);
        if deed.is_transfer {
            no.insert("transfer_not_reversible");
            return Err(no);
        }
        if !deed.is_movement {
            no.insert("entry_not_reversible");
        }
        if deed.is_reversed {
            no.insert("already_reversed");
        }
        for (serial, before) in &deed.before {
            let bottle = self.bottle_mut(*serial).clone();
            let product = &self.products[&bottle.identity.product.get()];
            self.signed_for(&bottle, now, &mut no);
            // What comes back to a person comes back to somebody who is there.
            if let Some(holder) = before.as_ref().and_then(|before| before.holder) {
                self.in_office(holder, &mut no);
            }
            if bottle.counting.last() != Some(&entry) {
                no.insert("later_entries_exist");
            }
            // Where it stands again must still take it.
            if let Some(before) = before
                && before.status == "in_stock"
                && (bottle.status, bottle.place) != ("in_stock", before.place)
            {
                self.can_stand(before.place, Some(product), now, &mut no);
            }
        }
        for (key, amount) in &deed.held {
            if *amount < 0 {
                self.in_office(self.held[key].holder, &mut no);
            }
        }
        self.can_pour_back(entry, &deed.emptied, now, &mut no);
        unless(no)?;
        if let Some(drawing) = &deed.drawing {
            self.draw(drawing, -1);
        }
        self.pour_back(entry, &deed.emptied);
        Rc::make_mut(&mut self.deeds[usize::try_from(entry).unwrap()]).is_reversed = true;
        let seq = self.entries;
        for (serial, before) in &deed.before {
            let stood = self.bottle_mut(*serial).clone();
            self.deed.before.push((*serial, Some(stood)));
            let bottle = self.bottle_mut(*serial);
            bottle.counting.pop();
            let restored = before.clone().unwrap_or(Bottle {
                status: "void",
                amount: 0,
                ..bottle.clone()
            });
            *bottle = Bottle {
                generation: bottle.generation,
                counting: bottle.counting.clone(),
                last_entry: seq,
                ..restored
            };
        }
        for (account, product, amount) in deed.posted {
            self.post(account, product, -amount);
        }
        for (key, amount) in deed.held {
            self.held.get_mut(&key).unwrap().amount -= amount;
        }
        Ok((
            deed.before.into_iter().map(|(serial, _)| serial).collect(),
            None,
        ))
    }

    pub fn reprint(
        &mut self,
        institution: i64,
        reprint: &Reprint,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        self.unreserved(reprint.label.serial().get(), &mut no);
        match self.bottle(institution, reprint.label) {
            Err(reason) => no.insert(reason),
            Ok(bottle) => {
                (bottle.generation == 99 && no.insert("label_generations_used_up"))
                    | (!["in_stock", "checked_out", "waste"].contains(&bottle.status)
                        && no.insert("container_state"))
            }
        };
        unless(no)?;
        let (serial, seq) = (reprint.label.serial().get(), self.entries);
        let bottle = self.bottle_mut(serial);
        bottle.generation += 1;
        bottle.last_entry = seq;
        Ok((vec![serial], None))
    }
}

fn is_expired(bottle: &Bottle, now: i64) -> bool {
    let last_day = bottle.identity.expires_on.map(day_number);
    last_day.is_some_and(|last_day| china_day(now) > last_day)
}

/// How much of what was out comes back. A balance may show 0.1 g, but no more than 5 %, or 0.5 % more
/// than was out (RULES D5).
fn measured(dimension: Dimension, measure: &Measure, out: i64, no: &mut Reasons) -> i64 {
    let (given, tolerance) = match measure {
        Measure::Amount(given) if given.dimension() == dimension => (given.amount(), 0),
        Measure::Amount(_) => {
            no.insert("dimension_mismatch");
            return 0;
        }
        Measure::Weight { gross, tare } => {
            match dimension {
                Dimension::Mass => {}
                Dimension::Volume => drop(no.insert("density_unknown")),
                Dimension::Count => drop(no.insert("dimension_mismatch")),
            }
            let Some(tare) = tare else {
                no.insert("tare_unknown");
                return 0;
            };
            if gross.amount() < tare.amount() {
                no.insert("weight_below_tare");
            }
            (
                gross.amount() - tare.amount(),
                (out / 200).max(100_000.min(out / 20)),
            )
        }
    };
    if given > out + tolerance {
        no.insert("returned_more_than_held");
    }
    given.min(out)
}

/// Whether that much can be taken of it.
pub fn part_of(dimension: Dimension, amount: i64, part: Quantity, no: &mut Reasons) {
    if part.dimension() != dimension {
        no.insert("dimension_mismatch");
    } else if part.amount() > amount {
        no.insert("not_enough");
    }
    if part.amount() == 0 {
        no.insert("amount_zero");
    }
}
