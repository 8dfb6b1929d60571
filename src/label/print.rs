//! Tables and forms on A4 paper: every page says whose they are, what, of which state of the ledger, and which page
//! of how many it is.

use super::drawing::{Area, Drawing, Mark};
use super::font::{self, Font};
use super::{LabelError, Rgb, pdf};

/// A4, ISO 216, upright.
const A4_UM: (i64, i64) = (210_000, 297_000);
/// What stays blank at the edges: few printers reach further.
const MARGIN_UM: i64 = 12_000;
/// Size of text in a table.
const TEXT_UM: i64 = 2_900;
/// What stays blank in a cell beside and above its text.
const PAD_UM: i64 = 900;
/// Lines of a table.
const EDGE_UM: i64 = 150;
/// Behind headings.
const GREY: Rgb = Rgb(236, 238, 241);
/// What is less important.
const PALE: Rgb = Rgb(90, 96, 104);

/// A table, or a form with one.
#[derive(Clone, Debug, Default)]
pub struct Print {
    /// What it is.
    pub title: String,
    /// Whose it is.
    pub institution: String,
    /// Whether the ledger is a demonstration: every page says so.
    pub demo: bool,
    /// Whether the paper lies on its side.
    pub landscape: bool,
    /// What is said before the table: name and value, two beside each other.
    pub details: Vec<(String, String)>,
    /// The columns.
    pub columns: Vec<PrintColumn>,
    /// The lines.
    pub rows: Vec<PrintRow>,
    /// Who signs by hand below the last line.
    pub signatures: Vec<String>,
    /// What stands at the foot of every page: the state of the ledger, who printed it and when.
    pub foot: String,
}

/// A column.
#[derive(Clone, Debug)]
pub struct PrintColumn {
    /// What stands above it.
    pub heading: String,
    /// How wide it is against the others.
    pub weight: i64,
    /// Whether it is a number: to the right.
    pub is_number: bool,
}

/// A line.
#[derive(Clone, Debug, Default)]
pub struct PrintRow {
    /// A text for each column.
    pub cells: Vec<String>,
    /// A correction: red, as in a book on paper (RULES §9).
    pub is_red: bool,
}

/// The pages as a PDF.
///
/// # Errors
/// [`LabelError::Drawing`] when the writer of the program fails.
pub fn document(print: &Print) -> Result<Vec<u8>, LabelError> {
    let font = Font::load()?;
    let (width, height) = if print.landscape {
        (A4_UM.1, A4_UM.0)
    } else {
        A4_UM
    };
    let mut paper = Paper {
        font: &font,
        print,
        frame: Area::new(0, 0, width, height).inset(MARGIN_UM, MARGIN_UM, MARGIN_UM, MARGIN_UM),
        pages: Vec::new(),
        marks: Vec::new(),
        rest: Area::new(0, 0, 0, 0),
    };
    paper.begin();
    paper.details();
    paper.table();
    paper.sign();
    paper.end();
    let count = paper.pages.len();
    let (title, frame, pages) = (&print.title, paper.frame, paper.pages);
    let numbered = pages
        .into_iter()
        .zip(1..)
        .map(|(mut marks, number): (Vec<Mark>, usize)| {
            let text = format!("第 {number} 页 共 {count} 页");
            let line = Area::new(frame.x, frame.bottom() - 4_000, frame.width, 4_000);
            put(
                &font,
                &mut marks,
                line,
                &text,
                Pen::plain(2_600).to(Side::Right).ink(PALE),
            );
            Drawing {
                width,
                height,
                title: title.clone(),
                marks,
            }
        });
    let drawings: Vec<Drawing> = numbered.collect();
    pdf::write(&drawings)
}

/// On which side of its area a text stands.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Middle,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy)]
struct Pen {
    size: i64,
    /// How small it may become so that it fits.
    least: i64,
    bold: bool,
    side: Side,
    ink: Rgb,
}

