//! 单位: whom the asker may read: the own institution and, for a bureau, those in its region.

use serde::Serialize;

use super::{Page, Query, Scope, hash};
use crate::{
    domain::{
        ids::{InstitutionId, RegionCode},
        institution::{Institution, InstitutionKind},
        merkle::Hash,
        time::Time,
    },
    store::{StoreError, conn::Db, lookups, rows, schema::LogHeadRow, table::select},
};

/// Asks for the institutions.
#[derive(Clone, Debug)]
pub struct Institutions {
    /// Only behind this one.
    pub after: Option<InstitutionId>,
    /// Most items.
    pub limit: usize,
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
}

impl Query for Institutions {
    type Answer = Page<InstitutionLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let all = lookups::institutions(conn)?;
        let own = all.iter().find(|one| one.id == scope.institution);
        let is_read =
            |one: &&Institution| own.is_some_and(|own| own.id == one.id || own.oversees(one));
        let heads: Vec<LogHeadRow> = select(conn, "WHERE log = 0 AND institution_id > 0", &[])?;
        let lines = all.iter().filter(is_read).map(|one| {
            let head = heads
                .iter()
                .find(|head| head.institution_id == one.id.get());
            let head = head.ok_or_else(|| {
                StoreError::Row("log_head", format!("none for institution {}", one.id))
            })?;
            Ok(InstitutionLine {
                institution: one.id,
                name: one.name.clone(),
                uscc: one.uscc.clone(),
                region: one.region,
                kind: one.kind,
                size: rows::number("log_head", head.size)?,
                root: hash(&head.root)?,
                recorded_at: Time::from_millis(head.recorded_at),
            })
        });
        Ok(Page::of(
            lines.collect::<Result<Vec<_>, StoreError>>()?,
            |line| line.institution,
            self.after.as_ref(),
            self.limit,
            None,
        ))
    }
}
