//! Handovers and the books of custodians, rebuilt and compared.

use crate::{
    domain::custody::Custody,
    store::{
        StoreError,
        conn::Db,
        schema::{BookGapRow, BookRow, HandoverRow},
    },
};

use super::Walk;

impl Walk<'_> {
    pub(super) fn custody(&mut self, conn: &mut Db, custody: &Custody) -> Result<(), StoreError> {
        let id = self.institution;
        let handovers = custody.handovers.iter();
        let rows = handovers.map(|(seq, handed)| HandoverRow::of(id, *seq, handed));
        self.compare(conn, rows.collect())?;
        let books = custody.books.iter();
        let rows = books.map(|(key, booked)| BookRow::of(id, *key, booked));
        self.compare(conn, rows.collect())?;
        let gaps = custody.gaps.iter();
        let rows = gaps.map(|(serial, gap)| BookGapRow::of(id, *serial, gap));
        self.compare(conn, rows.collect())
    }
}
