//! Labels for containers: what stands on one, and its pictures.
//!
//! One layout makes a list of marks in whole micrometres; three writers turn the same marks into
//! SVG, PNG and PDF. The font is inside the program, so Chinese prints on a machine without fonts.
//! Everything here is pure: the same face gives the same bytes.

mod code;
mod drawing;
mod font;
mod layout;
mod paper;
mod pdf;
mod pictogram;
pub mod print;
mod raster;
mod svg;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use crate::domain::ids::Label;
use font::Font;

pub use pictogram::Pictogram;

/// What stands on the label of one container (容器标签).
///
/// Text may hold any characters: control characters are dropped, a character outside the font
/// prints as 〓, and what is too long is made smaller, wrapped, and at last cut with an ellipsis.
///
/// It carries what a bottle filled in house must show (DB11 6.1.2: name, concentration, hazards,
/// date opened, expiry, owner), but does not replace the safety label of GB 15258, nor on waste that of HJ 1276, and
/// says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The 16 digits that the code carries.
    pub label: Label,
    /// The name of the product; must not be blank.
    pub name: String,
    /// Concentration or form, as `＞20%`.
    pub qualifier: Option<String>,
    /// The CAS number.
    pub cas: Option<String>,
    /// The control classes, the strictest first.
    pub classes: Vec<ClassMark>,
    /// 危险 or 警告.
    pub signal_word: Option<String>,
    /// The pictograms, in the order in which they are drawn, after precedence.
    pub pictograms: Vec<Pictogram>,
    /// The amount with its unit, as `500 mL`.
    pub amount: String,
    /// Of a waste container, whose amount is its capacity: what went in (主要成分), nothing yet if blank.
    pub contents: Option<String>,
    /// The day on which the content expires.
    pub expires_on: Option<NaiveDate>,
    /// The day on which the container was received.
    pub received_on: Option<NaiveDate>,
    /// The day on which the container was opened.
    pub opened_on: Option<NaiveDate>,
    /// Where the container belongs.
    pub place: String,
    /// Who keeps it.
    pub custodian: Option<String>,
    /// The hospital or laboratory.
    pub institution: String,
    /// Whether the ledger is a demonstration, so that no printed label can be taken for a real one.
    pub demo: bool,
}

/// One control class as it shows on a label: its name on its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMark {
    /// The name, as 剧毒.
    pub text: String,
    /// The colour behind the name and in the bar at the left edge.
    pub colour: Rgb,
}

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    pub(crate) const BLACK: Self = Self(0, 0, 0);
    pub(crate) const WHITE: Self = Self(255, 255, 255);
    pub(crate) const RED: Self = Self(208, 0, 27);

    /// Whether the colour prints black on a one-bit printer; white text is readable on it.
    #[must_use]
    pub fn is_dark(self) -> bool {
        let Self(red, green, blue) = self;
        u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 < 128_000
    }
}

/// Which code a label bears; each label bears one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Code 128 set C, for laser and wedge scanners.
    Code128,
    /// QR, error correction M, for telephones.
    Qr,
}

impl FromStr for Code {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "code128" => Ok(Self::Code128),
            "qr" => Ok(Self::Qr),
            _ => Err(LabelError::Template),
        }
    }
}

/// Size and code of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// 50 × 30 mm with Code 128.
    Roll50x30Code128,
    /// 50 × 30 mm with QR.
    Roll50x30Qr,
    /// 70 × 50 mm with Code 128, pictograms, dates and custodian.
    Roll70x50Code128,
    /// 70 × 50 mm with QR, pictograms, dates and custodian.
    Roll70x50Qr,
    /// 70 × 36 mm, 24 on an A4 sheet, with Code 128; 4 mm at the sides stay blank, since few
    /// printers reach the edge of the paper.
    Cell70x36Code128,
    /// 70 × 36 mm, 24 on an A4 sheet, with QR.
    Cell70x36Qr,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 6] = [
        Self::Roll50x30Code128,
        Self::Roll50x30Qr,
        Self::Roll70x50Code128,
        Self::Roll70x50Qr,
        Self::Cell70x36Code128,
        Self::Cell70x36Qr,
    ];

    /// The name in settings and addresses, as `50x30-code128`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Roll50x30Code128 => "50x30-code128",
            Self::Roll50x30Qr => "50x30-qr",
            Self::Roll70x50Code128 => "70x50-code128",
            Self::Roll70x50Qr => "70x50-qr",
            Self::Cell70x36Code128 => "70x36-code128",
            Self::Cell70x36Qr => "70x36-qr",
        }
    }

    /// The code it bears.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Roll50x30Code128 | Self::Roll70x50Code128 | Self::Cell70x36Code128 => {
                Code::Code128
            }
            Self::Roll50x30Qr | Self::Roll70x50Qr | Self::Cell70x36Qr => Code::Qr,
        }
    }

    /// Width and height in micrometres.
    #[must_use]
    pub const fn size_um(self) -> (i64, i64) {
        match self {
            Self::Roll50x30Code128 | Self::Roll50x30Qr => (50_000, 30_000),
            Self::Roll70x50Code128 | Self::Roll70x50Qr => (70_000, 50_000),
            Self::Cell70x36Code128 | Self::Cell70x36Qr => (70_000, 36_000),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Template {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == text)
            .ok_or(LabelError::Template)
    }
}

