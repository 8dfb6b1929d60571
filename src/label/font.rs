//! The font inside the program: from text to lines of glyphs that fit.

use std::fmt::Write as _;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::LabelError;

/// Noto Sans SC Medium, the characters named in `fixtures/font/README.md`; 1,000 units an em.
pub(super) const BYTES: &[u8] = include_bytes!("../../fixtures/font/NotoSansSC-Medium-subset.ttf");

/// How much of a size lies above the baseline, in thousandths: the box of a Chinese character.
const ABOVE: i64 = 880;
/// The distance of two baselines, in thousandths of the size.
const LEADING: i64 = 1180;
/// The width of the line drawn around a bold letter, in thousandths of the size.
pub(super) const BOLD: i64 = 28;
/// The step by which text that does not fit is made smaller, in micrometres.
const STEP_UM: i64 = 100;
/// Characters of one text that are looked at; no label holds more.
const LONGEST: usize = 200;
/// Stands for a character that the font lacks, as Chinese printers have it.
const MISSING: char = '〓';

/// One placed character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) id: GlyphId,
    /// The character as it was written, for copying out of a PDF.
    pub(super) ch: char,
    /// The width in thousandths of the size of the line.
    pub(super) advance: i64,
    /// The height against the size of the line, in percent: 100, or less for ₂ and ².
    pub(super) percent: i64,
    /// How far above the baseline it stands, in thousandths of the size of the line.
    pub(super) rise: i64,
}

/// Text that fits an area: every line at the same size.
pub(super) struct Paragraph {
    pub(super) size: i64,
    pub(super) lines: Vec<Vec<Glyph>>,
}

impl Paragraph {
    /// The height in micrometres.
    pub(super) fn height(&self) -> i64 {
        let further = i64::try_from(self.lines.len()).unwrap_or(1) - 1;
        self.size + further * self.size * LEADING / 1000
    }

    /// Each line with the distance of its baseline from the top of the paragraph.
    pub(super) fn baselines(self) -> impl Iterator<Item = (i64, Vec<Glyph>)> {
        let (first, step) = (self.size * ABOVE / 1000, self.size * LEADING / 1000);
        (0..).map(move |n| first + n * step).zip(self.lines)
    }
}

