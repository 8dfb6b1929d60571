//! What goes to other institutions and comes from them: rows to domain types and back, loaded for a batch,
//! written after it; and what one institution wrote that the other has not been told of.

use std::collections::BTreeSet;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, Seq},
    ledger::{Act, Entry},
    merkle::{Hash, leaf_hash},
    time::Time,
    transfer::{Announcement, Incoming, Outgoing, TransferSettlement, Transfers},
    verb::{Announce, Needs, Settle},
};

use super::{
    StoreError,
    conn::Db,
    facts::by_keys,
    lookups,
    rows::{json, number, to_json},
    schema::{EntryRow, IncomingRow, OutgoingRow},
    table::{Cell, insert, select, update},
};

impl OutgoingRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        sent: &Outgoing,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            receiver_id: sent.to.get(),
            sent_at: sent.sent_at.millis(),
            expected_at: sent.expected_at.millis(),
            settled_seq: sent.settled_by.map(Seq::get),
            on_the_road: to_json(&sent.on_the_road)?,
            gone: to_json(&sent.gone)?,
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, Outgoing), StoreError> {
        const TABLE: &str = "outgoing";
        let settled = self.settled_seq.map(|seq| number(TABLE, seq));
        let sent = Outgoing {
            to: number(TABLE, self.receiver_id)?,
            sent_at: Time::from_millis(self.sent_at),
            expected_at: Time::from_millis(self.expected_at),
            settled_by: settled.transpose()?,
            on_the_road: json(TABLE, &self.on_the_road)?,
            gone: json(TABLE, &self.gone)?,
        };
        Ok((number(TABLE, self.seq)?, sent))
    }
}

impl IncomingRow {
    pub(crate) fn of(
        institution: InstitutionId,
        (sender, entry): (InstitutionId, Seq),
        incoming: &Incoming,
    ) -> Self {
        let carriage = &incoming.announcement.consignment.carriage;
        Self {
            institution_id: institution.get(),
            sender_id: sender.get(),
            sender_seq: entry.get(),
            announced_seq: incoming.announced_by.get(),
            expected_at: carriage.expected_at.millis(),
            accepted_seq: incoming.accepted_by.map(Seq::get),
        }
    }

    /// With the entry that announced it, which says everything else.
    pub(crate) fn parse(self, entry: &Entry) -> Result<Incoming, StoreError> {
        const TABLE: &str = "incoming";
        let Act::Announce(announcement) = &entry.record().act else {
            let what = format!("entry {} announces nothing", self.announced_seq);
            return Err(StoreError::Row(TABLE, what));
        };
        let accepted = self.accepted_seq.map(|seq| number(TABLE, seq));
        Ok(Incoming {
            announced_by: number(TABLE, self.announced_seq)?,
            announcement: announcement.clone(),
            accepted_by: accepted.transpose()?,
        })
    }
}

/// Loads what the commands need.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    let keys = needs.outgoing.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND seq = ?",
        "WHERE institution_id = ? AND seq = ANY(?)",
    );
    for row in by_keys::<OutgoingRow>(conn, institution, &keys, one, many)? {
        let (seq, sent) = row.parse()?;
        facts.transfers.outgoing.load(seq, sent);
    }
    for (sender, entry) in &needs.incoming {
        if let Some(incoming) = incoming(conn, institution, (*sender, *entry))? {
            let key = (*sender, *entry);
            facts.transfers.incoming.load(key, incoming);
        }
    }
    for peer in &needs.peers {
        if let Some(found) = lookups::institution(conn, *peer)? {
            facts.transfers.peers.insert(*peer, found);
        }
    }
    Ok(())
}

/// The row of a consignment that was announced to an institution.
pub(crate) fn incoming_row(
    conn: &mut Db,
    institution: InstitutionId,
    (sender, entry): (InstitutionId, Seq),
) -> Result<Option<IncomingRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND sender_id = ? AND sender_seq = ?";
    let key = [
        Cell::Int(&institution.get()),
        Cell::Int(&sender.get()),
        Cell::Int(&entry.get()),
    ];
    Ok(select(conn, clause, &key)?.into_iter().next())
}

/// A consignment that was announced to an institution.
pub(crate) fn incoming(
    conn: &mut Db,
    institution: InstitutionId,
    key: (InstitutionId, Seq),
) -> Result<Option<Incoming>, StoreError> {
    let Some(row) = incoming_row(conn, institution, key)? else {
        return Ok(None);
    };
    let (_, entry) = written(conn, institution, row.announced_seq)?;
    row.parse(&entry).map(Some)
}

