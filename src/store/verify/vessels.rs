//! Waste containers, rebuilt and compared; and whether what lies in them is what was posted.

use std::collections::BTreeMap;

use crate::domain::{ledger::Account, vessel::Vessels};

use super::{
    super::{
        StoreError,
        conn::Db,
        schema::{PostingRow, VesselRow, WasteLineRow},
    },
    Walk,
};

impl Walk<'_> {
    /// Notes what stored postings put into waste containers and take out of them.
    pub(super) fn note_vessels(&mut self, postings: &[PostingRow]) {
        let account = Account::Vessel.as_str();
        for row in postings.iter().filter(|row| row.account == account) {
            let sum = self.in_vessels.entry(row.serial).or_default();
            *sum = sum.saturating_add(row.amount);
        }
    }

    pub(super) fn vessels(&mut self, conn: &mut Db, vessels: &Vessels) -> Result<(), StoreError> {
        let id = self.institution;
        let all = vessels.vessels.iter();
        let rows = all.map(|(_, vessel)| VesselRow::of(id, vessel));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let poured = vessels.poured.iter();
        let rows = poured.map(|(key, poured)| WasteLineRow::of(id, *key, poured));
        self.compare(conn, rows.collect())?;
        let mut inside: BTreeMap<i64, i64> = BTreeMap::new();
        for (serial, vessel) in vessels.vessels.iter() {
            let mut fill = 0_i64;
            for (from, poured) in vessels.inside(*serial) {
                fill = fill.saturating_add(poured.taken_up);
                if vessel.disposed_by.is_none() {
                    let sum = inside.entry(from.get()).or_default();
                    *sum = sum.saturating_add(poured.amount);
                }
            }
            if fill != vessel.fill {
                let what = format!("waste_container {serial}: it is not as full as what is in it");
                self.find(None, what);
            }
        }
        let mut posted = std::mem::take(&mut self.in_vessels);
        posted.retain(|_, amount| *amount != 0);
        if posted != inside {
            self.find(
                None,
                "waste_line: what lies in waste containers is not what was posted",
            );
        }
        Ok(())
    }
}
