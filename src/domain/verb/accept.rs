//! 调入验收: what another institution has sent is accepted, or refused, container by container.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Lot, Movement, Needs, Verb,
    receive::{bring_in, seat},
};
use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, Label, PersonId, PlaceId, ProductId, Seq},
    ledger::{Account, Act, Draft, Kind},
    people::Permission,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    transfer::{Acceptance, AcceptedLine, RefusedLine, Verdict},
};

/// A container that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// The label that it bears from its sender, scanned.
    pub label: Label,
    /// What it is here; left out: the one product that is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// Where it is put.
    pub place: PlaceId,
    /// What is in it, if less than was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Quantity>,
}

/// Accepts, refuses or misses every container of a consignment in one act. What is accepted becomes a new
/// container with a label of this institution that names the one it bore; the place must permit it as for
/// a receipt. No permit is drawn: nothing is bought (调拨不是购买).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// Who sent it.
    pub from: InstitutionId,
    /// The entry of the sender's ledger.
    pub entry: Seq,
    /// What is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Arrived>,
    /// What is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedLine>,
    /// What did not arrive (未到货).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<RefusedLine>,
    /// 验收人: two for classes whose policy asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptors: Vec<PersonId>,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Accept {
    fn name(&self) -> &'static str {
        Kind::Accept.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Receive)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.incoming.insert((self.from, self.entry));
        needs
    }

    fn weight(&self) -> usize {
        self.accepted.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Accept {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let announcement = &facts.expected(self.from, self.entry)?.announcement;
        for person in self.acceptors.iter().copied().chain(cx.actor) {
            announcement.not_sent_by(facts, person)?;
        }
        let consignment = &announcement.consignment;
        let mut verdict = Verdict {
            accepted: Vec::new(),
            refused: self.refused.clone(),
            missing: self.missing.clone(),
        };
        for arrived in &self.accepted {
            let sent = consignment.container(arrived.label)?;
            let dimension = consignment.product_of(sent)?.dimension;
            let amount = match arrived.amount {
                Some(given) if given.dimension() != dimension => {
                    return Err(Refusal::DimensionMismatch {
                        label: arrived.label,
                        booked: quantity(dimension, sent.amount)?,
                        given,
                    });
                }
                Some(given) => given.amount(),
                None => sent.amount,
            };
            verdict.accepted.push(AcceptedLine {
                label: arrived.label,
                amount,
            });
        }
        consignment.judged(&verdict)?;

        let came = self.claim.occurred_at.unwrap_or(cx.now);
        announcement.had_left(came)?;
        let came = came.china_day();
        let mut lots = Vec::with_capacity(self.accepted.len());
        let mut products = Vec::with_capacity(self.accepted.len());
        for (arrived, accepted) in self.accepted.iter().zip(&verdict.accepted) {
            let sent = consignment.container(arrived.label)?;
            sent.has_not_expired(came)?;
            let product = facts.same_product(
                consignment.product_of(sent)?,
                arrived.label,
                arrived.product,
                cx.now,
            )?;
            products.push(product);
            lots.push(Lot {
                identity: sent.identity(product),
                count: 1,
                each: quantity(product.dimension, accepted.amount)?,
                place: arrived.place,
            });
        }
        let act = Act::Accept(Acceptance {
            from: self.from,
            entry: self.entry,
            leaf_hash: announcement.leaf_hash,
            verdict,
        });
        let sent = facts.act_requirement(&act, cx.now);
        let requirement = products.iter().fold(sent, |strictest, product| {
            strictest.and_requirement(&facts.requirement(product, cx.now))
        });
        let mut draft = Draft::of(act);
        seat(
            facts,
            cx,
            &mut draft,
            &self.acceptors,
            &requirement,
            authority,
        )?;
        if !lots.is_empty() {
            bring_in(facts, cx, &mut draft, &lots, Some(Account::Peer))?;
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

fn quantity(dimension: Dimension, amount: i64) -> Result<Quantity, Refusal> {
    Quantity::new(dimension, amount).map_err(|_| Refusal::Inconsistent {
        what: "amount in a consignment",
    })
}
