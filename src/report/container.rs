//! 容器: what a scanned label stands for, and what can be done with it next.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Query, Scope,
    composition::{Composition, composition},
    path, person_name, product, quantity, record,
};
use crate::{
    domain::{
        container::{Container, Event, Status},
        facts::Facts,
        ids::{
            Cas, IncidentId, InstitutionId, Label, PersonId, PlaceId, ProductId, RequestId, Seq,
        },
        ledger::Act,
        people::{Permission, Role},
        quantity::Quantity,
        refusal::{Known, Refusal},
        substance::ControlClass,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::{HoldingRow, ReservationRow},
        table::{Cell, select},
    },
};

/// Asks what a label stands for: five point reads.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The label.
    pub label: Label,
    /// The roles of the person who scans: only what they may do is offered.
    pub roles: Vec<Role>,
}

/// A container as a person at the cabinet wants to see it.
#[derive(Clone, Debug, Serialize)]
pub struct Scanned {
    /// Its label.
    pub label: Label,
    /// What is in it.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes today, strictest first.
    pub classes: Vec<ControlClass>,
    /// How many custodians have to sign a movement.
    pub signatures: usize,
    /// Its state.
    pub status: Status,
    /// What is in it.
    pub amount: Quantity,
    /// How much of it signing requests hold back.
    pub reserved: Quantity,
    /// These requests.
    pub requests: Vec<RequestId>,
    /// Where it stands, or belongs while it is with a person.
    pub place: Option<PlaceId>,
    /// The names of the place and those around it, from the outside in; none where the place is not told.
    pub place_path: Vec<String>,
    /// The person it is with.
    pub holder: Option<PersonId>,
    /// The name of that person.
    pub holder_name: Option<String>,
    /// What was taken out of it and is neither used nor back.
    pub held: Vec<Held>,
    /// 批号.
    pub lot: Option<String>,
    /// 生产厂家.
    pub maker: Option<String>,
    /// 供货单位.
    pub supplier: Option<String>,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// Whether that day has passed.
    pub expired: bool,
    /// Reference to the safety data sheet.
    pub sds: Option<String>,
    /// What the person who asks can do with it next: names of routes' acts.
    pub actions: Vec<&'static str>,
    /// What the person who asks can have done with it through a signing request: names of its fields.
    pub signed_actions: Vec<&'static str>,
    /// The container that it was filled from (分装), under the label that it has now.
    pub filled_from: Option<Label>,
    /// The label that it bore at the institution that sent it here (调拨).
    pub came_from: Option<Label>,
    /// What it was mixed of (配制); the container that it was filled from, where that was.
    pub composition: Option<Composition>,
    /// The transfer that it left with, and to whom.
    pub transfer: Option<Left>,
    /// The latest entry that touched it.
    pub last_entry: Seq,
    /// When a stocktake last saw it (盘点).
    pub verified_at: Option<Time>,
    /// The open incident that it is part of: nothing is taken from it.
    pub incident: Option<IncidentId>,
}

/// How a container left for another institution.
#[derive(Clone, Debug, Serialize)]
pub struct Left {
    /// The entry that sent it.
    pub entry: Seq,
    /// To whom.
    pub to: InstitutionId,
    /// The name.
    pub to_name: Option<String>,
    /// Since when.
    pub sent_at: Time,
    /// When it is expected.
    pub expected_at: Time,
    /// Whether it was refused and is on its way back.
    pub is_returning: bool,
}

/// What a person holds of a container.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The checkout.
    pub checkout: Seq,
    /// Who.
    pub holder: PersonId,
    /// The name.
    pub holder_name: Option<String>,
    /// How much.
    pub amount: Quantity,
}

/// Entries of one container looked at for the one that replaced a label.
const MOST_STEPS: usize = 1_000;

