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

mod batch;
mod canonical;
mod catalogue;
mod checkpoint;
mod harness;
mod ids;
mod import_sheet;
mod label_print;
mod merkle;
mod powercut;
mod principal;
mod quantity;
mod readers;
mod search;
mod spine;
mod tidy;
