//! The two codes, as rectangles on a grid of whole printer dots.

use barcoders::sym::code128::Code128;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::LabelError;
use super::drawing::Area;
use crate::domain::ids::Label;

/// The width of a module in micrometres at 8 dots a millimetre: two dots.
pub(super) const MODULE_203_UM: i64 = 250;
/// The width of a module in micrometres at 300 dots an inch (three dots) and at its multiples.
pub(super) const MODULE_300_UM: i64 = 254;

/// The blank on either side of a Code 128, in modules (ISO/IEC 15417, 4.4).
pub(super) const CODE128_QUIET: i64 = 10;
/// The width of a Code 128 of 16 digits in set C: start, 8 pairs and check of 11, stop of 13.
pub(super) const CODE128_WIDTH: i64 = 123;
/// The blank around a QR code, in modules (ISO/IEC 18004, 6.3.8).
pub(super) const QR_QUIET: i64 = 4;
/// The width of a QR code of version 1, which holds 34 digits at error correction M.
pub(super) const QR_WIDTH: i64 = 21;

/// The width of a module in micrometres that is a whole number of dots at `dpi`.
pub(super) const fn module_um(dpi: u32) -> i64 {
    if dpi.is_multiple_of(300) {
        MODULE_300_UM
    } else {
        MODULE_203_UM
    }
}

/// The bars of a Code 128 whose first bar begins at (x, y), each `height` high.
pub(super) fn code128(
    label: Label,
    module: i64,
    x: i64,
    y: i64,
    height: i64,
) -> Result<Vec<Area>, LabelError> {
    // Ć (U+0106) selects set C, two digits a symbol.
    let modules = Code128::new(format!("\u{106}{label}"))
        .map_err(LabelError::drawing)?
        .encode();
    Ok(runs(modules.iter().map(|bar| *bar == 1))
        .map(|(start, length)| Area::new(x + start * module, y, length * module, height))
        .collect())
}

/// The black parts of a QR code whose upper left module begins at (x, y).
pub(super) fn qr(label: Label, module: i64, x: i64, y: i64) -> Result<Vec<Area>, LabelError> {
    let digits = [QrSegment::make_numeric(&label.to_string())];
    let version = Version::new(1);
    // A fixed version keeps the layout; the level is not raised, so that the picture never changes.
    let qr =
        QrCode::encode_segments_advanced(&digits, QrCodeEcc::Medium, version, version, None, false)
            .map_err(LabelError::drawing)?;
    let rows = (0..qr.size()).flat_map(|row| {
        let top = y + i64::from(row) * module;
        let line = (0..qr.size()).map(|column| qr.get_module(column, row));
        runs(line.collect::<Vec<_>>().into_iter())
            .map(move |(start, length)| Area::new(x + start * module, top, length * module, module))
            .collect::<Vec<_>>()
    });
    Ok(rows.collect())
}

/// Start and length of each run of black modules: one rectangle a run leaves no hairlines.
fn runs(modules: impl Iterator<Item = bool>) -> impl Iterator<Item = (i64, i64)> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    for (place, black) in (0..).zip(modules) {
        match found.last_mut() {
            Some((start, length)) if black && *start + *length == place => *length += 1,
            _ if black => found.push((place, 1)),
            _ => {}
        }
    }
    found.into_iter()
}
