//! 丢失、被盗、泄漏: what is reported when, to whom, and how it ends. The one rule of it: the verbs ask it
//! before an entry is made, and `apply` once more of every entry, whoever wrote it.

mod written_off;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    container::{Container, Event, Standing, Status},
    facts::{Facts, Table},
    happening::timely,
    ids::{IncidentId, Label, PersonId, PlaceId, Seq, Serial},
    ledger::{Act, Kind, Record},
    refusal::Refusal,
    stocktake::Done,
    time::Time,
    words::words,
};

words! {
    /// What kind of incident.
    IncidentKind {
        /// 疑似丢失: a stocktake misses something.
        SuspectedLoss = "suspected_loss" "疑似丢失",
        /// 丢失.
        Loss = "loss" "丢失",
        /// 被盗、被抢.
        Theft = "theft" "被盗",
        /// 泄漏.
        Leak = "leak" "泄漏",
        /// 账外: something is there that the book says was sent, disposed of or lost: where it went is not known
        /// to be true (流向异常).
        OffBook = "off_book" "账外实物",
    }
}

words! {
    /// Who is told.
    Authority {
        /// 当地公安机关.
        Police = "police" "公安机关",
        /// 县级应急管理部门和主管部门.
        County = "county" "县级主管部门",
    }
}

words! {
    /// Whether an incident is over.
    IncidentState {
        /// 处理中.
        Open = "open" "处理中",
        /// 已结案.
        Ended = "ended" "已结案",
    }
}

words! {
    /// How an incident ended.
    IncidentResult {
        /// 已找回: what was lost is in the book again.
        FoundAgain = "found_again" "已找回",
        /// 核销: it is lost for good.
        WrittenOff = "written_off" "核销",
        /// 已处置: nothing is lost.
        DealtWith = "dealt_with" "已处置",
    }
}

impl IncidentKind {
    /// Who is told of it at once.
    #[must_use]
    pub const fn duty(self) -> Authority {
        match self {
            // HCL art. 40: 立即向当地公安机关报告.
            Self::SuspectedLoss | Self::Loss | Self::Theft | Self::OffBook => Authority::Police,
            // 生产安全事故报告和调查处理条例 art. 9.
            Self::Leak => Authority::County,
        }
    }
}

/// Milliseconds from discovery to the report. The law says 立即 (at once) of the police and one hour of the
/// county: at once is no later than that.
const REPORTED_WITHIN_MILLIS: i64 = 3_600_000;

/// A container of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affected {
    /// Which.
    pub serial: Serial,
    /// What the entry posts to `lost`, base units; nothing where that is not known yet.
    #[serde(with = "super::ledger::amount")]
    pub lost: i64,
}

/// The first report of an incident (事件首报); the reason says what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The number within the institution.
    pub id: IncidentId,
    /// What kind.
    pub kind: IncidentKind,
    /// Where.
    pub place: PlaceId,
    /// When it was discovered: the clock of every report starts then (RULES D7).
    pub discovered_at: Time,
    /// What of, at most 500.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<Affected>,
}

/// A report to an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// To whom.
    pub to: Authority,
    /// When, as a person claims.
    pub at: Time,
    /// Who took it.
    pub whom: String,
    /// 回执编号, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// What became known or was done since (续报); the reason says what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequel {
    /// The incident.
    pub incident: IncidentId,
    /// What kind it turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<IncidentKind>,
    /// A report to an authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// The end of an incident (结案).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// The incident.
    pub incident: IncidentId,
    /// How it ended.
    pub result: IncidentResult,
}

/// An incident together with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The first report, with the kind that it has turned out to be.
    pub incident: Incident,
    /// Every kind that it was taken for, in order, each once: what one of them asks for is owed, whatever it
    /// turned out to be later.
    pub kinds: Vec<IncidentKind>,
    /// What happened.
    pub what: String,
    /// The entry of the first report.
    pub opened_in: Seq,
    /// By whom; nobody where the program found that something did not arrive.
    pub opened_by: Option<PersonId>,
    /// When that was recorded.
    pub opened_at: Time,
    /// The first report to each authority, and when it was recorded.
    pub reports: Vec<(Report, Time)>,
    /// The end.
    pub ended: Option<(Done, IncidentResult)>,
}

impl Case {
    /// The first report to an authority.
    #[must_use]
    pub fn report_to(&self, authority: Authority) -> Option<&Report> {
        let mut reports = self.reports.iter().map(|(report, _)| report);
        reports.find(|report| report.to == authority)
    }