/// How many labels go on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetTemplate {
    /// A4 with 3 × 8 labels of 70 × 36 mm, the first row 4.5 mm below the upper edge.
    A4 {
        /// The code on every label.
        code: Code,
        /// The first free label on the first page, 1 to 24, counted in rows.
        start: u8,
        /// How far everything moves to the right, in micrometres, at most 10 mm either way.
        dx_um: i32,
        /// How far everything moves down, in micrometres, at most 10 mm either way.
        dy_um: i32,
    },
    /// One label a page, the page as large as the label.
    Roll(Template),
}

/// Why no label was made. `Display` is the Chinese sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// The name is blank.
    #[error("标签缺少品名，请先填写品名。")]
    Nameless,
    /// There is no template of this name.
    #[error("没有这种标签模板，请从列表中选择。")]
    Template,
    /// There is no pictogram of this code.
    #[error("没有这种象形图，编号应为GHS01到GHS09。")]
    Pictogram,
    /// A resolution outside 203 to 1,200 dots an inch: the value.
    #[error("打印分辨率应在203到1200 dpi之间，而不是{0}。")]
    Resolution(u32),
    /// A sheet that begins at no label of the page: the value.
    #[error("起始位置应在1到24之间，而不是{0}。")]
    Start(u8),
    /// An offset of more than 10 mm, in micrometres: the value.
    #[error("打印偏移不能超过10 mm，而不是{0} µm。")]
    Offset(i32),
    /// A sheet without labels.
    #[error("没有要打印的标签，请至少选择一个容器。")]
    Empty,
    /// The program could not draw; a fault of the program, with what the writer said.
    #[error("标签生成失败，请与管理员联系。")]
    Drawing(String),
}

impl LabelError {
    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nameless => "label_nameless",
            Self::Template => "label_template",
            Self::Pictogram => "label_pictogram",
            Self::Resolution(_) => "label_resolution",
            Self::Start(_) => "label_start",
            Self::Offset(_) => "label_offset",
            Self::Empty => "label_empty",
            Self::Drawing(_) => "label_drawing",
        }
    }

    /// The sentence for a person, in Chinese or English.
    #[must_use]
    pub fn message(&self, english: bool) -> String {
        if !english {
            return self.to_string();
        }
        match self {
            Self::Nameless => "The label has no name; fill in the name first.".to_owned(),
            Self::Template => "There is no such label template; choose one from the list.".into(),
            Self::Pictogram => "There is no such pictogram; codes are GHS01 to GHS09.".to_owned(),
            Self::Resolution(dpi) => format!("A resolution is 203 to 1200 dpi, not {dpi}."),
            Self::Start(start) => format!("The first label is 1 to 24, not {start}."),
            Self::Offset(um) => format!("An offset is at most 10 mm, not {um} µm."),
            Self::Empty => "There is no label to print; choose a container.".to_owned(),
            Self::Drawing(_) => "The label could not be drawn; tell the administrator.".to_owned(),
        }
    }

    fn drawing(cause: impl fmt::Display) -> Self {
        Self::Drawing(cause.to_string())
    }
}

/// The label as an SVG, one unit a millimetre, letters as outlines.
///
/// # Errors
/// [`LabelError::Nameless`].
pub fn svg(face: &Face, template: Template) -> Result<String, LabelError> {
    let font = Font::load()?;
    let drawing = layout::label(&font, face, template, code::MODULE_203_UM)?;
    Ok(svg::write(&font, &drawing))
}

/// The label as a PNG that names its resolution; `one_bit` gives black and white for thermal heads.
///
/// 203 dpi means 8 dots a millimetre, as the heads of label printers are made. At 203 and at
/// multiples of 300 every module of the code is a whole number of dots.
///
/// # Errors
/// [`LabelError::Nameless`], [`LabelError::Resolution`].
pub fn png(
    face: &Face,
    template: Template,
    dpi: u32,
    one_bit: bool,
) -> Result<Vec<u8>, LabelError> {
    let resolution = raster::Resolution::new(dpi)?;
    let font = Font::load()?;
    let drawing = layout::label(&font, face, template, code::module_um(dpi))?;
    raster::write(&font, &drawing, resolution, one_bit)
}

/// All labels in one PDF, in the order given, to be printed at 100 %.
///
/// # Errors
/// [`LabelError::Empty`], [`LabelError::Nameless`], [`LabelError::Start`], [`LabelError::Offset`].
pub fn sheet(faces: &[Face], template: SheetTemplate) -> Result<Vec<u8>, LabelError> {
    if faces.is_empty() {
        return Err(LabelError::Empty);
    }
    let font = Font::load()?;
    let pages = paper::pages(&font, faces, template)?;
    pdf::write(&pages)
}

/// An A4 page with the outlines of the 24 labels and two rulers, to find the offset of a printer.
///
/// # Errors
/// None that a caller can cause.
pub fn calibration() -> Result<Vec<u8>, LabelError> {
    let font = Font::load()?;
    pdf::write(&[paper::calibration(&font)])
}
