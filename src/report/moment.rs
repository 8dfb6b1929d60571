//! 时点: a moment as the entries before it. "When" is `recorded_at`, which never decreases, so that a
//! moment is one number of entries, and the head of the ledger at that size says which.

use super::{Scope, entry, hash};
use crate::{
    domain::{
        ids::Seq,
        ledger::{Entry, Head},
        refusal::Refusal,
        time::{Time, When},
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::LogHeadRow,
        table::{Cell, select},
    },
};

/// What has not come yet is no part of a report.
///
/// # Errors
/// [`Refusal::MomentInFuture`].
pub(super) fn has_come(when: When, scope: &Scope) -> Result<(), Refusal> {
    let (given, now) = (when.begin(), scope.now);
    if given > now {
        return Err(Refusal::MomentInFuture { given, now });
    }
    Ok(())
}

/// How many of the first `size` entries were recorded before a moment.
pub(super) fn size_before(
    conn: &mut Db,
    scope: &Scope,
    moment: Time,
    size: i64,
) -> Result<i64, StoreError> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let none = || StoreError::Row("entry", format!("no entry {middle}"));
        let row = entry(conn, scope, rows::number("entry", middle)?)?.ok_or_else(none)?;
        if row.recorded_at < moment.millis() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The head of the ledger when it had so many entries.
pub(super) fn head_at(conn: &mut Db, scope: &Scope, size: i64) -> Result<Head, StoreError> {
    // The next entry names the head before it; behind the last one it is the head of the log.
    if let Some(next) = entry(conn, scope, rows::number("entry", size)?)? {
        return Ok(Entry::parse(&next.bytes)?.record().prev);
    }
    let key = [Cell::Int(&scope.institution.get()), Cell::Int(&size)];
    let clause = "WHERE institution_id = ? AND log = 0 AND size = ?";
    let heads: Vec<LogHeadRow> = select(conn, clause, &key)?;
    let none = || StoreError::Row("log_head", format!("none of {size} entries"));
    let head = heads.first().ok_or_else(none)?;
    Ok(Head {
        size: rows::number("log_head", head.size)?,
        root: hash(&head.root)?,
    })
}

/// The last of so many entries; none of none.
pub(super) fn last_of(size: i64) -> Option<Seq> {
    Seq::try_from(size - 1).ok()
}
