//! A unit as the body of `/rules/major-hazard-evaluations` names it.

use super::body::body;
use crate::domain::{
    exact::Exact,
    hazard::{Celsius, Hazard, HazardClass},
    ids::Cas,
    rule::major_hazard::{Item, Process, State},
};

body! {
    /// A unit: a building or a diked tank area, not a department and not the whole hospital (GB 18218 3.5, 3.6).
    MajorHazardBody {
        /// Permanent residents within 500 m of the boundary; asked for where S reaches 1.
        population_500m: Option<u32>,
        /// What is in it, at most 1,000; for the statutory S by design maximum (4.2.2).
        items: Vec<MajorHazardItemBody>,
    }
}

body! {
    /// A chemical.
    MajorHazardItemBody {
        /// 品名.
        name: String,
        /// CAS number.
        cas: Option<Cas>,
        /// Strength or form, as 含量37%.
        qualifier: Option<String>,
        /// q, tonnes.
        quantity_t: Exact,
        /// Its hazards, where they are known better than from the catalogue: they take the place of those.
        hazards: Option<Vec<HazardBody>>,
        /// Its state at 20 °C; left out: as its hazards or its melting and boiling points say.
        state: Option<State>,
        /// Boiling point at 101.3 kPa, °C.
        boiling_point_c: Option<Celsius>,
        /// How a flammable liquid is handled; left out: stored.
        process: Option<Process>,
    }
}

body! {
    /// A hazard.
    HazardBody {
        /// 危险性种类, a code of the GB 30000 classes: FL 易燃液体, AO 急性毒性-经口.
        class: HazardClass,
        /// 类别, as printed: 类别2, 1.1项, A型.
        category: String,
    }
}

impl MajorHazardItemBody {
    /// The chemical that it names.
    pub(super) fn into_item(self) -> Item {
        let hazards = self.hazards.map(|all| {
            let each = all.into_iter().map(|one| Hazard {
                class: one.class,
                category: one.category,
            });
            each.collect()
        });
        Item {
            name: self.name,
            qualifier: self.qualifier,
            cas: self.cas,
            quantity: self.quantity_t,
            hazards,
            state: self.state,
            boiling: self.boiling_point_c,
            process: self.process.unwrap_or(Process::Storage),
        }
    }
}
