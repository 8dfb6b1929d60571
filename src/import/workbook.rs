//! Workbooks (.xlsx), cell by cell through calamine.
//!
//! Its ready-made ranges are not used: they reserve the rectangle between the outermost cells,
//! which two cells in opposite corners make 17 thousand million.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Style, Xlsx, XlsxError};

use super::finding::FileError;
use super::table::{Grid, Limits, Table};

/// Reads one sheet of a workbook that [`super::archive::inspect`] has passed.
///
/// # Errors
/// What [`super::table::read`] says of workbooks.
pub(super) fn read(name: Option<&str>, bytes: &[u8], limits: Limits) -> Result<Table, FileError> {
    // calamine indexes into what it parses; a workbook made to break it must not end a request.
    catch_unwind(AssertUnwindSafe(|| sheet(name, bytes, limits))).unwrap_or(Err(FileError::Damaged))
}

fn sheet(name: Option<&str>, bytes: &[u8], limits: Limits) -> Result<Table, FileError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    let mut sheets = workbook.sheets_metadata().to_vec();
    sheets.retain(|sheet| sheet.typ == SheetType::WorkSheet);
    if let Some(name) = name {
        if sheets.iter().any(|sheet| sheet.name == name) {
            return Ok(cells(&mut workbook, name, limits)?.into_table(name.to_owned()));
        }
        let names = sheets.into_iter().map(|sheet| sheet.name).collect();
        return Err(FileError::SheetMissing(name.to_owned(), names));
    }
    // Hidden sheets hold lists for drop-down boxes; they are the last resort.
    sheets.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
    for sheet in sheets {
        let grid = cells(&mut workbook, &sheet.name, limits)?;
        if !grid.is_empty() {
            return Ok(grid.into_table(sheet.name));
        }
    }
    Err(FileError::Empty)
}

fn cells(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    limits: Limits,
) -> Result<Grid, FileError> {
    let mut grid = Grid::new(limits);
    let mut reader = workbook
        .worksheet_cells_reader(sheet)
        .map_err(|e| refusal(&e))?;
    let styles = reader.styles().to_vec();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|e| refusal(&e))? {
        let (row, column) = cell.get_position();
        let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) else {
            return Err(FileError::TooManyRows(limits.rows));
        };
        grid.put(row, column, &shown(cell.get_value(), styles.get(style)))?;
    }
    Ok(grid)
}

fn refusal(error: &XlsxError) -> FileError {
    if matches!(error, XlsxError::Password) {
        FileError::PasswordProtected
    } else {
        FileError::Damaged
    }
}

/// What a person sees in the cell, as far as value and format tell.
fn shown(value: &DataRef<'_>, style: Option<&Style>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => fifteen_digits(*number),
        DataRef::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::Error(error) => error.to_string(),
        DataRef::DateTime(date) if date.is_duration() => fifteen_digits(date.as_f64()),
        DataRef::DateTime(date) => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            let format = style.and_then(|style| style.number_format.as_ref());
            if format.is_some_and(|format| shows_month_only(&format.format_code)) {
                format!("{year}/{month}")
            } else {
                format!("{year}/{month}/{day}")
            }
        }
    }
}

/// Whether a date format shows a year but no day, as `yyyy"年"m"月"`.
fn shows_month_only(format: &str) -> bool {
    let mut quoted = false;
    let mut bracketed = false;
    let letters: String = format
        .chars()
        .filter(|c| {
            match c {
                '"' => quoted = !quoted,
                '[' => bracketed = true,
                ']' => bracketed = false,
                _ => {}
            }
            !quoted && !bracketed
        })
        .map(|c| c.to_ascii_lowercase())
        .take_while(|c| *c != ';')
        .collect();
    letters.contains('y') && letters.contains('m') && !letters.contains('d')
}

/// The number as a spreadsheet shows it: at most fifteen digits, none of them an artefact of
/// binary fractions, and no exponent.
fn fifteen_digits(number: f64) -> String {
    let scientific = format!("{number:.14e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return scientific;
    };
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let point = exponent + 1;
    let Ok(whole) = usize::try_from(point) else {
        let zeros = usize::try_from(point.unsigned_abs()).unwrap_or_default();
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    };
    match digits.split_at_checked(whole) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some(("", fraction)) => format!("{sign}0.{fraction}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
    }
}
