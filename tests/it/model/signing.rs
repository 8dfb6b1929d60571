//! What is signed for: requests, what they hold back, signatures, emergency releases; the rules, and how
//! they are invented.

use std::collections::{BTreeMap, BTreeSet};

use hazledger::domain::container::Identity;
use hazledger::domain::ids::RequestId;
use hazledger::domain::ledger::Part;
use hazledger::domain::people::Role;
use hazledger::domain::request::Proposal;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::verb::{Release, Request, Verb};

use super::act::{Act, Sent};
use super::reference::{Bottle, Done, Hospital, Reasons, dual_classes, unless};

const DAY: i64 = 24 * 3_600_000;
/// Between the first signature and the last.
const WINDOW: i64 = 300_000;

/// Somebody asks for signatures on what is to be done.
#[derive(Clone, Debug)]
pub struct Ask {
    pub id: i64,
    pub what: Box<Act>,
}

/// People sign a request.
#[derive(Clone, Debug)]
pub struct Signs {
    pub request: i64,
    pub what: Box<Act>,
    pub by: Vec<(i64, Part)>,
}

/// People answer for an emergency release.
#[derive(Clone, Debug)]
pub struct Answers {
    pub entry: u64,
    pub by: Vec<(i64, Part)>,
}

/// What a movement comes to: the bottles before and after, what is new, what is posted, what else stands
/// in its entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Does {
    pub lines: Vec<(i64, Standing, u64, Standing)>,
    pub new: Vec<(Identity, i64, i64)>,
    pub posted: Vec<(&'static str, i64, i64)>,
    pub beside: String,
}