    /// Who has to be told: of every kind that it was ever taken for, and the police of whatever is posted as
    /// lost. Saying that it is something else takes no duty away.
    #[must_use]
    pub fn duties(&self) -> BTreeSet<Authority> {
        let affected = &self.incident.containers;
        let is_posted = affected.iter().any(|one| one.lost > 0);
        let posted = is_posted.then_some(IncidentKind::SuspectedLoss);
        let kinds = self.kinds.iter().copied().chain(posted);
        kinds.map(IncidentKind::duty).collect()
    }

    /// Who has to be told and is not.
    #[must_use]
    pub fn untold(&self) -> Option<Authority> {
        let mut duties = self.duties().into_iter();
        duties.find(|authority| self.report_to(*authority).is_none())
    }

    /// Until when.
    #[must_use]
    pub const fn due_at(&self) -> Time {
        self.incident
            .discovered_at
            .plus_millis(REPORTED_WITHIN_MILLIS)
    }

    /// Whether a report is or was late; once late, for ever.
    #[must_use]
    pub fn is_overdue(&self, now: Time) -> bool {
        self.duties().into_iter().any(|authority| {
            let told = self.report_to(authority);
            told.map_or(now, |report| report.at) > self.due_at()
        })
    }
}

/// Incidents, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    /// Incidents.
    pub cases: Table<IncidentId, Case>,
    /// Which entries tell of which, and what kind of entry each is.
    pub steps: Table<(IncidentId, Seq), Kind>,
}

/// What a verb wants loaded of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentNeeds {
    /// Incidents, with their containers.
    pub incidents: BTreeSet<IncidentId>,
    /// The last one, for the next number.
    pub last: bool,
}

impl IncidentNeeds {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.incidents.extend(other.incidents);
        self.last |= other.last;
    }
}

impl Facts {
    /// The incident, open.
    ///
    /// # Errors
    /// [`Refusal::IncidentUnknown`], [`Refusal::IncidentEnded`].
    pub fn open_case(&self, incident: IncidentId) -> Result<&Case, Refusal> {
        let case = self.incidents.cases.get(incident);
        let case = case.ok_or(Refusal::IncidentUnknown {})?;
        if case.ended.is_some() {
            return Err(Refusal::IncidentEnded { incident });
        }
        Ok(case)
    }

    /// Nothing is taken out of a container of an open incident: it is evidence.
    ///
    /// # Errors
    /// [`Refusal::ContainerInIncident`].
    pub fn uninvolved(container: &Container, label: Label) -> Result<(), Refusal> {
        match container.incident {
            Some(incident) => Err(Refusal::ContainerInIncident { label, incident }),
            None => Ok(()),
        }
    }

    /// Whether an incident may be reported.
    ///
    /// # Errors
    /// [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`], [`Refusal::DiscoveredBeforeFounding`],
    /// [`Refusal::OccurredInFuture`], [`Refusal::ContainerNamedTwice`], [`Refusal::ContainerInIncident`],
    /// [`Refusal::Inconsistent`].
    pub fn opening_incident(&self, incident: &Incident, now: Time) -> Result<(), Refusal> {
        self.place(incident.place)?;
        let discovered_at = incident.discovered_at;
        let founded_at = self.register.founded_at;
        if let Some(founded_at) = founded_at.filter(|founded_at| discovered_at < *founded_at) {
            return Err(Refusal::DiscoveredBeforeFounding {
                discovered_at,
                founded_at,
            });
        }
        self.concerning(incident, now)?;
        for affected in &incident.containers {
            if let Some(container) = self.stock.containers.get(affected.serial) {
                let generation = container.standing.generation;
                let label = Label::new(self.institution, affected.serial, generation);
                Self::uninvolved(container, label)?;
            }
        }
        Ok(())
    }

    /// The same of what the program finds: the place may be closed since, and what did not arrive may be
    /// in another incident already, which is then no longer the one that blocks it.
    fn concerning(&self, incident: &Incident, now: Time) -> Result<(), Refusal> {
        if incident.discovered_at > now {
            return Err(Refusal::OccurredInFuture {
                occurred_at: incident.discovered_at,
                now,
            });
        }
        let mut named = BTreeSet::new();
        for affected in &incident.containers {
            let container = self.stock.containers.get(affected.serial);
            let container = container.ok_or(Refusal::Inconsistent {
                what: "container of an incident",
            })?;
            let generation = container.standing.generation;
            let label = Label::new(self.institution, affected.serial, generation);
            if !named.insert(affected.serial) {
                return Err(Refusal::ContainerNamedTwice { label });
            }
        }
        Ok(())
    }

