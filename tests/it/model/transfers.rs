//! What goes from one hospital to the other: the rules, what the outbox carries, and how it is invented.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hazledger::domain::container::Identity;
use hazledger::domain::ids::{Label, ProductId};
use hazledger::domain::incident::IncidentKind;
use hazledger::domain::product::Product;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::substance::ControlClass;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Accept, Consign, Lot, Reclaim};

use super::reference::{
    Deed, Done, Hospital, Reasons, Reference, china_day, claim, day_number, dual_classes, is_dual,
    unless,
};

/// A bottle on the road.
#[derive(Clone, Debug)]
pub struct Sent {
    pub label: Label,
    pub identity: Identity,
    pub amount: i64,
    /// Name and qualifier, classes on the day.
    pub name: (String, Option<String>),
    pub dimension: Dimension,
    pub classes: Vec<ControlClass>,
}

/// By label what was accepted of it; nothing where it was refused.
type Verdict = Vec<(Label, Option<i64>)>;

/// A consignment as its sender has it.
#[derive(Clone, Debug)]
pub struct Going {
    pub to: i64,
    pub sent_at: i64,
    pub bottles: Vec<Sent>,
    pub is_settled: bool,
    pub on_the_road: BTreeSet<i64>,
}

/// A consignment as its receiver has it.
#[derive(Clone, Debug)]
pub struct Coming {
    pub sent_at: i64,
    pub bottles: Vec<Sent>,
    pub verdict: Option<Verdict>,
    pub accepted_at: i64,
}

/// 剧毒、易制爆、易制毒、麻精: what is missing of them is lost.
const WATCHED: [ControlClass; 9] = [
    ControlClass::HighlyToxic,
    ControlClass::ExplosivePrecursor,
    ControlClass::Narcotic,
    ControlClass::Psychotropic1,
    ControlClass::Psychotropic2,
    ControlClass::DrugPrecursor1,
    ControlClass::DrugPrecursor1Medicinal,
    ControlClass::DrugPrecursor2,
    ControlClass::DrugPrecursor3,
];

fn classes(product: &Product, now: i64) -> Vec<ControlClass> {
    let day = china_day(now);
    let lines = product.classes.iter();
    let held = lines.filter(|line| {
        day_number(line.from) <= day && line.until.is_none_or(|end| day < day_number(end))
    });
    held.map(|line| line.class).collect()
}

impl Sent {
    fn is_same(&self, product: &Product) -> bool {
        (&self.name.0, &self.name.1) == (&product.name, &product.qualifier)
            && self.dimension == product.dimension
    }
}

