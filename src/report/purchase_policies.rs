//! 采购管控: which documents which class asks for when it is received.

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{ids::Seq, permit::PurchasePolicy},
    store::{StoreError, conn::Db},
};

/// Asks for the purchase policies, past and future ones as well.
#[derive(Clone, Debug)]
pub struct PurchasePolicies {
    /// Only behind the one of this entry.
    pub after: Option<Seq>,
    /// Most items.
    pub limit: usize,
}

/// A purchase policy.
#[derive(Clone, Debug, Serialize)]
pub struct PurchasePolicyLine {
    /// The entry that recorded it.
    pub seq: Seq,
    /// What it says.
    #[serde(flatten)]
    pub policy: PurchasePolicy,
}

impl Query for PurchasePolicies {
    type Answer = Page<PurchasePolicyLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let policies = snapshot.facts.register.purchase_policies.iter();
        let mut lines: Vec<_> = policies
            .map(|(seq, policy)| PurchasePolicyLine {
                seq: *seq,
                policy: policy.clone(),
            })
            .collect();
        lines.sort_unstable_by_key(|line| line.seq);
        Ok(Page::of(
            lines,
            |line| line.seq,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        ))
    }
}
