//! What the reader tells about a file, a cell or a row: refusals of the whole file, problems that
//! a person has to mend, and notes on what was understood or left out.

use std::fmt;

use serde::Serialize;

use super::columns::Field;
use crate::domain::refusal::{Language, Refusal};

/// A thing named in Chinese and in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(pub &'static str, pub &'static str);

/// Why a file as a whole cannot be read. Nothing of it is used.
///
/// `Display` is the Chinese sentence, [`FileError::message`] gives either language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// No bytes at all, or nothing but blanks.
    Empty,
    /// The file has more bytes than the limit given here.
    TooLarge(u64),
    /// Not a spreadsheet; what it looks like.
    NotASpreadsheet(Term),
    /// A spreadsheet of a kind that is not read; its name.
    OtherFormat(Term),
    /// The spreadsheet is encrypted.
    PasswordProtected,
    /// The spreadsheet is cut off or breaks its own format.
    Damaged,
    /// Unpacked, the file is larger than any stock list: what exceeds its limit.
    Inflates(Term),
    /// More rows than the limit given here.
    TooManyRows(usize),
    /// More columns than the limit given here.
    TooManyColumns(usize),
    /// More cells or more text than fits; the limit in cells.
    TooManyCells(usize),
    /// One cell holds more characters than the limit: its address and the limit.
    CellTooLong(String, usize),
    /// A byte, counted from 1, that the encoding named here does not allow.
    Undecodable(&'static str, usize),
    /// The text is in an encoding that is not read; its name.
    OtherEncoding(&'static str),
    /// No sheet of that name; the names there are.
    SheetMissing(String, Vec<String>),
}

impl FileError {
    /// One of each, for the documentation of their codes.
    pub const ALL: [Self; 14] = [
        Self::Empty,
        Self::TooLarge(0),
        Self::NotASpreadsheet(Term("", "")),
        Self::OtherFormat(Term("", "")),
        Self::PasswordProtected,
        Self::Damaged,
        Self::Inflates(Term("", "")),
        Self::TooManyRows(0),
        Self::TooManyColumns(0),
        Self::TooManyCells(0),
        Self::CellTooLong(String::new(), 0),
        Self::Undecodable("", 0),
        Self::OtherEncoding(""),
        Self::SheetMissing(String::new(), Vec::new()),
    ];

    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::TooLarge(_) => "file_too_large",
            Self::NotASpreadsheet(_) => "not_a_spreadsheet",
            Self::OtherFormat(_) => "format_not_read",
            Self::PasswordProtected => "password_protected",
            Self::Damaged => "file_damaged",
            Self::Inflates(_) => "file_inflates",
            Self::TooManyRows(_) => "too_many_rows",
            Self::TooManyColumns(_) => "too_many_columns",
            Self::TooManyCells(_) => "too_many_cells",
            Self::CellTooLong(..) => "cell_too_long",
            Self::Undecodable(..) => "text_undecodable",
            Self::OtherEncoding(_) => "encoding_not_read",
            Self::SheetMissing(..) => "sheet_missing",
        }
    }

    /// The sentence for a person, which also says what to do next.
    #[must_use]
    pub fn message(&self, english: bool) -> String {
        if english {
            self.english()
        } else {
            self.chinese()
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Empty => "文件是空的，请选择有内容的表格。".to_owned(),
            Self::TooLarge(limit) => {
                format!("文件超过{}MB，请拆成几个文件。", limit / 1_048_576)
            }
            Self::NotASpreadsheet(Term(kind, _)) => {
                format!("这不是表格文件（像是{kind}），请用WPS或Excel另存为.xlsx或.csv后再上传。")
            }
            Self::OtherFormat(Term(kind, _)) => {
                format!("不支持{kind}，请用WPS或Excel另存为.xlsx后再上传。")
            }
            Self::PasswordProtected => "文件设有密码，请取消密码后再上传。".to_owned(),
            Self::Damaged => {
                "文件已损坏或不完整，请用WPS或Excel打开后另存为.xlsx再上传。".to_owned()
            }
            Self::Inflates(Term(what, _)) => {
                format!("文件解压后过大（{what}），不像库存表，已拒绝；请只复制数据到新表格。")
            }
            Self::TooManyRows(limit) => format!("超过{limit}行，请拆成几个文件。"),
            Self::TooManyColumns(limit) => format!("超过{limit}列，请删去无关的列。"),
            Self::TooManyCells(limit) => {
                format!("内容过多（超过{limit}个单元格或文字过长），请拆成几个文件。")
            }
            Self::CellTooLong(cell, limit) => {
                format!("单元格{cell}超过{limit}字，请缩短；引号不成对也会如此。")
            }
            Self::Undecodable(encoding, byte) => {
                format!("第{byte}个字节不是有效的{encoding}文字，请另存为UTF-8的CSV或.xlsx。")
            }
            Self::OtherEncoding(encoding) => {
                format!("文字编码像是{encoding}，请另存为UTF-8的CSV或.xlsx。")
            }
            Self::SheetMissing(name, sheets) => {
                format!("没有名为“{name}”的工作表，可选：{}。", sheets.join("、"))
            }
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Empty => "The file is empty; choose one with content.".to_owned(),
            Self::TooLarge(limit) => {
                format!("The file exceeds {} MB; split it.", limit / 1_048_576)
            }
            Self::NotASpreadsheet(Term(_, kind)) => {
                format!("This is no spreadsheet (it looks like {kind}); save it as .xlsx or .csv.")
            }
            Self::OtherFormat(Term(_, kind)) => format!("{kind} is not read; save it as .xlsx."),
            Self::PasswordProtected => "The file has a password; remove it first.".to_owned(),
            Self::Damaged => {
                "The file is damaged or incomplete; open it and save it again as .xlsx.".to_owned()
            }
            Self::Inflates(Term(_, what)) => format!(
                "Unpacked, the file is too large ({what}) for a stock list; copy the data alone \
                 into a new file."
            ),
            Self::TooManyRows(limit) => format!("More than {limit} rows; split the file."),
            Self::TooManyColumns(limit) => {
                format!("More than {limit} columns; delete those that are not needed.")
            }
            Self::TooManyCells(limit) => {
                format!("More than {limit} cells or too much text; split the file.")
            }
            Self::CellTooLong(cell, limit) => format!(
                "Cell {cell} exceeds {limit} characters; shorten it (an unclosed quote does this)."
            ),
            Self::Undecodable(encoding, byte) => {
                format!("Byte {byte} is not valid {encoding}; save the file as UTF-8 or .xlsx.")
            }
            Self::OtherEncoding(encoding) => {
                format!("The text looks like {encoding}; save the file as UTF-8 or .xlsx.")
            }
            Self::SheetMissing(name, sheets) => {
                format!(
                    "There is no sheet {name:?}; there are: {}.",
                    sheets.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chinese())
    }
}

impl std::error::Error for FileError {}

/// Whether a problem keeps the file from being accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file is refused until this is mended.
    Error,
    /// The row is proposed all the same; a person has to say that it is meant so.
    Warning,
}

