//! 退回入库: what the receiver of a consignment refused is back.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::{Label, PlaceId, Seq},
    ledger::{Act, Draft, Kind, Posting},
    people::Permission,
    refusal::Refusal,
    transfer::Reclamation,
};

/// Refused containers come back under their own labels, to a place that permits them: all of those named
/// or none. What has expired on the road comes back, too; it is waste then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reclaim {
    /// The entry that sent them.
    pub entry: Seq,
    /// The scanned labels, at most 500.
    pub labels: Vec<Label>,
    /// Where they are put.
    pub place: PlaceId,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Reclaim {
    fn name(&self) -> &'static str {
        Kind::Reclaim.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Receive)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.outgoing.insert(self.entry);
        let serials = self.labels.iter().map(|label| label.serial());
        needs.containers.extend(serials);
        self.claim.needing(needs)
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Reclaim {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let outgoing = facts.outgoing(self.entry)?;
        let place = facts.place(self.place)?;
        let mut draft = Draft::of(Act::Reclaim(Reclamation {
            consignment: self.entry,
        }));
        for (label, container) in facts.containers(self.labels.iter().copied())? {
            if outgoing.settled_by.is_none() || !outgoing.on_the_road.contains(&container.serial) {
                return Err(Refusal::NotReturning { label });
            }
            let back = Standing {
                place: self.place,
                ..after(container, label, Event::Reclaim, Kind::Reclaim)?
            };
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            facts.permits(place, facts.product_of(container)?, cx.now)?;
            draft.containers.push(line(container, back));
            draft.postings.push(Posting {
                place: None,
                ..inside(container, &container.standing, -back.amount)
            });
            draft.postings.push(inside(container, &back, back.amount));
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
