//! The write-ahead log of an SQLite database, kept from growing for as long as anybody writes.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;

use super::conn::Database;

/// Bytes that it may have, and is cut down to (`journal_size_limit` in `conn`).
pub const MOST: u64 = 64 << 20;

/// How much it grows until it is tried again, part of what it may have.
const AGAIN: u64 = 4;

/// The file of the write-ahead log.
pub(super) fn beside(database: &Path) -> PathBuf {
    let mut log = database.to_owned().into_os_string();
    log.push("-wal");
    log.into()
}

/// Sees to it that the log begins anew when it is long.
///
/// It can do so only when all of it is in the database file, and the thread that moves it there
/// (`checkpointer`) never gets to its end while others go on writing. So from a size on the writer moves
/// what is left between two transactions, which is little, and its next one begins the log anew.
#[derive(Debug)]
pub struct LogLimit {
    file: PathBuf,
    most: u64,
    next: u64,
}

impl LogLimit {
    /// So many bytes of log; none on PostgreSQL, which has its own.
    #[must_use]
    pub fn of(database: &Database, most: u64) -> Option<Self> {
        let Database::Sqlite(path) = database else {
            return None;
        };
        let file = beside(path);
        Some(Self {
            file,
            most,
            next: most,
        })
    }

    /// Between two transactions of the only writer. A reader that holds an old state lets the log grow; then
    /// it is tried again when it has grown by a part of what it may have.
    pub fn keep(&mut self, conn: &mut impl SimpleConnection) {
        let size = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        if size <= self.next {
            if size <= self.most {
                self.next = self.most;
            }
            return;
        }
        self.next = size + self.most / AGAIN;
        if let Err(error) = conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
            tracing::warn!(%error, "the write-ahead log could not be moved; it is tried again");
        }
    }
}
