//! The Merkle tree of a log: SHA-256 as in RFC 6962 §2.1, so that verifiers nobody here wrote can check it.
//!
//! The store keeps with every entry its leaf hash and the hashes of the subtrees which that leaf completes
//! ([`Frontier::append`]). Every complete node is thereby found at one entry ([`NodeId::place`]), and a proof
//! is planned first, its nodes fetched in one query, and then assembled.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

const HASH_BYTES: usize = 32;

/// A SHA-256 hash; in text and JSON standard base64 with padding (RFC 4648 §4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// Text or bytes that are not a SHA-256 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a SHA-256 hash")]
pub struct HashError;

impl Hash {
    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{self:?}")
    }

    /// Reads what [`Hash::to_hex`] writes, in either case.
    ///
    /// # Errors
    ///
    /// [`HashError`] for anything but 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, HashError> {
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        let digits = digits.ok_or(HashError)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs
            .iter()
            .map(|[high, low]| u8::try_from(high * 16 + low).ok())
            .collect();
        match bytes {
            Some(bytes) if rest.is_empty() => Self::try_from(bytes.as_slice()),
            Some(_) | None => Err(HashError),
        }
    }

    /// 44 characters of standard base64.
    #[must_use]
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and only that.
    ///
    /// # Errors
    ///
    /// [`HashError`] for anything but the padded base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        let bytes = STANDARD.decode(text).map_err(|_| HashError)?;
        Self::try_from(bytes.as_slice())
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;

    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        Self::from_base64(text)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The hash of an entry's stored bytes (RFC 6962 §2.1: SHA-256 of 0x00 and the bytes).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    let digest = Sha256::new().chain_update([0]).chain_update(entry);
    Hash(digest.finalize().into())
}

/// The hash of an inner node (RFC 6962 §2.1: SHA-256 of 0x01, left and right).
#[must_use]
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let digest = Sha256::new().chain_update([1]).chain_update(left.0);
    Hash(digest.chain_update(right.0).finalize().into())
}

/// The root of a log without entries (RFC 6962 §2.1: SHA-256 of nothing).
#[must_use]
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// Hashes one after the other, 32 bytes each, as the store keeps them.
#[must_use]
pub fn to_blob(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads what [`to_blob`] writes.
///
/// # Errors
///
/// [`HashError`] when the length is no multiple of 32.
pub fn from_blob(bytes: &[u8]) -> Result<Vec<Hash>, HashError> {
    let (hashes, rest) = bytes.as_chunks();
    if rest.is_empty() {
        Ok(hashes.iter().map(|&bytes| Hash(bytes)).collect())
    } else {
        Err(HashError)
    }
}

/// A stored head that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log of {size} entries does not have {peaks} peaks")]
pub struct FrontierError {
    size: u64,
    peaks: usize,
}

/// What has to be kept of a log to append to it: its size and the roots of the complete subtrees it is made
/// of, largest first, one for each 1 in the binary form of the size; and the root over them, which is asked for
/// several times an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
    root: Hash,
}

/// Of a log without entries.
impl Default for Frontier {
    fn default() -> Self {
        Self::over(0, Vec::new())
    }
}

impl Frontier {
    fn over(size: u64, peaks: Vec<Hash>) -> Self {
        let root = fold(peaks.iter().copied()).unwrap_or_else(empty_root);
        Self { size, peaks, root }
    }

    /// The frontier of a log of `size` entries from the hashes of [`peaks`]`(size)`, in that order.
    ///
    /// # Errors
    ///
    /// [`FrontierError`] when there are more or fewer peaks than the size asks for.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Result<Self, FrontierError> {
        if u32::try_from(peaks.len()) == Ok(size.count_ones()) {
            return Ok(Self::over(size, peaks));
        }
        let peaks = peaks.len();
        Err(FrontierError { size, peaks })
    }

    /// Reads what [`Frontier::to_bytes`] writes.
    ///
    /// # Errors
    ///
    /// [`FrontierError`] when the bytes are not 32 for each 1 in the binary form of the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, FrontierError> {
        let peaks = bytes.len().div_ceil(HASH_BYTES);
        let hashes = from_blob(bytes).map_err(|_| FrontierError { size, peaks })?;
        Self::new(size, hashes)
    }

    /// The peaks, 32 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_blob(&self.peaks)
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns the hashes of the subtrees it completes, of 2, 4, 8, … leaves in that order:
    /// as many as the leaf's index ends in binary ones.
    pub fn append(&mut self, leaf: Hash) -> Vec<Hash> {
        let mut completed = Vec::new();
        let mut node = leaf;
        let mut left_over = self.size;
        while left_over & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            node = node_hash(left, node);
            completed.push(node);
            left_over >>= 1;
        }
        self.peaks.push(node);
        *self = Self::over(self.size + 1, std::mem::take(&mut self.peaks));
        completed
    }

    /// The root of the tree (RFC 6962 §2.1).
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }
}

