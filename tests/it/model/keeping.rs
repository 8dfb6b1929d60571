//! Who keeps what: the books of custodians, handovers, places that are shifted; and how they are invented.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use hazledger::domain::ids::Label;
use hazledger::domain::people::Role;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::verb::{Claim, HandOver, JointCount, KeepBook, Look, Measure};

use super::act::{Act, Sent};
use super::hospital::{person, place_id};
use super::invent::Author;
use super::reference::{Bottle, Done, Hospital, Reasons, china_day, dual_classes, unless};
use super::staff::Tenure;

/// Any state: a book and a handover look only at where a bottle stands.
const STATES: &[&str] = &[
    "in_stock",
    "checked_out",
    "empty",
    "waste",
    "disposed",
    "in_transit",
    "sent",
    "lost",
    "void",
];

/// What somebody wrote of a bottle.
#[derive(Clone, Debug)]
pub struct Line {
    place: i64,
    amount: i64,
    ledger: i64,
    entry: u64,
}

/// A bottle of which a book has differed.
#[derive(Clone, Debug)]
pub struct Gap {
    since: u64,
    agreed: Option<i64>,
    settled: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    /// By bottle, day and person.
    lines: BTreeMap<(i64, i64, i64), Line>,
    gaps: BTreeMap<i64, Gap>,
}

impl Books {
    /// A variance or loss was posted.
    pub fn settle(&mut self, serial: i64, entry: u64) {
        if let Some(gap) = self.gaps.get_mut(&serial) {
            gap.settled = gap.settled.or(Some(entry));
        }
    }

    fn write(&mut self, serial: i64, by: i64, difference: i64, entry: u64) {
        let open = self
            .gaps
            .get(&serial)
            .is_some_and(|gap| gap.settled.is_none());
        if difference != 0 && !open {
            let gap = Gap {
                since: entry,
                agreed: None,
                settled: None,
            };
            self.gaps.insert(serial, gap);
        } else if open && let Some(gap) = self.gaps.get_mut(&serial) {
            match (difference, gap.agreed) {
                (0, Some(other)) if other != by => gap.settled = Some(entry),
                (0, _) => gap.agreed = Some(by),
                (_, _) => gap.agreed = None,
            }
        }
    }

    pub fn told(&self, id: i64, lines: &mut Vec<String>) {
        for ((serial, day, by), line) in &self.lines {
            let day = NaiveDate::default() + Days::new(day.unsigned_abs());
            let Line {
                place,
                amount,
                ledger,
                entry,
            } = line;
            lines.push(format!(
                "book|{id}|{serial}|{day}|{by}|{place}|{amount}|{ledger}|{}|{entry}",
                amount - ledger
            ));
        }
        for (serial, gap) in &self.gaps {
            let dash = |text: Option<String>| text.unwrap_or("-".to_owned());
            let agreed = dash(gap.agreed.map(|by| by.to_string()));
            let settled = dash(gap.settled.map(|by| by.to_string()));
            lines.push(format!(
                "gap|{id}|{serial}|{}|{agreed}|{settled}",
                gap.since
            ));
        }
    }
}

impl Hospital {
    pub fn is_dual(&self, bottle: &Bottle, now: i64) -> bool {
        let product = &self.products[&bottle.identity.product.get()];
        ["in_stock", "checked_out", "waste"].contains(&bottle.status)
            && !dual_classes(product, now).is_empty()
    }

    /// Whether somebody would keep something controlled no longer when a place is put elsewhere.
    pub fn loses_a_keeper(&self, id: i64, parent: Option<i64>, now: i64) -> bool {
        if self.places[&id].parent.map(|up| up.get()) == parent {
            return false;
        }
        let kept = self.bottles.iter().filter(|one| self.is_dual(one, now));
        let places: BTreeSet<i64> = kept.map(|bottle| bottle.place).collect();
        places.into_iter().any(|at| {
            let above = self.around(at);
            let Some(depth) = above.iter().position(|one| *one == id) else {
                return false;
            };
            let mut after = above[..=depth].to_vec();
            after.extend(parent.into_iter().flat_map(|parent| self.around(parent)));
            !self.keepers(&above).is_subset(&self.keepers(&after))
        })
    }

    /// What was counted, where it can have been.
    fn looked(&self, label: Label, measure: Measure, no: &mut Reasons) -> Option<i64> {
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let bottle = self.bottles.get(index)?;
        match measure {
            Measure::Amount(given) if given.dimension() == bottle.identity.dimension => {
                Some(given.amount())
            }
            Measure::Amount(_) | Measure::Weight { .. } => {
                no.insert("count_dimension");
                None
            }
        }
    }

