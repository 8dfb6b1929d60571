//! Secrets: PINs and passwords, Argon2id, keyed with the pepper.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

/// Memory in KiB, passes, lanes: the OWASP minimum for Argon2id (19 MiB, 2, 1); about 20 ms a try.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// The hash could not be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret could not be hashed")]
pub struct SecretError;

fn argon2(pepper: &[u8]) -> Result<Argon2<'_>, SecretError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| SecretError)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| SecretError)
}

/// The PHC text of a secret.
///
/// # Errors
/// [`SecretError`] when memory or randomness is not to be had.
pub fn hash(secret: &str, pepper: &[u8]) -> Result<String, SecretError> {
    let hash: PasswordHash = argon2(pepper)?
        .hash_password(secret.as_bytes())
        .map_err(|_| SecretError)?;
    Ok(hash.to_string())
}

/// Whether the secret is the one hashed.
#[must_use]
pub fn matches(secret: &str, phc: &str, pepper: &[u8]) -> bool {
    let (Ok(argon2), Ok(hash)) = (argon2(pepper), PasswordHash::new(phc)) else {
        return false;
    };
    argon2.verify_password(secret.as_bytes(), &hash).is_ok()
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
