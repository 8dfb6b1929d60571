//! Proof nodes: each lies with the entry that completes it, so a proof is a few point reads.

use std::collections::HashMap;

use crate::domain::{
    ids::InstitutionId,
    ledger::Log,
    merkle::{Hash, NodeId},
};

use super::{
    StoreError,
    conn::Db,
    schema::EntryRow,
    table::{Cell, select},
};

/// Reads nodes.
pub(crate) fn read_nodes(
    conn: &mut Db,
    institution: InstitutionId,
    log: Log,
    nodes: impl Iterator<Item = NodeId>,
) -> Result<HashMap<NodeId, Hash>, StoreError> {
    let mut found = HashMap::new();
    for node in nodes {
        let seq = i64::try_from(node.place().0).unwrap_or(i64::MAX);
        let rows: Vec<EntryRow> = select(
            conn,
            "WHERE institution_id = ? AND log = ? AND seq = ?",
            &[
                Cell::Int(&institution.get()),
                Cell::Int(&log.number()),
                Cell::Int(&seq),
            ],
        )?;
        let hash = rows.first().and_then(|row| {
            let leaf = Hash::try_from(row.leaf_hash.as_slice()).ok()?;
            node.read(leaf, &row.subtrees)
        });
        found.extend(hash.map(|hash| (node, hash)));
    }
    Ok(found)
}
