//! `verify`: everything recomputed from entry bytes.
//!
//! For each institution and log: every byte string is canonical and hashes to its leaf, every subtree
//! hash and every previous head follows, times do not decrease, signed heads are the heads of that
//! size. For the ledger the entries are applied from the first on, and every row and column of every
//! projection must then be what the database holds.

mod custody;
mod filings;
mod finding;
mod incidents;
mod kept;
mod leaf;
mod months;
mod projections;
mod pulls;
mod purchases;
mod recent;
mod stocktakes;
mod strays;
mod transfers;
mod vessels;

use std::{collections::BTreeMap, ops::ControlFlow};

use crate::domain::{
    checkpoint::{VerifierKey, open},
    facts::Facts,
    ids::InstitutionId,
    ledger::{Entry, Head, Log},
    merkle::{Frontier, to_blob},
    signature::SignatureKey,
    time::Time,
};

use super::{
    StoreError,
    conn::Db,
    rows,
    schema::{CheckpointRow, EntryRow, LogHeadRow, PostingRow, SignatureRow},
    signer,
    table::{Cell, select},
};

use leaf::Leaf;
use months::ClosedMonths;
use transfers::Claim;

pub use finding::Finding;
pub use kept::{Kept, KeptError};
pub(crate) use recent::check_recent;

/// Entries read at a time.
const PAGE: i64 = 2_000;
/// Findings after which verification stops: the first one matters.
const MOST_FINDINGS: usize = 100;

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries read, both logs.
    pub entries: u64,
    /// Rows of projections compared.
    pub rows: u64,
    /// Signed heads checked.
    pub checkpoints: u64,
    /// The heads found.
    pub heads: Vec<(InstitutionId, Log, Head)>,
    /// What is wrong; empty when all is well.
    pub findings: Vec<Finding>,
}

/// What tells what this deployment made from what somebody wrote into its database.
#[derive(Clone, Debug)]
pub(crate) struct Seals {
    /// Checks signed heads.
    pub log: VerifierKey,
    /// Checks signatures of persons.
    pub signatures: SignatureKey,
}

/// Told how many entries have been read and how many there are; breaks off what it no longer wants.
pub(crate) type Watch<'w> = &'w mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Verifies the whole database, also against what somebody kept of it, on at most so many threads.
///
/// # Errors
/// Only when the database cannot be read; what is wrong in it is a finding.
pub(crate) fn verify(
    conn: &mut Db,
    seals: &Seals,
    mut kept: Vec<Kept>,
    threads: usize,
    watch: Watch<'_>,
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let heads: Vec<LogHeadRow> = select(conn, "ORDER BY institution_id, log", &[])?;
    // Institution 0 comes first: its policies hold in all the others.
    let mut defaults = Vec::new();
    let mut claims = Vec::new();
    kept.extend(pulls::kept(conn)?);
    let sizes = heads
        .iter()
        .filter_map(|head| u64::try_from(head.size).ok());
    let total = sizes.sum();
    for head in heads {
        let institution = rows::number("log_head", head.institution_id)?;
        let Some(log) = Log::from_number(head.log) else {
            continue;
        };
        let of_log = |kept: &mut Kept| (kept.institution, kept.log) == (institution, log);
        let mut walk = Walk {
            institution,
            log,
            threads,
            frontier: Frontier::default(),
            last_time: None,
            facts: Facts {
                default_policies: defaults.clone(),
                ..Facts::of(institution)
            },
            signatures: Vec::new(),
            months: ClosedMonths::default(),
            register_seq: -1,
            postings: 0,
            in_vessels: BTreeMap::new(),
            notes: notes(conn, institution, log)?,
            kept: kept.extract_if(.., of_log).collect(),
            claims: &mut claims,
            report: &mut report,
        };
        let mut watch = |entries| watch(entries, total);
        if log == Log::Ledger {
            walk.first_pulls(conn)?;
            walk.known_balances(conn)?;
        }
        if walk.entries(conn, seals, &mut watch)?.is_break() {
            return Ok(report);
        }
        walk.head(&head);
        if log == Log::Ledger {
            if institution == InstitutionId::MIN {
                let policies = walk.facts.register.policies.iter();
                defaults = policies.map(|(_, policy)| policy.clone()).collect();
            }
            walk.projections(conn)?;
        }
        let found = Head {
            size: walk.frontier.size(),
            root: walk.frontier.root(),
        };
        report.heads.push((institution, log, found));
    }
    for kept in kept {
        report.findings.push(Finding {
            institution: kept.institution,
            log: kept.log,
            seq: Some(0),
            what: format!("{}: there is no such log", kept.source),
        });
    }
    transfers::compare(conn, claims, &mut report)?;
    strays::find(conn, &mut report)?;
    filings::unfounded(conn, &mut report)?;
    Ok(report)
}

