//! Waste containers: rows to domain types and back, loaded for a batch, written after it.

use std::collections::BTreeSet;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, PersonId, Seq, Serial},
    ledger::Act,
    time::Time,
    verb::Needs,
    vessel::{Poured, Vessels, WasteVessel},
};

use super::{
    StoreError,
    conn::Db,
    facts::by_keys,
    rows::{json, maybe, number, parsed, to_json},
    schema::{VesselRow, WasteLineRow},
    table::{Cell, insert, select, update},
};

impl VesselRow {
    pub(crate) fn of(institution: InstitutionId, vessel: &WasteVessel) -> Result<Self, StoreError> {
        let registered = &vessel.vessel;
        Ok(Self {
            institution_id: institution.get(),
            serial: registered.serial.get(),
            place_id: vessel.place.get(),
            code: registered.code.to_string(),
            vessel: to_json(registered)?,
            dimension: registered.capacity.dimension().as_str().to_owned(),
            fill: vessel.fill,
            registered_seq: vessel.registered_by.get(),
            closed_seq: vessel.closed.map(|(seq, _)| seq.get()),
            closed_at: vessel.closed.map(|(_, at)| at.millis()),
            disposed_seq: vessel.disposed_by.map(Seq::get),
        })
    }

    pub(crate) fn parse(self) -> Result<WasteVessel, StoreError> {
        const TABLE: &str = "waste_container";
        let closed = match (self.closed_seq, self.closed_at) {
            (Some(seq), Some(at)) => Some((number(TABLE, seq)?, Time::from_millis(at))),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(StoreError::Row(TABLE, "half a closing".to_owned()));
            }
        };
        Ok(WasteVessel {
            vessel: json(TABLE, &self.vessel)?,
            registered_by: number(TABLE, self.registered_seq)?,
            place: number(TABLE, self.place_id)?,
            fill: self.fill,
            closed,
            disposed_by: maybe(TABLE, self.disposed_seq)?,
        })
    }
}

impl WasteLineRow {
    pub(crate) fn of(institution: InstitutionId, key: (Seq, Serial), poured: &Poured) -> Self {
        Self {
            institution_id: institution.get(),
            seq: key.0.get(),
            serial: key.1.get(),
            vessel_serial: poured.vessel.get(),
            product_id: poured.product.get(),
            dimension: poured.dimension.as_str().to_owned(),
            amount: poured.amount,
            taken_up: poured.taken_up,
            said: i64::from(poured.is_said),
            mass_ug: poured.mass_ug,
            person_id: poured.by.map(PersonId::get),
            poured_at: poured.at.millis(),
            reversed_by: poured.reversed_by.map(Seq::get),
        }
    }

    pub(crate) fn parse(self) -> Result<((Seq, Serial), Poured), StoreError> {
        const TABLE: &str = "waste_line";
        let poured = Poured {
            vessel: number(TABLE, self.vessel_serial)?,
            product: number(TABLE, self.product_id)?,
            dimension: parsed(TABLE, &self.dimension)?,
            amount: self.amount,
            taken_up: self.taken_up,
            is_said: self.said == 1,
            mass_ug: self.mass_ug,
            by: maybe(TABLE, self.person_id)?,
            at: Time::from_millis(self.poured_at),
            reversed_by: maybe(TABLE, self.reversed_by)?,
        };
        Ok((
            (number(TABLE, self.seq)?, number(TABLE, self.serial)?),
            poured,
        ))
    }
}

/// Loads what the commands name of waste containers, and what the entries they name did to them.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let wanted = &needs.vessels;
    let institution = facts.institution;
    let id = institution.get();
    let mut whole: BTreeSet<Serial> = wanted.whole.clone();
    let mut alone: BTreeSet<Serial> = wanted.alone.clone();
    let (mut pours, mut named) = (Vec::new(), BTreeSet::new());
    for (seq, record) in &facts.stock.entries {
        if let Act::Dispose(disposal) = &record.act {
            named.extend(disposal.vessels.iter().map(|one| one.serial));
        } else if let Act::Waste(discard) = &record.act
            && let Some(pour) = discard.into
        {
            alone.insert(pour.vessel);
            pours.push(seq.get());
        }
    }
    whole.extend(named);
    alone.extend(&whole);
    if wanted.last {
        let last = "WHERE institution_id = ? ORDER BY serial DESC LIMIT 1";
        for row in select::<VesselRow>(conn, last, &[Cell::Int(&id)])? {
            facts.vessels.last = Some(number("waste_container", row.serial)?);
        }
    }
    let keys: Vec<i64> = alone.iter().map(|serial| serial.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND serial = ?",
        "WHERE institution_id = ? AND serial = ANY(?)",
    );
    for row in by_keys::<VesselRow>(conn, institution, &keys, one, many)? {
        let vessel = row.parse()?;
        facts.vessels.vessels.load(vessel.vessel.serial, vessel);
    }
    let keys: Vec<i64> = whole.iter().map(|serial| serial.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND vessel_serial = ? ORDER BY seq, serial",
        "WHERE institution_id = ? AND vessel_serial = ANY(?) ORDER BY seq, serial",
    );
    let mut lines = by_keys::<WasteLineRow>(conn, institution, &keys, one, many)?;
    let (one, many) = (
        "WHERE institution_id = ? AND seq = ?",
        "WHERE institution_id = ? AND seq = ANY(?)",
    );
    lines.extend(by_keys::<WasteLineRow>(
        conn,
        institution,
        &pours,
        one,
        many,
    )?);
    for row in lines {
        let (key, poured) = row.parse()?;
        facts.vessels.load(key, poured);
    }
    Ok(())
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct VesselRows {
    vessels: (Vec<VesselRow>, Vec<VesselRow>),
    lines: (Vec<WasteLineRow>, Vec<WasteLineRow>),
}

impl VesselRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        vessels: &mut Vessels,
    ) -> Result<(), StoreError> {
        for (_, vessel) in vessels.vessels.take_added() {
            self.vessels.0.push(VesselRow::of(id, vessel)?);
        }
        for (_, vessel) in vessels.vessels.take_changed() {
            self.vessels.1.push(VesselRow::of(id, vessel)?);
        }
        for (key, poured) in vessels.poured.take_added() {
            self.lines.0.push(WasteLineRow::of(id, key, poured));
        }
        for (key, poured) in vessels.poured.take_changed() {
            self.lines.1.push(WasteLineRow::of(id, key, poured));
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.vessels.0)?;
        update(conn, &self.vessels.1)?;
        insert(conn, &self.lines.0)?;
        update(conn, &self.lines.1)?;
        Ok(())
    }
}
