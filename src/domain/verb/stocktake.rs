//! 开始盘点: what should stand at a place is frozen, and the sample drawn, before anything is counted.

use std::collections::BTreeSet;

use super::{Context, Decision, MOST_CONTAINERS, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::{PlaceId, StocktakeId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    stocktake::{Amounts, Sample, Stocktake, StocktakeNeeds, list_digest},
};

/// Begins a stocktake of a place and everything in it.
#[derive(Clone, Debug)]
pub struct BeginStocktake {
    /// The place.
    pub place: PlaceId,
    /// Of what the amounts are counted.
    pub amounts: Amounts,
    /// The sampling plan, its seed drawn by the server; absent: everything is counted.
    pub sample: Option<Sample>,
    /// A remark.
    pub reason: String,
}

impl Verb for BeginStocktake {
    fn name(&self) -> &'static str {
        Kind::Stocktake.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    fn needs(&self) -> Needs {
        Needs {
            stocktakes: StocktakeNeeds {
                beginning: BTreeSet::from([self.place]),
                ..StocktakeNeeds::default()
            },
            ..Needs::default()
        }
    }

    fn weight(&self) -> usize {
        MOST_CONTAINERS
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let expected = facts.beginning(self.place, self.sample.as_ref())?;
        let last = facts.takings.stocktakes.last_key();
        let mut draft = Draft::of(Act::Stocktake(Stocktake {
            id: following(last.map(StocktakeId::get))?,
            place: self.place,
            amounts: self.amounts,
            sample: self.sample.clone(),
            expected: u32::try_from(expected.len()).map_err(|_| Refusal::AmountOverflow {})?,
            expected_sha256: list_digest(&expected),
        }));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
