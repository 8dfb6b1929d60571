//! 归还: a part comes back into its container, or the whole container to its place.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Source, Verb, after, inside, line,
    outside, quantity_of,
};
use crate::domain::{
    container::{Container, Event, Standing, Status},
    facts::Facts,
    ids::{Label, PlaceId},
    ledger::{Account, Act, Draft, Kind, Part, Posting, Return, Seat, Weighing},
    people::Permission,
    product::Product,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    scale::Scale,
};

/// How it is known how much comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// The amount, in the dimension of the container; zero when all was used.
    #[serde(rename = "amount")]
    Amount(Quantity),
    /// The vessel with what is in it, weighed.
    #[serde(rename = "weight")]
    Weight {
        /// Gross weight (毛重).
        gross: Quantity,
        /// Weight of the empty vessel (皮重); left out: what is recorded for the container, when the
        /// container itself comes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tare: Option<Quantity>,
    },
}

/// Something comes back; the rest of what was out is used up. A part returns into its container, a
/// whole container to its place or another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveBack {
    /// The scanned label.
    pub label: Label,
    /// Which of the open checkouts, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How much comes back.
    pub measure: Measure,
    /// Where a whole container is put; left out: where it stood before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// Why, or a remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for GiveBack {
    fn name(&self) -> &'static str {
        Kind::GiveBack.as_str()
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

impl Movement for GiveBack {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let label = self.label;
        let container = facts.container(label)?;
        let product = facts.product_of(container)?;
        authority.allows(facts, container, label, cx.now)?;
        let now = &container.standing;
        let part = facts.meant(container, label, self.source)?;
        if part.is_none() && matches!(now.status, Status::InStock | Status::Empty) {
            return Err(Refusal::NothingCheckedOut { label });
        }
        let event = part.map_or(Event::BringBack, |_| Event::PutBack);
        let back = after(container, label, event, Kind::GiveBack)?;
        let (holder, out) = part.map_or((now.holder, now.amount), |(_, holding)| {
            (Some(holding.holder), holding.amount)
        });
        let tare_ug = if part.is_none() {
            container.identity.tare_ug
        } else {
            None
        };
        let (returned, weighing) = self.measured(container, product, tare_ug, out)?;

        let mut draft = Draft::of(Act::GiveBack(Return { weighing }));
        let back = if let Some((checkout, _)) = part {
            if self.place.is_some() {
                return Err(Refusal::OnlyPartReturned { label });
            }
            draft.postings.push(Posting {
                checkout: Some(checkout),
                ..outside(container, Account::Held, holder, -out)
            });
            let amount = now.amount.checked_add(returned);
            Standing {
                amount: amount.ok_or(Refusal::AmountOverflow {})?,
                ..back
            }
        } else {
            let place = facts.place(self.place.unwrap_or(back.place))?;
            facts.permits(place, product, cx.now)?;
            draft.postings.push(inside(container, now, -out));
            Standing {
                place: place.id,
                holder: None,
                amount: returned,
                ..back
            }
        };
        draft.postings.push(inside(container, &back, returned));
        draft.postings.push(outside(
            container,
            Account::Consumed,
            holder,
            out - returned,
        ));
        draft.postings.retain(|posting| posting.amount != 0);
        draft.containers.push(line(container, back.settled()));
        draft.seats.extend(holder.map(|person| Seat {
            person,
            part: Part::Receiver,
        }));
        if authority == Authority::Unsigned
            && let Some(issuer) = cx.actor
            && Some(issuer) != holder
            && facts.custodians(back.place, cx.now).contains(&issuer)
        {
            draft.seats.push(Seat {
                person: issuer,
                part: Part::Issuer,
            });
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

impl GiveBack {
    /// How much of the `out` base units comes back, and how it was weighed.
    fn measured(
        &self,
        container: &Container,
        product: &Product,
        tare_ug: Option<i64>,
        out: i64,
    ) -> Result<(i64, Option<Weighing>), Refusal> {
        let label = self.label;
        let (returned, tolerance, weighing) = match self.measure {
            Measure::Amount(given) if given.dimension() == container.identity.dimension => {
                (given, 0, None)
            }
            Measure::Amount(given) => return Err(Scale::mismatch(container, label, given)?),
            Measure::Weight { gross, tare } => {
                let recorded = tare_ug.and_then(|ug| Quantity::new(Dimension::Mass, ug).ok());
                let tare = tare.or(recorded).ok_or(Refusal::TareUnknown { label })?;
                let scale = Scale::of(container, product, label, gross)?;
                let (net, weighing) = scale.weigh(gross, tare)?;
                (net, scale.tolerance(out)?, Some(weighing))
            }
        };
        let excess = returned.amount().saturating_sub(out);
        if excess > tolerance {
            let held = quantity_of(container, out)?;
            return Err(Refusal::ReturnedMoreThanHeld {
                label,
                held,
                returned,
            });
        }
        Ok((returned.amount().min(out), weighing))
    }
}
