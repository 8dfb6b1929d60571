//! Open Document sheets (.ods), ISO/IEC 26300, as far as a stock list needs them: the text that
//! each cell shows.
//!
//! calamine copies a cell as often as the file says it repeats, up to 16,384 times a row, before
//! anybody can count; here a repetition meets the limits cell by cell.

use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::archive::{XmlPieces, xml_reader};
use super::finding::FileError;
use super::table::{Grid, Limits, Table};

/// Reads one sheet of a document that [`super::archive::inspect`] has passed.
///
/// # Errors
/// What [`super::table::read`] says of workbooks.
pub(super) fn read(name: Option<&str>, bytes: &[u8], limits: Limits) -> Result<Table, FileError> {
    let damaged = |_| FileError::Damaged;
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if let Ok(manifest) = archive.by_name("META-INF/manifest.xml") {
        let mut text = String::new();
        let read = manifest.take(1 << 20).read_to_string(&mut text);
        if read.is_ok() && text.contains("encryption-data") {
            return Err(FileError::PasswordProtected);
        }
    }
    let content = archive.by_name("content.xml").map_err(damaged)?;
    let mut xml = xml_reader(content);
    let mut buffer = Vec::new();
    let mut names = Vec::new();
    loop {
        let event = next(&mut xml, &mut buffer)?;
        if let Event::Start(tag) = &event
            && tag.local_name().as_ref() == "table"
        {
            let sheet = attribute(tag, "name").unwrap_or_default();
            let grid = cells(&mut xml, limits)?;
            if name.map_or(!grid.is_empty(), |name| name == sheet) {
                return Ok(grid.into_table(sheet));
            }
            names.push(sheet);
        } else if matches!(event, Event::Eof) {
            return Err(name.map_or(FileError::Empty, |name| {
                FileError::SheetMissing(name.to_owned(), names)
            }));
        }
    }
}

fn next<'b, R: Read>(
    xml: &mut XmlPieces<R>,
    buffer: &'b mut Vec<u8>,
) -> Result<Event<'b>, FileError> {
    buffer.clear();
    xml.begin_piece();
    xml.reader
        .read_event_into(buffer)
        .map_err(|_| FileError::Damaged)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = tag.attributes();
    let mut known = all.with_checks(false).flatten();
    let found = known.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    let text = quick_xml::escape::unescape(&found.value);
    text.ok().map(std::borrow::Cow::into_owned)
}

fn repeated(tag: &BytesStart<'_>, name: &str) -> usize {
    let times = attribute(tag, name).and_then(|times| times.parse().ok());
    times.unwrap_or(1).max(1)
}

/// The cells of the table that has just been opened, up to its end.
fn cells<R: Read>(xml: &mut XmlPieces<R>, limits: Limits) -> Result<Grid, FileError> {
    let mut grid = Grid::new(limits);
    let mut buffer = Vec::new();
    let (mut row, mut rows, mut column) = (0_usize, 1, 0_usize);
    loop {
        let event = next(xml, &mut buffer)?;
        if let Event::Start(tag) = &event {
            let tag_name = tag.local_name();
            if tag_name.as_ref() == "table-row" {
                rows = repeated(tag, "number-rows-repeated");
                column = 0;
            } else if is_cell(tag_name.as_ref()) {
                let columns = repeated(tag, "number-columns-repeated");
                let text = cell_text(xml, limits)?;
                if !text.trim().is_empty() {
                    for (below, beside) in
                        (0..rows).flat_map(|below| (0..columns).map(move |beside| (below, beside)))
                    {
                        let (down, right) =
                            (row.saturating_add(below), column.saturating_add(beside));
                        grid.put(down, right, &text)?;
                    }
                }
                column = column.saturating_add(columns);
            }
        } else if let Event::End(tag) = &event {
            let tag_name = tag.local_name();
            if tag_name.as_ref() == "table-row" {
                row = row.saturating_add(rows);
            } else if tag_name.as_ref() == "table" {
                return Ok(grid);
            }
        } else if matches!(event, Event::Eof) {
            return Err(FileError::Damaged);
        }
    }
}

fn is_cell(tag: &str) -> bool {
    matches!(tag, "table-cell" | "covered-table-cell")
}

/// The paragraphs of the cell that has just been opened, up to its end, without its comment.
fn cell_text<R: Read>(xml: &mut XmlPieces<R>, limits: Limits) -> Result<String, FileError> {
    let mut text = String::new();
    let mut buffer = Vec::new();
    let mut comments = 0_usize;
    loop {
        let event = next(xml, &mut buffer)?;
        if let Event::Start(tag) = &event {
            match tag.local_name().as_ref() {
                "annotation" => comments += 1,
                "p" if !text.is_empty() => text.push('\n'),
                "s" | "tab" | "line-break" => text.push(' '),
                _ => {}
            }
        } else if let Event::End(tag) = &event {
            if tag.local_name().as_ref() == "annotation" {
                comments = comments.saturating_sub(1);
            } else if is_cell(tag.local_name().as_ref()) {
                return Ok(text);
            }
        } else if matches!(event, Event::Eof) {
            return Err(FileError::Damaged);
        } else if comments == 0 {
            text.push_str(&characters(&event)?);
        }
        if text.len() > limits.text_bytes {
            return Err(FileError::TooManyCells(limits.cells));
        }
    }
}

fn characters(event: &Event<'_>) -> Result<String, FileError> {
    if let Event::Text(part) = event {
        return Ok(part.xml10_content().into_owned());
    }
    if let Event::CData(part) = event {
        return Ok(part.xml10_content().into_owned());
    }
    if let Event::GeneralRef(reference) = event {
        let entity = format!("&{};", &**reference);
        let character = quick_xml::escape::unescape(&entity).map_err(|_| FileError::Damaged)?;
        return Ok(character.into_owned());
    }
    Ok(String::new())
}
