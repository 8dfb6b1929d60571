//! What readers keep in memory of institutions: the register with the default policies. One point read
//! of the heads tells whether the copy is still right.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
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

/// Most institutions kept.
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

/// So many things at most, of which the one that was asked for longest ago goes first.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    things: HashMap<K, (V, AtomicU64)>,
    asked: AtomicU64,
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    /// Room for so many.
    #[must_use]
    pub fn of(most: usize) -> Self {
        Self {
            most,
            things: HashMap::new(),
            asked: AtomicU64::new(0),
        }
    }

    /// What is kept under a key.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&V> {
        let (thing, last) = self.things.get(&key)?;
        last.store(self.asked.fetch_add(1, Relaxed), Relaxed);
        Some(thing)
    }

    /// Keeps something, instead of what was kept under the key.
    pub fn put(&mut self, key: K, thing: V) {
        if self.things.len() >= self.most && !self.things.contains_key(&key) {
            let oldest = self.things.iter();
            let oldest = oldest.min_by_key(|(_, (_, last))| last.load(Relaxed));
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.things.remove(&oldest);
            }
        }
        let now = AtomicU64::new(self.asked.fetch_add(1, Relaxed));
        self.things.insert(key, (thing, now));
    }
}

/// The copies.
#[derive(Debug)]
pub struct Registers(RwLock<Recent<InstitutionId, Kept>>);

impl Default for Registers {
    fn default() -> Self {
        Self(RwLock::new(Recent::of(MOST)))
    }
}

impl Registers {
    /// The register as it is for this connection; it is kept for the next who asks, unless `passing`: whoever
    /// walks through a region would push out the registers that others ask for again and again.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn snapshot(
        &self,
        conn: &mut Db,
        institution: InstitutionId,
        passing: bool,
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
        if let Some((of, facts)) = kept.get(institution)
            && *of == version
        {
            let facts = Arc::clone(facts);
            return Ok(Snapshot { facts, as_of_seq });
        }
        drop(kept);
        let facts = Arc::new(load(conn, institution)?);
        if !passing {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            kept.put(institution, (version, Arc::clone(&facts)));
        }
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
