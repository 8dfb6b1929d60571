//! Which row is the header, and which column holds what.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::finding::{CellError, Problem};
use super::table::{Cell, Table, column_letters};
use super::text::{key, simplify};

/// What a column of a sheet may hold: opening stock (期初库存), or a purchase list (采购清单).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Name of the chemical (品名). Required.
    Name,
    /// CAS number.
    Cas,
    /// Content of one container, or of a case (规格).
    Spec,
    /// How many containers, or how much (数量). Required.
    Quantity,
    /// Unit of the quantity (单位).
    Unit,
    /// Concentration or content (含量), part of the qualifier.
    Concentration,
    /// Grade of purity (级别), part of the qualifier.
    Grade,
    /// Lot (批号).
    Lot,
    /// Maker (生产厂家).
    Maker,
    /// Supplier (供应商).
    Supplier,
    /// Last day of use (有效期至).
    Expiry,
    /// Place in one text (存放地点).
    Place,
    /// Room (房间), part of the place.
    Room,
    /// Cabinet (柜), part of the place.
    Cabinet,
    /// Shelf (层), part of the place.
    Shelf,
    /// Custodian (保管人).
    Custodian,
    /// Remark (备注).
    Remark,
    /// What it is bought for (用途), of a purchase list.
    Purpose,
    /// For which department (申请科室), of a purchase list.
    Department,
}

/// The words over a column, without blanks, brackets and signs, in small letters.
const SYNONYMS: [(Field, &[&str]); 17] = [
    (
        Field::Name,
        &[
            "品名",
            "名称",
            "试剂名称",
            "化学品名称",
            "药品名称",
            "危险化学品名称",
            "危化品名称",
            "危化品品名",
            "物品名称",
            "产品名称",
            "物资名称",
            "试剂",
            "化学品",
            "药品",
            "品种",
            "中文名",
            "中文名称",
            "通用名",
            "通用名称",
            "货物名称",
            "气体名称",
            "name",
        ],
    ),
    (
        Field::Cas,
        &[
            "cas",
            "cas号",
            "casno",
            "cas编号",
            "cas号码",
            "cas登记号",
            "cas登录号",
            "casnumber",
        ],
    ),
    (
        Field::Spec,
        &[
            "规格",
            "规格型号",
            "包装规格",
            "规格包装",
            "包装",
            "装量",
            "容量",
            "单瓶规格",
            "瓶装规格",
            "规格容量",
            "包装量",
            "试剂规格",
            "药品规格",
        ],
    ),
    (
        Field::Quantity,
        &[
            "数量",
            "库存数量",
            "库存",
            "库存量",
            "结存",
            "结存数量",
            "结存数",
            "结存量",
            "现存量",
            "现存数量",
            "现有数量",
            "现有库存",
            "实存数量",
            "实存",
            "账面数量",
            "盘点数量",
            "实盘数量",
            "期末库存",
            "期末数量",
            "期末结存",
            "期初数量",
            "期初库存",
            "瓶数",
            "储存数量",
            "储存量",
        ],
    ),
    (
        Field::Unit,
        &["单位", "计量单位", "数量单位", "库存单位", "包装单位"],
    ),
    (
        Field::Concentration,
        &["含量", "浓度", "质量分数", "含量浓度", "浓度含量"],
    ),
    (
        Field::Grade,
        &[
            "纯度",
            "级别",
            "等级",
            "纯度级别",
            "纯度等级",
            "试剂级别",
            "试剂等级",
            "级别纯度",
        ],
    ),
    (
        Field::Lot,
        &["批号", "生产批号", "产品批号", "批次", "批次号", "货号批号"],
    ),
    (
        Field::Maker,
        &[
            "生产厂家",
            "厂家",
            "厂商",
            "生产厂商",
            "生产企业",
            "生产单位",
            "品牌",
            "制造商",
            "生产商",
            "厂名",
            "产地",
            "品牌厂家",
            "厂家品牌",
        ],
    ),
    (
        Field::Supplier,
        &[
            "供应商",
            "供货单位",
            "供货商",
            "供应单位",
            "供货企业",
            "经销商",
            "购入单位",
            "来源单位",
        ],
    ),
    (
        Field::Expiry,
        &[
            "有效期",
            "失效日期",
            "有效期至",
            "效期",
            "失效期",
            "到期日",
            "到期日期",
            "有效日期",
            "有效期限",
            "保质期至",
            "效期至",
            "使用期限",
        ],
    ),
    (
        Field::Place,
        &[
            "存放地点",
            "存放位置",
            "库房",
            "储存地点",
            "储存位置",
            "存储地点",
            "存储位置",
            "库位",
            "货位",
            "位置",
            "地点",
            "存放处",
            "存放场所",
            "储存场所",
            "仓库",
            "存放库房",
            "保存地点",
        ],
    ),
    (
        Field::Room,
        &[
            "房间",
            "房间号",
            "房号",
            "室",
            "实验室",
            "存放房间",
            "库房号",
        ],
    ),
    (
        Field::Cabinet,
        &[
            "柜",
            "柜号",
            "柜子",
            "试剂柜",
            "药品柜",
            "柜名",
            "柜号架号",
            "存放柜",
            "危化品柜",
        ],
    ),
    (
        Field::Shelf,
        &["层", "层号", "层数", "格", "层格", "柜层", "架层", "层架"],
    ),
    (
        Field::Custodian,
        &[
            "保管人",
            "保管员",
            "保管",
            "管理人",
            "管理员",
            "责任人",
            "负责人",
            "保管责任人",
        ],
    ),
    (Field::Remark, &["备注", "说明", "附注", "备考", "注"]),
];

