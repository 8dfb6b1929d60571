//! 台账: the ledger page by page, and one entry as it was written.

use serde::Serialize;

use super::{Page, Query, Scope, entry, hash, moment::head_at, positions::told, reversed_by};
use crate::{
    domain::{
        ids::Seq,
        ledger::{Entry, Head, Kind},
        merkle::Hash,
        refusal::Refusal,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::EntryRow,
        table::{Cell, select},
    },
};

/// Entries looked at for one page of one kind: a rare kind in a long ledger must not be a long read.
const MOST_SCANNED: i64 = 20_000;

/// Asks for the ledger, the latest entry first.
#[derive(Clone, Debug)]
pub struct Entries {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only those before this entry.
    pub before: Option<Seq>,
    /// Most lines.
    pub limit: usize,
}

/// One entry in short.
#[derive(Clone, Debug, Serialize)]
pub struct EntryLine {
    /// Its number.
    pub seq: Seq,
    /// What kind of act.
    pub kind: Kind,
    /// When it was written.
    pub recorded_at: Time,
    /// When it happened, as claimed.
    pub occurred_at: Time,
    /// Who sent it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// How many containers it touches.
    pub containers: usize,
    /// The hash of its bytes, base64.
    pub leaf_hash: String,
}

impl Query for Entries {
    type Answer = Page<EntryLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let as_of_seq = scope.snapshot(conn)?.as_of_seq;
        let end = self.before.map_or(as_of_seq.get() + 1, Seq::get);
        let begin = if self.kind.is_some() {
            (end - MOST_SCANNED).max(0)
        } else {
            0
        };
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let kind = self.kind.map_or("", Kind::as_str).to_owned();
        let rows: Vec<EntryRow> = select(
            conn,
            "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq < ? AND (? = '' OR kind = ?) \
             ORDER BY seq DESC LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&begin),
                Cell::Int(&end),
                Cell::Text(&kind),
                Cell::Text(&kind),
                Cell::Int(&limit),
            ],
        )?;
        let full = rows.len() == self.limit;
        let items = rows
            .iter()
            .map(EntryLine::of)
            .collect::<Result<Vec<_>, _>>()?;
        // A page that is not full ends where the looking ended.
        let next = match items.last() {
            Some(last) if full => last.seq.get(),
            Some(_) | None => begin,
        };
        Ok(Page {
            items,
            next: (next > 0).then(|| next.to_string()),
            total: None,
            as_of_seq: Some(as_of_seq),
        })
    }
}

impl EntryLine {
    fn of(row: &EntryRow) -> Result<Self, StoreError> {
        let entry = Entry::parse(&row.bytes)?;
        let record = entry.record();
        Ok(Self {
            seq: record.seq,
            kind: record.act.kind(),
            recorded_at: record.recorded_at,
            occurred_at: record.occurred_at.unwrap_or(record.recorded_at),
            actor: record.actor.name.clone(),
            reason: record.reason.clone(),
            containers: record.containers.len(),
            leaf_hash: hash(&row.leaf_hash)?.to_base64(),
        })
    }
}

/// Asks for one entry.
#[derive(Clone, Debug)]
pub struct WholeEntry(pub Seq);

/// An entry as it was written, with the receipt that its writer got.
#[derive(Clone, Debug)]
pub struct Written {
    /// The stored bytes: canonical JSON.
    pub bytes: Vec<u8>,
    /// The hash of the bytes.
    pub leaf_hash: Hash,
    /// The log with this entry as its last.
    pub head: Head,
    /// The entry that reversed it (冲正).
    pub reversed_by: Option<Seq>,
}

impl Query for WholeEntry {
    type Answer = Result<Written, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let Some(row) = entry(conn, scope, self.0)? else {
            return Ok(Err(Refusal::EntryUnknown { entry: self.0 }));
        };
        if let Err(refusal) = told(conn, scope, &row)? {
            return Ok(Err(refusal));
        }
        Ok(Ok(Written {
            leaf_hash: hash(&row.leaf_hash)?,
            head: head_at(conn, scope, row.seq + 1)?,
            bytes: row.bytes,
            reversed_by: reversed_by(conn, scope, self.0)?,
        }))
    }
}
