//! Tables as files, line by line: CSV, XLSX and JSON lines. What is held in memory does not grow with the lines.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, Seek, Write},
};

use chrono::NaiveDate;
use rust_xlsxwriter::{DocProperties, Format as Look, Workbook, XlsxError};

use super::Format;
use crate::{domain::time::Time, report::lists::Cell};

/// Without it spreadsheets take UTF-8 for the code page of the system.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";
/// Rows of a worksheet.
const MOST_ROWS: u32 = 1_048_576;
/// Characters (UTF-16) of a cell of a worksheet.
const MOST_TEXT: usize = 32_767;
/// What a spreadsheet keeps of a number, digits.
const EXACT_DIGITS: usize = 15;

/// Why a table was not written to its end.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] io::Error),
    /// A worksheet has no more rows.
    #[error("a worksheet has {MOST_ROWS} rows at most; take csv or jsonl, or a shorter period")]
    TooLong,
}

impl From<csv::Error> for SheetError {
    fn from(error: csv::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> Self {
        Self::File(io::Error::other(error))
    }
}

impl SheetError {
    /// The most lines of a worksheet below its headings.
    pub const MOST_LINES: u32 = MOST_ROWS - 1;
}

/// A table on its way into a file.
pub(crate) enum Sheet<W: Write> {
    /// For a spreadsheet.
    Csv(Box<csv::Writer<W>>, Clock),
    /// A worksheet, and where the file goes when it is whole.
    Xlsx(Box<Grid>, W),
    /// For programs.
    Jsonl(W),
}

impl<W: Write> Sheet<W> {
    /// Begins with the headings.
    pub(crate) fn begin(
        format: Format,
        title: &str,
        headings: &[impl AsRef<str>],
        now: Time,
        mut out: W,
    ) -> Result<Self, SheetError> {
        Ok(match format {
            Format::Csv => {
                out.write_all(BYTE_ORDER_MARK.as_bytes())?;
                Self::Csv(Box::new(headed(out, headings)?), Clock::default())
            }
            Format::Xlsx => Self::Xlsx(Box::new(Grid::new(title, headings, now)?), out),
            Format::Jsonl => Self::Jsonl(out),
        })
    }

    /// Whether it takes items as JSON, not lines of cells.
    pub(crate) const fn takes_json(&self) -> bool {
        matches!(self, Self::Jsonl(_))
    }

    /// Adds a line of cells.
    pub(crate) fn line(&mut self, cells: &[Cell<'_>]) -> Result<(), SheetError> {
        match self {
            Self::Csv(writer, clock) => {
                for cell in cells {
                    write_field(writer, clock, cell)?;
                }
                Ok(writer.write_record(None::<&[u8]>)?)
            }
            Self::Xlsx(grid, _) => grid.line(cells),
            Self::Jsonl(_) => Ok(()),
        }
    }

    /// Adds a line of JSON.
    pub(crate) fn json(&mut self, json: &[u8]) -> Result<(), SheetError> {
        if let Self::Jsonl(out) = self {
            out.write_all(json)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn finish(self) -> Result<W, SheetError> {
        let mut out = match self {
            Self::Csv(writer, _) => writer
                .into_inner()
                .map_err(|error| io::Error::other(error.to_string()))?,
            Self::Xlsx(grid, mut out) => {
                io::copy(&mut grid.saved()?, &mut out)?;
                out
            }
            Self::Jsonl(out) => out,
        };
        out.flush()?;
        Ok(out)
    }
}

fn headed<W: Write>(out: W, headings: &[impl AsRef<str>]) -> Result<csv::Writer<W>, SheetError> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(64 * 1024)
        .from_writer(out);
    writer.write_record(
        headings
            .iter()
            .map(|heading| harmless(heading.as_ref()).into_owned()),
    )?;
    Ok(writer)
}

/// The last time that was written: the lines of an entry have the same one, twice as a rule.
#[derive(Default)]
pub(crate) struct Clock {
    time: Option<Time>,
    text: String,
}

impl Clock {
    fn text(&mut self, time: Time) -> &str {
        if self.time.replace(time) != Some(time) {
            self.text = time.china_clock();
        }
        &self.text
    }
}

fn write_field<W: Write>(
    writer: &mut csv::Writer<W>,
    clock: &mut Clock,
    cell: &Cell<'_>,
) -> Result<(), SheetError> {
    match cell {
        Cell::Empty => writer.write_field("")?,
        Cell::Text(text) => writer.write_field(harmless(text).as_bytes())?,
        Cell::Number(number) if is_number(number) => writer.write_field(number.as_bytes())?,
        Cell::Number(other) => writer.write_field(harmless(other).as_bytes())?,
        Cell::Day(day) => writer.write_field(day.to_string())?,
        Cell::Time(time) => writer.write_field(clock.text(*time))?,
    }
    Ok(())
}

/// A cell that no spreadsheet takes for a formula: with an apostrophe before what would begin one, also in the
/// full-width form that some take for the same (OWASP ASVS 1.2.10).
fn harmless(cell: &str) -> Cow<'_, str> {
    let begins = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠',
    ];
    if cell.starts_with(begins) {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}

/// Whether it is digits with one point at most and a minus before them at most: a number is no formula.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut points = 0;
    let plain = digits.bytes().all(|byte| {
        points += usize::from(byte == b'.');
        byte.is_ascii_digit() || byte == b'.'
    });
    plain
        && points <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && !digits.ends_with('.')
}

/// A worksheet whose lines are on disk already.
pub(crate) struct Grid {
    book: Workbook,
    next: u32,
    day: Look,
    moment: Look,
}

impl Grid {
    fn new(title: &str, headings: &[impl AsRef<str>], now: Time) -> Result<Self, SheetError> {
        let mut book = Workbook::new();
        let properties = DocProperties::new().set_title(title);
        book.set_properties(&properties.set_creation_datetime(&now.utc()));
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Look::new().set_bold();
        for (column, heading) in (0..).zip(headings) {
            let heading = heading.as_ref();
            // A Chinese character is as wide as two digits.
            let wide = u16::try_from(heading.chars().count() * 2 + 2).unwrap_or(12);
            sheet.set_column_width(column, wide.clamp(12, 40))?;
            sheet.write_string_with_format(0, column, heading, &bold)?;
        }
        Ok(Self {
            book,
            next: 1,
            day: Look::new().set_num_format("yyyy-mm-dd"),
            moment: Look::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        })
    }

