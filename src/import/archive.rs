//! What is looked at in a zipped spreadsheet before any reader builds something from it.
//!
//! Readers of workbooks keep strings, styles and sheet names in memory, reserve what a file
//! declares, and unpack part after part. So every part is unpacked once beforehand, without being
//! kept, and what a reader would keep of it is counted with the same XML parser.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::result::ZipError;

use super::finding::{FileError, Term};
use super::table::Limits;

/// Which reader the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Office Open XML (.xlsx), ECMA-376.
    Workbook,
    /// Open Document (.ods), ISO/IEC 26300.
    OpenDocument,
}

/// Parts of one file; the largest stock lists have some dozens.
const PARTS: usize = 4_096;
/// Bytes of one tag or one run of text. A cell of 32,767 characters, all escaped, needs less.
const PIECE_BYTES: u64 = 1 << 20;
/// Bytes of one tag, but for those that list the ranges they apply to.
const TAG_BYTES: usize = 8 << 10;
/// Bytes of the tag of a name or number format, which is copied into many cell formats; Excel
/// allows 255 characters.
const NAME_TAG_BYTES: usize = 1 << 10;
/// Different texts of a workbook.
const STRINGS: usize = 1_000_000;
/// Texts that a workbook may declare; the count of all uses stands beside that of the texts.
const DECLARED: usize = 10_000_000;
/// Cell formats, fonts, sheets and the like of a workbook; Excel itself stops at 65,490 formats.
const FORMATS: usize = 65_536;

/// Says which kind of spreadsheet the archive holds, after making sure that reading it is safe.
///
/// # Errors
/// [`FileError`] when it is none, is encrypted, or unpacks to more than the limits.
pub(super) fn inspect(bytes: &[u8], limits: Limits) -> Result<Contents, FileError> {
    // Every entry of the directory begins so; the zip reader would make a record of each.
    let entries = bytes
        .windows(4)
        .filter(|part| part == b"PK\x01\x02")
        .count();
    if entries > PARTS {
        return Err(FileError::Inflates(Term("文件部件过多", "too many parts")));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| refusal(&e))?;
    let mut declared = 0_u64;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|e| refusal(&e))?;
        if part.encrypted() {
            return Err(FileError::PasswordProtected);
        }
        let size = part.size();
        declared = declared.saturating_add(size);
        let ratio = size / part.compressed_size().max(1);
        if declared > limits.unpacked_bytes {
            return Err(FileError::Inflates(Term("总大小", "total size")));
        }
        if size > 1 << 20 && ratio > limits.unpacked_ratio {
            return Err(FileError::Inflates(Term("压缩比", "compression ratio")));
        }
    }
    let contents = kind(&archive)?;
    let mut census = Census::default();
    let mut left = limits.unpacked_bytes;
    for index in 0..archive.len() {
        let packed = archive.by_index(index).map_err(|e| refusal(&e))?;
        let name = packed.name().map_err(|e| refusal(&e))?.to_lowercase();
        let allowed = left.min(
            packed
                .compressed_size()
                .saturating_mul(limits.unpacked_ratio)
                .max(1 << 20),
        );
        let mut part = packed.take(allowed + 1);
        if has_extension(&name, "xml") || has_extension(&name, "rels") {
            census.take(&mut part, &name, limits)?;
        }
        std::io::copy(&mut part, &mut std::io::sink()).map_err(|_| FileError::Damaged)?;
        let read = allowed + 1 - part.limit();
        if read > allowed {
            return Err(FileError::Inflates(Term("总大小", "total size")));
        }
        left -= read;
    }
    Ok(contents)
}

fn refusal(error: &ZipError) -> FileError {
    if matches!(error, ZipError::UnsupportedArchive(why) if *why == ZipError::PASSWORD_REQUIRED) {
        FileError::PasswordProtected
    } else {
        FileError::Damaged
    }
}

