//! The domain: pure. No input or output, no clock, no database, no web server.
//!
//! Nouns are modules (`container`, `place`, `people`, …), each verb is a file of [`verb`], what is
//! written down is in [`ledger`], why it is refused in [`refusal`].

pub mod books;
pub mod canonical;
pub mod catalogue;
pub mod checkpoint;
pub mod container;
pub mod custody;
pub mod desk;
pub mod disposal;
pub mod emergency;
pub mod exact;
pub mod facts;
pub mod happening;
pub mod hazard;
pub mod ids;
pub mod incident;
pub mod institution;
pub mod ledger;
pub mod merkle;
pub mod mixture;
pub mod month;
pub mod naming;
pub mod opening;
pub mod people;
pub mod permit;
pub mod place;
pub mod policy;
pub mod product;
pub mod pull;
pub mod purchasing;
pub mod quantity;
pub mod refusal;
pub mod request;
pub mod requisition;
pub mod rule;
pub mod scale;
pub mod search;
pub mod signature;
pub mod stocktake;
pub mod submission;
pub mod substance;
pub mod text;
pub mod time;
pub mod transfer;
pub mod usage;
pub mod verb;
pub mod vessel;
pub mod waste;
pub mod words;
