//! 领用: a container, or a part of what is in it, goes to a person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, takeable,
    unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::{Label, PersonId},
    ledger::{Account, Act, Draft, Kind, Part, Posting, Seat},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
};

/// What is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Take {
    /// That much is weighed, measured or counted out; the container stays.
    #[serde(rename = "part")]
    Part(Quantity),
    /// The container itself goes.
    #[serde(rename = "whole")]
    Whole,
}

/// An ordinary checkout: badge and container, acknowledged without a secret. Containers of a class
/// whose policy asks for signatures are refused here and go through a signing request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// The scanned label.
    pub label: Label,
    /// What is taken.
    pub take: Take,
    /// 领用人: who takes it.
    pub receiver: PersonId,
    /// 用途.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Checkout {
    fn name(&self) -> &'static str {
        Kind::Checkout.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Checkout)
    }

    fn needs(&self) -> Needs {
        self.claim.needing(Needs {
            containers: BTreeSet::from([self.label.serial()]),
            ..Needs::default()
        })
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Checkout {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let label = self.label;
        let container = facts.container(label)?;
        let product = facts.product_of(container)?;
        authority.allows(facts, container, label, cx.now)?;
        Facts::uninvolved(container, label)?;
        product.identified(cx.now)?;
        facts.takes_part(self.receiver, Part::Receiver, cx.now)?;
        if let Some(expires_on) = container.identity.expires_on
            && cx.now.china_day() > expires_on
        {
            return Err(Refusal::ContainerExpired { label, expires_on });
        }

        let mut draft = Draft::of(Act::Checkout);
        match self.take {
            Take::Part(quantity) => {
                let kept = after(container, label, Event::TakePart, Kind::Checkout)?;
                let amount = takeable(facts, cx, authority, container, label, quantity)?;
                let kept = Standing {
                    amount: kept.amount - amount,
                    ..kept
                }
                .settled();
                draft.containers.push(line(container, kept));
                draft
                    .postings
                    .push(inside(container, &container.standing, -amount));
                draft.postings.push(Posting {
                    account: Account::Held,
                    place: None,
                    holder: Some(self.receiver),
                    ..inside(container, &container.standing, amount)
                });
            }
            Take::Whole => {
                let gone = after(container, label, Event::TakeWhole, Kind::Checkout)?;
                unreserved(facts, cx, authority, label)?;
                let gone = Standing {
                    holder: Some(self.receiver),
                    ..gone
                };
                draft.containers.push(line(container, gone));
                draft
                    .postings
                    .push(inside(container, &container.standing, -gone.amount));
                draft.postings.push(inside(container, &gone, gone.amount));
            }
        }
        draft.seats.push(Seat {
            person: self.receiver,
            part: Part::Receiver,
        });
        // Who signs is seated when it is signed: whoever asks is no issuer of what others hand out.
        if authority == Authority::Unsigned
            && let Some(issuer) = cx.actor
            && issuer != self.receiver
            && facts
                .custodians(container.standing.place, cx.now)
                .contains(&issuer)
        {
            draft.seats.push(Seat {
                person: issuer,
                part: Part::Issuer,
            });
        }
        draft.reason.clone_from(&self.purpose);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
