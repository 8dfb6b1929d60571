//! 许可备案: the permits and filings, with what is left of each line.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, record};
use crate::{
    domain::{
        ids::{PermitId, PersonId, ProductId, Seq},
        ledger::{Act, Part},
        permit::{Allowance, Goods, Permit, PermitKind},
        quantity::Quantity,
        refusal::Refusal,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{PermitEntryRow, PermitRow},
        table::{Cell, select},
    },
};

/// Asks for the permits, by number.
#[derive(Clone, Debug)]
pub struct Permits {
    /// Only behind this one.
    pub after: Option<PermitId>,
    /// Most items.
    pub limit: usize,
}

/// A permit.
#[derive(Clone, Debug, Serialize)]
pub struct PermitItem {
    /// Its number here.
    pub permit: PermitId,
    /// What kind of document.
    pub kind: PermitKind,
    /// 编号.
    pub number: String,
    /// 发证机关.
    pub issuer: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Good for one receipt.
    pub single_use: bool,
    /// No longer valid.
    pub revoked: bool,
    /// How many receipts hold against it.
    pub receipts: i64,
    /// Its lines.
    pub lines: Vec<PermitLine>,
}

/// A line of a permit.
#[derive(Clone, Debug, Serialize)]
pub struct PermitLine {
    /// The product that may be bought.
    pub product: Option<ProductId>,
    /// The substance of the catalogue that may be bought.
    pub substance: Option<String>,
    /// How much of it.
    pub quantity: Quantity,
    /// How much is left.
    pub left: Quantity,
}

impl PermitItem {
    fn of(held: Allowance) -> Result<Self, StoreError> {
        let left = held.left();
        let left = left.map_err(|error| StoreError::Row("permit", error.to_string()))?;
        let permit = held.permit;
        let lines = permit.lines.into_iter().zip(left).map(|(line, left)| {
            let (product, substance) = match line.goods {
                Goods::Product(product) => (Some(product), None),
                Goods::Substance(code) => (None, Some(code)),
            };
            PermitLine {
                product,
                substance,
                quantity: line.quantity,
                left,
            }
        });
        Ok(Self {
            permit: permit.id,
            kind: permit.kind,
            number: permit.number,
            issuer: permit.issuer,
            from: permit.from,
            until: permit.until,
            single_use: permit.single_use,
            revoked: permit.revoked,
            receipts: held.receipts,
            lines: lines.collect(),
        })
    }
}

impl Query for Permits {
    type Answer = Page<PermitItem>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let as_of_seq = scope.snapshot(conn)?.as_of_seq;
        let after = self.after.map_or(0, PermitId::get);
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let rows: Vec<PermitRow> = select(
            conn,
            "WHERE institution_id = ? AND permit_id > ? ORDER BY permit_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&after),
                Cell::Int(&more),
            ],
        )?;
        let items = rows.into_iter().map(|row| PermitItem::of(row.parse()?));
        let items = items.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page {
            as_of_seq: Some(as_of_seq),
            ..Page::begun(items, self.limit, |item| item.permit.to_string())
        })
    }
}

/// Asks for what a permit was recorded to say, the first version first.
#[derive(Clone, Debug)]
pub struct PermitHistory {
    /// Which.
    pub permit: PermitId,
    /// Only behind this entry.
    pub after: Option<Seq>,
    /// Most items.
    pub limit: usize,
}

/// What a permit was recorded to say.
#[derive(Clone, Debug, Serialize)]
pub struct PermitVersion {
    /// The entry.
    pub seq: Seq,
    /// When it was written.
    pub recorded_at: Time,
    /// Who sent it.
    pub actor: String,
    /// The second person, who confirmed it.
    pub second: Option<PersonId>,
    /// Why.
    pub reason: String,
    /// What kind of document.
    pub kind: PermitKind,
    /// 编号.
    pub number: String,
    /// 发证机关.
    pub issuer: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub until: Option<NaiveDate>,
    /// Good for one receipt.
    pub single_use: bool,
    /// No longer valid.
    pub revoked: bool,
    /// Its lines.
    pub lines: Vec<LineVersion>,
}

/// What a line of a permit was recorded to say.
#[derive(Clone, Debug, Serialize)]
pub struct LineVersion {
    /// The product that may be bought.
    pub product: Option<ProductId>,
    /// The substance of the catalogue that may be bought.
    pub substance: Option<String>,
    /// How much of it.
    pub quantity: Quantity,
}

impl Query for PermitHistory {
    type Answer = Result<Page<PermitVersion>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let as_of_seq = scope.snapshot(conn)?.as_of_seq;
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let after = self.after.map_or(-1, Seq::get);
        let entries: Vec<PermitEntryRow> = select(
            conn,
            "WHERE institution_id = ? AND permit_id = ? AND seq > ? ORDER BY seq LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.permit.get()),
                Cell::Int(&after),
                Cell::Int(&more),
            ],
        )?;
        if entries.is_empty() && self.after.is_none() {
            return Ok(Err(Refusal::PermitUnknown {}));
        }
        let mut items = Vec::new();
        for row in entries {
            let record = record(conn, scope, rows::number("permit_entry", row.seq)?)?;
            let Act::Permit(permit) = record.act else {
                return Err(StoreError::Row("permit_entry", "no permit".to_owned()));
            };
            let mut seats = record.seats.iter();
            let second = seats.find(|seat| seat.part == Part::Approver);
            items.push(PermitVersion {
                seq: record.seq,
                recorded_at: record.recorded_at,
                actor: record.actor.name,
                second: second.map(|seat| seat.person),
                reason: record.reason,
                lines: lines(&permit),
                kind: permit.kind,
                number: permit.number,
                issuer: permit.issuer,
                from: permit.from,
                until: permit.until,
                single_use: permit.single_use,
                revoked: permit.revoked,
            });
        }
        Ok(Ok(Page {
            as_of_seq: Some(as_of_seq),
            ..Page::begun(items, self.limit, |item| item.seq.to_string())
        }))
    }
}

fn lines(permit: &Permit) -> Vec<LineVersion> {
    let said = permit.lines.iter().map(|line| {
        let (product, substance) = match &line.goods {
            Goods::Product(product) => (Some(*product), None),
            Goods::Substance(code) => (None, Some(code.clone())),
        };
        LineVersion {
            product,
            substance,
            quantity: line.quantity,
        }
    });
    said.collect()
}