impl Hospital {
    pub fn send(
        &mut self,
        institution: i64,
        sending: &Consign,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&sending.claim, now, &mut no);
        let to = sending.to.get();
        if to == institution {
            no.insert("transfer_to_self");
        } else if to != 3 - institution {
            no.insert("receiver_unknown");
        }
        let left = sending.claim.occurred_at.map_or(now, Time::millis);
        if sending.carriage.expected_at.millis() < left {
            no.insert("expected_too_early");
        }
        let serials = self.all_in(
            institution,
            &sending.labels,
            &["in_stock"],
            &sending.claim,
            now,
            &mut no,
        );
        for serial in &serials {
            let bottle = self.bottle_mut(*serial).clone();
            let last_day = bottle.identity.expires_on.map(day_number);
            if last_day.is_some_and(|last_day| china_day(now) > last_day) {
                no.insert("container_expired");
            }
            if self.evidence.contains_key(serial) {
                no.insert("container_in_incident");
            }
            let mut held = self.held.iter();
            if held.any(|((_, of), held)| of == serial && held.amount > 0) {
                no.insert("part_with_person");
            }
        }
        unless(no)?;
        let mut bottles = Vec::new();
        for (serial, label) in serials.iter().zip(&sending.labels) {
            let bottle = self.moved(*serial);
            bottle.status = "in_transit";
            let (identity, amount) = (bottle.identity.clone(), bottle.amount);
            let product = self.products[&identity.product.get()].clone();
            self.post("container", identity.product.get(), -amount);
            self.post("in_transit", identity.product.get(), amount);
            bottles.push(Sent {
                label: *label,
                amount,
                name: (product.name.clone(), product.qualifier.clone()),
                dimension: product.dimension,
                classes: classes(&product, now),
                identity,
            });
        }
        self.deed.is_transfer = true;
        let going = Going {
            to,
            sent_at: now,
            bottles,
            is_settled: false,
            on_the_road: serials.iter().copied().collect(),
        };
        self.going.insert(self.entries, going);
        Ok((serials, None))
    }

    pub fn accept(&mut self, accept: &Accept, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        claim(&accept.claim, now, &mut no);
        self.could_happen(&accept.claim, None, &mut no);
        let key = (accept.from.get(), accept.entry.get().unsigned_abs());
        let Some(coming) = self.coming.get(&key).cloned() else {
            no.insert("transfer_unknown");
            return Err(no);
        };
        if coming.verdict.is_some() {
            no.insert("transfer_accepted");
        }
        let verdict = coming.judged(accept, &mut no);
        let came = accept.claim.occurred_at.map_or(now, Time::millis);
        if came < coming.sent_at {
            no.insert("arrived_before_sent");
        }
        let mut dual = coming
            .bottles
            .iter()
            .any(|sent| sent.classes.iter().any(|class| is_dual(*class)));
        let mut lots = Vec::new();
        for arrived in &accept.accepted {
            let mut bottles = coming.bottles.iter();
            let Some(sent) = bottles.find(|sent| sent.label == arrived.label) else {
                continue;
            };
            let last_day = sent.identity.expires_on.map(day_number);
            if last_day.is_some_and(|last_day| china_day(came) > last_day) {
                no.insert("expired_on_arrival");
            }
            let Some(id) = self.same_product(sent, arrived.product, now, &mut no) else {
                continue;
            };
            let product = self.products[&id].clone();
            dual |= !dual_classes(&product, now).is_empty();
            let amount = arrived.amount.map_or(sent.amount, Quantity::amount);
            lots.push(Lot {
                identity: Identity {
                    product: ProductId::try_from(id).unwrap(),
                    dimension: product.dimension,
                    parent: None,
                    came_from: Some(sent.label),
                    mixed: false,
                    ..sent.identity.clone()
                },
                count: 1,
                each: Quantity::new(product.dimension, amount).unwrap(),
                place: arrived.place,
            });
        }
        self.seat(&accept.acceptors, dual, &mut no);
        let done = if lots.is_empty() {
            unless(no)?;
            (vec![], None)
        } else {
            self.bring_in(Some("peer"), &lots, now, no)?
        };
        self.deed.is_transfer = true;
        let coming = self.coming.get_mut(&key).unwrap();
        (coming.verdict, coming.accepted_at) = (Some(verdict), now);
        Ok(done)
    }

    /// The product that is meant, if it is the same.
    fn same_product(
        &self,
        sent: &Sent,
        named: Option<ProductId>,
        now: i64,
        no: &mut Reasons,
    ) -> Option<i64> {
        let id = if let Some(named) = named {
            if !self.products.contains_key(&named.get()) {
                no.insert("product_unknown");
                return None;
            }
            named.get()
        } else {
            let same = self
                .products
                .iter()
                .filter(|(_, product)| sent.is_same(product));
            let same: Vec<i64> = same.map(|(id, _)| *id).collect();
            let [only] = same.as_slice() else {
                no.insert("product_not_matched");
                return None;
            };
            *only
        };
        let product = &self.products[&id];
        if !sent.is_same(product) {
            no.insert("product_not_same");
            return None;
        }
        let own = classes(product, now);
        if sent.classes.iter().any(|class| !own.contains(class)) {
            no.insert("class_not_covered");
        }
        Some(id)
    }

    pub fn reclaim(
        &mut self,
        institution: i64,
        reclaim: &Reclaim,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        claim(&reclaim.claim, now, &mut no);
        let entry = reclaim.entry.get().unsigned_abs();
        let Some(going) = self.going.get(&entry).cloned() else {
            no.insert("transfer_unknown");
            return Err(no);
        };
        let states = &["in_transit"];
        let named = [reclaim.labels.as_slice(), &reclaim.missing].concat();
        let serials = self.all_in(institution, &named, states, &reclaim.claim, now, &mut no);
        for serial in &serials {
            if !going.is_settled || !going.on_the_road.contains(serial) {
                no.insert("not_returning");
            }
            let product = self.bottle_mut(*serial).identity.product.get();
            let is_gone = reclaim
                .missing
                .iter()
                .any(|label| label.serial().get() == *serial);
            if !is_gone {
                let product = self.products[&product].clone();
                self.can_stand(reclaim.place.get(), Some(&product), now, &mut no);
            } else if self.missing(product, now) == "lost" {
                let known = self.evidence.get(serial).copied();
                if known.is_none() || known != reclaim.incident.map(|one| one.get()) {
                    no.insert("loss_unreported");
                }
            }
        }
        self.can_stand(reclaim.place.get(), None, now, &mut no);
        unless(no)?;
        for serial in &serials {
            let is_gone = reclaim
                .missing
                .iter()
                .any(|label| label.serial().get() == *serial);
            let bottle = self.moved(*serial);
            let (product, amount) = (bottle.identity.product.get(), bottle.amount);
            let account = if is_gone {
                (bottle.status, bottle.amount) = ("lost", 0);
                let account = self.missing(product, now);
                if account == "lost" {
                    let incident = reclaim.incident.unwrap().get();
                    self.add_lost(incident, *serial, amount);
                }
                account
            } else {
                (bottle.status, bottle.place) = ("in_stock", reclaim.place.get());
                "container"
            };
            self.post("in_transit", product, -amount);
            self.post(account, product, amount);
        }
        self.deed.is_transfer = true;
        let going = self.going.get_mut(&entry).unwrap();
        going.on_the_road.retain(|serial| !serials.contains(serial));
        Ok((serials, None))
    }

    /// The program writes an entry.
    fn written(&mut self, now: i64) {
        self.deed.is_transfer = true;
        for (serial, before) in self.deed.before.clone() {
            let bottle = self.bottle_mut(serial);
            if let Some(before) = before.filter(|before| before.status != bottle.status) {
                bottle.gone_from = before.status;
            }
        }
        self.deeds.push(Rc::new(std::mem::take(&mut self.deed)));
        self.entries += 1;
        self.tries += 1;
        self.recorded_at = now;
    }

    /// The account of what never arrived.
    fn missing(&self, product: i64, now: i64) -> &'static str {
        let own = classes(&self.products[&product], now);
        let is_watched = own.iter().any(|class| WATCHED.contains(class));
        if is_watched { "lost" } else { "variance" }
    }

    fn settle_sent(&mut self, entry: u64, (verdict, accepted_at): (&Verdict, i64), clock: i64) {
        let mut lost: Vec<(i64, i64)> = Vec::new();
        let now = clock.max(self.recorded_at);
        let ordered = verdict.iter().filter(|(_, taken)| taken.is_some());
        let refused = verdict.iter().filter(|(_, taken)| taken.is_none());
        let mut on_the_road = BTreeSet::new();
        for (label, taken) in ordered.chain(refused) {
            let bottle = self.moved(label.serial().get());
            let Some(taken) = taken else {
                on_the_road.insert(label.serial().get());
                continue;
            };
            let (product, amount) = (bottle.identity.product.get(), bottle.amount);
            // Nothing arrived of what is missing.
            let status = if *taken == 0 { "lost" } else { "sent" };
            (bottle.status, bottle.amount) = (status, 0);
            self.post("in_transit", product, -amount);
            self.post("peer", product, *taken);
            let missing = self.missing(product, now);
            self.post(missing, product, amount - taken);
            if missing == "lost" && *taken < amount {
                lost.push((label.serial().get(), amount - taken));
            }
        }
        if let Some((first, _)) = lost.first().copied() {
            let place = self.bottle_mut(first).place;
            let discovered_at = accepted_at.min(now);
            self.open_case(IncidentKind::SuspectedLoss, place, discovered_at, lost);
        }
        let going = self.going.get_mut(&entry).unwrap();
        (going.is_settled, going.on_the_road) = (true, on_the_road);
        self.written(now);
    }
}

