//! Histories out of a seed: mostly sensible, often hurried, sometimes wrong.

use hazledger::domain::ids::{DepartmentId, Label, PlaceId, Seq};
use hazledger::domain::ledger::Late;
use hazledger::domain::people::Assignment;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::time::Time;
use hazledger::domain::verb::{
    Assign, Checkout, Claim, GiveBack, Measure, Move, Open, Reprint, Reverse, SetDepartment,
    SetProduct, Source, Take, Use,
};

use super::act::{Act, Enrol, Secret, Sent, Step};
use super::chance::Chance;
use super::hospital::{custodian, found, head, person, places, products, staff};
use super::reference::{Bottle, Hospital, Reference, label};
use super::staff::StaffAct;
use super::stocking::set_place;
use crate::harness::server::START;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Who writes a history.
pub struct Author {
    pub chance: Chance,
    reference: Reference,
    sent: Vec<Sent>,
}

/// A history of so many commands, of which at most so many are sent at once.
pub fn history(seed: u64, commands: usize, most_at_once: usize) -> Vec<Step> {
    let mut author = Author {
        chance: Chance(seed),
        reference: Reference::starting_at(START.parse::<Time>().unwrap().millis()),
        sent: Vec::new(),
    };
    let mut steps = Vec::new();
    for institution in [1, 2] {
        steps.extend(author.hospital(institution));
    }
    let mut has_restarted = false;
    while author.sent.len() < commands {
        if !has_restarted && author.sent.len() > commands / 2 {
            has_restarted = true;
            steps.push(Step::Restart);
        }
        steps.push(author.pass());
        let left = commands - author.sent.len();
        let size = 1 + author.chance.below(most_at_once.min(left));
        // In a hurry several people reach for the same bottle.
        let hot = author.chance.percent(50).then(|| author.chance.next());
        author.reference.batch += 1;
        let batch = (0..size).map(|_| author.send(hot)).collect();
        steps.push(Step::Together(batch));
        if author.chance.percent(40) {
            author.reference.deliver();
            steps.push(Step::Deliver);
        }
    }
    steps
}

impl Author {
    fn say(&mut self, sent: Sent) -> Sent {
        self.reference.judge(&sent);
        self.sent.push(sent.clone());
        sent
    }

    /// Found, custodians, places and products: one step, in order.
    fn hospital(&mut self, institution: i64) -> Vec<Step> {
        let mut acts = vec![Act::Found(found(institution))];
        acts.extend([4, 5, 6].map(|id| Act::Enrol(Enrol(person(id)))));
        acts.extend([4, 5].map(|id| Act::Appoint(staff(id))));
        acts.push(Act::Appoint(head(5)));
        acts.extend([2, 3, 4, 5, 6].map(|id| Act::Secret(Secret(person(id)))));
        acts.extend(places().map(|place| Act::Place(set_place(None, place))));
        acts.extend([2, 3, 6].map(|person| Act::Appoint(custodian(person, 2))));
        acts.push(Act::Appoint(custodian(3, 1)));
        acts.extend(products().map(|product| Act::Product(SetProduct { id: None, product })));
        acts.push(Act::Staff(StaffAct::Department(SetDepartment {
            id: None,
            name: "检验科".to_owned(),
            closed: false,
        })));
        acts.extend([4, 5].map(|id| {
            Act::Staff(StaffAct::Assign(Assign(Assignment {
                person: person(id),
                department: Some(DepartmentId::MIN),
            })))
        }));
        self.reference.batch += 1;
        let batch = acts.into_iter().map(|act| {
            self.say(Sent {
                institution,
                person: if matches!(act, Act::Staff(_)) { 1 } else { 2 },
                key: None,
                act,
            })
        });
        vec![Step::Together(batch.collect())]
    }

    fn pass(&mut self) -> Step {
        let milliseconds = match self.chance.below(80) {
            0 => DAY,
            1 => self.chance.pick(&[7, 7, 31]) * DAY,
            2 | 3 => -HOUR,
            4..10 => 0,
            _ => self.chance.between(1, HOUR),
        };
        self.reference.clock += milliseconds;
        Step::Pass { milliseconds }
    }

