//! Text files: which encoding, which separator, which cells.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, SHIFT_JIS};
use encoding_rs::{DecoderResult, EUC_KR, Encoding, GB18030, UTF_8};

use super::finding::{FileError, Term};
use super::table::{Grid, Limits, Table};

/// Reads a text file that holds one table.
///
/// # Errors
/// What [`super::table::read`] says of text files.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Table, FileError> {
    let text = decode(bytes)?;
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Err(FileError::NotASpreadsheet(Term(
            "二进制文件",
            "a binary file",
        )));
    }
    let mut grid = Grid::new(limits);
    let mut reader = csv(&text, separator(&text));
    let mut record = ::csv::StringRecord::new();
    let mut row = blank_lines(&text, 0);
    while reader
        .read_record(&mut record)
        .map_err(|_| FileError::Damaged)?
    {
        for (column, cell) in record.iter().enumerate() {
            grid.put(row, column, cell)?;
        }
        row += 1 + blank_lines(&text, reader.position().byte());
    }
    if grid.is_empty() {
        return Err(FileError::Empty);
    }
    Ok(grid.into_table(String::new()))
}

/// How many blank lines follow here; the parser passes over them, a spreadsheet counts them.
fn blank_lines(text: &str, after: u64) -> usize {
    let after = usize::try_from(after).unwrap_or(usize::MAX);
    let Some((before, mut rest)) = text.split_at_checked(after) else {
        return 0;
    };
    // The parser stops between the two characters of a line end.
    if before.ends_with('\r') {
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    let mut lines = 0;
    while let Some(next) = ["\r\n", "\n", "\r"]
        .iter()
        .find_map(|end| rest.strip_prefix(end))
    {
        rest = next;
        lines += 1;
    }
    lines
}

fn csv(text: &str, separator: u8) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The separator by which most of the first lines have equally many cells.
fn separator(text: &str) -> u8 {
    let agreement = |separator: &u8| {
        let mut lines_of_width = std::collections::BTreeMap::<usize, usize>::new();
        for record in csv(text, *separator).records().take(60).flatten() {
            *lines_of_width.entry(record.len()).or_default() += 1;
        }
        lines_of_width.remove(&1);
        let most = lines_of_width
            .iter()
            .max_by_key(|(width, lines)| (**lines, **width));
        most.map(|(width, lines)| (*lines, *width))
    };
    // Of equals the last wins, and a comma is the most usual.
    let separators = [b'\t', b';', b','];
    separators.into_iter().max_by_key(agreement).unwrap_or(b',')
}

/// The text, decoded strictly: a byte that does not belong refuses the file.
fn decode(bytes: &[u8]) -> Result<String, FileError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let name = if encoding == UTF_8 { "UTF-8" } else { "UTF-16" };
        let rest = bytes.get(mark..).unwrap_or_default();
        return strictly(encoding, rest)
            .map_err(|position| FileError::Undecodable(name, mark + position));
    }
    let utf8_position = match strictly(UTF_8, bytes) {
        Ok(text) => return Ok(text),
        Err(position) => position,
    };
    let chinese = strictly(GB18030, bytes);
    // Text of a neighbouring encoding often passes as GB18030, but lands in its private area.
    if !chinese.as_ref().is_ok_and(|text| !has_private(text))
        && let Some(name) = neighbour(bytes)
    {
        return Err(FileError::OtherEncoding(name));
    }
    chinese.map_err(|position| {
        // Whichever encoding went further is the one that was meant.
        if utf8_position > position {
            FileError::Undecodable("UTF-8", utf8_position)
        } else {
            FileError::Undecodable("GB18030", position)
        }
    })
}

/// Whether the text holds characters that no standard has assigned.
fn has_private(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{E000}'..='\u{F8FF}'))
}

/// The name of an East Asian encoding that the text looks like and that decodes all of it.
fn neighbour(bytes: &[u8]) -> Option<&'static str> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    [
        (BIG5, "Big5"),
        (SHIFT_JIS, "Shift_JIS"),
        (EUC_JP, "EUC-JP"),
        (EUC_KR, "EUC-KR"),
    ]
    .into_iter()
    .find(|(encoding, _)| guess == *encoding && strictly(encoding, bytes).is_ok())
    .map(|(_, name)| name)
}

/// The decoded text, or the position, from 1, of the first byte that does not belong.
fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let length = decoder
        .max_utf8_buffer_length_without_replacement(bytes.len())
        .unwrap_or_default();
    let mut text = String::with_capacity(length);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull => Err(read + 1),
        DecoderResult::Malformed(bad, after) => {
            Err((read + 1).saturating_sub(usize::from(bad) + usize::from(after)))
        }
    }
}