/// What is wrong in one cell. The codes are stable, the sentences say what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant stands beside its sentence in `sentence`"
)]
pub enum Problem {
    HeaderMissing,
    ColumnMissing,
    ColumnAmbiguous,
    ColumnOutside,
    NameMissing,
    FormulaError,
    DittoHere,
    DittoWithoutRow,
    CasForm,
    CasCheck,
    CasIsDate,
    SpecForm,
    SpecAmbiguous,
    ContentUnknown,
    QuantityMissing,
    QuantityForm,
    QuantityNegative,
    QuantityTooLarge,
    PartContainer,
    UnitUnknown,
    UnitConflict,
    CaseOrContainer,
    CaseSizeUnknown,
    AmountNotWhole,
    DimensionConflict,
    ExpiryForm,
    ExpiryPeriod,
    ExpiryImpossible,
    ExpiryOutOfRange,
    DuplicateRow(usize),
    QuantityZero,
    PackagesNotWhole,
    PurposeMissing,
    PurposeTooLong,
    AskedTwice(usize),
}

impl Problem {
    /// Every problem, for tests and documentation.
    pub const ALL: [Self; 35] = [
        Self::HeaderMissing,
        Self::ColumnMissing,
        Self::ColumnAmbiguous,
        Self::ColumnOutside,
        Self::NameMissing,
        Self::FormulaError,
        Self::DittoHere,
        Self::DittoWithoutRow,
        Self::CasForm,
        Self::CasCheck,
        Self::CasIsDate,
        Self::SpecForm,
        Self::SpecAmbiguous,
        Self::ContentUnknown,
        Self::QuantityMissing,
        Self::QuantityForm,
        Self::QuantityNegative,
        Self::QuantityTooLarge,
        Self::PartContainer,
        Self::UnitUnknown,
        Self::UnitConflict,
        Self::CaseOrContainer,
        Self::CaseSizeUnknown,
        Self::AmountNotWhole,
        Self::DimensionConflict,
        Self::ExpiryForm,
        Self::ExpiryPeriod,
        Self::ExpiryImpossible,
        Self::ExpiryOutOfRange,
        Self::DuplicateRow(0),
        Self::QuantityZero,
        Self::PackagesNotWhole,
        Self::PurposeMissing,
        Self::PurposeTooLong,
        Self::AskedTwice(0),
    ];

    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.sentence().0
    }

    /// The sentence for a person, which also says what to do next.
    #[must_use]
    pub fn message(self, english: bool) -> String {
        let (_, zh, en) = self.sentence();
        let sentence = if english { en } else { zh };
        if let Self::DuplicateRow(first) | Self::AskedTwice(first) = self {
            sentence.replace("{}", &first.to_string())
        } else {
            sentence.to_owned()
        }
    }

    /// Only a repeated row may be meant so.
    #[must_use]
    pub const fn severity(self) -> Severity {
        if matches!(self, Self::DuplicateRow(_)) {
            Severity::Warning
        } else {
            Severity::Error
        }
    }

    #[rustfmt::skip]
    const fn sentence(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::HeaderMissing => ("header_missing", "找不到表头，请保留写有品名、规格、数量的一行，或手工指定各列。", "No header row was found; keep a row with name, specification and quantity, or assign the columns."),
            Self::ColumnMissing => ("column_missing", "缺少这一列，请补上或手工指定。", "This column is missing; add it or assign it."),
            Self::ColumnAmbiguous => ("column_ambiguous", "有两列都像这一项，请手工指定用哪一列。", "Two columns look like this field; say which one to use."),
            Self::ColumnOutside => ("column_outside", "指定的列不在表格内，请重新指定。", "The assigned column is outside the sheet; assign another."),
            Self::NameMissing => ("name_missing", "品名为空；如是合并单元格，请取消合并并逐行填写。", "The name is empty; if cells are merged, unmerge them and fill each row."),
            Self::FormulaError => ("formula_error", "单元格公式出错，请改为正确的值。", "The formula of this cell fails; put the value in its place."),
            Self::DittoHere => ("ditto_here", "“同上”只能用于存放地点和保管人，请填写完整。", "\"Ditto\" is only read for place and custodian; write it out."),
            Self::DittoWithoutRow => ("ditto_without_row", "“同上”之上没有内容，请填写完整。", "There is nothing above to repeat; write it out."),
            Self::CasForm => ("cas_form", "CAS号格式不对，应如 7647-01-0，请对照瓶签核对。", "This is no CAS number (as 7647-01-0); compare it with the bottle."),
            Self::CasCheck => ("cas_check", "CAS号校验不符，有一位数字不对，请对照瓶签核对。", "One digit of the CAS number is wrong; compare it with the bottle."),
            Self::CasIsDate => ("cas_is_date", "CAS号被Excel改成了日期且无法还原，请把该列设为文本后重新填写。", "Excel made the CAS number a date that cannot be undone; format the column as text and type it again."),
            Self::SpecForm => ("spec_form", "看不懂这个规格，请写成如 500ml、500g/瓶、500ml*20瓶。", "The specification is not understood; write it as 500ml, 500g/瓶 or 500ml*20瓶."),
            Self::SpecAmbiguous => ("spec_ambiguous", "规格里有两个含量，请只留每个容器的装量。", "The specification names two amounts; keep the content of one container."),
            Self::ContentUnknown => ("content_unknown", "不知道每个容器装多少，请填写规格，如 500ml。", "The content of one container is unknown; give the specification, as 500ml."),
            Self::QuantityMissing => ("quantity_missing", "数量为空，请填写；没有库存请填0。", "The quantity is empty; fill it in, or 0 when there is none."),
            Self::QuantityForm => ("quantity_form", "看不懂这个数量，请写成如 3、3瓶 或 1500ml。", "The quantity is not understood; write it as 3, 3瓶 or 1500ml."),
            Self::QuantityNegative => ("quantity_negative", "数量不能为负，请核对。", "The quantity cannot be negative; check it."),
            Self::QuantityTooLarge => ("quantity_too_large", "数量过大，请核对；确有这么多请分行填写。", "The quantity is too large; check it, or split the row."),
            Self::PartContainer => ("part_container", "容器数不是整数：请把整瓶和已开封的一瓶分两行填写，开封的一行写实际余量。", "Not a whole number of containers: put the full ones and the opened one in two rows, the opened one with what is left."),
            Self::UnitUnknown => ("unit_unknown", "不认识这个单位，请用瓶、桶、支、盒、箱、ml、L、g、kg等。", "The unit is unknown; use 瓶, 桶, 支, 盒, 箱, ml, L, g, kg."),
            Self::UnitConflict => ("unit_conflict", "数量里的单位与单位列不一致，请改为一致。", "The unit in the quantity differs from the unit column; make them agree."),
            Self::CaseOrContainer => ("case_or_container", "规格是整箱装，分不清数量是箱还是瓶，请写明单位。", "The specification describes a case: say whether the quantity counts cases or containers."),
            Self::CaseSizeUnknown => ("case_size_unknown", "不知道每箱（盒）几瓶，请在规格写明，如 500ml*20瓶。", "How many containers a case holds is unknown; write the specification as 500ml*20瓶."),
            Self::AmountNotWhole => ("amount_not_whole", "总量不是规格的整数倍：请把整瓶和已开封的一瓶分两行填写。", "The amount is not a multiple of the specification: put the full containers and the opened one in two rows."),
            Self::DimensionConflict => ("dimension_conflict", "规格与数量一个按重量、一个按体积，无法换算，请改为一致。", "Specification and quantity measure different things (mass, volume, pieces); make them agree."),
            Self::ExpiryForm => ("expiry_form", "看不懂这个有效期，请写成如 2026-03-05 或 2026-03。", "The expiry date is not understood; write it as 2026-03-05 or 2026-03."),
            Self::ExpiryPeriod => ("expiry_period", "这是时长不是日期，请按生产日期算出有效期至哪一天。", "This is a period, not a date; work out the date from the day of making."),
            Self::ExpiryImpossible => ("expiry_impossible", "没有这一天，请核对有效期。", "There is no such day; check the expiry date."),
            Self::ExpiryOutOfRange => ("expiry_out_of_range", "有效期的年份不合理，请核对。", "The year of the expiry date is unlikely; check it."),
            Self::DuplicateRow(_) => ("duplicate_row", "与第{}行完全相同：重复请删去一行，确有两批请写明批号或地点。", "The same as row {}: delete one, or tell them apart by lot or place."),
            Self::QuantityZero => ("quantity_zero", "数量为0：不买的请删去该行，要买的请填写数量。", "The quantity is 0: delete the row, or say how much is to be bought."),
            Self::PackagesNotWhole => ("packages_not_whole", "数量不是整包装，请按整瓶（箱）填写，或改正规格。", "Not a whole number of packages: ask for whole ones, or correct the specification."),
            Self::PurposeMissing => ("purpose_missing", "没有写用途，请在该行填写，或在提交时统一填写 purpose。", "No purpose is given: write it in the row, or give one for all in purpose."),
            Self::PurposeTooLong => ("purpose_too_long", "用途最多500个字，请缩短。", "A purpose has 500 characters at most; shorten it."),
            Self::AskedTwice(_) => ("asked_twice", "第{}行已为同一科室、同一用途申请同一品名：请合并为一行，或写明不同的用途。", "Row {} asks for the same product for the same department and purpose: make them one row, or say what is different."),
        }
    }
}