/// An entry of a ledger with its leaf hash, which its bytes must have.
pub(crate) fn written(
    conn: &mut Db,
    institution: InstitutionId,
    seq: i64,
) -> Result<(Hash, Entry), StoreError> {
    let key = [Cell::Int(&institution.get()), Cell::Int(&seq)];
    let clause = "WHERE institution_id = ? AND log = 0 AND seq = ?";
    let rows: Vec<EntryRow> = select(conn, clause, &key)?;
    let wrong = |what: &str| StoreError::Row("entry", format!("{institution} {seq}: {what}"));
    let row = rows.first().ok_or_else(|| wrong("there is none"))?;
    let hash = leaf_hash(&row.bytes);
    if hash.0.as_slice() == row.leaf_hash {
        Ok((hash, Entry::parse(&row.bytes)?))
    } else {
        Err(wrong("the bytes do not hash to the leaf hash"))
    }
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct TransferRows {
    outgoing: (Vec<OutgoingRow>, Vec<OutgoingRow>),
    incoming: (Vec<IncomingRow>, Vec<IncomingRow>),
}

impl TransferRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        transfers: &mut Transfers,
    ) -> Result<(), StoreError> {
        for (seq, sent) in transfers.outgoing.take_added() {
            self.outgoing.0.push(OutgoingRow::of(id, seq, sent)?);
        }
        for (seq, sent) in transfers.outgoing.take_changed() {
            self.outgoing.1.push(OutgoingRow::of(id, seq, sent)?);
        }
        for (key, incoming) in transfers.incoming.take_added() {
            self.incoming.0.push(IncomingRow::of(id, key, incoming));
        }
        for (key, incoming) in transfers.incoming.take_changed() {
            self.incoming.1.push(IncomingRow::of(id, key, incoming));
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.outgoing.0)?;
        update(conn, &self.outgoing.1)?;
        insert(conn, &self.incoming.0)?;
        update(conn, &self.incoming.1).map_err(StoreError::from)
    }
}

/// What one institution has to be told of that another wrote.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// To its receiver, what was sent.
    Announce(InstitutionId, Announce),
    /// To its sender, what became of it.
    Settle(InstitutionId, Settle),
}

/// Consignments asked for at a time.
const PAGE: i64 = 64;

/// The next consignments behind `after` that are not settled and of which one side is not told yet, by
/// sender and entry: what is settled is not even looked at (`outgoing_open`).
pub(crate) fn undelivered(conn: &mut Db, after: (i64, i64)) -> Result<Vec<(i64, i64)>, StoreError> {
    let clause = "WHERE settled_seq IS NULL AND (institution_id, seq) > (?, ?) \
        AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.institution_id = outgoing.receiver_id \
            AND i.sender_id = outgoing.institution_id AND i.sender_seq = outgoing.seq \
            AND i.accepted_seq IS NULL) \
        ORDER BY institution_id, seq LIMIT ?";
    let key = [Cell::Int(&after.0), Cell::Int(&after.1), Cell::Int(&PAGE)];
    let rows: Vec<OutgoingRow> = select(conn, clause, &key)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.institution_id, row.seq))
        .collect())
}

/// What is to be told of a consignment, and to whom; nothing when both know everything.
pub(crate) fn delivery(
    conn: &mut Db,
    (sender, seq): (i64, i64),
) -> Result<Option<Delivery>, StoreError> {
    let from: InstitutionId = number("outgoing", sender)?;
    let entry: Seq = number("outgoing", seq)?;
    let (leaf_hash, sent) = written(conn, from, seq)?;
    let record = sent.record();
    let Act::Send(consignment) = &record.act else {
        let what = format!("{from} {entry}: nothing was sent");
        return Err(StoreError::Row("outgoing", what));
    };
    let to = consignment.to;
    let Some(row) = incoming_row(conn, to, (from, entry))? else {
        let seats = record.seats.iter().map(|seat| seat.person);
        let mut senders = BTreeSet::new();
        for person in seats.chain(record.actor.person) {
            if let Some(person) = lookups::person(conn, from, person)? {
                senders.insert(Announcement::sender(&person.identity, leaf_hash));
            }
        }
        let announcement = Announcement {
            senders,
            from,
            entry,
            leaf_hash,
            sent_at: record.recorded_at,
            consignment: consignment.clone(),
        };
        let purpose = record.reason.clone();
        let announce = Announce {
            announcement,
            purpose,
        };
        return Ok(Some(Delivery::Announce(to, announce)));
    };
    let Some(accepted_seq) = row.accepted_seq else {
        return Ok(None);
    };
    let (leaf_hash, accepted) = written(conn, to, accepted_seq)?;
    let record = accepted.record();
    let Act::Accept(acceptance) = &record.act else {
        let what = format!("{to} {accepted_seq}: nothing was accepted");
        return Err(StoreError::Row("incoming", what));
    };
    let settlement = TransferSettlement {
        consignment: entry,
        by: to,
        entry: record.seq,
        leaf_hash,
        verdict: acceptance.verdict.clone(),
        incident: None,
    };
    let remark = record.reason.clone();
    let settle = Settle {
        settlement,
        remark,
        accepted_at: record.recorded_at,
    };
    Ok(Some(Delivery::Settle(from, settle)))
}
