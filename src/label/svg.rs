//! Marks as SVG, one unit a millimetre. Letters are outlines: no font is asked for.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Rgb;
use super::drawing::{Area, Drawing, Mark};
use super::font::{BOLD, Font, Glyph};

/// The drawing as one SVG document.
pub(super) fn write(font: &Font, drawing: &Drawing) -> String {
    let (width, height) = (mm(drawing.width), mm(drawing.height));
    let title = escape(&drawing.title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{title}</title><defs>"
    );
    for id in glyphs(drawing) {
        // Two labels in one page define a glyph twice, but always alike.
        let path = font.outline(id);
        svg.extend(["<path id=\"g", &id.0.to_string(), "\" d=\"", &path, "\"/>"]);
    }
    svg.extend([
        "</defs><path fill=\"#fff\" d=\"M0 0H",
        &width,
        "V",
        &height,
        "H0Z\"/>",
    ]);
    svg.extend(drawing.marks.iter().map(element));
    svg + "</svg>\n"
}

fn glyphs(drawing: &Drawing) -> BTreeSet<ttf_parser::GlyphId> {
    let lines = drawing.marks.iter().filter_map(|mark| match mark {
        Mark::Text { glyphs, .. } => Some(glyphs),
        Mark::Panel { .. } | Mark::Modules(_) | Mark::Sign { .. } => None,
    });
    lines.flatten().map(|glyph| glyph.id).collect()
}

fn element(mark: &Mark) -> String {
    match mark {
        Mark::Panel {
            area,
            radius,
            fill,
            edge,
        } => {
            let fill = fill.map_or_else(|| "none".to_owned(), hex);
            let stroke = if *edge > 0 {
                format!(" stroke=\"#000\" stroke-width=\"{}\"", mm(*edge))
            } else {
                String::new()
            };
            format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\" fill=\"{fill}\"{stroke}/>",
                mm(area.x),
                mm(area.y),
                mm(area.width),
                mm(area.height),
                mm(*radius)
            )
        }
        Mark::Modules(areas) => {
            let path: String = areas.iter().map(rectangle).collect();
            format!("<path shape-rendering=\"crispEdges\" d=\"{path}\"/>")
        }
        Mark::Text {
            x,
            baseline,
            size,
            glyphs,
            ink,
            bold,
        } => {
            let (x, y, scale, ink) = (mm(*x), mm(*baseline), decimal(*size, 6), hex(*ink));
            let stroke = if *bold {
                format!(" stroke=\"{ink}\" stroke-width=\"{BOLD}\" stroke-linejoin=\"round\"")
            } else {
                String::new()
            };
            format!(
                "<g transform=\"translate({x} {y}) scale({scale} -{scale})\" fill=\"{ink}\"{stroke}>{}</g>",
                uses(glyphs)
            )
        }
        Mark::Sign { area, pictogram } => {
            let mut paths = String::new();
            for (colour, path) in pictogram.paths() {
                paths.extend(["<path fill=\"", &hex(colour), "\" d=\"", path, "\"/>"]);
            }
            format!(
                "<g transform=\"translate({} {}) scale({})\"><title>{pictogram}</title>{paths}</g>",
                mm(area.x),
                mm(area.y),
                decimal(area.width, 6)
            )
        }
    }
}

fn uses(glyphs: &[Glyph]) -> String {
    let mut line = String::new();
    let mut x = 0;
    for glyph in glyphs {
        let id = glyph.id.0;
        // Writing to a string cannot fail.
        let _ = if glyph.percent == 100 {
            write!(line, "<use href=\"#g{id}\" x=\"{x}\"/>")
        } else {
            let (rise, scale) = (glyph.rise, decimal(glyph.percent, 2));
            write!(
                line,
                "<use href=\"#g{id}\" transform=\"translate({x} {rise}) scale({scale})\"/>"
            )
        };
        x += glyph.advance;
    }
    line
}

fn rectangle(area: &Area) -> String {
    let (width, height) = (mm(area.width), mm(area.height));
    format!("M{} {}h{width}v{height}h-{width}z", mm(area.x), mm(area.y))
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn mm(um: i64) -> String {
    decimal(um, 3)
}

/// `value` divided by ten to the power of `places`, exactly.
fn decimal(value: i64, places: usize) -> String {
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let part = part.trim_end_matches('0');
    let sign = if value < 0 { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}

/// Text for XML 1.0, which has no control characters, not even escaped ones.
fn escape(text: &str) -> String {
    let mut safe = String::new();
    for ch in text.chars() {
        match ch {
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '&' => safe += "&amp;",
            '"' => safe += "&quot;",
            '\u{FFFE}' | '\u{FFFF}' => {}
            _ if ch.is_control() => safe.push(' '),
            _ => safe.push(ch),
        }
    }
    safe
}
