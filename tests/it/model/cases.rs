//! What is lost, stolen or leaks: the rules, and how it is invented.

use std::collections::BTreeSet;

use hazledger::domain::ids::{IncidentId, PlaceId};
use hazledger::domain::incident::{
    Authority, Ending, IncidentKind, IncidentResult, Report, Sequel,
};
use hazledger::domain::ledger::Late;
use hazledger::domain::people::Role;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{EndIncident, FollowUp, ReportIncident, Verb};

use super::act::Act;
use super::invent::Author;
use super::reference::{Done, Hospital, Reasons, unless};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// What is said of an incident.
#[derive(Clone, Debug)]
pub enum CaseAct {
    Report(ReportIncident),
    FollowUp(FollowUp),
    End(EndIncident),
}

impl CaseAct {
    pub fn verb(self) -> Box<dyn Verb> {
        match self {
            Self::Report(verb) => Box::new(verb),
            Self::FollowUp(verb) => Box::new(verb),
            Self::End(verb) => Box::new(verb),
        }
    }

    pub const fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Report(_) | Self::FollowUp(_) => &[
                Role::Staff,
                Role::Custodian,
                Role::Head,
                Role::Equipment,
                Role::Safety,
            ],
            Self::End(_) => &[Role::Equipment, Role::Safety],
        }
    }
}

/// An incident.
#[derive(Clone, Debug)]
pub struct Case {
    kind: IncidentKind,
    kinds: BTreeSet<IncidentKind>,
    place: i64,
    discovered_at: i64,
    /// Which bottles, and what of each is posted as lost.
    bottles: Vec<(i64, i64)>,
    opened: u64,
    told: Vec<(Authority, i64)>,
    ended: Option<(u64, IncidentResult)>,
}

impl Case {
    /// Who has to be told and is not.
    fn untold(&self) -> bool {
        let police = self.bottles.iter().any(|(_, lost)| *lost > 0);
        let told = |whom| self.told.iter().any(|(told, _)| *told == whom);
        let owed = |kind: &IncidentKind| match kind {
            IncidentKind::Leak => !told(Authority::County),
            IncidentKind::SuspectedLoss
            | IncidentKind::Loss
            | IncidentKind::Theft
            | IncidentKind::OffBook => !told(Authority::Police),
        };
        self.kinds.iter().any(owed) || police && !told(Authority::Police)
    }
}

impl Hospital {
    /// An incident begins with the entry being made; its bottles are evidence from now on.
    pub fn open_case(
        &mut self,
        kind: IncidentKind,
        place: i64,
        discovered_at: i64,
        bottles: Vec<(i64, i64)>,
    ) {
        let number = i64::try_from(self.cases.len() + 1).unwrap();
        for (serial, _) in &bottles {
            self.evidence.insert(*serial, number);
        }
        self.cases.push(Case {
            kind,
            kinds: BTreeSet::from([kind]),
            place,
            discovered_at,
            bottles,
            opened: self.entries,
            told: Vec::new(),
            ended: None,
        });
    }

    /// So much of a bottle of an incident is lost.
    pub fn add_lost(&mut self, incident: i64, serial: i64, amount: i64) {
        let case = &mut self.cases[usize::try_from(incident - 1).unwrap()];
        let mut bottles = case.bottles.iter_mut();
        bottles.find(|(one, _)| *one == serial).unwrap().1 += amount;
    }

    /// Whether a bottle is in an incident that had not ended by that entry.
    pub fn is_reported(&self, incident: i64, serial: i64, by: u64) -> bool {
        let index = usize::try_from(incident - 1).unwrap();
        self.cases.get(index).is_some_and(|case| {
            let still = case.ended.is_none_or(|(entry, _)| entry > by);
            still && case.bottles.iter().any(|(one, _)| *one == serial)
        })
    }

    fn case(&self, id: IncidentId, no: &mut Reasons) -> Option<usize> {
        let index = usize::try_from(id.get() - 1).unwrap();
        let Some(case) = self.cases.get(index) else {
            no.insert("incident_unknown");
            return None;
        };
        if case.ended.is_some() {
            no.insert("incident_ended");
        }
        Some(index)
    }

    pub fn incident(
        &mut self,
        institution: i64,
        act: &CaseAct,
        now: i64,
        no: Reasons,
    ) -> Result<Done, Reasons> {
        match act {
            CaseAct::Report(report) => self.report(institution, report, now, no),
            CaseAct::FollowUp(follow) => self.follow_up(follow, now, no),
            CaseAct::End(end) => self.end_case(end.ending, now, no),
        }
    }

