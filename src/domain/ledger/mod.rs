//! Entries: what is written down, once, for ever.
//!
//! `act.rs` lists the acts, `entry.rs` has the shape of a record, `nature.rs` what each kind of act may do,
//! `posting.rs` the accounts, `seal.rs` the only way to make an entry, `apply.rs` what an entry does to
//! the state, `check.rs` whether a movement is what its verb makes. The state of an institution is nothing but its entries applied in order; `verify` does
//! exactly that and compares.

mod act;
pub mod apply;
mod check;
mod entry;
mod filing;
mod keeping;
mod nature;
mod posting;
mod pulling;
mod seal;

pub use act::{Act, Kind};
pub use entry::{
    Actor, AuditLine, AuditOutcome, ContainerLine, Countersignature, Credential, Discard, Disposal,
    Effects, Entry, Founding, Head, Late, Log, Look, ParseError, Part, Prior, Record, Return,
    Reversal, Revocation, Seat, Weighed, Weighing, Whom,
};
pub use nature::{Nature, Signing};
pub use posting::{Account, Posting, amount};
pub use seal::{Draft, SealError, Sealed, Stamp, seal};