type Standing = (&'static str, i64, Option<i64>, i64, i64);

/// A request that was made.
#[derive(Clone, Debug)]
pub struct Pending {
    pub what: Act,
    pub applicant: i64,
    /// With which commands it was sent.
    pub batch: u64,
    pub does: Does,
    /// What it holds back.
    pub reserved: BTreeMap<i64, i64>,
    pub expires_at: i64,
    pub state: &'static str,
    /// Who signed as what, and when.
    pub signed: Vec<(i64, Part, i64)>,
}

/// What went out under one signature.
#[derive(Clone, Debug)]
pub struct Emergency {
    pub place: i64,
    pub parties: BTreeSet<i64>,
    pub countersigned: BTreeSet<i64>,
    pub settled: Option<i64>,
    pub batch: u64,
}

/// Reasons for which the stock is said to have moved on.
const MOVED_ON: [&str; 10] = [
    "container_state",
    "not_enough",
    "label_replaced",
    "nothing_checked_out",
    "checkout_ambiguous",
    "returned_more_than_held",
    "already_reversed",
    "later_entries_exist",
    "already_there",
    "not_returning",
];

fn refused<T>(reason: &'static str) -> Result<T, Reasons> {
    Err(Reasons::from([reason]))
}

fn standing(bottle: &Bottle) -> Standing {
    let Bottle {
        status,
        place,
        holder,
        generation,
        amount,
        ..
    } = bottle;
    (status, *place, *holder, *generation, *amount)
}

impl Ask {
    pub fn verb(&self) -> Box<dyn Verb> {
        Box::new(Request {
            id: RequestId::try_from(self.id).unwrap(),
            proposal: proposal(&self.what),
            nonce: format!("{:032x}", self.id),
        })
    }
}

pub fn proposal(act: &Act) -> Proposal {
    let proposed = proposed(act.clone());
    proposed.unwrap_or_else(|| panic!("nobody signs for {act:?}"))
}

fn proposed(act: Act) -> Option<Proposal> {
    let proposal = match act {
        Act::Checkout(verb) => Proposal::Checkout(verb),
        Act::Release(verb) => Proposal::Release(verb),
        Act::Receive(verb) => Proposal::Receive(verb),
        Act::Open(verb) => Proposal::Open(verb),
        Act::Move(verb) => Proposal::Move(verb),
        Act::Use(verb) => Proposal::Use(verb),
        Act::GiveBack(verb) => Proposal::GiveBack(verb),
        Act::Reverse(verb) => Proposal::Reverse(verb),
        Act::Split(verb) => Proposal::Split(verb),
        Act::Waste(verb) => Proposal::Waste(verb),
        Act::Send(verb) => Proposal::Send(verb),
        Act::Accept(verb) => Proposal::Accept(verb),
        Act::Reclaim(verb) => Proposal::Reclaim(verb),
        Act::Settle(verb) => Proposal::Variance(verb),
        Act::HandOver(verb) => Proposal::Handover(verb),
        Act::Found(_)
        | Act::Enrol(_)
        | Act::Secret(_)
        | Act::Appoint(_)
        | Act::Place(_)
        | Act::Product(_)
        | Act::Mix(_)
        | Act::Register(_)
        | Act::StepVessel(_)
        | Act::Dispose(_)
        | Act::Reprint(_)
        | Act::Begin(_)
        | Act::Scan(_)
        | Act::Close(_)
        | Act::Book(_)
        | Act::Resolve(_)
        | Act::Staff(_)
        | Act::Buy(_)
        | Act::Case(_)
        | Act::Submit(_)
        | Act::Ask(_)
        | Act::Sign(_)
        | Act::Answer(_) => return None,
    };
    Some(proposal)
}

impl Hospital {
    /// What is signed for needs signatures, unless they are being given.
    pub fn signed_for(&self, bottle: &Bottle, moment: i64, no: &mut Reasons) {
        let product = &self.products[&bottle.identity.product.get()];
        if !dual_classes(product, moment).is_empty() {
            self.unsigned("signatures_required", no);
        }
    }

    pub fn unsigned(&self, reason: &'static str, no: &mut Reasons) {
        if self.request.is_none() {
            no.insert(reason);
        }
    }

    /// What the requests of others hold back of a bottle at this moment.
    fn reserved(&self, serial: i64) -> i64 {
        let others = self.requests.iter();
        let others =
            others.filter(|(id, one)| self.request != Some(**id) && self.now < one.expires_at);
        others
            .filter_map(|(_, one)| one.reserved.get(&serial))
            .sum()
    }

    pub fn unreserved(&self, serial: i64, no: &mut Reasons) {
        if self.reserved(serial) > 0 {
            no.insert("container_reserved");
        }
    }

    /// What of a bottle can be taken.
    pub fn free(&self, serial: i64) -> i64 {
        let amount = self.bottles[usize::try_from(serial - 1).unwrap()].amount;
        (amount - self.reserved(serial)).max(0)
    }

    /// What the entry being made comes to.
    fn does(&self, act: &Act) -> Does {
        let mut does = Does {
            posted: self.deed.posted.clone(),
            ..Does::default()
        };
        for (serial, before) in &self.deed.before {
            let now = &self.bottles[usize::try_from(serial - 1).unwrap()];
            if let Some(before) = before {
                let was = (standing(before), before.last_entry);
                does.lines.push((*serial, was.0, was.1, standing(now)));
            } else {
                does.new.push((now.identity.clone(), now.amount, now.place));
            }
        }
        if let Act::Send(_) = act {
            // The classes and names of what is sent stand in its entry.
            does.beside = self.going[&self.entries].said();
        } else if let Act::HandOver(hand) = act {
            does.beside = format!("{:?}", self.out_of(hand.place.get()));
        }
        does
    }

    /// Whether anything in the entry being made is signed for.
    fn is_controlled(&self, act: &Act) -> bool {
        let then = act.claim().and_then(|claim| claim.occurred_at);
        let days = [Some(self.now), then.map(|then| then.millis())];
        let touched = self.deed.before.iter().any(|(serial, _)| {
            let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
            let product = &self.products[&bottle.identity.product.get()];
            let mut days = days.into_iter().flatten();
            days.any(|day| !dual_classes(product, day).is_empty())
        });
        let announced = if let Act::Accept(accept) = act {
            let key = (accept.from.get(), accept.entry.get().unsigned_abs());
            self.coming.get(&key).is_some_and(|coming| coming.is_dual())
        } else {
            false
        };
        touched || announced
    }

    /// Whether an act may go under one signature: no 剧毒, no 易制爆 (RULES §5.1).
    pub fn may_be_released(&self, serial: i64) -> bool {
        let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
        let product = &self.products[&bottle.identity.product.get()];
        let strict = [ControlClass::HighlyToxic, ControlClass::ExplosivePrecursor];
        let classes = dual_classes(product, self.now);
        !classes.iter().any(|class| strict.contains(class))
    }

    fn needed(&self, act: &Act) -> Vec<(Part, usize)> {
        let count = if self.is_controlled(act) { 2 } else { 0 };
        let is_loss = self.deed.posted.iter().any(|one| one.0 == "lost");
        if matches!(act, Act::Receive(_) | Act::Open(_) | Act::Accept(_)) {
            vec![(Part::Acceptor, count)]
        } else if matches!(act, Act::HandOver(_)) {
            vec![(Part::HandsOver, 1), (Part::TakesOver, 1)]
        } else if matches!(act, Act::Settle(_)) && is_loss {
            // A suspected loss waits for nobody.
            vec![]
        } else {
            let keepers = if matches!(act, Act::Release(_)) { 1 } else { 2 };
            vec![(Part::Issuer, keepers.min(count))]
        }
    }

    /// Who receives, or accepts, in the entry being made.
    fn receivers(&self, act: &Act, applicant: i64) -> Vec<i64> {
        let first = self.deed.before.first();
        let before = first.and_then(|(_, before)| before.as_ref());
        let part = self.deed.held.first().map(|(key, _)| self.held[key].holder);
        let holder = part.or(before.and_then(|before| before.holder));
        if let Act::Checkout(checkout) | Act::Release(Release(checkout)) = act {
            vec![checkout.receiver.get()]
        } else if let Act::Use(_) = act {
            vec![holder.unwrap_or(applicant)]
        } else if let Act::GiveBack(_) = act {
            holder.into_iter().collect()
        } else {
            act.acceptors().iter().map(|one| one.get()).collect()
        }
    }

    /// Custodians of every place that something is taken from, or comes to.
    fn keepers_of_all(&self, act: &Act) -> BTreeSet<i64> {
        let comes = matches!(act, Act::GiveBack(_) | Act::Reclaim(_));
        let places: BTreeSet<i64> = self
            .deed
            .before
            .iter()
            .map(|(serial, before)| match before {
                Some(before) if !comes => before.place,
                Some(_) | None => self.bottles[usize::try_from(serial - 1).unwrap()].place,
            })
            .collect();
        let custodians = places
            .iter()
            .map(|place| self.custodians(&self.around(*place)));
        let common = custodians.reduce(|one, other| &one & &other);
        common.unwrap_or_default()
    }

    pub fn ask(
        &mut self,
        sent: &Sent,
        ask: &Ask,
        batch: u64,
        no: Reasons,
    ) -> Result<Done, Reasons> {
        unless(no)?;
        let mut before = self.clone();
        self.request = Some(ask.id);
        let tried = self.perform(sent, &ask.what, Reasons::new());
        let planned = tried.map(|_| (self.does(&ask.what), self.needed(&ask.what)));
        before.deskwork = true;
        *self = before;
        let (does, needed) = planned?;
        if needed.iter().all(|(_, count)| *count == 0) {
            return Err(Reasons::from(["signing_not_needed"]));
        }
        let mut reserved = BTreeMap::new();
        for (serial, was, _, then) in &does.lines {
            let how = |one: &Standing| (one.0, one.1, one.2);
            let back = if how(was) == how(then) {
                was.4 - then.4
            } else {
                was.4
            };
            if back > 0 {
                reserved.insert(*serial, back);
            }
        }
        let pending = Pending {
            what: (*ask.what).clone(),
            applicant: sent.person,
            batch,
            does,
            reserved,
            expires_at: self.now + DAY,
            state: "reserved",
            signed: Vec::new(),
        };
        self.requests.insert(ask.id, pending);
        Ok((vec![], Some(ask.id)))
    }

    /// Whether somebody may sign now at all.
    fn signs(&self, by: i64, no: &mut Reasons) {
        if self.in_office(by, no) && !self.secrets.contains(&by) {
            no.insert("sign_in_refused");
        }
    }

    pub fn sign(
        &mut self,
        sent: &Sent,
        signs: &Signs,
        (clock, batch): (i64, u64),
    ) -> Result<Done, Reasons> {
        let Some(pending) = self.requests.get(&signs.request).cloned() else {
            return refused("request_unknown");
        };
        if !["reserved", "signed_in_part"].contains(&pending.state) {
            return refused("request_closed");
        }
        if self.now >= pending.expires_at {
            return refused("request_expired");
        }
        // Who signs has seen it.
        if pending.batch == batch {
            return refused("request_changed");
        }
        let before = self.clone();
        self.request = Some(signs.request);
        let applicant = Sent {
            person: pending.applicant,
            ..sent.clone()
        };
        let done = self.perform(&applicant, &pending.what, Reasons::new());
        let done = done.map_err(|reasons| {
            let said = |reason| {
                if MOVED_ON.contains(&reason) {
                    "request_outdated"
                } else {
                    reason
                }
            };
            reasons.into_iter().map(said).collect()
        });
        let outcome = done.and_then(|done| {
            if self.does(&pending.what) != pending.does {
                return refused("request_outdated");
            }
            let all = self.together(&pending, &signs.by, clock)?;
            Ok((done, all))
        });
        let (done, all) = match outcome {
            Ok(outcome) => outcome,
            Err(reasons) => {
                *self = before;
                return Err(reasons);
            }
        };
        let needed = self.needed(&pending.what);
        let lacks = needed.iter().any(|(part, needed)| {
            all.iter().filter(|(_, given, _)| given == part).count() < *needed
        });
        if lacks {
            *self = before;
            let request = self.requests.get_mut(&signs.request).unwrap();
            (request.state, request.signed) = ("signed_in_part", all);
            self.deskwork = true;
            return Ok((vec![], Some(signs.request)));
        }
        let times = || all.iter().map(|(.., at)| at);
        if times()
            .max()
            .zip(times().min())
            .is_some_and(|(last, first)| last - first > WINDOW)
        {
            *self = before;
            return refused("signature_window");
        }
        if let Act::Release(Release(checkout)) = &pending.what {
            let signers = all.iter().map(|(by, ..)| *by);
            let place = self.bottle_mut(checkout.label.serial().get()).place;
            let emergency = Emergency {
                place,
                parties: signers.chain([checkout.receiver.get()]).collect(),
                countersigned: BTreeSet::new(),
                settled: None,
                batch,
            };
            self.emergencies.insert(self.entries, emergency);
        }
        self.request = None;
        let request = self.requests.get_mut(&signs.request).unwrap();
        (request.state, request.signed) = ("posted", all);
        request.reserved.clear();
        let moved: BTreeSet<i64> = pending.does.lines.iter().map(|line| line.0).collect();
        for other in self.requests.values_mut() {
            if other.reserved.keys().any(|serial| moved.contains(serial)) {
                other.reserved.clear();
                other.state = "expired";
            }
        }
        Ok(done)
    }

    /// The signatures that count, old and new.
    fn together(
        &self,
        pending: &Pending,
        new: &[(i64, Part)],
        clock: i64,
    ) -> Result<Vec<(i64, Part, i64)>, Reasons> {
        let mut no = Reasons::new();
        let act = &pending.what;
        let receivers = self.receivers(act, pending.applicant);
        let keepers = self.keepers_of_all(act);
        let is_dual = self.is_controlled(act);
        let comes_in = matches!(act, Act::Receive(_) | Act::Open(_) | Act::Accept(_));
        let hand = if let Act::HandOver(hand) = act {
            let by = hand.by.unwrap_or(hand.from);
            Some((by.get(), hand.to.get()))
        } else {
            None
        };
        let allowed = |by: i64, part: Part, no: &mut Reasons| {
            let received = receivers.contains(&by);
            let keeps = keepers.contains(&by);
            let may = match part {
                Part::Issuer if received && is_dual => {
                    no.insert("same_person_twice");
                    return;
                }
                Part::Issuer => hand.is_none() && !comes_in && keeps,
                Part::Receiver => !comes_in && received,
                Part::Acceptor => comes_in && received,
                Part::HandsOver => keeps && hand.is_some_and(|(from, _)| from == by),
                Part::TakesOver => keeps && hand.is_some_and(|(_, to)| to == by),
                Part::Witness | Part::Approver => false,
            };
            if !may {
                no.insert("not_a_signer");
            }
        };
        let latest = pending.signed.iter().map(|one| one.2);
        let latest = latest.chain((!new.is_empty()).then_some(clock)).max();
        let mut all: Vec<(i64, Part, i64)> = Vec::new();
        for (by, part, at) in &pending.signed {
            let mut not = Reasons::new();
            self.signs(*by, &mut not);
            allowed(*by, *part, &mut not);
            if not.is_empty() && latest.is_none_or(|latest| latest <= at + WINDOW) {
                all.push((*by, *part, *at));
            }
        }
        for (by, part) in new {
            if all.iter().any(|one| one.0 == *by) {
                no.insert("already_signed");
            }
            self.signs(*by, &mut no);
            allowed(*by, *part, &mut no);
            all.push((*by, *part, clock));
        }
        unless(no)?;
        Ok(all)
    }

    pub fn answer_for(
        &mut self,
        answers: &Answers,
        (clock, batch): (i64, u64),
    ) -> Result<Done, Reasons> {
        let mut no = Reasons::new();
        let Some(emergency) = self.emergencies.get(&answers.entry).cloned() else {
            return Err(Reasons::from(["emergency_unknown"]));
        };
        if emergency.settled.is_some() {
            no.insert("already_countersigned");
        }
        if answers.by.is_empty() {
            no.insert("signatures_missing");
        }
        // Who answers has seen the entry.
        if emergency.batch == batch && no.is_empty() {
            no.insert("emergency_changed");
        }
        let custodians = self.custodians(&self.around(emergency.place));
        let mut signed = emergency.countersigned.clone();
        for (by, part) in &answers.by {
            if emergency.parties.contains(by) {
                no.insert("same_person_twice");
            }
            if !signed.insert(*by) {
                no.insert("already_signed");
            }
            let may = self.holds(*by, &[Role::Head, Role::Safety]) || custodians.contains(by);
            if !may || *part != Part::Approver {
                no.insert("not_a_signer");
            }
            self.signs(*by, &mut no);
        }
        unless(no)?;
        let emergency = self.emergencies.get_mut(&answers.entry).unwrap();
        if signed.len() >= 2 {
            emergency.settled = Some(clock.max(self.now));
        }
        emergency.countersigned = signed;
        Ok((vec![], None))
    }

    pub fn signing_lines(&self, id: i64, lines: &mut Vec<String>) {
        for (number, request) in &self.requests {
            lines.push(format!("request|{id}|{number}|{}", request.state));
            for (serial, amount) in &request.reserved {
                lines.push(format!("reserved|{id}|{number}|{serial}|{amount}"));
            }
        }
        for (entry, one) in &self.emergencies {
            let settled = one.settled.map_or("-".to_owned(), |at| at.to_string());
            lines.push(format!("emergency|{id}|{entry}|{}|{settled}", one.place));
        }
    }
}
