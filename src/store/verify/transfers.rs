//! 调拨: what was sent and announced, rebuilt and compared; and what two ledgers say of each other.

use crate::domain::{
    ids::{InstitutionId, Seq},
    ledger::{Act, Entry, Log, Record},
    merkle::Hash,
    transfer::{Acceptance, Announcement, TransferSettlement, Transfers},
};

use super::{
    super::{
        StoreError,
        conn::Db,
        schema::{EntryRow, IncomingRow, OutgoingRow},
        table::{Cell, select},
    },
    Finding, Report, Walk,
};

/// What an entry says of an entry in another ledger.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Whose entry says it.
    by: InstitutionId,
    /// The entry.
    seq: Seq,
    /// What it says.
    says: Says,
}

#[derive(Clone, Debug)]
enum Says {
    /// That this was sent.
    Sent(Announcement),
    /// That this was sent and is accepted.
    Accepting(Acceptance),
    /// That this was accepted.
    Settled(TransferSettlement),
}

impl Claim {
    /// What a record says of another ledger.
    pub(super) fn of(record: &Record) -> Option<Self> {
        let says = if let Act::Announce(announcement) = &record.act {
            Says::Sent(announcement.clone())
        } else if let Act::Accept(acceptance) = &record.act {
            Says::Accepting(acceptance.clone())
        } else if let Act::Settle(settlement) = &record.act {
            Says::Settled(settlement.clone())
        } else {
            return None;
        };
        Some(Self {
            by: record.institution,
            seq: record.seq,
            says,
        })
    }

    /// The entry that it names, and the leaf hash that it says this has.
    const fn names(&self) -> (InstitutionId, Seq, Hash) {
        match &self.says {
            Says::Sent(one) => (one.from, one.entry, one.leaf_hash),
            Says::Accepting(one) => (one.from, one.entry, one.leaf_hash),
            Says::Settled(one) => (one.by, one.entry, one.leaf_hash),
        }
    }

    /// Whether the entry that it names says the same.
    fn holds(&self, record: &Record) -> bool {
        match (&self.says, &record.act) {
            (Says::Sent(announced), Act::Send(sent)) => {
                announced.consignment == *sent && announced.sent_at == record.recorded_at
            }
            (Says::Accepting(_), Act::Send(sent)) => sent.to == self.by,
            (Says::Settled(settled), Act::Accept(accepted)) => {
                accepted.from == self.by
                    && accepted.entry == settled.consignment
                    && accepted.verdict == settled.verdict
            }
            (Says::Sent(_) | Says::Accepting(_) | Says::Settled(_), _) => false,
        }
    }
}

/// Each entry named is there, has the leaf hash that it is said to have, and says what is said of it.
pub(super) fn compare(
    conn: &mut Db,
    claims: Vec<Claim>,
    report: &mut Report,
) -> Result<(), StoreError> {
    for claim in claims {
        let (institution, seq, leaf_hash) = claim.names();
        let key = [Cell::Int(&institution.get()), Cell::Int(&seq.get())];
        let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
        let named: Vec<EntryRow> = select(conn, clause, &key)?;
        // Its bytes were held against its leaf hash on the way through its own ledger.
        let named = named.into_iter().next();
        let named = named.filter(|row| row.leaf_hash == leaf_hash.0);
        let entry = named.and_then(|row| Entry::parse(&row.bytes).ok());
        let what = match entry {
            None => "is not there, or another one",
            Some(entry) if !claim.holds(entry.record()) => "says something else",
            Some(_) => continue,
        };
        report.findings.push(Finding {
            institution: claim.by,
            log: Log::Ledger,
            seq: Some(claim.seq.get()),
            what: format!("the entry {seq} of institution {institution} that it names {what}"),
        });
    }
    Ok(())
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