/// What a purchase list says otherwise: how much there is in stock is no quantity to be bought.
const ASKED: [(Field, &[&str]); 3] = [
    (
        Field::Quantity,
        &[
            "数量",
            "申请数量",
            "申购数量",
            "申请量",
            "申购量",
            "采购数量",
            "采购量",
            "购买数量",
            "购买量",
            "购置数量",
            "计划数量",
            "计划采购数量",
            "需求数量",
            "需求量",
            "请购数量",
            "拟购数量",
            "拟购买数量",
            "quantity",
        ],
    ),
    (
        Field::Purpose,
        &[
            "用途",
            "用途说明",
            "使用用途",
            "申请用途",
            "申请理由",
            "申请原因",
            "申购理由",
            "采购用途",
            "购买用途",
            "购买理由",
            "purpose",
        ],
    ),
    (
        Field::Department,
        &[
            "科室",
            "申请科室",
            "申购科室",
            "使用科室",
            "需求科室",
            "请购科室",
            "部门",
            "申请部门",
            "申购部门",
            "使用部门",
            "department",
        ],
    ),
];

/// Which words stand over columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Of opening stock.
    Opening,
    /// Of a purchase list.
    Purchases,
}

impl Words {
    /// The field that a word over a column names.
    fn field(self, word: &str) -> Option<Field> {
        let named = |list: &[(Field, &[&str])]| {
            let found = list.iter().find(|(_, words)| words.contains(&word));
            found.map(|(field, _)| *field)
        };
        match self {
            Self::Opening => named(&SYNONYMS),
            Self::Purchases => named(&ASKED).or_else(|| {
                let shared = [
                    Field::Name,
                    Field::Cas,
                    Field::Spec,
                    Field::Unit,
                    Field::Concentration,
                    Field::Grade,
                    Field::Remark,
                ];
                named(&SYNONYMS).filter(|field| shared.contains(field))
            }),
        }
    }
}

/// How many rows from the top the header is looked for.
const HEADER_WITHIN: usize = 40;

/// Which column, counted from 0, holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<Field, usize>);

impl Mapping {
    /// The column of a field, counted from 0.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<usize> {
        self.0.get(&field).copied()
    }
}

/// The header as understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Row number of its first line, from 1; none when columns were only assigned by hand.
    pub(super) row: Option<usize>,
    /// Rows above the data, counted from the top.
    pub(super) rows_above: usize,
    /// The columns.
    pub(super) mapping: Mapping,
    /// The unit in brackets after the word for quantity.
    pub(super) quantity_unit: Option<String>,
    /// The unit in brackets after the word for specification.
    pub(super) spec_unit: Option<String>,
}