impl Going {
    /// What its entry says of the bottles besides their labels.
    pub fn said(&self) -> String {
        let bottles = self.bottles.iter();
        let said = bottles.map(|sent| format!("{:?} {:?}", sent.name, sent.classes));
        said.collect()
    }
}

impl Coming {
    /// Whether anything in it is signed for.
    pub fn is_dual(&self) -> bool {
        let mut bottles = self.bottles.iter();
        bottles.any(|sent| sent.classes.iter().any(|class| is_dual(*class)))
    }

    fn judged(&self, accept: &Accept, no: &mut Reasons) -> Verdict {
        let mut open: BTreeMap<Label, i64> = self
            .bottles
            .iter()
            .map(|sent| (sent.label, sent.amount))
            .collect();
        let known: BTreeSet<Label> = open.keys().copied().collect();
        let mut verdict = Verdict::new();
        let accepted = accept.accepted.iter();
        let accepted = accepted.map(|line| (line.label, Some(line.amount)));
        let refused = accept.refused.iter().map(|line| (line.label, None));
        let missing: BTreeSet<Label> = accept.missing.iter().map(|line| line.label).collect();
        let nothing = missing.iter().map(|label| (*label, Some(None)));
        for (label, taken) in accepted.chain(refused).chain(nothing) {
            let Some(sent) = open.remove(&label) else {
                let is_known = known.contains(&label);
                no.insert(if is_known {
                    "container_named_twice"
                } else {
                    "not_in_consignment"
                });
                continue;
            };
            let is_missing = missing.contains(&label);
            let all = if is_missing { 0 } else { sent };
            let taken = taken.map(|amount| amount.map_or(all, Quantity::amount));
            if taken == Some(0) && !is_missing {
                no.insert("amount_zero");
            }
            if taken.is_some_and(|taken| taken > sent) {
                no.insert("more_than_sent");
            }
            verdict.push((label, taken));
        }
        if !open.is_empty() {
            no.insert("consignment_incomplete");
        }
        verdict
    }
}