fn kind(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<Contents, FileError> {
    let has = |wanted: &str| archive.index_for_name(wanted).is_some();
    if has("xl/workbook.bin") {
        return Err(FileError::OtherFormat(Term(
            "二进制工作簿（.xlsb）",
            "A binary workbook (.xlsb)",
        )));
    }
    if has("xl/workbook.xml") {
        return Ok(Contents::Workbook);
    }
    if has("word/document.xml") {
        return Err(FileError::NotASpreadsheet(Term(
            "Word文档",
            "a Word document",
        )));
    }
    if has("content.xml") && has("mimetype") {
        return Ok(Contents::OpenDocument);
    }
    Err(FileError::NotASpreadsheet(Term("压缩包", "a zip archive")))
}

/// What a reader of workbooks would keep, over all parts: the names of parts are the file's own.
#[derive(Default)]
struct Census {
    strings: usize,
    formats: usize,
    text_bytes: usize,
}

impl Census {
    fn take(&mut self, part: impl Read, name: &str, limits: Limits) -> Result<(), FileError> {
        let mut xml = xml_reader(part);
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            xml.begin_piece();
            let event = xml.reader.read_event_into(&mut buffer);
            let Ok(event) = event else {
                // A part that breaks off here breaks off here for the reader too.
                return if xml.piece() > PIECE_BYTES {
                    Err(FileError::Inflates(Term(
                        "单项过长",
                        "one item is too long",
                    )))
                } else {
                    Ok(())
                };
            };
            let length = if let Event::Start(tag) = &event {
                self.tag(tag, name)?;
                0
            } else if let Event::Text(text) = &event {
                text.len()
            } else if let Event::CData(text) = &event {
                text.len()
            } else if matches!(event, Event::Eof) {
                return Ok(());
            } else {
                0
            };
            self.text_bytes += length;
            if self.text_bytes > limits.text_bytes {
                return Err(FileError::TooManyCells(limits.cells));
            }
        }
    }

    fn tag(&mut self, tag: &BytesStart<'_>, part: &str) -> Result<(), FileError> {
        let mut longest = TAG_BYTES;
        match tag.local_name().as_ref() {
            "si" => self.strings += 1,
            "sst" => {
                // The reader reserves room for as many texts as this tag declares.
                let mut numbers = tag.attributes_raw().split(|c: char| !c.is_ascii_digit());
                let huge = |digits: &str| digits.parse::<usize>().is_ok_and(|n| n > DECLARED);
                if numbers.any(huge) {
                    return Err(FileError::Inflates(Term("共享文字过多", "too many texts")));
                }
            }
            "Relationship" if has_extension(part, "rels") => relationship(tag)?,
            "xf" | "font" | "fill" | "border" | "sheet" | "definedName" => self.formats += 1,
            "numFmt" | "name" => {
                self.formats += 1;
                longest = NAME_TAG_BYTES;
            }
            "conditionalFormatting" | "dataValidation" | "ignoredError" | "protectedRange" => {
                longest = usize::MAX;
            }
            _ => {}
        }
        if self.strings > STRINGS {
            return Err(FileError::Inflates(Term("共享文字过多", "too many texts")));
        }
        if self.formats > FORMATS || tag.len() > longest {
            return Err(FileError::Inflates(Term(
                "单元格格式过多",
                "too many formats",
            )));
        }
        Ok(())
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, last)| last.eq_ignore_ascii_case(extension))
}

/// Only parts named `.xml` were counted, so a sheet or workbook of another name is refused.
fn relationship(tag: &BytesStart<'_>) -> Result<(), FileError> {
    let value = |name: &str| {
        let mut all = tag.attributes();
        let mut named = all
            .with_checks(false)
            .flatten()
            .filter(|a| a.key.as_ref() == name);
        named
            .next()
            .map(|a| a.value.to_lowercase())
            .unwrap_or_default()
    };
    let kind = value("Type");
    let read = [
        "/officedocument",
        "/worksheet",
        "/chartsheet",
        "/dialogsheet",
    ];
    if read.iter().any(|end| kind.ends_with(end)) && !has_extension(&value("Target"), "xml") {
        return Err(FileError::Damaged);
    }
    Ok(())
}

/// An XML parser that fails when one tag or text exceeds [`PIECE_BYTES`], instead of keeping it.
pub(super) struct XmlPieces<R> {
    /// The parser; call [`XmlPieces::begin_piece`] before each event.
    pub(super) reader: quick_xml::Reader<Meter<R>>,
    consumed: Rc<Cell<u64>>,
}

impl<R> XmlPieces<R> {
    pub(super) fn begin_piece(&self) {
        self.consumed.set(0);
    }

    fn piece(&self) -> u64 {
        self.consumed.get()
    }
}

/// The parser, set as the workbook reader sets its own.
pub(super) fn xml_reader<R: Read>(part: R) -> XmlPieces<R> {
    let consumed = Rc::new(Cell::new(0));
    let mut reader = quick_xml::Reader::from_reader(Meter {
        inner: BufReader::with_capacity(64 << 10, part),
        consumed: Rc::clone(&consumed),
    });
    let config = reader.config_mut();
    config.check_end_names = false;
    config.trim_text(false);
    config.check_comments = false;
    config.expand_empty_elements = true;
    XmlPieces { reader, consumed }
}

/// Counts what the parser takes for one event.
pub(super) struct Meter<R> {
    inner: BufReader<R>,
    consumed: Rc<Cell<u64>>,
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Meter<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.consumed.get() > PIECE_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        let taken = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.consumed.set(self.consumed.get().saturating_add(taken));
        self.inner.consume(bytes);
    }
}
