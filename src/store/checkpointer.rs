//! Moves the write-ahead log into the SQLite file, on a connection and thread of its own: inside a
//! commit it would make that commit wait, and it is a third of the writer's work (measured). While there is
//! always something new to move, the log goes on growing: `log_file` sees to that.

use std::{
    sync::{Arc, Weak},
    thread::JoinHandle,
    time::Duration,
};

use diesel::connection::SimpleConnection;

use super::{
    StoreError,
    conn::{Database, Purpose},
};

/// How often.
const EVERY: Duration = Duration::from_millis(500);

/// Starts it for an SQLite database; it ends when `alive` is gone.
///
/// # Errors
/// When the file cannot be opened.
pub(crate) fn start<A: Send + Sync + 'static>(
    database: &Database,
    alive: &Arc<A>,
) -> Result<Option<JoinHandle<()>>, StoreError> {
    if !database.is_sqlite() {
        return Ok(None);
    }
    let mut conn = database.connect(Purpose::Checkpoint)?;
    let alive: Weak<A> = Arc::downgrade(alive);
    let thread = std::thread::Builder::new().name("checkpointer".to_owned()).spawn(move || {
        while alive.strong_count() > 0 {
            std::thread::sleep(EVERY);
            if let Err(error) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
                tracing::warn!(%error, "the write-ahead log could not be moved; it is tried again");
            }
        }
    });
    thread.map(Some).map_err(|_| StoreError::Stopped)
}
