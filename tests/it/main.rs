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
mod container_states;
mod contention;
mod controlled;
mod crash;
mod denials;
mod disk_full;
mod domain;
mod guards;
mod harness;
mod ids;
mod import_sheet;
mod label_print;
mod labels_http;
mod late;
mod merkle;
mod model;
mod people;
mod permissions;
mod powercut;
mod principal;
mod quantity;
mod readers;
mod reading;
mod reprints;
mod returns;
mod reversals;
mod schema;
mod search;
mod search_box;
mod signing;
mod spine;
mod storage_map;
mod tamper;
mod teeth;
mod tidy;
mod uses;