/// Finds header and columns; columns that the caller assigned take precedence. With errors, the
/// header is what was understood, for a person to complete.
pub(super) fn find(
    table: &Table,
    given: Option<&Mapping>,
    words: Words,
) -> (Header, Vec<CellError>) {
    let given = given.cloned().unwrap_or_default();
    let width = table.rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut errors = Vec::new();
    for (field, column) in &given.0 {
        if *column >= width {
            let cell = format!("{}1", column_letters(*column));
            errors.push(CellError::new(
                Problem::ColumnOutside,
                cell,
                Some(*field),
                "",
            ));
        }
    }
    let lines = header_lines(table, words);
    let by_hand = [Field::Name, Field::Quantity]
        .iter()
        .all(|field| given.0.contains_key(field));
    if lines.is_empty() && !by_hand {
        let cell = "A1".to_owned();
        errors.push(CellError::new(Problem::HeaderMissing, cell, None, ""));
    }
    let assigned: BTreeSet<usize> = given.0.values().copied().collect();
    let mut header = Header {
        row: lines.first().map(|line| line + 1),
        rows_above: lines.last().map_or(0, |line| line + 1),
        mapping: given.clone(),
        ..Header::default()
    };
    if !errors.is_empty() {
        return (header, errors);
    }
    for column in 0..width {
        let Some((field, cell)) = column_field(table, &lines, column, words) else {
            continue;
        };
        let unit = unit_in_brackets(cell.text());
        match header.mapping.column(field) {
            Some(known) if known == column => {}
            Some(_) if given.0.contains_key(&field) || assigned.contains(&column) => continue,
            Some(_) => {
                let at = cell.address();
                let problem = Problem::ColumnAmbiguous;
                errors.push(CellError::new(problem, at, Some(field), cell.text()));
                continue;
            }
            None if assigned.contains(&column) => continue,
            None => {
                header.mapping.0.insert(field, column);
            }
        }
        if field == Field::Quantity {
            header.quantity_unit = unit;
        } else if field == Field::Spec {
            header.spec_unit = unit;
        }
    }
    for field in [Field::Name, Field::Quantity] {
        if header.mapping.column(field).is_none() {
            let cell = format!("A{}", header.row.unwrap_or(1));
            errors.push(CellError::new(
                Problem::ColumnMissing,
                cell,
                Some(field),
                "",
            ));
        }
    }
    (header, errors)
}

/// The index of the header row, or of both when it has two lines.
fn header_lines(table: &Table, words: Words) -> Vec<usize> {
    let known = |row: usize| -> BTreeSet<Field> {
        let cells = table.rows.get(row).into_iter().flatten();
        cells
            .filter_map(|cell| field_of(cell.text(), words))
            .collect()
    };
    let mut best = None;
    let mut most = 1;
    for row in 0..table.rows.len().min(HEADER_WITHIN) {
        let fields = known(row);
        if fields.len() > most {
            most = fields.len();
            best = Some(row);
        }
    }
    let Some(best) = best else {
        return Vec::new();
    };
    if best > 0 && !known(best - 1).is_empty() && belongs(table, best - 1, best, words) {
        return vec![best - 1, best];
    }
    if is_second_line(table, best + 1, words) {
        return vec![best, best + 1];
    }
    vec![best]
}

/// Whether the line above the fullest header row fills columns that are blank in it.
fn belongs(table: &Table, above: usize, below: usize, words: Words) -> bool {
    let blank_below = |column: usize| text_at(table, below, column).is_none_or(str::is_empty);
    let cells = table.rows.get(above).into_iter().flatten().enumerate();
    let mut fills = cells.filter(|(_, cell)| field_of(cell.text(), words).is_some());
    fills.any(|(column, _)| blank_below(column))
}

/// Whether every filled cell of the row is a header word or a unit in brackets.
fn is_second_line(table: &Table, row: usize, words: Words) -> bool {
    let cells = table.rows.get(row).into_iter().flatten();
    let mut filled = cells
        .filter(|cell| !cell.text().trim().is_empty())
        .peekable();
    filled.peek().is_some()
        && filled.all(|cell| {
            let text = simplify(cell.text());
            field_of(cell.text(), words).is_some() || (text.starts_with('(') && text.ends_with(')'))
        })
}

/// The field of a column and the header cell that says so; the lower line is the more exact.
fn column_field<'t>(
    table: &'t Table,
    lines: &[usize],
    column: usize,
    words: Words,
) -> Option<(Field, &'t Cell)> {
    let mut lines = lines.iter().rev();
    lines.find_map(|line| {
        let cell = table.rows.get(*line)?.get(column)?;
        Some((field_of(cell.text(), words)?, cell))
    })
}

fn text_at(table: &Table, row: usize, column: usize) -> Option<&str> {
    Some(table.rows.get(row)?.get(column)?.text().trim())
}

/// The field that a header text names.
fn field_of(text: &str, words: Words) -> Option<Field> {
    let simple = simplify(text);
    let without_brackets: String = match (simple.find('('), simple.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            let (before, rest) = simple.split_at(open);
            format!(
                "{before}{}",
                rest.get(close - open + 1..).unwrap_or_default()
            )
        }
        _ => simple,
    };
    let word: String = key(&without_brackets)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    words.field(&word)
}

/// The text in brackets of a header such as `数量（瓶）`.
fn unit_in_brackets(text: &str) -> Option<String> {
    let simple = simplify(text);
    let (_, rest) = simple.split_once('(')?;
    let (unit, _) = rest.split_once(')')?;
    let unit = unit.trim().trim_start_matches("单位:").trim();
    (!unit.is_empty()).then(|| unit.to_owned())
}
