//! 应急发放: what went out under one signature, and who has answered for it since.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    canonical::{canonical_bytes, sha256},
    facts::Facts,
    ids::{InstitutionId, PersonId, PlaceId, Seq},
    ledger::Part,
    merkle::Hash,
    people::Role,
    refusal::Refusal,
    signature::Signature,
    time::Time,
};

/// Names the form of what countersigners sign.
pub const CONTEXT: &str = "hazledger/countersignature/v1";

/// Seconds within which a release is countersigned: 24 h.
const COUNTERSIGN_SECONDS: i64 = 24 * 3600;

/// How many countersign, none of whom signed or received.
pub const COUNTERSIGNERS: usize = 2;

/// An emergency release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// The leaf hash of its entry: what is countersigned.
    pub leaf_hash: Hash,
    /// The place that it went out of.
    pub place: PlaceId,
    /// When it was recorded.
    pub released_at: Time,
    /// Who received and who signed: neither can countersign.
    pub parties: BTreeSet<PersonId>,
    /// Who has countersigned.
    pub countersigners: BTreeSet<PersonId>,
    /// When the last one that was needed did.
    pub countersigned_at: Option<Time>,
}

/// What countersigners sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    ctx: String,
    institution: InstitutionId,
    entry: Seq,
    leaf_hash: Hash,
}

impl Emergency {
    /// Until when it has to be countersigned.
    #[must_use]
    pub fn due_at(&self) -> Time {
        self.released_at.plus_seconds(COUNTERSIGN_SECONDS)
    }

    /// Whether it was not countersigned in time: an incident, and for ever, whoever signs later.
    #[must_use]
    pub fn is_late(&self, now: Time) -> bool {
        self.countersigned_at.unwrap_or(now) > self.due_at()
    }

    /// The text that is shown, hashed and countersigned.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: numbers and a hash always have a canonical form.
    pub fn payload(&self, institution: InstitutionId, entry: Seq) -> Result<String, Refusal> {
        let payload = Payload {
            ctx: CONTEXT.to_owned(),
            institution,
            entry,
            leaf_hash: self.leaf_hash,
        };
        let bytes = canonical_bytes(&payload);
        let bytes = bytes.map_err(|_| Refusal::Inconsistent { what: "payload" })?;
        // Canonical bytes are UTF-8 by construction.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Facts {
    /// What these signatures countersign: at least one, over the entry of a release that is still open,
    /// each by somebody else who may answer for it: a custodian of the place, the head of a department
    /// or the safety officer, who neither signed nor received.
    ///
    /// # Errors
    /// [`Refusal::EmergencyUnknown`], [`Refusal::AlreadyCountersigned`], [`Refusal::EmergencyChanged`],
    /// [`Refusal::SamePersonTwice`], [`Refusal::AlreadySigned`], [`Refusal::NotASigner`],
    /// [`Refusal::SignaturesMissing`].
    pub fn countersigned(
        &self,
        entry: Seq,
        signatures: &[Signature],
        now: Time,
    ) -> Result<String, Refusal> {
        let emergency = self
            .stock
            .emergencies
            .get(entry)
            .ok_or(Refusal::EmergencyUnknown { entry })?;
        if emergency.countersigned_at.is_some() {
            return Err(Refusal::AlreadyCountersigned { entry });
        }
        if signatures.is_empty() {
            return Err(Refusal::SignaturesMissing {
                part: Part::Approver,
                needed: COUNTERSIGNERS,
                given: emergency.countersigners.len(),
            });
        }
        let payload = emergency.payload(self.institution, entry)?;
        let hash = sha256(payload.as_bytes());
        let custodians = self.custodians(emergency.place, now);
        let mut signed = emergency.countersigners.clone();
        for signature in signatures {
            let statement = signature.statement();
            let (person, part) = (statement.signer.person, statement.part);
            if statement.payload_hash != hash {
                return Err(Refusal::EmergencyChanged { entry });
            }
            if emergency.parties.contains(&person) {
                return Err(Refusal::SamePersonTwice { person });
            }
            if !signed.insert(person) {
                return Err(Refusal::AlreadySigned { person });
            }
            let answers = self
                .roles(person, now)
                .any(|(role, _)| matches!(role, Role::Head | Role::Safety));
            if part != Part::Approver || !(answers || custodians.contains(&person)) {
                return Err(Refusal::NotASigner { person, part });
            }
        }
        Ok(payload)
    }
}
