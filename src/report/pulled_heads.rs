//! 核存记录: the heads of an institution's ledger that a bureau has pulled, and how it stands with each.

use serde::Serialize;

use super::{Page, Query, Scope, person_name};
use crate::{
    domain::{
        ids::{InstitutionId, PersonId},
        merkle::Hash,
        pull::{Pull, PullFault, PullOutcome},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::PulledHeadRow,
        table::{Cell, select},
    },
};

/// Asks for the pulls.
#[derive(Clone, Debug)]
pub struct PulledHeads {
    /// Of this institution; the latest of each if absent.
    pub site: Option<InstitutionId>,
    /// Only behind this one: of the institution its number, else the institution's.
    pub after: Option<i64>,
    /// Most items.
    pub limit: usize,
}

/// A pull.
#[derive(Clone, Debug, Serialize)]
pub struct PulledHead {
    /// Whose ledger.
    pub institution: InstitutionId,
    /// Which pull of it, from 1.
    pub pull: u32,
    /// What came of it.
    pub outcome: PullOutcome,
    /// Why it was not kept.
    pub fault: Option<PullFault>,
    /// Entries under the head.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The signed note, for whoever checks it elsewhere.
    pub checkpoint: String,
    /// The consistency proof from the head kept before.
    pub proof: Vec<Hash>,
    /// What the person of the bureau said.
    pub reason: Option<String>,
    /// When.
    pub at: Time,
    /// Who asked for it; none when the program did.
    pub person: Option<PersonId>,
    /// The name of that person.
    pub person_name: Option<String>,
}

impl Query for PulledHeads {
    type Answer = Page<PulledHead>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let (own, after) = (scope.institution.get(), self.after.unwrap_or(0));
        let limit = i64::try_from(self.limit)
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        let rows: Vec<PulledHeadRow> = if let Some(site) = self.site {
            let clause =
                "WHERE institution_id = ? AND site_id = ? AND pull > ? ORDER BY pull LIMIT ?";
            let site = site.get();
            let key = [&own, &site, &after, &limit].map(Cell::Int);
            select(conn, clause, &key)?
        } else {
            let clause = "WHERE institution_id = ? AND site_id > ? AND pull = (SELECT MAX(last.pull) \
                          FROM pulled_head last WHERE last.institution_id = pulled_head.institution_id \
                          AND last.site_id = pulled_head.site_id) ORDER BY site_id LIMIT ?";
            select(conn, clause, &[&own, &after, &limit].map(Cell::Int))?
        };
        let mut items = Vec::new();
        for row in rows {
            let ((institution, pull), of) = row.parse()?;
            let Pull {
                outcome,
                fault,
                size,
                root,
                note,
                proof,
                reason,
                at,
                person,
            } = of;
            items.push(PulledHead {
                institution,
                pull,
                outcome,
                fault,
                size,
                root,
                checkpoint: note,
                proof,
                reason: Some(reason).filter(|reason| !reason.is_empty()),
                at,
                person,
                person_name: person.and_then(|id| person_name(&snapshot.facts, id)),
            });
        }
        let of_one = self.site.is_some();
        Ok(Page::begun(items, self.limit, |one| {
            if of_one {
                one.pull.to_string()
            } else {
                one.institution.to_string()
            }
        }))
    }
}