    fn report(
        &mut self,
        institution: i64,
        report: &ReportIncident,
        now: i64,
        mut no: Reasons,
    ) -> Result<Done, Reasons> {
        self.open_place(report.place.get(), &mut no);
        let discovered_at = report.discovered_at.map_or(now, Time::millis);
        if discovered_at > now {
            no.insert("occurred_in_future");
        }
        if discovered_at < self.founded_at {
            no.insert("discovered_before_founding");
        }
        if report.labels.len() > 500 {
            no.insert("too_many_containers");
        }
        let mut bottles: Vec<(i64, i64)> = Vec::new();
        for label in &report.labels {
            let serial = label.serial().get();
            if let Err(reason) = self.bottle(institution, *label) {
                no.insert(reason);
                continue;
            }
            if bottles.iter().any(|(one, _)| *one == serial) {
                no.insert("container_named_twice");
            }
            if self.evidence.contains_key(&serial) {
                no.insert("container_in_incident");
            }
            bottles.push((serial, 0));
        }
        unless(no)?;
        self.open_case(report.kind, report.place.get(), discovered_at, bottles);
        Ok((vec![], Some(i64::try_from(self.cases.len()).unwrap())))
    }

    fn follow_up(&mut self, follow: &FollowUp, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        let Some(index) = self.case(follow.sequel.incident, &mut no) else {
            return Err(no);
        };
        let case = &self.cases[index];
        if let Some(report) = &follow.sequel.report {
            let at = report.at.millis();
            if at < case.discovered_at {
                no.insert("reported_before_discovery");
            }
            if at > now {
                no.insert("occurred_in_future");
            }
            if now - at > DAY && follow.late.is_none() {
                no.insert("late_reason_missing");
            }
            if case.told.iter().any(|(whom, _)| *whom == report.to) {
                no.insert("reported_already");
            }
        }
        unless(no)?;
        let case = &mut self.cases[index];
        if let Some(kind) = follow.sequel.kind {
            case.kind = kind;
            case.kinds.insert(kind);
        }
        let report = follow.sequel.report.as_ref();
        case.told
            .extend(report.map(|report| (report.to, report.at.millis())));
        Ok((vec![], None))
    }

