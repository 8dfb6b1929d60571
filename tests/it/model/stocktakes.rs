//! Stocktakes: the rules.

use std::collections::{BTreeMap, BTreeSet};

use hazledger::domain::ids::Label;
use hazledger::domain::incident::IncidentKind;
use hazledger::domain::people::Role;
use hazledger::domain::stocktake::Amounts;
use hazledger::domain::verb::{
    BeginStocktake, Claim, CloseStocktake, Measure, Resolve, Scan, Variance,
};

use super::act::Act;
use super::reference::{Bottle, Done, Hospital, Reasons, unless};

/// A stocktake, as the counters know it.
#[derive(Clone, Debug)]
pub struct Stocktake {
    pub place: i64,
    pub all: bool,
    pub closed: bool,
    pub tallies: BTreeMap<i64, Tally>,
    /// Codes that nobody knows, and whether that was put right.
    pub strays: BTreeMap<String, bool>,
    pub begun_by: i64,
    pub begun_at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub count: Option<Count>,
    pub doubted_by: BTreeSet<i64>,
    pub settled: Option<u64>,
    pub put: bool,
}

#[derive(Clone, Debug)]
pub struct Count {
    pub entry: u64,
    pub by: i64,
    pub at: i64,
    pub place: i64,
    pub absent: bool,
    pub misplaced: bool,
    pub difference: i64,
    pub confirmed: bool,
    pub off_book: bool,
}

/// How far back an entry speaks.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    Entry(u64),
    Moment(i64),
    Everything,
}

/// Whether the book of before a count was corrected since.
fn outdated(reaches: &[(u64, Reach)], count: &Count) -> bool {
    reaches.iter().any(|(seq, reach)| {
        *seq > count.entry
            && match reach {
                Reach::Entry(entry) => *entry < count.entry,
                Reach::Moment(at) => *at < count.at,
                Reach::Everything => true,
            }
    })
}

impl Stocktake {
    /// What is to be put right: a bottle that is misplaced, or else a code that nobody knows.
    pub fn to_resolve(&self) -> Option<Result<i64, String>> {
        let mut misplaced = self
            .tallies
            .iter()
            .filter(|(_, tally)| !tally.put && tally.count.as_ref().is_some_and(Count::is_astray));
        let mut strays = self.strays.iter().filter(|(_, is_right)| !**is_right);
        let misplaced = misplaced.next().map(|(serial, _)| Ok(*serial));
        misplaced.or_else(|| strays.next().map(|(code, _)| Err(code.clone())))
    }
}

impl Count {
    /// Seen where the book did not have it, or does not have it any more.
    pub const fn is_astray(&self) -> bool {
        self.misplaced || self.off_book
    }

    pub const fn differs(&self) -> bool {
        self.absent || self.difference != 0
    }
}

impl Hospital {
    fn watched(&self, bottle: &Bottle, now: i64) -> bool {
        self.watches(bottle.identity.product.get(), now)
    }

    fn stands(&self, bottle: &Bottle) -> bool {
        matches!(bottle.status, "in_stock" | "waste") && bottle.holder.is_none()
    }

    fn open_stocktake(&self, id: i64, no: &mut Reasons) -> Option<&Stocktake> {
        let index = usize::try_from(id - 1).unwrap();
        let Some(stocktake) = self.stocktakes.get(index) else {
            no.insert("stocktake_unknown");
            return None;
        };
        if stocktake.closed {
            no.insert("stocktake_closed");
        }
        Some(stocktake)
    }

    pub fn open_place(&self, place: i64, no: &mut Reasons) {
        match self.places.get(&place) {
            None => no.insert("place_unknown"),
            Some(found) if found.closed => no.insert("place_closed"),
            Some(_) => false,
        };
    }