    /// What becomes of an incident by a follow-up.
    ///
    /// # Errors
    /// [`Refusal::IncidentUnknown`], [`Refusal::IncidentEnded`], [`Refusal::OccurredInFuture`],
    /// [`Refusal::ReportedBeforeDiscovery`], [`Refusal::LateReasonMissing`], [`Refusal::ReportedAlready`].
    pub fn following_up(
        &self,
        sequel: &Sequel,
        is_excused: bool,
        now: Time,
    ) -> Result<Case, Refusal> {
        let mut case = self.open_case(sequel.incident)?.clone();
        if let Some(kind) = sequel.kind {
            case.incident.kind = kind;
            if !case.kinds.contains(&kind) {
                case.kinds.push(kind);
            }
        }
        if let Some(report) = &sequel.report {
            let discovered_at = case.incident.discovered_at;
            if report.at < discovered_at {
                return Err(Refusal::ReportedBeforeDiscovery { discovered_at });
            }
            timely(report.at, is_excused, now)?;
            if let Some(told) = case.report_to(report.to) {
                return Err(Refusal::ReportedAlready { at: told.at });
            }
            case.reports.push((report.clone(), now));
        }
        Ok(case)
    }

    /// How the containers of an incident stand when it ends: each that changes, with what comes back from
    /// `lost` (positive) or goes there (negative).
    ///
    /// # Errors
    /// [`Refusal::IncidentUnknown`], [`Refusal::IncidentEnded`], [`Refusal::IncidentUnreported`],
    /// [`Refusal::IncidentResult`], [`Refusal::ContainerState`], [`Refusal::PlaceClosed`].
    pub fn ending(&self, ending: Ending) -> Result<Vec<(&Container, Standing, i64)>, Refusal> {
        let incident = ending.incident;
        let case = self.open_case(incident)?;
        if let Some(authority) = case.untold() {
            return Err(Refusal::IncidentUnreported {
                incident,
                authority,
                due_at: case.due_at(),
            });
        }
        let affected = &case.incident.containers;
        let is_posted = affected.iter().any(|one| one.lost > 0);
        let fits = match ending.result {
            IncidentResult::FoundAgain => is_posted,
            IncidentResult::WrittenOff => !affected.is_empty(),
            IncidentResult::DealtWith => !is_posted,
        };
        if !fits {
            return Err(Refusal::IncidentResult {
                incident,
                result: ending.result,
            });
        }
        let mut changed = Vec::new();
        for one in affected {
            let container = self.stock.containers.get(one.serial);
            let container = container.ok_or(Refusal::Inconsistent {
                what: "container of an incident",
            })?;
            if let Some((after, amount)) = self.ended(container, one, ending.result)? {
                changed.push((container, after, amount));
            }
        }
        Ok(changed)
    }

    /// How a container stands after the incident, if that changes it.
    fn ended(
        &self,
        container: &Container,
        affected: &Affected,
        result: IncidentResult,
    ) -> Result<Option<(Standing, i64)>, Refusal> {
        let now = container.standing;
        let label = Label::new(self.institution, container.serial, now.generation);
        let impossible = Refusal::ContainerState {
            label,
            state: now.status,
            act: Kind::EndIncident,
        };
        match result {
            IncidentResult::FoundAgain if affected.lost > 0 => {
                let found = self.stock.found(container.serial, now.status);
                let status = found.or(now.status.after(Event::Adjust));
                self.place(now.place)?;
                let amount = now.amount.checked_add(affected.lost);
                let after = Standing {
                    status: status.ok_or(impossible)?,
                    amount: amount.ok_or(Refusal::AmountOverflow {})?,
                    ..now
                };
                Ok(Some((after.settled(), affected.lost)))
            }
            IncidentResult::WrittenOff if affected.lost == 0 => {
                let status = match now.status.after(Event::Lose) {
                    Some(status) => status,
                    // It is still coming, or on its way back.
                    None if now.status == Status::InTransit => return Err(impossible),
                    // Nothing of it is left to write off.
                    None => return Ok(None),
                };
                let after = Standing {
                    status,
                    holder: None,
                    amount: 0,
                    ..now
                };
                Ok(Some((after, -now.amount)))
            }
            IncidentResult::FoundAgain | IncidentResult::WrittenOff | IncidentResult::DealtWith => {
                Ok(None)
            }
        }
    }