/// One problem in one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellError {
    /// Address in the sheet, as `C12`.
    pub cell: String,
    /// The field that the column holds.
    pub field: Option<Field>,
    /// The stable code of the problem.
    pub code: &'static str,
    /// Whether it keeps the file from being accepted.
    pub severity: Severity,
    /// What is wrong and what to do, in Chinese.
    pub detail_zh: String,
    /// The same in English.
    pub detail_en: String,
    /// The text of the cell.
    pub value: String,
}

impl CellError {
    /// The problem, with its sentences, at a cell.
    #[must_use]
    pub fn new(problem: Problem, cell: String, field: Option<Field>, value: &str) -> Self {
        Self {
            cell,
            field,
            code: problem.code(),
            severity: problem.severity(),
            detail_zh: problem.message(false),
            detail_en: problem.message(true),
            value: value.to_owned(),
        }
    }

    /// What a rule of the ledger says of a row.
    #[must_use]
    pub fn refused(refusal: &Refusal, cell: String, field: Field, value: String) -> Self {
        Self {
            cell,
            field: Some(field),
            code: refusal.code(),
            severity: Severity::Error,
            detail_zh: refusal.detail(Language::Chinese),
            detail_en: refusal.detail(Language::English),
            value,
        }
    }
}

/// What was left out or understood beyond the letter of the cell, so that a person can object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant stands beside its sentence in `sentence`"
)]
pub enum Remark {
    TotalsRow,
    SignatureRow,
    RepeatedHeader,
    SectionRow,
    EmptyStock,
    CarriedDown,
    CasRepaired,
    CasesUnpacked,
    ContainersComputed,
    OneContainer,
    Unidentified,
    SignedStock,
}

