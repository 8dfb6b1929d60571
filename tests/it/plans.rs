//! On PostgreSQL the writer finds what it needs by keys, also while the planner knows nothing of the tables.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::client::Client;
use crate::harness::server::{Hospital, TestServer};
use crate::stocktakes::{begun, ml, scan};

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

/// A room with so many bottles.
fn stocked(server: &TestServer, bottles: usize) -> (Hospital, String, Vec<String>) {
    let hospital = server.hospital();
    let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
    let product = hospital.product(
        json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"}),
    );
    let mut labels = Vec::new();
    while labels.len() < bottles {
        let count = (bottles - labels.len()).min(500);
        let receipt = json!({"product": product, "count": count, "each": ml("500"), "place": room, "expires_on": "2028-05-01"});
        let came = hospital
            .equipment
            .post("/api/v1/receipts", receipt)
            .expect(201)
            .json;
        let came = came["labels"].as_array().unwrap().iter();
        labels.extend(came.map(|label| label.as_str().unwrap().to_owned()));
    }
    (hospital, room, labels)
}

/// The same, and a stocktake of it.
fn counting(server: &TestServer, bottles: usize) -> (Client, String, String, Vec<String>) {
    let (hospital, room, labels) = stocked(server, bottles);
    let stocktake = begun(&hospital.equipment, &room);
    (hospital.equipment, stocktake, room, labels)
}

#[test]
fn a_scan_reads_no_more_of_five_thousand_bottles_than_it_needs() {
    const BOTTLES: usize = 5_000;
    const SCANS: usize = 40;
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    let (client, stocktake, room, labels) = counting(&server, BOTTLES);
    // As a minute after an import, when the statistics have followed.
    server.postgres.as_ref().unwrap().as_superuser("ANALYZE");
    for label in labels.iter().rev().take(SCANS) {
        let found = scan(&client, &stocktake, json!({"place": room, "code": label}));
        assert_eq!(found.expect(201).json["bucket"], "found");
    }
    server.stop();
    // Sessions report what they did when they end.
    let postgres = server.postgres.as_ref().unwrap();
    let number = |sql: &str| -> i64 { postgres.as_superuser(sql).parse().unwrap() };
    let (scans, bottles) = (
        i64::try_from(SCANS).unwrap(),
        i64::try_from(BOTTLES).unwrap(),
    );
    let changed = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'tally'";
    let deadline = Instant::now() + Duration::from_secs(60);
    while number(changed) < scans {
        assert!(Instant::now() < deadline, "the scans were not counted");
        std::thread::sleep(Duration::from_millis(100));
    }
    let read = |table: &str| {
        number(&format!(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = '{table}'"
        ))
    };
    let tallies = read("tally");
    assert!(
        tallies < FEW * scans,
        "{scans} scans read {tallies} tallies"
    );
    // Beginning has read each of them once; scans, a handful each.
    for table in ["standing", "container"] {
        let rows = read(table);
        assert!(
            rows < 2 * bottles + 10 * scans,
            "{scans} scans read {rows} rows of {table}"
        );
    }
}

#[test]
fn to_begin_counting_a_shelf_reads_nothing_of_what_stands_elsewhere() {
    const BOTTLES: usize = 5_000;
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    let (hospital, _, labels) = stocked(&server, BOTTLES);
    let shelf = hospital.place(json!({"kind": "shelf", "name": "上层"}));
    let moved = json!({"labels": labels[..3], "to": shelf});
    hospital.equipment.post("/api/v1/moves", moved).expect(201);
    server.postgres.as_ref().unwrap().as_superuser("ANALYZE");
    let begun = json!({"place": shelf});
    let begun = hospital.equipment.post("/api/v1/stocktakes", begun);
    assert_eq!(begun.expect(201).json["expected"], 3);
    server.stop();
    // Sessions report what they did when they end.
    let postgres = server.postgres.as_ref().unwrap();
    let number = |sql: &str| -> i64 { postgres.as_superuser(sql).parse().unwrap() };
    let written = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'tally'";
    let deadline = Instant::now() + Duration::from_secs(60);
    while number(written) < 3 {
        assert!(Instant::now() < deadline, "the stocktake was not counted");
        std::thread::sleep(Duration::from_millis(100));
    }
    let read = number(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'standing'",
    );
    let bottles = i64::try_from(BOTTLES).unwrap();
    assert!(read < bottles, "it read {read} rows of {bottles}");
}
