//! From rows of text to proposed opening stock: every row is read to its end, so that all that is
//! wrong is told at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use crate::domain::ids::Cas;
use crate::domain::quantity::Quantity;

use super::columns::{Field, Header};
use super::finding::{CellError, Note, Problem, Remark};
use super::package::{self, Spec, Stock};
use super::table::{Cell, Table, column_letters};
use super::text::{clean, is_ditto, key, present, simplify};
use super::value;

/// Like containers of one kind, as one row of the sheet gives them (期初库存).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct OpeningRow {
    /// Row number in the sheet, from 1.
    pub row: usize,
    /// Name of the chemical as written.
    pub name: String,
    /// Concentration, grade and strength, joined by `；`.
    pub qualifier: Option<String>,
    /// CAS number, its check digit verified.
    pub cas: Option<Cas>,
    /// Number of containers, at least 1.
    pub containers: u32,
    /// What each container holds.
    pub each: Quantity,
    /// Place as written; room, cabinet and shelf joined by `/`.
    pub place: Option<String>,
    /// Lot.
    pub lot: Option<String>,
    /// Maker.
    pub maker: Option<String>,
    /// Supplier.
    pub supplier: Option<String>,
    /// Last day on which it may be used.
    pub expires_on: Option<NaiveDate>,
    /// Custodian as written.
    pub custodian: Option<String>,
    /// Remark.
    pub remark: Option<String>,
}

/// The columns that make up a place, the wider before the narrower.
const PLACE: [Field; 4] = [Field::Place, Field::Room, Field::Cabinet, Field::Shelf];

/// First words of a row of totals.
const TOTALS: [&str; 8] = [
    "合计",
    "小计",
    "总计",
    "共计",
    "累计",
    "本页合计",
    "本月合计",
    "total",
];

/// First words of a row of signatures or remarks below a table.
const SIGNATURES: [&str; 26] = [
    "制表",
    "制单",
    "填表",
    "填报",
    "审核",
    "审批",
    "复核",
    "编制",
    "盘点",
    "监盘",
    "保管人",
    "负责人",
    "科室负责人",
    "部门负责人",
    "主管",
    "分管领导",
    "经手人",
    "申请人",
    "申购人",
    "采购人",
    "科主任",
    "签字",
    "签名",
    "备注:",
    "说明:",
    "注:",
];

/// Everything that the rows below a header say.
#[derive(Debug)]
pub(super) struct Reading<R> {
    pub(super) rows: Vec<R>,
    pub(super) notes: Vec<Note>,
    pub(super) errors: Vec<CellError>,
}

impl<R> Reading<R> {
    /// Nothing but what keeps the rows from being read.
    pub(super) const fn failed(errors: Vec<CellError>) -> Self {
        Self {
            rows: Vec::new(),
            notes: Vec::new(),
            errors,
        }
    }
}

/// Reads all rows of opening stock below the header.
pub(super) fn read(table: &Table, header: &Header) -> Reading<OpeningRow> {
    let mut carried = BTreeMap::new();
    let mut seen = HashMap::new();
    each(table, header, |line| {
        let row = line.read(&mut carried)?;
        if let Some(first) = first_like(&mut seen, &row) {
            line.fail(Problem::DuplicateRow(first), Field::Name);
        }
        Some(row)
    })
}

/// Reads each row below the header that is none of totals, signatures and titles.
pub(super) fn each<R>(
    table: &Table,
    header: &Header,
    mut read: impl FnMut(&mut Line<'_>) -> Option<R>,
) -> Reading<R> {
    let mut reading = Reading::failed(Vec::new());
    let above: BTreeSet<String> = table
        .rows
        .iter()
        .take(header.rows_above)
        .flatten()
        .map(|cell| key(cell.text()))
        .collect();
    for (index, cells) in table.rows.iter().enumerate().skip(header.rows_above) {
        let number = index + 1;
        match kind(cells, header, &above) {
            RowKind::Blank => continue,
            RowKind::Skipped(remark, cell) => {
                let note = Note::new(remark, number, Some(cell.address()), &clean(cell.text()));
                reading.notes.push(note);
                continue;
            }
            RowKind::Stock => {}
        }
        let mut line = Line {
            header,
            cells,
            number,
            errors: Vec::new(),
            notes: Vec::new(),
        };
        reading.rows.extend(read(&mut line));
        reading.notes.append(&mut line.notes);
        reading.errors.append(&mut line.errors);
    }
    reading
}

/// What a row is.
enum RowKind<'t> {
    /// Nothing in it, or only the number of a blank line of a form.
    Blank,
    /// No stock, for this reason, which this cell shows.
    Skipped(Remark, &'t Cell),
    /// Stock.
    Stock,
}

fn kind<'t>(cells: &'t [Cell], header: &Header, above: &BTreeSet<String>) -> RowKind<'t> {
    let mut filled = cells.iter().filter(|cell| !key(cell.text()).is_empty());
    let Some(first) = filled.next() else {
        return RowKind::Blank;
    };
    let text = key(first.text());
    if filled
        .chain([first])
        .all(|cell| above.contains(&key(cell.text())))
    {
        return RowKind::Skipped(Remark::RepeatedHeader, first);
    }
    let name = key(column_text(cells, header, Field::Name));
    let total =
        |text: &str| text.chars().count() <= 8 && TOTALS.iter().any(|word| text.starts_with(word));
    if total(&text) || total(&name) {
        return RowKind::Skipped(Remark::TotalsRow, first);
    }
    let signed = SIGNATURES.iter().any(|word| text.starts_with(word));
    let quantity = column_text(cells, header, Field::Quantity);
    if signed && (text.contains(':') || quantity.is_empty()) {
        return RowKind::Skipped(Remark::SignatureRow, first);
    }
    let mut read = header
        .mapping
        .0
        .values()
        .filter_map(|column| cells.get(*column));
    if read.any(|cell| !key(cell.text()).is_empty()) {
        return RowKind::Stock;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        RowKind::Blank
    } else {
        RowKind::Skipped(Remark::SectionRow, first)
    }
}

