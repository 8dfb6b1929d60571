//! On PostgreSQL the writer finds what it needs by keys, also while the planner knows nothing of the tables.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::server::TestServer;

/// Entries that a look-up in the index of `entry` may read on average; a scan of a log reads all of it.
const FEW: i64 = 5;

#[test]
fn a_checkout_reads_no_more_entries_than_it_needs() {
    let Some(server) = TestServer::postgres() else {
        return;
    };
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let postgres = server.postgres.as_ref().unwrap();
    // Nobody counts the rows meanwhile: as after a first import, before the statistics follow.
    postgres.as_superuser("ALTER TABLE entry SET (autovacuum_enabled = off)");
    for _ in 0..100 {
        let part = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
        hospital.safety.post("/api/v1/checkouts", part).expect(201);
    }
    let number = |what: &str| -> i64 {
        let sql =
            format!("SELECT {what} FROM pg_stat_user_indexes WHERE indexrelname = 'entry_pkey'");
        postgres.as_superuser(&sql).parse().unwrap()
    };
    // Sessions report what they did when they are idle, at most once a second.
    let deadline = Instant::now() + Duration::from_secs(60);
    while number("idx_scan") < 100 {
        assert!(Instant::now() < deadline, "the checkouts were not counted");
        std::thread::sleep(Duration::from_millis(100));
    }
    let (scans, read) = (number("idx_scan"), number("idx_tup_read"));
    assert!(read < FEW * scans, "{scans} look-ups read {read} entries");
}
