//! Every projection, rebuilt from the entries and compared with what the database holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    domain::facts::Facts,
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{
            BadgeRow, ContainerRow, DepartmentRow, EmergencyRow, HoldingRow, InstitutionRow,
            KnownSecretRow, PersonRow, PlaceRow, PlaceTotalRow, PolicyRow, PostingRow, ProductRow,
            ProductTotalRow, ReversalRow, StandingRow, StoredSecretRow, TenureRow,
        },
        table::{Cell, Table, select},
    },
};

use super::Walk;

impl Walk<'_> {
    /// Every projection, rebuilt and compared.
    pub(super) fn projections(&mut self, conn: &mut Db) -> Result<(), StoreError> {
        let id = self.institution;
        let facts = std::mem::replace(&mut self.facts, Facts::of(id));
        let (register, stock) = (facts.register, facts.stock);
        let institution = register
            .institution
            .iter()
            .map(InstitutionRow::of)
            .collect();
        self.compare::<InstitutionRow>(conn, institution)?;
        let rows = register
            .persons
            .iter()
            .map(|(_, person)| PersonRow::of(id, person));
        self.compare(conn, rows.collect())?;
        let rows = register
            .tenures
            .iter()
            .map(|(key, tenure)| TenureRow::of(id, *key, tenure));
        self.compare(conn, rows.collect())?;
        let rows = register
            .secrets
            .iter()
            .map(|(key, known)| KnownSecretRow::of(id, *key, known));
        self.compare(conn, rows.collect())?;
        let rows = register
            .badges
            .iter()
            .map(|(key, digest)| BadgeRow::of(id, *key, digest));
        self.compare(conn, rows.collect())?;
        let rows = register
            .departments
            .iter()
            .map(|(_, department)| DepartmentRow::of(id, department));
        self.compare(conn, rows.collect())?;
        let rows = register
            .places
            .iter()
            .map(|(_, place)| PlaceRow::of(id, place));
        self.compare(conn, rows.collect())?;
        let rows = register
            .products
            .iter()
            .map(|(_, product)| ProductRow::of(id, product));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let rows = register
            .policies
            .iter()
            .map(|(seq, policy)| PolicyRow::of(id, *seq, policy));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let rows = stock
            .containers
            .iter()
            .map(|(_, container)| ContainerRow::of(id, container));
        self.compare(conn, rows.collect())?;
        let rows = stock
            .containers
            .iter()
            .map(|(_, container)| StandingRow::of(id, container));
        self.compare(conn, rows.collect())?;
        let rows = stock
            .holdings
            .iter()
            .map(|(key, holding)| HoldingRow::of(id, *key, holding));
        self.compare(conn, rows.collect())?;
        let rows = stock
            .totals
            .iter()
            .map(|(key, total)| PlaceTotalRow::of(id, *key, *total));
        self.compare(conn, rows.collect())?;
        let rows = stock
            .product_totals
            .iter()
            .map(|(product, total)| ProductTotalRow::of(id, *product, *total));
        self.compare(conn, rows.collect())?;
        let reversals = stock.reversals.iter();
        let rows = reversals.map(|(key, by)| ReversalRow::of(id, *key, *by));
        self.compare(conn, rows.collect())?;
        let rows = stock
            .emergencies
            .iter()
            .map(|(seq, emergency)| EmergencyRow::of(id, *seq, emergency));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        self.purchases(conn, &register.purchase_policies, &facts.purchasing)?;
        self.transfers(conn, &facts.transfers)?;
        self.stocktakes(conn, &facts.takings, &facts.incidents)?;
        self.custody(conn, &facts.custody)?;
        self.filings(conn, &facts.filings)?;
        self.vessels(conn, &facts.vessels)?;
        let signatures = std::mem::take(&mut self.signatures);
        self.compare(conn, signatures)?;
        self.closed_months(conn)?;
        self.all_postings(conn)?;
        let secrets = register.secrets.iter();
        let known = secrets
            .map(|(key, known)| (key.get(), (i64::from(known.version), known.digest.clone())));
        self.secrets(conn, &known.collect())
    }

    pub(super) fn compare<T: Table + Ord + fmt::Debug>(
        &mut self,
        conn: &mut Db,
        mut expected: Vec<T>,
    ) -> Result<(), StoreError> {
        let mut stored: Vec<T> = select(
            conn,
            "WHERE institution_id = ?",
            &[Cell::Int(&self.institution.get())],
        )?;
        self.report.rows += u64::try_from(stored.len()).unwrap_or(0);
        expected.sort_unstable();
        stored.sort_unstable();
        if expected == stored {
            return Ok(());
        }
        let (expected, stored) = (BTreeSet::from_iter(expected), BTreeSet::from_iter(stored));
        for row in stored.difference(&expected) {
            self.find(
                None,
                format!("{}: {row:?} is not what the entries make", T::NAME),
            );
        }
        for row in expected.difference(&stored) {
            self.find(None, format!("{}: {row:?} is missing", T::NAME));
        }
        Ok(())
    }

    /// Postings beyond the last entry would not have been seen with the pages.
    fn all_postings(&mut self, conn: &mut Db) -> Result<(), StoreError> {
        let size = i64::try_from(self.frontier.size()).unwrap_or(i64::MAX);
        let beyond: Vec<PostingRow> = select(
            conn,
            "WHERE institution_id = ? AND seq >= ? LIMIT 1",
            &[Cell::Int(&self.institution.get()), Cell::Int(&size)],
        )?;
        if let Some(row) = beyond.first() {
            self.find(Some(row.seq), "postings without an entry");
        }
        self.report.rows += self.postings;
        Ok(())
    }

    /// The stored secrets must be those whose digests the ledger knows.
    fn secrets(
        &mut self,
        conn: &mut Db,
        known: &BTreeMap<i64, (i64, String)>,
    ) -> Result<(), StoreError> {
        let stored: Vec<StoredSecretRow> = select(
            conn,
            "WHERE institution_id = ?",
            &[Cell::Int(&self.institution.get())],
        )?;
        for row in stored {
            let stored = (row.version, rows::sha256_hex(row.phc.as_bytes()));
            if known.get(&row.person_id) != Some(&stored) {
                let what = format!("stored_secret: not the one person {} set", row.person_id);
                self.find(None, what);
            }
        }
        Ok(())
    }
}
