//! 丢失、被盗、泄漏: what was reported, what was due when, and how it ended.

use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, positions::hides_containers, record};
use crate::{
    domain::{
        facts::Facts,
        ids::{IncidentId, Label, PersonId, PlaceId, Seq},
        incident::{Authority, Case, IncidentKind, IncidentResult, IncidentState, Report},
        ledger::Kind,
        refusal::Refusal,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{IncidentRow, IncidentStepRow},
        table::{Cell, select},
    },
};

/// Asks for the incidents, by number.
#[derive(Clone, Debug)]
pub struct Incidents {
    /// Only those that are so.
    pub state: Option<IncidentState>,
    /// Only behind this one.
    pub after: Option<IncidentId>,
    /// Most items.
    pub limit: usize,
}

/// Asks for one incident with its steps.
#[derive(Clone, Debug)]
pub struct OneIncident(pub IncidentId);

/// An incident.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentLine {
    /// Its number.
    pub incident: IncidentId,
    /// What kind it has turned out to be.
    pub kind: IncidentKind,
    /// Whether it is over.
    pub state: IncidentState,
    /// What happened.
    pub what: String,
    /// Where.
    pub place: PlaceId,
    /// The names of the place, from the outside in.
    pub place_path: Vec<String>,
    /// The containers, under the labels that they have now.
    pub labels: Vec<Label>,
    /// When it was discovered.
    pub discovered_at: Time,
    /// When it was reported here.
    pub opened_at: Time,
    /// By whom; nobody where the program found that something did not arrive.
    pub opened_by: Option<PersonId>,
    /// The name.
    pub opened_by_name: Option<String>,
    /// The entry.
    pub opened_seq: Seq,
    /// Which authorities are to be told, whatever it turned out to be since.
    pub duties: Vec<Authority>,
    /// Until when.
    pub due_at: Time,
    /// Whether that is or was late: for ever.
    pub overdue: bool,
    /// The first report to each authority.
    pub reports: Vec<Told>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// How.
    pub result: Option<IncidentResult>,
}

/// A report to an authority: when it was made is a claim, when it was recorded is not.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// When that was recorded here.
    pub recorded_at: Time,
}

/// An entry about an incident.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentStep {
    /// The entry.
    pub seq: Seq,
    /// What kind of entry.
    pub kind: Kind,
    /// When.
    pub recorded_at: Time,
    /// By whom.
    pub actor: String,
    /// In words.
    pub text: String,
}

/// An incident with its steps.
#[derive(Clone, Debug, Serialize)]
pub struct WholeIncident {
    /// The incident.
    #[serde(flatten)]
    pub line: IncidentLine,
    /// What was reported, in order.
    pub steps: Vec<IncidentStep>,
}

impl IncidentLine {
    /// Whether it says where something stood that the asker is not told.
    fn is_hidden(&self, conn: &mut Db, scope: &Scope) -> Result<bool, StoreError> {
        hides_containers(conn, scope, self.labels.iter().map(|label| label.serial()))
    }
}

fn line(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    case: &Case,
) -> Result<IncidentLine, StoreError> {
    let affected = case.incident.containers.iter();
    let serials = affected.map(|one| one.serial.get()).collect();
    let containers = lookups::containers(conn, scope.institution, &serials)?;
    let labels = containers.iter().map(|container| {
        let generation = container.standing.generation;
        Label::new(scope.institution, container.serial, generation)
    });
    let ended = case.ended.as_ref();
    let reports = case.reports.clone().into_iter();
    Ok(IncidentLine {
        incident: case.incident.id,
        kind: case.incident.kind,
        state: ended.map_or(IncidentState::Open, |_| IncidentState::Ended),
        what: case.what.clone(),
        place: case.incident.place,
        place_path: path(facts, case.incident.place),
        labels: labels.collect(),
        discovered_at: case.incident.discovered_at,
        opened_at: case.opened_at,
        opened_by: case.opened_by,
        opened_by_name: case.opened_by.and_then(|by| person_name(facts, by)),
        opened_seq: case.opened_in,
        duties: case.duties().into_iter().collect(),
        due_at: case.due_at(),
        overdue: case.is_overdue(scope.now),
        ended_at: ended.map(|(done, _)| done.at),
        result: ended.map(|(_, result)| *result),
        reports: reports
            .map(|(report, recorded_at)| Told {
                report,
                recorded_at,
            })
            .collect(),
    })
}

impl Query for Incidents {
    type Answer = Page<IncidentLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let state = self.state.map_or("", IncidentState::as_str).to_owned();
        let rows: Vec<IncidentRow> = select(
            conn,
            "WHERE institution_id = ? AND incident_id > ? \
             AND (? = '' OR CASE WHEN ended_seq IS NULL THEN 'open' ELSE 'ended' END = ?) \
             ORDER BY incident_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.after.map_or(0, IncidentId::get)),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Int(&more),
            ],
        )?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.push(line(conn, scope, &snapshot.facts, &row.parse()?)?);
        }
        let page = Page::begun(items, self.limit, |item| item.incident.to_string());
        let mut told = Vec::with_capacity(page.items.len());
        for item in page.items {
            if !item.is_hidden(conn, scope)? {
                told.push(item);
            }
        }
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            items: told,
            next: page.next,
            total: None,
        })
    }
}

impl Query for OneIncident {
    type Answer = Result<WholeIncident, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&self.0.get()),
        ];
        let clause = "WHERE institution_id = ? AND incident_id = ?";
        let found: Vec<IncidentRow> = select(conn, clause, &key)?;
        let Some(row) = found.into_iter().next() else {
            return Ok(Err(Refusal::IncidentUnknown {}));
        };
        let line = line(conn, scope, &snapshot.facts, &row.parse()?)?;
        if line.is_hidden(conn, scope)? {
            return Ok(Err(Refusal::PositionWithheld {}));
        }
        let clause = "WHERE institution_id = ? AND incident_id = ? ORDER BY seq";
        let told: Vec<IncidentStepRow> = select(conn, clause, &key)?;
        let mut steps = Vec::with_capacity(told.len());
        for row in told {
            let seq = rows::number("incident_step", row.seq)?;
            let record = record(conn, scope, seq)?;
            steps.push(IncidentStep {
                seq,
                kind: record.act.kind(),
                recorded_at: record.recorded_at,
                actor: record.actor.name,
                text: record.reason,
            });
        }
        Ok(Ok(WholeIncident { line, steps }))
    }
}
