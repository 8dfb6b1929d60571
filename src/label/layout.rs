//! Where everything stands on a label.

use chrono::NaiveDate;

use super::code::{self, CODE128_QUIET, CODE128_WIDTH, QR_QUIET, QR_WIDTH};
use super::drawing::{Area, Drawing, Mark};
use super::font::{self, Font};
use super::{ClassMark, Code, Face, LabelError, Pictogram, Rgb, Template};

/// The sentence about the label of GB 15258, whole and in three lines.
const NOT_GB_15258: &str = "不替代GB 15258安全标签";
const NOT_GB_15258_LINES: [&str; 3] = ["不替代", "GB 15258", "安全标签"];
/// The same about that of HJ 1276, on waste.
const NOT_HJ_1276: &str = "不替代HJ 1276危废标签";
const NOT_HJ_1276_LINES: [&str; 3] = ["不替代", "HJ 1276", "危废标签"];
const DEMO: &str = "演示";

/// The least size of text that a 203-dpi head prints legibly: 14 dots.
const SMALLEST: i64 = 1_750;
/// Below this size the strokes of a bold Chinese character run together at 203 dpi.
const SMALLEST_BOLD: i64 = 2_800;

/// One label.
pub(super) fn label(
    font: &Font,
    face: &Face,
    template: Template,
    module: i64,
) -> Result<Drawing, LabelError> {
    if font.shape(&face.name).is_empty() {
        return Err(LabelError::Nameless);
    }
    let (width, height) = template.size_um();
    let whole = Area::new(0, 0, width, height);
    let mut pen = Pen {
        font,
        marks: Vec::new(),
    };
    match template {
        Template::Roll50x30Code128 | Template::Roll50x30Qr => {
            let frame = whole.inset(1_000, 1_000, 1_000, 1_000);
            pen.small(face, frame, template.code(), module)?;
        }
        Template::Cell70x36Code128 | Template::Cell70x36Qr => {
            let frame = whole.inset(4_500, 1_500, 4_500, 1_500);
            pen.small(face, frame, template.code(), module)?;
        }
        Template::Roll70x50Code128 | Template::Roll70x50Qr => {
            let frame = whole.inset(1_000, 1_000, 1_000, 1_000);
            pen.large(face, frame, template.code(), module)?;
        }
    }
    Ok(Drawing {
        width,
        height,
        title: format!(
            "{}{} {}",
            if face.demo { "演示 " } else { "" },
            face.name,
            face.label.grouped()
        ),
        marks: pen.marks,
    })
}

/// How a text looks; sizes in micrometres.
#[derive(Clone, Copy)]
struct Style {
    largest: i64,
    bold: bool,
    ink: Rgb,
    align: Align,
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Centre,
    Right,
}

impl Align {
    /// Where something of a width begins in an area.
    const fn place(self, area: Area, width: i64) -> i64 {
        match self {
            Self::Left => area.x,
            Self::Centre => area.x + (area.width - width) / 2,
            Self::Right => area.right() - width,
        }
    }
}

impl Style {
    const fn plain(largest: i64) -> Self {
        Self {
            largest,
            bold: false,
            ink: Rgb::BLACK,
            align: Align::Left,
        }
    }

    const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    const fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    const fn ink(self, ink: Rgb) -> Self {
        Self { ink, ..self }
    }
}

/// Puts marks on a label.
struct Pen<'a> {
    font: &'a Font,
    marks: Vec<Mark>,
}

/// The width of the colour bar at the left, with its distance from the frame on both sides.
const BAR_UM: i64 = 2_600;
/// The line around a label.
const FRAME_UM: i64 = 250;
/// The gap between two things side by side.
const GAP_UM: i64 = 800;

