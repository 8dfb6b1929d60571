//! 转废: containers become hazardous waste, with whatever is in them, or what is in them goes into a waste
//! container.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Source, Verb, after, inside, line,
    outside, quantity_of, spendable, takeable, unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::Label,
    ledger::{Account, Act, Discard, Draft, Kind, Posting},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
    vessel::{self, Pour},
    waste::WasteCode,
};

/// Into which waste container something goes, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntoVessel {
    /// The label of the waste container.
    pub label: Label,
    /// How much goes in; left out: everything that is in each container, or that is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Quantity>,
    /// Which content of the one container named, if more than one could be meant: what a person holds of
    /// it, as left-over solution, is named by its checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What it takes up in the waste container with what else goes in, as water; needed where no density
    /// tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_up: Option<Quantity>,
}

/// Containers are waste from now on: all of them or none. Expired, unidentified and empty ones too; a
/// bottle that is with a person comes back first, and so does a part that was taken out of one: into
/// waste it could not be put back, and nobody would know of it any more. They stay where they stand until they are disposed of.
/// What goes into a waste container leaves the bottle, which is not waste itself; what a person holds of
/// a bottle goes there straight from their hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waste {
    /// The scanned labels, at most 500.
    pub labels: Vec<Label>,
    /// What waste they are.
    pub code: WasteCode,
    /// Where what is in them goes; left out: they are waste themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<IntoVessel>,
    /// Why.
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Waste {
    fn name(&self) -> &'static str {
        Kind::Waste.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Waste)
    }

    fn needs(&self) -> Needs {
        let serials: BTreeSet<_> = self.labels.iter().map(|label| label.serial()).collect();
        let mut needs = self.claim.needing(Needs {
            containers: serials.clone(),
            holdings: serials,
            ..Needs::default()
        });
        let vessel = self.into.map(|into| into.label.serial());
        needs.vessels.alone.extend(vessel);
        needs
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Waste {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        if let Some(into) = &self.into {
            return self.poured(facts, cx, authority, into);
        }
        let code = self.code.clone();
        let mut draft = Draft::of(Act::Waste(Discard { code, into: None }));
        for (label, container) in facts.containers(self.labels.iter().copied())? {
            let waste = after(container, label, Event::Discard, Kind::Waste)?;
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            facts.stock.nothing_out(label)?;
            draft.containers.push(line(container, waste));
            // An empty bottle is waste, too, and posts nothing.
            if waste.amount > 0 {
                let now = &container.standing;
                draft.postings.push(inside(container, now, -waste.amount));
                draft.postings.push(inside(container, &waste, waste.amount));
            }
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

impl Waste {
    fn poured(
        &self,
        facts: &Facts,
        cx: &Context,
        authority: Authority,
        into: &IntoVessel,
    ) -> Result<Draft, Refusal> {
        let containers = facts.containers(self.labels.iter().copied())?;
        if containers.len() > 1 && (into.amount.is_some() || into.source.is_some()) {
            return Err(Refusal::PourOfOne {});
        }
        let vessel = facts.vessel(into.label)?;
        let pour = Pour {
            vessel: vessel.vessel.serial,
            taken_up: into
                .taken_up
                .map(|said| vessel.measure(into.label, said))
                .transpose()?,
        };
        let mut draft = Draft::of(Act::Waste(Discard {
            code: self.code.clone(),
            into: Some(pour),
        }));
        let mut sources = Vec::new();
        for (label, container) in containers {
            authority.allows(facts, container, label, cx.now)?;
            let now = &container.standing;
            let meant = match into.source {
                // What somebody holds goes in only when it is named.
                None | Some(Source::Container) => None,
                named @ Some(Source::Checkout(_)) => facts.meant(container, label, named)?,
            };
            let (from, left, place) = if let Some((checkout, holding)) = meant {
                let left = after(container, label, Event::Settle, Kind::Waste)?;
                let all = quantity_of(container, holding.amount)?;
                let given = into.amount.unwrap_or(all);
                let amount = spendable(container, label, holding.amount, given)?;
                let from = Posting {
                    checkout: Some(checkout),
                    ..outside(container, Account::Held, Some(holding.holder), -amount)
                };
                (from, left, None)
            } else {
                let left = after(container, label, Event::PourAway, Kind::Waste)?;
                let given = if let Some(amount) = into.amount {
                    amount
                } else {
                    unreserved(facts, cx, authority, label)?;
                    quantity_of(container, now.amount)?
                };
                let amount = takeable(facts, cx, authority, container, label, given)?;
                let left = Standing {
                    amount: left.amount - amount,
                    ..left
                };
                let from = inside(container, now, -amount);
                let place = from.place;
                (from, left.settled(), place)
            };
            let amount = -from.amount;
            draft.containers.push(line(container, left));
            draft.postings.push(from);
            draft
                .postings
                .push(outside(container, Account::Vessel, None, amount));
            sources.push(vessel::Source {
                container,
                amount,
                place,
            });
        }
        facts.takes_in(pour, &self.code, &sources, cx.now)?;
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