    fn send(&mut self, hot: Option<u64>) -> Sent {
        let earlier = self.chance.below(self.sent.len());
        let earlier = self.sent[earlier].clone();
        // What the histories begin with knows no rules.
        let is_lawless = matches!(
            earlier.act,
            Act::Enrol(_) | Act::Secret(_) | Act::Appoint(_)
        );
        let sent = match self.chance.below(100) {
            0..8 if !is_lawless => earlier,
            8..11 if !is_lawless => {
                let act = self.act(earlier.institution, hot);
                Sent { act, ..earlier }
            }
            _ => {
                let institution = if self.chance.percent(70) { 1 } else { 2 };
                let act = self.act(institution, hot);
                let usual = self.usual(&act);
                let is_usual = self.chance.percent(93);
                let person = if is_usual {
                    usual
                } else {
                    self.chance.between(1, 6)
                };
                let key = u64::try_from(self.sent.len()).unwrap();
                let key = self.chance.percent(90).then_some(key);
                Sent {
                    institution,
                    person,
                    key,
                    act,
                }
            }
        };
        // The number of a request is given once.
        let is_asked = matches!(sent.act, Act::Ask(_));
        let next = u64::try_from(self.sent.len()).unwrap();
        let key = sent.key.or(is_asked.then_some(next));
        self.say(Sent { key, ..sent })
    }

    /// Who sends it, mostly.
    fn usual(&mut self, act: &Act) -> i64 {
        if let Act::Ask(ask) = act {
            return self.usual(&ask.what);
        }
        if let Act::Buy(act) = act {
            return act.usual();
        }
        let is_users = matches!(
            act,
            Act::Checkout(_)
                | Act::Release(_)
                | Act::Split(_)
                | Act::Mix(_)
                | Act::Use(_)
                | Act::GiveBack(_)
        );
        if matches!(act, Act::Staff(_)) {
            1
        } else if is_users || act.is_counting() && self.chance.percent(50) {
            3
        } else {
            2
        }
    }

    fn act(&mut self, institution: i64, hot: Option<u64>) -> Act {
        let hospital = self.reference.hospitals.remove(&institution).unwrap();
        let act = self.act_in(institution, &hospital, hot);
        self.reference.hospitals.insert(institution, hospital);
        act
    }

    fn act_in(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let has_stock = hospital
            .bottles
            .iter()
            .any(|bottle| bottle.status == "in_stock");
        if has_stock {
            match self.chance.below(100) {
                0..16 => return self.invent_signing(institution, hospital, hot),
                16..24 => return self.invent_buying(hospital),
                24..29 => return self.invent_incident(institution, hospital, hot),
                29 => return self.invent_submission(),
                _ => {}
            }
        }
        match self.chance.below(if has_stock { 100 } else { 12 }) {
            0..10 => self.receive(hospital),
            10..13 => {
                let lots = (0..=self.chance.below(3)).map(|_| self.lot(hospital));
                Act::Open(Open {
                    lots: lots.collect(),
                    acceptors: Vec::new(),
                    reason: "期初盘点".to_owned(),
                })
            }
            13..21 => self.checkout(institution, hospital, hot),
            21..25 => self.invent_sending(institution, hospital, hot),
            25..29 => match self.invent_acceptance(hospital) {
                Some(act) => act,
                None => self.invent_sending(institution, hospital, hot),
            },
            29..31 => match self.invent_reclaim(institution, hospital) {
                Some(act) => act,
                None => self.checkout(institution, hospital, hot),
            },
            31..46 => self.invent_stocktake(institution, hospital, hot),
            46..48 => self.split(institution, hospital, hot),
            48..50 => self.invent_mix(institution, hospital, hot),
            50..57 => self.use_up(institution, hospital, hot),
            57..65 => self.give_back(institution, hospital, hot),
            65..70 => self.reverse(hospital),
            70..72 => Act::Reprint(Reprint {
                label: self.label(institution, hospital, hot),
                reason: "磨损".to_owned(),
            }),
            72..84 => self.move_to(institution, hospital, hot),
            84..85 => self.invent_vessel(institution, hospital),
            85..87 => self.invent_waste(institution, hospital, hot),
            87..89 => self.invent_disposal(institution, hospital, hot),
            89..92 => self.place(hospital),
            92..95 => self.product(hospital),
            95..99 => self.invent_staff(hospital),
            _ => Act::Found(found(institution)),
        }
    }

