//! 废物容器台账: waste containers, and what went into each, from where, by whom and when.

use serde::Serialize;

use super::{
    Page, Query, Scope, lists::Paged, path, person_name, positions::hides_containers, product,
    quantity,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{Generation, Label, PersonId, PlaceId, ProductId, Seq, Serial},
        quantity::{Dimension, Quantity},
        refusal::Refusal,
        time::Time,
        vessel::{Hazard, Poured, VesselKind, WasteVessel},
        waste::WasteCode,
        words::words,
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::{VesselRow, WasteLineRow},
        table::{Cell, select},
    },
};

words! {
    /// How a waste container stands.
    VesselState {
        /// 使用中.
        Open = "open" "使用中",
        /// 已封口.
        Closed = "closed" "已封口",
        /// 已处置.
        Disposed = "disposed" "已处置",
    }
}

impl VesselState {
    const fn of(vessel: &WasteVessel) -> Self {
        match (vessel.disposed_by, vessel.closed) {
            (Some(_), _) => Self::Disposed,
            (None, Some(_)) => Self::Closed,
            (None, None) => Self::Open,
        }
    }
}

/// Asks for the waste containers.
#[derive(Clone, Debug)]
pub struct WasteContainers {
    /// Only those that stand so; those that were not disposed of if absent.
    pub state: Option<VesselState>,
    /// Only of this waste code.
    pub code: Option<WasteCode>,
    /// Only behind this one.
    pub after: Option<Serial>,
    /// Most items.
    pub limit: usize,
}

/// Asks for one waste container with what went in.
#[derive(Clone, Debug)]
pub struct OneWasteContainer {
    /// Its label.
    pub label: Label,
    /// Only what went in behind this line.
    pub after: Option<Seq>,
    /// Most lines.
    pub limit: usize,
}

/// A waste container.
#[derive(Clone, Debug, Serialize)]
pub struct VesselLine {
    /// Its label.
    pub label: Label,
    /// How it stands.
    pub state: VesselState,
    /// What waste goes into it.
    pub code: WasteCode,
    /// What it is.
    pub kind: VesselKind,
    /// Its hazards.
    pub hazards: Vec<Hazard>,
    /// Where it stands, or stood when it left.
    pub place: PlaceId,
    /// The names of the place, from the outside in.
    pub place_path: Vec<String>,
    /// How much it may hold.
    pub capacity: Quantity,
    /// How full it is.
    pub fill: Quantity,
    /// Its weight empty.
    pub tare: Option<Quantity>,
    /// The entry that registered it.
    pub registered_seq: Seq,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// The entry that disposed of it.
    pub disposed_seq: Option<Seq>,
}

/// What went in.
#[derive(Clone, Debug, Serialize)]
pub struct PouredLine {
    /// The entry.
    pub seq: Seq,
    /// The container that it came from, under the label that it has now.
    pub label: Label,
    /// What it is.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// How much.
    pub amount: Quantity,
    /// What it takes up.
    pub taken_up: Quantity,
    /// Who poured it.
    pub person: Option<PersonId>,
    /// The name.
    pub person_name: Option<String>,
    /// When.
    pub poured_at: Time,
    /// The entry that took it back.
    pub reversed_by: Option<Seq>,
}

/// A waste container with what went in.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The waste container.
    pub vessel: VesselLine,
    /// What went in, the oldest first.
    pub lines: Page<PouredLine>,
}

impl Paged for Opened {
    type Item = PouredLine;

    fn page(self) -> Result<Page<PouredLine>, Refusal> {
        Ok(self.lines)
    }
}

fn line(scope: &Scope, facts: &Facts, vessel: WasteVessel) -> Result<VesselLine, StoreError> {
    let state = VesselState::of(&vessel);
    let registered = vessel.vessel;
    let capacity = registered.capacity;
    let tare = registered.tare_ug;
    Ok(VesselLine {
        label: Label::new(scope.institution, registered.serial, Generation::MIN),
        state,
        code: registered.code,
        kind: registered.kind,
        hazards: registered.hazards,
        place: vessel.place,
        place_path: path(facts, vessel.place),
        capacity,
        fill: quantity(capacity.dimension(), vessel.fill)?,
        tare: tare.map(|ug| quantity(Dimension::Mass, ug)).transpose()?,
        registered_seq: vessel.registered_by,
        closed_at: vessel.closed.map(|(_, at)| at),
        disposed_seq: vessel.disposed_by,
    })
}

