//! 履历: what happened to a container, the latest first.

use serde::Serialize;

use super::{
    Page, Query, Scope, container::labelled, path, person_name, product, quantity, record,
    reversed_by,
};
use crate::{
    domain::{
        container::Status,
        ids::{Label, PersonId, PlaceId, Seq},
        ledger::Kind,
        quantity::Quantity,
        refusal::Refusal,
        time::Time,
    },
    store::{StoreError, conn::Db},
};

/// Asks for the entries that touched a container: each names the one before it.
#[derive(Clone, Debug)]
pub struct History {
    /// The label.
    pub label: Label,
    /// The entry at which the page begins.
    pub from: Option<Seq>,
    /// Most lines.
    pub limit: usize,
}

/// What one entry did to the container.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryLine {
    /// The entry.
    pub seq: Seq,
    /// What kind of act.
    pub kind: Kind,
    /// When it was written.
    pub recorded_at: Time,
    /// When it happened, as claimed.
    pub occurred_at: Time,
    /// Who sent it.
    pub actor: String,
    /// What was in the container before; absent where it came into the book.
    pub before: Option<Quantity>,
    /// What was in it after.
    pub after: Quantity,
    /// Its state after.
    pub status: Status,
    /// Where it stood after, or belonged.
    pub place: PlaceId,
    /// The names of that place today, from the outside in.
    pub place_path: Vec<String>,
    /// The person it was with after.
    pub holder: Option<PersonId>,
    /// The name of that person.
    pub holder_name: Option<String>,
    /// Why.
    pub reason: String,
    /// The entry that reversed it (冲正).
    pub reversed_by: Option<Seq>,
}

impl Query for History {
    type Answer = Result<Page<HistoryLine>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let container = match labelled(conn, scope, self.label)? {
            Ok(container) => container,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let product = product(facts, container.identity.product)?;
        if scope.withholds(&product.classes_on(scope.now.china_day())) {
            return Ok(Err(Refusal::PositionWithheld {}));
        }
        let dimension = container.identity.dimension;
        let mut at = Some(self.from.unwrap_or(container.last_entry));
        let mut items = Vec::new();
        while let Some(seq) = at.filter(|_| items.len() < self.limit) {
            let record = record(conn, scope, seq)?;
            let mut lines = record.containers.iter();
            let Some(line) = lines.find(|line| line.serial == container.serial) else {
                return Ok(Err(Refusal::EntryUnknown { entry: seq }));
            };
            let before = line.before.map(|prior| prior.standing.amount);
            items.push(HistoryLine {
                seq,
                kind: record.act.kind(),
                recorded_at: record.recorded_at,
                occurred_at: record.occurred_at.unwrap_or(record.recorded_at),
                actor: record.actor.name.clone(),
                before: before
                    .map(|before| quantity(dimension, before))
                    .transpose()?,
                after: quantity(dimension, line.after.amount)?,
                status: line.after.status,
                place: line.after.place,
                place_path: path(facts, line.after.place),
                holder: line.after.holder,
                holder_name: line.after.holder.and_then(|id| person_name(facts, id)),
                reason: record.reason.clone(),
                reversed_by: reversed_by(conn, scope, seq)?,
            });
            at = line.before.map(|prior| prior.entry);
        }
        Ok(Ok(Page {
            items,
            next: at.map(|seq| seq.to_string()),
            total: None,
            as_of_seq: Some(snapshot.as_of_seq),
        }))
    }
}
