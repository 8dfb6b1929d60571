//! Signatures: what a person signs, and what a policy accepts.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    canonical::{CanonicalError, canonical_bytes, keyed, parse},
    ids::PersonId,
    ledger::{Kind, Part, Signing},
    merkle::Hash,
    people::Person,
    policy::Requirement,
    refusal::Refusal,
    request::Payload,
    time::Time,
    words::words,
};

words! {
    /// How strongly a signature is bound to its person; printed with it.
    Tier {
        /// A key that only the person holds (WebAuthn).
        A = "a" "A",
        /// Badge or login with the secret, asked for at that moment (21 CFR 11.200(a)(1): two components).
        B = "b" "B",
        /// An acknowledgement without a secret.
        C = "c" "C",
    }
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The person.
    pub person: PersonId,
    /// The name as it was then.
    pub name: String,
    /// 工号.
    pub staff_number: String,
}

impl Signer {
    /// The person as the register names them.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self {
            person: person.id,
            name: person.name.clone(),
            staff_number: person.staff_number.clone(),
        }
    }
}

/// What one person states by signing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// SHA-256 of the exact payload that was shown.
    pub payload_hash: Hash,
    /// Who.
    pub signer: Signer,
    /// In which part.
    pub part: Part,
    /// What it means, in words (21 CFR 11.50(a)(3)).
    pub meaning: String,
    /// When.
    pub signed_at: Time,
    /// At which workstation.
    pub terminal: String,
    /// How.
    pub tier: Tier,
    /// The version of the secret that was presented.
    pub secret_version: u32,
}

/// A statement made by somebody who was authenticated at that moment, under the seal of the program
/// that saw it. Whoever writes one into the database by hand has no seal for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    statement: Statement,
    /// HMAC-SHA-256 over the canonical statement under [`SignatureKey`].
    seal: Hash,
}

impl Signature {
    /// What was stated.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }
}

/// Seals statements. It is derived from a key file outside the database.
#[derive(Clone)]
pub struct SignatureKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignatureKey")
    }
}

impl SignatureKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals a statement whose signer has just been authenticated.
    ///
    /// # Errors
    /// When a text in it has no canonical form.
    pub fn sign(&self, statement: Statement) -> Result<Signature, CanonicalError> {
        let seal = self.seal(&statement)?;
        Ok(Signature { statement, seal })
    }

    /// Whether the statement was sealed with this key, and has not changed since.
    #[must_use]
    pub fn made(&self, signature: &Signature) -> bool {
        #[cfg(sabotage = "no_signature_seal")]
        return true;
        #[cfg(not(sabotage = "no_signature_seal"))]
        self.seal(&signature.statement)
            .is_ok_and(|seal| seal == signature.seal)
    }

    fn seal(&self, statement: &Statement) -> Result<Hash, CanonicalError> {
        Ok(keyed(&self.0, b"statement", &canonical_bytes(statement)?))
    }
}

/// The payload of a signing request with the signatures over it, as the entry keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The canonical JSON that was shown and hashed, as text.
    pub payload: String,
    /// The signatures over it.
    pub signatures: Vec<Signature>,
}

impl Signed {
    /// Who asked for the signatures; nobody where the payload is no request.
    #[must_use]
    pub fn applicant(&self) -> Option<PersonId> {
        let payload: Payload = parse(self.payload.as_bytes()).ok()?;
        Some(payload.applicant.person)
    }
}

/// The words that each part signs.
#[must_use]
pub const fn meaning(part: Part) -> &'static str {
    match part {
        Part::Issuer => "我已核对品名、数量、用途并同意发放",
        Part::Receiver => "我已核对并领取",
        Part::Acceptor => "我已开箱验收，品名、规格、数量与单据相符",
        Part::Witness => "我已见证称量和处置",
        Part::HandsOver => "我已与接收人共同清点，账物相符，现予移交",
        Part::TakesOver => "我已与移交人共同清点，账物相符，现予接收",
        Part::Approver => "我已核对并核准",
    }
}

