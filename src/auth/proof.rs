//! What a signer presents, and the only place where a signature is made from it.

use super::secret;
use crate::domain::{
    desk::StoredSecret,
    signature::{Signature, SignatureKey, Statement, Tier},
};

/// Checks the secret and, if it is the one in force, makes the signature (tier B: badge or login with
/// the secret, each time). Takes about 20 ms of one core.
#[must_use]
pub fn prove(
    given: &str,
    stored: &StoredSecret,
    pepper: &[u8],
    key: &SignatureKey,
    statement: Statement,
) -> Option<Signature> {
    if !secret::matches(given, &stored.phc, pepper) {
        return None;
    }
    let statement = Statement {
        tier: Tier::B,
        secret_version: stored.version,
        ..statement
    };
    key.sign(statement).ok()
}
