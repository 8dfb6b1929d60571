//! What was bought and on what: rows to domain types and back, loaded for a batch, written after it.

use std::collections::BTreeSet;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, PermitId, Seq},
    permit::{Allowance, Permit, PermitDraw, PurchasePolicy},
    purchasing::{Drawing, Purchasing},
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    facts::{by_keys, of_institution},
    rows::{json, number, parsed, to_json},
    schema::{DrawingRow, PermitRow, PurchasePolicyRow},
    table::{insert, update},
};

impl PermitRow {
    pub(crate) fn of(institution: InstitutionId, held: &Allowance) -> Result<Self, StoreError> {
        let permit = &held.permit;
        Ok(Self {
            institution_id: institution.get(),
            permit_id: permit.id.get(),
            kind: permit.kind.as_str().to_owned(),
            number: permit.number.clone(),
            issuer: permit.issuer.clone(),
            valid_from: permit.from.to_string(),
            valid_until: permit.until.map(|day| day.to_string()),
            lines: to_json(&permit.lines)?,
            single_use: i64::from(permit.single_use),
            revoked: i64::from(permit.revoked),
            drawn: to_json(&held.drawn)?,
            receipts: held.receipts,
        })
    }

    pub(crate) fn parse(self) -> Result<Allowance, StoreError> {
        const TABLE: &str = "permit";
        let until = self.valid_until.map(|day| parsed(TABLE, &day));
        Ok(Allowance {
            permit: Permit {
                id: number(TABLE, self.permit_id)?,
                kind: parsed(TABLE, &self.kind)?,
                number: self.number,
                issuer: self.issuer,
                from: parsed(TABLE, &self.valid_from)?,
                until: until.transpose()?,
                lines: json(TABLE, &self.lines)?,
                single_use: self.single_use == 1,
                revoked: self.revoked == 1,
            },
            drawn: json(TABLE, &self.drawn)?,
            receipts: self.receipts,
        })
    }
}

impl DrawingRow {
    pub(crate) fn of(institution: InstitutionId, seq: Seq, drawing: &Drawing) -> Self {
        let permit = drawing.permit;
        Self {
            institution_id: institution.get(),
            seq: seq.get(),
            permit_id: permit.map(|draw| draw.permit.get()),
            permit_line: permit.map(|draw| i64::from(draw.line)),
            permit_amount: permit.map(|draw| draw.amount),
        }
    }

    pub(crate) fn parse(self) -> Result<(Seq, Drawing), StoreError> {
        const TABLE: &str = "drawing";
        let permit = match (self.permit_id, self.permit_line, self.permit_amount) {
            (Some(permit), Some(line), Some(amount)) => Some(PermitDraw {
                permit: number(TABLE, permit)?,
                line: number(TABLE, line)?,
                amount,
            }),
            (None, None, None) => None,
            (Some(_) | None, Some(_) | None, Some(_) | None) => {
                return Err(StoreError::Row(TABLE, "half a draw".to_owned()));
            }
        };
        Ok((number(TABLE, self.seq)?, Drawing { permit }))
    }
}

impl PurchasePolicyRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        policy: &PurchasePolicy,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            class: policy.class.code().to_owned(),
            body: to_json(policy)?,
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, PurchasePolicy), StoreError> {
        const TABLE: &str = "purchase_policy";
        Ok((number(TABLE, self.seq)?, json(TABLE, &self.body)?))
    }
}

/// Loads what the commands need; after the entries that they refer to, which a reversal gives back.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    let entries: Vec<i64> = needs.entries.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND seq = ?",
        "WHERE institution_id = ? AND seq = ANY(?)",
    );
    let mut permits: BTreeSet<PermitId> = needs.purchases.permits.clone();
    for row in by_keys::<DrawingRow>(conn, institution, &entries, one, many)? {
        let (seq, drawing) = row.parse()?;
        permits.extend(drawing.permit.map(|draw| draw.permit));
        facts.purchasing.drawings.load(seq, drawing);
    }
    let rows: Vec<PermitRow> = if needs.purchases.all_permits {
        of_institution(conn, institution)?
    } else {
        let keys = permits.iter().map(|permit| permit.get()).collect();
        let (one, many) = (
            "WHERE institution_id = ? AND permit_id = ?",
            "WHERE institution_id = ? AND permit_id = ANY(?)",
        );
        by_keys(conn, institution, &keys, one, many)?
    };
    for row in rows {
        let held = row.parse()?;
        facts.purchasing.permits.load(held.permit.id, held);
    }
    Ok(())
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct PurchaseRows {
    permits: (Vec<PermitRow>, Vec<PermitRow>),
    drawings: Vec<DrawingRow>,
}

impl PurchaseRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        purchasing: &mut Purchasing,
    ) -> Result<(), StoreError> {
        for (_, held) in purchasing.permits.take_added() {
            self.permits.0.push(PermitRow::of(id, held)?);
        }
        for (_, held) in purchasing.permits.take_changed() {
            self.permits.1.push(PermitRow::of(id, held)?);
        }
        for (seq, drawing) in purchasing.drawings.take_added() {
            self.drawings.push(DrawingRow::of(id, seq, drawing));
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.permits.0)?;
        update(conn, &self.permits.1)?;
        insert(conn, &self.drawings)?;
        Ok(())
    }
}
