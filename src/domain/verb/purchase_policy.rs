//! 采购管控: which documents a class asks for when it is received.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    permit::PurchasePolicy,
    refusal::Refusal,
};

/// Records a purchase policy. It begins today at the earliest: what was received before knew nothing of
/// it.
#[derive(Clone, Debug)]
pub struct SetPurchasePolicy(pub PurchasePolicy);

impl Verb for SetPurchasePolicy {
    fn name(&self) -> &'static str {
        Kind::PurchasePolicy.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePolicy)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let today = cx.now.china_day();
        if self.0.from < today {
            return Err(Refusal::PolicyInThePast { today });
        }
        Ok(Draft::of(Act::PurchasePolicy(self.0.clone())).into())
    }
}
