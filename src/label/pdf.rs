//! Marks as PDF: text stays text, so that a label can be searched and copied.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::drawing::{Area, Drawing, Mark};
use super::font::{BOLD, BYTES, Glyph};
use super::pictogram::Pictogram;
use super::{LabelError, Rgb};

/// How far the handles of a quarter circle lie from its ends, in thousandths of the radius.
const HANDLE: i64 = 552;

/// One page for each drawing, as large as the drawing.
pub(super) fn write(pages: &[Drawing]) -> Result<Vec<u8>, LabelError> {
    let font = Font::new(BYTES.into(), 0).ok_or_else(|| LabelError::drawing("font"))?;
    let mut document = Document::new();
    let title = pages.first().map_or("", |page| page.title.as_str());
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .language("zh-CN".to_owned()),
    );
    for drawing in pages {
        let settings = PageSettings::from_wh(points(drawing.width), points(drawing.height))
            .ok_or_else(|| LabelError::drawing("page size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in &drawing.marks {
            draw(&mut surface, &font, mark);
        }
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| LabelError::Drawing(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, font: &Font, mark: &Mark) {
    match mark {
        Mark::Panel {
            area,
            radius,
            fill,
            edge,
        } => {
            let stroke = (*edge > 0).then(|| stroke(Rgb::BLACK, *edge));
            paint(surface, panel(*area, *radius), fill.map(self::fill), stroke);
        }
        Mark::Modules(areas) => {
            let mut path = PathBuilder::new();
            for area in areas {
                if let Some(rect) = rect(*area) {
                    path.push_rect(rect);
                }
            }
            paint(surface, path.finish(), Some(fill(Rgb::BLACK)), None);
        }
        Mark::Text {
            x,
            baseline,
            size,
            glyphs,
            ink,
            bold,
        } => {
            surface.set_fill(Some(fill(*ink)));
            surface.set_stroke(bold.then(|| stroke(*ink, size * BOLD / 1000)));
            let mut start = *x;
            for run in glyphs.chunk_by(|a, b| (a.percent, a.rise) == (b.percent, b.rise)) {
                text_run(surface, font, (start, *baseline), *size, run);
                start += super::font::width(run, *size);
            }
        }
        Mark::Sign { area, pictogram } => sign(surface, *area, *pictogram),
    }
}

/// Draws glyphs of one size and height.
fn text_run(
    surface: &mut Surface<'_>,
    font: &Font,
    (x, baseline): (i64, i64),
    line_size: i64,
    run: &[Glyph],
) {
    let Some(Glyph { percent, rise, .. }) = run.first() else {
        return;
    };
    let mut text = String::new();
    let mut placed = Vec::new();
    for glyph in run {
        let start = text.len();
        text.push(glyph.ch);
        placed.push(KrillaGlyph::new(
            GlyphId::new(u32::from(glyph.id.0)),
            ratio(glyph.advance, 10 * percent),
            0.0,
            0.0,
            0.0,
            start..text.len(),
            None,
        ));
    }
    let origin = Point::from_xy(points(x), points(baseline - rise * line_size / 1000));
    let size = points(line_size * percent / 100);
    surface.draw_glyphs(origin, &placed, font.clone(), &text, size, false);
}

fn sign(surface: &mut Surface<'_>, area: Area, pictogram: Pictogram) {
    let scale = ratio(points_times_1000(area.width), 1_000_000);
    let place = Transform::from_row(scale, 0.0, 0.0, scale, points(area.x), points(area.y));
    surface.push_transform(&place);
    for (colour, data) in pictogram.paths() {
        paint(surface, parse(data), Some(fill(colour)), None);
    }
    surface.pop();
}

/// A path of [`Pictogram::paths`]; nothing for a path with other commands.
fn parse(data: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut tokens = data.split(' ');
    while let Some(command) = tokens.next() {
        let mut number = || tokens.next()?.parse::<f32>().ok();
        match command {
            "M" => path.move_to(number()?, number()?),
            "L" => path.line_to(number()?, number()?),
            "C" => path.cubic_to(
                number()?,
                number()?,
                number()?,
                number()?,
                number()?,
                number()?,
            ),
            "Z" => path.close(),
            _ => return None,
        }
    }
    path.finish()
}

/// A rectangle with round corners.
fn panel(area: Area, radius: i64) -> Option<Path> {
    let mut path = PathBuilder::new();
    if radius == 0 {
        path.push_rect(rect(area)?);
        return path.finish();
    }
    let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
    let handle = radius - radius * HANDLE / 1000;
    let at = |x: i64, y: i64| (points(x), points(y));
    let (x, y) = at(left + radius, top);
    path.move_to(x, y);
    // Each side, then the corner at its end: end of the side, two handles, end of the corner.
    for corner in [
        [
            at(right - radius, top),
            at(right - handle, top),
            at(right, top + handle),
            at(right, top + radius),
        ],
        [
            at(right, bottom - radius),
            at(right, bottom - handle),
            at(right - handle, bottom),
            at(right - radius, bottom),
        ],
        [
            at(left + radius, bottom),
            at(left + handle, bottom),
            at(left, bottom - handle),
            at(left, bottom - radius),
        ],
        [
            at(left, top + radius),
            at(left, top + handle),
            at(left + handle, top),
            at(left + radius, top),
        ],
    ] {
        let [side, first, second, end] = corner;
        path.line_to(side.0, side.1);
        path.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
    }
    path.close();
    path.finish()
}

fn rect(area: Area) -> Option<Rect> {
    Rect::from_ltrb(
        points(area.x),
        points(area.y),
        points(area.right()),
        points(area.bottom()),
    )
}

fn paint(
    surface: &mut Surface<'_>,
    path: Option<Path>,
    fill: Option<Fill>,
    stroke: Option<Stroke>,
) {
    surface.set_fill(fill);
    surface.set_stroke(stroke);
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn colour(Rgb(red, green, blue): Rgb) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn fill(ink: Rgb) -> Fill {
    Fill {
        paint: colour(ink).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn stroke(ink: Rgb, width: i64) -> Stroke {
    Stroke {
        paint: colour(ink).into(),
        width: points(width),
        line_join: LineJoin::Round,
        ..Stroke::default()
    }
}

/// Micrometres in points of 1/72 inch.
fn points(um: i64) -> f32 {
    ratio(um * 72, 25_400)
}

fn points_times_1000(um: i64) -> i64 {
    um * 72_000 / 25_400
}

/// The one place where whole numbers become the floating numbers that a PDF is measured in; all
/// are far below 2^24 units of a micrometre after division, so nothing is lost that prints.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "krilla measures in f32, and a length on paper is no quantity"
)]
fn ratio(numerator: i64, denominator: i64) -> f32 {
    numerator as f32 / denominator as f32
}
