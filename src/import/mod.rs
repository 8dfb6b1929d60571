//! Reading the spreadsheet in which a hospital kept its chemicals until now (期初库存), or lists what is to be
//! bought (采购清单).
//!
//! [`read`] makes rows of text of a file whose size, expansion and shape are bounded; [`propose`]
//! finds header and columns and understands each row, or says of each cell what is wrong with it.
//! Both are pure. [`dry_run`] matches the rows with the places and products of an institution and
//! keeps them as a proposal; `app` accepts it.

mod archive;
mod columns;
mod delimited;
mod dry_run;
mod finding;
mod opendocument;
mod package;
mod plan;
mod purchase_list;
mod purchase_rows;
mod rows;
mod table;
mod text;
mod value;
mod workbook;

use serde::Serialize;

pub use columns::{Field, Mapping};
pub use dry_run::{DryRun, Outcome, Upload, UploadError, dry_run};
pub use finding::{CellError, FileError, Note, Problem, Remark, Severity, Term};
pub use plan::{Choices, PlaceTotal, Plan, ProductTotal};
pub use purchase_list::{
    PurchaseChoices, PurchaseLine, PurchaseList, PurchaseUpload, purchase_list,
};
pub use purchase_rows::PurchaseRow;
pub use rows::OpeningRow;
pub use table::{Cell, Limits, Table, read};

/// What a sheet would put into the ledger, and all that a person has to know before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal<R = OpeningRow> {
    /// Row number of the header, from 1; none when it was not found.
    pub header_row: Option<usize>,
    /// The columns as understood, or as given.
    pub mapping: Mapping,
    /// The rows that were understood, in the order of the sheet.
    pub rows: Vec<R>,
    /// What was left out or inferred.
    pub notes: Vec<Note>,
    /// What is wrong, in every row at once.
    pub errors: Vec<CellError>,
}

impl<R> Proposal<R> {
    /// Whether the sheet can be taken as a whole: there is a row, and nothing but warnings.
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        let wrong = |error: &CellError| error.severity == Severity::Error;
        !self.rows.is_empty() && !self.errors.iter().any(wrong)
    }
}

/// Understands a sheet as opening stock.
///
/// Columns that the caller assigns (counted from 0) take precedence over what their headers say.
/// When the header is not understood, there are no rows but the errors that say why, and the
/// columns that were.
#[must_use]
pub fn propose(table: &Table, mapping: Option<&Mapping>) -> Proposal {
    understood(table, mapping, columns::Words::Opening, rows::read)
}

/// Understands a sheet as a purchase list, as [`propose`] does with opening stock.
#[must_use]
pub fn propose_purchases(table: &Table, mapping: Option<&Mapping>) -> Proposal<PurchaseRow> {
    understood(
        table,
        mapping,
        columns::Words::Purchases,
        purchase_rows::read,
    )
}

fn understood<R>(
    table: &Table,
    mapping: Option<&Mapping>,
    words: columns::Words,
    read: fn(&Table, &columns::Header) -> rows::Reading<R>,
) -> Proposal<R> {
    let (header, errors) = columns::find(table, mapping, words);
    let reading = if errors.is_empty() {
        read(table, &header)
    } else {
        rows::Reading::failed(errors)
    };
    Proposal {
        header_row: header.row,
        mapping: header.mapping,
        rows: reading.rows,
        notes: reading.notes,
        errors: reading.errors,
    }
}