    pub fn begin(
        &mut self,
        (by, now): (i64, i64),
        begin: &BeginStocktake,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let place = begin.place.get();
        self.open_place(place, &mut no);
        let open = self.stocktakes.iter().filter(|one| !one.closed);
        for other in open {
            let here = self.around(place).contains(&other.place);
            if here || self.around(other.place).contains(&place) {
                no.insert("place_being_counted");
            }
        }
        unless(no)?;
        let there = (1..).zip(&self.bottles).filter(|(_, bottle)| {
            self.stands(bottle) && self.around(bottle.place).contains(&place)
        });
        let tallies = there.map(|(serial, _)| (serial, Tally::default()));
        self.stocktakes.push(Stocktake {
            place,
            all: begin.amounts == Amounts::All,
            closed: false,
            tallies: tallies.collect(),
            strays: BTreeMap::new(),
            begun_by: by,
            begun_at: now,
        });
        Ok((vec![], None))
    }

    pub fn scan(
        &mut self,
        (institution, person): (i64, i64),
        scan: &Scan,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let place = scan.place.get();
        self.open_place(place, &mut no);
        let stocktake = self.open_stocktake(scan.stocktake.get(), &mut no);
        if let Some(one) = stocktake
            && !self.around(place).contains(&one.place)
        {
            no.insert("place_not_in_stocktake");
        }
        let Some(stocktake) = stocktake.cloned() else {
            // It is looked at before the stocktake is.
            let known = scan.code.parse().ok();
            let known = known.map(|label: Label| self.bottle(institution, label).err());
            match known {
                Some(Some("label_replaced")) => drop(no.insert("label_replaced")),
                Some(None) => {}
                Some(Some(_)) | None if scan.absent => drop(no.insert("label_unknown")),
                Some(Some(_)) | None => {}
            }
            return Err(no);
        };
        let index = usize::try_from(scan.stocktake.get() - 1).unwrap();
        let label: Option<Label> = scan.code.parse().ok();
        let found = label.map(|label| (label, self.bottle(institution, label)));
        let (label, bottle) = match found {
            Some((label, Ok(bottle))) => (label, bottle.clone()),
            Some((_, Err("label_replaced"))) => {
                no.insert("label_replaced");
                return Err(no);
            }
            Some((_, Err(_))) | None => {
                if stocktake.strays.contains_key(&scan.code) {
                    no.insert("code_already_counted");
                }
                if scan.absent {
                    no.insert("label_unknown");
                }
                unless(no)?;
                let strays = &mut self.stocktakes[index].strays;
                strays.insert(scan.code.clone(), false);
                return Ok((vec![], None));
            }
        };
        let serial = label.serial().get();
        let before = stocktake.tallies.get(&serial).cloned().unwrap_or_default();
        if let Some(count) = &before.count {
            if before.settled.is_some() || !count.differs() {
                no.insert("already_counted");
            } else if before.doubted_by.len() > 1 && before.doubted_by.contains(&person) {
                no.insert("recount_by_third");
            } else if count.by == person && (!count.absent || scan.absent) {
                no.insert("recount_by_another");
            }
        }
        let is_found = bottle.status == "lost" && !self.evidence.contains_key(&serial);
        let can_differ = is_found || matches!(bottle.status, "in_stock" | "empty" | "waste");
        let amount = match scan.measure {
            Some(Measure::Amount(given)) if given.dimension() == bottle.identity.dimension => {
                Some(given.amount())
            }
            Some(_) => {
                no.insert("count_dimension");
                None
            }
            None => None,
        };
        let stands_here = self.stands(&bottle).then_some(bottle.place);
        if scan.absent {
            let here = stands_here.is_some_and(|at| self.around(at).contains(&stocktake.place));
            if !here {
                no.insert("count_not_expected");
            }
        } else if amount.is_none()
            && can_differ
            && (stocktake.all || is_found || self.watched(&bottle, now))
        {
            no.insert("count_amount_missing");
        }
        let difference = match amount {
            _ if scan.absent => -bottle.amount,
            Some(amount) if can_differ => amount - bottle.amount,
            _ => 0,
        };
        let misplaced = !scan.absent && stands_here != Some(place) && bottle.status != "empty";
        let is_put = scan.put_here && misplaced;
        let product = self.products[&bottle.identity.product.get()].clone();
        if is_put {
            if !matches!(bottle.status, "in_stock" | "waste") {
                no.insert("container_state");
            }
            self.signed_for(&bottle, now, &mut no);
            self.unreserved(serial, &mut no);
            self.can_stand(place, Some(&product), now, &mut no);
            if !self.keeps(person, bottle.place, &[Role::Equipment, Role::Custodian]) {
                no.insert("not_permitted");
            }
        }
        unless(no)?;
        let mut count = Count {
            entry: self.entries,
            by: person,
            at: now,
            place,
            absent: scan.absent,
            misplaced,
            difference,
            confirmed: false,
            off_book: !scan.absent
                && match bottle.status {
                    "sent" | "in_transit" | "disposed" | "void" => true,
                    status => status == "lost" && !is_found,
                },
        };
        let stands = before.count.as_ref().filter(|one| {
            one.differs() && !outdated(self.reaches.get(&serial).map_or(&[], Vec::as_slice), one)
        });
        let mut doubted_by = BTreeSet::new();
        if count.differs() {
            if let Some(one) = stands {
                let is_same = one.difference.signum() == count.difference.signum();
                count.confirmed = one.absent == count.absent && is_same;
                doubted_by.clone_from(&before.doubted_by);
            }
            doubted_by.insert(person);
        }
        let tally = Tally {
            count: Some(count),
            doubted_by,
            put: before.put || is_put,
            ..before
        };
        self.stocktakes[index].tallies.insert(serial, tally);
        if !is_put {
            return Ok((vec![], None));
        }
        let account = if bottle.status == "waste" {
            "waste"
        } else {
            "container"
        };
        self.moved(serial).place = place;
        self.post(account, product.id.get(), -bottle.amount);
        self.post(account, product.id.get(), bottle.amount);
        Ok((vec![serial], None))
    }

