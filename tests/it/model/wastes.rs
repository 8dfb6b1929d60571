//! What becomes waste and leaves for good: the rules, and how it is invented.

use std::collections::BTreeSet;

use hazledger::domain::ids::Label;
use hazledger::domain::people::Role;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::substance::ControlClass;
use hazledger::domain::verb::{Claim, Dispose, OnBalance, Second, Waste, Witnessed};

use super::act::{Act, Sent};
use super::hospital::person;
use super::invent::Author;
use super::reference::{
    Bottle, Done, Held, Hospital, Reasons, china_day, claim, day_number, unless,
};

/// Classes of which a shortage is a suspected loss (RULES D7).
fn is_watched(class: ControlClass) -> bool {
    use ControlClass as C;
    !matches!(
        class,
        C::Radioactive | C::MedicalToxic | C::Unidentified | C::Hazardous
    )
}

impl Hospital {
    /// Whether a shortage of a product is a suspected loss.
    pub fn watches(&self, product: i64, now: i64) -> bool {
        let product = &self.products[&product];
        let day = china_day(now);
        product.classes.iter().any(|line| {
            day_number(line.from) <= day
                && line.until.is_none_or(|end| day < day_number(end))
                && is_watched(line.class)
        })
    }

    pub fn waste(
        &mut self,
        institution: i64,
        waste: &Waste,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        if let Some(into) = &waste.into {
            return self.pour(institution, (waste, into), now, no);
        }
        claim(&waste.claim, now, &mut no);
        let labels: Vec<Label> = waste.labels.clone();
        let serials = self.all_in(
            institution,
            &labels,
            &["in_stock", "empty"],
            &waste.claim,
            now,
            &mut no,
        );
        for serial in &serials {
            let is_out = |((_, of), held): (&(u64, i64), &Held)| of == serial && held.amount > 0;
            if self.held.iter().any(is_out) {
                no.insert("part_still_out");
            }
        }
        unless(no)?;
        for serial in &serials {
            let bottle = self.moved(*serial);
            bottle.status = "waste";
            let (product, amount) = (bottle.identity.product.get(), bottle.amount);
            self.post("container", product, -amount);
            self.post("waste", product, amount);
        }
        Ok((serials, None))
    }

    pub fn dispose(
        &mut self,
        sent: &Sent,
        Witnessed {
            disposal: dispose,
            proofs,
        }: &Witnessed,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let institution = sent.institution;
        claim(&dispose.claim, now, &mut no);
        let mut witnesses = BTreeSet::new();
        for person in &dispose.witnesses {
            let sees_stock = |role: &&Role| **role != Role::Administrator;
            let roles: Vec<Role> = Role::ALL.iter().filter(sees_stock).copied().collect();
            if self.in_office(person.get(), &mut no) && !self.holds(person.get(), &roles) {
                no.insert("part_not_permitted");
            }
            if !witnesses.insert(person) {
                no.insert("same_person_twice");
            }
            if person.get() == sent.person {
                no.insert("witness_unfit");
            }
            match proofs.iter().find(|proof| proof.person == *person) {
                None => drop(no.insert("witness_unproven")),
                Some(proof) => {
                    if proof.secret_version != 1 || !self.secrets.contains(&person.get()) {
                        no.insert("sign_in_refused");
                    }
                }
            }
        }
        if witnesses.len() < 2 {
            no.insert("witnesses_missing");
        }
        let (vessels, bottles): (Vec<&OnBalance>, Vec<&OnBalance>) =
            (dispose.items.iter()).partition(|item| item.label.serial().get() > 90_000_000);
        let labels: Vec<Label> = bottles.iter().map(|item| item.label).collect();
        let left = self.can_leave(institution, &vessels, now, &mut no);
        if labels.is_empty() && !vessels.is_empty() {
            claim(&dispose.claim, now, &mut no);
            self.could_happen(&dispose.claim, None, &mut no);
            unless(no)?;
            self.leave(&left);
            return Ok((vec![], None));
        }
        let serials = self.all_in(
            institution,
            &labels,
            &["waste"],
            &dispose.claim,
            now,
            &mut no,
        );
        if serials
            .iter()
            .any(|serial| self.evidence.contains_key(serial))
        {
            no.insert("container_in_incident");
        }
        for item in bottles {
            if let Ok(bottle) = self.bottle(institution, item.label) {
                self.on_balance(bottle, item, !dispose.reason.is_empty(), now, &mut no);
            }
        }
        unless(no)?;
        for serial in &serials {
            let bottle = self.moved(*serial);
            let (product, amount) = (bottle.identity.product.get(), bottle.amount);
            (bottle.status, bottle.amount) = ("disposed", 0);
            self.post("waste", product, -amount);
            self.post("disposed", product, amount);
        }
        self.leave(&left);
        Ok((serials, None))
    }

