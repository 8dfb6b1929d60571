//! The heads of other institutions' ledgers that a bureau has pulled.

use crate::domain::{
    checkpoint::{VerifierKey, open},
    facts::Facts,
    ids::{InstitutionId, PersonId, Seq},
    institution::InstitutionKind,
    ledger::Log,
    merkle::{Hash, consistency_plan, from_blob, to_blob},
    pull::{Found, Pull},
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    lookups,
    proof::read_nodes,
    rows::{number, parsed},
    schema::{LogHeadRow, PulledHeadRow},
    signer,
    table::{Cell, select},
};

const TABLE: &str = "pulled_head";

impl PulledHeadRow {
    pub(crate) fn of(
        institution: InstitutionId,
        (site, pull): (InstitutionId, u32),
        pulled: &Pull,
    ) -> Result<Self, StoreError> {
        let beyond = |error: std::num::TryFromIntError| StoreError::Row(TABLE, error.to_string());
        Ok(Self {
            institution_id: institution.get(),
            site_id: site.get(),
            pull: i64::from(pull),
            outcome: pulled.outcome.to_string(),
            fault: pulled.fault.map(|fault| fault.to_string()),
            size: i64::try_from(pulled.size).map_err(beyond)?,
            root: pulled.root.0.to_vec(),
            note: pulled.note.clone(),
            proof: to_blob(&pulled.proof),
            reason: pulled.reason.clone(),
            pulled_at: pulled.at.millis(),
            person_id: pulled.person.map(PersonId::get),
            seq: pulled.entry.map(Seq::get),
        })
    }

    pub(crate) fn parse(&self) -> Result<((InstitutionId, u32), Pull), StoreError> {
        let wrong = |what: String| StoreError::Row(TABLE, what);
        let pull = Pull {
            outcome: parsed(TABLE, &self.outcome)?,
            fault: (self.fault.as_ref().map(|fault| parsed(TABLE, fault))).transpose()?,
            size: number(TABLE, self.size)?,
            root: Hash::try_from(self.root.as_slice()).map_err(|error| wrong(error.to_string()))?,
            note: self.note.clone(),
            proof: from_blob(&self.proof).map_err(|error| wrong(error.to_string()))?,
            reason: self.reason.clone(),
            at: Time::from_millis(self.pulled_at),
            person: (self.person_id.map(|person| number(TABLE, person))).transpose()?,
            entry: (self.seq.map(|seq| number(TABLE, seq))).transpose()?,
        };
        Ok((
            (number(TABLE, self.site_id)?, number(TABLE, self.pull)?),
            pull,
        ))
    }
}

/// The latest pull of an institution's head, with its number.
pub(crate) fn latest(
    conn: &mut Db,
    institution: InstitutionId,
    site: InstitutionId,
) -> Result<Option<(u32, Pull)>, StoreError> {
    let clause = "WHERE institution_id = ? AND site_id = ? ORDER BY pull DESC LIMIT 1";
    let key = [Cell::Int(&institution.get()), Cell::Int(&site.get())];
    let rows: Vec<PulledHeadRow> = select(conn, clause, &key)?;
    let Some(((_, number), mut last)) = rows.first().map(PulledHeadRow::parse).transpose()? else {
        return Ok(None);
    };
    // What could not be read once stood without the head before it.
    if last.size == 0 {
        let clause =
            "WHERE institution_id = ? AND site_id = ? AND size > 0 ORDER BY pull DESC LIMIT 1";
        let rows: Vec<PulledHeadRow> = select(conn, clause, &key)?;
        if let Some((_, before)) = rows.first().map(PulledHeadRow::parse).transpose()? {
            (last.size, last.root) = (before.size, before.root);
        }
    }
    Ok(Some((number, last)))
}

/// Loads the latest pulls that commands ask for.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    for site in &needs.pulls {
        if let Some((number, pull)) = latest(conn, facts.institution, *site)? {
            facts.pulls.load(*site, number, pull);
        }
    }
    Ok(())
}

/// Of each institution the head that a bureau has kept last, with the bureau and the number of the pull: it
/// covers those before it, each of which it was shown to continue, down to one that somebody had to explain.
pub(super) fn kept(
    conn: &mut Db,
) -> Result<Vec<(InstitutionId, InstitutionId, u32, Pull)>, StoreError> {
    let all = lookups::institutions(conn)?;
    let bureaus = all.iter().filter(|one| one.kind == InstitutionKind::Bureau);
    let clause = "WHERE institution_id = ? AND site_id = ? AND size > 0 AND outcome <> 'refused' \
                  ORDER BY pull DESC LIMIT 1";
    let mut kept = Vec::new();
    for bureau in bureaus {
        for site in &all {
            let key = [Cell::Int(&bureau.id.get()), Cell::Int(&site.id.get())];
            for row in select::<PulledHeadRow>(conn, clause, &key)? {
                let ((_, number), pull) = row.parse()?;
                kept.push((bureau.id, site.id, number, pull));
            }
        }
    }
    Ok(kept)
}

/// The pull before, with its number.
type Before = Option<(u32, Pull)>;

/// The pull before, and the head that was signed last with what a proof from that one needs; nothing before
/// the first head is signed.
pub(crate) fn found(
    conn: &mut Db,
    bureau: InstitutionId,
    site: InstitutionId,
    key: &VerifierKey,
) -> Result<Option<(Before, Found)>, StoreError> {
    let last = latest(conn, bureau, site)?;
    let Some(signed) = signer::latest(conn, site, Log::Ledger)? else {
        return Ok(None);
    };
    let mut found = Found {
        note: signed.note,
        proof: None,
        is_of_ledger: false,
    };
    if let Ok(checkpoint) = open(&found.note, key) {
        let log = (site, Log::Ledger);
        let clause = "WHERE institution_id = ? AND log = 0";
        let heads: Vec<LogHeadRow> = select(conn, clause, &[Cell::Int(&site.get())])?;
        if let Some(head) = heads.first() {
            let all = number("log_head", head.size)?;
            let root = Hash::try_from(head.root.as_slice())
                .map_err(|error| StoreError::Row("log_head", error.to_string()))?;
            let of = (checkpoint.size(), checkpoint.root());
            found.is_of_ledger = signer::extends(conn, log, of, (all, root)).is_ok();
        }
        if let Some((_, last)) = &last {
            found.proof = proof(conn, site, last.size, checkpoint.size());
        }
    }
    Ok(Some((last, found)))
}

/// The stored proof that the longer log begins with the shorter one; none where it cannot be made.
fn proof(conn: &mut Db, site: InstitutionId, from: u64, to: u64) -> Option<Vec<Hash>> {
    let plan = consistency_plan(from, to).ok()?;
    let nodes = read_nodes(conn, site, Log::Ledger, plan.nodes()).ok()?;
    plan.assemble(|node| nodes.get(&node).copied()).ok()
}
