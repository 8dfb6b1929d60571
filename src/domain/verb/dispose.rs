//! 处置: hazardous waste leaves for good, weighed, before two witnesses.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Claim, Context, Decision, Movement, Needs, Second, Verb, after, inside, line,
    outside, unreserved,
};
use crate::domain::{
    container::{Event, Standing},
    disposal::{Balance, witnessed},
    facts::Facts,
    ids::{Label, PersonId},
    ledger::{Account, Act, Disposal, Draft, Kind, Part, Seat, Weighed},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
    vessel::{WeighedVessel, is_vessel},
};

/// A container as it stood on the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnBalance {
    /// The scanned label.
    pub label: Label,
    /// Gross weight (毛重), a mass.
    pub gross: Quantity,
    /// Weight of the empty vessel (皮重), a mass; left out: what is recorded for the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tare: Option<Quantity>,
}

/// Waste leaves the institution or is destroyed in it: all of it or none. What the balance shows is
/// held against the book. Each witness proves who they are: what is controlled they sign with the
/// custodians, over one payload; for the rest see [`Witnessed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispose {
    /// The containers and waste containers, at most 500 of either.
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
        let serials = self.items.iter().map(|item| item.label.serial());
        let (vessels, containers) = serials.partition(|serial| is_vessel(*serial));
        let mut needs = self.claim.needing(Needs {
            containers,
            ..Needs::default()
        });
        needs.vessels.whole = vessels;
        needs
    }

    fn weight(&self) -> usize {
        self.items.len()
    }

    /// Nobody disposes of anything on the word of who sends it.
    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let alone = Witnessed {
            disposal: self.clone(),
            proofs: Vec::new(),
        };
        alone.decide(facts, cx)
    }
}

/// A disposal of what nobody has to sign for, with the secrets that its witnesses have just given.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// What is disposed of.
    pub disposal: Dispose,
    /// Who proved to be there.
    pub proofs: Vec<Second>,
}

impl Verb for Witnessed {
    fn name(&self) -> &'static str {
        self.disposal.name()
    }

    fn permission(&self) -> Option<Permission> {
        self.disposal.permission()
    }

    fn needs(&self) -> Needs {
        let mut needs = self.disposal.needs();
        let persons = self.proofs.iter().map(|proof| proof.person);
        needs.secrets.extend(persons);
        needs
    }

    fn weight(&self) -> usize {
        self.disposal.weight()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let draft = self.disposal.draft(facts, cx, Authority::Unsigned)?;
        for Seat { person, .. } in &draft.seats {
            let given = self.proofs.iter().find(|proof| proof.person == *person);
            let Some(given) = given else {
                return Err(Refusal::WitnessUnproven { person: *person });
            };
            given.is_in_force(facts)?;
        }
        Ok(draft.into())
    }
}

impl Movement for Dispose {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let (vessels, bottles): (Vec<_>, Vec<_>) = (self.items.iter())
            .partition::<Vec<&OnBalance>, _>(|item| is_vessel(item.label.serial()));
        let containers = if bottles.is_empty() && !vessels.is_empty() {
            Vec::new()
        } else {
            facts.containers(bottles.iter().map(|item| item.label))?
        };
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
        witnessed(&seats, cx.actor)?;
        let mut disposal = Disposal {
            weighed: Vec::new(),
            handler: self.handler.clone(),
            manifest: self.manifest.clone(),
            vessels: Vec::new(),
        };
        let mut draft = Draft::of(Act::Dispose(disposal.clone()));
        for ((label, container), item) in containers.into_iter().zip(bottles) {
            let gone = after(container, label, Event::Dispose, Kind::Dispose)?;
            authority.allows(facts, container, label, cx.now)?;
            unreserved(facts, cx, authority, label)?;
            let is_excused = !self.reason.trim().is_empty();
            let amount = container.standing.amount;
            let balance = Balance {
                label,
                gross_ug: item.gross.amount(),
                tare_ug: item.tare.map(Quantity::amount),
            };
            let content = facts.weighed(balance, container, amount, cx.now, is_excused)?;
            disposal.weighed.push(Weighed {
                serial: container.serial,
                gross_ug: balance.gross_ug,
                tare_ug: balance.tare_ug,
                content,
            });
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
        for item in vessels {
            let weighed = self.leaves(facts, cx, item)?;
            if disposal
                .vessels
                .iter()
                .any(|one| one.serial == weighed.serial)
            {
                return Err(Refusal::ContainerNamedTwice { label: item.label });
            }
            draft.postings.extend(facts.emptied(weighed.serial));
            disposal.vessels.push(weighed);
        }
        draft.act = Act::Dispose(disposal);
        authority.allows_vessels(facts, &draft.act, cx.now)?;
        draft.seats = seats;
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

impl Dispose {
    /// A waste container as it leaves, with everything in it.
    fn leaves(
        &self,
        facts: &Facts,
        cx: &Context,
        item: &OnBalance,
    ) -> Result<WeighedVessel, Refusal> {
        let balance = Balance {
            label: item.label,
            gross_ug: item.gross.amount(),
            tare_ug: item.tare.map(Quantity::amount),
        };
        let is_excused = !self.reason.trim().is_empty();
        Ok(WeighedVessel {
            serial: item.label.serial(),
            gross_ug: balance.gross_ug,
            tare_ug: balance.tare_ug,
            content_ug: facts.vessel_weighed(balance, cx.now, is_excused)?,
        })
    }
}
