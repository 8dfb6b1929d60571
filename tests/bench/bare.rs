//! The least that a checkout can cost on SQLite: a loop of prepared statements on one connection that
//! writes the rows of a checkout, under the same schema, triggers, indexes and settings, 64 a
//! transaction. It decides nothing and hashes nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hazledger::store::Database;
use rusqlite::{Connection, ToSql, params};
use serde_json::json;
use tempfile::TempDir;

use super::figure::{Round, Sample};
use super::harness::client::fresh_key;
use super::harness::server::TestServer;
use super::stock::{Chance, Stock};

const BATCH: usize = 64;

/// As the product's writer.
const SETTINGS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;";

/// A day after the tests' clock, Unix ms.
const RECORDED_AT: i64 = 1_780_358_400_000;

pub struct Bare {
    conn: Connection,
    bottles: usize,
    /// The next seq of the ledger and of the audit log.
    next: [i64; 2],
    /// What a real checkout wrote: bytes of its entry and of its audit line, answer.
    real: (Vec<u8>, Vec<u8>, String),
    stop: Arc<AtomicBool>,
    checkpointer: Option<JoinHandle<()>>,
    _folder: TempDir,
}

impl Bare {
    /// On a copy of the server's database.
    pub fn beside(server: &TestServer, stock: &Stock) -> Self {
        let body = json!({"label": stock.labels[0], "amount": {"value": "1", "unit": "mL"}, "purpose": "日常检验"});
        stock.staff().post("/api/v1/checkouts", body).expect(201);
        let Database::Sqlite(original) = &server.settings.database else {
            panic!("the bare loop is for SQLite");
        };
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("bare.sqlite");
        let copy = format!("VACUUM INTO '{}'", path.display());
        Connection::open(original)
            .unwrap()
            .execute_batch(&copy)
            .unwrap();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(SETTINGS).unwrap();
        let last = |log: i64| {
            conn.query_row(
                "SELECT seq + 1, bytes FROM entry WHERE institution_id = 1 AND log = ? ORDER BY seq DESC LIMIT 1",
                [log],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap()
        };
        let ((ledger, entry), (audit, line)) = (last(0), last(1));
        let answer = "SELECT answer FROM idempotency WHERE institution_id = 1 ORDER BY length(answer) LIMIT 1";
        let answer = conn.query_row(answer, [], |row| row.get(0)).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        Self {
            bottles: stock.labels.len(),
            next: [ledger, audit],
            real: (entry, line, answer),
            checkpointer: Some(checkpointer(&path, stop.clone())),
            stop,
            conn,
            _folder: folder,
        }
    }

    /// Writes for `length`.
    pub fn run(&mut self, length: Duration, chance: &Chance) -> Sample {
        let round = Round::begin();
        let mut micros = Vec::new();
        while !round.is_over(length) {
            let batch = Instant::now();
            self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            for _ in 0..BATCH {
                self.one(chance);
            }
            self.totals_and_heads();
            self.conn.execute_batch("COMMIT").unwrap();
            micros.extend([u32::try_from(batch.elapsed().as_micros()).unwrap(); BATCH]);
        }
        round.end(micros)
    }

    fn one(&mut self, chance: &Chance) {
        let conn = &self.conn;
        let write = |sql: &str, values: &[&dyn ToSql]| {
            assert_eq!(
                conn.prepare_cached(sql).unwrap().execute(values).unwrap(),
                1
            );
        };
        let serial = i64::try_from(1 + chance.below(self.bottles)).unwrap();
        let seq = self.next[0];
        for (log, bytes) in [(0, &self.real.0), (1, &self.real.1)] {
            let at = self.next[log];
            let subtrees = vec![7_u8; 32 * at.trailing_ones() as usize];
            let kind = ["checkout", "audit"][log];
            write(
                "INSERT INTO entry VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    log as i64,
                    at,
                    kind,
                    RECORDED_AT,
                    [7_u8; 32],
                    subtrees,
                    bytes
                ],
            );
            self.next[log] += 1;
        }
        for (line, account, place, holder) in
            [(0, "container", Some(1), None), (1, "held", None, Some(3))]
        {
            write(
                "INSERT INTO posting VALUES (1, ?, ?, ?, ?, 1, 'volume', ?, ?, NULL, 1000000)",
                params![seq, line, account, serial, place, holder],
            );
        }
        write(
            "INSERT INTO idempotency VALUES (1, 3, ?, ?, ?)",
            params![fresh_key(), [7_u8; 32], self.real.2],
        );
        write(
            "UPDATE standing SET status = 'in_stock', place_id = 1, holder_id = NULL, generation = 0, \
             amount = amount - 1, last_entry = ? WHERE institution_id = 1 AND serial = ?",
            params![seq, serial],
        );
        write(
            "INSERT INTO holding VALUES (1, ?, ?, 3, 1, 'volume', 1000000)",
            params![seq, serial],
        );
    }

    fn totals_and_heads(&self) {
        for place in 1..=20 {
            let sql = "INSERT INTO place_total VALUES (1, ?, 1, 0, -1000000) ON CONFLICT DO UPDATE SET \
                       containers = containers + excluded.containers, amount = amount + excluded.amount";
            self.conn
                .prepare_cached(sql)
                .unwrap()
                .execute([place])
                .unwrap();
        }
        for log in [0, 1] {
            let sql = "UPDATE log_head SET size = ?, root = ?, peaks = ?, recorded_at = ? \
                       WHERE institution_id = 1 AND log = ?";
            let size = self.next[log];
            let peaks = vec![7_u8; 32 * size.count_ones() as usize];
            let mut update = self.conn.prepare_cached(sql).unwrap();
            update
                .execute(params![size, [7_u8; 32], peaks, RECORDED_AT, log as i64])
                .unwrap();
        }
    }
}

/// As in the product, a thread of its own moves the write-ahead log into the file twice a second.
fn checkpointer(path: &Path, stop: Arc<AtomicBool>) -> JoinHandle<()> {
    let conn = Connection::open(path).unwrap();
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(500));
            let moved = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            moved.unwrap();
        }
    })
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.checkpointer.take().unwrap().join().unwrap();
    }
}
