//! How signatures are asked for and given in a history.

use hazledger::domain::ids::{Label, PlaceId};
use hazledger::domain::ledger::Part;
use hazledger::domain::quantity::Quantity;
use hazledger::domain::verb::{Checkout, Open, Release, Take};

use super::act::Act;
use super::hospital::person;
use super::invent::Author;
use super::reference::{Hospital, dual_classes};
use super::signing::{Answers, Ask, Pending, Signs};

impl Author {
    /// Signs what is waiting, answers for what was released, or asks for signatures.
    pub fn invent_signing(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let open = hospital.requests.iter().filter(|(_, one)| {
            ["reserved", "signed_in_part"].contains(&one.state)
                && (hospital.now < one.expires_at)
                && one.batch != self.batch()
        });
        let open: Vec<i64> = open.map(|(id, _)| *id).collect();
        let emergencies = hospital.emergencies.iter();
        let owed: Vec<u64> = emergencies
            .filter(|(_, one)| one.settled.is_none())
            .map(|(entry, _)| *entry)
            .collect();
        if !owed.is_empty() && self.chance.percent(15) {
            let entry = self.chance.pick(&owed);
            let people = [(3, 5), (2, 3), (5, 3), (3, 4), (6, 3)];
            let (one, other) = self.chance.pick(&people);
            let part = if self.chance.percent(4) {
                Part::Issuer
            } else {
                Part::Approver
            };
            let mut by = vec![(one, part), (other, Part::Approver)];
            if self.chance.percent(30) {
                by.pop();
            }
            let entry = entry + u64::from(self.chance.percent(3));
            return Act::Answer(Answers { entry, by });
        }
        let ids = i64::try_from(hospital.requests.len()).unwrap();
        if !open.is_empty() && (open.len() > 3 || self.chance.percent(65)) {
            let id = self.chance.pick(&open);
            let request = &hospital.requests[&id];
            let by = self.signers(hospital, request);
            return Act::Sign(Signs {
                request: id,
                what: Box::new(request.what.clone()),
                by,
            });
        }
        if ids > 0 && self.chance.percent(3) {
            let all: Vec<i64> = hospital.requests.keys().copied().collect();
            let id = self.chance.pick(&all);
            let what = Box::new(hospital.requests[&id].what.clone());
            let by = vec![(2, Part::Issuer), (3, Part::Issuer)];
            let request = id + i64::from(self.chance.percent(20)) * 1_000_000;
            return Act::Sign(Signs { request, what, by });
        }
        let what = Box::new(self.invent_controlled(institution, hospital, hot));
        let id = self.next_request(institution);
        Act::Ask(Ask { id, what })
    }

    fn signers(&mut self, hospital: &Hospital, request: &Pending) -> Vec<(i64, Part)> {
        let both = |part: Part| vec![(2, part), (3, part)];
        let acceptors = request.what.acceptors();
        let mut by = if !acceptors.is_empty() {
            let acceptors = acceptors.iter();
            acceptors.map(|one| (one.get(), Part::Acceptor)).collect()
        } else if let Act::HandOver(hand) = &request.what {
            let by = hand.by.unwrap_or(hand.from);
            vec![
                (by.get(), Part::HandsOver),
                (hand.to.get(), Part::TakesOver),
            ]
        } else if let Act::Release(_) = &request.what {
            vec![(2, Part::Issuer)]
        } else {
            let place = request.does.lines.first().map_or(2, |line| line.1.1);
            let there = hospital.custodians(&hospital.around(place));
            let there = there.into_iter().map(|one| (one, Part::Issuer));
            if self.chance.percent(70) {
                there.take(2).collect()
            } else {
                both(Part::Issuer)
            }
        };
        match self.chance.below(24) {
            0 => by = both(Part::Issuer),
            1 => by.push((4, Part::Receiver)),
            2 => by.clear(),
            3 => by.push((2, Part::Issuer)),
            4..8 => {
                by.truncate(1);
            }
            8..10 if by.len() > 1 => drop(by.remove(0)),
            _ => {}
        }
        by
    }

    /// Something controlled, in one of these states, mostly.
    fn controlled(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        states: &[&str],
    ) -> Option<Label> {
        let there = (1..).zip(&hospital.bottles).filter(|(_, bottle)| {
            let product = &hospital.products[&bottle.identity.product.get()];
            states.contains(&bottle.status) && !dual_classes(product, hospital.now).is_empty()
        });
        let there: Vec<i64> = there.map(|(serial, _)| serial).collect();
        let late = &there[there.len().saturating_sub(25)..];
        (!late.is_empty()).then(|| hospital.label(institution, self.chance.pick(late)))
    }

