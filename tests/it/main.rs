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
mod guards;
mod harness;
mod ids;
mod import_sheet;
mod label_print;
mod merkle;
mod powercut;
mod quantity;
mod schema;
mod search;
mod spine;
mod tamper;
mod tidy;