/// The parsed font.
pub(super) struct Font(Face<'static>);

impl Font {
    /// Reads the tables of the font inside the program; it takes microseconds.
    pub(super) fn load() -> Result<Self, LabelError> {
        Face::parse(BYTES, 0).map(Self).map_err(LabelError::drawing)
    }

    /// The glyphs of a text in one line: control and invisible characters dropped, space runs one.
    pub(super) fn shape(&self, text: &str) -> Vec<Glyph> {
        let mut glyphs: Vec<Glyph> = Vec::new();
        for ch in text.chars().filter(|ch| !is_invisible(*ch)).take(LONGEST) {
            let space = ch.is_whitespace() || ch.is_control();
            if space && glyphs.last().is_none_or(|last| last.ch == ' ') {
                continue;
            }
            glyphs.extend(self.glyph(if space { ' ' } else { ch }));
        }
        if glyphs.last().is_some_and(|last| last.ch == ' ') {
            glyphs.pop();
        }
        glyphs
    }

    fn glyph(&self, ch: char) -> Option<Glyph> {
        let (drawn, percent, rise) = match self.0.glyph_index(ch) {
            Some(_) => (ch, 100, 0),
            None => small_digit(ch).unwrap_or((MISSING, 100, 0)),
        };
        let id = self.0.glyph_index(drawn)?;
        let advance = i64::from(self.0.glyph_hor_advance(id)?) * percent / 100;
        Some(Glyph {
            id,
            ch,
            advance,
            percent,
            rise,
        })
    }

    /// The text at the largest size, in micrometres, at which it fits; at the smallest size what
    /// does not fit is cut with an ellipsis.
    pub(super) fn fit(
        &self,
        text: &str,
        (width, height): (i64, i64),
        (largest, smallest): (i64, i64),
    ) -> Paragraph {
        let glyphs = self.shape(text);
        let mut size = largest;
        loop {
            let limit = width * 1000 / size;
            let mut lines = wrap(&glyphs, limit);
            let further = (height - size).max(0) / (size * LEADING / 1000);
            let room = usize::try_from(further).unwrap_or(0) + 1;
            let fits = lines.len() <= room && size <= height;
            if fits || size - STEP_UM < smallest {
                if lines.len() > room {
                    lines.truncate(room);
                    if let (Some(last), Some(dots)) = (lines.last_mut(), self.glyph('…')) {
                        while advance(last) + dots.advance > limit && last.pop().is_some() {}
                        last.push(dots);
                    }
                }
                return Paragraph { size, lines };
            }
            size -= STEP_UM;
        }
    }

    /// The outline of a glyph as SVG path data in font units, y upwards; empty for a space.
    pub(super) fn outline(&self, id: GlyphId) -> String {
        let mut path = PathData(String::new());
        // A glyph without an outline, as the space has none, leaves the path empty.
        let _bounds = self.0.outline_glyph(id, &mut path);
        path.0
    }
}

/// The width of a line in micrometres.
pub(super) fn width(line: &[Glyph], size: i64) -> i64 {
    advance(line) * size / 1000
}

fn advance(line: &[Glyph]) -> i64 {
    line.iter().map(|glyph| glyph.advance).sum()
}

/// Breaks glyphs into lines of at most `limit` thousandths of the size.
fn wrap(glyphs: &[Glyph], limit: i64) -> Vec<Vec<Glyph>> {
    let mut lines = Vec::new();
    let mut line: Vec<Glyph> = Vec::new();
    for word in words(glyphs) {
        if !line.is_empty() && advance(&line) + advance(trimmed(word)) > limit {
            lines.push(trimmed(&line).to_vec());
            line.clear();
        }
        for glyph in word {
            // Only a word wider than a whole line is broken inside.
            if !line.is_empty() && glyph.ch != ' ' && advance(&line) + glyph.advance > limit {
                lines.push(trimmed(&line).to_vec());
                line.clear();
            }
            line.push(*glyph);
        }
    }
    if !line.is_empty() {
        lines.push(trimmed(&line).to_vec());
    }
    lines
}

fn words(glyphs: &[Glyph]) -> impl Iterator<Item = &[Glyph]> {
    glyphs.chunk_by(|left, right| !may_break(left.ch, right.ch))
}

fn trimmed(line: &[Glyph]) -> &[Glyph] {
    match line {
        [start @ .., last] if last.ch == ' ' => start,
        all => all,
    }
}

/// Whether a line may end between two characters: around ideographs and after separators, but
/// never before closing or after opening punctuation, nor inside `1,1` and `7647-01-0`.
fn may_break(left: char, right: char) -> bool {
    if "，。、；：）］】〕》」』％!?！？”’…·)]},.;:%°℃ ".contains(right)
        || "（［【〔《「『“‘([{".contains(left)
    {
        return false;
    }
    match left {
        ' ' | '，' | '、' | '；' => true,
        '-' | ',' | '/' | ')' | ']' => !right.is_ascii_digit() && right != '-',
        _ => is_ideograph(left) || is_ideograph(right),
    }
}

const fn is_ideograph(ch: char) -> bool {
    ch >= '\u{2E80}'
}

/// Characters that take no room: joiners, marks of direction, variation selectors.
const fn is_invisible(ch: char) -> bool {
    matches!(ch, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// A digit or sign below or above the line, which the font lacks: what to draw, at how many
/// percent, and how far above the baseline in thousandths.
fn small_digit(ch: char) -> Option<(char, i64, i64)> {
    let below = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎".chars().zip("0123456789+-=()".chars());
    let above = "⁰⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾".chars().zip("0456789+-=()".chars());
    below
        .map(|(small, drawn)| (small, drawn, -130))
        .chain(above.map(|(small, drawn)| (small, drawn, 330)))
        .find(|(small, ..)| *small == ch)
        .map(|(_, drawn, rise)| (drawn, 62, rise))
}

/// Collects an outline. The numbers are the font's own, whole or halves, and print exactly.
struct PathData(String);

impl PathData {
    fn push(&mut self, command: char, numbers: &[f32]) {
        self.0.push(command);
        for (place, number) in numbers.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(self.0, "{gap}{number}");
        }
    }
}

impl OutlineBuilder for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push('M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push('L', &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.push('Q', &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.push('C', &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.0.push('Z');
    }
}
