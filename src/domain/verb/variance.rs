//! 盘盈盘亏: the book follows what was counted twice. What is missing of watched classes is no variance but a
//! suspected loss (RULES D7), which opens an incident.

use serde::{Deserialize, Serialize};

use super::{
    Authority, Context, Decision, Movement, Needs, Verb, following, inside, line, outside,
    unreserved,
};
use crate::domain::{
    container::Status,
    facts::Facts,
    ids::{IncidentId, Label, StocktakeId},
    ledger::{Account, Act, Draft, Kind, Prior},
    people::Permission,
    refusal::Refusal,
    stocktake::{Loss, Settlement, explained},
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
        explained(&self.reason)?;
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
            let missing: Vec<_> = found
                .iter()
                .map(|(_, container, settling, _)| (container.serial, *settling))
                .collect();
            let last = facts.incidents.cases.last_key();
            let id = following(last.map(IncidentId::get))?;
            let loss = Loss {
                stocktake: self.stocktake,
                incident: facts.suspected_loss(self.stocktake, id, &missing)?,
            };
            facts.opening_incident(&loss.incident, cx.now)?;
            (Account::Lost, Act::Loss(loss))
        } else {
            let stocktake = self.stocktake;
            (Account::Variance, Act::Variance(Settlement { stocktake }))
        };
        let mut draft = Draft::of(act);
        for (label, container, settling, is_loss) in found {
            if !is_loss {
                authority.allows(facts, container, label, cx.now)?;
                unreserved(facts, cx, authority, label)?;
            }
            let now = &container.standing;
            let prior = Prior {
                entry: container.last_entry,
                standing: *now,
            };
            let then = facts.settled_so(&settling, container, prior)?;
            if now.status == Status::Lost {
                let product = facts.product_of(container)?;
                facts.permits(facts.place(then.place)?, product, cx.now)?;
            }
            draft.containers.push(line(container, then));
            if settling.difference != 0 {
                // What is there again arrives where it stands then.
                let at = if settling.difference > 0 { &then } else { now };
                let posted = inside(container, at, settling.difference);
                draft.postings.push(posted);
                let beside = outside(container, account, None, -settling.difference);
                draft.postings.push(beside);
            }
        }
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}
