//! What is wrong, and where.

use std::fmt;

use crate::domain::{ids::InstitutionId, ledger::Log};

/// Something that is not as the entries say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose log.
    pub institution: InstitutionId,
    /// Which log.
    pub log: Log,
    /// The first entry concerned, if one can be named.
    pub seq: Option<i64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "institution {} {}", self.institution, self.log)?;
        if let Some(seq) = self.seq {
            write!(f, " entry {seq}")?;
        }
        write!(f, ": {}", self.what)
    }
}
