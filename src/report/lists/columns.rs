//! Columns: where a value stands, what it is called, and how it becomes cells.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde_json::Value;

use crate::{
    domain::{
        facts::Facts,
        ids::Label,
        quantity::{Amount, Dimension, Quantity},
        time::Time,
    },
    report::{path, person_name},
};

/// What stands between the elements of a list in one cell.
const BETWEEN: &str = "、";

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// A text, whatever it looks like.
    Text(Cow<'a, str>),
    /// A decimal number: digits, one point at most, a minus before them.
    Number(Cow<'a, str>),
    /// A day.
    Day(NaiveDate),
    /// A moment, shown as the clock in China shows it.
    Time(Time),
}

impl Cell<'_> {
    /// A text, or nothing where it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Cell<'static> {
        let text: String = text.into();
        if text.is_empty() {
            Cell::Empty
        } else {
            Cell::Text(text.into())
        }
    }

    /// The number and the unit of a quantity, in g, mL or pieces whatever its size.
    #[must_use]
    pub fn quantity(quantity: Quantity) -> [Cell<'static>; 2] {
        let Amount { value, unit } = quantity.in_plain_unit();
        [
            Cell::Number(value.into()),
            Cell::Text(unit.to_string().into()),
        ]
    }
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The pointer to the value in an item.
    pub at: &'static str,
    /// What stands above it.
    pub heading: &'static str,
    /// What the value is.
    pub shape: Shape,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Nothing: a column to be filled in by hand.
    Blank,
    /// A text, a code, a number that nobody reckons with.
    Text,
    /// Texts, one after the other.
    Texts,
    /// Names from the outside in.
    Path,
    /// Objects of which this member is told.
    Members(&'static str),
    /// The 16 digits of a label.
    Label,
    /// Labels, one after the other.
    Labels,
    /// A whole number.
    Whole,
    /// A decimal number.
    Decimal,
    /// A quantity: two columns, the number and its unit.
    Quantity,
    /// Of a quantity the number alone, in g, mL or pieces.
    Plain,
    /// Of a quantity the unit alone.
    Unit,
    /// Quantities, one a dimension: three columns.
    Quantities,
    /// A day.
    Day,
    /// A moment.
    Time,
    /// Moments, one after the other.
    Times,
    /// True or false.
    Truth,
    /// A word of a closed list.
    Word(fn(&str) -> Option<&'static str>),
    /// Words of a closed list.
    Words(fn(&str) -> Option<&'static str>),
    /// The name of an institution; the one that is read, where no other is named.
    Institution,
    /// The number of a person of the institution: their name.
    Person,
    /// The number of a department of the institution: its name.
    Department,
    /// The number of a place of the institution: its names from the outside in.
    Place,
    /// The number of a product of the institution: its name.
    Product,
}

impl Column {
    /// What stands above it and beside it.
    #[must_use]
    pub fn headings(&self) -> Vec<String> {
        let heading = self.heading;
        match self.shape {
            Shape::Quantity => vec![heading.to_owned(), format!("{heading}（单位）")],
            Shape::Quantities => ["g", "mL", "支"]
                .map(|unit| format!("{heading}（{unit}）"))
                .into(),
            Shape::Time => vec![format!("{heading}（北京时间）")],
            Shape::Blank
            | Shape::Text
            | Shape::Texts
            | Shape::Path
            | Shape::Members(_)
            | Shape::Label
            | Shape::Labels
            | Shape::Whole
            | Shape::Plain
            | Shape::Unit
            | Shape::Institution
            | Shape::Decimal
            | Shape::Day
            | Shape::Times
            | Shape::Truth
            | Shape::Word(_)
            | Shape::Words(_)
            | Shape::Person
            | Shape::Department
            | Shape::Place
            | Shape::Product => vec![heading.to_owned()],
        }
    }

    /// Adds the cells of a value: as many as there are headings.
    pub(super) fn cells(
        &self,
        value: Option<&Value>,
        facts: &Facts,
        into: &mut Vec<Cell<'static>>,
    ) {
        let value = value.unwrap_or(&Value::Null);
        let text = || value.as_str().unwrap_or_default();
        let each = || value.as_array().map(Vec::as_slice).unwrap_or_default();
        let joined = |turn: &dyn Fn(&Value) -> String, between: &str| {
            let parts: Vec<String> = each().iter().map(turn).collect();
            Cell::text(parts.join(between))
        };
        let plain = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let last = match self.shape {
            Shape::Blank => Cell::Empty,
            Shape::Text => Cell::text(text()),
            Shape::Texts => joined(&plain, BETWEEN),
            Shape::Path => joined(&plain, " / "),
            Shape::Members(name) => {
                joined(&|one| plain(one.get(name).unwrap_or(&Value::Null)), BETWEEN)
            }
            Shape::Label => Cell::text(grouped(text())),
            Shape::Labels => joined(&|one| grouped(&plain(one)), BETWEEN),
            Shape::Whole => number(value),
            Shape::Decimal if text().is_empty() => Cell::Empty,
            Shape::Decimal => Cell::Number(text().to_owned().into()),
            Shape::Quantity => {
                let [number, unit] =
                    quantity(value).map_or([Cell::Empty, Cell::Empty], Cell::quantity);
                into.push(number);
                unit
            }
            Shape::Plain => quantity(value).map_or(Cell::Empty, |one| {
                let [number, _] = Cell::quantity(one);
                number
            }),
            Shape::Unit => quantity(value).map_or(Cell::Empty, |one| {
                let [_, unit] = Cell::quantity(one);
                unit
            }),
            Shape::Quantities => {
                let of = |dimension: Dimension| {
                    let mut found = each().iter().filter_map(quantity);
                    let found = found.find(|one| one.dimension() == dimension);
                    found.map_or(Cell::Empty, |one| {
                        Cell::Number(one.in_plain_unit().value.into())
                    })
                };
                into.extend([of(Dimension::Mass), of(Dimension::Volume)]);
                of(Dimension::Count)
            }
            Shape::Day => text().parse().map_or(Cell::Empty, Cell::Day),
            Shape::Time => text().parse().map_or(Cell::Empty, Cell::Time),
            Shape::Times => joined(&|one| clock(&plain(one)), BETWEEN),
            Shape::Truth => value.as_bool().map_or(Cell::Empty, |truth| {
                Cell::Text(if truth { "是" } else { "否" }.into())
            }),
            Shape::Word(zh) => Cell::text(word(zh, text())),
            Shape::Words(zh) => joined(&|one| word(zh, one.as_str().unwrap_or_default()), BETWEEN),
            Shape::Institution => {
                let own = facts.register.institution.as_ref();
                let own = || own.map(|own| own.name.clone()).unwrap_or_default();
                Cell::text(value.as_str().map_or_else(own, str::to_owned))
            }
            Shape::Person => named(text(), |id| person_name(facts, id)),
            Shape::Department => named(text(), |id| {
                Some(facts.register.departments.get(id)?.name.clone())
            }),
            Shape::Place => named(text(), |id| Some(path(facts, id).join(" / "))),
            Shape::Product => named(text(), |id| {
                Some(facts.register.products.get(id)?.name.clone())
            }),
        };
        into.push(last);
    }
}

/// In groups, because a spreadsheet takes 16 digits for a number and rounds it.
pub(super) fn grouped(label: &str) -> String {
    let read: Result<Label, _> = label.parse();
    read.map_or_else(|_| label.to_owned(), Label::grouped)
}

fn number(value: &Value) -> Cell<'static> {
    match value {
        Value::Number(number) => Cell::Number(number.to_string().into()),
        Value::String(number) if number.is_empty() => Cell::Empty,
        Value::String(number) => Cell::Number(number.clone().into()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cell::Empty,
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    serde_json::from_value(value.clone()).ok()
}

fn clock(moment: &str) -> String {
    let read: Result<Time, _> = moment.parse();
    read.map_or_else(|_| moment.to_owned(), Time::china_clock)
}

fn word(zh: fn(&str) -> Option<&'static str>, word: &str) -> String {
    zh(word).unwrap_or(word).to_owned()
}

fn named<K: std::str::FromStr>(id: &str, name: impl Fn(K) -> Option<String>) -> Cell<'static> {
    let found = id.parse().ok().and_then(name);
    Cell::text(found.unwrap_or_else(|| id.to_owned()))
}

/// Columns, one a line: pointer, heading, shape.
macro_rules! columns {
    ($($at:literal $heading:literal $shape:expr;)*) => {
        &[$(Column { at: $at, heading: $heading, shape: $shape }),*]
    };
}
pub(super) use columns;

/// The Chinese word of a word of a closed list.
macro_rules! zh {
    ($type:ty) => {
        |word: &str| Some(word.parse::<$type>().ok()?.name_zh())
    };
}
pub(super) use zh;
