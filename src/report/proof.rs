//! Proofs that can be checked without this program (RFC 6962): an entry is in a signed log, a longer log
//! begins with a shorter one.

use serde::Serialize;

use super::{Query, Scope, entry, positions::told};
use crate::{
    domain::{
        ids::Seq,
        ledger::Log,
        merkle::{Hash, ProofPlan, consistency_plan, inclusion_plan},
        refusal::Refusal,
    },
    store::{
        StoreError,
        conn::Db,
        proof::read_nodes,
        rows,
        schema::CheckpointRow,
        signer,
        table::{Cell, select},
    },
};

/// Asks for the proof that an entry is in the log.
#[derive(Clone, Debug)]
pub struct Inclusion {
    /// The entry.
    pub entry: Seq,
    /// The size of a signed checkpoint; the latest one if absent.
    pub size: Option<u64>,
}

/// The proof that an entry is in the log.
#[derive(Clone, Debug)]
pub struct InclusionProof {
    /// Where the entry stands, from 0.
    pub leaf_index: u64,
    /// The size of the log that the checkpoint signs.
    pub tree_size: u64,
    /// The audit path, base64.
    pub hashes: Vec<String>,
    /// The signed checkpoint (C2SP tlog-checkpoint).
    pub checkpoint: String,
    /// The entry's bytes.
    pub bytes: Vec<u8>,
}

impl Query for Inclusion {
    type Answer = Result<InclusionProof, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let Some(row) = entry(conn, scope, self.entry)? else {
            return Ok(Err(Refusal::EntryUnknown { entry: self.entry }));
        };
        if let Err(refusal) = told(conn, scope, &row)? {
            return Ok(Err(refusal));
        }
        let signed = match self.size {
            Some(size) => match checkpoint(conn, scope, size)? {
                Some(signed) => Some(signed),
                None => return Ok(Err(Refusal::CheckpointUnknown { size })),
            },
            None => signer::latest(conn, scope.institution, Log::Ledger)?,
        };
        let covering = signed.filter(|signed| row.seq < signed.size);
        let Some(signed) = covering else {
            let latest = signer::latest(conn, scope.institution, Log::Ledger)?;
            return Ok(Err(Refusal::EntryNotSigned {
                entry: self.entry,
                signed: latest.map_or(Ok(0), |row| rows::number("checkpoint", row.size))?,
            }));
        };
        let leaf_index = rows::number("entry", row.seq)?;
        let tree_size = rows::number("checkpoint", signed.size)?;
        Ok(Ok(InclusionProof {
            leaf_index,
            tree_size,
            hashes: hashes(conn, scope, &inclusion_plan(leaf_index, tree_size)?)?,
            checkpoint: signed.note,
            bytes: row.bytes,
        }))
    }
}

/// Asks for the proof that the log of `to` entries begins with that of `from`.
#[derive(Clone, Debug)]
pub struct Consistency {
    /// The shorter log, entries.
    pub from: u64,
    /// The longer log, entries; that of the latest signed checkpoint if absent.
    pub to: Option<u64>,
}

/// The proof that a log begins with a shorter one.
#[derive(Clone, Debug, Serialize)]
pub struct ConsistencyProof {
    /// The shorter log, entries.
    pub from: u64,
    /// The longer log, entries.
    pub to: u64,
    /// The proof, base64.
    pub hashes: Vec<String>,
    /// The signed checkpoint of the longer log, if that head was signed.
    pub checkpoint: Option<String>,
}

impl Query for Consistency {
    type Answer = Result<ConsistencyProof, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let last = scope.snapshot(conn)?.as_of_seq;
        let size: u64 = rows::number("log_head", last.get() + 1)?;
        let to = match self.to {
            Some(to) => to,
            None => signer::latest(conn, scope.institution, Log::Ledger)?
                .map_or(Ok(size), |row| rows::number("checkpoint", row.size))?,
        };
        if !(1..=to).contains(&self.from) || to > size {
            let from = self.from;
            return Ok(Err(Refusal::SizesOutOfRange { from, to, size }));
        }
        Ok(Ok(ConsistencyProof {
            from: self.from,
            to,
            hashes: hashes(conn, scope, &consistency_plan(self.from, to)?)?,
            checkpoint: checkpoint(conn, scope, to)?.map(|row| row.note),
        }))
    }
}

/// The signed checkpoint of that size.
fn checkpoint(
    conn: &mut Db,
    scope: &Scope,
    size: u64,
) -> Result<Option<CheckpointRow>, StoreError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows: Vec<CheckpointRow> = select(
        conn,
        "WHERE institution_id = ? AND log = 0 AND size = ?",
        &[Cell::Int(&scope.institution.get()), Cell::Int(&size)],
    )?;
    Ok(rows.into_iter().next())
}

fn hashes(conn: &mut Db, scope: &Scope, plan: &ProofPlan) -> Result<Vec<String>, StoreError> {
    let nodes = read_nodes(conn, scope.institution, Log::Ledger, plan.nodes())?;
    let proof = plan.assemble(|node| nodes.get(&node).copied())?;
    Ok(proof.into_iter().map(Hash::to_base64).collect())
}
