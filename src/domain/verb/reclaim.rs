//! 退回入库: what the receiver of a consignment refused is back, or has gone missing on the way.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, outside,
    unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    facts::Facts,
    ids::{IncidentId, Label, PlaceId, Seq},
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
    /// The scanned labels, at most 500 with those missing.
    pub labels: Vec<Label>,
    /// What did not come back; of a watched class it is in an incident before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Label>,
    /// The incident in which that was reported, where it is of a watched class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
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
        needs.incidents.incidents.extend(self.incident);
        let named = self.labels.iter().chain(&self.missing);
        let serials = named.map(|label| label.serial());
        needs.containers.extend(serials);
        self.claim.needing(needs)
    }

    fn weight(&self) -> usize {
        self.labels.len().saturating_add(self.missing.len())
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
            missing: self.missing.clone(),
            incident: self.incident,
        }));
        let named = [self.labels.as_slice(), &self.missing].concat();
        for (label, container) in facts.containers(named.into_iter())? {
            if outgoing.settled_by.is_none() || !outgoing.on_the_road.contains(&container.serial) {
                return Err(Refusal::NotReturning { label });
            }
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            let road = |amount| Posting {
                place: None,
                ..inside(container, &container.standing, amount)
            };
            let amount = container.standing.amount;
            if self.missing.contains(&label) {
                let gone = Standing {
                    amount: 0,
                    ..after(container, label, Event::Miss, Kind::Reclaim)?
                };
                let account = facts.missed(container, label, self.incident, cx.now)?;
                draft.containers.push(line(container, gone));
                draft.postings.push(road(-amount));
                draft
                    .postings
                    .push(outside(container, account, None, amount));
                continue;
            }
            let back = Standing {
                place: self.place,
                ..after(container, label, Event::Reclaim, Kind::Reclaim)?
            };
            facts.permits(place, facts.product_of(container)?, cx.now)?;
            draft.containers.push(line(container, back));
            draft.postings.push(road(-amount));
            draft.postings.push(inside(container, &back, back.amount));
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
