//! 追溯: how single containers stood at a past moment. Each entry names, for each container that it touches,
//! the entry before it: what else was written in the meantime is not read.

use std::{
    collections::{HashMap, hash_map::Entry},
    ops::Range,
};

use super::{Scope, add, entry};
use crate::{
    domain::{
        container::Container,
        ids::{Seq, Serial},
        ledger::{Account, Effects, Prior},
    },
    store::{StoreError, conn::Db},
};

/// How an entry says that a container stood before it.
fn before(effects: &Effects, seq: Seq, serial: Serial) -> Result<Option<Prior>, StoreError> {
    let mut lines = effects.containers.iter();
    let line = lines.find(|line| line.serial == serial);
    let none = || StoreError::Row("entry", format!("{seq} does not touch {serial}"));
    Ok(line.ok_or_else(none)?.before)
}

/// Walks back to the first `size` entries of a ledger.
pub(super) struct Chains {
    size: i64,
    /// Entries that several containers may lead through.
    read: HashMap<Seq, Effects>,
}

impl Chains {
    pub(super) fn to(size: i64) -> Self {
        Self {
            size,
            read: HashMap::new(),
        }
    }

    /// Forgets what was read: other containers lead through other entries.
    pub(super) fn forget(&mut self) {
        self.read.clear();
    }

    /// How a container stood at the moment, and what was held out of it then if `held` is now; none: it was
    /// not there yet.
    pub(super) fn back(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        container: &Container,
        held: i64,
    ) -> Result<Option<(Prior, i64)>, StoreError> {
        self.back_to(conn, scope, container, held, self.size)
    }

    /// The same of the first `size` entries, whatever this walks back to.
    pub(super) fn back_to(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        container: &Container,
        mut held: i64,
        size: i64,
    ) -> Result<Option<(Prior, i64)>, StoreError> {
        let serial = container.serial;
        let mut at = Prior {
            entry: container.last_entry,
            standing: container.standing,
        };
        while at.entry.get() >= size {
            let effects = self.entry(conn, scope, at.entry)?;
            for posting in &effects.postings {
                if posting.container == serial && posting.account == Account::Held {
                    add(&mut held, -posting.amount)?;
                }
            }
            match before(effects, at.entry, serial)? {
                Some(before) => at = before,
                None => return Ok(None),
            }
        }
        Ok(Some((at, held)))
    }

    /// Which of some entries touched a container, the latest first.
    pub(super) fn touched(
        &mut self,
        conn: &mut Db,
        scope: &Scope,
        container: &Container,
        entries: Range<i64>,
    ) -> Result<Vec<Seq>, StoreError> {
        let mut touched = Vec::new();
        let mut at = Some(container.last_entry);
        while let Some(seq) = at.filter(|seq| seq.get() >= entries.start) {
            if seq.get() < entries.end {
                touched.push(seq);
            }
            let effects = self.entry(conn, scope, seq)?;
            at = before(effects, seq, container.serial)?.map(|prior| prior.entry);
        }
        Ok(touched)
    }

    fn entry(&mut self, conn: &mut Db, scope: &Scope, seq: Seq) -> Result<&Effects, StoreError> {
        match self.read.entry(seq) {
            Entry::Occupied(read) => Ok(read.into_mut()),
            Entry::Vacant(unread) => {
                let none = || StoreError::Row("entry", format!("no entry {seq}"));
                let row = entry(conn, scope, seq)?.ok_or_else(none)?;
                Ok(unread.insert(Effects::parse(&row.bytes)?))
            }
        }
    }
}