    /// Somebody says how what was misplaced or unknown was put right.
    pub fn resolve(
        &mut self,
        (institution, person): (i64, i64),
        resolve: &Resolve,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let id = resolve.stocktake.get();
        let Some(stocktake) = self.open_stocktake(id, &mut no).cloned() else {
            return Err(no);
        };
        let label: Option<Label> = resolve.code.parse().ok();
        let known = label.filter(|label| self.bottle(institution, *label).is_ok());
        let tally = known.and_then(|label| stocktake.tallies.get(&label.serial().get()));
        let misplaced = tally
            .is_some_and(|tally| !tally.put && tally.count.as_ref().is_some_and(Count::is_astray));
        // What the book had no more is in an incident, and another says what became of it.
        let off_book = tally.and_then(|tally| tally.count.as_ref());
        if let (Some(count), Some(label)) = (off_book.filter(|count| count.off_book), known) {
            let serial = label.serial().get();
            let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
            if self.watched(bottle, self.now) {
                let named = resolve.incident.map(|one| one.get());
                if !named.is_some_and(|named| self.is_reported(named, serial, count.entry)) {
                    no.insert("off_book_unreported");
                }
                if count.by == person {
                    no.insert("off_book_by_another");
                }
            }
        }
        let is_stray = known.is_none() && stocktake.strays.get(&resolve.code) == Some(&false);
        if !misplaced && !is_stray {
            no.insert("nothing_to_resolve");
        }
        unless(no)?;
        let stocktake = &mut self.stocktakes[usize::try_from(id - 1).unwrap()];
        match known {
            Some(label) => {
                let tally = stocktake.tallies.get_mut(&label.serial().get());
                tally.unwrap().put = true;
            }
            None => drop(stocktake.strays.insert(resolve.code.clone(), true)),
        }
        Ok((vec![], None))
    }

