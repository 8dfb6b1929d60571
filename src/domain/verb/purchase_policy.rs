//! 采购管控: which documents a class asks for when it is received.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    permit::PurchasePolicy,
    refusal::Refusal,
};

/// Records a purchase policy before a second person: one alone could do away with the permits of a class and
/// be among those who accept what comes then. It begins today at the earliest: what was received before knew
/// nothing of it.
#[derive(Clone, Debug)]
pub struct SetPurchasePolicy {
    /// The policy.
    pub policy: PurchasePolicy,
    /// The second person, who confirms it.
    pub second: Option<Second>,
}

impl Verb for SetPurchasePolicy {
    fn name(&self) -> &'static str {
        Kind::PurchasePolicy.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePolicy)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let today = cx.now.china_day();
        if self.policy.from < today {
            return Err(Refusal::PolicyInThePast { today });
        }
        let mut draft = Draft::of(Act::PurchasePolicy(self.policy.clone()));
        let seat = Second::seat(self.second, &BTreeSet::new(), facts, cx)?;
        draft.seats.push(seat);
        Ok(draft.into())
    }
}
