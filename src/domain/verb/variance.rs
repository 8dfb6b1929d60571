//! 盘盈盘亏: the book follows what was counted twice. What is missing of watched classes is no variance but a
//! suspected loss (RULES D7), which opens an incident.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Context, Decision, Movement, Needs, Verb, after, following, inside, line, outside,
    unreserved,
};
use crate::domain::{
    container::{Container, Event},
    facts::Facts,
    ids::{IncidentId, Label, StocktakeId},
    incident::{Affected, Incident, IncidentKind},
    ledger::{Account, Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    stocktake::{Loss, Settlement, Settling},
};

/// Posts what a stocktake found more or less: counted less the ledger at the moment of the count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variance {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// The containers, at most 500.
    pub labels: Vec<Label>,
    /// Why, as far as is known.
    pub reason: String,
}

impl Verb for Variance {
    fn name(&self) -> &'static str {
        Kind::Variance.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Adjust)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.stocktakes.stocktakes.insert(self.stocktake);
        needs.incidents.last = true;
        for label in &self.labels {
            let serial = label.serial();
            needs.containers.insert(serial);
            needs.stocktakes.since.insert((self.stocktake, serial));
            needs.books.insert(serial);
        }
        needs
    }

    fn weight(&self) -> usize {
        self.labels.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Variance {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let containers = facts.containers(self.labels.iter().copied())?;
        let mut found = Vec::with_capacity(containers.len());
        for (label, container) in containers {
            let settling = facts.settling(self.stocktake, container.serial, label)?;
            let is_loss = facts.is_loss(&settling, facts.product_of(container)?, cx.now);
            found.push((label, container, settling, is_loss));
        }
        let losses = found.iter().filter(|(.., is_loss)| *is_loss).count();
        if losses > 0 && losses < found.len() {
            return Err(Refusal::VarianceMixed {});
        }
        let (account, act) = if losses > 0 {
            let loss = self.loss(facts, &found)?;
            facts.opening_incident(&loss.incident, cx.now)?;
            (Account::Lost, Act::Loss(loss))
        } else {
            let stocktake = self.stocktake;
            (Account::Variance, Act::Variance(Settlement { stocktake }))
        };
        let mut draft = Draft::of(act);
        for (label, container, settling, is_loss) in found {
            after(container, label, Event::Adjust, Kind::Variance)?;
            if !is_loss {
                authority.allows(facts, container, label, cx.now)?;
                unreserved(facts, cx, authority, label)?;
            }
            let now = &container.standing;
            let then = settling.after(label, *now)?;
            draft.containers.push(line(container, then));
            if settling.difference != 0 {
                let posted = inside(container, now, settling.difference);
                draft.postings.push(posted);
                let beside = outside(container, account, None, -settling.difference);
                draft.postings.push(beside);
            }
        }
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}

impl Variance {
    /// The incident of what is missing.
    fn loss(
        &self,
        facts: &Facts,
        found: &[(Label, &Container, Settling, bool)],
    ) -> Result<Loss, Refusal> {
        let discovered = found.iter().map(|(_, _, settling, _)| settling.found_at);
        let last = facts.incidents.cases.last_key();
        let affected = found.iter().map(|(_, container, settling, _)| Affected {
            serial: container.serial,
            lost: -settling.difference,
        });
        Ok(Loss {
            stocktake: self.stocktake,
            incident: Incident {
                id: following(last.map(IncidentId::get))?,
                kind: IncidentKind::SuspectedLoss,
                place: facts.open_stocktake(self.stocktake)?.stocktake.place,
                discovered_at: discovered.min().ok_or(Refusal::AmountZero {})?,
                containers: affected.collect(),
            },
        })
    }
}