    fn line(&mut self, cells: &[Cell<'_>]) -> Result<(), SheetError> {
        if self.next >= MOST_ROWS {
            return Err(SheetError::TooLong);
        }
        let row = self.next;
        self.next += 1;
        let sheet = self.book.worksheet_from_index(0)?;
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => {
                    sheet.write_string(row, column, cut(text).as_ref())?;
                }
                Cell::Number(number) => match exactly(number) {
                    Some(exact) => {
                        sheet.write_number(row, column, exact)?;
                    }
                    // A spreadsheet would round it.
                    None => {
                        sheet.write_string(row, column, number.as_ref())?;
                    }
                },
                Cell::Day(day) if has_dates(*day) => {
                    sheet.write_datetime_with_format(row, column, *day, &self.day)?;
                }
                Cell::Day(day) => {
                    sheet.write_string(row, column, day.to_string())?;
                }
                Cell::Time(time) if has_dates(time.china_day()) => {
                    let clock = time.in_china();
                    sheet.write_datetime_with_format(row, column, clock, &self.moment)?;
                }
                Cell::Time(time) => {
                    sheet.write_string(row, column, time.china_clock())?;
                }
            }
        }
        Ok(())
    }

    /// The file, from its beginning.
    fn saved(mut self) -> Result<File, SheetError> {
        let mut file = tempfile::tempfile()?;
        self.book.save_to_writer(&mut file)?;
        file.rewind()?;
        Ok(file)
    }
}

/// Whether a worksheet can count the days to it.
fn has_dates(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1901..=9999).contains(&day.year())
}

/// The number, if a spreadsheet keeps every digit of it.
fn exactly(number: &str) -> Option<f64> {
    let digits = number.bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|digit| *digit == b'0').count();
    (is_number(number) && significant <= EXACT_DIGITS)
        .then(|| number.parse().ok())
        .flatten()
}

/// As much of a text as a cell takes, and a sign that it was more.
fn cut(text: &str) -> Cow<'_, str> {
    // UTF-8 never has fewer bytes than UTF-16 has units.
    if text.len() <= MOST_TEXT {
        return text.into();
    }
    let mut units = 0;
    let kept = text.chars().take_while(|ch| {
        units += ch.len_utf16();
        units < MOST_TEXT
    });
    let kept: String = kept.collect();
    if kept.len() == text.len() {
        text.into()
    } else {
        format!("{kept}…").into()
    }
}
