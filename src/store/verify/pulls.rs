//! The heads that bureaus keep of other ledgers, rebuilt and compared page by page, and held against those
//! ledgers.

use std::collections::BTreeSet;

use crate::{
    domain::{
        checkpoint::VerifierKey,
        ledger::{Act, Log, Record},
    },
    store::{
        StoreError,
        conn::Db,
        pulls,
        schema::PulledHeadRow,
        signer,
        table::{Cell, select},
    },
};

use super::{Kept, Walk};

/// What bureaus keep, as something that somebody kept.
pub(super) fn kept(conn: &mut Db) -> Result<Vec<Kept>, StoreError> {
    let all = pulls::kept(conn)?.into_iter();
    let kept = all.map(|(bureau, site, number, pull)| Kept {
        institution: site,
        log: Log::Ledger,
        size: pull.size,
        root: pull.root,
        leaf: None,
        source: format!("pulled_head: pull {number} of institution {site} by bureau {bureau}"),
    });
    Ok(kept.collect())
}

impl Walk<'_> {
    /// Takes up the pulls from before there were entries of them; whatever follows continues them.
    pub(super) fn first_pulls(&mut self, conn: &mut Db) -> Result<(), StoreError> {
        let clause = "WHERE institution_id = ? AND seq IS NULL ORDER BY site_id, pull";
        let own = self.institution.get();
        for row in select::<PulledHeadRow>(conn, clause, &[Cell::Int(&own)])? {
            let ((site, number), mut pull) = row.parse()?;
            if pull.size == 0
                && let Some((_, before)) = self.facts.pulls.last(site)
            {
                (pull.size, pull.root) = (before.size, before.root);
            }
            self.facts.pulls.load(site, number, pull);
            self.report.rows += 1;
        }
        Ok(())
    }

    /// Compares what the entries of a page say with the rows; what lies behind the last one is of nothing.
    pub(super) fn pulls(
        &mut self,
        conn: &mut Db,
        (from, to): (i64, i64),
    ) -> Result<(), StoreError> {
        let said = std::mem::take(&mut self.facts.pulls.said);
        let rows = said.iter();
        let rows = rows.map(|(key, pull)| PulledHeadRow::of(self.institution, *key, pull));
        let expected: BTreeSet<PulledHeadRow> = rows.collect::<Result<_, _>>()?;
        let clause = "WHERE institution_id = ? AND seq BETWEEN ? AND ?";
        let own = self.institution.get();
        let key = [&own, &from, &to].map(Cell::Int);
        let stored: Vec<PulledHeadRow> = select(conn, clause, &key)?;
        let stored = BTreeSet::from_iter(stored);
        self.report.rows += u64::try_from(stored.len()).unwrap_or(0);
        for row in stored.difference(&expected) {
            let what = format!("pulled_head: {row:?} is not what the entries make");
            self.find(row.seq, what);
        }
        for row in expected.difference(&stored) {
            let what = format!("pulled_head: {row:?} is missing");
            self.find(row.seq, what);
        }
        Ok(())
    }

    /// Holds a kept note against what the entry says of it.
    pub(super) fn kept_note(&mut self, seq: i64, record: &Record, key: &VerifierKey) {
        if let Act::KeepHead(kept) = &record.act {
            let origin = signer::origin(key.name(), kept.institution, Log::Ledger);
            if !kept.is_as_noted(&origin, key) {
                self.find(
                    Some(seq),
                    "the note that was kept is not what is said of it",
                );
            }
        }
    }
}
