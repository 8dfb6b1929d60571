//! What readers keep in memory of institutions: the register with the default policies. One point read
//! of the heads tells whether the copy is still right.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, Seq},
    ledger::Log,
};

use super::{
    StoreError,
    conn::Db,
    facts::register,
    rows,
    schema::{LogHeadRow, PolicyRow},
    table::{Cell, select},
};

/// Most institutions kept: a bureau that walks through its whole region must not fill the memory.
const MOST: usize = 64;

/// An institution's register at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// People, places, products and policies; no stock.
    pub facts: Arc<Facts>,
    /// The last entry of the ledger.
    pub as_of_seq: Seq,
}

/// A copy and the entries it was made after: the institution's and the system's.
type Kept = ((i64, i64), Arc<Facts>);

/// The copies.
#[derive(Debug, Default)]
pub struct Registers(RwLock<HashMap<InstitutionId, Kept>>);

impl Registers {
    /// The register as it is for this connection.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn snapshot(
        &self,
        conn: &mut Db,
        institution: InstitutionId,
    ) -> Result<Snapshot, StoreError> {
        let clause = "WHERE institution_id IN (0, ?) AND log = 0 ORDER BY institution_id";
        let heads: Vec<LogHeadRow> = select(conn, clause, &[Cell::Int(&institution.get())])?;
        let of = |id: InstitutionId| heads.iter().find(|head| head.institution_id == id.get());
        let head = of(institution).ok_or_else(|| {
            StoreError::Row(
                "log_head",
                format!("none for {institution} {}", Log::Ledger),
            )
        })?;
        let system = of(InstitutionId::MIN).map_or(-1, |head| head.register_seq);
        let version = (head.register_seq, system);
        let as_of_seq = rows::number("log_head", head.size - 1)?;
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, facts)) = kept.get(&institution)
            && *of == version
        {
            let facts = Arc::clone(facts);
            return Ok(Snapshot { facts, as_of_seq });
        }
        drop(kept);
        let facts = Arc::new(load(conn, institution)?);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(institution, (version, Arc::clone(&facts)));
        Ok(Snapshot { facts, as_of_seq })
    }
}

fn load(conn: &mut Db, institution: InstitutionId) -> Result<Facts, StoreError> {
    let policies: Vec<PolicyRow> = select(conn, "WHERE institution_id = 0 ORDER BY seq", &[])?;
    Ok(Facts {
        register: register(conn, institution)?,
        default_policies: policies
            .into_iter()
            .map(|row| row.parse().map(|(_, policy)| policy))
            .collect::<Result<_, _>>()?,
        ..Facts::of(institution)
    })
}