    pub fn end_case(&mut self, ending: Ending, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        let Some(index) = self.case(ending.incident, &mut no) else {
            return Err(no);
        };
        let case = self.cases[index].clone();
        if case.untold() {
            no.insert("incident_unreported");
        }
        let is_posted = case.bottles.iter().any(|(_, lost)| *lost > 0);
        let fits = match ending.result {
            IncidentResult::FoundAgain => is_posted,
            IncidentResult::WrittenOff => !case.bottles.is_empty(),
            IncidentResult::DealtWith => !is_posted,
        };
        if !fits {
            no.insert("incident_result");
        }
        // Serial, the state after, what comes back (+) or is gone (−).
        let mut changes: Vec<(i64, &'static str, i64)> = Vec::new();
        for (serial, lost) in &case.bottles {
            let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
            let is_found = ending.result == IncidentResult::FoundAgain && *lost > 0;
            let is_gone = ending.result == IncidentResult::WrittenOff && *lost == 0;
            if is_found {
                self.open_place(bottle.place, &mut no);
                let status = match (bottle.status, bottle.gone_from) {
                    ("lost", "waste") | ("disposed" | "waste", _) => "waste",
                    ("lost" | "sent" | "in_stock" | "empty", _) => "in_stock",
                    _ => {
                        no.insert("container_state");
                        continue;
                    }
                };
                changes.push((*serial, status, *lost));
            } else if is_gone {
                match bottle.status {
                    "in_stock" | "checked_out" | "waste" => {
                        changes.push((*serial, "lost", -bottle.amount));
                    }
                    "in_transit" => drop(no.insert("container_state")),
                    _ => {}
                }
            }
        }
        if ending.result == IncidentResult::WrittenOff {
            // What is given up for good is signed for, also where nothing moves any more.
            for (serial, _) in &case.bottles {
                let bottle = &self.bottles[usize::try_from(serial - 1).unwrap()];
                self.signed_for(bottle, now, &mut no);
            }
        }
        for (serial, ..) in &changes {
            let bottle = self.bottles[usize::try_from(serial - 1).unwrap()].clone();
            self.signed_for(&bottle, now, &mut no);
            self.unreserved(*serial, &mut no);
        }
        unless(no)?;
        for (serial, status, amount) in &changes {
            let bottle = self.moved(*serial);
            let account = match (bottle.status, *status) {
                ("waste", "lost") | (_, "waste") => "waste",
                _ => "container",
            };
            let product = bottle.identity.product.get();
            (bottle.status, bottle.amount) = (status, bottle.amount + amount);
            if *status == "lost" {
                (bottle.holder, bottle.amount) = (None, 0);
            }
            self.post(account, product, *amount);
            self.post("lost", product, -amount);
        }
        let number = ending.incident.get();
        self.evidence.retain(|_, case| *case != number);
        self.cases[index].ended = Some((self.entries, ending.result));
        let serials = changes.into_iter().map(|(serial, ..)| serial);
        Ok((serials.collect(), None))
    }

    pub fn case_lines(&self, id: i64, lines: &mut Vec<String>) {
        for (number, case) in (1..).zip(&self.cases) {
            let Case {
                kind,
                place,
                opened,
                discovered_at,
                ..
            } = case;
            let (kind, dash) = (kind.as_str(), "-".to_owned());
            let (ended, result) = case.ended.map_or((dash.clone(), dash), |(entry, result)| {
                (entry.to_string(), result.as_str().to_owned())
            });
            lines.push(format!(
                "incident|{id}|{number}|{kind}|{place}|{discovered_at}|{opened}|{ended}|{result}"
            ));
        }
    }
}

impl Author {
    pub fn invent_incident(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        let open = (1..).zip(&hospital.cases);
        let open: Vec<(i64, &Case)> = open.filter(|(_, case)| case.ended.is_none()).collect();
        let count = i64::try_from(hospital.cases.len()).unwrap();
        let act = if open.len() < 3 && self.chance.percent(35) || self.chance.percent(8) {
            let count = self.chance.pick(&[0, 1, 1, 1, 2]);
            let labels = (0..count).map(|_| self.label(institution, hospital, hot));
            let labels = labels.collect();
            let place = self.number(hospital.places.len());
            let back = self
                .chance
                .pick(&[None, None, Some(HOUR), Some(9 * DAY), Some(-1)]);
            CaseAct::Report(ReportIncident {
                kind: self.kind(),
                place: PlaceId::try_from(place).unwrap(),
                labels,
                discovered_at: back.map(|back| Time::from_millis(self.clock() - back)),
                what: "清点时发现".to_owned(),
            })
        } else {
            let untold: Vec<_> = open.iter().filter(|(_, case)| case.untold()).collect();
            let is_owed = !untold.is_empty() && self.chance.percent(60);
            let (id, case) = if is_owed {
                let (id, case) = *self.chance.pick(&untold);
                (id, Some(case))
            } else if !open.is_empty() && self.chance.percent(95) {
                let (id, case) = self.chance.pick(&open);
                (id, Some(case))
            } else {
                (self.chance.between(1, count + 1), None)
            };
            let incident = IncidentId::try_from(id).unwrap();
            if is_owed || self.chance.percent(25) {
                self.invent_sequel(incident, case)
            } else {
                let posted = case.is_some_and(|case| case.bottles.iter().any(|one| one.1 > 0));
                let usual = if posted {
                    IncidentResult::FoundAgain
                } else {
                    IncidentResult::DealtWith
                };
                let result = self.chance.pick(&[usual, IncidentResult::WrittenOff]);
                let any = IncidentResult::ALL[self.chance.below(3)];
                let is_usual = self.chance.percent(85);
                CaseAct::End(EndIncident {
                    ending: Ending {
                        incident,
                        result: if is_usual { result } else { any },
                    },
                    reason: "查清".to_owned(),
                })
            }
        };
        Act::Case(act)
    }

    fn kind(&mut self) -> IncidentKind {
        let at = self.chance.below(IncidentKind::ALL.len());
        IncidentKind::ALL[at]
    }

    fn invent_sequel(&mut self, incident: IncidentId, case: Option<&Case>) -> CaseAct {
        let discovered_at = case.map_or(self.clock(), |case| case.discovered_at);
        let to = match case {
            Some(case) if case.kind == IncidentKind::Leak && self.chance.percent(60) => {
                Authority::County
            }
            _ => self
                .chance
                .pick(&[Authority::Police, Authority::Police, Authority::County]),
        };
        let at = match self.chance.below(8) {
            0 => discovered_at,
            1 => discovered_at - 1,
            2 => self.clock() + 1,
            _ => self.clock(),
        };
        let is_report = self.chance.percent(85);
        let is_other = self.chance.percent(15);
        CaseAct::FollowUp(FollowUp {
            sequel: Sequel {
                incident,
                kind: is_other.then(|| self.kind()),
                report: is_report.then(|| Report {
                    to,
                    at: Time::from_millis(at),
                    whom: "值班员".to_owned(),
                    receipt: None,
                }),
            },
            text: "已报告".to_owned(),
            late: self.chance.percent(20).then(|| Late {
                reason: "停电".to_owned(),
                form: None,
                scan_sha256: None,
            }),
        })
    }
}
