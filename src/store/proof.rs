//! Proof nodes: each lies with the entry that completes it, so a proof is a few point reads.

use std::collections::{BTreeSet, HashMap};

use crate::domain::{
    ids::InstitutionId,
    ledger::{Head, Log},
    merkle::{Frontier, Hash, NodeId, peaks},
};

use super::{
    StoreError,
    conn::Db,
    rows::number,
    schema::EntryNodesRow,
    table::{Cell, select},
};

/// Reads nodes.
pub(crate) fn read_nodes(
    conn: &mut Db,
    institution: InstitutionId,
    log: Log,
    nodes: impl Iterator<Item = NodeId>,
) -> Result<HashMap<NodeId, Hash>, StoreError> {
    let nodes: BTreeSet<NodeId> = nodes.collect();
    let place = |node: &NodeId| i64::try_from(node.place().0).unwrap_or(i64::MAX);
    let seqs: BTreeSet<i64> = nodes.iter().map(place).collect();
    let (id, log) = (institution.get(), log.number());
    let rows: Vec<EntryNodesRow> = match conn {
        Db::Sqlite(_) => {
            let mut rows = Vec::with_capacity(seqs.len());
            for seq in &seqs {
                let clause = "WHERE institution_id = ? AND log = ? AND seq = ?";
                let key = [Cell::Int(&id), Cell::Int(&log), Cell::Int(seq)];
                rows.extend(select::<EntryNodesRow>(conn, clause, &key)?);
            }
            rows
        }
        // Each statement is a round trip.
        Db::Postgres(_) => {
            let clause = "WHERE institution_id = ? AND log = ? AND seq = ANY(?)";
            let seqs = seqs.into_iter().collect();
            let key = [Cell::Int(&id), Cell::Int(&log), Cell::Ints(&seqs)];
            select(conn, clause, &key)?
        }
    };
    let rows: HashMap<i64, EntryNodesRow> = rows.into_iter().map(|row| (row.seq, row)).collect();
    let found = nodes.into_iter().filter_map(|node| {
        let row = rows.get(&place(&node))?;
        let leaf = Hash::try_from(row.leaf_hash.as_slice()).ok()?;
        Some((node, node.read(leaf, &row.subtrees)?))
    });
    Ok(found.collect())
}

/// The head of a log when it had so many entries, out of the stored tree.
pub(crate) fn head_of(
    conn: &mut Db,
    institution: InstitutionId,
    log: Log,
    size: i64,
) -> Result<Head, StoreError> {
    let size: u64 = number("log_head", size)?;
    let wanted = peaks(size);
    let found = read_nodes(conn, institution, log, wanted.iter().copied())?;
    let hashes = wanted.iter().filter_map(|node| found.get(node).copied());
    let frontier = Frontier::new(size, hashes.collect())
        .map_err(|error| StoreError::Row("entry", error.to_string()))?;
    Ok(Head {
        size,
        root: frontier.root(),
    })
}
