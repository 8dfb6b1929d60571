//! 结束盘点: nothing is left to do, and nothing is counted any more.

use super::{Context, Decision, MOST_CONTAINERS, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::StocktakeId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    stocktake::StocktakeClosing,
};

/// Closes a stocktake; its totals stand in the entry.
#[derive(Clone, Debug)]
pub struct CloseStocktake {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// A remark.
    pub reason: String,
}

impl Verb for CloseStocktake {
    fn name(&self) -> &'static str {
        Kind::CloseStocktake.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.stocktakes.whole.insert(self.stocktake);
        needs
    }

    fn weight(&self) -> usize {
        MOST_CONTAINERS
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let mut draft = Draft::of(Act::CloseStocktake(StocktakeClosing {
            stocktake: self.stocktake,
            totals: facts.closing_stocktake(self.stocktake)?,
        }));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
