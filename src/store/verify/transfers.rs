//! 调拨: what was sent and announced, rebuilt and compared; and what two ledgers say of each other.

use crate::domain::{
    ids::{InstitutionId, Seq},
    institution::InstitutionKind,
    ledger::{Act, Entry, Log, Record},
    merkle::Hash,
    transfer::Transfers,
};

use super::{
    super::{
        StoreError,
        conn::Db,
        lookups,
        schema::{EntryRow, IncomingRow, OutgoingRow},
        table::{Cell, select},
    },
    Finding, Report, Walk,
};

/// An entry that says something of an entry in another ledger. Both are read again when they are compared:
/// verify keeps no county's consignments in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// Whose entry says it.
    by: InstitutionId,
    /// The entry.
    seq: Seq,
    /// The other institution.
    of: InstitutionId,
    /// The entry there, and the leaf hash that it is said to have; none yet for what is sent.
    names: Option<(Seq, Hash)>,
}

impl Claim {
    /// What a record says of another ledger.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let (of, names) = if let Act::Send(sent) = &record.act {
            (sent.to, None)
        } else if let Act::Announce(one) = &record.act {
            (one.from, Some((one.entry, one.leaf_hash)))
        } else if let Act::Accept(one) = &record.act {
            (one.from, Some((one.entry, one.leaf_hash)))
        } else if let Act::Settle(one) = &record.act {
            (one.by, Some((one.entry, one.leaf_hash)))
        } else {
            return None;
        };
        Some(Self {
            by: record.institution,
            seq: record.seq,
            of,
            names,
        })
    }
}

/// Whether an entry says of another what that says itself.
fn holds(says: &Record, named: &Record) -> bool {
    match (&says.act, &named.act) {
        (Act::Announce(announced), Act::Send(sent)) => {
            announced.consignment == *sent && announced.sent_at == named.recorded_at
        }
        (Act::Accept(_), Act::Send(sent)) => sent.to == says.institution,
        (Act::Settle(settled), Act::Accept(accepted)) => {
            accepted.from == says.institution
                && accepted.entry == settled.consignment
                && accepted.verdict == settled.verdict
                && settled
                    .incident
                    .as_ref()
                    .is_none_or(|incident| incident.discovered_at <= named.recorded_at)
        }
        (_, _) => false,
    }
}

/// The entry of a ledger, if it is there.
fn entry(
    conn: &mut Db,
    institution: InstitutionId,
    seq: Seq,
) -> Result<Option<(EntryRow, Entry)>, StoreError> {
    let key = [Cell::Int(&institution.get()), Cell::Int(&seq.get())];
    let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
    let found: Vec<EntryRow> = select(conn, clause, &key)?;
    let row = found.into_iter().next();
    Ok(row.and_then(|row| {
        let entry = Entry::parse(&row.bytes).ok()?;
        Some((row, entry))
    }))
}

/// Each entry named is there, has the leaf hash that it is said to have, and says what is said of it; and
/// nothing is sent to nobody.
pub(super) fn compare(
    conn: &mut Db,
    claims: Vec<Claim>,
    report: &mut Report,
) -> Result<(), StoreError> {
    for claim in claims {
        let what = wrong(conn, claim)?;
        report.findings.extend(what.map(|what| Finding {
            institution: claim.by,
            log: Log::Ledger,
            seq: Some(claim.seq.get()),
            what,
        }));
    }
    Ok(())
}

/// What is wrong with what an entry says of another ledger.
fn wrong(conn: &mut Db, claim: Claim) -> Result<Option<String>, StoreError> {
    let of = claim.of;
    let Some((seq, leaf_hash)) = claim.names else {
        let origin = lookups::institution(conn, claim.by)?.map(|own| own.origin);
        let peer = lookups::institution(conn, of)?;
        let keeps = |kind| matches!(kind, InstitutionKind::Hospital | InstitutionKind::Cdc);
        let is_there = peer.is_some_and(|peer| Some(peer.origin) == origin && keeps(peer.kind));
        let what = || format!("institution {of}, to which it sends, receives nothing");
        return Ok((!is_there).then(what));
    };
    // Its bytes were held against its leaf hash on the way through its own ledger.
    let named = entry(conn, of, seq)?.filter(|(row, _)| row.leaf_hash == leaf_hash.0);
    let what = match (entry(conn, claim.by, claim.seq)?, named) {
        (_, None) => "is not there, or another one",
        (Some((_, says)), Some((_, named))) if holds(says.record(), named.record()) => {
            return Ok(None);
        }
        (_, Some(_)) => "says something else",
    };
    Ok(Some(format!(
        "the entry {seq} of institution {of} that it names {what}"
    )))
}

impl Walk<'_> {
    pub(super) fn transfers(
        &mut self,
        conn: &mut Db,
        transfers: &Transfers,
    ) -> Result<(), StoreError> {
        let id = self.institution;
        let outgoing = transfers.outgoing.iter();
        let rows = outgoing.map(|(seq, sent)| OutgoingRow::of(id, *seq, sent));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let incoming = transfers.incoming.iter();
        let rows = incoming.map(|(key, one)| IncomingRow::of(id, *key, one));
        self.compare(conn, rows.collect())
    }
}
