//! (e) `verify` of a ledger of a million entries, ledger and audit log together.

use std::time::{Duration, Instant};

use serde_json::json;

use super::checkout::in_process;
use super::figure::{Round, quick, report};
use super::stock::{Chance, Ledger};

pub fn run(Ledger { server, stock }: &mut Ledger) {
    let (chance, wanted) = (Chance::new(4), if quick() { 100_000 } else { 1_000_000 });
    while server.number("SELECT CAST(SUM(size) AS BIGINT) FROM log_head") < wanted {
        in_process(server.app(), stock, 256, Duration::from_secs(1), &chance);
    }
    server.stop();
    let round = Round::begin();
    let began = Instant::now();
    let found = server.verify();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(found.findings, vec![]);
    let entries: u64 = found.heads.iter().map(|(_, _, head)| head.size).sum();
    let cpu_us = round.end_of(0.0, entries as usize).cpu_us;
    let second = (seconds * 100.0).round() / 100.0;
    report(
        "verify, SQLite",
        json!({"entries": entries, "seconds": second, "cpu_us": cpu_us.round(), "entries_per_s": (entries as f64 / seconds).round(),
            "expected_seconds": entries as f64 * 20.0 / 1_000_000.0}),
    );
}
