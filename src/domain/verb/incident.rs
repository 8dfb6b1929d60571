//! 事件首报: a loss, a theft or a leak is reported.

use super::{Context, Decision, MOST_CONTAINERS, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{IncidentId, Label, PlaceId},
    incident::{Affected, Incident, IncidentKind},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    time::Time,
};

/// The first report of an incident. Nothing is posted yet; nothing is taken from its containers until it ends.
#[derive(Clone, Debug)]
pub struct ReportIncident {
    /// What kind.
    pub kind: IncidentKind,
    /// Where.
    pub place: PlaceId,
    /// Which containers, at most 500; none where none is concerned.
    pub labels: Vec<Label>,
    /// When it was discovered; left out: now.
    pub discovered_at: Option<Time>,
    /// What happened.
    pub what: String,
}

impl Verb for ReportIncident {
    fn name(&self) -> &'static str {
        Kind::Incident.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ReportIncidents)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            containers: self.labels.iter().map(|label| label.serial()).collect(),
            ..Needs::default()
        };
        needs.incidents.last = true;
        needs
    }

    fn weight(&self) -> usize {
        self.labels.len().min(MOST_CONTAINERS)
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let containers = if self.labels.is_empty() {
            Vec::new()
        } else {
            facts.containers(self.labels.iter().copied())?
        };
        let last = facts.incidents.cases.last_key();
        let affected = containers.into_iter().map(|(_, container)| Affected {
            serial: container.serial,
            lost: 0,
        });
        let incident = Incident {
            id: following(last.map(IncidentId::get))?,
            kind: self.kind,
            place: self.place,
            discovered_at: self.discovered_at.unwrap_or(cx.now),
            containers: affected.collect(),
        };
        facts.opening_incident(&incident, cx.now)?;
        let mut draft = Draft::of(Act::Incident(incident));
        draft.reason.clone_from(&self.what);
        Ok(draft.into())
    }
}
