//! The power fails under the real program: what it acknowledged is there.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::{Settings, verify_database};
use hazledger::domain::merkle::Hash;
use hazledger::store::Database;
use serde_json::Value;
use tempfile::TempDir;

use super::{Dice, Recording, recorded};
use crate::crash::{End, Shift, Stock, until};
use crate::harness::process::{Site, number_in};
use crate::harness::server::Hospital;

/// Base64 leaf hashes by seq: what receipts promise, or what a ledger holds.
type Entries = BTreeMap<u64, String>;

/// What the answers promise that the program had begun to send.
fn promised(answers: &[u8]) -> Entries {
    let text = std::str::from_utf8(answers).unwrap();
    let bodies = text
        .split("HTTP/1.1 201 Created")
        .filter_map(|answer| answer.split_once("\r\n\r\n"));
    let receipts = bodies.filter_map(|(_, body)| {
        let body: Value = serde_json::from_str(body).unwrap();
        let receipt = &body["receipt"];
        Some((
            receipt["seq"].as_u64()?,
            receipt["leaf_hash"].as_str()?.to_owned(),
        ))
    });
    receipts.collect()
}

fn held(file: &Path) -> Entries {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        seq: i64,
        #[diesel(sql_type = diesel::sql_types::Binary)]
        leaf_hash: Vec<u8>,
    }
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let sql = "SELECT seq, leaf_hash FROM entry WHERE institution_id = 1 AND log = 0";
    let rows: Vec<Row> = sql_query(sql).load(&mut conn).unwrap();
    let entries = rows.into_iter().map(|row| {
        let hash = Hash::try_from(row.leaf_hash.as_slice()).unwrap();
        (u64::try_from(row.seq).unwrap(), hash.to_base64())
    });
    entries.collect()
}

/// Founds, buys and takes under strace, then kills the server.
fn record(site: &Site) -> Option<Recording> {
    let log = site.folder().join("strace");
    let mut server = site.serve_under(Some(recorded(&log)?));
    let hospital = Hospital::found(&server.anonymous(), &server.code.take().unwrap());
    let stock = Stock::bought(&hospital);
    let shift = Shift::default();
    let told = thread::scope(|scope| {
        let end = End(&shift);
        let clients: Vec<_> = (0..4)
            .map(|seed| {
                let (hospital, stock, shift) = (&hospital, &stock, &shift);
                scope.spawn(move || stock.work(hospital, Dice(seed), shift))
            })
            .collect();
        // Long enough for the write-ahead log to be moved into the file a few times.
        let begin = Instant::now();
        until("the answers have come", || {
            shift.answers.load(Ordering::Relaxed) >= 200 && begin.elapsed() > Duration::from_secs(2)
        });
        server.kill();
        drop(end);
        let journals = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        journals.filter(|attempt| attempt.answer.is_some()).count()
    });
    let recording = Recording::parse(&log, &site.data());
    let seen = promised(&recording.acknowledged(recording.cuts())).len();
    assert!(
        seen >= told && told > 50,
        "{told} answers came, {seen} were recorded"
    );
    Some(recording)
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    let site = Site::sqlite();
    let Some(recording) = record(&site) else {
        return;
    };
    let cuts = if env::var_os("FULL").is_some() {
        1_000
    } else {
        60
    };
    let into = TempDir::new().unwrap();
    let file = into.path().join("ledger.sqlite");
    let settings = Settings {
        database: Database::Sqlite(file.clone()),
        ..site.settings()
    };
    let mut dice = Dice(1);
    let (mut lost_in, mut lost, mut most) = (0, 0, 0);
    for n in 0..cuts {
        let cut = dice.below(recording.cuts() + 1);
        recording.replay(cut, n, into.path());
        let promised = promised(&recording.acknowledged(cut));
        if promised.is_empty() {
            // The first start may be cut at any moment too: the next one goes on from there.
            hazledger::app::migrate(&settings.database, None).unwrap();
        }
        let whole = "SELECT COUNT(*) AS n FROM pragma_integrity_check WHERE integrity_check = 'ok'";
        assert_eq!(number_in(&file, whole), 1, "cut {cut}, seed {n}");
        let held = held(&file);
        let missing = promised
            .iter()
            .filter(|(seq, hash)| held.get(seq) != Some(hash))
            .count();
        lost_in += usize::from(missing > 0);
        lost += missing;
        most = most.max(promised.len());
        if n % 10 == 0 {
            assert_eq!(
                verify_database(&settings, &mut |_| {}).unwrap().findings,
                vec![]
            );
        }
    }
    println!(
        "{cuts} cuts of {} moments, up to {most} acknowledged",
        recording.cuts()
    );
    assert_eq!(
        (lost_in, lost),
        (0, 0),
        "cuts that lost, and acknowledged entries lost in all"
    );
}