    pub fn settle(
        &mut self,
        institution: i64,
        variance: &Variance,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let states = ["in_stock", "empty", "waste", "lost"];
        let mut labelled = Reasons::new();
        let serials = self.all_in(
            institution,
            &variance.labels,
            &states,
            &Claim::default(),
            now,
            &mut labelled,
        );
        let is_signed = labelled.remove("signatures_required");
        let is_reserved = labelled.remove("container_reserved");
        no.extend(labelled);
        let id = variance.stocktake.get();
        let Some(stocktake) = self.open_stocktake(id, &mut no).cloned() else {
            return Err(no);
        };
        let mut found = Vec::new();
        for serial in &serials {
            let tally = stocktake.tallies.get(serial);
            let open = tally.filter(|tally| tally.settled.is_none());
            let count = open.and_then(|tally| tally.count.as_ref());
            let Some(count) = count.filter(|count| count.differs()) else {
                no.insert("nothing_to_settle");
                continue;
            };
            if !count.confirmed {
                no.insert("recount_missing");
            }
            if outdated(self.reaches.get(serial).map_or(&[], Vec::as_slice), count) {
                no.insert("count_outdated");
            }
            let bottle = self.bottle_mut(*serial).clone();
            if bottle.amount + count.difference < 0 {
                no.insert("variance_below_zero");
            }
            if bottle.status == "lost" {
                if self.evidence.contains_key(serial) {
                    no.insert("container_in_incident");
                }
                if count.difference <= 0 || count.entry < bottle.last_entry {
                    no.insert("container_state");
                }
                let product = self.products[&bottle.identity.product.get()].clone();
                self.open_place(count.place, &mut no);
                self.can_stand(count.place, Some(&product), now, &mut no);
            }
            let less = count.absent || count.difference < 0;
            let is_loss = less && self.watched(&bottle, now);
            found.push((*serial, count.clone(), is_loss));
        }
        let losses = found.iter().filter(|(.., is_loss)| *is_loss).count();
        if losses > 0 && losses < found.len() {
            no.insert("variance_mixed");
        }
        if is_signed && (losses == 0 || losses < found.len()) {
            no.insert("signatures_required");
        }
        if is_reserved && (losses == 0 || losses < found.len()) {
            no.insert("container_reserved");
        }
        if losses > 0 {
            let known = found
                .iter()
                .any(|(serial, ..)| self.evidence.contains_key(serial));
            if known {
                no.insert("container_in_incident");
            }
            self.open_place(stocktake.place, &mut no);
        }
        unless(no)?;
        if losses > 0 {
            let bottles = found.iter();
            let bottles = bottles.map(|(serial, count, _)| (*serial, -count.difference));
            let discovered_at = found.iter().map(|(_, count, _)| count.at).min().unwrap();
            let bottles = bottles.collect();
            self.open_case(
                IncidentKind::SuspectedLoss,
                stocktake.place,
                discovered_at,
                bottles,
            );
        }
        let entry = self.entries;
        for (serial, count, is_loss) in found {
            self.books.settle(serial, entry);
            let bottle = self.moved(serial);
            let was_waste = bottle.gone_from == "waste";
            if bottle.status == "lost" {
                bottle.status = if was_waste { "waste" } else { "in_stock" };
                bottle.place = count.place;
            }
            let is_waste = bottle.status == "waste";
            let account = if is_waste { "waste" } else { "container" };
            bottle.amount += count.difference;
            let is_lost = count.absent && bottle.amount == 0;
            if is_lost {
                bottle.status = "lost";
            } else if bottle.status == "in_stock" && bottle.amount == 0 {
                bottle.status = "empty";
            } else if bottle.status == "empty" && bottle.amount > 0 {
                bottle.status = "in_stock";
            }
            let product = bottle.identity.product.get();
            self.post(account, product, count.difference);
            let beside = if is_loss { "lost" } else { "variance" };
            self.post(beside, product, -count.difference);
            let index = usize::try_from(id - 1).unwrap();
            let tally = self.stocktakes[index].tallies.get_mut(&serial).unwrap();
            tally.settled = Some(entry);
        }
        Ok((serials, None))
    }

