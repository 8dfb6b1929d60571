//! A file of bytes, read into rows of text. Whatever is inside, memory stays bounded.

use super::archive::{self, Contents};
use super::finding::{FileError, Term};
use super::text::clean;
use super::{delimited, opendocument, workbook};

/// What a file may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of all parts of a zipped file when unpacked.
    pub unpacked_bytes: u64,
    /// How many times larger a part may be unpacked, once it exceeds one MiB.
    pub unpacked_ratio: u64,
    /// Row number of the last row that holds anything.
    pub rows: usize,
    /// Columns up to the last that holds anything.
    pub columns: usize,
    /// Cells up to the last filled one of each row, blank ones counted.
    pub cells: usize,
    /// Characters of one cell.
    pub cell_chars: usize,
    /// Bytes of the text of all cells, in UTF-8.
    pub text_bytes: usize,
}

impl Default for Limits {
    /// What the import accepts. With these the reader stays below 256 MB of memory.
    fn default() -> Self {
        Self {
            bytes: 32 << 20,
            unpacked_bytes: 256 << 20,
            unpacked_ratio: 200,
            rows: 200_000,
            columns: 100,
            cells: 2_000_000,
            cell_chars: 2_000,
            text_bytes: 64 << 20,
        }
    }
}

/// One cell: where it stands and what a person sees in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    row: u32,
    column: u16,
    text: Box<str>,
}

impl Cell {
    /// The text as it stands in the sheet; empty for a blank cell.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The address in the sheet, as `C12`.
    #[must_use]
    pub fn address(&self) -> String {
        address(self.row, self.column)
    }
}

/// The address of the cell in this row and column, both counted from 0.
fn address(row: u32, column: u16) -> String {
    format!("{}{}", column_letters(usize::from(column)), row + 1)
}

/// The letters over a column counted from 0: `A`, `Z`, `AA`.
pub(super) fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        let digit = u32::try_from(rest % 26).unwrap_or_default();
        letters.push(
            char::from_digit(digit + 10, 36)
                .unwrap_or('a')
                .to_ascii_uppercase(),
        );
        if rest < 26 {
            return letters.iter().rev().collect();
        }
        rest = rest / 26 - 1;
    }
}

/// One sheet. Row `n` of the sheet is `rows[n - 1]`; a row ends at its last filled cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name of the sheet; empty for a text file.
    pub sheet: String,
    /// The rows, blank ones too.
    pub rows: Vec<Vec<Cell>>,
}

/// Reads the sheet of this name, else the first visible one that holds anything.
///
/// CSV may be separated by commas, semicolons or tabs, in UTF-8, UTF-16 with a mark, or GB18030
/// (which includes GBK and GB 2312). Dates of a workbook come as `2026/3/5`, or as `2026/3` where
/// the format shows no day.
///
/// # Errors
/// Every [`FileError`].
pub fn read(name: Option<&str>, bytes: &[u8], limits: Limits) -> Result<Table, FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.bytes {
        return Err(FileError::TooLarge(limits.bytes));
    }
    if bytes.starts_with(b"PK") {
        return match archive::inspect(bytes, limits)? {
            Contents::Workbook => workbook::read(name, bytes, limits),
            Contents::OpenDocument => opendocument::read(name, bytes, limits),
        };
    }
    if let Some(refusal) = foreign(bytes) {
        return Err(refusal);
    }
    delimited::read(bytes, limits)
}

