//! Export: the ledger, the stock, the containers or the purchases of an institution as CSV or JSON lines, streamed
//! over one instant of the database while others write on.

mod sheet;
mod whole;

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Settings, StartError};
use crate::{
    domain::{ids::InstitutionId, words::words},
    report::{
        Scope,
        export::{edition, lines},
        lists::Cell,
    },
    store::{
        Purpose, StoreError,
        conn::{Db, read_tx},
        lookups,
    },
};

pub use crate::report::export::{Edition, Line, Subject};
pub(crate) use sheet::Sheet;
pub use sheet::SheetError;
use whole::write_lines;
pub use whole::{Gathered, GatheredLine, Made, NotMade};

words! {
    /// The form of an export.
    Format {
        /// For a spreadsheet: UTF-8 with a byte order mark, headings in Chinese, nothing that a
        /// spreadsheet would run as a formula.
        Csv = "csv" "CSV",
        /// For a spreadsheet, with numbers that are numbers and days that are days; every text is one,
        /// whatever it looks like.
        Xlsx = "xlsx" "Excel",
        /// For programs: one JSON object a line. Of the ledger, the stored bytes of every entry as
        /// they are, and their leaf hash.
        Jsonl = "jsonl" "JSON lines",
    }
}

/// What is exported.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Of whom.
    pub institution: InstitutionId,
    /// What.
    pub subject: Subject,
    /// In which form.
    pub format: Format,
}

/// Why nothing, or not all, was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such institution.
    #[error("there is no institution {0}; there are: {1}")]
    NoInstitution(InstitutionId, String),
    /// The file cannot be written.
    #[error("the export broke off: {0}")]
    File(#[from] io::Error),
    /// The list cannot be written.
    #[error("the export broke off: {0}")]
    List(#[from] NotMade),
    /// The table cannot be written.
    #[error("the export broke off: {0}")]
    Sheet(#[from] SheetError),
}

/// The name of the file: of a demo it says so, and always which head it shows.
#[must_use]
pub fn file_name(wanted: &Wanted, edition: &Edition) -> String {
    let Wanted {
        institution,
        subject,
        format,
    } = wanted;
    let stem = stamped(&format!("{subject}-{institution}"), edition);
    format!("{stem}.{format}")
}

/// The name of a file that shows something of a ledger, without its ending.
#[must_use]
pub fn stamped(what: &str, edition: &Edition) -> String {
    let demo = edition.origin.mark();
    let root: String = edition.head.root.to_hex().chars().take(16).collect();
    let size = edition.head.size;
    format!("{demo}{what}-{size}-{root}")
}

/// Exports into what `open` makes for the edition. `progress` is told the lines written and their
/// number.
///
/// # Errors
/// [`ExportError`].
pub fn export<W: Write>(
    settings: &Settings,
    wanted: &Wanted,
    open: impl FnOnce(&Edition) -> io::Result<W>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<W, ExportError> {
    let scope = Scope {
        institution: wanted.institution,
        now: (settings.clock)(),
        registers: std::sync::Arc::default(),
        is_passing: false,
        withheld: Vec::new(),
    };
    let connected = settings.database.connect(Purpose::Read);
    let mut conn = connected.map_err(StartError::from)?;
    read_tx(&mut conn, |conn| {
        Ok::<_, StoreError>(write(conn, &scope, wanted, open, progress))
    })?
}

fn write<W: Write>(
    conn: &mut Db,
    scope: &Scope,
    wanted: &Wanted,
    open: impl FnOnce(&Edition) -> io::Result<W>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<W, ExportError> {
    let founded = lookups::institutions(conn)?;
    if founded.iter().all(|one| one.id != wanted.institution) {
        let there: Vec<String> = founded
            .iter()
            .map(|one| format!("{} {}", one.id, one.name))
            .collect();
        let institution = wanted.institution;
        return Err(ExportError::NoInstitution(institution, there.join(", ")));
    }
    let of = edition(conn, scope)?;
    let out = open(&of)?;
    if wanted.subject == Subject::Lines {
        let total = of.head.size;
        let mut told = |lines| progress(lines, total.max(lines));
        return Ok(write_lines(
            conn,
            scope,
            wanted.format,
            &of,
            out,
            &mut told,
        )?);
    }
    let columns = wanted.subject.columns();
    let headings: Vec<&str> = columns.iter().map(|(_, heading)| *heading).collect();
    let title = wanted.subject.name_zh();
    let mut sheet = Sheet::begin(wanted.format, title, &headings, scope.now, out)?;
    let mut written = 0;
    lines(conn, scope, wanted.subject, &mut |line, total| {
        if sheet.takes_json() {
            sheet.json(&json(wanted.subject, &line))?;
        } else {
            let cells: Vec<Cell<'_>> = columns.iter().zip(&line.cells).map(cell).collect();
            sheet.line(&cells)?;
        }
        written += 1;
        progress(written, total);
        Ok::<(), ExportError>(())
    })?;
    Ok(sheet.finish()?)
}

/// A cell of an export, by what its column holds.
fn cell<'a>(((key, _), text): (&(&str, &str), &'a String)) -> Cell<'a> {
    match *key {
        _ if text.is_empty() => Cell::Empty,
        "seq" | "entry" | "containers" => Cell::Number(text.into()),
        "expires_on" => text.parse().map_or(Cell::Text(text.into()), Cell::Day),
        _ => Cell::Text(text.into()),
    }
}

fn json(subject: Subject, line: &Line) -> Vec<u8> {
    let columns = subject.columns().iter().zip(&line.cells);
    if let Some(bytes) = &line.bytes {
        // Not parsed and written again: the hash is of these bytes.
        let hash = columns.filter(|((key, _), _)| *key == "leaf_hash");
        let hash: String = hash.map(|(_, cell)| cell.as_str()).collect();
        let hash = format!(",\"leaf_hash\":{}}}", Value::String(hash));
        return [b"{\"entry\":".as_slice(), bytes, hash.as_bytes()].concat();
    }
    let object: Map<String, Value> = columns
        .map(|((key, _), cell)| ((*key).to_owned(), Value::String(cell.clone())))
        .collect();
    Value::Object(object).to_string().into_bytes()
}