    pub fn close_stocktake(
        &mut self,
        close: &CloseStocktake,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        let id = close.stocktake.get();
        let Some(stocktake) = self.open_stocktake(id, &mut no).cloned() else {
            return Err(no);
        };
        for (serial, tally) in &stocktake.tallies {
            let bottle = &self.bottles[usize::try_from(*serial - 1).unwrap()];
            let place = self.stands(bottle).then_some(bottle.place);
            let here = place.is_some_and(|at| self.around(at).contains(&stocktake.place));
            let is_open = match &tally.count {
                None => here,
                Some(count) if count.absent => here && tally.settled.is_none(),
                Some(count) => {
                    let gone = ["disposed", "in_transit", "sent", "lost", "void"];
                    if count.difference != 0
                        && tally.settled.is_none()
                        && gone.contains(&bottle.status)
                    {
                        continue;
                    }
                    let astray = count.is_astray() && !tally.put && place != Some(count.place);
                    astray || (count.difference != 0 && tally.settled.is_none())
                }
            };
            if is_open {
                no.insert("stocktake_unresolved");
            }
        }
        if stocktake.strays.values().any(|is_right| !is_right) {
            no.insert("stocktake_unresolved");
        }
        unless(no)?;
        self.stocktakes[usize::try_from(id - 1).unwrap()].closed = true;
        Ok((vec![], None))
    }

    /// Notes for the bottles of the entry just made how far back it speaks.
    pub fn note(&mut self, act: &Act) {
        let claimed = |claim: &Claim| claim.occurred_at.map(|at| Reach::Moment(at.millis()));
        let reach = match act {
            Act::Reverse(reverse) => Some(Reach::Entry(reverse.entry.get().unsigned_abs())),
            Act::Checkout(verb) => claimed(&verb.claim),
            Act::Move(verb) => claimed(&verb.claim),
            Act::Split(verb) => claimed(&verb.claim),
            Act::Mix(verb) => claimed(&verb.claim),
            Act::Waste(verb) => claimed(&verb.claim),
            Act::Dispose(verb) => claimed(&verb.disposal.claim),
            Act::Use(verb) => claimed(&verb.claim),
            Act::GiveBack(verb) => claimed(&verb.claim),
            Act::Send(verb) => claimed(&verb.claim),
            Act::Reclaim(verb) => claimed(&verb.claim),
            Act::Settle(_) | Act::Case(_) => Some(Reach::Everything),
            Act::Release(verb) => claimed(&verb.0.claim),
            Act::Found(_)
            | Act::Enrol(_)
            | Act::Secret(_)
            | Act::Appoint(_)
            | Act::Place(_)
            | Act::Product(_)
            | Act::Receive(_)
            | Act::Open(_)
            | Act::Register(_)
            | Act::StepVessel(_)
            | Act::Reprint(_)
            | Act::Accept(_)
            | Act::Begin(_)
            | Act::Scan(_)
            | Act::Close(_)
            | Act::Book(_)
            | Act::Resolve(_)
            | Act::Staff(_)
            | Act::Buy(_)
            | Act::Submit(_)
            | Act::Ask(_)
            | Act::Sign(_)
            | Act::Answer(_)
            | Act::HandOver(_) => None,
        };
        let entry = self.entries;
        for (serial, before) in &self.deed.before {
            let Some(before) = before else { continue };
            let bottle = &self.bottles[usize::try_from(*serial - 1).unwrap()];
            let is_back = before.status == "checked_out" && bottle.status != "checked_out";
            let weighed = is_back && !matches!(act, Act::Reverse(_));
            let reach = if weighed {
                Some(Reach::Everything)
            } else {
                reach
            };
            let reaches = self.reaches.entry(*serial).or_default();
            reaches.extend(reach.map(|reach| (entry, reach)));
        }
    }

    /// Whether somebody holds a role for the whole institution, or for that place.
    fn keeps(&self, person: i64, place: i64, roles: &[Role]) -> bool {
        let around = self.around(place);
        let held = self.people.get(&person).into_iter().flatten();
        let mut held = held.filter(|(role, _)| roles.contains(role));
        held.any(|(_, at)| at.is_none_or(|at| around.contains(&at)))
    }
}