    pub fn book(
        &mut self,
        sent: &Sent,
        book: &KeepBook,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let place = book.place.get();
        self.open_place(place, &mut no);
        if !self.custodians(&self.around(place)).contains(&sent.person) {
            no.insert("not_custodian");
        }
        let labels: Vec<Label> = book.counted.iter().map(|look| look.label).collect();
        let claim = Claim::default();
        let serials = self.all_in(sent.institution, &labels, STATES, &claim, now, &mut no);
        no.remove("signatures_required");
        no.remove("container_reserved");
        let amounts: Vec<Option<i64>> = book
            .counted
            .iter()
            .map(|look| self.looked(look.label, look.measure, &mut no))
            .collect();
        let day = china_day(now);
        for serial in &serials {
            let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
            let stands = matches!(bottle.status, "in_stock" | "waste") && bottle.holder.is_none();
            if !stands || !self.around(bottle.place).contains(&place) {
                no.insert("book_not_here");
            }
            if self.books.lines.contains_key(&(*serial, day, sent.person)) {
                no.insert("already_booked");
            }
        }
        unless(no)?;
        let entry = self.entries;
        for (serial, amount) in serials.into_iter().zip(amounts.into_iter().flatten()) {
            let (place, ledger) = {
                let bottle = self.bottle_mut(serial);
                (bottle.place, bottle.amount)
            };
            let line = Line {
                place,
                amount,
                ledger,
                entry,
            };
            self.books.lines.insert((serial, day, sent.person), line);
            self.books
                .write(serial, sent.person, amount - ledger, entry);
        }
        Ok((vec![], None))
    }

    /// What belongs to a place, is signed for and is with persons.
    pub fn out_of(&self, place: i64) -> Vec<(i64, i64)> {
        let out = (1..).zip(&self.bottles).filter(|(_, bottle)| {
            self.is_dual(bottle, self.now) && self.around(bottle.place).contains(&place)
        });
        out.filter_map(|(serial, bottle)| Some((serial, bottle.holder?)))
            .collect()
    }

    pub fn hand_over(
        &mut self,
        institution: i64,
        hand: &HandOver,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let place = hand.place.get();
        self.open_place(place, &mut no);
        let [from, to] = [hand.from, hand.to].map(|person| person.get());
        let by = hand.by.map_or(from, |by| by.get());
        if to == from || to == by || (hand.by.is_some() && by == from) {
            no.insert("same_person_twice");
        }
        self.has_account(from, &mut no);
        for person in [to, by] {
            self.in_office(person, &mut no);
        }
        let around = self.around(place);
        let own = self.tenures.iter().filter(|one| {
            (one.person, one.role) == (from, Role::Custodian)
                && one.stands_in_for.is_none()
                && one.holds(now)
        });
        let own: Vec<i64> = own.filter_map(|one| one.place).collect();
        let keeps = self.keepers(&around).contains(&to);
        if !own.contains(&place) || !keeps || !self.custodians(&around).contains(&by) {
            no.insert("not_custodian");
        }
        if own.iter().any(|at| *at != place && around.contains(at)) {
            no.insert("custody_around");
        }
        if hand.by.is_some() && hand.reason.is_empty() {
            no.insert("handover_reason_missing");
        }
        let labels: Vec<Label> = hand.counted.iter().map(|count| count.label).collect();
        let serials = match labels.len() {
            0 => vec![],
            _ => self.all_in(
                institution,
                &labels,
                STATES,
                &Claim::default(),
                now,
                &mut no,
            ),
        };
        no.remove("signatures_required");
        no.remove("container_reserved");
        let kept = (1..).zip(&self.bottles).filter(|(_, bottle)| {
            self.is_dual(bottle, now) && self.around(bottle.place).contains(&place)
        });
        let kept: BTreeMap<i64, &Bottle> = kept.collect();
        let standing = |bottle: &&Bottle| bottle.status != "checked_out";
        if kept.is_empty() {
            no.insert("nothing_to_hand_over");
        }
        if serials
            .iter()
            .any(|one| !kept.get(one).is_some_and(standing))
        {
            no.insert("handover_not_there");
        }
        if kept
            .iter()
            .any(|(serial, one)| standing(one) && !serials.contains(serial))
        {
            no.insert("handover_incomplete");
        }
        for count in &hand.counted {
            let amount = self.looked(count.label, count.measure, &mut no);
            let bottle = kept.get(&count.label.serial().get());
            if bottle.is_some_and(|bottle| Some(bottle.amount) != amount) {
                no.insert("handover_differs");
            }
        }
        let too_few = |bottle: &Bottle| {
            let around = self.around(bottle.place);
            // Neither they nor who stands in for them there.
            let stays = |one: &&Tenure| {
                let there = one.place.is_some_and(|at| around.contains(&at));
                let inside = one.place.is_some_and(|at| self.around(at).contains(&place));
                one.role == Role::Custodian
                    && one.holds(now)
                    && there
                    && one.person != from
                    && !(one.stands_in_for == Some(from) && inside)
            };
            let staying = self.tenures.iter().filter(stays).map(|one| one.person);
            let staying: BTreeSet<i64> = staying.collect();
            let all = self.custodians(&around);
            all.intersection(&staying).count() < 2
        };
        let mut there = kept.values().filter(|bottle| standing(bottle));
        if there.any(|bottle| too_few(bottle)) {
            no.insert("custodians_missing");
        }
        if no.is_empty() {
            self.unsigned("handover_unsigned", &mut no);
        }
        unless(no)?;
        let mut serials = serials;
        serials.sort_unstable();
        let entry = self.entries;
        for serial in &serials {
            let before = self.bottle_mut(*serial).clone();
            self.deed.before.push((*serial, Some(before)));
            self.bottle_mut(*serial).last_entry = entry;
        }
        let inside: Vec<i64> = self.places.keys().copied().collect();
        let inside: Vec<i64> = inside
            .into_iter()
            .filter(|at| self.around(*at).contains(&place))
            .collect();
        for index in 0..self.tenures.len() {
            let tenure = &self.tenures[index];
            let ends = (tenure.person, tenure.role) == (from, Role::Custodian)
                && tenure.stands_in_for.is_none()
                && tenure.holds(now)
                && tenure.place.is_some_and(|at| inside.contains(&at));
            if ends {
                self.end(index);
            }
        }
        Ok((serials, None))
    }
}