    pub fn checkout(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let label = self.label(institution, hospital, hot);
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let (dimension, amount) = hospital
            .bottles
            .get(index)
            .map_or((Dimension::Mass, 5), |bottle| {
                (bottle.identity.dimension, bottle.amount)
            });
        let part = match self.chance.below(20) {
            0 => 0,
            1 => amount.saturating_add(1),
            2 => i64::MAX,
            3..6 => amount,
            _ => self.chance.between(1, amount.clamp(1, 30)),
        };
        let dimension = if self.chance.percent(3) {
            self.dimension()
        } else {
            dimension
        };
        let take = if self.chance.percent(15) {
            Take::Whole
        } else {
            Take::Part(Quantity::new(dimension, part).unwrap())
        };
        let receiver = if self.chance.percent(90) {
            3
        } else {
            self.chance.between(1, 5)
        };
        Act::Checkout(Checkout {
            label,
            take,
            receiver: person(receiver),
            purpose: "实验".to_owned(),
            claim: self.claim(),
        })
    }

    pub fn move_to(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let count = match self.chance.below(60) {
            0 => 0,
            1 => 501,
            _ => 1 + self.chance.below(3),
        };
        let labels = (0..count)
            .map(|_| self.label(institution, hospital, hot))
            .collect();
        let to = PlaceId::try_from(self.number(hospital.places.len())).unwrap();
        let reason = "整理".to_owned();
        Act::Move(Move {
            labels,
            to,
            reason,
            claim: self.claim(),
        })
    }

