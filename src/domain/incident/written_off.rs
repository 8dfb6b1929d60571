//! 核销: what is lost for good was somebody's to keep, whether or not anything is left to post of it.

use std::collections::BTreeSet;

use super::IncidentResult;
use crate::domain::{
    container::Container, facts::Facts, ids::PlaceId, ledger::Act, policy::Requirement, time::Time,
};

impl Facts {
    /// The containers that an act gives up for good: those of an incident that ends so.
    pub(in crate::domain) fn written_off(&self, act: &Act) -> Vec<&Container> {
        let Act::EndIncident(ending) = act else {
            return Vec::new();
        };
        let case = self.incidents.cases.get(ending.incident);
        let case = case.filter(|_| ending.result == IncidentResult::WrittenOff);
        let affected = case.into_iter().flat_map(|case| &case.incident.containers);
        affected
            .filter_map(|one| self.stock.containers.get(one.serial))
            .collect()
    }

    /// What an act demands for what it gives up, also where a stocktake or a transfer has posted it as lost
    /// before and nothing moves any more.
    pub(in crate::domain) fn loss_requirement(&self, act: &Act, now: Time) -> Requirement {
        let products = self.written_off(act).into_iter();
        let products = products.filter_map(|container| self.product_of(container).ok());
        products.fold(Requirement::NONE, |strictest, product| {
            strictest.and_requirement(&self.requirement(product, now))
        })
    }

    /// The places where that was kept: their custodians answer for it.
    pub(in crate::domain) fn loss_places(&self, act: &Act) -> BTreeSet<PlaceId> {
        let containers = self.written_off(act).into_iter();
        containers
            .map(|container| container.standing.place)
            .collect()
    }
}
