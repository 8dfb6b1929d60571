//! 分装: part of what is in a container goes into new ones, which know what they come from.

use std::{collections::BTreeSet, slice};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Lot, Movement, Needs, Verb, after, inside, line,
    receive::bring_in, takeable,
};
use crate::domain::{
    container::{Event, Identity, Standing},
    facts::Facts,
    ids::{Label, PlaceId},
    ledger::{Act, Draft, Kind, amount},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
};

/// So many equal containers are filled from one. They are of the same product, lot, maker and
/// supplier, and outlive it by no day; their labels are printed as after a receipt (DB11/T 1578 6.1.2:
/// what is repackaged is labelled).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The scanned label of the container that is poured from.
    pub label: Label,
    /// How many are filled.
    pub count: u32,
    /// What goes into each.
    pub each: Quantity,
    /// Where they are put; left out: beside the one they come from. Another place only by somebody who
    /// may move what stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// 有效期至, when it is shorter than that of the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// The weight of each empty container (皮重), µg.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// What for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Split {
    fn name(&self) -> &'static str {
        Kind::Split.as_str()
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

    fn weight(&self) -> usize {
        usize::try_from(self.count)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Split {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let label = self.label;
        let container = facts.container(label)?;
        authority.allows(facts, container, label, cx.now)?;
        Facts::uninvolved(container, label)?;
        facts.product_of(container)?.identified(cx.now)?;
        let identity = &container.identity;
        if let Some(expires_on) = identity.expires_on {
            if cx.now.china_day() > expires_on {
                return Err(Refusal::ContainerExpired { label, expires_on });
            }
            if let Some(later) = self.expires_on.filter(|given| *given > expires_on) {
                return Err(Refusal::OutlivesSource {
                    label,
                    expires_on,
                    given: later,
                });
            }
        }
        let then = self.claim.occurred_at.unwrap_or(cx.now).china_day();
        if let Some(expires_on) = self.expires_on.filter(|given| *given < then) {
            return Err(Refusal::ExpiredWhenFilled { expires_on });
        }
        let place = self.place.unwrap_or(container.standing.place);
        if place != container.standing.place
            && let Some(sender) = cx.actor
            && !facts.carries(sender, Permission::Move, container.standing.place, cx.now)
        {
            return Err(Refusal::SplitElsewhere { place });
        }
        let left = after(container, label, Event::TakePart, Kind::Split)?;
        let all = self
            .each
            .amount()
            .checked_mul(i64::from(self.count))
            .and_then(|all| Quantity::new(self.each.dimension(), all).ok())
            .ok_or(Refusal::AmountOverflow {})?;
        let poured = takeable(facts, cx, authority, container, label, all)?;
        let left = Standing {
            amount: left.amount - poured,
            ..left
        };

        let mut draft = Draft::of(Act::Split);
        draft.containers.push(line(container, left.settled()));
        draft
            .postings
            .push(inside(container, &container.standing, -poured));
        let filled = Lot {
            identity: Identity {
                parent: Some(container.serial),
                came_from: None,
                expires_on: self.expires_on.or(identity.expires_on),
                tare_ug: self.tare_ug,
                ..identity.clone()
            },
            count: self.count,
            each: self.each,
            place,
        };
        bring_in(facts, cx, &mut draft, slice::from_ref(&filled), None)?;
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
