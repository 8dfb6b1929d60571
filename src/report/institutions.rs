//! 单位: whom the asker may read: the own institution and, for a bureau, those in its region.

use std::sync::Arc;

use serde::Serialize;

use super::{Page, Query, Scope, hash};
use crate::{
    domain::{
        catalogue::Regions,
        ids::{InstitutionId, RegionCode},
        institution::{Institution, InstitutionKind},
        merkle::Hash,
        pull::{PullFault, PullOutcome},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, pulls, rows,
        schema::LogHeadRow,
        table::{Cell, select},
    },
};

/// Asks for the institutions.
#[derive(Clone, Debug)]
pub struct Institutions {
    /// Only behind this one.
    pub after: Option<InstitutionId>,
    /// Most items.
    pub limit: usize,
    /// The tree of regions.
    pub regions: Arc<Regions>,
}

/// An institution, and how far its ledger has come: the head pins down every figure that is read of it.
#[derive(Clone, Debug, Serialize)]
pub struct InstitutionLine {
    /// Its number.
    pub institution: InstitutionId,
    /// Full name.
    pub name: String,
    /// 统一社会信用代码.
    pub uscc: String,
    /// 行政区划代码.
    pub region: RegionCode,
    /// What kind.
    pub kind: InstitutionKind,
    /// Entries in its ledger.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// When the last of them was written.
    pub recorded_at: Time,
    /// How it stands with the heads that the bureau has pulled; none before the first, and at home.
    pub pulled: Option<PulledState>,
}

/// How it stands with the heads of an institution that a bureau has pulled.
#[derive(Clone, Debug, Serialize)]
pub struct PulledState {
    /// Whether the last one does not continue what was kept, and nobody has said why: red.
    pub is_red: bool,
    /// What came of the last pull.
    pub outcome: PullOutcome,
    /// Why it was not kept.
    pub fault: Option<PullFault>,
    /// Entries under it.
    pub size: u64,
    /// When.
    pub at: Time,
}

impl Query for Institutions {
    type Answer = Page<InstitutionLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let (all, today) = (lookups::institutions(conn)?, scope.now.china_day());
        let own = all.iter().find(|one| one.id == scope.institution);
        let is_read = |one: &&Institution| {
            own.is_some_and(|own| own.id == one.id || own.oversees(one, &self.regions, today))
        };
        let read: Vec<&Institution> = all.iter().filter(is_read).collect();
        let page = Page::of(read, |one| one.id, self.after.as_ref(), self.limit, None);
        let lines = page.items.into_iter();
        let lines = lines.map(|one| InstitutionLine::of(conn, one, scope.institution));
        Ok(Page {
            items: lines.collect::<Result<_, StoreError>>()?,
            next: page.next,
            total: page.total,
            as_of_seq: page.as_of_seq,
        })
    }
}

impl InstitutionLine {
    fn of(conn: &mut Db, one: &Institution, reader: InstitutionId) -> Result<Self, StoreError> {
        let clause = "WHERE institution_id = ? AND log = 0";
        let heads: Vec<LogHeadRow> = select(conn, clause, &[Cell::Int(&one.id.get())])?;
        let head = heads.first().ok_or_else(|| {
            StoreError::Row("log_head", format!("none for institution {}", one.id))
        })?;
        let pulled = pulls::latest(conn, reader, one.id)?;
        Ok(Self {
            institution: one.id,
            name: one.name.clone(),
            uscc: one.uscc.clone(),
            region: one.region,
            kind: one.kind,
            size: rows::number("log_head", head.size)?,
            root: hash(&head.root)?,
            recorded_at: Time::from_millis(head.recorded_at),
            pulled: pulled.map(|(_, last)| PulledState {
                is_red: last.is_open(),
                outcome: last.outcome,
                fault: last.fault,
                size: last.size,
                at: last.at,
            }),
        })
    }
}
