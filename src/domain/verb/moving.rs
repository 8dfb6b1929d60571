//! 移库: containers go to another place.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::{Label, PlaceId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
};

/// Moves containers to one place: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The scanned labels, at most 500.
    pub labels: Vec<Label>,
    /// Where they go.
    pub to: PlaceId,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Move {
    fn name(&self) -> &'static str {
        Kind::Move.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Move)
    }

    fn needs(&self) -> Needs {
        self.claim.needing(Needs {
            containers: self.labels.iter().map(|label| label.serial()).collect(),
            ..Needs::default()
        })
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Move {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let place = facts.place(self.to)?;
        let containers = facts.containers(self.labels.iter().copied())?;
        let mut draft = Draft::of(Act::Move);
        for (label, container) in containers {
            let there = after(container, label, Event::Move, Kind::Move)?;
            if there.place == self.to {
                return Err(Refusal::AlreadyThere {
                    label,
                    place: self.to,
                });
            }
            let product = facts.product_of(container)?;
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            facts.permits(place, product, cx.now)?;
            let there = Standing {
                place: self.to,
                ..there
            };
            draft.containers.push(line(container, there));
            draft
                .postings
                .push(inside(container, &container.standing, -there.amount));
            draft.postings.push(inside(container, &there, there.amount));
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
