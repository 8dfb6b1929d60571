//! How people come and go in a history.

use hazledger::domain::ids::{DepartmentId, PlaceId, Seq};
use hazledger::domain::people::{Assignment, Role};
use hazledger::domain::time::Time;
use hazledger::domain::verb::{
    Appoint, Assign, Delegate, Enrol, HandOutCode, Leave, Revoke, Second, SetBadge, SetDepartment,
    Suspend, Unlock,
};

use super::act::{Act, Secret};
use super::hospital::person;
use super::invent::Author;
use super::reference::Hospital;
use super::staff::StaffAct;

const DAY: i64 = 24 * 3_600_000;

impl Author {
    pub fn second(&mut self) -> Option<Second> {
        let person = match self.chance.below(20) {
            0 => return None,
            1 => 1,
            2 => 4,
            3..7 => 3,
            _ => 2,
        };
        Some(Second {
            person: super::hospital::person(person),
            secret_version: if self.chance.percent(3) { 2 } else { 1 },
        })
    }

    /// Somebody, mostly one of those whose coming and going leaves the others at work.
    fn colleague(&mut self, hospital: &Hospital) -> i64 {
        let last = i64::try_from(hospital.colleagues.len()).unwrap();
        if last > 5 && self.chance.percent(92) {
            self.chance.between(6, last)
        } else {
            self.chance.between(1, last + 1)
        }
    }

    fn department(&mut self, hospital: &Hospital) -> Option<DepartmentId> {
        let number = self.number(hospital.departments.len());
        let some = self.chance.percent(85);
        some.then(|| DepartmentId::try_from(number).unwrap())
    }

    /// One of its own, or one of an account that is blocked.
    pub fn invent_staff(&mut self, hospital: &Hospital) -> Act {
        let mut colleagues = hospital.colleagues.iter();
        let blocked = colleagues.find(|(_, one)| one.suspended && !one.closed);
        if let Some((id, _)) = blocked
            && self.chance.percent(25)
        {
            return Act::Staff(StaffAct::Suspend(Suspend {
                person: person(*id),
                lifted: true,
                reason: "查清".to_owned(),
                second: self.second(),
            }));
        }
        let new = hospital.colleagues.keys();
        let mut new = new.filter(|id| !hospital.secrets.contains(id) && **id > 5);
        if let Some(id) = new.next()
            && self.chance.percent(12)
        {
            return Act::Secret(Secret(person(*id)));
        }
        let whom = self.colleague(hospital);
        let second = if self.chance.percent(85) {
            self.second()
        } else {
            None
        };
        let act = match self.chance.below(24) {
            0..4 => self.invent_enrolment(hospital),
            4..10 => self.invent_appointment(hospital, whom, second),
            10..13 => self.invent_revocation(hospital, second),
            13..15 => StaffAct::Leave(Leave {
                person: person(whom),
                reason: "调离".to_owned(),
                second,
            }),
            15..17 => StaffAct::Suspend(Suspend {
                person: person(whom),
                lifted: self.chance.percent(10),
                reason: "核查".to_owned(),
                second,
            }),
            17..19 => {
                let count = hospital.departments.len();
                let is_new = count < 5 && self.chance.percent(60);
                let id = (!is_new).then(|| self.number(count));
                StaffAct::Department(SetDepartment {
                    id: id.map(|id| DepartmentId::try_from(id).unwrap()),
                    name: format!("科室{}", self.chance.below(7)),
                    closed: !is_new && self.chance.percent(40),
                })
            }
            19..21 => {
                let department = self.department(hospital);
                StaffAct::Assign(Assign(Assignment {
                    person: person(whom),
                    department,
                }))
            }
            21 => StaffAct::Badge(SetBadge {
                person: person(whom),
                digest: format!("{:064x}", self.chance.below(30)),
            }),
            22 => StaffAct::Code(HandOutCode {
                person: person(whom),
                code_digest: vec![7; 32],
                reason: "忘记密码".to_owned(),
                second,
            }),
            _ => StaffAct::Unlock(Unlock {
                person: person(whom),
                second,
            }),
        };
        Act::Staff(act)
    }

