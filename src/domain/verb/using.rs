//! 使用: what a person holds, or what is in a container, is used up.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Source, Verb, after, inside, line,
    outside, spendable, takeable,
};
use crate::domain::{
    container::{Event, Standing, Status},
    facts::Facts,
    ids::Label,
    ledger::{Account, Act, Draft, Kind, Part, Posting, Seat},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
};

/// Something is used: of a part that was checked out, of a bottle that is with a person, or straight
/// from a container in stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The scanned label.
    pub label: Label,
    /// Which content, if more than one could be meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How much is used up.
    pub amount: Quantity,
    /// 用途.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Use {
    fn name(&self) -> &'static str {
        Kind::Use.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Checkout)
    }

    fn needs(&self) -> Needs {
        let serials = BTreeSet::from([self.label.serial()]);
        self.claim.needing(Needs {
            containers: serials.clone(),
            holdings: serials,
            ..Needs::default()
        })
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Use {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let label = self.label;
        let container = facts.container(label)?;
        authority.allows(facts, container, label, cx.now)?;
        let now = &container.standing;
        let mut draft = Draft::of(Act::Use);
        let user;
        if let Some((checkout, holding)) = facts.meant(container, label, self.source)? {
            // What somebody else holds is not booked as used up just because it is the only thing out:
            // the bottle stands there and may be what was meant.
            let others = Some(holding.holder) != cx.actor && now.status == Status::InStock;
            if others && self.source.is_none() {
                return Err(Refusal::CheckoutAmbiguous { label, open: 1 });
            }
            let left = after(container, label, Event::Settle, Kind::Use)?;
            let amount = spendable(container, label, holding.amount, self.amount)?;
            user = Some(holding.holder);
            draft.containers.push(line(container, left));
            draft.postings.push(Posting {
                checkout: Some(checkout),
                ..outside(container, Account::Held, user, -amount)
            });
            draft
                .postings
                .push(outside(container, Account::Consumed, user, amount));
        } else {
            let left = after(container, label, Event::Consume, Kind::Use)?;
            Facts::uninvolved(container, label)?;
            facts.product_of(container)?.identified(cx.now)?;
            // What is with a person already has been used, whatever the date: the book says so.
            if let Some(expires_on) = container.identity.expires_on
                && now.status == Status::InStock
                && cx.now.china_day() > expires_on
            {
                return Err(Refusal::ContainerExpired { label, expires_on });
            }
            let amount = takeable(facts, cx, authority, container, label, self.amount)?;
            let left = Standing {
                amount: left.amount - amount,
                ..left
            };
            user = now.holder.or(cx.actor);
            draft.containers.push(line(container, left.settled()));
            draft.postings.push(inside(container, now, -amount));
            draft
                .postings
                .push(outside(container, Account::Consumed, user, amount));
        }
        draft.seats.extend(user.map(|person| Seat {
            person,
            part: Part::Receiver,
        }));
        draft.reason.clone_from(&self.purpose);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
