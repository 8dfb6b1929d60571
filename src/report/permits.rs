//! 许可备案: the permits and filings, with what is left of each line.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{
        ids::{PermitId, ProductId},
        permit::{Allowance, Goods, PermitKind},
        quantity::Quantity,
    },
    store::{
        StoreError,
        conn::Db,
        schema::PermitRow,
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