/// Kinds of file that are known by their first bytes and are no stock list.
fn foreign(bytes: &[u8]) -> Option<FileError> {
    const MAGIC: [(&[u8], Term); 11] = [
        (b"\x89PNG", Term("PNG图片", "a PNG picture")),
        (b"\xFF\xD8\xFF", Term("JPEG图片", "a JPEG picture")),
        (b"GIF8", Term("GIF图片", "a GIF picture")),
        (b"BM", Term("BMP图片", "a BMP picture")),
        (b"%PDF", Term("PDF", "a PDF")),
        (b"MZ", Term("Windows程序", "a Windows program")),
        (b"\x7FELF", Term("程序", "a program")),
        (b"Rar!", Term("RAR压缩包", "a RAR archive")),
        (b"7z\xBC\xAF", Term("7z压缩包", "a 7z archive")),
        (b"\x1F\x8B", Term("gzip压缩包", "a gzip archive")),
        (b"{\\rtf", Term("RTF文档", "an RTF document")),
    ];
    // calamine's reader of .xls reserves the rectangle that a file declares, terabytes if it says
    // so, and a failed allocation ends the process: old files are to be saved anew.
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        let stream: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return Some(if bytes.windows(stream.len()).any(|part| part == stream) {
            FileError::PasswordProtected
        } else {
            FileError::OtherFormat(Term(
                "旧版Excel或WPS文件（.xls、.et）",
                "An old Excel or WPS file (.xls, .et)",
            ))
        });
    }
    let start: Vec<u8> = bytes
        .iter()
        .skip_while(|b| !b.is_ascii_graphic())
        .take(512)
        .map(u8::to_ascii_lowercase)
        .collect();
    if start.starts_with(b"<?xml") || start.windows(9).any(|part| part == b"<workbook") {
        return Some(FileError::OtherFormat(Term(
            "XML表格",
            "An XML spreadsheet",
        )));
    }
    let tags: [&[u8]; 4] = [b"<!doctype", b"<html", b"<table", b"<meta"];
    if tags.iter().any(|tag| start.starts_with(tag)) {
        return Some(FileError::NotASpreadsheet(Term("网页", "a web page")));
    }
    // A CSV may begin with the letters BM or MZ, but only a program or a picture has a NUL byte.
    let (_, kind) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic))?;
    let text = bytes.starts_with(b"BM") || bytes.starts_with(b"MZ");
    (!text || bytes.contains(&0)).then_some(FileError::NotASpreadsheet(*kind))
}

/// Cells as they arrive, counted against the limits.
pub(super) struct Grid {
    limits: Limits,
    rows: Vec<Vec<Cell>>,
    cells: usize,
    text_bytes: usize,
}

impl Grid {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            rows: Vec::new(),
            cells: 0,
            text_bytes: 0,
        }
    }

    /// Puts a text at a row and a column counted from 0; blank text leaves no trace.
    pub(super) fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), FileError> {
        if clean(text).is_empty() {
            return Ok(());
        }
        if row >= self.limits.rows {
            return Err(FileError::TooManyRows(self.limits.rows));
        }
        if column >= self.limits.columns {
            return Err(FileError::TooManyColumns(self.limits.columns));
        }
        let too_many = FileError::TooManyCells(self.limits.cells);
        let (Ok(row_number), Ok(column_number)) = (u32::try_from(row), u16::try_from(column))
        else {
            return Err(too_many);
        };
        if text.chars().count() > self.limits.cell_chars {
            let cell = address(row_number, column_number);
            return Err(FileError::CellTooLong(cell, self.limits.cell_chars));
        }
        self.text_bytes += text.len();
        if self.rows.len() <= row {
            self.rows.resize_with(row + 1, Vec::new);
        }
        let Some(line) = self.rows.get_mut(row) else {
            return Err(too_many);
        };
        for blank in line.len()..=column {
            line.push(Cell {
                row: row_number,
                column: u16::try_from(blank).unwrap_or(column_number),
                text: Box::default(),
            });
            self.cells += 1;
        }
        if self.cells > self.limits.cells || self.text_bytes > self.limits.text_bytes {
            return Err(too_many);
        }
        if let Some(cell) = line.get_mut(column) {
            cell.text = text.into();
        }
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn into_table(self, sheet: String) -> Table {
        Table {
            sheet,
            rows: self.rows,
        }
    }
}
