//! Labels on paper: pages of a roll, A4 sheets, and the page that shows how a printer is off.

use super::code::{MODULE_203_UM, MODULE_300_UM};
use super::drawing::{Area, Drawing, Mark};
use super::font::Font;
use super::layout::label;
use super::{Code, Face, LabelError, Rgb, SheetTemplate, Template};

/// A4, ISO 216.
const A4_UM: (i64, i64) = (210_000, 297_000);
const COLUMNS: i64 = 3;
const ROWS: i64 = 8;
const PER_PAGE: usize = 24;
/// The blank above the first row: 8 rows of 36 mm in the middle of 297 mm.
const A4_TOP_UM: i64 = 4_500;
/// The furthest that a printer is set right.
const FURTHEST_UM: u32 = 10_000;

/// What to do with the calibration page.
const CALIBRATION: &str = "打印校准页：按100%打印在普通纸上，与标签纸叠在一起对光看。\
    线框偏左或偏上多少毫米，就把向右偏移dx或向下偏移dy设为多少（1 mm = 1000 µm）；偏右或偏下设负值。";

/// All labels on the pages of a sheet or roll.
pub(super) fn pages(
    font: &Font,
    faces: &[Face],
    template: SheetTemplate,
) -> Result<Vec<Drawing>, LabelError> {
    match template {
        // A roll has the dots of a label printer, most often 8 a millimetre.
        SheetTemplate::Roll(template) => faces
            .iter()
            .map(|face| label(font, face, template, MODULE_203_UM))
            .collect(),
        SheetTemplate::A4 {
            code,
            start,
            dx_um,
            dy_um,
        } => {
            for offset in [dx_um, dy_um] {
                if offset.unsigned_abs() > FURTHEST_UM {
                    return Err(LabelError::Offset(offset));
                }
            }
            let skipped = usize::from(start)
                .checked_sub(1)
                .filter(|skipped| *skipped < PER_PAGE)
                .ok_or(LabelError::Start(start))?;
            a4(font, faces, code, skipped, (dx_um.into(), dy_um.into()))
        }
    }
}

fn a4(
    font: &Font,
    faces: &[Face],
    code: Code,
    skipped: usize,
    (dx, dy): (i64, i64),
) -> Result<Vec<Drawing>, LabelError> {
    let template = match code {
        Code::Code128 => Template::Cell70x36Code128,
        Code::Qr => Template::Cell70x36Qr,
    };
    let slots: Vec<Option<&Face>> = std::iter::repeat_n(None, skipped)
        .chain(faces.iter().map(Some))
        .collect();
    let mut pages = Vec::new();
    for slots in slots.chunks(PER_PAGE) {
        let mut page = empty_a4("标签");
        for (cell, face) in cells().zip(slots) {
            let Some(face) = face else { continue };
            // Office printers have 300 or 600 dots an inch.
            let label = label(font, face, template, MODULE_300_UM)?;
            let marks = label.marks.into_iter();
            page.marks
                .extend(marks.map(|mark| mark.moved(cell.x + dx, cell.y + dy)));
        }
        pages.push(page);
    }
    Ok(pages)
}

/// The outlines of the 24 labels, rulers through the middle of the page, and what to do.
pub(super) fn calibration(font: &Font) -> Drawing {
    let mut page = empty_a4("打印校准页");
    for cell in cells() {
        page.marks.push(Mark::Panel {
            area: cell,
            radius: 0,
            fill: None,
            edge: 100,
        });
    }
    let (width, height) = A4_UM;
    let length = |mm: i64| match mm % 10 {
        0 => 4_000,
        5 => 2_500,
        _ => 1_500,
    };
    let across = (0..width / 1000).map(|mm| Area::new(mm * 1000 - 50, 148_500, 100, length(mm)));
    let down = (0..height / 1000).map(|mm| Area::new(105_000, mm * 1000 - 50, length(mm), 100));
    page.marks.push(Mark::Modules(across.chain(down).collect()));
    let note = Area::new(5_000, 42_500, 60_000, 32_000);
    let paragraph = font.fit(CALIBRATION, (note.width, note.height), (3_500, 3_500));
    let size = paragraph.size;
    for (baseline, glyphs) in paragraph.baselines() {
        page.marks.push(Mark::Text {
            x: note.x,
            baseline: note.y + baseline,
            size,
            glyphs,
            ink: Rgb::BLACK,
            bold: false,
        });
    }
    page
}

fn empty_a4(title: &str) -> Drawing {
    Drawing {
        width: A4_UM.0,
        height: A4_UM.1,
        title: title.to_owned(),
        marks: Vec::new(),
    }
}

/// The labels of an A4 sheet, row after row.
fn cells() -> impl Iterator<Item = Area> {
    let (width, height) = Template::Cell70x36Code128.size_um();
    (0..ROWS).flat_map(move |row| {
        (0..COLUMNS)
            .map(move |column| Area::new(column * width, A4_TOP_UM + row * height, width, height))
    })
}
