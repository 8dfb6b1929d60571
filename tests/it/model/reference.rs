//! The ledger as DESIGN and RULES tell it, written a second time: its own state, its own arithmetic,
//! its own table of states and rights. Of the product it uses only the shapes of commands and the
//! names of things.
//!
//! Where a command breaks several rules at once DESIGN does not say which one is named, so the
//! reference answers the set of them: the product must name one, and must accept when it is empty.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hazledger::domain::container::Identity;
use hazledger::domain::ids::{Generation, InstitutionId, Label, Serial};
use hazledger::domain::people::Role;
use hazledger::domain::place::Place;
use hazledger::domain::product::Product;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::verb::Claim;

use super::act::{Act, Appoint, Enrol, Secret, Sent};
use super::cases::Case;
use super::keeping::Books;
use super::purchases::{Buying, Drawing};
use super::signing::{Emergency, Pending};
use super::staff::{Colleague, Tenure};
use super::stocktakes::{Reach, Stocktake};
use super::transfers::{Coming, Going};
use super::vessels::{Poured, Vessel};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

pub type Reasons = BTreeSet<&'static str>;

/// What the sender is told of an accepted command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the entry; none where nothing but the desk changed.
    pub seq: Option<u64>,
    pub labels: Vec<String>,
    /// The number of what was made or changed.
    pub number: Option<i64>,
}

#[derive(Clone, Debug)]
pub enum Verdict {
    Accepted { answer: Answer, replayed: bool },
    Refused(Reasons),
}