/// The root over complete subtrees that lie side by side, largest first.
fn fold(hashes: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    hashes.rev().reduce(|right, left| node_hash(left, right))
}

/// A complete node: the root over the leaves `index × 2^level` up to, but not including, `(index + 1) × 2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    level: u32,
    index: u64,
}

impl NodeId {
    /// Where the store keeps the node: the `seq` of the entry that completes it, and which of that entry's
    /// hashes it is (0 = the leaf hash, k = the k-th of its completed subtrees).
    #[must_use]
    pub fn place(self) -> (u64, usize) {
        let seq = ((self.index + 1) << self.level) - 1;
        (seq, usize::try_from(self.level).unwrap_or(usize::MAX))
    }

    /// The node's hash out of the row of the entry that [`NodeId::place`] names: its leaf hash and the blob of the
    /// subtrees it completes. `None` when the blob is too short.
    #[must_use]
    pub fn read(self, leaf: Hash, subtrees: &[u8]) -> Option<Hash> {
        match self.place().1 {
            0 => Some(leaf),
            nth => {
                let (hashes, _) = subtrees.as_chunks();
                hashes.get(nth - 1).copied().map(Hash)
            }
        }
    }
}

/// The complete nodes that a log of `size` entries is made of, largest first: what [`Frontier::new`] needs to
/// go back to any former head.
#[must_use]
pub fn peaks(size: u64) -> Vec<NodeId> {
    cover(0, size)
}

/// The complete nodes that make up the subtree over the leaves `start..end`, largest first; `start` is a multiple
/// of a power of two that is at least the width.
fn cover(start: u64, end: u64) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    let mut at = start;
    while at < end {
        let level = (end - at).ilog2();
        nodes.push(NodeId {
            level,
            index: at >> level,
        });
        at += 1 << level;
    }
    nodes
}

/// Why a proof cannot be made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry is not in a log of that size, or the older size is the larger one.
    #[error("{inner} lies outside a log of {size} entries")]
    Outside {
        /// The index of the entry, or the older size.
        inner: u64,
        /// The size of the log.
        size: u64,
    },
    /// The store lacks a node of the plan.
    #[error("the stored tree lacks the hash {which} of entry {seq}")]
    Missing {
        /// The entry that should hold it.
        seq: u64,
        /// Which of its hashes.
        which: usize,
    },
    /// The proof has more or fewer hashes than the sizes ask for.
    #[error("the proof has a wrong number of hashes")]
    Length,
    /// The proof leads to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The nodes a proof is made of, known before any of them is read. Each hash of the proof is folded from one or
/// several complete nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofPlan {
    hashes: Vec<Vec<NodeId>>,
}

impl ProofPlan {
    /// From the ranges of a descent, root first.
    fn new(descent: &[(u64, u64)]) -> Self {
        let upwards = descent.iter().rev();
        let hashes = upwards.map(|&(start, end)| cover(start, end)).collect();
        Self { hashes }
    }

    /// Every node to read.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.hashes.iter().flatten().copied()
    }

    /// The `seq` of every entry whose hashes are needed, ascending, each once: the nodes of a proof do not overlap.
    #[must_use]
    pub fn entries(&self) -> Vec<u64> {
        let mut entries: Vec<u64> = self.nodes().map(|node| node.place().0).collect();
        entries.sort_unstable();
        entries
    }

    /// The proof, in the order of RFC 6962 §2.1.1 and §2.1.2, from the hashes that `read` finds.
    ///
    /// # Errors
    ///
    /// [`ProofError::Missing`] for the first node that `read` does not find.
    pub fn assemble(
        &self,
        mut read: impl FnMut(NodeId) -> Option<Hash>,
    ) -> Result<Vec<Hash>, ProofError> {
        let mut proof = Vec::with_capacity(self.hashes.len());
        for nodes in &self.hashes {
            let mut found = Vec::with_capacity(nodes.len());
            for node in nodes {
                let (seq, which) = node.place();
                found.push(read(*node).ok_or(ProofError::Missing { seq, which })?);
            }
            proof.extend(fold(found.into_iter()));
        }
        Ok(proof)
    }
}

