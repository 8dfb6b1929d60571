//! Handovers and the books of custodians: rows to domain types and back, loaded for a batch, written after it.

use std::collections::BTreeSet;

use crate::domain::{
    books::{BookKey, Booked, Gap},
    custody::{Custody, HandedOver},
    facts::Facts,
    ids::{InstitutionId, PersonId, Seq, Serial},
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    rows::{self, maybe, number, parsed},
    schema::{BookGapRow, BookRow, HandoverRow},
    stocktakes::both,
    table::{Cell, insert, select, update},
};

impl HandoverRow {
    pub(crate) fn of(institution: InstitutionId, seq: Seq, handed: &HandedOver) -> Self {
        Self {
            institution_id: institution.get(),
            seq: seq.get(),
            place_id: handed.place.get(),
            from_id: handed.from.get(),
            to_id: handed.to.get(),
            by_id: handed.by.get(),
            counted: i64::from(handed.counted),
            out: i64::from(handed.out),
            handed_at: handed.at.millis(),
        }
    }

    pub(crate) fn parse(&self) -> Result<(Seq, HandedOver), StoreError> {
        const TABLE: &str = "handover";
        let handed = HandedOver {
            place: number(TABLE, self.place_id)?,
            from: number(TABLE, self.from_id)?,
            to: number(TABLE, self.to_id)?,
            by: number(TABLE, self.by_id)?,
            counted: number(TABLE, self.counted)?,
            out: number(TABLE, self.out)?,
            at: Time::from_millis(self.handed_at),
        };
        Ok((number(TABLE, self.seq)?, handed))
    }
}

impl BookRow {
    pub(crate) fn of(institution: InstitutionId, key: BookKey, booked: &Booked) -> Self {
        let (serial, day, person) = key;
        Self {
            institution_id: institution.get(),
            serial: serial.get(),
            day: day.to_string(),
            person_id: person.get(),
            place_id: booked.place.get(),
            amount: booked.amount,
            ledger: booked.ledger,
            difference: booked.difference,
            seq: booked.entry.get(),
            counted_at: booked.at.millis(),
        }
    }

    pub(crate) fn parse(&self) -> Result<(BookKey, Booked), StoreError> {
        const TABLE: &str = "book";
        let key = (
            number(TABLE, self.serial)?,
            parsed(TABLE, &self.day)?,
            number(TABLE, self.person_id)?,
        );
        let booked = Booked {
            place: number(TABLE, self.place_id)?,
            amount: self.amount,
            ledger: self.ledger,
            difference: self.difference,
            entry: number(TABLE, self.seq)?,
            at: Time::from_millis(self.counted_at),
        };
        Ok((key, booked))
    }
}

impl BookGapRow {
    pub(crate) fn of(institution: InstitutionId, serial: Serial, gap: &Gap) -> Self {
        Self {
            institution_id: institution.get(),
            serial: serial.get(),
            since_seq: gap.since.get(),
            since_at: gap.at.millis(),
            agreed_by: gap.agreed.map(PersonId::get),
            settled_seq: gap.settled.map(Seq::get),
        }
    }

    pub(crate) fn parse(&self) -> Result<(Serial, Gap), StoreError> {
        const TABLE: &str = "book_gap";
        let gap = Gap {
            since: number(TABLE, self.since_seq)?,
            at: Time::from_millis(self.since_at),
            agreed: maybe(TABLE, self.agreed_by)?,
            settled: maybe(TABLE, self.settled_seq)?,
        };
        Ok((number(TABLE, self.serial)?, gap))
    }
}

/// Loads what belongs to places and a policy names, and the latest books of the containers that commands
/// name: more lines of a container than people who keep it are of earlier days.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let id = facts.institution.get();
    if needs.kept {
        let products = facts.register.products.iter();
        let governed: BTreeSet<i64> = products
            .filter(|(_, product)| facts.is_governed(product))
            .map(|(product, _)| product.get())
            .collect();
        for product in governed {
            let clause = "WHERE container.institution_id = ? AND container.product_id = ? \
                AND standing.status IN ('in_stock', 'checked_out', 'waste')";
            let key = [Cell::Int(&id), Cell::Int(&product)];
            for (row, hot) in both(conn, clause, &key)? {
                let container = rows::container(row, &hot)?;
                facts.stock.containers.load(container.serial, container);
            }
        }
    }
    for serial in &needs.books {
        let key = [Cell::Int(&id), Cell::Int(&serial.get())];
        let latest = "WHERE institution_id = ? AND serial = ? ORDER BY day DESC LIMIT 50";
        for row in select::<BookRow>(conn, latest, &key)? {
            let (key, booked) = row.parse()?;
            facts.custody.books.load(key, booked);
        }
        let clause = "WHERE institution_id = ? AND serial = ?";
        for row in select::<BookGapRow>(conn, clause, &key)? {
            let (serial, gap) = row.parse()?;
            facts.custody.gaps.load(serial, gap);
        }
    }
    Ok(())
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct CustodyRows {
    handovers: Vec<HandoverRow>,
    books: Vec<BookRow>,
    gaps: (Vec<BookGapRow>, Vec<BookGapRow>),
}

impl CustodyRows {
    /// Takes everything that changed.
    pub(super) fn take(&mut self, id: InstitutionId, custody: &mut Custody) {
        for (seq, handed) in custody.handovers.take_added() {
            self.handovers.push(HandoverRow::of(id, seq, handed));
        }
        for (key, booked) in custody.books.take_added() {
            self.books.push(BookRow::of(id, key, booked));
        }
        for (serial, gap) in custody.gaps.take_added() {
            self.gaps.0.push(BookGapRow::of(id, serial, gap));
        }
        for (serial, gap) in custody.gaps.take_changed() {
            self.gaps.1.push(BookGapRow::of(id, serial, gap));
        }
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.handovers)?;
        insert(conn, &self.books)?;
        insert(conn, &self.gaps.0)?;
        update(conn, &self.gaps.1)?;
        Ok(())
    }
}
