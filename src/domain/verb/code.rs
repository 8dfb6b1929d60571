//! 发放一次性代码: somebody who forgot the secret gets a new code, and sets the secret alone.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    desk::{DeskChange, OneTimeCode},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind, Whom},
    people::Permission,
    refusal::Refusal,
};

/// Hands out a one-time code. The old secret stays in force until a new one is set. Whoever hands out a
/// code could set the secret with it and sign as that person: for somebody who has a secret or an
/// appointment already, a second person confirms that it is really they who ask (TRUST §1).
#[derive(Clone, Debug)]
pub struct HandOutCode {
    /// To whom.
    pub person: PersonId,
    /// Keyed digest of the code, bound to whom it was given.
    pub code_digest: Vec<u8>,
    /// Why.
    pub reason: String,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for HandOutCode {
    fn name(&self) -> &'static str {
        Kind::Code.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            secrets: BTreeSet::from([self.person]),
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.person(self.person)?.id;
        let code = OneTimeCode::fresh(&self.code_digest, cx.now);
        let mut draft = Draft::of(Act::Code(Whom { person }));
        let register = &facts.register;
        let appointed = register
            .tenures
            .iter()
            .any(|(_, tenure)| tenure.appointment.person == person && tenure.meets(cx.now, None));
        if appointed || register.secrets.get(person).is_some() || self.second.is_some() {
            let concerned = BTreeSet::from([person]);
            draft
                .seats
                .push(Second::seat(self.second, &concerned, facts, cx)?);
        }
        draft.reason.clone_from(&self.reason);
        Ok(Decision {
            draft: Some(draft),
            desk: vec![DeskChange::Code(person, code)],
        })
    }
}
