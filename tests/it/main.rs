//! The tests: one binary, a real server, real files, both backends.
#![expect(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may fail by panicking"
)]

mod canonical;
mod catalogue;
mod checkpoint;
mod container_states;
mod controlled;
mod harness;
mod ids;
mod import_sheet;
mod label_print;
mod late;
mod merkle;
mod powercut;
mod quantity;
mod reprints;
mod returns;
mod reversals;
mod search;
mod spine;
mod tidy;
mod uses;
