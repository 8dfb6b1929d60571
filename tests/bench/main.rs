//! The benchmarks: `cargo bench --bench bench -- [scan] [checkout] [controlled] [verify] [import] [postgres]
//! [county] [export] [start]`, all of them without a name. One line of JSON a figure; only ratios measured in the
//! same run are limits, and one that is missed ends the run with 1. `QUICK=1` makes the rounds short.
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
mod controlled;
mod county;
mod export;
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
mod import;
mod postgres;
mod scan;
mod start;
mod stock;
mod verify;

use std::process::ExitCode;

use stock::Ledger;

/// In this order; the first four are taken of one ledger, which grows meanwhile.
const FIGURES: [&str; 9] = [
    "scan",
    "checkout",
    "controlled",
    "verify",
    "import",
    "postgres",
    "county",
    "export",
    "start",
];

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    for name in &asked {
        assert!(
            FIGURES.contains(&name.as_str()),
            "no benchmark is called {name}"
        );
    }
    let mut ledger = None;
    for name in FIGURES {
        if !asked.is_empty() && !asked.iter().any(|ask| ask == name) {
            continue;
        }
        match name {
            "scan" => scan::run(filled(&mut ledger)),
            "checkout" => checkout::run(filled(&mut ledger)),
            "controlled" => controlled::run(filled(&mut ledger)),
            "verify" => verify::run(filled(&mut ledger)),
            "import" => import::run(),
            "postgres" => postgres::run(),
            "county" => county::run(),
            "export" => export::run(),
            _ => start::run(),
        }
    }
    if figure::all_within() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn filled(ledger: &mut Option<Ledger>) -> &mut Ledger {
    ledger.get_or_insert_with(Ledger::fill)
}
