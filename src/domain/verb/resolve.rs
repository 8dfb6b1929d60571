//! 处理盘点发现: what was misplaced was carried back, what nobody knew is known.

use super::{Context, Decision, Needs, Verb, count::needs_of};
use crate::domain::{
    facts::Facts,
    ids::{IncidentId, Label, StocktakeId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    stocktake::Resolution,
};

/// Says how a finding was put right.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// The code as it was read: a label, or what nobody knew.
    pub code: String,
    /// What was done.
    pub reason: String,
    /// The incident in which what the book had no more was reported.
    pub incident: Option<IncidentId>,
}

impl Verb for Resolve {
    fn name(&self) -> &'static str {
        Kind::Resolve.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    fn needs(&self) -> Needs {
        let mut needs = needs_of(self.stocktake, &self.code);
        needs.incidents.incidents.extend(self.incident);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let label: Option<Label> = self.code.parse().ok();
        let known = label.and_then(|label| facts.container(label).ok());
        let resolution = Resolution {
            stocktake: self.stocktake,
            serial: known.map(|container| container.serial),
            code: known.is_none().then(|| self.code.clone()),
            incident: self.incident,
        };
        let by = cx.actor.ok_or(Refusal::NotPermitted {})?;
        facts.resolving(&resolution, &self.reason, by, cx.now)?;
        let mut draft = Draft::of(Act::Resolve(resolution));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