    /// Something that is out, mostly: its label, which content is meant, its dimension and amount.
    pub fn out(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> (Label, Option<Source>, Dimension, i64) {
        let held: Vec<_> = hospital
            .held
            .iter()
            .filter(|(_, held)| held.amount > 0)
            .collect();
        let whole = (1..)
            .zip(&hospital.bottles)
            .filter(|(_, bottle)| bottle.holder.is_some());
        let whole: Vec<(i64, &Bottle)> = whole.collect();
        let bottle = |serial: i64| &hospital.bottles[usize::try_from(serial - 1).unwrap()];
        let (serial, source, amount) = if !held.is_empty() && self.chance.percent(55) {
            let ((checkout, serial), held) = self.chance.pick(&held);
            let checkout = i64::try_from(*checkout).unwrap();
            (
                *serial,
                Source::Checkout(Seq::try_from(checkout).unwrap()),
                held.amount,
            )
        } else if !whole.is_empty() && self.chance.percent(60) {
            let (serial, bottle) = self.chance.pick(&whole);
            (serial, Source::Container, bottle.amount)
        } else {
            let label = self.label(institution, hospital, hot);
            return (label, None, self.dimension(), self.chance.between(0, 9));
        };
        let source = self.chance.percent(60).then_some(source);
        let label = hospital.label(institution, serial);
        (label, source, bottle(serial).identity.dimension, amount)
    }

    pub fn use_up(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let (label, source, dimension, out) = self.out(institution, hospital, hot);
        let amount = match self.chance.below(8) {
            0 => out,
            1 => out + 1,
            _ => self.chance.between(0, out),
        };
        Act::Use(Use {
            label,
            source,
            amount: Quantity::new(dimension, amount).unwrap(),
            purpose: "实验".to_owned(),
            claim: self.claim(),
        })
    }

    pub fn give_back(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Act {
        let (label, source, dimension, out) = self.out(institution, hospital, hot);
        let amount = match self.chance.below(8) {
            0 => out,
            1 => out + 1,
            2 => 0,
            _ => self.chance.between(0, out),
        };
        let mass = |ug| Quantity::new(Dimension::Mass, ug).unwrap();
        let measure = if self.chance.percent(70) {
            Measure::Amount(Quantity::new(dimension, amount).unwrap())
        } else {
            let tare = self.chance.pick(&[0, 7, 200_000]);
            // Around the 0.1 g that a balance may show too much.
            let gross = amount + self.chance.pick(&[0, 7, 200_000, 299_999, 300_000]);
            let tare = self.chance.percent(80).then(|| mass(tare));
            Measure::Weight {
                gross: mass(gross),
                tare,
            }
        };
        let place = self
            .chance
            .percent(20)
            .then(|| self.number(hospital.places.len()));
        Act::GiveBack(GiveBack {
            label,
            source,
            measure,
            place: place.map(|id| PlaceId::try_from(id).unwrap()),
            reason: String::new(),
            claim: self.claim(),
        })
    }

    /// A late entry mostly: only the last one that touched a container can be reversed.
    pub fn reverse(&mut self, hospital: &Hospital) -> Act {
        let entries = i64::try_from(hospital.entries).unwrap();
        let back = if self.chance.percent(80) {
            entries.min(25)
        } else {
            entries
        };
        let entry = (entries - self.chance.between(0, back)).max(0);
        let entry = Seq::try_from(entry).unwrap();
        Act::Reverse(Reverse {
            entry,
            reason: "填错".to_owned(),
        })
    }

    pub fn label(&mut self, institution: i64, hospital: &Hospital, hot: Option<u64>) -> Label {
        let count = hospital.bottles.len();
        let full: Vec<usize> = (0..count)
            .filter(|index| hospital.bottles[*index].status == "in_stock")
            .collect();
        let index = match hot {
            _ if full.is_empty() || self.chance.percent(8) => self.chance.below(count.max(1)),
            Some(hot) if self.chance.percent(50) => {
                full[usize::try_from(hot % u64::try_from(full.len()).unwrap()).unwrap()]
            }
            _ => self.chance.pick(&full),
        };
        let serial = i64::try_from(index + 1).unwrap();
        match self.chance.below(80) {
            0 => label(3 - institution, serial, 0),
            1 => label(institution, i64::try_from(count).unwrap() + 7, 0),
            2 => label(institution, serial, 1),
            3 => label(institution, serial, 0),
            _ => hospital.label(institution, serial),
        }
    }

    pub fn claim(&mut self) -> Claim {
        let (back, is_late) = match self.chance.below(30) {
            0 => (DAY, false),
            1 => (DAY + 1, false),
            2 => (9 * DAY, true),
            3 => (-1, false),
            4 => (0, false),
            5..9 => (HOUR, false),
            _ => return Claim::default(),
        };
        Claim {
            occurred_at: Some(Time::from_millis(self.reference.clock - back)),
            late: is_late.then(|| Late {
                reason: "停电".to_owned(),
                form: Some("0007".to_owned()),
                scan_sha256: None,
            }),
        }
    }

    pub fn batch(&self) -> u64 {
        self.reference.batch
    }

    /// The number of a request: no two are alike.
    pub fn next_request(&self, institution: i64) -> i64 {
        institution * 100_000 + i64::try_from(self.sent.len()).unwrap()
    }

    pub fn clock(&self) -> i64 {
        self.reference.clock
    }

    /// One of the numbers given so far, or the next.
    pub fn number(&mut self, count: usize) -> i64 {
        let count = i64::try_from(count).unwrap();
        if self.chance.percent(2) {
            count + 1
        } else {
            self.chance.between(1, count.max(1))
        }
    }

    pub fn dimension(&mut self) -> Dimension {
        self.chance
            .pick(&[Dimension::Mass, Dimension::Volume, Dimension::Count])
    }
}
