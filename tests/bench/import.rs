//! (d) An import of 100,000 containers, with ordinary checkouts beside it: what one of a hundred of them
//! takes during the import and without it.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::checkout::over_http;
use super::figure::{at_most, quick, round, rounds};
use super::harness::client::Client;
use super::harness::server::TestServer;
use super::stock::{Chance, Stock};

/// Who checks out at the same time.
const CLIENTS: usize = 8;
/// Bottles of one row.
const OF_ROW: usize = 50;

pub fn run() {
    let server = TestServer::sqlite();
    let stock = Rc::new(Stock::fill(&server, 10_000));
    let chance = Chance::new(4);
    let mut idle = Vec::new();
    for _ in 0..rounds() {
        let sample = over_http(&server, &stock, CLIENTS, round(), &chance);
        idle.extend(sample.micros);
    }
    let containers = if quick() { 20_000 } else { 100_000 };
    let equipment = server.sign_in("E001");
    let proposed = Instant::now();
    let shown = equipment
        .upload(
            "/api/v1/imports",
            ("期初.csv", &sheet(containers / OF_ROW)),
            &[("make_places", "true")],
        )
        .expect(201);
    let dry_run = proposed.elapsed();
    let import = shown.json["import"].as_str().unwrap().to_owned();
    let accepted = Instant::now();
    equipment
        .post(&format!("/api/v1/imports/{import}/acceptance"), json!({}))
        .expect(202);
    let is_over = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let is_over = is_over.clone();
        move || {
            let imported = watch(&equipment, &import);
            is_over.store(true, Ordering::Relaxed);
            (imported, accepted.elapsed())
        }
    });
    let mut beside = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let sample = over_http(
            &server,
            &stock,
            CLIENTS,
            Duration::from_millis(500),
            &chance,
        );
        beside.extend(sample.micros);
    }
    let (imported, took) = watch.join().unwrap();
    assert_eq!(imported, i64::try_from(containers).unwrap());
    let (idle, beside) = (Times::of(idle), Times::of(beside));
    at_most(
        "checkout p99 beside an import, SQLite",
        f64::from(beside.p99) / f64::from(idle.p99),
        3.0,
        json!({
            "clients": CLIENTS, "containers": containers, "import_s": took.as_secs_f64(),
            "dry_run_s": dry_run.as_secs_f64(), "checkouts_beside": beside.count,
            "p50_us": beside.p50, "p99_us": beside.p99, "idle_p50_us": idle.p50, "idle_p99_us": idle.p99,
        }),
    );
}

struct Times {
    count: usize,
    p50: u32,
    p99: u32,
}

impl Times {
    fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        let count = micros.len();
        Self {
            count,
            p50: micros[count / 2],
            p99: micros[count * 99 / 100],
        }
    }
}

/// How many containers are in the book when the import is over.
fn watch(equipment: &Client, import: &str) -> i64 {
    loop {
        let seen = equipment
            .get(&format!("/api/v1/imports/{import}"))
            .expect(200)
            .json;
        assert!(seen["stopped"].is_null(), "{seen}");
        if seen["state"] == "imported" {
            return seen["imported"].as_i64().unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn sheet(rows: usize) -> Vec<u8> {
    let mut sheet = "品名,规格,数量,批号,有效期,存放地点\n".to_owned();
    for row in 0..rows {
        let (product, cabinet) = (row % 40, row % 60);
        sheet +=
            &format!("缓冲液{product},500ml,{OF_ROW}瓶,L{row},2028-05-01,试剂库/{cabinet}号柜\n");
    }
    sheet.into_bytes()
}
