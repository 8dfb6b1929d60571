//! 许可备案: a permit or filing is recorded or corrected.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::PermitId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    permit::{Goods, Permit},
    quantity::Dimension,
    refusal::Refusal,
    search::fold,
};

/// Records a permit, or corrects one that is recorded: what was drawn on only before a second person.
#[derive(Clone, Debug)]
pub struct SetPermit {
    /// The permit to correct; absent to record a new one.
    pub id: Option<PermitId>,
    /// What it says; its `id` is given by this verb.
    pub permit: Permit,
    /// Why it is corrected.
    pub reason: String,
    /// The second person, who confirms the correction of what was drawn on.
    pub second: Option<Second>,
}

impl Verb for SetPermit {
    fn name(&self) -> &'static str {
        Kind::Permit.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePurchases)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.purchases.permits.extend(self.id);
        needs
            .purchases
            .permit_numbers
            .insert(fold(&self.permit.number));
        needs.purchases.last = self.id.is_none();
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let permits = &facts.purchasing.permits;
        let id = match self.id {
            Some(id) => facts.allowance(id)?.permit.id,
            None => following(permits.last_key().map(PermitId::get))?,
        };
        let permit = Permit {
            id,
            ..self.permit.clone()
        };
        permit.check()?;
        // The same document twice would let everything on it be bought twice.
        let number = fold(&permit.number);
        let same = permits.iter().map(|(_, held)| held).find(|other| {
            other.permit.id != id
                && (!other.permit.revoked || other.receipts > 0)
                && other.permit.kind == permit.kind
                && fold(&other.permit.number) == number
        });
        if let Some(same) = same.filter(|_| !permit.revoked) {
            return Err(Refusal::PermitExists {
                permit: same.permit.id,
            });
        }
        for line in &permit.lines {
            if let Goods::Product(product) = line.goods {
                let product = facts.product(product)?;
                let (booked, given) = (product.dimension, line.quantity.dimension());
                let is_count = |dimension| dimension == Dimension::Count;
                if booked != given && (is_count(booked) || is_count(given)) {
                    return Err(Refusal::ProductDimension {
                        product: product.id,
                        given: line.quantity,
                    });
                }
            }
        }
        let mut needs_second = self.second.is_some();
        if let Some(held) = permits.get(id) {
            held.corrected(permit.clone())?;
            needs_second |= held.needs_second(&permit);
        }
        let mut draft = Draft::of(Act::Permit(permit));
        if needs_second {
            let seat = Second::seat(self.second, &BTreeSet::new(), facts, cx)?;
            draft.seats.push(seat);
        }
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
