//! The only way to make an entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    canonical::{CanonicalError, canonical_bytes},
    container::Identity,
    ids::{InstitutionId, PersonId, ProductId, Seq, Serial},
    merkle::{Frontier, Hash, leaf_hash},
    quantity::Dimension,
    signature::Signed,
    time::Time,
};

use super::{
    Account, Act, Actor, ContainerLine, Entry, Head, Kind, Late, Log, Posting, Record, Seat,
};

/// What a verb decided: everything of a record but what the ledger itself adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What was done.
    pub act: Act,
    /// Why.
    pub reason: String,
    /// When it happened, if not now.
    pub occurred_at: Option<Time>,
    /// Why it is late.
    pub late: Option<Late>,
    /// The people of the act.
    pub seats: Vec<Seat>,
    /// What new containers are.
    pub identities: Vec<Identity>,
    /// The containers touched.
    pub containers: Vec<ContainerLine>,
    /// The postings.
    pub postings: Vec<Posting>,
    /// The request that was signed, and the signatures.
    pub signed: Option<Signed>,
}

impl Draft {
    /// A draft of an act that touches no container.
    #[must_use]
    pub const fn of(act: Act) -> Self {
        Self {
            act,
            reason: String::new(),
            occurred_at: None,
            late: None,
            seats: Vec::new(),
            identities: Vec::new(),
            containers: Vec::new(),
            postings: Vec::new(),
            signed: None,
        }
    }
}

/// What the ledger adds: who sent it, when it is written, and chance.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Whose log.
    pub institution: InstitutionId,
    /// Which log.
    pub log: Log,
    /// Already at or after the last entry's.
    pub recorded_at: Time,
    /// 128 random bits.
    pub salt: [u8; 16],
    /// Who sent it.
    pub actor: Actor,
    /// The request.
    pub request: String,
}

/// An entry with its bytes and hashes, ready to be stored.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The entry.
    pub entry: Entry,
    /// Its canonical bytes: what is stored and hashed.
    pub bytes: Vec<u8>,
    /// RFC 6962 leaf hash of the bytes.
    pub leaf_hash: Hash,
    /// Hashes of the subtrees that this leaf completes, smallest first.
    pub completed: Vec<Hash>,
}

/// A draft that is no entry: a defect in a verb, never a user's mistake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Postings of a product and dimension do not sum to zero.
    #[error("postings of product {0} in {1} sum to {2}, not to zero")]
    Unbalanced(ProductId, Dimension, i128),
    /// An account that this kind of act cannot use.
    #[error("an entry of kind {0} cannot post to the account {1}")]
    AccountNotAllowed(Kind, Account),
    /// A container line and its postings say different things.
    #[error("container {0} changes by {1} in its line and by {2} in its postings")]
    LineMismatch(Serial, i128, i128),
    /// A container below zero.
    #[error("container {0} would hold less than nothing")]
    Negative(Serial),
    /// The same container twice.
    #[error("container {0} stands in two lines")]
    Twice(Serial),
    /// One person in two parts.
    #[error("person {0} plays two parts")]
    TwoParts(PersonId),
    /// A text or number that has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] CanonicalError),
    /// More entries than a sequence number can count.
    #[error("the log is full")]
    Full,
}

/// Makes the entry that follows `frontier` and appends it there.
///
/// # Errors
/// [`SealError`] when the draft is not balanced, names an account that its kind cannot use, or
/// cannot be written canonically. Nothing is appended then.
pub fn seal(draft: Draft, stamp: Stamp, frontier: &mut Frontier) -> Result<Sealed, SealError> {
    check(
        draft.act.kind(),
        &draft.postings,
        &draft.containers,
        &draft.seats,
    )?;
    let prev = Head {
        size: frontier.size(),
        root: frontier.root(),
    };
    let seq = i64::try_from(prev.size)
        .ok()
        .and_then(|seq| Seq::try_from(seq).ok());
    let record = Record {
        v: 1,
        institution: stamp.institution,
        log: stamp.log,
        seq: seq.ok_or(SealError::Full)?,
        recorded_at: stamp.recorded_at,
        occurred_at: draft.occurred_at,
        late: draft.late,
        actor: stamp.actor,
        request: stamp.request,
        salt: base64(stamp.salt),
        prev,
        reason: draft.reason,
        seats: draft.seats,
        identities: draft.identities,
        containers: draft.containers,
        postings: draft.postings,
        signed: draft.signed,
        act: draft.act,
    };
    let bytes = canonical_bytes(&record)?;
    let leaf_hash = leaf_hash(&bytes);
    let completed = frontier.append(leaf_hash);
    Ok(Sealed {
        entry: Entry::new(record),
        bytes,
        leaf_hash,
        completed,
    })
}

fn base64(salt: [u8; 16]) -> String {
    use ::base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(salt)
}

/// Whether an act balances: what leaves one account arrives in another, through accounts that the kind
/// may use; each container line says what its postings say; nobody plays two parts.
pub(super) fn check(
    kind: Kind,
    postings: &[Posting],
    containers: &[ContainerLine],
    seats: &[Seat],
) -> Result<(), SealError> {
    let allowed = kind.nature().accounts;
    let mut sums: BTreeMap<(ProductId, Dimension), i128> = BTreeMap::new();
    let mut inside: BTreeMap<Serial, i128> = BTreeMap::new();
    for posting in postings {
        if !allowed.contains(&posting.account) {
            return Err(SealError::AccountNotAllowed(kind, posting.account));
        }
        let amount = i128::from(posting.amount);
        *sums
            .entry((posting.product, posting.dimension))
            .or_default() += amount;
        if posting.account.is_content() {
            *inside.entry(posting.container).or_default() += amount;
        }
    }
    if let Some(((product, dimension), sum)) = sums.into_iter().find(|(_, sum)| *sum != 0) {
        return Err(SealError::Unbalanced(product, dimension, sum));
    }
    let mut seen = BTreeSet::new();
    for line in containers {
        if !seen.insert(line.serial) {
            return Err(SealError::Twice(line.serial));
        }
        if line.after.amount < 0 {
            return Err(SealError::Negative(line.serial));
        }
        let before = line
            .before
            .map_or(0, |prior| i128::from(prior.standing.amount));
        let by_line = i128::from(line.after.amount) - before;
        let by_postings = inside.remove(&line.serial).unwrap_or(0);
        if by_line != by_postings {
            return Err(SealError::LineMismatch(line.serial, by_line, by_postings));
        }
    }
    if let Some((serial, sum)) = inside.into_iter().next() {
        return Err(SealError::LineMismatch(serial, 0, sum));
    }
    let mut people = BTreeSet::new();
    match seats.iter().find(|seat| !people.insert(seat.person)) {
        Some(seat) => Err(SealError::TwoParts(seat.person)),
        None => Ok(()),
    }
}
