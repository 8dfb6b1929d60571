//! 停用账号: somebody can do nothing any more, at once, whatever they still keep or hold.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind},
    people::{Permission, Suspension},
    refusal::Refusal,
};

/// Blocks an account, or opens it again. Blocking ends every session; the secret opens and signs nothing. What
/// the person keeps stays to be handed over by another custodian, and what they hold to be brought back. A second
/// person confirms it of somebody who may confirm what others do, as for the end of such an appointment, and
/// always that an account is opened again.
#[derive(Clone, Debug)]
pub struct Suspend {
    /// Whose account.
    pub person: PersonId,
    /// It is opened again.
    pub lifted: bool,
    /// Why.
    pub reason: String,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for Suspend {
    fn name(&self) -> &'static str {
        Kind::Suspend.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            sessions_of: BTreeSet::from([self.person]),
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let (person, lifted) = (self.person, self.lifted);
        let suspension = Suspension { person, lifted };
        facts.suspending(suspension, cx.now)?;
        let mut draft = Draft::of(Act::Suspend(suspension));
        let confirms = facts.register.tenures.iter().any(|(_, tenure)| {
            let held = &tenure.appointment;
            held.person == person && held.role.may_confirm() && tenure.meets(cx.now, None)
        });
        if confirms || lifted || self.second.is_some() {
            let concerned = BTreeSet::from([person]);
            draft
                .seats
                .push(Second::seat(self.second, &concerned, facts, cx)?);
        }
        draft.reason.clone_from(&self.reason);
        Ok(Decision {
            draft: Some(draft),
            desk: facts.end_sessions(person),
        })
    }
}
