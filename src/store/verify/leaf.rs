//! What can be found out about an entry without those before it.

use std::panic::resume_unwind;

use super::super::schema::EntryRow;
use crate::domain::{
    canonical::is_canonical,
    ledger::Entry,
    merkle::{Hash, leaf_hash},
};

/// What a row says by itself: all that can be found out about it beside others.
pub(super) struct Leaf {
    /// Its leaf hash.
    pub hash: Hash,
    /// Its entry, or what is wrong with the bytes.
    pub entry: Result<Entry, String>,
}

impl Leaf {
    /// Of one row.
    pub fn of(row: &EntryRow) -> Self {
        let entry = match Entry::parse(&row.bytes) {
            Ok(entry) if is_canonical(&row.bytes) => Ok(entry),
            Ok(_) => Err("the bytes are not canonical".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        Self {
            hash: leaf_hash(&row.bytes),
            entry,
        }
    }

    /// Of each row in turn, worked out on so many threads: this is half of a verification.
    pub fn of_all(rows: &[EntryRow], threads: usize) -> Vec<Self> {
        let share = rows.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let parts: Vec<_> = rows
                .chunks(share)
                .map(|part| scope.spawn(|| part.iter().map(Self::of).collect::<Vec<_>>()))
                .collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }
}