#[derive(Clone, Debug)]
pub struct Bottle {
    pub identity: Identity,
    pub status: &'static str,
    pub place: i64,
    pub holder: Option<i64>,
    pub generation: i64,
    pub amount: i64,
    pub last_entry: u64,
    /// Entries that moved it and count: neither reversed nor reversals.
    pub counting: Vec<u64>,
    /// Its states and since when, as claimed; what ran empty is still in stock.
    pub turns: Vec<(&'static str, i64)>,
    /// What it was when it was lost.
    pub gone_from: &'static str,
}

/// What an entry did, for its reversal.
#[derive(Clone, Debug, Default)]
pub struct Deed {
    pub is_movement: bool,
    pub is_transfer: bool,
    pub is_reversed: bool,
    pub before: Vec<(i64, Option<Bottle>)>,
    pub posted: Vec<(&'static str, i64, i64)>,
    pub held: Vec<((u64, i64), i64)>,
    /// Vessels that it disposed of.
    pub emptied: Vec<usize>,
    /// Places of vessels that it is about.
    pub places: Vec<i64>,
    /// What it drew off permits and orders.
    pub drawing: Option<Drawing>,
}

#[derive(Clone, Debug)]
pub struct Held {
    pub holder: i64,
    pub amount: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Hospital {
    pub is_founded: bool,
    pub founded_at: i64,
    pub recorded_at: i64,
    pub entries: u64,
    pub tries: u64,
    /// The moment at which the command being judged is decided.
    pub now: i64,
    pub colleagues: BTreeMap<i64, Colleague>,
    pub tenures: Vec<Tenure>,
    /// Name, and whether it is closed.
    pub departments: BTreeMap<i64, (String, bool)>,
    pub badges: BTreeMap<i64, String>,
    /// What everybody is at this moment.
    pub people: BTreeMap<i64, Vec<(Role, Option<i64>)>>,
    /// Who has set a secret.
    pub secrets: BTreeSet<i64>,
    pub places: BTreeMap<i64, Place>,
    pub products: BTreeMap<i64, Product>,
    /// Serial 1 stands at index 0.
    pub bottles: Vec<Bottle>,
    pub held: BTreeMap<(u64, i64), Held>,
    /// When what is held was taken, by checkout.
    pub taken_at: BTreeMap<u64, i64>,
    pub accounts: BTreeMap<(&'static str, i64), i128>,
    pub stocktakes: Vec<Stocktake>,
    pub vessels: Vec<Vessel>,
    pub poured: Vec<Poured>,
    pub books: Books,
    pub cases: Vec<Case>,
    /// Bottles of open incidents, and which: nothing is taken from them.
    pub evidence: BTreeMap<i64, i64>,
    pub buying: Buying,
    pub requests: BTreeMap<i64, Pending>,
    /// The request that is made or posted now.
    pub request: Option<i64>,
    pub emergencies: BTreeMap<u64, Emergency>,
    /// Entries, and of which period.
    pub submissions: Vec<(u64, String)>,
    /// The command being judged makes no entry.
    pub deskwork: bool,
    /// Entries that speak of an earlier time, by the bottles that they touched.
    pub reaches: BTreeMap<i64, Vec<(u64, Reach)>>,
    pub deeds: Vec<Rc<Deed>>,
    /// What the entry being made does.
    pub deed: Deed,
    /// What was sent, by its entry.
    pub going: BTreeMap<u64, Going>,
    /// What was announced, by its sender and the sender's entry.
    pub coming: BTreeMap<(i64, u64), Coming>,
}

#[derive(Clone, Debug, Default)]
pub struct Reference {
    pub clock: i64,
    pub hospitals: BTreeMap<i64, Hospital>,
    pub answers: BTreeMap<(i64, i64, u64), (String, Answer)>,
    /// What the outbox has carried.
    pub delivered: usize,
    /// Which of the batches is being judged.
    pub batch: u64,
}

impl Reference {
    pub fn starting_at(clock: i64) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// What must come of a command, and what it changes.
    pub fn judge(&mut self, sent: &Sent) -> Verdict {
        let hospital = self.hospitals.entry(sent.institution).or_default();
        hospital.tries += 1;
        let body = format!("{:?}", sent.act);
        let key = sent.key.map(|key| (sent.institution, sent.person, key));
        if let Some((first, answer)) = key.and_then(|key| self.answers.get(&key)) {
            return if *first == body {
                Verdict::Accepted {
                    answer: answer.clone(),
                    replayed: true,
                }
            } else {
                Verdict::Refused(Reasons::from(["idempotency_key_reused"]))
            };
        }
        let now = self.clock.max(hospital.recorded_at);
        hospital.refresh(now);
        let mut no = Reasons::new();
        if !hospital.may(sent.person, &sent.act) {
            no.insert("not_permitted");
        }
        let before = hospital.is_bound(sent).then(|| hospital.clone());
        let moment = (self.clock, self.batch);
        let done = if let Act::Ask(ask) = &sent.act {
            hospital.ask(sent, ask, self.batch, no)
        } else if let Act::Sign(signs) = &sent.act {
            hospital.sign(sent, signs, moment)
        } else if let Act::Answer(answers) = &sent.act {
            hospital.answer_for(answers, moment)
        } else {
            hospital.perform(sent, &sent.act, no)
        };
        hospital.request = None;
        let is_desk = std::mem::take(&mut hospital.deskwork);
        let (serials, number) = match done {
            Ok(done) => done,
            Err(no) => return Verdict::Refused(no),
        };
        if let Some(before) = before
            && !hospital.may_there(sent.person, &sent.act, &serials)
        {
            *hospital = before;
            return Verdict::Refused(Reasons::from(["not_permitted"]));
        }
        let answer = Answer {
            seq: (!is_desk).then_some(hospital.entries),
            labels: serials
                .iter()
                .map(|serial| hospital.label(sent.institution, *serial).to_string())
                .collect(),
            number,
        };
        if !is_desk {
            let act = if let Act::Sign(signs) = &sent.act {
                &*signs.what
            } else {
                &sent.act
            };
            hospital.written_by(act, now);
        }
        if let Some(key) = key {
            self.answers.insert(key, (body, answer.clone()));
        }
        Verdict::Accepted {
            answer,
            replayed: false,
        }
    }

    /// Whether a scan of this label by its own institution finds a bottle, and what is in it.
    pub fn scan(&self, institution: i64, label: Label) -> Result<i64, Reasons> {
        let hospital = &self.hospitals[&institution];
        hospital
            .bottle(institution, label)
            .map(|bottle| bottle.amount)
            .map_err(|reason| Reasons::from([reason]))
    }
}

/// The containers touched, and the number given.
pub type Done = (Vec<i64>, Option<i64>);

/// Nothing, when no rule is broken.
pub fn unless(no: Reasons) -> Result<(), Reasons> {
    if no.is_empty() { Ok(()) } else { Err(no) }
}

/// Days since 1970 in China, which is eight hours ahead.
pub fn china_day(now: i64) -> i64 {
    (now + 8 * HOUR).div_euclid(DAY)
}

pub fn day_number(date: chrono::NaiveDate) -> i64 {
    (date - chrono::NaiveDate::default()).num_days()
}

/// Classes under 双人收发、双人保管 (RULES §5.1), all of them before the histories begin.
pub fn is_dual(class: ControlClass) -> bool {
    use ControlClass as C;
    [
        C::HighlyToxic,
        C::ExplosivePrecursor,
        C::Narcotic,
        C::Psychotropic1,
        C::DrugPrecursor1,
        C::DrugPrecursor1Medicinal,
    ]
    .contains(&class)
}

/// Dual classes of the product on that day.
pub fn dual_classes(product: &Product, now: i64) -> Vec<ControlClass> {
    let day = china_day(now);
    let holds = |line: &&hazledger::domain::product::ClassLine| {
        day_number(line.from) <= day && line.until.is_none_or(|end| day < day_number(end))
    };
    let classes = product.classes.iter().filter(holds).map(|line| line.class);
    classes.filter(|class| is_dual(*class)).collect()
}

pub fn claim(claim: &Claim, now: i64, no: &mut Reasons) {
    let Some(occurred) = claim.occurred_at.map(|time| time.millis()) else {
        return;
    };
    if occurred > now {
        no.insert("occurred_in_future");
    }
    if now - occurred > DAY && claim.late.is_none() {
        no.insert("late_reason_missing");
    }
}

/// What a bottle is while its content comes and goes.
fn kept(status: &'static str) -> &'static str {
    if status == "empty" {
        "in_stock"
    } else {
        status
    }
}

impl Hospital {
    /// What an act does, if nothing forbids it.
    pub fn perform(&mut self, sent: &Sent, act: &Act, no: Reasons) -> Result<Done, Reasons> {
        let (institution, now) = (sent.institution, self.now);
        match act {
            Act::Found(found) => self.found(found, now, no),
            Act::Enrol(Enrol(person)) => {
                self.comes(&super::act::newcomer(*person, institution));
                Ok((vec![], Some(person.get())))
            }
            Act::Secret(Secret(person)) => {
                self.secrets.insert(person.get());
                Ok((vec![], None))
            }
            Act::Appoint(Appoint(appointment)) => {
                self.tenures.push(Tenure::of(appointment, self.entries, 0));
                Ok((vec![], None))
            }
            Act::Place(set) => self.set_place(set, now, no),
            Act::Product(set) => self.set_product(set, no),
            Act::Receive(receive) => self.receive(receive, now, no),
            Act::Open(open) => self.open(open, now, no),
            Act::Checkout(checkout) => self.checkout(institution, checkout, now, no),
            Act::Release(release) => self.release(institution, release, no),
            Act::Move(moved) => self.move_to(institution, moved, now, no),
            Act::Split(split) => self.split(sent, split, now, no),
            Act::Mix(mix) => self.mix(sent, mix, now, no),
            Act::Register(register) => self.register(register, now, no),
            Act::StepVessel(step) => self.step(institution, step, now, no),
            Act::Waste(waste) => self.waste(institution, waste, now, no),
            Act::Dispose(dispose) => self.dispose(sent, dispose, now, no),
            Act::Send(sending) => self.send(institution, sending, now, no),
            Act::Accept(accept) => self.accept(accept, now, no),
            Act::Reclaim(reclaim) => self.reclaim(institution, reclaim, now, no),
            Act::Use(used) => self.use_up(sent, used, now, no),
            Act::GiveBack(returned) => self.give_back(sent, returned, now, no),
            Act::Reverse(reverse) => self.reverse(reverse, now, no),
            Act::Reprint(reprint) => self.reprint(institution, reprint, no),
            Act::Begin(begin) => self.begin((sent.person, now), begin, no),
            Act::Scan(scan) => self.scan((institution, sent.person), scan, now, no),
            Act::Resolve(resolve) => self.resolve((institution, sent.person), resolve, no),
            Act::Settle(variance) => self.settle(institution, variance, now, no),
            Act::Close(close) => self.close_stocktake(close, no),
            Act::Book(book) => self.book(sent, book, now, no),
            Act::HandOver(hand) => self.hand_over(institution, hand, now, no),
            Act::Staff(act) => self.staff(sent, act, now, no),
            Act::Buy(act) => self.buy(sent, act, now, no),
            Act::Case(act) => self.incident(institution, act, now, no),
            Act::Submit(submit) => self.submit(submit, now, no),
            Act::Ask(_) | Act::Sign(_) | Act::Answer(_) => panic!("nobody signs for a signature"),
        }
    }

    /// The entry of an act is written.
    fn written_by(&mut self, act: &Act, now: i64) {
        let at = act.claim().and_then(|claim| claim.occurred_at);
        self.turn(at.map_or(now, |at| at.millis()));
        self.deed.is_movement = matches!(
            act,
            Act::Receive(_)
                | Act::Open(_)
                | Act::Checkout(_)
                | Act::Release(_)
                | Act::Move(_)
                | Act::Split(_)
                | Act::Mix(_)
                | Act::Waste(_)
                | Act::Dispose(_)
                | Act::Use(_)
                | Act::GiveBack(_)
        );
        self.note(act);
        self.deeds.push(Rc::new(std::mem::take(&mut self.deed)));
        self.entries += 1;
        self.recorded_at = now;
    }

    /// Whether something can have happened to a bottle, or to a part that a checkout took out of it, when
    /// it is claimed to have, and without signatures.
    pub fn could_happen(
        &self,
        claim: &Claim,
        bottle: Option<(&Bottle, Option<u64>)>,
        no: &mut Reasons,
    ) {
        let Some(then) = claim.occurred_at.map(|time| time.millis()) else {
            return;
        };
        if then < self.founded_at {
            no.insert("occurred_before_founding");
        }
        let Some((bottle, part)) = bottle else { return };
        let was = bottle.turns.iter().rev().find(|(_, at)| *at <= then);
        let could = match part {
            Some(checkout) => was.is_some() && self.taken_at[&checkout] <= then,
            None => was.is_some_and(|(was, _)| *was == kept(bottle.status)),
        };
        if !could {
            no.insert("occurred_too_early");
        }
        self.signed_for(bottle, then, no);
    }

    /// Keeps since when the bottles of the entry being made are as they are.
    fn turn(&mut self, at: i64) {
        for (serial, before) in self.deed.before.clone() {
            let bottle = self.bottle_mut(serial);
            if let Some(before) = before.filter(|before| before.status != bottle.status) {
                bottle.gone_from = before.status;
            }
            let now = kept(bottle.status);
            if bottle.turns.last().is_none_or(|(was, _)| *was != now) {
                bottle.turns.push((now, at));
            }
        }
        self.taken_at.insert(self.entries, at);
    }

    pub fn label(&self, institution: i64, serial: i64) -> Label {
        let generation = usize::try_from(serial - 1)
            .ok()
            .and_then(|index| self.bottles.get(index))
            .map_or(0, |bottle| bottle.generation);
        label(institution, serial, generation)
    }

    pub fn bottle(&self, institution: i64, scanned: Label) -> Result<&Bottle, &'static str> {
        let index = usize::try_from(scanned.serial().get() - 1).unwrap();
        match self.bottles.get(index) {
            Some(bottle) if scanned.institution().get() == institution => {
                match scanned.generation().get() - bottle.generation {
                    0 => Ok(bottle),
                    1.. => Err("label_unknown"),
                    _ => Err("label_replaced"),
                }
            }
            _ => Err("label_unknown"),
        }
    }

    pub fn bottle_mut(&mut self, serial: i64) -> &mut Bottle {
        &mut self.bottles[usize::try_from(serial - 1).unwrap()]
    }

    pub fn around(&self, place: i64) -> Vec<i64> {
        let mut around = vec![place];
        let mut at = place;
        while let Some(up) = self.places.get(&at).and_then(|place| place.parent) {
            at = up.get();
            around.push(at);
        }
        around
    }

    /// Whether containers may be put at a place.
    pub fn can_stand(&self, place: i64, product: Option<&Product>, now: i64, no: &mut Reasons) {
        match self.places.get(&place) {
            None => {
                no.insert("place_unknown");
                return;
            }
            Some(found) if found.closed => {
                no.insert("place_closed");
            }
            Some(_) => {}
        }
        let around = self.around(place);
        let dual = product.map_or(vec![], |product| dual_classes(product, now));
        for class in &dual {
            let permits = |at: &i64| self.places[at].permitted.contains(class);
            if !around.iter().any(permits) {
                no.insert("class_not_permitted");
            }
        }
        let custodians = self.custodians(&around).len();
        if !dual.is_empty() && custodians < 2 {
            no.insert("custodians_missing");
        }
    }

    /// A bottle that the entry being made moves.
    pub fn moved(&mut self, serial: i64) -> &mut Bottle {
        let seq = self.entries;
        let before = self.bottle_mut(serial).clone();
        self.deed.before.push((serial, Some(before)));
        let bottle = self.bottle_mut(serial);
        bottle.last_entry = seq;
        bottle.counting.push(seq);
        bottle
    }

    pub fn hold(&mut self, key: (u64, i64), holder: i64, amount: i64) {
        self.deed.held.push((key, amount));
        let held = self.held.entry(key).or_insert(Held { holder, amount: 0 });
        held.amount += amount;
    }

    /// Takes something out of what somebody holds, or out of the bottle.
    pub fn take(&mut self, serial: i64, product: i64, amount: i64, held: Option<&(u64, i64)>) {
        let bottle = self.moved(serial);
        if let Some(key) = held {
            let holder = self.held[key].holder;
            self.hold(*key, holder, -amount);
            self.post("held", product, -amount);
        } else {
            bottle.amount -= amount;
            if bottle.amount == 0 && bottle.status == "in_stock" {
                bottle.status = "empty";
            }
            self.post("container", product, -amount);
        }
    }

    pub fn post(&mut self, account: &'static str, product: i64, amount: i64) {
        self.deed.posted.push((account, product, amount));
        *self.accounts.entry((account, product)).or_default() += i128::from(amount);
    }
}

pub fn label(institution: i64, serial: i64, generation: i64) -> Label {
    Label::new(
        InstitutionId::try_from(institution).unwrap(),
        Serial::try_from(serial).unwrap(),
        Generation::try_from(generation).unwrap(),
    )
}