/// The largest power of two that is smaller than `width`, which is at least 2 (RFC 6962 §2.1).
fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// What proves that the entry at `index` is in the log of `size` entries (RFC 6962 §2.1.1).
///
/// # Errors
///
/// [`ProofError::Outside`] unless `index < size`.
pub fn inclusion_plan(index: u64, size: u64) -> Result<ProofPlan, ProofError> {
    if index >= size {
        return Err(ProofError::Outside { inner: index, size });
    }
    let mut descent = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            descent.push((middle, end));
            end = middle;
        } else {
            descent.push((start, middle));
            start = middle;
        }
    }
    Ok(ProofPlan::new(&descent))
}

/// What proves that the log of `new` entries begins with the log of `old` entries (RFC 6962 §2.1.2). Nothing is
/// needed when the sizes are equal or the old log was empty.
///
/// # Errors
///
/// [`ProofError::Outside`] unless `old ≤ new`.
pub fn consistency_plan(old: u64, new: u64) -> Result<ProofPlan, ProofError> {
    if old > new {
        return Err(ProofError::Outside {
            inner: old,
            size: new,
        });
    }
    let mut descent = Vec::new();
    let (mut start, mut end) = (0, new);
    while old > 0 && end != old {
        let middle = start + split(end - start);
        if old <= middle {
            descent.push((middle, end));
            end = middle;
        } else {
            descent.push((start, middle));
            start = middle;
        }
    }
    // A verifier knows the old root already; an old log that ends inside the tree has to be given its last subtree.
    if start > 0 {
        descent.push((start, end));
    }
    Ok(ProofPlan::new(&descent))
}

/// Climbs from a node to the root of a tree, one hash of the proof at a time (RFC 9162 §2.1.3.2, §2.1.4.2):
/// `index` is the node's place in its level, `last` that of the level's last node.
struct Climb {
    index: u64,
    last: u64,
}

impl Climb {
    /// Whether the next hash of the proof stands left of the node.
    ///
    /// # Errors
    ///
    /// [`ProofError::Length`] when the node is the root already.
    fn step(&mut self) -> Result<bool, ProofError> {
        if self.last == 0 {
            return Err(ProofError::Length);
        }
        let left = self.index & 1 == 1 || self.index == self.last;
        if left {
            // The last node of a level without a partner moves up as it is. It is not node 0: that would be the root.
            while self.index & 1 == 0 {
                self.up();
            }
        }
        self.up();
        Ok(left)
    }

    const fn up(&mut self) {
        self.index >>= 1;
        self.last >>= 1;
    }

    fn at_root(&self) -> Result<(), ProofError> {
        if self.last == 0 {
            Ok(())
        } else {
            Err(ProofError::Length)
        }
    }
}

/// Checks that the entry with this leaf hash stands at `index` of the log with this size and root (RFC 9162
/// §2.1.3.2). Size and root must come from one checkpoint: a root alone does not say how many entries it covers.
///
/// # Errors
///
/// [`ProofError`] unless the proof holds.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Outside { inner: index, size });
    }
    let last = size - 1;
    let mut climb = Climb { index, last };
    let mut node = leaf;
    for &hash in proof {
        node = if climb.step()? {
            node_hash(hash, node)
        } else {
            node_hash(node, hash)
        };
    }
    climb.at_root()?;
    same(node, root)
}

/// Checks that the log with the new size and root begins with the log with the old size and root (RFC 9162
/// §2.1.4.2). Every log begins with the empty one.
///
/// # Errors
///
/// [`ProofError`] unless the proof holds.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Outside {
            inner: old_size,
            size: new_size,
        });
    }
    if old_size == 0 {
        same(old_root, empty_root())?;
    }
    if old_size == new_size {
        same(old_root, new_root)?;
    }
    if old_size == 0 || old_size == new_size {
        return if proof.is_empty() {
            Ok(())
        } else {
            Err(ProofError::Length)
        };
    }
    // The node to start from is the last complete subtree of the old log: the whole of it if its size is a power of two.
    let level = old_size.trailing_zeros();
    let mut climb = Climb {
        index: (old_size >> level) - 1,
        last: (new_size - 1) >> level,
    };
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        let (&first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (first, rest)
    };
    let (mut old, mut new) = (first, first);
    for &hash in rest {
        if climb.step()? {
            old = node_hash(hash, old);
            new = node_hash(hash, new);
        } else {
            new = node_hash(new, hash);
        }
    }
    climb.at_root()?;
    same(old, old_root)?;
    same(new, new_root)
}

fn same(found: Hash, expected: Hash) -> Result<(), ProofError> {
    if found == expected {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}
