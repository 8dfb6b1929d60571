//! 处置: hazardous waste leaves for good, weighed, before two witnesses.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Verb, after, inside, line, outside,
    unreserved,
};
use crate::domain::{
    container::{Container, Event, Standing},
    facts::Facts,
    ids::{Label, PersonId},
    ledger::{Account, Act, Disposal, Draft, Kind, Part, Seat, Weighed},
    people::Permission,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
};

/// How many watch (双人见证): as many as receive and issue what is controlled (HCL art. 41).
const WITNESSES: usize = 2;

/// A container as it stood on the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnBalance {
    /// The scanned label.
    pub label: Label,
    /// Gross weight (毛重), a mass.
    pub gross: Quantity,
}

/// Waste leaves the institution or is destroyed in it: all of it or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispose {
    /// The containers, at most 500.
    pub items: Vec<OnBalance>,
    /// 见证人, two at least.
    pub witnesses: Vec<PersonId>,
    /// 处置单位: who takes it, or how it is destroyed here.
    pub handler: String,
    /// 联单编号: the number of the transfer manifest, for what leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

impl Verb for Dispose {
    fn name(&self) -> &'static str {
        Kind::Dispose.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Waste)
    }

    fn needs(&self) -> Needs {
        self.claim.needing(Needs {
            containers: self.items.iter().map(|item| item.label.serial()).collect(),
            ..Needs::default()
        })
    }

    fn weight(&self) -> usize {
        self.items.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Dispose {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let containers = facts.containers(self.items.iter().map(|item| item.label))?;
        let mut seats: Vec<Seat> = Vec::new();
        for person in &self.witnesses {
            facts.takes_part(*person, Part::Witness, cx.now)?;
            if seats.iter().any(|seat| seat.person == *person) {
                return Err(Refusal::SamePersonTwice { person: *person });
            }
            seats.push(Seat {
                person: *person,
                part: Part::Witness,
            });
        }
        if seats.len() < WITNESSES {
            return Err(Refusal::WitnessesMissing {
                needed: WITNESSES,
                named: seats.len(),
            });
        }
        let weighed = self.items.iter().map(|item| Weighed {
            serial: item.label.serial(),
            gross_ug: item.gross.amount(),
        });
        let mut draft = Draft::of(Act::Dispose(Disposal {
            weighed: weighed.collect(),
            handler: self.handler.clone(),
            manifest: self.manifest.clone(),
        }));
        for ((label, container), item) in containers.into_iter().zip(&self.items) {
            weighs(container, item.gross)?;
            let gone = after(container, label, Event::Dispose, Kind::Dispose)?;
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            draft
                .containers
                .push(line(container, Standing { amount: 0, ..gone }));
            if gone.amount > 0 {
                let now = &container.standing;
                draft.postings.push(inside(container, now, -gone.amount));
                let disposed = outside(container, Account::Disposed, None, gone.amount);
                draft.postings.push(disposed);
            }
        }
        draft.seats = seats;
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

/// A full balance shows more than nothing, and no less than the empty container.
fn weighs(container: &Container, gross: Quantity) -> Result<(), Refusal> {
    if gross.amount() == 0 {
        return Err(Refusal::AmountZero {});
    }
    let tare = container.identity.tare_ug;
    let tare = tare.and_then(|ug| Quantity::new(Dimension::Mass, ug).ok());
    match tare.filter(|tare| gross.amount() < tare.amount()) {
        Some(tare) => Err(Refusal::WeightBelowTare { gross, tare }),
        None => Ok(()),
    }
}
