//! The benchmarks: `cargo bench --bench bench -- [scan] [checkout] [postgres] [verify] [start]`, all
//! of them without a name. One line of JSON a figure; only ratios measured in the same run are
//! limits, and one that is missed ends the run with 1. `QUICK=1` makes the rounds short.
#![expect(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::float_arithmetic,
    reason = "a benchmark may fail by panicking, and counts in floats"
)]

mod bare;
mod checkout;
mod figure;
#[path = "../it/harness/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the tests use the rest of it"
)]
mod harness;
mod http;
mod postgres;
mod scan;
mod start;
mod stock;
mod verify;

use std::process::ExitCode;

fn main() -> ExitCode {
    let all: [(&str, fn()); 5] = [
        ("scan", scan::run),
        ("checkout", checkout::run),
        ("postgres", postgres::run),
        ("verify", verify::run),
        ("start", start::run),
    ];
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    for name in &asked {
        assert!(
            all.iter().any(|(known, _)| known == name),
            "no benchmark is called {name}"
        );
    }
    for (name, run) in all {
        if asked.is_empty() || asked.iter().any(|ask| ask == name) {
            run();
        }
    }
    if figure::all_within() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