    /// What a balance shows of a bottle against the book: it may be off by 0.5 %, or by 0.1 g, but no more than
    /// 5 % (RULES D5). Without a tare the bottle is in it. No product of the model has a density.
    fn on_balance(
        &self,
        bottle: &Bottle,
        item: &OnBalance,
        is_excused: bool,
        now: i64,
        no: &mut Reasons,
    ) {
        let (gross, tare) = (item.gross.amount(), item.tare.map(Quantity::amount));
        if tare.is_some_and(|tare| gross < tare) {
            no.insert("weight_below_tare");
        }
        if bottle.identity.dimension != Dimension::Mass {
            return;
        }
        let is_watched = self.watches(bottle.identity.product.get(), now);
        if is_watched && tare.is_none() {
            no.insert("tare_unknown");
        }
        let most = (bottle.amount / 200).max(100_000.min(bottle.amount / 20));
        let off = gross - tare.unwrap_or(0) - bottle.amount;
        if off < -most || (tare.is_some() && off > most) {
            // What is signed for is refused for that already.
            if !is_excused {
                no.insert("weight_differs");
            }
        }
    }

    /// The bottles behind labels, each once, in one of these states, none of which is signed for.
    pub fn all_in(
        &self,
        institution: i64,
        labels: &[Label],
        states: &[&str],
        claim: &Claim,
        now: i64,
        no: &mut Reasons,
    ) -> Vec<i64> {
        if labels.is_empty() {
            no.insert("amount_zero");
        }
        if labels.len() > 500 {
            no.insert("too_many_containers");
        }
        let mut serials = Vec::new();
        for label in labels {
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
            self.could_happen(claim, Some((bottle, None)), no);
            if !states.contains(&bottle.status) {
                no.insert("container_state");
            }
            self.signed_for(bottle, now, no);
            self.unreserved(label.serial().get(), no);
        }
        serials
    }
}

impl Author {
    pub fn invent_waste(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        if !hospital.vessels.is_empty() && self.chance.percent(25) {
            return self.invent_left_over(institution, hospital, hot);
        }
        let count = self.chance.pick(&[1, 1, 1, 2, 3, 0]);
        let labels = (0..count).map(|_| self.label(institution, hospital, hot));
        let labels = labels.collect();
        let pours = !hospital.vessels.is_empty() && self.chance.percent(60);
        Act::Waste(Waste {
            labels,
            code: "900-402-06".parse().unwrap(),
            into: pours.then(|| self.invent_into(institution, hospital)),
            reason: "过期".to_owned(),
            claim: self.claim(),
        })
    }

    /// Of what is waste, mostly.
    pub fn invent_disposal(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let waste = (1..).zip(&hospital.bottles);
        let waste: Vec<i64> = waste
            .filter(|(_, bottle)| bottle.status == "waste")
            .map(|(serial, _)| serial)
            .collect();
        let count = self.chance.pick(&[1, 1, 1, 2, 3, 0]);
        let items = (0..count).map(|_| {
            let label = if !hospital.vessels.is_empty() && self.chance.percent(25) {
                self.invent_leaving(institution, hospital)
            } else if waste.is_empty() || self.chance.percent(10) {
                self.label(institution, hospital, hot)
            } else {
                hospital.label(institution, self.chance.pick(&waste))
            };
            let inside = hospital.bottle(institution, label);
            let inside = inside.map_or(7, |bottle| bottle.amount);
            let mass = |ug| Quantity::new(Dimension::Mass, ug).unwrap();
            let tare = self.chance.pick(&[None, None, Some(0), Some(7)]);
            let gross = inside + self.chance.pick(&[0, 7, 7, 40, -1]);
            OnBalance {
                label,
                gross: mass(gross.max(1)),
                tare: tare.map(mass),
            }
        });
        let items = items.collect();
        let witnesses: &[i64] = match self.chance.below(12) {
            0 => &[3],
            1 => &[3, 3],
            2 => &[1, 3],
            3 => &[3, 8],
            4 => &[2, 4],
            5 | 6 => &[3, 4],
            _ => &[4, 5],
        };
        let mut proofs: Vec<Second> = witnesses
            .iter()
            .map(|id| Second {
                person: person(*id),
                secret_version: 1,
            })
            .collect();
        match self.chance.below(12) {
            0 => drop(proofs.pop()),
            1 => proofs[0].secret_version = 2,
            _ => {}
        }
        let disposal = Dispose {
            items,
            witnesses: witnesses.iter().map(|id| person(*id)).collect(),
            handler: "处置中心".to_owned(),
            manifest: None,
            reason: self.chance.pick(&["", "", "挥发"]).to_owned(),
            claim: self.claim(),
        };
        Act::Dispose(Witnessed { disposal, proofs })
    }
}