impl Pen {
    const fn plain(size: i64) -> Self {
        Self {
            size,
            least: size,
            bold: false,
            side: Side::Left,
            ink: Rgb::BLACK,
        }
    }

    const fn down_to(self, least: i64) -> Self {
        Self { least, ..self }
    }

    const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    const fn to(self, side: Side) -> Self {
        Self { side, ..self }
    }

    const fn ink(self, ink: Rgb) -> Self {
        Self { ink, ..self }
    }
}

/// Puts a text into an area; what does not fit ends with an ellipsis.
fn put(font: &Font, marks: &mut Vec<Mark>, area: Area, text: &str, pen: Pen) {
    let fitted = font.fit(text, (area.width, area.height), (pen.size, pen.least));
    let size = fitted.size;
    for (baseline, glyphs) in fitted.baselines() {
        let spare = area.width - font::width(&glyphs, size);
        let x = match pen.side {
            Side::Left => area.x,
            Side::Middle => area.x + spare / 2,
            Side::Right => area.x + spare,
        };
        marks.push(Mark::Text {
            x,
            baseline: area.y + baseline,
            size,
            glyphs,
            ink: pen.ink,
            bold: pen.bold,
        });
    }
}

/// Pages being filled.
struct Paper<'p> {
    font: &'p Font,
    print: &'p Print,
    frame: Area,
    pages: Vec<Vec<Mark>>,
    marks: Vec<Mark>,
    /// What is still free on the page.
    rest: Area,
}

