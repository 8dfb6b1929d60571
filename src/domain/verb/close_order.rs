//! 结单: nothing more is to come of an order.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    requisition::Closing,
};

/// Closes an order by hand; what did not come can be ordered again.
#[derive(Clone, Debug)]
pub struct CloseOrder {
    /// Which.
    pub closing: Closing,
    /// Why.
    pub reason: String,
}

impl Verb for CloseOrder {
    fn name(&self) -> &'static str {
        Kind::CloseOrder.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePurchases)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.purchases.orders.insert(self.closing.order);
        needs
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        facts.closed(self.closing.order, &self.reason)?;
        let mut draft = Draft::of(Act::CloseOrder(self.closing));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
