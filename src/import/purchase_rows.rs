//! From rows of text to what is to be bought: every row is read to its end, so that all that is wrong is told at
//! once.

use serde::Serialize;

use super::{
    columns::{Field, Header},
    finding::{Problem, Remark},
    package::Stock,
    rows::{Line, Reading, each, qualifier},
    table::Table,
};
use crate::domain::{
    ids::Cas,
    quantity::{Dimension, Quantity},
};

/// Most that a row asks for: 1,000 t or 1,000 m³, as of permits; pieces by the million.
const MOST: i64 = 1_000_000_000_000_000;
/// Most pieces that a row asks for.
const MOST_PIECES: i64 = 1_000_000;
/// Most characters of a purpose, as in every text of a request.
const LONGEST_PURPOSE: usize = 500;

/// What one row of a purchase list (采购清单) asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PurchaseRow {
    /// Row number in the sheet, from 1.
    pub row: usize,
    /// Name of the chemical as written.
    pub name: String,
    /// Concentration, grade and strength, joined by `；`.
    pub qualifier: Option<String>,
    /// CAS number, its check digit verified.
    pub cas: Option<Cas>,
    /// How much in all.
    pub quantity: Quantity,
    /// Which cell says in what it is measured.
    #[serde(skip)]
    pub measured: Field,
    /// The department as written.
    pub department: Option<String>,
    /// What for.
    pub purpose: Option<String>,
}

/// Reads all rows below the header.
pub(super) fn read(table: &Table, header: &Header) -> Reading<PurchaseRow> {
    each(table, header, row)
}

fn row(line: &mut Line<'_>) -> Option<PurchaseRow> {
    let name = line.optional(Field::Name);
    if name.is_none() && !line.failed(Field::Name) {
        line.fail(Problem::NameMissing, Field::Name);
    }
    let cas = line.cas();
    let concentration = line.optional(Field::Concentration);
    let grade = line.optional(Field::Grade);
    let department = line.optional(Field::Department);
    let purpose = line.optional(Field::Purpose);
    if purpose
        .as_ref()
        .is_some_and(|purpose| purpose.chars().count() > LONGEST_PURPOSE)
    {
        line.fail(Problem::PurposeTooLong, Field::Purpose);
    }
    let (spec, stock) = line.stock();
    // What is said of stock, where the last bottle is opened, is not said of what is bought.
    for error in &mut line.errors {
        let is_broken = [Problem::PartContainer, Problem::AmountNotWhole]
            .iter()
            .any(|problem| error.code == problem.code());
        if is_broken {
            *error = super::CellError::new(
                Problem::PackagesNotWhole,
                std::mem::take(&mut error.cell),
                error.field,
                &error.value,
            );
        }
    }
    let quantity = match stock? {
        Stock::Empty => {
            line.fail(Problem::QuantityZero, Field::Quantity);
            return None;
        }
        Stock::Containers(packages, each, understood) => {
            let sum = each.amount().checked_mul(i64::from(packages));
            let most = match each.dimension() {
                Dimension::Mass | Dimension::Volume => MOST,
                Dimension::Count => MOST_PIECES,
            };
            let sum = sum.filter(|sum| *sum <= most);
            let sum = sum.and_then(|sum| Quantity::new(each.dimension(), sum).ok());
            let Some(sum) = sum else {
                line.fail(Problem::QuantityTooLarge, Field::Quantity);
                return None;
            };
            if let Some(understood @ (Remark::CasesUnpacked | Remark::ContainersComputed)) =
                understood
            {
                line.note(understood, Field::Quantity, &format!("{packages} × {each}"));
            }
            sum
        }
    };
    let measured = [Field::Spec, Field::Unit]
        .into_iter()
        .find(|field| !line.text(*field).is_empty());
    let row = PurchaseRow {
        row: line.number,
        name: name?,
        qualifier: qualifier([concentration, grade, spec.qualifier]),
        cas,
        quantity,
        measured: measured.unwrap_or(Field::Quantity),
        department,
        purpose,
    };
    line.errors.is_empty().then_some(row)
}