impl Paper<'_> {
    fn put(&mut self, area: Area, text: &str, pen: Pen) {
        put(self.font, &mut self.marks, area, text, pen);
    }

    /// The head and the foot of a page.
    fn begin(&mut self) {
        let print = self.print;
        self.rest = self.frame;
        let foot = self.rest.cut_bottom(5_000);
        let line = Area::new(foot.x, foot.y, foot.width, EDGE_UM);
        self.marks.push(panel(line, Some(PALE), 0));
        let text = foot.inset(0, 1_000, 34_000, 0);
        self.put(text, &print.foot, Pen::plain(2_600).ink(PALE));
        let mut head = self.rest.cut_top(8_000);
        let (mut left, right) = (head.cut_left(55_000), head.cut_right(55_000));
        // On two lines and smaller rather than cut off.
        left.y += 1_000;
        self.put(left, &print.institution, Pen::plain(3_200).down_to(2_600));
        self.put(
            head,
            &print.title,
            Pen::plain(5_600).down_to(3_600).bold().to(Side::Middle),
        );
        if print.demo {
            self.put(
                right,
                "演示",
                Pen::plain(5_600).bold().to(Side::Right).ink(Rgb::RED),
            );
        }
        self.rest.cut_top(2_000);
    }

    fn end(&mut self) {
        self.pages.push(std::mem::take(&mut self.marks));
    }

    fn height_of(&self, text: &str, width: i64) -> i64 {
        let fitted = self
            .font
            .fit(text, (width - 2 * PAD_UM, i64::MAX / 4), (TEXT_UM, TEXT_UM));
        fitted.height() + 2 * PAD_UM
    }

    /// Name and value, two beside each other, in a frame.
    fn details(&mut self) {
        let (print, width) = (self.print, self.frame.width);
        let name_width = 26_000;
        let columns = i64::from(print.details.len() > 1) + 1;
        let each = width / columns;
        for pair in print.details.chunks(2) {
            let heights = pair
                .iter()
                .map(|(_, value)| self.height_of(value, each - name_width));
            let height = heights.max().unwrap_or_default();
            let mut line = self.rest.cut_top(height);
            for (name, value) in pair {
                let mut half = line.cut_left(each);
                let named = half.cut_left(name_width);
                self.marks.push(panel(named, Some(GREY), EDGE_UM));
                self.marks.push(panel(half, None, EDGE_UM));
                self.put(inner(named), name, Pen::plain(TEXT_UM));
                self.put(inner(half), value, Pen::plain(TEXT_UM));
            }
        }
        if !print.details.is_empty() {
            self.rest.cut_top(3_000);
        }
    }

    /// The columns' widths, which fill the page.
    fn widths(&self) -> Vec<i64> {
        let all: i64 = self.print.columns.iter().map(|column| column.weight).sum();
        let width = self.frame.width;
        let columns = self.print.columns.iter();
        columns
            .map(|column| width * column.weight / all.max(1))
            .collect()
    }

    fn table(&mut self) {
        let (print, widths) = (self.print, self.widths());
        if widths.is_empty() {
            return;
        }
        self.headings(&widths);
        for row in &print.rows {
            let heights = row.cells.iter().zip(&widths);
            let heights = heights.map(|(text, width)| self.height_of(text, *width));
            let most = self.frame.height - 40_000;
            let height = heights.max().unwrap_or_default().min(most);
            if height > self.rest.height {
                self.end();
                self.begin();
                self.headings(&widths);
            }
            let mut line = self.rest.cut_top(height);
            let ink = if row.is_red { Rgb::RED } else { Rgb::BLACK };
            for ((text, width), column) in row.cells.iter().zip(&widths).zip(&print.columns) {
                let cell = line.cut_left(*width);
                self.marks.push(panel(cell, None, EDGE_UM));
                let side = if column.is_number {
                    Side::Right
                } else {
                    Side::Left
                };
                self.put(inner(cell), text, Pen::plain(TEXT_UM).to(side).ink(ink));
            }
        }
        if print.rows.is_empty() {
            let line = self.rest.cut_top(7_000);
            self.marks.push(panel(line, None, EDGE_UM));
            self.put(
                inner(line),
                "无记录",
                Pen::plain(TEXT_UM).to(Side::Middle).ink(PALE),
            );
        }
    }

    fn headings(&mut self, widths: &[i64]) {
        let print = self.print;
        let heights = print.columns.iter().zip(widths);
        let heights = heights.map(|(column, width)| self.height_of(&column.heading, *width));
        let height = heights.max().unwrap_or_default();
        let mut line = self.rest.cut_top(height);
        for (column, width) in print.columns.iter().zip(widths) {
            let cell = line.cut_left(*width);
            self.marks.push(panel(cell, Some(GREY), EDGE_UM));
            self.put(
                inner(cell),
                &column.heading,
                Pen::plain(TEXT_UM).bold().to(Side::Middle),
            );
        }
    }

    /// Places for signatures, all on one page.
    fn sign(&mut self) {
        let print = self.print;
        let Ok(count) = i64::try_from(print.signatures.len()) else {
            return;
        };
        if count == 0 {
            return;
        }
        let (gap, height) = (4_000, 16_000);
        if gap + height > self.rest.height {
            self.end();
            self.begin();
        }
        self.rest.cut_top(gap);
        let mut line = self.rest.cut_top(height);
        let each = line.width / count;
        for name in &print.signatures {
            let cell = line.cut_left(each);
            self.marks.push(panel(cell, None, EDGE_UM));
            self.put(inner(cell), name, Pen::plain(TEXT_UM));
            // With room between them to write into.
            for (unit, from_right) in [("年", 20_000), ("月", 10_000), ("日", 0)] {
                let below = cell.inset(PAD_UM, height - 4_500, PAD_UM + from_right, 0);
                self.put(below, unit, Pen::plain(TEXT_UM).to(Side::Right).ink(PALE));
            }
        }
    }
}

const fn panel(area: Area, fill: Option<Rgb>, edge: i64) -> Mark {
    Mark::Panel {
        area,
        radius: 0,
        fill,
        edge,
    }
}

const fn inner(cell: Area) -> Area {
    cell.inset(PAD_UM, PAD_UM, PAD_UM, 0)
}
