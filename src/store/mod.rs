//! The only place that writes SQL.
//!
//! `conn` connections and transactions · `schema`, `table` every table, once, and the statements
//! over it · `together` several of them at once · `rows` rows to domain types · `facts` what a batch needs, loaded · `append` what a
//! batch did, written · `batch` one transaction · `writer` the one write path · `readers` point reads
//! and long reads · `purchases` what was bought, loaded and written · `transfers` what goes
//! to other institutions and comes from them, and what they have not been told yet · `sessions` whether sessions live · `registers` what readers keep in memory · `migrate` making and upgrading the
//! database · `guards` what must hold before it is served · `notes` signed heads kept outside it ·
//! `verify` everything recomputed.

mod append;
mod backend;
pub(crate) mod balances;
mod batch;
pub(crate) mod checkpointer;
pub mod conn;
pub(crate) mod copy;
mod custody;
mod desk_rows;
mod facts;
mod filings;
pub(crate) mod guards;
mod heads;
mod incidents;
pub mod log_file;
pub(crate) mod lookups;
pub mod migrate;
pub(crate) mod months;
pub(crate) mod notes;
pub(crate) mod proof;
pub(crate) mod pulls;
mod purchases;
pub mod readers;
pub mod registers;
pub(crate) mod rows;
pub mod schema;
mod sessions;
pub mod signer;
pub(crate) mod stocktakes;
pub(crate) mod table;
mod together;
pub(crate) mod transfers;
pub mod verify;
mod vessels;
pub mod writer;

pub use conn::{ConnectError, Database, Purpose};

use std::path::PathBuf;

use verify::Finding;

use crate::domain::{
    checkpoint::CheckpointError,
    ledger::{ParseError, SealError, apply::ApplyError},
    merkle::{FrontierError, ProofError},
};

/// Something is wrong with the database, not with the request.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Database(#[from] diesel::result::Error),
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A row that no domain type can hold.
    #[error("a row of {0} cannot be read: {1}")]
    Row(&'static str, String),
    /// Stored bytes that are no entry.
    #[error(transparent)]
    Entry(#[from] ParseError),
    /// A stored head that is no head.
    #[error(transparent)]
    Head(#[from] FrontierError),
    /// A draft that is no entry: a defect of a verb.
    #[error("a draft cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// An entry that does not follow from the rows: a defect, or a damaged database.
    #[error("an entry does not follow from the stored state: {0}")]
    Apply(#[from] ApplyError),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
    /// A proof that cannot be made or does not hold: the stored hashes contradict each other.
    #[error("the stored hashes contradict each other: {0}")]
    Proof(#[from] ProofError),
    /// A checkpoint that cannot be made or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log does not extend what was signed.
    #[error("the log does not extend what was signed: {0}")]
    Fork(String),
    /// The last entries are not as they were written.
    #[error(
        "the ledger is damaged: {0}; run hazledger verify, and restore the newest sound backup"
    )]
    Damaged(Finding),
    /// A head kept outside the database that cannot be read.
    #[error(transparent)]
    Kept(#[from] verify::KeptError),
    /// A file beside the database.
    #[error("cannot use {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// All connections are busy.
    #[error("no database connection was free: {0}")]
    Pool(String),
    /// The writer has stopped.
    #[error("the writer has stopped; restart the server")]
    Stopped,
}

impl StoreError {
    /// Whether the server has closed the connection: nothing was answered, and a read can be done again.
    #[must_use]
    pub(crate) const fn is_lost_connection(&self) -> bool {
        matches!(
            self,
            Self::Database(diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::ClosedConnection,
                _,
            ))
        )
    }
}

impl StoreError {
    /// Whether there was no room left: nothing was written, and the same command may be sent again.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        // diesel has no kind for it: SQLite's text for SQLITE_FULL, PostgreSQL's for code 53100.
        matches!(self, Self::Database(diesel::result::Error::DatabaseError(_, info))
            if ["disk is full", "No space left on device"].iter().any(|text| info.message().contains(text)))
    }
}
