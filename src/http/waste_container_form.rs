//! How a waste container is registered.

use super::{
    body::{Mass, body},
    waste_codes::ListedCode,
};
use crate::domain::{
    catalogue::WasteList,
    ids::PlaceId,
    quantity::Quantity,
    verb::RegisterVessel,
    vessel::{Hazard, VesselKind},
    waste::WasteCode,
};

body! {
    /// A waste container.
    WasteContainerBody {
        /// Where it is put.
        place: PlaceId,
        /// What waste goes into it: a code of the 国家危险废物名录.
        code: ListedCode,
        /// What it is.
        kind: VesselKind,
        /// How much it may hold, a mass or a volume.
        capacity: Quantity,
        /// Weight empty.
        tare: Option<Mass>,
        /// Its hazards (危险特性); left out: those of its code.
        hazards: Option<Vec<Hazard>>,
        /// A remark.
        reason: Option<String>,
    }
}

/// The hazards that the list names for a code, as T,C.
fn listed(code: &WasteCode) -> Vec<Hazard> {
    let known = WasteList::embedded().map(|known| known.find(code));
    let hazards = known.ok().and_then(Result::ok);
    let hazards = hazards
        .map(|kind| kind.hazards.as_str())
        .unwrap_or_default();
    let words = hazards.split(|c: char| !c.is_ascii_alphabetic());
    words.filter_map(|word| word.parse().ok()).collect()
}

impl WasteContainerBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> RegisterVessel {
        let hazards = self.hazards.unwrap_or_else(|| listed(&self.code.0));
        RegisterVessel {
            place: self.place,
            code: self.code.0,
            kind: self.kind,
            capacity: self.capacity,
            tare_ug: self.tare.map(|Mass(tare)| tare.amount()),
            hazards,
            reason: self.reason.unwrap_or_default(),
        }
    }
}
