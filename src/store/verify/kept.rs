//! What somebody kept of a log, to hold against it later: a receipt or a signed head. A rewritten
//! history and a cut tail show against either, even if everything in the database fits together.

use serde::Deserialize;

use crate::domain::{
    checkpoint::{CheckpointError, VerifierKey, open},
    ids::InstitutionId,
    ledger::Log,
    merkle::Hash,
};

use super::{
    super::{StoreError, notes::Notes, signer},
    Walk,
};

/// A head, and perhaps an entry, that a log had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose log.
    pub institution: InstitutionId,
    /// Which log.
    pub log: Log,
    /// Entries at that time.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// An entry and its leaf hash.
    pub leaf: Option<(u64, Hash)>,
    /// Where it was kept, as findings name it.
    pub source: String,
}

/// Something kept that cannot be held against a log.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// Not a receipt.
    #[error("{0} is not a receipt: {1}; keep the answer of a write as it came, or its receipt")]
    Receipt(String, String),
    /// Not a head signed with the key of this deployment.
    #[error("{0} is not a head signed here: {1}; check the file and the key in the data folder")]
    Checkpoint(String, CheckpointError),
    /// Signed here, but for no log that this program names so.
    #[error("{0} is a head of {1}, which is no log of this deployment; check --name")]
    Origin(String, String),
}

/// The answer of a write, of which only the receipt matters, or the receipt alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReceiptFile {
    Answer { receipt: ReceiptJson },
    Alone(ReceiptJson),
}

#[derive(Deserialize)]
struct ReceiptJson {
    institution: InstitutionId,
    seq: u64,
    leaf_hash: Hash,
    size: u64,
    root: Hash,
}

impl Kept {
    /// Reads a receipt as the API answers it.
    ///
    /// # Errors
    /// [`KeptError::Receipt`].
    pub fn receipt(source: &str, text: &str) -> Result<Self, KeptError> {
        let wrong = |why: &str| KeptError::Receipt(source.to_owned(), why.to_owned());
        let file: ReceiptFile = serde_json::from_str(text)
            .map_err(|_| wrong("it needs institution, seq, leaf_hash, size and root"))?;
        let (ReceiptFile::Answer { receipt } | ReceiptFile::Alone(receipt)) = file;
        if receipt.seq >= receipt.size {
            return Err(wrong("its entry lies outside its log"));
        }
        Ok(Self {
            institution: receipt.institution,
            log: Log::Ledger,
            size: receipt.size,
            root: receipt.root,
            leaf: Some((receipt.seq, receipt.leaf_hash)),
            source: source.to_owned(),
        })
    }

    /// Reads a signed note, once its signature holds.
    ///
    /// # Errors
    /// [`KeptError::Checkpoint`], [`KeptError::Origin`].
    pub fn checkpoint(source: &str, note: &str, key: &VerifierKey) -> Result<Self, KeptError> {
        let signed =
            open(note, key).map_err(|error| KeptError::Checkpoint(source.to_owned(), error))?;
        let (institution, log) = signer::log_of(key.name(), signed.origin())
            .ok_or_else(|| KeptError::Origin(source.to_owned(), signed.origin().to_owned()))?;
        Ok(Self {
            institution,
            log,
            size: signed.size(),
            root: signed.root(),
            leaf: None,
            source: source.to_owned(),
        })
    }

    /// The signed heads kept beside the keys.
    ///
    /// # Errors
    /// When a file cannot be read, or is none that was signed here.
    pub(crate) fn beside_keys(notes: &Notes, key: &VerifierKey) -> Result<Vec<Self>, StoreError> {
        let read = notes.all()?.into_iter().map(|(path, note)| {
            Self::checkpoint(&path.display().to_string(), &note, key).map_err(StoreError::Kept)
        });
        read.collect()
    }
}

impl Walk<'_> {
    /// Checks what somebody kept of the log as it was when it ended with this entry, and of the entry.
    pub(super) fn held_against(&mut self, seq: i64, leaf: Hash) {
        let (size, root) = (self.frontier.size(), self.frontier.root());
        let wrong = self.kept.iter().filter_map(|kept| match kept.leaf {
            Some((of, kept_leaf)) if of + 1 == size && kept_leaf != leaf => {
                Some(format!("{}: it was another entry", kept.source))
            }
            Some(_) | None if kept.size == size && kept.root != root => Some(format!(
                "{}: the log had another root at {size} entries",
                kept.source
            )),
            Some(_) | None => None,
        });
        for what in wrong.collect::<Vec<_>>() {
            self.find(Some(seq), what);
        }
    }

    /// Finds what somebody kept of a longer log than this, which ends with the entry `last`.
    pub(super) fn cut_off(&mut self, last: i64) {
        let size = self.frontier.size();
        let longer = self.kept.iter().filter(|kept| kept.size > size);
        let longer = longer.map(|kept| {
            format!(
                "{}: the log had {} entries, but it ends here",
                kept.source, kept.size
            )
        });
        for what in longer.collect::<Vec<_>>() {
            self.find(Some(last), what);
        }
    }
}