    fn invent_enrolment(&mut self, hospital: &Hospital) -> StaffAct {
        let count = i64::try_from(hospital.colleagues.len()).unwrap();
        let gone = hospital.colleagues.iter().find(|(_, one)| one.closed);
        let gone = gone.map(|(id, one)| (*id, one.identity.clone()));
        let (identity, known) = match gone {
            Some((id, identity)) if self.chance.percent(70) => (identity, Some(id)),
            _ if self.chance.percent(15) => (hospital.colleagues[&4].identity.clone(), None),
            _ => {
                let whose = &hospital.colleagues[&4].identity[..32];
                (format!("{whose}{:032x}", 901 + count), None)
            }
        };
        let number = known.unwrap_or(count + 1);
        let department = self.department(hospital);
        StaffAct::Enrol(Enrol {
            name: format!("人员{number}"),
            staff_number: if self.chance.percent(8) {
                "m4".to_owned()
            } else {
                format!("M{number}")
            },
            identity,
            department,
            code_digest: vec![7; 32],
            known: known.map(person),
        })
    }

    fn invent_appointment(
        &mut self,
        hospital: &Hospital,
        whom: i64,
        second: Option<Second>,
    ) -> StaffAct {
        let role = self.chance.pick(&[
            Role::Staff,
            Role::Staff,
            Role::Head,
            Role::Head,
            Role::Custodian,
            Role::Custodian,
            Role::Custodian,
            Role::Safety,
            Role::Equipment,
            Role::Auditor,
            Role::Administrator,
        ]);
        let place = if role == Role::Custodian && self.chance.percent(95) || self.chance.percent(3)
        {
            let place = match self.chance.below(3) {
                0 => self.number(hospital.places.len()),
                _ => self.chance.between(1, 2),
            };
            Some(PlaceId::try_from(place).unwrap())
        } else {
            None
        };
        let now = self.clock().max(hospital.recorded_at);
        let soon = Time::from_millis(now + self.chance.pick(&[-1, 0, DAY, 3 * DAY]));
        let later = |from: Time, days: i64| Time::from_millis(from.millis() + days * DAY);
        if self.chance.percent(35) {
            let absent = match self.chance.below(4) {
                0 => 3,
                1 => 2,
                _ => self.colleague(hospital),
            };
            let mut own = hospital.tenures.iter();
            let own = own.find(|one| one.person == absent && one.place == place.map(PlaceId::get));
            return StaffAct::Delegate(Delegate {
                person: person(whom),
                stands_in_for: person(absent),
                role: own.map_or(role, |own| own.role),
                place,
                from: soon,
                until: later(soon, self.chance.pick(&[0, 2, 10, 91])),
                second,
            });
        }
        let from = self.chance.percent(20).then_some(soon);
        let days = self.chance.pick(&[0, 4, 30]);
        StaffAct::Appoint(Appoint {
            person: person(whom),
            role,
            place,
            from,
            until: self
                .chance
                .percent(20)
                .then(|| later(from.unwrap_or(Time::from_millis(now)), days)),
            second,
        })
    }

    /// Of those appointed last, mostly.
    fn invent_revocation(&mut self, hospital: &Hospital, second: Option<Second>) -> StaffAct {
        let late = hospital.tenures.iter().filter(|one| one.person > 5);
        let late: Vec<_> = late.map(|one| (one.entry, one.line)).collect();
        let any: Vec<_> = hospital
            .tenures
            .iter()
            .map(|one| (one.entry, one.line))
            .collect();
        let (entry, line) = if late.is_empty() || self.chance.percent(4) {
            self.chance.pick(&any)
        } else {
            self.chance.pick(&late)
        };
        StaffAct::Revoke(Revoke {
            entry: Seq::try_from(entry.cast_signed()).unwrap(),
            line: line + u32::from(self.chance.percent(3)),
            second,
        })
    }
}
