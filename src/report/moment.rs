//! 时点: a moment as the entries before it. "When" is `recorded_at`, which never decreases, so that a
//! moment is one number of entries, and the head of the ledger at that size says which.

use super::Scope;
use crate::{
    domain::{
        ids::Seq,
        ledger::{Head, Log},
        refusal::Refusal,
        time::{Time, When},
    },
    store::{
        StoreError,
        conn::Db,
        months, proof,
        schema::EntryTimeRow,
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

/// How many of the first `size` entries were recorded before a moment. Months that are closed say how many
/// there were at their ends; between two of them the moment is looked for.
pub(super) fn size_before(
    conn: &mut Db,
    scope: &Scope,
    moment: Time,
    size: i64,
) -> Result<i64, StoreError> {
    let (ended, ends) = months::around(conn, scope.institution, moment)?;
    let (mut low, mut high) = (ended.min(size), ends.unwrap_or(size).min(size));
    while low < high {
        let middle = low + (high - low) / 2;
        let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
        let key = [Cell::Int(&scope.institution.get()), Cell::Int(&middle)];
        let rows: Vec<EntryTimeRow> = select(conn, clause, &key)?;
        let none = || StoreError::Row("entry", format!("no entry {middle}"));
        if rows.first().ok_or_else(none)?.recorded_at < moment.millis() {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The head of the ledger when it had so many entries.
pub(super) fn head_at(conn: &mut Db, scope: &Scope, size: i64) -> Result<Head, StoreError> {
    proof::head_of(conn, scope.institution, Log::Ledger, size)
}

/// The last of so many entries; none of none.
pub(super) fn last_of(size: i64) -> Option<Seq> {
    Seq::try_from(size - 1).ok()
}
