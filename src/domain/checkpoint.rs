//! Signed heads of a log: C2SP tlog-checkpoints in C2SP signed notes, with Ed25519 signatures (type 0x01).
//! Witnesses and the verifiers of other projects read them as they are.
//!
//! <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note>

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// Ed25519 among the signature types of C2SP signed-note.
const ED25519: u8 = 0x01;

/// The longest note that is read, in bytes: room for many times the 16 signatures that C2SP signed-note asks for.
const MAX_NOTE: usize = 1 << 20;

/// The most signature lines that are read, which bounds the work a stranger's note can cause.
const MAX_SIGNATURES: usize = 100;

/// What begins every signature line: an em dash and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// Why a checkpoint, a key or a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// An origin that is empty or holds a control character.
    #[error("the origin is empty or holds a control character")]
    Origin,
    /// A key name that is empty or holds white space, a control character or a plus sign.
    #[error("the key name is empty or holds a space or a plus sign")]
    KeyName,
    /// A verifier key that is not `name+id+base64` of a sound Ed25519 key with the id it ought to have.
    #[error("this is not an Ed25519 verifier key")]
    VerifierKey,
    /// A note that is not a text, an empty line and signature lines, each ending in a newline.
    #[error("this is not a signed note")]
    Note,
    /// A text that is not exactly origin, size and root, one a line; extension lines are refused too, because a
    /// log of this program writes none.
    #[error("the signed text is not a checkpoint")]
    Text,
    /// No signature line bears the name and id of the key.
    #[error("the note is not signed by this key")]
    Unsigned,
    /// A signature line bears the name and id of the key, but the signature does not hold.
    #[error("the signature does not hold")]
    Signature,
}

/// The head of a log: its origin, size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// A head of the log that `origin` names for ever, `size` in entries.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Origin`] when the origin is empty or holds a control character.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.contains(char::is_control) {
            return Err(CheckpointError::Origin);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// The identity of the log, without line break.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the Merkle tree over them.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The text that is signed: origin, size in decimal and root in base64, each ending in a newline (C2SP
    /// tlog-checkpoint, "Note text").
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads what [`Checkpoint::body`] writes, and only that.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Text`] for any other text.
    pub fn parse(body: &str) -> Result<Self, CheckpointError> {
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Text);
        };
        let size = size.parse().map_err(|_| CheckpointError::Text)?;
        let root = root.parse().map_err(|_| CheckpointError::Text)?;
        let checkpoint = Self::new(origin, size, root).map_err(|_| CheckpointError::Text)?;
        // Comparing refuses what the parsers let through: signs, leading zeros, further lines.
        if checkpoint.body() == body {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Text)
        }
    }
}

/// The public half of a log's key, written `name+id+base64`. The id is the first four bytes of SHA-256 over name,
/// newline, signature type and public key (C2SP signed-note, "Signatures").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, CheckpointError> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(bad) {
            return Err(CheckpointError::KeyName);
        }
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        let [a, b, c, d, ..] = digest;
        Ok(Self {
            name: name.to_owned(),
            id: [a, b, c, d],
            key,
        })
    }

    /// The name that stands in the signature line.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id);
        let encoded = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{id:08x}+{}", self.name, STANDARD.encode(encoded))
    }
}

impl FromStr for VerifierKey {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let (name, rest) = text.split_once('+').ok_or(CheckpointError::VerifierKey)?;
        let (_, encoded) = rest.split_once('+').ok_or(CheckpointError::VerifierKey)?;
        let decoded = STANDARD.decode(encoded);
        let decoded = decoded.map_err(|_| CheckpointError::VerifierKey)?;
        let Some((&ED25519, key)) = decoded.split_first() else {
            return Err(CheckpointError::VerifierKey);
        };
        let key = VerifyingKey::try_from(key).map_err(|_| CheckpointError::VerifierKey)?;
        let read = Self::new(name, key)?;
        if key.is_weak() || read.to_string() != text {
            return Err(CheckpointError::VerifierKey);
        }
        Ok(read)
    }
}

/// The secret half of a log's key with the name it signs under. The secret is wiped from memory on drop.
pub struct LogKey {
    secret: SigningKey,
    verifier: VerifierKey,
}

impl LogKey {
    /// A key from its 32 secret bytes (RFC 8032 §5.1.5) and the name that stands in the signature line: a URL without
    /// scheme, by custom the host part of the log's origin.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::KeyName`] when the name is empty or holds a space, a control character or a plus sign.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, CheckpointError> {
        let secret = SigningKey::from_bytes(secret);
        let verifier = VerifierKey::new(name, secret.verifying_key())?;
        Ok(Self { secret, verifier })
    }

    /// The public half, which may be handed to anyone.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKey")
            .field("verifier", &self.verifier.to_string())
            .finish_non_exhaustive()
    }
}

/// The checkpoint as a signed note: its text, an empty line and one signature line.
#[must_use]
pub fn sign(checkpoint: &Checkpoint, key: &LogKey) -> String {
    let body = checkpoint.body();
    let signature = key.secret.sign(body.as_bytes()).to_bytes();
    let VerifierKey { name, id, .. } = key.verifier();
    let encoded = STANDARD.encode([id.as_slice(), &signature].concat());
    format!("{body}\n{SIGNATURE_PREFIX}{name} {encoded}\n")
}

/// The text of a note, once every signature by `key` in it holds and there is at least one. Signatures by other
/// keys are ignored (C2SP signed-note, "Signatures").
///
/// # Errors
///
/// [`CheckpointError::Note`], [`CheckpointError::Unsigned`] or [`CheckpointError::Signature`].
pub fn verified_text<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, CheckpointError> {
    if note.len() > MAX_NOTE || note.contains(|c: char| c < ' ' && c != '\n') {
        return Err(CheckpointError::Note);
    }
    let (text, lines) = note.rsplit_once("\n\n").ok_or(CheckpointError::Note)?;
    // The newline that ends the text is signed with it.
    let text = note.get(..=text.len()).ok_or(CheckpointError::Note)?;
    let lines = lines.strip_suffix('\n').ok_or(CheckpointError::Note)?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(CheckpointError::Note);
    }
    let mut signed = false;
    for line in lines.split('\n') {
        let (name, id, signature) = signature_line(line).ok_or(CheckpointError::Note)?;
        if name != key.name || id != key.id {
            continue;
        }
        let signature =
            Signature::from_slice(&signature).map_err(|_| CheckpointError::Signature)?;
        key.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| CheckpointError::Signature)?;
        signed = true;
    }
    if signed {
        Ok(text)
    } else {
        Err(CheckpointError::Unsigned)
    }
}

/// Name, key id and signature.
fn signature_line(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let decoded = STANDARD.decode(encoded).ok()?;
    let (id, signature) = decoded.split_first_chunk()?;
    if signature.is_empty() {
        return None;
    }
    Some((name, *id, signature.to_vec()))
}

/// The checkpoint in a note that `key` signed. The caller compares the origin with the log it asked for: one key may
/// sign for several logs.
///
/// # Errors
///
/// Those of [`verified_text`], and [`CheckpointError::Text`] when what is signed is not a checkpoint.
pub fn open(note: &str, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::parse(verified_text(note, key)?)
}
