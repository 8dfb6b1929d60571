//! 补签: two others answer for an emergency release.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::Seq,
    ledger::{Act, Countersignature, Draft, Kind, Part, Seat},
    people::Permission,
    refusal::Refusal,
    signature::{Signature, Signed},
};

/// Countersigns an emergency release (应急发放); with the second person it is settled.
#[derive(Clone, Debug)]
pub struct Countersign {
    /// The entry of the release.
    pub entry: Seq,
    /// The signatures, over what [`crate::domain::emergency::Emergency::payload`] says.
    pub signatures: Vec<Signature>,
}

impl Verb for Countersign {
    fn name(&self) -> &'static str {
        Kind::Countersign.as_str()
    }

    /// Whoever signs is looked at, not whoever brings the signatures.
    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            emergencies: BTreeSet::from([self.entry]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let entry = self.entry;
        let payload = facts.countersigned(entry, &self.signatures, cx.now)?;
        for signature in &self.signatures {
            facts.signs_now(signature.statement())?;
        }
        let seats = self.signatures.iter().map(|signature| Seat {
            person: signature.statement().signer.person,
            part: Part::Approver,
        });
        Ok(Draft {
            seats: seats.collect(),
            signed: Some(Signed {
                payload,
                signatures: self.signatures.clone(),
            }),
            ..Draft::of(Act::Countersign(Countersignature { entry }))
        }
        .into())
    }
}
