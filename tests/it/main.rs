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
mod books;
mod canonical;
mod catalogue;
mod checkpoint;
mod cli;
mod contention;
mod controlled;
mod controlled_book;
mod counts;
mod county;
mod crash;
mod demo;
mod demo_county;
mod denials;
mod departments;
mod disk_full;
mod domain;
mod emergencies;
mod exports;
mod fields;
mod forged_custody;
mod guards;
mod handovers;
mod harness;
mod holdings;
mod idempotency;
mod identifications;
mod ids;
mod import_sheet;
mod imports;
mod incidents;
mod label_print;
mod labels_http;
mod late;
mod life;
mod limits;
mod log_file;
mod major_hazard;
mod mass_balance;
mod merkle;
mod mixes;
mod model;
mod months;
mod openapi;
mod operations;
mod oversight;
mod people;
mod permissions;
mod permits;
mod plans;
mod positions;
mod powercut;
mod principal;
mod products;
mod pulls;
mod purchase_lists;
mod purchases;
mod quantity;
mod readers;
mod reading;
mod readme;
mod reprints;
mod returns;
mod reversals;
mod schema;
mod search;
mod search_box;
mod seconds;
mod signatures;
mod signed_returns;
mod signing;
mod spine;
mod splits;
mod stocktakes;
mod storage_map;
mod submissions;
mod tamper;
mod teeth;
mod tidy;
mod transfers;
mod usage_table;
mod uses;
mod waste_containers;
mod wastes;
