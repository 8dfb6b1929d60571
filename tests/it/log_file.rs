//! The write-ahead log of SQLite does not grow for as long as somebody writes.

use std::fs;
use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use hazledger::store::Database;
use hazledger::store::log_file::LogLimit;
use tempfile::TempDir;

const MIB: u64 = 1 << 20;

struct Written {
    folder: TempDir,
    conn: SqliteConnection,
    limit: LogLimit,
}

impl Written {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::Sqlite(folder.path().join("ledger.sqlite"));
        let mut conn = connected(&folder);
        conn.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE filler (bytes BLOB NOT NULL) STRICT",
        )
        .unwrap();
        let limit = LogLimit::of(&database, 2 * MIB).unwrap();
        Self {
            folder,
            conn,
            limit,
        }
    }

    /// Writes 16 MiB, and says how much log there is then.
    fn write(&mut self, keep: bool) -> u64 {
        for _ in 0..64 {
            self.conn
                .batch_execute("INSERT INTO filler VALUES (zeroblob(262144))")
                .unwrap();
            if keep {
                self.limit.keep(&mut self.conn);
            }
        }
        fs::metadata(self.log()).unwrap().len()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite-wal")
    }
}

fn connected(folder: &TempDir) -> SqliteConnection {
    SqliteConnection::establish(folder.path().join("ledger.sqlite").to_str().unwrap()).unwrap()
}

#[test]
fn the_log_begins_anew_while_somebody_goes_on_writing() {
    let mut written = Written::new();
    assert!(written.write(true) < 4 * MIB);
    let left_alone = written.write(false);
    assert!(left_alone > 16 * MIB, "{left_alone}");
}

#[test]
fn a_reader_of_an_old_state_lets_the_log_grow_until_it_is_gone() {
    let mut written = Written::new();
    let mut reader = connected(&written.folder);
    reader
        .batch_execute("BEGIN; SELECT COUNT(*) FROM filler")
        .unwrap();
    let grown = written.write(true);
    assert!(grown > 16 * MIB, "{grown}");
    reader.batch_execute("COMMIT").unwrap();
    let after = written.write(true);
    assert!(after < grown + 4 * MIB, "{after} after {grown}");
}
