//! The heads of an institution's logs, as a writer works on them.

use std::collections::BTreeMap;

use crate::domain::{ids::InstitutionId, ledger::Log, merkle::Frontier, time::Time};

use super::{
    StoreError,
    conn::Db,
    rows,
    schema::LogHeadRow,
    table::{Cell, select},
};

/// The head of one log, as a writer works on it.
#[derive(Clone, Debug)]
pub(crate) struct LogState {
    /// The compact range.
    pub frontier: Frontier,
    /// When the last entry was recorded.
    pub recorded_at: Time,
    /// The last entry that changed the register; −1 for none.
    pub register_seq: i64,
    /// Whether the row is in the database already.
    pub stored: bool,
}

/// The two heads of an institution and the highest serial it gave.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    pub ledger: LogState,
    pub audit: LogState,
    pub last_serial: i64,
}

/// Reads the heads of the institutions, locking them on PostgreSQL, in order, until the transaction
/// ends: with one query there, and a cached point read each on SQLite.
pub(crate) fn lock_heads(
    conn: &mut Db,
    institutions: &[InstitutionId],
) -> Result<BTreeMap<InstitutionId, Heads>, StoreError> {
    let ids: Vec<i64> = institutions.iter().map(|id| id.get()).collect();
    #[cfg(not(sabotage = "no_head_lock"))]
    let many = "WHERE institution_id = ANY(?) ORDER BY institution_id, log FOR UPDATE";
    #[cfg(sabotage = "no_head_lock")]
    let many = "WHERE institution_id = ANY(?) ORDER BY institution_id, log";
    let mut rows: Vec<LogHeadRow> = Vec::new();
    if matches!(conn, Db::Postgres(_)) {
        rows = select(conn, many, &[Cell::Ints(&ids)])?;
    } else {
        for id in &ids {
            let one = "WHERE institution_id = ? ORDER BY log";
            rows.extend(select::<LogHeadRow>(conn, one, &[Cell::Int(id)])?);
        }
    }
    let none = Heads {
        ledger: LogState::empty(),
        audit: LogState::empty(),
        last_serial: 0,
    };
    let mut heads: BTreeMap<_, _> = institutions
        .iter()
        .map(|institution| (*institution, none.clone()))
        .collect();
    for row in rows {
        let institution = rows::number("log_head", row.institution_id)?;
        let heads = heads
            .get_mut(&institution)
            .ok_or_else(|| StoreError::Row("log_head", "institution_id".to_owned()))?;
        heads.last_serial = heads.last_serial.max(row.last_serial);
        let state = LogState {
            frontier: Frontier::from_bytes(rows::number("log_head", row.size)?, &row.peaks)?,
            recorded_at: Time::from_millis(row.recorded_at),
            register_seq: row.register_seq,
            stored: true,
        };
        match Log::from_number(row.log) {
            Some(Log::Ledger) => heads.ledger = state,
            Some(Log::Audit) => heads.audit = state,
            None => return Err(StoreError::Row("log_head", "log".to_owned())),
        }
    }
    Ok(heads)
}

impl LogState {
    fn empty() -> Self {
        Self {
            frontier: Frontier::default(),
            recorded_at: Time::default(),
            register_seq: -1,
            stored: false,
        }
    }

    /// The row to store.
    pub(crate) fn row(
        &self,
        institution: InstitutionId,
        log: Log,
        last_serial: i64,
    ) -> Result<LogHeadRow, StoreError> {
        Ok(LogHeadRow {
            institution_id: institution.get(),
            log: log.number(),
            size: i64::try_from(self.frontier.size())
                .map_err(|error| StoreError::Row("log_head", error.to_string()))?,
            root: self.frontier.root().0.to_vec(),
            peaks: self.frontier.to_bytes(),
            recorded_at: self.recorded_at.millis(),
            register_seq: self.register_seq,
            last_serial,
        })
    }
}
