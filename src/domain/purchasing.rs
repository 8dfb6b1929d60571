//! 采购: on what a receipt draws. The one rule of it: the verb asks it before the entry is made, and
//! `apply` once more of every entry, whoever wrote it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    container::Identity,
    facts::{Facts, Table},
    ids::{PermitId, Seq},
    ledger::{Account, Posting, Record},
    permit::{Allowance, Permit, PermitDraw, PermitKind, PurchasePolicy},
    product::Product,
    quantity::{Density, Quantity},
    refusal::Refusal,
};

/// What a receipt is against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// The permit or filing on which it was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<PermitId>,
}

/// What a receipt draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Off a permit.
    pub permit: Option<PermitDraw>,
}

/// What was bought and on what, as far as it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Purchasing {
    /// Permits.
    pub permits: Table<PermitId, Allowance>,
    /// What receipts drew, by their entries; a reversal gives it back.
    pub drawings: Table<Seq, Drawing>,
}

/// What a verb wants loaded of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseNeeds {
    /// Permits.
    pub permits: BTreeSet<PermitId>,
    /// Every permit.
    pub all_permits: bool,
}

impl PurchaseNeeds {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.permits.extend(other.permits);
        self.all_permits |= other.all_permits;
    }
}

/// What arrives in a receipt.
#[derive(Debug)]
pub struct Arrival<'f> {
    product: &'f Product,
    density: Option<Density>,
    amount: Quantity,
    day: NaiveDate,
}

impl<'f> Arrival<'f> {
    /// What a receipt with these parts brings on that day; it is of one product.
    ///
    /// # Errors
    /// [`Refusal::ProductUnknown`], [`Refusal::Inconsistent`] when it is of several.
    pub fn of(
        facts: &'f Facts,
        identities: &[Identity],
        postings: &[Posting],
        day: NaiveDate,
    ) -> Result<Self, Refusal> {
        let wrong = Refusal::Inconsistent {
            what: "what a receipt brings",
        };
        let [identity] = identities else {
            return Err(wrong);
        };
        let arrived = postings
            .iter()
            .filter(|posting| posting.account == Account::Container)
            .try_fold(0_i64, |sum, posting| sum.checked_add(posting.amount));
        let amount = arrived.and_then(|sum| Quantity::new(identity.dimension, sum).ok());
        Ok(Self {
            product: facts.product(identity.product)?,
            density: identity.density,
            amount: amount.ok_or(wrong)?,
            day,
        })
    }
}

impl Facts {
    /// What a receipt draws (RULES D8), if the documents that the purchase policies ask for are there.
    ///
    /// # Errors
    /// [`Refusal::PermitRequired`], [`Refusal::PermitUnknown`], [`Refusal::PermitOfOtherKind`], and as
    /// [`Allowance::draw`].
    pub fn drawing(
        &self,
        purchase: Option<Purchase>,
        arrival: &Arrival<'_>,
    ) -> Result<Drawing, Refusal> {
        let permit = purchase.and_then(|purchase| purchase.permit);
        let allowance = permit.map(|permit| self.allowance(permit)).transpose()?;
        for policy in self.purchase_policies(arrival.product, arrival.day) {
            let class = policy.class.name_zh();
            let kinds = names(&policy.permits);
            match allowance {
                None => return Err(Refusal::PermitRequired { class, kinds }),
                Some(held) if !policy.permits.contains(&held.permit.kind) => {
                    let (permit, kind) = (held.permit.id, held.permit.kind);
                    return Err(Refusal::PermitOfOtherKind {
                        permit,
                        kind,
                        class,
                        kinds,
                    });
                }
                Some(_) => {}
            }
        }
        let drawn = allowance.map(|held| {
            held.draw(
                arrival.product,
                arrival.density,
                arrival.amount,
                arrival.day,
            )
        });
        Ok(Drawing {
            permit: drawn.transpose()?,
        })
    }

    /// The permit with what is left of it.
    ///
    /// # Errors
    /// [`Refusal::PermitUnknown`].
    pub fn allowance(&self, permit: PermitId) -> Result<&Allowance, Refusal> {
        let held = self.purchasing.permits.get(permit);
        held.ok_or(Refusal::PermitUnknown {})
    }

    /// The policies in force on a day that ask for a document for one of the product's classes: of two
    /// for one class the later one holds, of two from one day the one recorded later.
    fn purchase_policies(
        &self,
        product: &Product,
        day: NaiveDate,
    ) -> impl Iterator<Item = &PurchasePolicy> {
        let policies = &self.register.purchase_policies;
        let classes = if policies.is_empty() {
            Vec::new()
        } else {
            product.classes_on(day)
        };
        let in_force = classes.into_iter().filter_map(move |class| {
            let of_class = policies
                .iter()
                .filter(move |(_, policy)| policy.class == class && policy.from <= day);
            let latest = of_class.max_by_key(|(seq, policy)| (policy.from, **seq));
            latest.map(|(_, policy)| policy)
        });
        in_force.filter(|policy| !policy.permits.is_empty())
    }

    /// Books what an entry that brings containers in draws.
    ///
    /// # Errors
    /// Why it may not be received so.
    pub(super) fn book_purchase(
        &mut self,
        record: &Record,
        purchase: Option<Purchase>,
    ) -> Result<(), Refusal> {
        if purchase.is_none() && self.register.purchase_policies.is_empty() {
            return Ok(());
        }
        let came = record.occurred_at.unwrap_or(record.recorded_at);
        let day = came.china_day();
        let arrival = Arrival::of(self, &record.identities, &record.postings, day)?;
        let drawing = self.drawing(purchase, &arrival)?;
        self.purchasing.book(&drawing, 1)?;
        if purchase.is_some() {
            self.purchasing.drawings.add(record.seq, drawing);
        }
        Ok(())
    }

    /// Gives back what the reversed entry drew.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`] when what it was drawn off is not there.
    pub(super) fn give_purchase_back(&mut self, entry: Seq) -> Result<(), Refusal> {
        match self.purchasing.drawings.get(entry).cloned() {
            Some(drawing) => self.purchasing.book(&drawing, -1),
            None => Ok(()),
        }
    }

    /// Puts a permit in, or what its document says now.
    ///
    /// # Errors
    /// [`Refusal::PermitBelowDrawn`].
    pub(super) fn put_permit(&mut self, permit: &Permit) -> Result<(), Refusal> {
        let permits = &mut self.purchasing.permits;
        let held = match permits.get(permit.id) {
            Some(held) => held.corrected(permit.clone())?,
            None => Allowance::new(permit.clone()),
        };
        permits.put(permit.id, held);
        Ok(())
    }
}

impl Purchasing {
    /// Books a drawing, or (−1) gives it back.
    fn book(&mut self, drawing: &Drawing, sign: i64) -> Result<(), Refusal> {
        if let Some(draw) = drawing.permit {
            let held = self.permits.get(draw.permit);
            let booked = held.and_then(|held| held.booked(draw, sign));
            let booked = booked.ok_or(Refusal::Inconsistent {
                what: "remainder of a permit",
            })?;
            self.permits.put(draw.permit, booked);
        }
        Ok(())
    }
}

/// Kinds of documents as a sentence names them.
fn names(kinds: &[PermitKind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| kind.name_zh()).collect();
    names.join("、")
}
