//! On PostgreSQL the writer finds what it needs by keys, also while the planner knows nothing of the tables.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::server::TestServer;

/// Entries that may be read for each look-up, on average; a scan of a log reads all of it.
const FEW: i64 = 5;

#[test]
fn a_checkout_reads_no_more_entries_than_it_needs() {
    let Some(mut server) = TestServer::postgres() else {
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
    server.stop();
    // Sessions report what they did when they end.
    let postgres = server.postgres.as_ref().unwrap();
    let number = |sql: &str| -> i64 { postgres.as_superuser(sql).parse().unwrap() };
    let added = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'entry'";
    let deadline = Instant::now() + Duration::from_secs(60);
    while number(added) < number("SELECT COUNT(*) FROM entry") {
        assert!(Instant::now() < deadline, "the checkouts were not counted");
        std::thread::sleep(Duration::from_millis(100));
    }
    let look_ups =
        number("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'entry_pkey'");
    let read = number(
        "SELECT seq_tup_read + (SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'entry_pkey')
         FROM pg_stat_user_tables WHERE relname = 'entry'",
    );
    assert!(
        read < FEW * look_ups,
        "{look_ups} look-ups read {read} entries"
    );
}
