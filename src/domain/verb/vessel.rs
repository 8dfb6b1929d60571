//! 登记废物容器: a vessel for waste of one code.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::PlaceId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    quantity::Quantity,
    refusal::Refusal,
    vessel::{Hazard, Vessel, VesselKind},
    waste::WasteCode,
};

/// Registers a waste container; its label is printed as that of any container.
#[derive(Clone, Debug)]
pub struct RegisterVessel {
    /// Where it is put.
    pub place: PlaceId,
    /// What waste goes into it.
    pub code: WasteCode,
    /// What it is.
    pub kind: VesselKind,
    /// How much it may hold, a mass or a volume.
    pub capacity: Quantity,
    /// Its weight empty, µg.
    pub tare_ug: Option<i64>,
    /// Its hazards.
    pub hazards: Vec<Hazard>,
    /// A remark.
    pub reason: String,
}

impl Verb for RegisterVessel {
    fn name(&self) -> &'static str {
        Kind::Vessel.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Waste)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.vessels.last = true;
        needs
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let vessel = Vessel {
            serial: facts.next_vessel()?,
            place: self.place,
            code: self.code.clone(),
            kind: self.kind,
            capacity: self.capacity,
            tare_ug: self.tare_ug,
            hazards: self.hazards.clone(),
        };
        facts.can_be_vessel(&vessel)?;
        let mut draft = Draft::of(Act::Vessel(vessel));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
