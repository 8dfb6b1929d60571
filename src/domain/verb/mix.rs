//! 配制: something new is made out of containers, or of what a person holds of them.

use std::{collections::BTreeSet, slice};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Lot, Movement, Needs, Source, Verb, after, inside, line,
    outside, receive::bring_in, spendable, takeable,
};
use crate::domain::{
    container::{Event, Identity, Standing},
    facts::Facts,
    ids::{Label, PlaceId, ProductId},
    ledger::{Account, Act, Draft, Kind, Part, Posting, Seat, amount},
    mixture::{Ingredient, Mixture, Solvent},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
};

/// What goes in of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The scanned label.
    pub label: Label,
    /// Which content, if what a person holds of it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How much.
    pub amount: Quantity,
}

/// A mixture is made and filled into new containers, whose labels are printed as after a receipt. Each
/// input leaves its own product, and what is made comes into another; both balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// What goes in, each container once.
    pub inputs: Vec<Input>,
    /// What else goes in and is in no book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solvent: Option<Solvent>,
    /// What is made.
    pub product: ProductId,
    /// Into how many equal containers it is filled.
    pub count: u32,
    /// What goes into each.
    pub each: Quantity,
    /// Where they are put; left out: beside the first container that something comes out of. Another place
    /// only by somebody who may move what stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// 有效期至: no later than that of anything that went in.
    pub expires_on: NaiveDate,
    /// 批号 of what is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
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

impl Verb for Mix {
    fn name(&self) -> &'static str {
        Kind::Mix.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Checkout)
    }

    fn needs(&self) -> Needs {
        let serials: BTreeSet<_> = self.inputs.iter().map(|one| one.label.serial()).collect();
        self.claim.needing(Needs {
            containers: serials.clone(),
            holdings: serials,
            ..Needs::default()
        })
    }

    fn weight(&self) -> usize {
        let made = usize::try_from(self.count).unwrap_or(usize::MAX);
        made.saturating_add(self.inputs.len())
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Mix {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let containers = facts.containers(self.inputs.iter().map(|one| one.label))?;
        let mut draft = Draft::of(Act::Mix(Mixture {
            components: Vec::new(),
            solvent: None,
        }));
        let mut ingredients = Vec::new();
        let mut beside = None;
        for ((label, container), input) in containers.into_iter().zip(&self.inputs) {
            authority.allows(facts, container, label, cx.now)?;
            let now = &container.standing;
            let meant = match input.source {
                // What somebody holds goes in only when it is named.
                None | Some(Source::Container) => None,
                named @ Some(Source::Checkout(_)) => facts.meant(container, label, named)?,
            };
            let (from, left) = if let Some((checkout, holding)) = meant {
                let left = after(container, label, Event::Settle, Kind::Mix)?;
                let taken = spendable(container, label, holding.amount, input.amount)?;
                let seat = Seat {
                    person: holding.holder,
                    part: Part::Receiver,
                };
                if !draft.seats.contains(&seat) {
                    draft.seats.push(seat);
                }
                let from = Posting {
                    checkout: Some(checkout),
                    ..outside(container, Account::Held, Some(holding.holder), -taken)
                };
                (from, left)
            } else {
                let left = after(container, label, Event::Consume, Kind::Mix)?;
                let taken = takeable(facts, cx, authority, container, label, input.amount)?;
                let left = Standing {
                    amount: left.amount - taken,
                    ..left
                };
                (inside(container, now, -taken), left.settled())
            };
            beside = beside.or(Some(now.place));
            ingredients.push(Ingredient {
                container,
                amount: -from.amount,
            });
            let made = outside(container, Account::Made, None, -from.amount);
            draft.containers.push(line(container, left));
            draft.postings.extend([from, made]);
        }
        let beside = beside.ok_or(Refusal::AmountZero {})?;
        let place = self.place.unwrap_or(beside);
        if place != beside
            && let Some(maker) = cx.actor
            && !facts.carries(maker, Permission::Move, beside, cx.now)
        {
            return Err(Refusal::SplitElsewhere { place });
        }
        let filled = Lot {
            identity: Identity {
                product: self.product,
                dimension: self.each.dimension(),
                lot: self.lot.clone(),
                maker: None,
                supplier: None,
                expires_on: Some(self.expires_on),
                sds: None,
                tare_ug: self.tare_ug,
                density: None,
                parent: None,
                came_from: None,
                mixed: true,
            },
            count: self.count,
            each: self.each,
            place,
        };
        bring_in(
            facts,
            cx,
            &mut draft,
            slice::from_ref(&filled),
            Some(Account::Made),
        )?;
        let made = self.each.amount().checked_mul(i64::from(self.count));
        let made = made.ok_or(Refusal::AmountOverflow {})?;
        let then = self.claim.occurred_at.unwrap_or(cx.now);
        let solvent = self.solvent.as_ref();
        let made = (&filled.identity, made);
        draft.act = Act::Mix(facts.mixed(&ingredients, solvent, made, (cx.now, then))?);
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
