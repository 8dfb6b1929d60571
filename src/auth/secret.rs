//! Secrets: PINs and passwords, Argon2id, keyed with the pepper.

use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};

/// What it costs to try a secret whose hash was stolen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The OWASP minimum for Argon2id (19 MiB, 2 passes, 1 lane); about 20 ms a try.
    Guarded,
    /// The least there is: for secrets that are printed on the screen, those of a demo.
    Public,
}

impl Cost {
    /// Memory in KiB, passes, lanes.
    const fn params(self) -> (u32, u32, u32) {
        match self {
            Self::Guarded => (19_456, 2, 1),
            Self::Public => (Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST),
        }
    }
}

/// The hash could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret could not be hashed")]
pub struct SecretError;

/// Memory that no hash is being computed in. Given back to the system's allocator it would stay with
/// the thread that took it, 19 MiB with each of hundreds.
static SPARE: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// Argon2id of the secret in spare memory.
fn compute(
    secret: &str,
    pepper: &[u8],
    salt: &Salt,
    params: Params,
) -> Result<Output, SecretError> {
    let spare = || SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = spare().pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| SecretError)?;
    let computed =
        argon2.hash_password_into_with_memory(secret.as_bytes(), salt, &mut out, &mut memory);
    spare().push(memory);
    computed.map_err(|_| SecretError)?;
    Output::new(&out).map_err(|_| SecretError)
}

/// The PHC text of a secret.
///
/// # Errors
/// [`SecretError`] when memory or randomness is not to be had.
pub fn hash(secret: &str, pepper: &[u8], cost: Cost) -> Result<String, SecretError> {
    let (memory, passes, lanes) = cost.params();
    let params = Params::new(memory, passes, lanes, None).map_err(|_| SecretError)?;
    let salt = Salt::generate();
    let hash = compute(secret, pepper, &salt, params.clone())?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| SecretError)?,
        salt: Some(salt),
        hash: Some(hash),
    };
    Ok(phc.to_string())
}

/// Whether the secret is the one hashed.
#[must_use]
pub fn matches(secret: &str, phc: &str, pepper: &[u8]) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else {
        return false;
    };
    let (Ok(params), Some(salt)) = (Params::try_from(&stored), stored.salt) else {
        return false;
    };
    let is_ours = stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into());
    // Outputs are compared in constant time.
    is_ours
        && stored
            .hash
            .is_some_and(|hash| compute(secret, pepper, &salt, params) == Ok(hash))
}

/// Whether a secret is good enough: at least 6 digits that are neither one digit repeated nor a run,
/// or at least 8 characters that are not all the same.
#[must_use]
pub fn is_acceptable(secret: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    let steps: Vec<i64> = characters
        .iter()
        .zip(characters.iter().skip(1))
        .map(|(one, next)| i64::from(u32::from(*next)) - i64::from(u32::from(*one)))
        .collect();
    let run = steps
        .first()
        .is_some_and(|first| first.abs() <= 1 && steps.iter().all(|step| step == first));
    let digits = characters.iter().all(char::is_ascii_digit);
    let long_enough = characters.len() >= if digits { 6 } else { 8 };
    long_enough && characters.len() <= 128 && !run
}