/// What each event of the state machine is called at the desk, and what it needs.
const ACTIONS: [(Event, &str, Permission); 13] = [
    (Event::TakePart, "checkout", Permission::Checkout),
    (Event::TakeWhole, "checkout", Permission::Checkout),
    (Event::TakePart, "split", Permission::Checkout),
    (Event::BringBack, "give_back", Permission::Checkout),
    (Event::Settle, "give_back", Permission::Checkout),
    (Event::Settle, "use", Permission::Checkout),
    (Event::Consume, "use", Permission::Checkout),
    (Event::Move, "move", Permission::Move),
    (Event::Send, "transfer", Permission::Move),
    (Event::Reclaim, "reclaim", Permission::Receive),
    (Event::Discard, "waste", Permission::Waste),
    (Event::Dispose, "disposal", Permission::Waste),
    (Event::Reprint, "reprint", Permission::Receive),
];

/// The container with a label: unknown and foreign ones are refused alike, replaced ones by what
/// replaced them, when and by whom.
pub(super) fn labelled(
    conn: &mut Db,
    scope: &Scope,
    label: Label,
) -> Result<Result<Container, Refusal>, StoreError> {
    let found = if label.institution() == scope.institution {
        lookups::container(conn, scope.institution, label.serial())?
    } else {
        None
    };
    let mut facts = Facts::of(scope.institution);
    let mut at = found.as_ref().map(|container| container.last_entry);
    if let Some(container) = found {
        facts.stock.containers.load(container.serial, container);
    }
    let refusal = match facts.container(label) {
        Ok(container) => return Ok(Ok(container.clone())),
        Err(refusal) => refusal,
    };
    let Refusal::LabelReplaced { label, current, .. } = refusal else {
        return Ok(Err(refusal));
    };
    // Back along the entries of the container to the one that put a new label in the place of this.
    for _ in 0..MOST_STEPS {
        let Some(seq) = at else { break };
        let record = record(conn, scope, seq)?;
        let Some(prior) = record.before(label.serial()) else {
            break;
        };
        if record.act == Act::Reprint && prior.standing.generation == label.generation() {
            return Ok(Err(Refusal::LabelReplaced {
                label,
                current,
                on: Known(Some(record.recorded_at)),
                by: Known(Some(record.actor.name)),
            }));
        }
        at = Some(prior.entry);
    }
    Ok(Err(refusal))
}

impl Query for Scan {
    type Answer = Result<Scanned, Refusal>;
    const POINT: bool = true;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let container = match labelled(conn, scope, self.label)? {
            Ok(container) => container,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let facts = scope.snapshot(conn)?.facts;
        let held = held(conn, scope, &facts, &container)?;
        let product = product(&facts, container.identity.product)?;
        let reservations = reservations(conn, scope, &facts, &container)?;
        let reserved = reservations
            .iter()
            .fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
        let day = scope.now.china_day();
        let Container {
            identity, standing, ..
        } = &container;
        let expired = identity.expires_on.is_some_and(|last| last < day);
        let requirement = facts.requirement(product, scope.now);
        let transfer = left(conn, scope, &container)?;
        let composition = if container.identity.mixed {
            composition(conn, scope, &facts, &container)?
        } else {
            None
        };
        let is_returning = transfer.as_ref().is_some_and(|left| left.is_returning);
        // What leaves the cabinet or is used there must be known and good; what is out already has been
        // used, whatever the date.
        let is_spent = |event: Event| {
            matches!(event, Event::TakePart | Event::TakeWhole | Event::Send)
                || (event == Event::Consume && standing.status == Status::InStock)
        };
        let is_fit =
            !expired && container.incident.is_none() && product.identified(scope.now).is_ok();
        let possible = |(event, _, permission): &(Event, &str, Permission)| {
            standing.status.after(*event).is_some()
                && self.roles.iter().any(|role| role.may(*permission))
                && (*event != Event::Settle || !held.is_empty())
                && (*event != Event::Send || held.is_empty())
                && (*event != Event::Reclaim || is_returning)
                && (is_fit || !is_spent(*event))
        };
        let possible: BTreeSet<_> = ACTIONS
            .into_iter()
            .filter(possible)
            .map(|(_, name, _)| name)
            .collect();
        // A label is reprinted without a signing request.
        let (signed_actions, actions) = possible
            .into_iter()
            .partition(|name| requirement.is_controlled() && *name != "reprint");
        let classes = product.classes_on(day);
        let is_told = !scope.withholds(&classes);
        Ok(Ok(Scanned {
            label: self.label,
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes,
            signatures: requirement.issuers,
            status: standing.status,
            amount: quantity(identity.dimension, standing.amount)?,
            reserved: quantity(identity.dimension, reserved)?,
            requests: reservations.iter().map(|(request, _)| *request).collect(),
            place: is_told.then_some(standing.place),
            place_path: if is_told {
                path(&facts, standing.place)
            } else {
                Vec::new()
            },
            holder: standing.holder,
            holder_name: standing
                .holder
                .and_then(|holder| person_name(&facts, holder)),
            held,
            lot: identity.lot.clone(),
            maker: identity.maker.clone(),
            supplier: identity.supplier.clone(),
            expires_on: identity.expires_on,
            expired,
            sds: identity.sds.clone(),
            actions,
            signed_actions,
            filled_from: match identity.parent {
                Some(parent) => lookups::container(conn, scope.institution, parent)?
                    .map(|from| Label::new(scope.institution, parent, from.standing.generation)),
                None => None,
            },
            came_from: identity.came_from,
            composition,
            transfer,
            last_entry: container.last_entry,
            verified_at: container.verified_at,
            incident: container.incident,
        }))
    }
}

