//! What is checked before the first write: the last entries of every log, and that every log still
//! extends what was signed of it, in the database and in the files outside it.

use std::collections::BTreeMap;

use crate::domain::{
    checkpoint::{VerifierKey, open},
    ledger::Log,
    merkle::{Frontier, Hash, peaks},
};

use super::{
    super::{
        StoreError,
        conn::Db,
        proof::read_nodes,
        rows,
        schema::{EntryRow, LogHeadRow},
        signer,
        table::{Cell, select},
    },
    Facts, Kept, Leaf, Report, Walk,
};

/// Entries of each log that are read again at every start.
const RECENT: u64 = 1_000;

/// Refuses a database whose last entries were changed, or that lacks what was signed.
///
/// # Errors
/// [`StoreError::Damaged`], [`StoreError::Fork`], or a database that cannot be read.
pub(crate) fn check_recent(
    conn: &mut Db,
    key: &VerifierKey,
    mut kept: Vec<Kept>,
) -> Result<(), StoreError> {
    let heads: Vec<LogHeadRow> = select(conn, "ORDER BY institution_id, log", &[])?;
    for row in &heads {
        let (institution, log) = log_of(row)?;
        last_entries(conn, row)?;
        if let Some(last) = signer::latest(conn, institution, log)? {
            let signed = open(&last.note, key)?;
            kept.push(Kept {
                institution,
                log,
                size: signed.size(),
                root: signed.root(),
                leaf: None,
                source: "the head signed last in the database".to_owned(),
            });
        }
    }
    for kept in kept {
        let head = heads.iter().find(|row| {
            row.institution_id == kept.institution.get() && row.log == kept.log.number()
        });
        let size = head.map_or(Ok(0), |row| rows::number("log_head", row.size))?;
        let wrong = |why: String| {
            StoreError::Fork(format!(
                "institution {} {}: {why} ({}). This is an older or a rewritten ledger: restore the newest \
                 backup, or move the database here that wrote it",
                kept.institution, kept.log, kept.source
            ))
        };
        if size < kept.size {
            return Err(wrong(format!(
                "{} entries were signed, but {size} are there",
                kept.size
            )));
        }
        let root = head.map_or(Ok(kept.root), root_of)?;
        signer::extends(
            conn,
            (kept.institution, kept.log),
            (kept.size, kept.root),
            (size, root),
        )
        .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(())
}

fn log_of(row: &LogHeadRow) -> Result<(crate::domain::ids::InstitutionId, Log), StoreError> {
    let log =
        Log::from_number(row.log).ok_or_else(|| StoreError::Row("log_head", "log".to_owned()))?;
    Ok((rows::number("log_head", row.institution_id)?, log))
}

fn root_of(row: &LogHeadRow) -> Result<Hash, StoreError> {
    Hash::try_from(row.root.as_slice())
        .map_err(|error| StoreError::Row("log_head", error.to_string()))
}

/// Hashes the last entries again, over the stored subtrees before them, up to the head.
fn last_entries(conn: &mut Db, row: &LogHeadRow) -> Result<(), StoreError> {
    let (institution, log) = log_of(row)?;
    let size: u64 = rows::number("log_head", row.size)?;
    let from = size.saturating_sub(RECENT);
    let before = peaks(from);
    let stored = read_nodes(conn, institution, log, before.iter().copied())?;
    let before = before
        .iter()
        .filter_map(|node| stored.get(node).copied())
        .collect();
    let mut report = Report::default();
    let mut walk = Walk {
        institution,
        log,
        threads: 1,
        frontier: Frontier::new(from, before)?,
        last_time: None,
        facts: Facts::of(institution),
        signatures: Vec::new(),
        months: super::months::ClosedMonths::default(),
        register_seq: row.register_seq,
        postings: 0,
        in_vessels: BTreeMap::new(),
        notes: BTreeMap::new(),
        kept: Vec::new(),
        claims: &mut Vec::new(),
        report: &mut report,
    };
    let first = i64::try_from(from).unwrap_or(i64::MAX);
    let entries: Vec<EntryRow> = select(
        conn,
        "WHERE institution_id = ? AND log = ? AND seq >= ? ORDER BY seq",
        &[
            Cell::Int(&row.institution_id),
            Cell::Int(&row.log),
            Cell::Int(&first),
        ],
    )?;
    for (seq, entry) in (first..).zip(&entries) {
        if entry.seq != seq {
            walk.find(Some(seq), "the entry is missing");
            break;
        }
        if walk.sealed(entry, Leaf::of(entry)).is_none() {
            break;
        }
    }
    if walk.report.findings.is_empty() {
        walk.head_hashes(row);
    }
    match report.findings.into_iter().next() {
        Some(finding) => Err(StoreError::Damaged(finding)),
        None => Ok(()),
    }
}
