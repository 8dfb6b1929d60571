//! Export: the ledger, the stock, the containers or the purchases of an institution as CSV or JSON lines, streamed
//! over one instant of the database while others write on.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Settings, StartError};
use crate::{
    domain::{ids::InstitutionId, institution::Origin, words::words},
    report::{
        Scope,
        export::{edition, lines},
    },
    store::{
        Purpose, StoreError,
        conn::{Db, read_tx},
        lookups,
    },
};

pub use crate::report::export::{Edition, Line, Subject};

/// Without it spreadsheets take UTF-8 for the code page of the system.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

words! {
    /// The form of an export.
    Format {
        /// For a spreadsheet: UTF-8 with a byte order mark, headings in Chinese, nothing that a
        /// spreadsheet would run as a formula.
        Csv = "csv" "CSV",
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
}

/// The name of the file: of a demo it says so, and always which head it shows.
#[must_use]
pub fn file_name(wanted: &Wanted, edition: &Edition) -> String {
    let Wanted {
        institution,
        subject,
        format,
    } = wanted;
    stamped(&format!("{subject}-{institution}"), edition, *format)
}

/// The name of a file that shows something of a ledger.
#[must_use]
pub fn stamped(what: &str, edition: &Edition, format: Format) -> String {
    let demo = match edition.origin {
        Origin::Demo => "演示-",
        Origin::Live => "",
    };
    let root: String = edition.head.root.to_hex().chars().take(16).collect();
    let size = edition.head.size;
    format!("{demo}{what}-{size}-{root}.{format}")
}

/// A table as a spreadsheet takes it, whole.
///
/// # Errors
/// None: memory takes what is written to it.
pub fn csv_table<C: AsRef<str>>(
    headings: impl IntoIterator<Item = C>,
    rows: impl IntoIterator<Item = Vec<C>>,
) -> io::Result<Vec<u8>> {
    let mut out = BYTE_ORDER_MARK.as_bytes().to_vec();
    write_cells(&mut out, headings)?;
    for row in rows {
        write_cells(&mut out, row)?;
    }
    Ok(out)
}

/// More rows of such a table.
///
/// # Errors
/// None: memory takes what is written to it.
pub fn csv_rows<C: AsRef<str>>(rows: impl IntoIterator<Item = Vec<C>>) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    for row in rows {
        write_cells(&mut out, row)?;
    }
    Ok(out)
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
    let mut out = open(&edition(conn, scope)?)?;
    if wanted.format == Format::Csv {
        let headings = wanted.subject.columns().iter().map(|(_, heading)| *heading);
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        write_cells(&mut out, headings)?;
    }
    let mut written = 0;
    lines(conn, scope, wanted.subject, &mut |line, total| {
        match wanted.format {
            Format::Csv => write_cells(&mut out, &line.cells)?,
            Format::Jsonl => write_json(&mut out, wanted.subject, &line)?,
        }
        written += 1;
        progress(written, total);
        Ok::<(), ExportError>(())
    })?;
    out.flush()?;
    Ok(out)
}

fn write_cells<C: AsRef<str>>(
    out: &mut impl Write,
    cells: impl IntoIterator<Item = C>,
) -> io::Result<()> {
    let mut row = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(out);
    row.write_record(cells.into_iter().map(|cell| harmless(cell.as_ref())))?;
    row.flush()
}

/// A cell that no spreadsheet takes for a formula: with an apostrophe before what would begin one.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn write_json(out: &mut impl Write, subject: Subject, line: &Line) -> io::Result<()> {
    let columns = subject.columns().iter().zip(&line.cells);
    if let Some(bytes) = &line.bytes {
        // Not parsed and written again: the hash is of these bytes.
        let hash = columns.filter(|((key, _), _)| *key == "leaf_hash");
        let hash: String = hash.map(|(_, cell)| cell.as_str()).collect();
        out.write_all(b"{\"entry\":")?;
        out.write_all(bytes)?;
        return writeln!(out, ",\"leaf_hash\":{}}}", Value::String(hash));
    }
    let object: Map<String, Value> = columns
        .map(|((key, _), cell)| ((*key).to_owned(), Value::String(cell.clone())))
        .collect();
    writeln!(out, "{}", Value::Object(object))
}