/// The waste container with a label.
pub(super) fn vessel(
    conn: &mut Db,
    scope: &Scope,
    label: Label,
) -> Result<Result<WasteVessel, Refusal>, StoreError> {
    let mut facts = Facts::of(scope.institution);
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&label.serial().get()),
    ];
    let clause = "WHERE institution_id = ? AND serial = ?";
    for row in select::<VesselRow>(conn, clause, &key)? {
        facts.vessels.vessels.load(label.serial(), row.parse()?);
    }
    Ok(facts.vessel(label).cloned())
}

impl Query for WasteContainers {
    type Answer = Page<VesselLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let state = self.state.map_or("here", VesselState::as_str).to_owned();
        let code = self.code.map(String::from).unwrap_or_default();
        let rows: Vec<VesselRow> = select(
            conn,
            "WHERE institution_id = ? AND serial > ? AND (? = '' OR code = ?) \
             AND CASE WHEN disposed_seq IS NOT NULL THEN 'disposed' \
                WHEN closed_seq IS NOT NULL THEN 'closed' ELSE 'open' END \
                IN (?, CASE WHEN ? = 'here' THEN 'open' ELSE '' END, \
                    CASE WHEN ? = 'here' THEN 'closed' ELSE '' END) \
             ORDER BY serial LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.after.map_or(0, Serial::get)),
                Cell::Text(&code),
                Cell::Text(&code),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Int(&more),
            ],
        )?;
        let items = rows.into_iter();
        let items = items.map(|row| line(scope, &snapshot.facts, row.parse()?));
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item: &VesselLine| {
                item.label.serial().to_string()
            })
        })
    }
}

impl Query for OneWasteContainer {
    type Answer = Result<Opened, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let found = match vessel(conn, scope, self.label)? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let measure = found.vessel.capacity.dimension();
        let clause =
            "WHERE institution_id = ? AND vessel_serial = ? AND seq > ? ORDER BY seq, serial";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&self.label.serial().get()),
            Cell::Int(&self.after.map_or(-1, Seq::get)),
        ];
        let rows: Vec<WasteLineRow> = select(conn, clause, &key)?;
        // Pages end between entries: what one entry poured stands together.
        let mut items: Vec<PouredLine> = Vec::new();
        let mut next = None;
        for row in rows {
            let ((seq, serial), poured) = row.parse()?;
            let last = items.last().map(|item| item.seq);
            if items.len() >= self.limit && last != Some(seq) {
                next = last;
                break;
            }
            items.push(poured_line(
                conn,
                scope,
                facts,
                (seq, serial),
                &poured,
                measure,
            )?);
        }
        let poured = items.iter().map(|item| item.label.serial());
        if hides_containers(conn, scope, poured)? {
            return Ok(Err(Refusal::PositionWithheld {}));
        }
        Ok(Ok(Opened {
            vessel: line(scope, facts, found)?,
            lines: Page {
                items,
                next: next.map(|seq| seq.to_string()),
                total: None,
                as_of_seq: Some(snapshot.as_of_seq),
            },
        }))
    }
}

fn poured_line(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    (seq, serial): (Seq, Serial),
    poured: &Poured,
    measure: Dimension,
) -> Result<PouredLine, StoreError> {
    let from = lookups::container(conn, scope.institution, serial)?;
    let none = || StoreError::Row("container", format!("no container {serial}"));
    let from = from.ok_or_else(none)?;
    Ok(PouredLine {
        seq,
        label: Label::new(scope.institution, serial, from.standing.generation),
        product: poured.product,
        name: product(facts, poured.product)?.name.clone(),
        amount: quantity(poured.dimension, poured.amount)?,
        taken_up: quantity(measure, poured.taken_up)?,
        person: poured.by,
        person_name: poured.by.and_then(|person| person_name(facts, person)),
        poured_at: poured.at,
        reversed_by: poured.reversed_by,
    })
}