fn column_text<'t>(cells: &'t [Cell], header: &Header, field: Field) -> &'t str {
    let column = header.mapping.column(field);
    let cell = column.and_then(|column| cells.get(column));
    cell.map_or("", Cell::text).trim()
}

/// The first row that says the same in every field, if there was one.
fn first_like(seen: &mut HashMap<OpeningRow, usize>, row: &OpeningRow) -> Option<usize> {
    let content = OpeningRow {
        row: 0,
        ..row.clone()
    };
    let first = *seen.entry(content).or_insert(row.row);
    (first != row.row).then_some(first)
}

/// One row while it is read.
pub(super) struct Line<'t> {
    header: &'t Header,
    cells: &'t [Cell],
    pub(super) number: usize,
    pub(super) errors: Vec<CellError>,
    pub(super) notes: Vec<Note>,
}

impl Line<'_> {
    /// The row, unless something in it is wrong or there is no stock.
    fn read(&mut self, carried: &mut BTreeMap<Field, Option<String>>) -> Option<OpeningRow> {
        let place = self.place(carried);
        let custodian = self.carried(Field::Custodian, carried, true);
        let name = self.optional(Field::Name);
        if name.is_none() && !self.failed(Field::Name) {
            self.fail(Problem::NameMissing, Field::Name);
        }
        let cas = self.cas();
        let expires_on = self.expiry();
        let concentration = self.optional(Field::Concentration);
        let grade = self.optional(Field::Grade);
        let lot = self.optional(Field::Lot);
        let maker = self.optional(Field::Maker);
        let supplier = self.optional(Field::Supplier);
        let remark = self.optional(Field::Remark);
        let (spec, stock) = self.stock();
        if stock == Some(Stock::Empty) {
            self.errors.clear();
            self.notes.clear();
            self.note(Remark::EmptyStock, Field::Quantity, "0");
            return None;
        }
        let Some(Stock::Containers(containers, each, understood)) = stock else {
            return None;
        };
        if let Some(understood) = understood {
            let made = format!("{containers} × {each}");
            self.note(understood, Field::Quantity, &made);
        }
        let row = OpeningRow {
            row: self.number,
            name: name?,
            qualifier: qualifier([concentration, grade, spec.qualifier]),
            cas,
            containers,
            each,
            place,
            lot,
            maker,
            supplier,
            expires_on,
            custodian,
            remark,
        };
        self.errors.is_empty().then_some(row)
    }

    pub(super) fn text(&self, field: Field) -> &str {
        column_text(self.cells, self.header, field)
    }

    fn address(&self, field: Field) -> Option<String> {
        let column = self.header.mapping.column(field)?;
        Some(format!("{}{}", column_letters(column), self.number))
    }

    /// Reports a problem at the cell of a field; where the sheet has no such column, at the
    /// quantity that could not be understood without it.
    pub(super) fn fail(&mut self, problem: Problem, field: Field) {
        let value = clean(self.text(field));
        let at = self
            .address(field)
            .or_else(|| self.address(Field::Quantity));
        let cell = at.unwrap_or_default();
        self.errors
            .push(CellError::new(problem, cell, Some(field), &value));
    }

    pub(super) fn failed(&self, field: Field) -> bool {
        self.errors.iter().any(|error| error.field == Some(field))
    }

    pub(super) fn note(&mut self, remark: Remark, field: Field, value: &str) {
        let cell = self.address(field);
        self.notes.push(Note::new(remark, self.number, cell, value));
    }

    /// The text of a field, or nothing; a failed formula or a ditto sign is a problem.
    pub(super) fn optional(&mut self, field: Field) -> Option<String> {
        let text = self.text(field);
        if is_formula_error(text) {
            self.fail(Problem::FormulaError, field);
            return None;
        }
        if is_ditto(text) {
            self.fail(Problem::DittoHere, field);
            return None;
        }
        present(text)
    }

    pub(super) fn cas(&mut self) -> Option<Cas> {
        let text = self.optional(Field::Cas)?;
        match value::cas(&text) {
            Ok((cas, false)) => Some(cas),
            Ok((cas, true)) => {
                self.note(Remark::CasRepaired, Field::Cas, &format!("{text} → {cas}"));
                Some(cas)
            }
            Err(problem) => {
                self.fail(problem, Field::Cas);
                None
            }
        }
    }

    fn expiry(&mut self) -> Option<NaiveDate> {
        let text = self.optional(Field::Expiry)?;
        let date = value::expiry(&text);
        date.map_err(|problem| self.fail(problem, Field::Expiry))
            .ok()
    }

    fn place(&mut self, carried: &mut BTreeMap<Field, Option<String>>) -> Option<String> {
        let mut parts = Vec::new();
        let mut same_above = true;
        for field in PLACE {
            parts.extend(self.carried(field, carried, same_above));
            // In another room, the cabinet of the room before says nothing.
            let text = self.text(field);
            same_above &= text.is_empty() || is_ditto(text);
        }
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// The text of a column in which cells are usually merged: a blank repeats the row above, as
    /// long as everything wider does too.
    fn carried(
        &mut self,
        field: Field,
        carried: &mut BTreeMap<Field, Option<String>>,
        same_above: bool,
    ) -> Option<String> {
        self.header.mapping.column(field)?;
        let text = self.text(field).to_owned();
        let ditto = is_ditto(&text);
        if clean(&text).is_empty() || ditto {
            let above = if same_above || ditto {
                carried.get(&field).cloned().flatten()
            } else {
                None
            };
            if let Some(above) = &above {
                self.note(Remark::CarriedDown, field, above);
            } else if ditto {
                self.fail(Problem::DittoWithoutRow, field);
            }
            carried.insert(field, above.clone());
            return above;
        }
        if is_formula_error(&text) {
            self.fail(Problem::FormulaError, field);
            return None;
        }
        let written = present(&text);
        carried.insert(field, written.clone());
        written
    }

    /// Specification and stock; `None` for the stock when something was reported.
    pub(super) fn stock(&mut self) -> (Spec, Option<Stock>) {
        let spec_text = self.spec_text();
        let quantity = self.optional(Field::Quantity);
        if quantity.is_none() && !self.failed(Field::Quantity) {
            self.fail(Problem::QuantityMissing, Field::Quantity);
        }
        let number = quantity.and_then(|text| {
            let parsed = package::quantity(&text);
            parsed
                .map_err(|problem| self.fail(problem, Field::Quantity))
                .ok()
        });
        let column_unit = self.optional(Field::Unit);
        let mut unit = column_unit.map(|text| simplify(&text).to_lowercase());
        let mut spec_text = spec_text;
        // Some sheets write the specification under "unit": 500ml/瓶.
        if spec_text.is_none()
            && unit
                .as_deref()
                .is_some_and(|u| u.contains(|c: char| c.is_ascii_digit()))
        {
            spec_text = unit.take();
        }
        let spec = match Spec::parse(spec_text.as_deref().unwrap_or_default()) {
            Ok(spec) => spec,
            Err(problem) => {
                self.fail(problem, Field::Spec);
                return (Spec::default(), None);
            }
        };
        let Some((number, own_unit)) =
            number.filter(|_| !self.failed(Field::Spec) && !self.failed(Field::Unit))
        else {
            return (spec, None);
        };
        if let (Some(own), Some(column)) = (&own_unit, &unit)
            && !package::same_unit(own, column)
        {
            self.fail(Problem::UnitConflict, Field::Quantity);
            return (spec, None);
        }
        let header_unit = self.header.quantity_unit.as_deref().map(str::to_lowercase);
        let unit = own_unit.or(unit).or(header_unit);
        match spec.stock(&number, unit.as_deref()) {
            Ok(stock) => (spec, Some(stock)),
            Err(problem) => {
                self.fail(problem, guilty(problem));
                (spec, None)
            }
        }
    }

    /// The specification, completed by the unit that stands in its header.
    fn spec_text(&mut self) -> Option<String> {
        let text = self.optional(Field::Spec)?;
        let bare = simplify(&text)
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.');
        match &self.header.spec_unit {
            Some(unit) if bare => Some(format!("{text}{unit}")),
            _ => Some(text),
        }
    }
}

/// Concentration, grade and strength in one text, each once.
pub(super) fn qualifier(parts: [Option<String>; 3]) -> Option<String> {
    let mut told: Vec<String> = Vec::new();
    for part in parts.into_iter().flatten() {
        if !told.contains(&part) {
            told.push(part);
        }
    }
    (!told.is_empty()).then(|| told.join("；"))
}

/// The field that has to be mended for stock that is not understood.
fn guilty(problem: Problem) -> Field {
    if matches!(problem, Problem::ContentUnknown | Problem::CaseSizeUnknown) {
        Field::Spec
    } else if problem == Problem::UnitUnknown {
        Field::Unit
    } else {
        Field::Quantity
    }
}

fn is_formula_error(text: &str) -> bool {
    let errors = [
        "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!",
    ];
    errors.contains(&text)
}
