//! 调出: containers leave for another institution.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, unreserved,
};
use crate::domain::{
    container::Event,
    facts::Facts,
    ids::{InstitutionId, Label},
    ledger::{Act, Draft, Kind, Posting},
    people::Permission,
    policy::Requirement,
    refusal::Refusal,
    transfer::{Carriage, Consignment},
};

/// Sends whole containers to another institution: all of them or none. What has expired or is not
/// identified stays, as does what is part of an open incident and a bottle of which a part is with somebody. They are on the road, out of stock
/// but in the book, until the other institution has accepted or refused each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consign {
    /// To whom.
    pub to: InstitutionId,
    /// The scanned labels, at most 500.
    pub labels: Vec<Label>,
    /// How they travel.
    pub carriage: Carriage,
    /// What for.
    pub purpose: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Consign {
    fn name(&self) -> &'static str {
        Kind::Send.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Move)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.peers.insert(self.to);
        for label in &self.labels {
            needs.containers.insert(label.serial());
            needs.holdings.insert(label.serial());
        }
        self.claim.needing(needs)
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Consign {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let to = facts.receiver(self.to)?.id;
        let containers = facts.containers(self.labels.iter().copied())?;
        let (mut lines, mut postings) = (Vec::new(), Vec::new());
        let mut requirement = Requirement::NONE;
        let day = cx.now.china_day();
        for (label, container) in &containers {
            let (label, container) = (*label, *container);
            let road = after(container, label, Event::Send, Kind::Send)?;
            let product = facts.product_of(container)?;
            product.identified(cx.now)?;
            Facts::uninvolved(container, label)?;
            if let Some(expires_on) = container.identity.expires_on
                && day > expires_on
            {
                return Err(Refusal::ContainerExpired { label, expires_on });
            }
            if !facts.stock.open_checkouts(container.serial).is_empty() {
                return Err(Refusal::PartWithPerson { label });
            }
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            requirement = requirement.and_requirement(&facts.requirement(product, cx.now));
            lines.push(line(container, road));
            postings.push(inside(container, &container.standing, -road.amount));
            postings.push(Posting {
                place: None,
                ..inside(container, &road, road.amount)
            });
        }
        let left = self.claim.occurred_at.unwrap_or(cx.now);
        self.carriage.allows(&requirement, left)?;
        let (products, packed) = facts.packed(containers.iter().map(|(_, one)| *one), day)?;
        let mut draft = Draft::of(Act::Send(Consignment {
            to,
            carriage: self.carriage.clone(),
            products,
            containers: packed,
        }));
        draft.containers = lines;
        draft.postings = postings;
        draft.reason.clone_from(&self.purpose);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}
