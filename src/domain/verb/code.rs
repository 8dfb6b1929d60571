//! 发放一次性代码: somebody who forgot the secret gets a new code, and sets the secret alone.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    desk::{DeskChange, OneTimeCode},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind, Whom},
    people::Permission,
    refusal::Refusal,
};

/// Hands out a one-time code. The old secret stays in force until a new one is set.
#[derive(Clone, Debug)]
pub struct HandOutCode {
    /// To whom.
    pub person: PersonId,
    /// SHA-256 of the code.
    pub code_digest: Vec<u8>,
    /// Why.
    pub reason: String,
}

impl Verb for HandOutCode {
    fn name(&self) -> &'static str {
        Kind::Code.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs {
            secrets: BTreeSet::from([self.person]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.person(self.person)?.id;
        let code = OneTimeCode::fresh(&self.code_digest, cx.now);
        let mut draft = Draft::of(Act::Code(Whom { person }));
        draft.reason.clone_from(&self.reason);
        Ok(Decision {
            draft: Some(draft),
            desk: vec![DeskChange::Code(person, code)],
        })
    }
}