    /// Adds what was lost of its containers to an open incident.
    pub(super) fn add_lost(
        &mut self,
        incident: Option<IncidentId>,
        lost: &[(Serial, i64)],
        record: &Record,
    ) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "what was lost of an incident",
        };
        let incident = incident.ok_or(WRONG)?;
        let mut case = self.open_case(incident)?.clone();
        for (serial, amount) in lost {
            let mut affected = case.incident.containers.iter_mut();
            let one = affected.find(|one| one.serial == *serial).ok_or(WRONG)?;
            one.lost = one.lost.checked_add(*amount).ok_or(WRONG)?;
        }
        self.incidents.cases.put(incident, case);
        self.incidents
            .steps
            .add((incident, record.seq), record.act.kind());
        Ok(())
    }

    /// Opens an incident.
    pub(super) fn open_incident(
        &mut self,
        incident: &Incident,
        record: &Record,
        by: Option<PersonId>,
    ) -> Result<(), Refusal> {
        self.concerning(incident, record.recorded_at)?;
        let case = Case {
            incident: incident.clone(),
            kinds: vec![incident.kind],
            what: record.reason.clone(),
            opened_in: record.seq,
            opened_by: by,
            opened_at: record.recorded_at,
            reports: Vec::new(),
            ended: None,
        };
        if !self.incidents.cases.add(incident.id, case) {
            return Err(Refusal::Inconsistent {
                what: "number of an incident",
            });
        }
        for affected in &incident.containers {
            if let Some(container) = self.stock.containers.change(affected.serial) {
                container.incident = Some(incident.id);
            }
        }
        let key = (incident.id, record.seq);
        self.incidents.steps.add(key, record.act.kind());
        Ok(())
    }

    /// Applies an entry of an incident.
    ///
    /// # Errors
    /// What the verb would have been refused for.
    pub(super) fn step_incident(&mut self, record: &Record) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent { what: "incident" };
        let by = record.actor.person.ok_or(WRONG)?;
        if record.act.kind() != Kind::EndIncident && !record.containers.is_empty() {
            return Err(WRONG);
        }
        let incident = if let Act::Incident(incident) = &record.act {
            // What a stocktake misses is posted with the incident; here nothing is.
            if incident.containers.iter().any(|one| one.lost != 0) {
                return Err(WRONG);
            }
            self.opening_incident(incident, record.recorded_at)?;
            return self.open_incident(incident, record, Some(by));
        } else if let Act::FollowUp(sequel) = &record.act {
            let case = self.following_up(sequel, record.late.is_some(), record.recorded_at)?;
            self.incidents.cases.put(sequel.incident, case);
            sequel.incident
        } else if let Act::EndIncident(ending) = &record.act {
            self.end_case(*ending, record, by)?;
            ending.incident
        } else {
            return Ok(());
        };
        let key = (incident, record.seq);
        self.incidents.steps.add(key, record.act.kind());
        Ok(())
    }

    fn end_case(&mut self, ending: Ending, record: &Record, by: PersonId) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent {
            what: "end of an incident",
        };
        // The lines have been applied: what they began from is asked again.
        for line in &record.containers {
            let prior = line.before.ok_or(WRONG)?;
            let container = self.stock.containers.change(line.serial).ok_or(WRONG)?;
            container.standing = prior.standing;
        }
        let ended: Vec<_> = self
            .ending(ending)?
            .into_iter()
            .map(|(container, after, _)| (container.serial, after))
            .collect();
        let said = record.containers.iter();
        if !said
            .map(|line| (line.serial, line.after))
            .eq(ended.iter().copied())
        {
            return Err(WRONG);
        }
        for (serial, after) in ended {
            if let Some(container) = self.stock.containers.change(serial) {
                container.standing = after;
            }
        }
        let case = self.incidents.cases.change(ending.incident).ok_or(WRONG)?;
        let done = Done {
            entry: record.seq,
            by,
            at: record.recorded_at,
        };
        case.ended = Some((done, ending.result));
        for affected in case.incident.containers.clone() {
            if let Some(container) = self.stock.containers.change(affected.serial)
                && container.incident == Some(ending.incident)
            {
                container.incident = None;
            }
        }
        Ok(())
    }
}
