//! 核存树头: the signed heads of other institutions' ledgers that a bureau keeps, each shown to continue the
//! one before it.
//!
//! A ledger that was put back from an old backup, was rewritten or leads two lives does not continue what was
//! kept. Then nothing is kept until a person of the bureau has said why (TRUST §1 rows 7 and 8).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    checkpoint::{VerifierKey, open},
    facts::Table,
    ids::{InstitutionId, PersonId, Seq},
    ledger::Head,
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
    /// Entries under the head; where its signature does not hold, those of the head before it.
    pub size: u64,
    /// The root over them; where the signature does not hold, that of the head before it.
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
    /// The entry of the bureau's ledger that says so; none of the pulls from before there were such entries.
    pub entry: Option<Seq>,
}

/// 核存签名头: what a bureau says in its own ledger of a head that it pulled. A head that has not changed since
/// is not said again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptHead {
    /// Whose ledger.
    pub institution: InstitutionId,
    /// Which pull of it, from 1.
    pub pull: u32,
    /// What came of it.
    pub outcome: PullOutcome,
    /// Why it was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<PullFault>,
    /// The head.
    pub head: Head,
    /// The signed note as it came, in base64: what cannot be read may be anything.
    pub note: String,
    /// The consistency proof from the head kept before (RFC 6962 section 2.1.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proof: Vec<Hash>,
}

impl KeptHead {
    /// What is said of a pull.
    #[must_use]
    pub fn of(institution: InstitutionId, number: u32, pull: &Pull) -> Self {
        Self {
            institution,
            pull: number,
            outcome: pull.outcome,
            fault: pull.fault,
            head: Head {
                size: pull.size,
                root: pull.root,
            },
            note: STANDARD.encode(&pull.note),
            proof: pull.proof.clone(),
        }
    }

    /// The note; none where it is no text.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let bytes = STANDARD.decode(&self.note).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Whether the note says what is said of it: a head of that log, signed with its key, or where that is
    /// what is wrong with it, none.
    #[must_use]
    pub fn is_as_noted(&self, origin: &str, key: &VerifierKey) -> bool {
        let signed = self.note().and_then(|note| open(&note, key).ok());
        match signed.filter(|signed| signed.origin() == origin) {
            None => self.fault == Some(PullFault::SignatureWrong),
            Some(signed) => {
                self.fault != Some(PullFault::SignatureWrong)
                    && (signed.size(), signed.root()) == (self.head.size, self.head.root)
            }
        }
    }
}

/// The pulls of a bureau, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct Pulls {
    /// Those that entries say, by institution and number.
    pub said: Table<(InstitutionId, u32), Pull>,
    last: BTreeMap<InstitutionId, (u32, Pull)>,
}

impl Pulls {
    /// Puts in the latest pull of an institution as the database has it.
    pub fn load(&mut self, site: InstitutionId, number: u32, pull: Pull) {
        self.last.insert(site, (number, pull));
    }

    /// Adds a pull that the database has not.
    pub fn add(&mut self, site: InstitutionId, number: u32, pull: Pull) {
        self.said.put((site, number), pull.clone());
        self.last.insert(site, (number, pull));
    }

    /// The latest pull of an institution's head, with its number.
    #[must_use]
    pub fn last(&self, site: InstitutionId) -> Option<(u32, &Pull)> {
        let last = self.last.get(&site);
        last.map(|(number, pull)| (*number, pull))
    }
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
        // What cannot be read says nothing: whatever comes of it, the next head continues the one before.
        let (size, root) = last.map_or((0, Hash([0; 32])), |last| (last.size, last.root));
        let mut pull = Pull {
            outcome: PullOutcome::Kept,
            fault: None,
            size,
            root,
            note: self.note.clone(),
            proof: Vec::new(),
            reason: String::new(),
            at,
            person,
            entry: None,
        };
        let signed = open(&self.note, key).ok();
        let fault = match signed.filter(|signed| signed.origin() == origin) {
            None => Some(PullFault::SignatureWrong),
            Some(signed) => {
                (pull.size, pull.root) = (signed.size(), signed.root());
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
        // Every log begins with nothing: no head could ever be read.
        if last.size == 0 {
            return Ok(());
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