    fn invent_controlled(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let stock = self.controlled(institution, hospital, &["in_stock"]);
        let Some(label) = stock.filter(|_| !self.chance.percent(12)) else {
            let Act::Receive(mut receive) = self.receive(hospital) else {
                unreachable!()
            };
            let product = self.chance.pick(&[4, 4, 6, 7, 7]);
            let own = hospital.products.get(&product);
            if let Some(own) = own {
                receive.lot.identity.product = product.try_into().unwrap();
                receive.lot.identity.dimension = own.dimension;
                let amount = receive.lot.each.amount();
                receive.lot.each = Quantity::new(own.dimension, amount.min(300)).unwrap();
                receive.lot.place = PlaceId::try_from(2).unwrap();
                (receive.order, receive.permits) = (None, [].into());
            }
            return if self.chance.percent(80) {
                Act::Receive(receive)
            } else {
                Act::Open(Open {
                    lots: vec![receive.lot],
                    acceptors: receive.acceptors,
                    reason: "期初盘点".to_owned(),
                })
            };
        };
        match self.chance.below(40) {
            0..9 => self.invent_taking(institution, hospital, label, false),
            9..14 => {
                // 剧毒 and 易制爆 never go so.
                let label = self.released(institution, hospital).unwrap_or(label);
                self.invent_taking(institution, hospital, label, true)
            }
            14..18 => self.use_up(institution, hospital, hot),
            18..23 => self.give_back(institution, hospital, hot),
            23..26 => {
                let Act::Move(mut moved) = self.move_to(institution, hospital, hot) else {
                    unreachable!()
                };
                moved.labels = vec![label];
                if self.chance.percent(70) {
                    moved.to = PlaceId::try_from(self.chance.between(2, 3)).unwrap();
                }
                Act::Move(moved)
            }
            26..28 => {
                let Act::Split(mut split) = self.split(institution, hospital, hot) else {
                    unreachable!()
                };
                split.label = label;
                let index = usize::try_from(label.serial().get() - 1).unwrap();
                let bottle = &hospital.bottles[index];
                let most = bottle.amount.clamp(1, 40);
                let each = self.chance.between(1, most);
                split.each = Quantity::new(bottle.identity.dimension, each).unwrap();
                (split.count, split.expires_on) = (1, None);
                Act::Split(split)
            }
            28..30 => {
                let Act::Waste(mut waste) = self.invent_waste(institution, hospital, hot) else {
                    unreachable!()
                };
                (waste.labels, waste.into) = (vec![label], None);
                Act::Waste(waste)
            }
            30..32 => {
                let Act::Send(mut sending) = self.invent_sending(institution, hospital, hot) else {
                    unreachable!()
                };
                sending.labels = vec![label];
                Act::Send(sending)
            }
            32..34 => match self.invent_acceptance(hospital) {
                Some(act) => act,
                None => self.invent_taking(institution, hospital, label, false),
            },
            34 => match self.invent_reclaim(institution, hospital) {
                Some(act) => act,
                None => self.invent_taking(institution, hospital, label, false),
            },
            35 => self.reverse(hospital),
            36 => match self.invent_settling(institution, hospital, hot) {
                Some(act) => act,
                None => self.invent_taking(institution, hospital, label, false),
            },
            _ => self.invent_handover(institution, hospital),
        }
    }

    fn released(&mut self, institution: i64, hospital: &Hospital) -> Option<Label> {
        let there = (1..).zip(&hospital.bottles).filter(|(serial, bottle)| {
            let product = &hospital.products[&bottle.identity.product.get()];
            bottle.status == "in_stock"
                && !dual_classes(product, hospital.now).is_empty()
                && hospital.may_be_released(*serial)
        });
        let there: Vec<i64> = there.map(|(serial, _)| serial).collect();
        (!there.is_empty()).then(|| hospital.label(institution, self.chance.pick(&there)))
    }

    fn invent_taking(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        label: Label,
        is_emergency: bool,
    ) -> Act {
        let Act::Checkout(made) = self.checkout(institution, hospital, None) else {
            unreachable!()
        };
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let bottle = &hospital.bottles[index];
        let take = if self.chance.percent(25) {
            Take::Whole
        } else {
            let part = self.chance.between(1, bottle.amount.clamp(1, 40));
            Take::Part(Quantity::new(bottle.identity.dimension, part).unwrap())
        };
        let receiver = self.chance.pick(&[4, 4, 4, 5, 3]);
        let checkout = Checkout {
            label,
            take,
            receiver: person(receiver),
            ..made
        };
        if is_emergency {
            Act::Release(Release(checkout))
        } else {
            Act::Checkout(checkout)
        }
    }
}