impl Remark {
    #[rustfmt::skip]
    const fn sentence(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::TotalsRow => ("totals_row", "合计行，已跳过。", "A row of totals was skipped."),
            Self::SignatureRow => ("signature_row", "签字或说明行，已跳过。", "A row of signatures or remarks was skipped."),
            Self::RepeatedHeader => ("repeated_header", "重复的表头，已跳过。", "A repeated header was skipped."),
            Self::SectionRow => ("section_row", "分类标题行，已跳过。", "A section title was skipped."),
            Self::EmptyStock => ("empty_stock", "数量为0，已跳过。", "The quantity is 0; the row was skipped."),
            Self::CarriedDown => ("carried_down", "空白或“同上”，沿用上一行。", "Blank or ditto: taken from the row above."),
            Self::CasRepaired => ("cas_repaired", "CAS号被Excel改成了日期，已还原，请核对。", "Excel had made the CAS number a date; it was restored, check it."),
            Self::CasesUnpacked => ("cases_unpacked", "按每箱（盒）数量换算为容器数。", "Cases were converted to containers."),
            Self::ContainersComputed => ("containers_computed", "由总量除以规格得出容器数。", "The number of containers is the amount divided by the specification."),
            Self::OneContainer => ("one_container", "没有每个容器的装量，按一个容器计。", "No content of one container is given: taken as one container."),
            Self::Unidentified => ("unidentified", "目录中查不到这一品名，按未识别入账，请核对品名和CAS号。", "The catalogue does not know this name; it is booked as unidentified, check name and CAS number."),
            Self::SignedStock => ("signed_stock", "管控类别：接受导入时须指定验收人，由其签名后才入账。", "A controlled class: name acceptors when the import is accepted; it is booked when they have signed."),
        }
    }
}

/// One remark on one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Row number in the sheet, from 1.
    pub row: usize,
    /// The cell it concerns, when it is one.
    pub cell: Option<String>,
    /// The stable code of the remark.
    pub code: &'static str,
    /// The remark in Chinese.
    pub detail_zh: &'static str,
    /// The same in English.
    pub detail_en: &'static str,
    /// The text found, or what was made of it.
    pub value: String,
}

impl Note {
    /// The remark, with its sentences, on a row.
    #[must_use]
    pub fn new(remark: Remark, row: usize, cell: Option<String>, value: &str) -> Self {
        let (code, detail_zh, detail_en) = remark.sentence();
        Self {
            row,
            cell,
            code,
            detail_zh,
            detail_en,
            value: value.to_owned(),
        }
    }
}
