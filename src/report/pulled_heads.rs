//! 核存记录: the heads of an institution's ledger that a bureau has pulled, and how it stands with each.

use serde::Serialize;

use super::{Page, Query, Scope, person_name};
use crate::{
    domain::{
        ids::{InstitutionId, PersonId, Seq},
        merkle::Hash,
        pull::{Pull, PullFault, PullOutcome},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, pulls,
        schema::PulledHeadRow,
        table::{Cell, select},
    },
};

/// Asks for the pulls.
#[derive(Clone, Debug)]
pub struct PulledHeads {
    /// Of which institutions, and how much of each.
    pub of: Pulls,
    /// Only behind this one: of one institution its number, else the institution's.
    pub after: Option<i64>,
    /// Most items.
    pub limit: usize,
}

/// Which pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulls {
    /// All of one institution, the oldest first.
    All(InstitutionId),
    /// The latest of one institution.
    Latest(InstitutionId),
    /// The latest of each.
    LatestOfEach,
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
    /// When. A head that has not changed since leaves nothing.
    pub at: Time,
    /// The entry of the bureau's ledger that says so; none of pulls from before there were such entries.
    pub entry: Option<Seq>,
    /// Who asked for it; none when the program did.
    pub person: Option<PersonId>,
    /// The name of that person.
    pub person_name: Option<String>,
}

impl Query for PulledHeads {
    type Answer = Page<PulledHead>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let (own, after) = (scope.institution, self.after.unwrap_or(0));
        let mut found: Vec<(InstitutionId, u32, Pull)> = Vec::new();
        match self.of {
            Pulls::All(site) => {
                let limit = i64::try_from(self.limit)
                    .unwrap_or(i64::MAX)
                    .saturating_add(1);
                let clause =
                    "WHERE institution_id = ? AND site_id = ? AND pull > ? ORDER BY pull LIMIT ?";
                let (own, site) = (own.get(), site.get());
                let key = [&own, &site, &after, &limit].map(Cell::Int);
                for row in select::<PulledHeadRow>(conn, clause, &key)? {
                    let ((site, number), pull) = row.parse()?;
                    found.push((site, number, pull));
                }
            }
            Pulls::Latest(site) => {
                let last = pulls::latest(conn, own, site)?;
                found.extend(last.map(|(number, pull)| (site, number, pull)));
            }
            Pulls::LatestOfEach => {
                let sites = lookups::institutions(conn)?.into_iter().map(|one| one.id);
                for site in sites.filter(|site| site.get() > after) {
                    if found.len() > self.limit {
                        break;
                    }
                    let last = pulls::latest(conn, own, site)?;
                    found.extend(last.map(|(number, pull)| (site, number, pull)));
                }
            }
        }
        let items = found.into_iter().map(|(institution, number, pull)| {
            let name = pull.person.and_then(|id| person_name(&snapshot.facts, id));
            PulledHead::of(institution, number, pull, name)
        });
        let of_one = matches!(self.of, Pulls::All(_));
        Ok(Page::begun(items.collect(), self.limit, |one| {
            if of_one {
                one.pull.to_string()
            } else {
                one.institution.to_string()
            }
        }))
    }
}

impl PulledHead {
    fn of(institution: InstitutionId, number: u32, of: Pull, name: Option<String>) -> Self {
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
            entry,
        } = of;
        Self {
            institution,
            pull: number,
            outcome,
            fault,
            size,
            root,
            checkpoint: note,
            proof,
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            at,
            entry,
            person,
            person_name: name,
        }
    }
}