impl Author {
    /// What somebody sees in a bottle, mostly what the book says.
    fn look(&mut self, hospital: &Hospital, label: Label, right: usize) -> Measure {
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let (own, amount) = hospital
            .bottles
            .get(index)
            .map_or((Dimension::Mass, 7), |one| {
                (one.identity.dimension, one.amount)
            });
        let off = if self.chance.percent(right) { 0 } else { 1_000 };
        let dimension = match (self.chance.below(200) < 100 - right, own) {
            (false, own) => own,
            (true, Dimension::Mass) => Dimension::Volume,
            (true, Dimension::Volume | Dimension::Count) => Dimension::Mass,
        };
        Measure::Amount(Quantity::new(dimension, amount + off).unwrap())
    }

    /// A custodian counts something; now and then a place is to be handed over.
    pub fn invent_keeping(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        if self.chance.percent(20) {
            return self.invent_handover(institution, hospital);
        }
        let place = match self.chance.below(10) {
            0..5 => 1,
            5..9 => 2,
            _ => self.chance.between(1, 7),
        };
        let there = (1..).zip(&hospital.bottles).filter(|(_, bottle)| {
            matches!(bottle.status, "in_stock" | "waste")
                && hospital.around(bottle.place).contains(&place)
        });
        let there: Vec<i64> = there.map(|(serial, _)| serial).collect();
        let looks = (0..self.chance.pick(&[1, 1, 1, 2, 3])).map(|_| {
            let label = if there.is_empty() || self.chance.percent(5) {
                self.label(institution, hospital, hot)
            } else {
                hospital.label(institution, self.chance.pick(&there))
            };
            let measure = self.look(hospital, label, 80);
            Look { label, measure }
        });
        Act::Book(KeepBook {
            place: place_id(place),
            counted: looks.collect(),
            reason: String::new(),
        })
    }

    /// Whoever keeps a place hands it to another custodian of it, everything controlled counted.
    pub fn invent_handover(&mut self, institution: i64, hospital: &Hospital) -> Act {
        let mut own = hospital.tenures.iter();
        let own = own
            .rfind(|one| one.role == Role::Custodian && one.person > 5 && one.holds(hospital.now));
        let late = own.and_then(|one| Some((one.person, one.place?)));
        let (from, place) = match late {
            Some(late) if self.chance.percent(75) => late,
            _ => (self.chance.between(2, 3), self.chance.between(1, 2)),
        };
        let there = (1..).zip(&hospital.bottles).filter(|(_, bottle)| {
            matches!(bottle.status, "in_stock" | "waste")
                && hospital.around(bottle.place).contains(&place)
                && hospital.is_dual(bottle, hospital.now)
        });
        let there: Vec<i64> = there.map(|(serial, _)| serial).collect();
        let others = hospital.keepers(&hospital.around(place));
        let others: Vec<i64> = others.into_iter().filter(|one| *one != from).collect();
        let to = if others.is_empty() || self.chance.percent(8) {
            self.chance.between(2, 4)
        } else {
            self.chance.pick(&others)
        };
        let right = if self.chance.percent(80) { 100 } else { 97 };
        let counted = there.into_iter().filter_map(|serial| {
            let label = hospital.label(institution, serial);
            let measure = self.look(hospital, label, right);
            self.chance
                .percent(right)
                .then_some(JointCount { label, measure })
        });
        let counted = counted.collect();
        Act::HandOver(HandOver {
            place: place_id(place),
            from: person(from),
            to: person(to),
            by: self.chance.percent(15).then(|| person(3)),
            counted,
            reason: self.chance.pick(&["", "急病"]).to_owned(),
        })
    }
}