/// The people that a movement of a controlled container depends on.
#[derive(Clone, Debug)]
pub struct Parties<'p> {
    /// The kind of movement.
    pub kind: Kind,
    /// What its classes demand.
    pub requirement: Requirement,
    /// The custodians in office of the place.
    pub custodians: &'p BTreeSet<PersonId>,
    /// 领用人.
    pub receivers: &'p [PersonId],
    /// 见证人.
    pub witnesses: &'p [PersonId],
    /// 移交人 and 接收人 of a handover.
    pub handover: Option<(PersonId, PersonId)>,
}

/// Signatures that satisfy a policy. There is no other way to have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures(Vec<Signature>);

impl Signatures {
    /// The signatures, checked against what the policy asks for: as many distinct persons in each part
    /// as it says, issuers in office at the place, nobody both receiver and issuer unless the policy
    /// allows it, all over one payload and within the window.
    ///
    /// # Errors
    /// [`Refusal::EmergencyNotAllowed`], [`Refusal::SamePersonTwice`], [`Refusal::NotASigner`],
    /// [`Refusal::SignaturesMissing`], [`Refusal::SignatureWindow`].
    pub fn for_policy(signatures: Vec<Signature>, parties: &Parties<'_>) -> Result<Self, Refusal> {
        let requirement = &parties.requirement;
        if parties.kind == Kind::Release && !requirement.emergency {
            return Err(Refusal::EmergencyNotAllowed {});
        }
        let mut seen = BTreeSet::new();
        let count = |part: Part| {
            signatures
                .iter()
                .filter(|signature| signature.statement.part == part)
                .count()
        };
        for Signature { statement, .. } in &signatures {
            let person = statement.signer.person;
            if !seen.insert(person) {
                return Err(Refusal::SamePersonTwice { person });
            }
            allowed(statement, parties)?;
        }
        let needed = requirement.signers(parties.kind);
        #[cfg(not(sabotage = "no_signature_check"))]
        for (part, needed) in needed {
            let given = count(part);
            if given < needed {
                return Err(Refusal::SignaturesMissing {
                    part,
                    needed,
                    given,
                });
            }
        }
        #[cfg(sabotage = "no_signature_check")]
        let _unchecked = (needed, count);
        let times = || {
            signatures
                .iter()
                .map(|signature| signature.statement.signed_at)
        };
        if let (Some(first), Some(last)) = (times().min(), times().max())
            && last > first.plus_seconds(i64::from(requirement.window_seconds))
        {
            return Err(Refusal::SignatureWindow {
                seconds: requirement.window_seconds,
            });
        }
        Ok(Self(signatures))
    }

    /// The signatures.
    #[must_use]
    pub fn into_vec(self) -> Vec<Signature> {
        self.0
    }
}

/// Whether the person may sign in that part at all.
pub(super) fn allowed(statement: &Statement, parties: &Parties<'_>) -> Result<(), Refusal> {
    let (person, part) = (statement.signer.person, statement.part);
    let refused = Refusal::NotASigner { person, part };
    let received = parties.receivers.contains(&person);
    let watches = parties.witnesses.contains(&person);
    let comes_in = parties.kind.nature().signing == Signing::Acceptors;
    let keeps = parties.custodians.contains(&person);
    let hands_over = parties.handover.is_some_and(|(from, _)| from == person);
    let takes_over = parties.handover.is_some_and(|(_, to)| to == person);
    match part {
        Part::Issuer if received && !parties.requirement.receiver_may_issue => {
            Err(Refusal::SamePersonTwice { person })
        }
        Part::Issuer if watches => Err(Refusal::SamePersonTwice { person }),
        Part::Witness if watches => Ok(()),
        Part::HandsOver if hands_over && keeps => Ok(()),
        Part::TakesOver if takes_over && keeps => Ok(()),
        Part::Issuer if parties.handover.is_none() && !comes_in && keeps => Ok(()),
        Part::Receiver if !comes_in && received => Ok(()),
        Part::Acceptor if comes_in && received => Ok(()),
        Part::Issuer
        | Part::Receiver
        | Part::Acceptor
        | Part::Witness
        | Part::HandsOver
        | Part::TakesOver
        | Part::Approver => Err(refused),
    }
}
