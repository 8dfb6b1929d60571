//! 购买申请: a department asks for something to be bought, changes that or takes it back.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{DepartmentId, ProductId, RequisitionId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
    requisition::Requisition,
};

/// Makes a purchase request, or changes one: then it is another version, and has to be approved again.
#[derive(Clone, Debug)]
pub struct SetRequisition {
    /// The one to change; absent to make a new one.
    pub id: Option<RequisitionId>,
    /// For which department; absent: the applicant's.
    pub department: Option<DepartmentId>,
    /// What.
    pub product: ProductId,
    /// How much.
    pub quantity: Quantity,
    /// Why.
    pub purpose: String,
    /// Takes it back, whatever else is said.
    pub withdrawn: bool,
}

impl Verb for SetRequisition {
    fn name(&self) -> &'static str {
        Kind::Requisition.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::RequestPurchases)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            stock_of: BTreeSet::from([self.product]),
            ..Needs::default()
        };
        needs.purchases.requests.extend(self.id);
        needs.purchases.last = self.id.is_none();
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let before = self.id.map(|id| facts.demand(id)).transpose()?;
        let before = before.map(|demand| &demand.requisition);
        let last = facts.purchasing.requests.last_key();
        let id = before.map_or_else(
            || following(last.map(RequisitionId::get)),
            |before| Ok(before.id),
        )?;
        let sender = facts.person(cx.actor.ok_or(Refusal::NotPermitted {})?)?;
        let department = self.department.or(sender.department);
        let product = facts.product(self.product)?;
        let requisition = match before {
            Some(before) if self.withdrawn => Requisition {
                withdrawn: true,
                ..before.clone()
            },
            Some(_) | None => Requisition {
                id,
                version: before.map_or(1, |before| before.version.saturating_add(1)),
                department: department.ok_or(Refusal::ApplicantWithoutDepartment {})?,
                applicant: before.map_or(sender.id, |before| before.applicant),
                product: product.id,
                quantity: self.quantity,
                purpose: self.purpose.clone(),
                on_hand: facts.on_hand(self.product)?,
                withdrawn: false,
            },
        };
        facts.requested(&requisition, cx.actor, cx.now)?;
        Ok(Draft::of(Act::Requisition(requisition)).into())
    }
}

impl Facts {
    /// What of a product stands at places.
    fn on_hand(&self, product: ProductId) -> Result<Quantity, Refusal> {
        let wrong = Refusal::Inconsistent {
            what: "stock of a product",
        };
        let totals = self.stock.totals_before.iter().chain(&self.stock.totals);
        let amount = totals
            .filter(|((_, of), _)| *of == product)
            .try_fold(0_i64, |sum, (_, total)| sum.checked_add(total.amount));
        let dimension = self.product(product)?.dimension;
        let on_hand = amount.and_then(|amount| Quantity::new(dimension, amount).ok());
        on_hand.ok_or(wrong)
    }
}
