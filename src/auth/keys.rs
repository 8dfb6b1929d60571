//! The keys that never lie in the database: 32 random bytes each, in files that only the service may
//! read.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::domain::{
    canonical::keyed,
    checkpoint::{CheckpointError, LogKey},
    ids::{IdentityNumber, InstitutionId, PersonId},
    merkle::Hash,
    signature::SignatureKey,
};

/// The keys of a deployment.
pub struct Keys {
    /// Signs heads (Ed25519).
    log: Zeroizing<[u8; 32]>,
    /// Keys the hashes of secrets and identity numbers.
    pepper: Zeroizing<[u8; 32]>,
    /// Signs access tokens (HMAC-SHA-256).
    token: Zeroizing<[u8; 32]>,
}

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file {0}: {1}")]
    File(PathBuf, io::Error),
    /// Others may read the file.
    #[error("the key file {0} may be read by others; run: chmod 600 {0}")]
    Open(PathBuf),
    /// The file does not hold a key.
    #[error("the key file {0} does not hold 64 hexadecimal digits; restore it from its copy")]
    Content(PathBuf),
    /// A key is missing beside a database that was signed with it.
    #[error(
        "the key file {0} is missing; restore it from its copy (a new one would not match the ledger)"
    )]
    Missing(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Randomness,
}

impl Keys {
    /// Reads the keys from `folder`; makes them first when `create` says that the database is new.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(folder: &Path, create: bool) -> Result<Self, KeyError> {
        if create {
            fs::create_dir_all(folder).map_err(|error| KeyError::File(folder.to_owned(), error))?;
        }
        let read = |name: &str| read_or_create(&folder.join(name), create);
        Ok(Self {
            log: read("log.key")?,
            pepper: read("pepper.key")?,
            token: read("token.key")?,
        })
    }

    /// The key that signs heads under `name`.
    ///
    /// # Errors
    /// When the name cannot stand in a signature line.
    pub fn log_key(&self, name: &str) -> Result<LogKey, CheckpointError> {
        LogKey::new(name, &self.log)
    }

    /// What Argon2 is keyed with.
    #[must_use]
    pub fn pepper(&self) -> &[u8] {
        self.pepper.as_slice()
    }

    /// What tokens are signed with.
    #[must_use]
    pub fn token(&self) -> &[u8] {
        self.token.as_slice()
    }

    /// The keyed digest of an identity number, hex: equal for equal persons, and of no use to somebody
    /// who has only the database.
    #[must_use]
    pub fn identity(&self, number: &IdentityNumber) -> String {
        self.keyed(b"identity", number.expose().as_bytes()).to_hex()
    }

    /// The pepper of one person: a stored hash copied to somebody else's row is worth nothing there.
    /// Nobody has one too, for a check that takes as long.
    #[must_use]
    pub fn pepper_of(&self, institution: InstitutionId, person: Option<PersonId>) -> [u8; 32] {
        let person = person.map_or(0, PersonId::get);
        self.keyed(b"secret", format!("{institution}.{person}").as_bytes())
            .0
    }

    /// The keyed digest of a one-time code: of no use in anybody else's row, and twelve digits do not fall
    /// out of it to somebody who has only the database.
    #[must_use]
    pub fn code(&self, institution: InstitutionId, staff_number: &str, code: &str) -> Vec<u8> {
        let bound = format!("{institution}\0{staff_number}\0{code}");
        self.keyed(b"code", bound.as_bytes()).0.to_vec()
    }

    /// What seals statements.
    #[must_use]
    pub fn signatures(&self) -> SignatureKey {
        SignatureKey::new(self.keyed(b"signatures", b"").0)
    }

    /// HMAC-SHA-256 of `data` under the pepper, for one purpose.
    #[must_use]
    pub fn keyed(&self, purpose: &[u8], data: &[u8]) -> Hash {
        keyed(&self.pepper, purpose, data)
    }
}

fn read_or_create(path: &Path, create: bool) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    if create && !path.exists() {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| KeyError::Randomness)?;
        write_whole(path, &Hash(*bytes).to_hex()).map_err(failed)?;
        return Ok(bytes);
    }
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(KeyError::Missing(path.to_owned()));
        }
        Err(error) => return Err(failed(error)),
    };
    refuse_shared(path)
        .map_err(failed)?
        .ok_or_else(|| KeyError::Open(path.to_owned()))?;
    Hash::from_hex(text.trim())
        .map(|hash| Zeroizing::new(hash.0))
        .map_err(|_| KeyError::Content(path.to_owned()))
}

/// Whole or not at all, whenever the power fails: half a key would keep the server from starting.
fn write_whole(path: &Path, key: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    if draft.exists() {
        fs::remove_file(&draft)?;
    }
    let mut file = private(&draft)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A new file that nobody else may read.
///
/// # Errors
/// When it is there already, or cannot be made.
#[cfg(unix)]
pub(crate) fn private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// A new file.
///
/// # Errors
/// When it is there already, or cannot be made.
#[cfg(not(unix))]
pub(crate) fn private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
}

/// Nothing when others may read the file.
#[cfg(unix)]
fn refuse_shared(path: &Path) -> io::Result<Option<()>> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    Ok((mode.trailing_zeros() >= 6).then_some(()))
}

#[cfg(not(unix))]
fn refuse_shared(_path: &Path) -> io::Result<Option<()>> {
    Ok(Some(()))
}