impl Pen<'_> {
    /// 50 × 30 mm, and the cells of an A4 sheet, where everything is larger in proportion.
    fn small(
        &mut self,
        face: &Face,
        frame: Area,
        code: Code,
        module: i64,
    ) -> Result<(), LabelError> {
        let k = |um: i64| um * frame.height / 28_000;
        let mut rest = self.framed(face, frame);
        let mut head = rest.cut_top(k(6_600));
        self.signal(face, &mut head, k(4_200));
        self.text(
            head.inset(0, 0, 0, 300),
            &face.name,
            &Style::plain(k(4_400)).bold(),
        );
        match code {
            Code::Code128 => {
                let identity = rest.cut_top(k(2_700));
                self.text(identity, &identity_of(face), &Style::plain(k(2_200)));
                let mut classes = rest.cut_top(k(3_700)).inset(0, k(200), 0, k(300));
                let largest = k(2_900);
                let amount = font::width(&self.font.shape(&amount_of(face)), largest) + GAP_UM;
                let amount = classes.cut_right(amount.min(k(22_000)));
                let style = Style::plain(largest).bold().align(Align::Right);
                self.text(amount, &amount_of(face), &style);
                self.chips(&face.classes, classes);
                let mut line = rest.cut_top(k(2_800));
                if let Some(day) = face.expires_on {
                    let expiry = line.cut_left(k(20_000));
                    self.text(expiry, &expiry_of(day), &Style::plain(k(2_200)));
                    line.cut_left(GAP_UM);
                }
                let align = if face.expires_on.is_some() {
                    Align::Right
                } else {
                    Align::Left
                };
                self.text(line, &face.place, &Style::plain(k(2_200)).align(align));
                rest.cut_top(k(500));
                let mut beside = self.code128(face, rest, module, k(2_600))?;
                if face.demo {
                    beside.cut_bottom(300);
                    let badge = beside.cut_bottom(3_400);
                    let badge = badge.inset((badge.width - 9_000).max(0), 0, 0, 0);
                    self.badge(badge, DEMO, Rgb::BLACK);
                }
                Ok(())
            }
            Code::Qr => {
                let column = self.qr(face, rest, frame, 2 * module, k(5_200))?;
                rest.cut_right(column);
                let line = rest.cut_top(k(2_700));
                self.text(line, &cas_of(face), &Style::plain(k(2_200)));
                let line = rest.cut_top(k(2_500));
                let qualifier = face.qualifier.as_deref().unwrap_or_default();
                self.text(line, qualifier, &Style::plain(k(2_100)));
                let classes = rest.cut_top(k(3_700)).inset(0, k(200), 0, k(300));
                self.chips(&face.classes, classes);
                let foot = rest.cut_bottom(k(2_100));
                self.text(foot, instead_of(face).0, &Style::plain(k(1_800)));
                let mut line = rest.cut_top(k(3_300));
                if face.demo {
                    let badge = line.cut_right(k(7_600)).inset(0, 0, 0, k(200));
                    self.badge(badge, DEMO, Rgb::BLACK);
                    line.cut_right(GAP_UM);
                }
                self.text(line, &amount_of(face), &Style::plain(k(2_900)).bold());
                let line = rest.cut_top(k(2_700));
                let expiry = face.expires_on.map(expiry_of).unwrap_or_default();
                self.text(line, &expiry, &Style::plain(k(2_200)));
                self.text(rest, &face.place, &Style::plain(k(2_200)));
                Ok(())
            }
        }
    }

    /// 70 × 50 mm.
    fn large(
        &mut self,
        face: &Face,
        frame: Area,
        code: Code,
        module: i64,
    ) -> Result<(), LabelError> {
        let mut rest = self.framed(face, frame);
        let mut top = rest.cut_top(3_600);
        if face.demo {
            let badge = top.cut_right(9_000).inset(0, 0, 0, 200);
            self.badge(badge, DEMO, Rgb::BLACK);
        }
        self.text(top, &face.institution, &Style::plain(2_500));
        self.marks.push(Mark::Panel {
            area: rest.cut_top(125),
            radius: 0,
            fill: Some(Rgb::BLACK),
            edge: 0,
        });
        rest.cut_top(375);
        let mut head = rest.cut_top(8_400);
        self.signal(face, &mut head, 5_000);
        self.text(
            head.inset(0, 0, 0, 300),
            &face.name,
            &Style::plain(5_600).bold(),
        );
        match code {
            Code::Code128 => {
                let line = rest.cut_top(3_200);
                self.text(line, &identity_of(face), &Style::plain(2_600));
                let classes = rest.cut_top(4_200).inset(0, 200, 0, 400);
                self.chips(&face.classes, classes);
                let mut middle = rest.cut_top(16_000);
                let room = middle.inset(30_000, 0, 0, 0);
                let signs = self.signs(&face.pictograms, room, Align::Right);
                middle.cut_right(signs);
                self.facts(face, middle.inset(0, 200, 0, 300));
                rest.cut_top(300);
                self.code128(face, rest, module, 3_000)?;
                Ok(())
            }
            Code::Qr => {
                let column = self.qr(face, rest, frame, 3 * module, 6_400)?;
                rest.cut_right(column);
                let line = rest.cut_top(3_000);
                self.text(line, &identity_of(face), &Style::plain(2_500));
                let classes = rest.cut_top(4_000).inset(0, 200, 0, 400);
                self.chips(&face.classes, classes);
                let foot = rest.cut_bottom(2_400);
                self.text(foot, instead_of(face).0, &Style::plain(1_900));
                if !face.pictograms.is_empty() {
                    let row = rest.cut_bottom(9_800);
                    self.signs(&face.pictograms, row, Align::Left);
                }
                self.facts(face, rest.inset(0, 0, 0, 300));
                Ok(())
            }
        }
    }

    /// Draws the frame and the colour bar, and gives what is left for the content.
    fn framed(&mut self, face: &Face, frame: Area) -> Area {
        self.marks.push(Mark::Panel {
            area: frame,
            radius: 700,
            fill: None,
            edge: FRAME_UM,
        });
        let mut bar = frame.inset(500, 500, 0, 500);
        bar.width = BAR_UM - 1_000;
        let mut left = i64::try_from(face.classes.len()).unwrap_or(i64::MAX);
        for class in &face.classes {
            let area = bar.cut_top(bar.height / left);
            left -= 1;
            self.coloured(area, 0, class.colour);
        }
        frame.inset(BAR_UM, 800, 900, 700)
    }

    /// A panel in the colour of a class; a light one, which a one-bit printer leaves white, gets an
    /// edge, inside of its area.
    fn coloured(&mut self, area: Area, radius: i64, colour: Rgb) {
        let edge = if colour.is_dark() { 0 } else { 125 };
        let half = (edge + 1) / 2;
        self.marks.push(Mark::Panel {
            area: area.inset(half, half, half, half),
            radius,
            fill: Some(colour),
            edge,
        });
    }

    /// Cuts the signal word off the right of the heading.
    fn signal(&mut self, face: &Face, head: &mut Area, height: i64) {
        let Some(word) = &face.signal_word else {
            return;
        };
        let mut column = head.cut_right(height * 21 / 10);
        let badge = column.cut_top(height);
        head.cut_right(GAP_UM);
        let colour = if word == "危险" {
            Rgb::RED
        } else {
            Rgb::BLACK
        };
        self.badge(badge, word, colour);
    }

    /// White letters on a dark panel.
    fn badge(&mut self, area: Area, text: &str, colour: Rgb) {
        self.marks.push(Mark::Panel {
            area,
            radius: 400,
            fill: Some(colour),
            edge: 0,
        });
        let style = Style::plain(area.height * 3 / 4)
            .bold()
            .align(Align::Centre)
            .ink(Rgb::WHITE);
        self.text(area.inset(300, 0, 300, 0), text, &style);
    }

    /// The control classes side by side; those without room are counted.
    fn chips(&mut self, classes: &[ClassMark], mut row: Area) {
        let size = row.height * 72 / 100;
        let pad = row.height / 4;
        let mut hidden = classes.len();
        for class in classes {
            let glyphs = self.font.shape(&class.text);
            let width = font::width(&glyphs, size) + 2 * pad;
            let reserve = if hidden > 1 { size * 2 } else { 0 };
            if width + reserve > row.width {
                break;
            }
            hidden -= 1;
            let chip = row.cut_left(width);
            row.cut_left(pad);
            self.coloured(chip, 300, class.colour);
            let ink = if class.colour.is_dark() {
                Rgb::WHITE
            } else {
                Rgb::BLACK
            };
            let style = Style::plain(size).align(Align::Centre).ink(ink).bold();
            self.text(chip, &class.text, &style);
        }
        if hidden > 0 {
            self.text(row, &format!("+{hidden}"), &Style::plain(size).bold());
        }
    }

    /// The pictograms as large as the area allows, in one row or in two that interlock. Gives the
    /// width used.
    fn signs(&mut self, pictograms: &[Pictogram], area: Area, align: Align) -> i64 {
        let Ok(count @ 1..) = i64::try_from(pictograms.len()) else {
            return 0;
        };
        let row = area.height.min(area.width / count);
        let interlocked = (area.height * 2 / 3).min(area.width * 2 / (count + 1));
        let side = row.max(interlocked);
        let (step, drop) = if interlocked > row {
            (side / 2, side / 2)
        } else {
            (side, 0)
        };
        let used = step * (count - 1) + side;
        let top = area.y + (area.height - side - drop) / 2;
        let left = align.place(area, used);
        for (n, pictogram) in (0..).zip(pictograms) {
            let x = left + n * step;
            self.marks.push(Mark::Sign {
                area: Area::new(x, top + n % 2 * drop, side, side),
                pictogram: *pictogram,
            });
        }
        used + GAP_UM
    }

    /// Amount, dates, place and custodian, one a line.
    fn facts(&mut self, face: &Face, mut area: Area) {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let contents = face.contents.as_ref();
        let amount = contents.map_or("数量", |_| "容量");
        let facts = [
            (amount, Some(face.amount.clone())),
            ("主要成分", contents.cloned()),
            ("有效期至", day(face.expires_on)),
            ("入库", day(face.received_on)),
            ("开封", day(face.opened_on)),
            ("位置", Some(face.place.clone())),
            ("保管人", face.custodian.clone()),
        ];
        let height = (area.height / 6).min(3_000);
        for (name, value) in facts {
            let Some(value) = value else { continue };
            let mut line = area.cut_top(height);
            let size = height * 86 / 100;
            self.text(line.cut_left(size * 46 / 10), name, &Style::plain(size));
            self.text(line, &value, &Style::plain(size));
        }
    }

    /// Bars over digits at the left, the sentence about GB 15258 at the lower right. Gives what is
    /// left above the sentence.
    fn code128(
        &mut self,
        face: &Face,
        mut area: Area,
        module: i64,
        digits_height: i64,
    ) -> Result<Area, LabelError> {
        let quiet = CODE128_QUIET * module;
        let width = CODE128_WIDTH * module;
        // On whole modules, so that bars stay on whole dots of the printer. The quiet zone may reach
        // over the blank beside the colour bar.
        let x = (area.x - 500 + quiet + module - 1) / module * module;
        let digits = area.cut_bottom(digits_height);
        let bars = code::code128(face.label, module, x, area.y, area.height - 300)?;
        self.marks.push(Mark::Modules(bars));
        let style = Style::plain(digits_height).bold().align(Align::Centre);
        let digits = Area::new(x - quiet, digits.y, width + 2 * quiet, digits.height);
        self.text(digits, &face.label.grouped(), &style);

        let left = x + width + quiet;
        let mut right = Area::new(left, area.y, area.right() - left, digits.bottom() - area.y);
        if right.width > 20_000 {
            let line = right.cut_bottom(2_600);
            let style = Style::plain(1_900).align(Align::Right);
            self.text(line, instead_of(face).0, &style);
            return Ok(right);
        }
        let size = (right.width * 10 / 44).clamp(SMALLEST, 2_000);
        for line in instead_of(face).1.iter().rev() {
            let area = right.cut_bottom(size * 118 / 100);
            self.text(area, line, &Style::plain(size).align(Align::Right));
        }
        Ok(right)
    }

    /// The code over its digits in two lines, at the lower right. Gives the width of the column.
    fn qr(
        &mut self,
        face: &Face,
        rest: Area,
        frame: Area,
        module: i64,
        digits_height: i64,
    ) -> Result<i64, LabelError> {
        let side = QR_WIDTH * module;
        let quiet = QR_QUIET * module;
        let x = (frame.right() - FRAME_UM - quiet - side) / module * module;
        let bottom = rest.bottom() - digits_height;
        let y = (bottom - quiet - side) / module * module;
        self.marks
            .push(Mark::Modules(code::qr(face.label, module, x, y)?));
        let grouped = face.label.grouped();
        let mut digits =
            Area::new(x - quiet, bottom, side + 2 * quiet, digits_height).inset(500, 0, 500, 0);
        let (upper, lower) = grouped.split_at(grouped.len() / 2);
        let style = Style::plain(digits_height / 2).bold().align(Align::Centre);
        let line = digits.cut_top(digits_height / 2);
        self.text(line, upper, &style);
        self.text(digits, lower, &style);
        Ok(rest.right() - (x - quiet) + GAP_UM / 2)
    }

    /// Text in the middle of the height of an area.
    fn text(&mut self, area: Area, text: &str, style: &Style) {
        let sizes = (style.largest, SMALLEST.min(style.largest));
        let paragraph = self.font.fit(text, (area.width, area.height), sizes);
        let top = area.y + (area.height - paragraph.height()) / 2;
        let size = paragraph.size;
        for (baseline, glyphs) in paragraph.baselines() {
            let latin = glyphs.iter().all(|glyph| glyph.ch.is_ascii());
            self.marks.push(Mark::Text {
                x: style.align.place(area, font::width(&glyphs, size)),
                baseline: top + baseline,
                size,
                glyphs,
                ink: style.ink,
                bold: style.bold && (latin || size >= SMALLEST_BOLD),
            });
        }
    }
}

/// The sentence about the label that this one does not replace, whole and in lines.
const fn instead_of(face: &Face) -> (&'static str, [&'static str; 3]) {
    if face.contents.is_some() {
        (NOT_HJ_1276, NOT_HJ_1276_LINES)
    } else {
        (NOT_GB_15258, NOT_GB_15258_LINES)
    }
}

/// The amount where no word stands before it.
fn amount_of(face: &Face) -> String {
    match face.contents {
        Some(_) => format!("容量 {}", face.amount),
        None => face.amount.clone(),
    }
}

fn cas_of(face: &Face) -> String {
    let cas = face.cas.as_deref().unwrap_or_default();
    if cas.is_empty() {
        String::new()
    } else {
        format!("CAS {cas}")
    }
}

fn identity_of(face: &Face) -> String {
    let qualifier = face.qualifier.as_deref().unwrap_or_default();
    format!("{}  {qualifier}", cas_of(face))
}

fn expiry_of(day: NaiveDate) -> String {
    format!("有效期至 {day}")
}
