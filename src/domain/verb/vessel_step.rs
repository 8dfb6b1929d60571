//! 废物容器变更: a waste container is closed, or put elsewhere.

use serde::{Deserialize, Serialize};

use super::{Authority, Context, Decision, Movement, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::Label,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    time::Time,
    vessel::{VesselEvent, VesselStep},
};

/// A waste container is closed, so that nothing goes in any more; or it is put elsewhere with everything
/// in it, which is signed for when something in it is controlled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepVessel {
    /// Its label.
    pub label: Label,
    /// What is done with it.
    pub what: VesselEvent,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Verb for StepVessel {
    fn name(&self) -> &'static str {
        Kind::VesselStep.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Waste)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.vessels.whole.insert(self.label.serial());
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for StepVessel {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        facts.vessel(self.label)?;
        let step = VesselStep {
            serial: self.label.serial(),
            what: self.what,
        };
        facts.steps_vessel(step, cx.now)?;
        let mut draft = Draft::of(Act::VesselStep(step));
        authority.allows_vessels(facts, &draft.act, cx.now)?;
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}

impl Authority {
    /// Whether it is enough for what is in the waste containers that an act moves or empties.
    ///
    /// # Errors
    /// [`Refusal::SignaturesRequired`].
    pub(super) fn allows_vessels(self, facts: &Facts, act: &Act, now: Time) -> Result<(), Refusal> {
        let requirement = facts.vessel_requirement(act, now);
        match facts.vessels_of(act).first() {
            Some(first) if requirement.is_controlled() && self == Self::Unsigned => {
                Err(Refusal::SignaturesRequired {
                    label: facts.vessel_label(*first),
                    needed: requirement.issuers,
                })
            }
            Some(_) | None => Ok(()),
        }
    }
}
