//! 核存树头: the signed heads of other institutions' ledgers that a bureau keeps, each shown to continue the
//! one before it.
//!
//! A ledger that was put back from an old backup, was rewritten or leads two lives does not continue what was
//! kept. Then nothing is kept until a person of the bureau has said why (TRUST §1 rows 7 and 8).

use super::{
    checkpoint::{VerifierKey, open},
    ids::PersonId,
    merkle::{Hash, verify_consistency},
    time::Time,
    words::words,
};

words! {
    /// What came of a pull.
    PullOutcome {
        /// The head continues what was kept, and is kept itself.
        Kept = "kept" "已核存",
        /// It does not.
        Refused = "refused" "不予核存",
        /// A person of the bureau has said why, and goes on from there.
        Acknowledged = "acknowledged" "已说明",
    }
}

words! {
    /// Why a head is not kept.
    PullFault {
        /// It is not signed with the key of the log, or is a head of another log.
        SignatureWrong = "signature_wrong" "签名不符",
        /// The ledger is shorter than it was: put back from an old backup.
        OlderThanKept = "older_than_kept" "早于已核存（旧备份）",
        /// As long as what was kept, and something else.
        Fork = "fork" "同长而内容不同（分叉）",
        /// Longer, and does not begin with what was kept.
        Rewritten = "rewritten" "历史被改写",
        /// The ledger itself does not begin with its own signed head.
        LedgerBehind = "ledger_behind" "台账与自身树头不符",
    }
}

/// A pull of the head of an institution's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// What came of it.
    pub outcome: PullOutcome,
    /// Why it was not kept.
    pub fault: Option<PullFault>,
    /// Entries under the head; 0 where its signature does not hold.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The signed note as it came.
    pub note: String,
    /// The consistency proof from the head kept before (RFC 6962 section 2.1.2).
    pub proof: Vec<Hash>,
    /// What the person of the bureau said.
    pub reason: String,
    /// When.
    pub at: Time,
    /// Who asked for it; absent when the program did.
    pub person: Option<PersonId>,
}

/// A head as it was found, before anybody has judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The signed note.
    pub note: String,
    /// What is stored of the tree for a proof from the head kept before; none where it is not even that.
    pub proof: Option<Vec<Hash>>,
    /// Whether the ledger as it is begins with the signed head.
    pub is_of_ledger: bool,
}

impl Found {
    /// Judges a head against the one kept last: what is to be noted, or nothing when it is the same.
    #[must_use]
    pub fn judged(
        &self,
        last: Option<&Pull>,
        origin: &str,
        key: &VerifierKey,
        (at, person): (Time, Option<PersonId>),
    ) -> Option<Pull> {
        let mut pull = Pull {
            outcome: PullOutcome::Kept,
            fault: None,
            size: 0,
            root: Hash([0; 32]),
            note: self.note.clone(),
            proof: Vec::new(),
            reason: String::new(),
            at,
            person,
        };
        let signed = open(&self.note, key).ok();
        let fault = match signed.filter(|signed| signed.origin() == origin) {
            None => Some(PullFault::SignatureWrong),
            Some(signed) => {
                (pull.size, pull.root) = (signed.size(), signed.root());
                let last = last.filter(|last| last.size > 0);
                match last {
                    _ if !self.is_of_ledger => Some(PullFault::LedgerBehind),
                    Some(last) if (last.size, last.root) == (pull.size, pull.root) => return None,
                    Some(last) => {
                        pull.proof = self.proof.clone().unwrap_or_default();
                        pull.continues(last).err()
                    }
                    None => None,
                }
            }
        };
        if fault.is_some() {
            pull.outcome = PullOutcome::Refused;
            pull.fault = fault;
        }
        Some(pull)
    }
}

impl Pull {
    /// Whether the log under this head begins with the one kept before.
    ///
    /// # Errors
    /// [`PullFault`].
    pub fn continues(&self, last: &Self) -> Result<(), PullFault> {
        if self.size < last.size {
            return Err(PullFault::OlderThanKept);
        }
        if self.size == last.size {
            let same = self.root == last.root;
            return if same { Ok(()) } else { Err(PullFault::Fork) };
        }
        verify_consistency(last.size, last.root, self.size, self.root, &self.proof)
            .map_err(|_| PullFault::Rewritten)
    }

    /// Whether nothing more is kept before somebody has said why.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.outcome == PullOutcome::Refused
    }
}
