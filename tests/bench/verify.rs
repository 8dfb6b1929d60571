//! (e) `verify` of a ledger of a million entries, ledger and audit log together.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::checkout::in_process;
use super::figure::{quick, report};
use super::harness::server::TestServer;
use super::stock::{BOTTLES, Chance, Stock};

pub fn run() {
    let mut server = TestServer::sqlite();
    let stock = Rc::new(Stock::fill(&server, BOTTLES));
    let (chance, wanted) = (Chance::new(4), if quick() { 100_000 } else { 1_000_000 });
    // Each checkout is two entries.
    let mut made = 0;
    while made * 2 < wanted {
        made += in_process(server.app(), &stock, 256, Duration::from_secs(2), &chance)
            .micros
            .len();
    }
    server.stop();
    let began = Instant::now();
    let found = server.verify();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(found.findings, vec![]);
    let entries: u64 = found.heads.iter().map(|(_, _, head)| head.size).sum();
    let second = (seconds * 100.0).round() / 100.0;
    report(
        "verify, SQLite",
        json!({"entries": entries, "seconds": second, "entries_per_s": (entries as f64 / seconds).round(),
            "expected_seconds": entries as f64 * 20.0 / 1_000_000.0}),
    );
}
