//! What chance adds to a stocktake.

use crate::{domain::stocktake::Sample, store::StoreError};

use super::session::random;

/// A sampling plan with a seed that nobody chose (USERS A.20).
///
/// # Errors
/// When the system gives no random bytes.
pub fn drawn_by_chance(size: u32) -> Result<Sample, StoreError> {
    let bytes: [u8; 32] = random()?;
    Ok(Sample {
        size,
        seed: crate::domain::merkle::Hash(bytes).to_hex(),
    })
}
