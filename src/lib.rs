//! # hazledger: the ledger of hazardous chemicals (危险化学品台账)
//!
//! The code map. A request goes through the layers from top to bottom:
//!
//! - [`cli`] reads arguments and starts what they ask for.
//! - [`http`] is thin: it reads requests, names the permission, renders answers and problems.
//! - [`app`] is the spine: execute a command, read, sign in.
//! - [`domain`] decides: pure rules, entries, the Merkle log.
//! - [`store`] remembers: the only place with SQL; one writer, one transaction a batch.
//! - [`report`] reads: one file a report.
//! - [`auth`] knows who it is: keys, secrets, tokens.
//! - [`import`] reads spreadsheets, [`label`] draws labels.

pub mod app;
pub mod auth;
pub mod cli;
pub mod domain;
pub mod http;
pub mod import;
pub mod label;
pub mod report;
pub mod store;
pub mod telemetry;