fn notes(
    conn: &mut Db,
    institution: InstitutionId,
    log: Log,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let rows: Vec<CheckpointRow> = select(
        conn,
        "WHERE institution_id = ? AND log = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&log.number())],
    )?;
    Ok(rows.into_iter().map(|row| (row.size, row.note)).collect())
}

/// One log being walked from its first entry.
struct Walk<'r> {
    institution: InstitutionId,
    log: Log,
    threads: usize,
    frontier: Frontier,
    last_time: Option<Time>,
    facts: Facts,
    signatures: Vec<SignatureRow>,
    months: ClosedMonths,
    register_seq: i64,
    postings: u64,
    /// What stored postings say is in waste containers, by the container that it came from.
    in_vessels: BTreeMap<i64, i64>,
    notes: BTreeMap<i64, String>,
    kept: Vec<Kept>,
    /// What its entries say of other ledgers.
    claims: &'r mut Vec<Claim>,
    report: &'r mut Report,
}

impl Walk<'_> {
    fn find(&mut self, seq: Option<i64>, what: impl Into<String>) {
        if self.report.findings.len() < MOST_FINDINGS {
            let finding = Finding {
                institution: self.institution,
                log: self.log,
                seq,
                what: what.into(),
            };
            self.report.findings.push(finding);
        }
    }

    fn entries(
        &mut self,
        conn: &mut Db,
        seals: &Seals,
        watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let (institution, log) = (self.institution.get(), self.log.number());
        let mut next = 0_i64;
        loop {
            let page: Vec<EntryRow> = select(
                conn,
                "WHERE institution_id = ? AND log = ? AND seq >= ? ORDER BY seq LIMIT ?",
                &[
                    Cell::Int(&institution),
                    Cell::Int(&log),
                    Cell::Int(&next),
                    Cell::Int(&PAGE),
                ],
            )?;
            let Some(last) = page.last().map(|row| row.seq) else {
                if self.log == Log::Ledger {
                    self.pulls(conn, (next, i64::MAX))?;
                }
                return Ok(ControlFlow::Continue(()));
            };
            let mut postings = self.stored_postings(conn, next, last)?;
            for (row, leaf) in page.iter().zip(Leaf::of_all(&page, self.threads)) {
                if row.seq != next {
                    self.find(Some(next), "the entry is missing");
                    return Ok(ControlFlow::Continue(()));
                }
                let stored = postings.remove(&row.seq).unwrap_or_default();
                if !self.entry(row, leaf, &stored, seals) {
                    return Ok(ControlFlow::Continue(()));
                }
                next += 1;
            }
            if self.log == Log::Ledger {
                self.pulls(conn, (page.first().map_or(0, |row| row.seq), last))?;
            }
            for seq in postings.into_keys() {
                self.find(Some(seq), "postings without an entry");
            }
            self.report.entries += u64::try_from(page.len()).unwrap_or(0);
            if watch(self.report.entries).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    fn stored_postings(
        &self,
        conn: &mut Db,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Vec<PostingRow>>, StoreError> {
        let mut by_entry: BTreeMap<i64, Vec<PostingRow>> = BTreeMap::new();
        if self.log == Log::Ledger {
            let rows: Vec<PostingRow> = select(
                conn,
                "WHERE institution_id = ? AND seq BETWEEN ? AND ? ORDER BY seq, line",
                &[
                    Cell::Int(&self.institution.get()),
                    Cell::Int(&from),
                    Cell::Int(&to),
                ],
            )?;
            for row in rows {
                by_entry.entry(row.seq).or_default().push(row);
            }
        }
        Ok(by_entry)
    }

    /// Checks one entry; false when nothing after it can be checked.
    fn entry(
        &mut self,
        row: &EntryRow,
        leaf: Leaf,
        postings: &[PostingRow],
        seals: &Seals,
    ) -> bool {
        let hash = leaf.hash;
        let Some(entry) = self.sealed(row, leaf) else {
            return false;
        };
        let seq = Some(row.seq);
        let record = entry.record();
        self.held_against(row.seq, hash);
        if row.kind != record.act.kind().as_str() {
            self.find(seq, "column kind");
        }
        if row.recorded_at != record.recorded_at.millis() {
            self.find(seq, "column recorded_at");
        }
        if self.last_time.is_some_and(|last| record.recorded_at < last) {
            self.find(seq, "the time decreases");
        }
        self.last_time = Some(record.recorded_at);
        self.note(row.seq, &seals.log);
        if self.log == Log::Audit {
            return true;
        }
        if record.act.kind().nature().changes_register {
            self.register_seq = row.seq;
        }
        let expected: Vec<PostingRow> = (0_i64..)
            .zip(&record.postings)
            .map(|(line, posting)| PostingRow::of(record, line, posting))
            .collect();
        self.kept_note(row.seq, record, &seals.log);
        self.signatures.extend(SignatureRow::of(record));
        self.claims.extend(Claim::of(record));
        let mut made = record.signed.iter().flat_map(|signed| &signed.signatures);
        if !made.all(|signature| seals.signatures.made(signature)) {
            self.find(seq, "a signature was not made by this program");
        }
        if postings != expected.as_slice() {
            let row = postings.iter().find(|row| !expected.contains(row));
            self.find(
                seq,
                row.map_or_else(
                    || "posting: a line of the entry is missing".to_owned(),
                    |row| format!("posting: {row:?} is not what the entry makes"),
                ),
            );
        }
        self.postings += u64::try_from(expected.len()).unwrap_or(0);
        self.note_vessels(postings);
        if let Err(error) = self.facts.apply(record, hash) {
            self.find(seq, error.to_string());
            return false;
        }
        if let Err(error) = self.months.entry(record, &self.facts) {
            self.find(seq, error.to_string());
            return false;
        }
        true
    }

    /// The entry of a row whose bytes hash to what is stored and stand where they say; else what is
    /// wrong is found.
    fn sealed(&mut self, row: &EntryRow, leaf: Leaf) -> Option<Entry> {
        let seq = Some(row.seq);
        let before = Head {
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        let completed = self.frontier.append(leaf.hash);
        if row.leaf_hash != leaf.hash.0 {
            self.find(seq, "the bytes do not hash to the leaf hash");
            return None;
        }
        if row.subtrees != to_blob(&completed) {
            self.find(seq, "a subtree hash does not follow from the leaves");
            return None;
        }
        let entry = match leaf.entry {
            Ok(entry) => entry,
            Err(fault) => {
                self.find(seq, fault);
                return None;
            }
        };
        let record = entry.record();
        if record.institution != self.institution
            || record.log != self.log
            || record.seq.get() != row.seq
        {
            self.find(seq, "the entry says that it stands elsewhere");
            return None;
        }
        if record.prev != before {
            self.find(
                seq,
                "the previous head in the entry is not the head before it",
            );
            return None;
        }
        Some(entry)
    }

    /// Checks the signed head of the size that the log has now, if there is one.
    fn note(&mut self, seq: i64, key: &VerifierKey) {
        let Some(note) = self.notes.remove(&(seq + 1)) else {
            return;
        };
        self.report.checkpoints += 1;
        match open(&note, key) {
            Err(error) => self.find(Some(seq), format!("the signed head: {error}")),
            Ok(signed) => {
                let origin = signer::origin(key.name(), self.institution, self.log);
                let head = (self.frontier.size(), self.frontier.root());
                if signed.origin() != origin || (signed.size(), signed.root()) != head {
                    self.find(Some(seq), "the signed head is not the head of the entries");
                }
            }
        }
    }

    fn head(&mut self, row: &LogHeadRow) {
        let size = i64::try_from(self.frontier.size()).unwrap_or(i64::MAX);
        let last = size - 1;
        if let Some(size) = self
            .notes
            .keys()
            .max()
            .filter(|noted| **noted > size)
            .copied()
        {
            self.find(
                Some(last),
                format!("a head of {size} entries was signed, but the log ends here"),
            );
        }
        self.cut_off(last);
        self.head_hashes(row);
        let time = self.last_time.map_or(0, Time::millis);
        let serial = if self.log == Log::Ledger {
            self.facts.stock.last_serial
        } else {
            0
        };
        let wrong = [
            ("recorded_at", row.recorded_at != time),
            ("register_seq", row.register_seq != self.register_seq),
            ("last_serial", row.last_serial != serial),
        ];
        self.head_columns(&wrong);
    }

    /// Compares what the head says of the hashes.
    fn head_hashes(&mut self, row: &LogHeadRow) {
        let size = i64::try_from(self.frontier.size()).unwrap_or(i64::MAX);
        self.head_columns(&[
            ("size", row.size != size),
            ("root", row.root != self.frontier.root().0),
            ("peaks", row.peaks != self.frontier.to_bytes()),
        ]);
    }

    fn head_columns(&mut self, columns: &[(&str, bool)]) {
        let last = i64::try_from(self.frontier.size()).map_or(i64::MAX, |size| size - 1);
        for (column, _) in columns.iter().filter(|(_, wrong)| *wrong) {
            self.find(
                Some(last),
                format!("log_head.{column} is not that of the entries"),
            );
        }
    }
}
