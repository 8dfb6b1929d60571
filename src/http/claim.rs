//! When a movement happened, as its sender claims: the same fields in every movement's body.

use serde_json::{Map, Value};

use super::{
    body::{Field, Fields, Reading, body, take},
    schema::described,
};
use crate::domain::{ledger::Late, merkle::Hash, time::Time, verb::Claim};

body! {
    /// Why a movement is recorded late (补录).
    LateBody {
        /// Why.
        reason: String,
        /// The number of the paper form.
        form: Option<String>,
        /// SHA-256 of the scanned form, hex.
        scan_sha256: Option<Sha256>,
    }
}

/// A SHA-256 in hex.
#[derive(Clone, Copy, Debug)]
pub struct Sha256(Hash);

impl Field for Sha256 {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        if let Ok(hash) = Hash::from_hex(&String::read(value, reading)?) {
            return Some(Self(hash));
        }
        reading.refuse(
            "sha256_malformed",
            "须为64位十六进制的 SHA-256。",
            "This is a SHA-256 in 64 hex digits.",
        );
        None
    }
}

/// `occurred_at`, if not now, at most 24 h back; further back with `late`.
#[derive(Clone, Debug)]
pub struct ClaimBody {
    occurred_at: Option<Time>,
    late: Option<LateBody>,
}

described! {
    true
    /// When a movement happened, as its sender claims.
    ClaimBody {
        /// When it happened, if not now; at most 24 h back, further back with `late`.
        occurred_at: Option<Time>,
        /// Why it is recorded late.
        late: Option<LateBody>,
    }
}

impl Fields for ClaimBody {
    fn read_object(object: &mut Map<String, Value>, reading: &mut Reading) -> Option<Self> {
        let occurred_at: Option<Option<Time>> = take(object, "occurred_at", reading);
        let late: Option<Option<LateBody>> = take(object, "late", reading);
        if matches!((&occurred_at, &late), (Some(None), Some(Some(_)))) {
            reading.below("occurred_at", |reading| {
                reading.refuse(
                    "missing",
                    "补录须填写实际发生时间。",
                    "A late record needs the time at which it happened.",
                );
            });
        }
        Some(Self {
            occurred_at: occurred_at?,
            late: late?,
        })
    }
}

impl From<LateBody> for Late {
    fn from(body: LateBody) -> Self {
        Self {
            reason: body.reason,
            form: body.form,
            scan_sha256: body.scan_sha256.map(|Sha256(hash)| hash.to_hex()),
        }
    }
}

impl From<ClaimBody> for Claim {
    fn from(body: ClaimBody) -> Self {
        Self {
            occurred_at: body.occurred_at,
            late: body.late.map(Into::into),
        }
    }
}
