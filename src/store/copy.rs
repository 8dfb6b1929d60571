//! Copying a database that is in use.

use std::path::Path;

use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};

use super::{StoreError, conn::Db, rows, schema::LogHeadRow, table::select, verify::Kept};
use crate::domain::{ledger::Log, merkle::Hash};

/// The heads as they are now, to be held against a copy made later.
pub(crate) fn heads(conn: &mut Db) -> Result<Vec<Kept>, StoreError> {
    let heads: Vec<LogHeadRow> = select(conn, "ORDER BY institution_id, log", &[])?;
    let kept = heads.into_iter().map(|head| {
        let log = Log::from_number(head.log)
            .ok_or_else(|| StoreError::Row("log_head", format!("log {}", head.log)))?;
        let root = Hash::try_from(head.root.as_slice())
            .map_err(|error| StoreError::Row("log_head", error.to_string()))?;
        Ok(Kept {
            institution: rows::number("log_head", head.institution_id)?,
            log,
            size: rows::number("log_head", head.size)?,
            root,
            leaf: None,
            source: "the head before the backup".to_owned(),
        })
    });
    kept.collect()
}

/// Writes one instant of an SQLite database into a new file; others may write on meanwhile.
///
/// # Errors
/// When it cannot be written. PostgreSQL has its own program for this.
pub(crate) fn vacuum_into(conn: &mut Db, file: &Path) -> Result<(), StoreError> {
    // The file is opened read-only all the same; `query_only` would forbid the copy as well.
    conn.batch_execute("PRAGMA query_only = OFF")?;
    let copied = sql_query("VACUUM INTO ?")
        .bind::<Text, _>(file.to_string_lossy().into_owned())
        .execute(conn);
    conn.batch_execute("PRAGMA query_only = ON")?;
    Ok(copied.map(drop)?)
}