/// The transfer that a container left with, found back along its entries.
fn left(conn: &mut Db, scope: &Scope, container: &Container) -> Result<Option<Left>, StoreError> {
    let status = container.standing.status;
    if !matches!(status, Status::InTransit | Status::Sent) {
        return Ok(None);
    }
    let mut at = Some(container.last_entry);
    let mut is_settled = false;
    for _ in 0..MOST_STEPS {
        let Some(seq) = at else { break };
        let record = record(conn, scope, seq)?;
        is_settled |= matches!(record.act, Act::Settle(_));
        if let Act::Send(consignment) = &record.act {
            let peer = lookups::institution(conn, consignment.to)?;
            return Ok(Some(Left {
                entry: seq,
                to: consignment.to,
                to_name: peer.map(|peer| peer.name),
                sent_at: record.recorded_at,
                expected_at: consignment.carriage.expected_at,
                is_returning: is_settled && status == Status::InTransit,
            }));
        }
        at = record.before(container.serial).map(|prior| prior.entry);
    }
    Ok(None)
}

/// What signing requests hold back of a container now.
fn reservations(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    container: &Container,
) -> Result<Vec<(RequestId, i64)>, StoreError> {
    if !facts.is_governed(product(facts, container.identity.product)?) {
        return Ok(Vec::new());
    }
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&container.serial.get()),
        Cell::Int(&scope.now.millis()),
    ];
    let clause = "WHERE institution_id = ? AND serial = ? AND amount > 0 AND expires_at > ? ORDER BY request_id";
    let rows: Vec<ReservationRow> = select(conn, clause, &key)?;
    let held = rows.into_iter().map(|row| {
        let ((request, _), reservation) = row.parse()?;
        Ok((request, reservation.amount))
    });
    held.collect()
}

fn held(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    container: &Container,
) -> Result<Vec<Held>, StoreError> {
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&container.serial.get()),
    ];
    let clause = "WHERE institution_id = ? AND serial = ? AND amount > 0 ORDER BY checkout_seq";
    let rows: Vec<HoldingRow> = select(conn, clause, &key)?;
    let held = rows.into_iter().map(|row| {
        let ((checkout, _), holding) = row.parse()?;
        Ok(Held {
            checkout,
            holder: holding.holder,
            holder_name: person_name(facts, holding.holder),
            amount: quantity(holding.dimension, holding.amount)?,
        })
    });
    held.collect()
}
