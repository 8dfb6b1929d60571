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
    quantity::Quantity,
    refusal::Refusal,
    scale::Scale,
    transfer::{AcceptedLine, Reclamation},
};

/// What came back in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// The label.
    pub label: Label,
    /// What is in it, less than was sent.
    pub amount: Quantity,
}

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
    /// What came back with less in it than was sent, each of them one of `labels`; what is missing of a watched
    /// class is in the incident, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<Returned>,
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

impl Reclaim {
    /// What came back with less in it: each of those that come back once, with something in it.
    fn short(&self, facts: &Facts) -> Result<Vec<AcceptedLine>, Refusal> {
        let mut lines: Vec<AcceptedLine> = Vec::with_capacity(self.short.len());
        for Returned { label, amount } in &self.short {
            let (label, given) = (*label, *amount);
            if !self.labels.contains(&label) {
                return Err(Refusal::NotReturning { label });
            }
            let container = facts.container(label)?;
            if lines.iter().any(|line| line.label == label) {
                return Err(Refusal::ContainerNamedTwice { label });
            }
            if given.dimension() != container.identity.dimension {
                return Err(Scale::mismatch(container, label, given)?);
            }
            let amount = given.amount();
            Reclamation::is_less(label, amount, container.standing.amount)?;
            lines.push(AcceptedLine { label, amount });
        }
        Ok(lines)
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
            short: self.short(facts)?,
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
            let mut short = self.short.iter();
            let came = short.find(|one| one.label == label);
            let back = Standing {
                place: self.place,
                amount: came.map_or(amount, |came| came.amount.amount()),
                ..after(container, label, Event::Reclaim, Kind::Reclaim)?
            };
            facts.permits(place, facts.product_of(container)?, cx.now)?;
            draft.containers.push(line(container, back));
            draft.postings.push(road(-amount));
            draft.postings.push(inside(container, &back, back.amount));
            let less = amount - back.amount;
            if less != 0 {
                let account = facts.missed(container, label, self.incident, cx.now)?;
                let posted = outside(container, account, None, less);
                draft.postings.push(posted);
            }
        }
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
