//! How things are sent, accepted and taken back in a history.

use hazledger::domain::ids::{IncidentId, InstitutionId, PlaceId, ProductId, Seq};
use hazledger::domain::quantity::Quantity;
use hazledger::domain::time::Time;
use hazledger::domain::transfer::{Carriage, RefusedLine};
use hazledger::domain::verb::{Accept, Arrived, Consign, Reclaim};

use super::act::Act;
use super::hospital::person;
use super::invent::Author;
use super::reference::{Hospital, label};
use super::transfers::{Coming, Going};

impl Author {
    pub fn invent_sending(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let count = self.chance.pick(&[1, 1, 1, 2, 3, 0]);
        let labels = (0..count).map(|_| self.label(institution, hospital, hot));
        let labels = labels.collect();
        let to = match self.chance.below(20) {
            0 => institution,
            1 => 9,
            _ => 3 - institution,
        };
        let ahead = self.chance.pick(&[10, 10, 10, -1]);
        Act::Send(Consign {
            to: InstitutionId::try_from(to).unwrap(),
            labels,
            carriage: Carriage {
                carrier: "自提".to_owned(),
                vehicle: None,
                escorts: vec!["李强".to_owned()],
                seal: None,
                expected_at: Time::from_millis(self.clock() + ahead * 24 * 3_600_000),
            },
            purpose: "调剂".to_owned(),
            claim: self.claim(),
        })
    }

    /// Of what is coming, mostly something that nobody has accepted.
    pub fn invent_acceptance(&mut self, hospital: &Hospital) -> Option<Act> {
        let open = |coming: &Coming| coming.verdict.is_none();
        let any = self.chance.percent(10);
        let coming: Vec<_> = hospital
            .coming
            .iter()
            .filter(|(_, one)| any || open(one))
            .collect();
        if coming.is_empty() {
            return None;
        }
        let (key, coming) = self.chance.pick(&coming);
        let (mut accepted, mut refused, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        // Most people scan what is there; some are in a hurry.
        let is_hurried = self.chance.percent(30);
        for sent in &coming.bottles {
            if is_hurried && self.chance.percent(10) {
                continue;
            }
            if self.chance.percent(8) {
                let reason = "未到".to_owned();
                missing.push(RefusedLine {
                    label: sent.label,
                    reason,
                });
                continue;
            }
            let is_refused = self.chance.percent(20);
            if is_refused {
                let reason = "破损".to_owned();
                refused.push(RefusedLine {
                    label: sent.label,
                    reason,
                });
            }
            if !is_refused || (is_hurried && self.chance.percent(10)) {
                let amount = match self.chance.below(12) {
                    0 if is_hurried => Some(0),
                    1 if is_hurried => Some(sent.amount + 1),
                    2..5 => Some(self.chance.between(1, sent.amount)),
                    _ => None,
                };
                let product = is_hurried.then(|| self.number(hospital.products.len()));
                let product = product.filter(|_| self.chance.percent(50));
                let product = product.map(|id| ProductId::try_from(id).unwrap());
                let place = if is_hurried {
                    self.number(hospital.places.len())
                } else {
                    1
                };
                accepted.push(Arrived {
                    label: sent.label,
                    product,
                    place: PlaceId::try_from(place).unwrap(),
                    amount: amount.map(|amount| Quantity::new(sent.dimension, amount).unwrap()),
                });
            }
        }
        if self.chance.percent(4) {
            let reason = "多出".to_owned();
            refused.push(RefusedLine {
                label: label(1, 77, 0),
                reason,
            });
        }
        let entry = i64::try_from(key.1).unwrap() + i64::from(self.chance.percent(3));
        Some(Act::Accept(Accept {
            from: InstitutionId::try_from(key.0).unwrap(),
            entry: Seq::try_from(entry).unwrap(),
            accepted,
            refused,
            missing,
            acceptors: if self.chance.percent(50) {
                vec![person(2), person(3)]
            } else {
                Vec::new()
            },
            reason: String::new(),
            claim: self.claim(),
        }))
    }

    /// Of what was refused, mostly.
    pub fn invent_reclaim(&mut self, institution: i64, hospital: &Hospital) -> Option<Act> {
        let back = |going: &Going| going.is_settled && !going.on_the_road.is_empty();
        let any = self.chance.percent(10);
        let going: Vec<_> = hospital
            .going
            .iter()
            .filter(|(_, one)| any || back(one))
            .collect();
        if going.is_empty() {
            return None;
        }
        let (entry, going) = self.chance.pick(&going);
        let bottles = going.bottles.iter();
        let returning =
            bottles.filter(|sent| going.on_the_road.contains(&sent.label.serial().get()));
        let (mut labels, mut missing) = (Vec::new(), Vec::new());
        for sent in returning {
            let gone = self.chance.percent(15);
            if gone { &mut missing } else { &mut labels }.push(sent.label);
        }
        if self.chance.percent(10) {
            labels.push(self.label(institution, hospital, None));
        }
        let place = self.number(hospital.places.len());
        Some(Act::Reclaim(Reclaim {
            short: Vec::new(),
            entry: Seq::try_from(i64::try_from(*entry).unwrap()).unwrap(),
            labels,
            incident: missing
                .first()
                .and_then(|label| hospital.evidence.get(&label.serial().get()))
                .map(|id| IncidentId::try_from(*id).unwrap()),
            missing,
            place: PlaceId::try_from(place).unwrap(),
            reason: "退回".to_owned(),
            claim: self.claim(),
        }))
    }
}
