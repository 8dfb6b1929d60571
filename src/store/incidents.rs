//! Incidents: rows to domain types and back, loaded for a batch, written after it.

use std::collections::BTreeSet;

use crate::domain::{
    facts::Facts,
    ids::{IncidentId, InstitutionId, PersonId, Seq, Serial},
    incident::{Case, Incident, Incidents},
    ledger::Kind,
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    facts::by_keys,
    rows::{json, number, parsed, to_json},
    schema::{IncidentRow, IncidentStepRow},
    stocktakes::{done, half},
    table::{Cell, insert, select, update},
};

impl IncidentRow {
    pub(crate) fn of(institution: InstitutionId, case: &Case) -> Result<Self, StoreError> {
        let incident = &case.incident;
        let ended = case.ended.as_ref();
        Ok(Self {
            institution_id: institution.get(),
            incident_id: incident.id.get(),
            kind: incident.kind.as_str().to_owned(),
            kinds: to_json(&case.kinds)?,
            what: case.what.clone(),
            place_id: incident.place.get(),
            discovered_at: incident.discovered_at.millis(),
            containers: to_json(&incident.containers)?,
            opened_seq: case.opened_in.get(),
            opened_by: case.opened_by.map(PersonId::get),
            opened_at: case.opened_at.millis(),
            reports: to_json(&case.reports)?,
            ended_seq: ended.map(|(done, _)| done.entry.get()),
            ended_by: ended.map(|(done, _)| PersonId::get(done.by)),
            ended_at: ended.map(|(done, _)| done.at.millis()),
            result: ended.map(|(_, result)| result.as_str().to_owned()),
        })
    }

    pub(crate) fn parse(self) -> Result<Case, StoreError> {
        const TABLE: &str = "incident";
        let ended = done(TABLE, self.ended_seq, self.ended_by, self.ended_at)?;
        let opened_by = self.opened_by.map(|by| number(TABLE, by));
        let ended = match (ended, self.result) {
            (Some(done), Some(result)) => Some((done, parsed(TABLE, &result)?)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(half(TABLE, "an end")),
        };
        Ok(Case {
            incident: Incident {
                id: number(TABLE, self.incident_id)?,
                kind: parsed(TABLE, &self.kind)?,
                place: number(TABLE, self.place_id)?,
                discovered_at: Time::from_millis(self.discovered_at),
                containers: json(TABLE, &self.containers)?,
            },
            kinds: json(TABLE, &self.kinds)?,
            what: self.what,
            opened_in: number(TABLE, self.opened_seq)?,
            opened_by: opened_by.transpose()?,
            opened_at: Time::from_millis(self.opened_at),
            reports: json(TABLE, &self.reports)?,
            ended,
        })
    }
}

impl IncidentStepRow {
    pub(crate) fn of(institution: InstitutionId, key: (IncidentId, Seq), kind: Kind) -> Self {
        Self {
            institution_id: institution.get(),
            incident_id: key.0.get(),
            seq: key.1.get(),
            kind: kind.as_str().to_owned(),
        }
    }
}

/// Loads the incidents that the commands name. Answers the containers that they name.
pub(super) fn load(
    conn: &mut Db,
    facts: &mut Facts,
    needs: &Needs,
) -> Result<BTreeSet<Serial>, StoreError> {
    let institution = facts.institution;
    let id = institution.get();
    if needs.incidents.last {
        let last = "WHERE institution_id = ? ORDER BY incident_id DESC LIMIT 1";
        for row in select::<IncidentRow>(conn, last, &[Cell::Int(&id)])? {
            let case = row.parse()?;
            facts.incidents.cases.load(case.incident.id, case);
        }
    }
    let incidents = needs.incidents.incidents.iter();
    let keys: Vec<i64> = incidents.map(|incident| incident.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND incident_id = ?",
        "WHERE institution_id = ? AND incident_id = ANY(?)",
    );
    let mut concerned = BTreeSet::new();
    for row in by_keys::<IncidentRow>(conn, institution, &keys, one, many)? {
        let case = row.parse()?;
        concerned.extend(case.incident.containers.iter().map(|one| one.serial));
        facts.incidents.cases.load(case.incident.id, case);
    }
    Ok(concerned)
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct IncidentRows {
    incidents: (Vec<IncidentRow>, Vec<IncidentRow>),
    steps: Vec<IncidentStepRow>,
}

impl IncidentRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        incidents: &mut Incidents,
    ) -> Result<(), StoreError> {
        for (_, case) in incidents.cases.take_added() {
            self.incidents.0.push(IncidentRow::of(id, case)?);
        }
        for (_, case) in incidents.cases.take_changed() {
            self.incidents.1.push(IncidentRow::of(id, case)?);
        }
        for (key, kind) in incidents.steps.take_added() {
            self.steps.push(IncidentStepRow::of(id, key, *kind));
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.incidents.0)?;
        update(conn, &self.incidents.1)?;
        insert(conn, &self.steps)?;
        Ok(())
    }
}