impl Reference {
    /// What the outbox carries, by sender and entry.
    pub fn deliver(&mut self) {
        let open: Vec<(i64, u64)> = self
            .hospitals
            .iter()
            .flat_map(|(id, hospital)| {
                let going = hospital.going.iter();
                going
                    .filter(|(_, going)| !going.is_settled)
                    .map(|(entry, _)| (*id, *entry))
            })
            .collect();
        let clock = self.clock;
        for (from, entry) in open {
            let going = self.hospitals[&from].going[&entry].clone();
            let receiver = self.hospitals.get_mut(&going.to).unwrap();
            match receiver
                .coming
                .get(&(from, entry))
                .map(|coming| (coming.verdict.clone(), coming.accepted_at))
            {
                None => {
                    let coming = Coming {
                        sent_at: going.sent_at,
                        bottles: going.bottles,
                        verdict: None,
                        accepted_at: 0,
                    };
                    receiver.coming.insert((from, entry), coming);
                    receiver.deed = Deed::default();
                    receiver.written(clock.max(receiver.recorded_at));
                }
                Some((None, _)) => continue,
                Some((Some(verdict), accepted_at)) => {
                    let sender = self.hospitals.get_mut(&from).unwrap();
                    sender.settle_sent(entry, (&verdict, accepted_at), clock);
                }
            }
            self.delivered += 1;
        }
    }
}
