//! Specification (规格), quantity (数量) and unit (单位) of one row, read together: how many
//! containers, and how much in each.

use crate::domain::quantity::{Dimension, Quantity};

use super::finding::{Problem, Remark};
use super::text::simplify;

/// Containers of one row at most; a greater number is a slip of the hand.
const CONTAINERS: u32 = 10_000;

/// Units of mass and volume as they are written, longer before shorter.
const MEASURES: [&str; 24] = [
    "毫克",
    "微克",
    "千克",
    "公斤",
    "毫升",
    "微升",
    "公升",
    "市斤",
    "立方米",
    "mcg",
    "克",
    "升",
    "斤",
    "吨",
    "kg",
    "mg",
    "ug",
    "μg",
    "ml",
    "ul",
    "μl",
    "cc",
    "g",
    "l",
];

/// Words for one container. Cylinders of gas are 钢瓶 or 气瓶.
const CONTAINER_WORDS: [&str; 18] = [
    "钢瓶", "气瓶", "安瓿", "瓶", "桶", "罐", "袋", "管", "听", "坛", "筒", "支", "包", "壶", "盒",
    "只", "个", "板",
];

/// Words for something that holds several containers.
const CASE_WORDS: [&str; 5] = ["箱", "件", "提", "盒", "托"];

/// Words for single pieces that are not containers of their own, tablets above all.
const PIECE_WORDS: [&str; 6] = ["片", "粒", "丸", "枚", "贴", "颗"];

/// What a specification says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spec {
    /// Content of one container.
    pub(super) each: Option<Quantity>,
    /// Containers in a case.
    per_case: Option<u32>,
    /// The word for the case.
    case_word: Option<String>,
    /// The word for the container.
    pub(super) container_word: Option<String>,
    /// Grade or strength, which are no amounts: `AR`, `1ml:10mg`.
    pub(super) qualifier: Option<String>,
}

/// Containers of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stock {
    /// None at all.
    Empty,
    /// So many, each holding so much, and how that was understood.
    Containers(u32, Quantity, Option<Remark>),
}

/// A part of a specification.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `500ml`, with the text as written.
    Measure(Quantity, String),
    /// `20瓶`, `100片`.
    Count(u32, String),
    /// `20`.
    Number(u32),
    /// `*`.
    Times,
    /// `:`.
    Ratio,
    /// `/瓶`.
    Per(String),
    /// `瓶` alone.
    Word(String),
}

impl Spec {
    /// Reads a specification such as `500ml`, `AR 500g`, `500ml*20瓶`, `1ml:10mg*10支/盒`.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let (parts, qualifier) = split(&simplify(text))?;
        let strength = parts.contains(&Part::Ratio);
        let mut spec = Self::default();
        let mut qualifiers: Vec<String> = Vec::new();
        let mut multiplied = false;
        let mut pieces = None;
        let mut times = 0_u32;
        for part in parts {
            match part {
                Part::Measure(_, written) if strength => qualifiers.push(written),
                Part::Measure(each, _) => {
                    if spec.each.replace(each).is_some() {
                        return Err(Problem::SpecAmbiguous);
                    }
                }
                Part::Count(number, word) if is_piece(&word) || (strength && word == "支") => {
                    if pieces.replace(number).is_some() {
                        return Err(Problem::SpecAmbiguous);
                    }
                }
                Part::Count(number, word) => {
                    spec.container_word = Some(word);
                    multiplied = true;
                    spec.multiply(number)?;
                }
                Part::Number(number) => {
                    multiplied = true;
                    spec.multiply(number)?;
                }
                Part::Times => times += 1,
                Part::Ratio => {}
                Part::Per(word) if multiplied => spec.case_word = Some(word),
                Part::Per(word) | Part::Word(word) => spec.container_word = Some(word),
            }
        }
        // "0.5g*24片/盒": the box holds pieces, of which the mass is the strength.
        if let Some(number) = pieces {
            if let Some(strength) = spec.each.take() {
                qualifiers.push(strength.to_string().replace(' ', ""));
            }
            spec.each = Quantity::new(Dimension::Count, i64::from(number)).ok();
        }
        let counted = spec.per_case.is_some() && (times == 0 || spec.each.is_none());
        if counted || (spec.each.is_some_and(|each| each.amount() == 0)) {
            return Err(Problem::SpecForm);
        }
        if strength {
            qualifiers = vec![qualifiers.join(":")];
        }
        qualifiers.extend(qualifier);
        spec.qualifier = (!qualifiers.is_empty()).then(|| qualifiers.join("；"));
        Ok(spec)
    }

    fn multiply(&mut self, number: u32) -> Result<(), Problem> {
        if number == 0 {
            return Err(Problem::SpecForm);
        }
        let product = self.per_case.unwrap_or(1).checked_mul(number);
        self.per_case = Some(product.ok_or(Problem::SpecForm)?);
        Ok(())
    }

    /// How many containers a number of units is.
    ///
    /// `unit` is the word from the quantity itself or from the unit column.
    pub(super) fn stock(&self, number: &str, unit: Option<&str>) -> Result<Stock, Problem> {
        if is_zero(number) {
            return Ok(Stock::Empty);
        }
        let measured = unit.and_then(|unit| measure(number, unit));
        if let Some(amount) = measured {
            let amount = amount?;
            return match self.each {
                None => Ok(Stock::Containers(1, amount, Some(Remark::OneContainer))),
                Some(each) => divide(amount, each),
            };
        }
        let known = |word: &str| {
            is_piece(word) || CONTAINER_WORDS.contains(&word) || CASE_WORDS.contains(&word)
        };
        if unit.is_some_and(|word| !known(word)) {
            return Err(Problem::UnitUnknown);
        }
        let loose = |word: &str| is_piece(word) || matches!(word, "支" | "安瓿");
        let Some(each) = self.each else {
            return match unit.or(self.container_word.as_deref()) {
                Some(word) if loose(word) => {
                    let pieces = i64::from(whole(number)?);
                    let amount = Quantity::new(Dimension::Count, pieces);
                    let amount = amount.map_err(|_| Problem::QuantityTooLarge)?;
                    Ok(Stock::Containers(1, amount, Some(Remark::OneContainer)))
                }
                _ => Err(Problem::ContentUnknown),
            };
        };
        // Loose tablets of a box of known size: so many boxes, if they fill them.
        if each.dimension() == Dimension::Count && unit.is_some_and(loose) {
            let amount = Quantity::new(Dimension::Count, i64::from(whole(number)?));
            return divide(amount.map_err(|_| Problem::QuantityTooLarge)?, each);
        }
        if each.dimension() == Dimension::Count && unit.is_none() {
            return Err(Problem::CaseOrContainer);
        }
        let count = whole(number)?;
        let factor = self.containers_in(unit)?;
        let containers = count.checked_mul(factor).filter(|n| *n <= CONTAINERS);
        let containers = containers.ok_or(Problem::QuantityTooLarge)?;
        let remark = (factor > 1).then_some(Remark::CasesUnpacked);
        Ok(Stock::Containers(containers, each, remark))
    }

    /// How many containers one unit of the quantity stands for.
    fn containers_in(&self, unit: Option<&str>) -> Result<u32, Problem> {
        let Some(per_case) = self.per_case else {
            let case = unit.is_some_and(|word| {
                CASE_WORDS.contains(&word) && self.container_word.as_deref() != Some(word)
            });
            // A box is a container unless the specification names another one.
            let box_alone = unit == Some("盒") && self.container_word.is_none();
            return if case && !box_alone {
                Err(Problem::CaseSizeUnknown)
            } else {
                Ok(1)
            };
        };
        let Some(word) = unit else {
            return if per_case == 1 {
                Ok(1)
            } else {
                Err(Problem::CaseOrContainer)
            };
        };
        if self.case_word.as_deref() == Some(word) {
            return Ok(per_case);
        }
        if self.container_word.as_deref() == Some(word) {
            return Ok(1);
        }
        Ok(if CASE_WORDS.contains(&word) {
            per_case
        } else {
            1
        })
    }
}

/// Splits a quantity such as `3瓶` into its number and, if any, its unit.
pub(super) fn quantity(text: &str) -> Result<(String, Option<String>), Problem> {
    let text = simplify(text);
    if text.starts_with('-') {
        return Err(Problem::QuantityNegative);
    }
    let (number, unit) = number(&text).ok_or(Problem::QuantityForm)?;
    let unit = unit.trim();
    if unit.chars().any(|c| !c.is_alphabetic()) {
        return Err(Problem::QuantityForm);
    }
    Ok((number, (!unit.is_empty()).then(|| unit.to_lowercase())))
}

/// The number at the front, without commas between thousands, and the rest.
fn number(text: &str) -> Option<(String, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    let well_formed = !first.is_empty()
        && (!grouped || first.len() <= 3)
        && groups.all(|group| group.len() == 3)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit());
    well_formed.then(|| (digits.replace(',', ""), rest))
}

fn is_zero(number: &str) -> bool {
    number.bytes().all(|b| matches!(b, b'0' | b'.'))
}

fn whole(number: &str) -> Result<u32, Problem> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.bytes().any(|b| b != b'0') {
        return Err(Problem::PartContainer);
    }
    whole.parse().map_err(|_| Problem::QuantityTooLarge)
}

/// The amount, when the word is a unit of mass or volume.
fn measure(number: &str, unit: &str) -> Option<Result<Quantity, Problem>> {
    let (word, rest) = leading_measure(unit)?;
    let parse = || Quantity::parse(&format!("{number} {word}"));
    rest.is_empty()
        .then(|| parse().map_err(|_| Problem::QuantityForm))
}

fn divide(amount: Quantity, each: Quantity) -> Result<Stock, Problem> {
    if amount.dimension() != each.dimension() {
        return Err(Problem::DimensionConflict);
    }
    if amount.amount() % each.amount() != 0 {
        return Err(Problem::AmountNotWhole);
    }
    let containers = u32::try_from(amount.amount() / each.amount()).unwrap_or(u32::MAX);
    if containers > CONTAINERS {
        return Err(Problem::QuantityTooLarge);
    }
    Ok(Stock::Containers(
        containers,
        each,
        Some(Remark::ContainersComputed),
    ))
}

fn is_piece(word: &str) -> bool {
    PIECE_WORDS.contains(&word)
}

/// The unit of mass or volume at the front, and the rest. `g` does not begin `gr`.
fn leading_measure(text: &str) -> Option<(&'static str, &str)> {
    MEASURES.iter().find_map(|unit| {
        let head = text.get(..unit.len())?;
        let rest = text.get(unit.len()..)?;
        let latin = unit
            .chars()
            .next_back()
            .is_some_and(|c| c.is_ascii_alphabetic());
        let goes_on = latin && rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        (head.to_lowercase() == *unit && !goes_on).then_some((*unit, rest))
    })
}

/// The word for a container, case or piece at the front, and the rest without 装.
fn leading_word(text: &str) -> Option<(&'static str, &str)> {
    let words = CONTAINER_WORDS
        .iter()
        .chain(&CASE_WORDS)
        .chain(&PIECE_WORDS);
    words.into_iter().find_map(|word| {
        let rest = text.strip_prefix(word)?;
        Some((*word, rest.strip_prefix('装').unwrap_or(rest)))
    })
}

/// The parts of a simplified specification, and what is no part of the amount.
fn split(text: &str) -> Result<(Vec<Part>, Option<String>), Problem> {
    let mut parts = Vec::new();
    let mut other = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c.is_ascii_digit() {
            if let Some((part, behind)) = numbered(rest)? {
                parts.push(part);
                rest = behind;
                continue;
            }
        } else if is_times(c, after, &parts) {
            parts.push(Part::Times);
            rest = after.trim_start();
            continue;
        } else if c == '/' {
            if let Some((word, behind)) = leading_word(after.trim_start()) {
                parts.push(Part::Per(word.to_owned()));
                rest = behind;
            } else {
                rest = after;
            }
            continue;
        } else if c == ':' && matches!(parts.last(), Some(Part::Measure(..))) {
            parts.push(Part::Ratio);
            rest = after.trim_start();
            continue;
        } else if let Some((word, behind)) = leading_word(rest).filter(|(_, b)| ends_word(b)) {
            parts.push(Part::Word(word.to_owned()));
            rest = behind;
            continue;
        } else if c.is_whitespace() || "()[],;、，；".contains(c) {
            if !other.is_empty() && !other.ends_with(' ') {
                other.push(' ');
            }
            rest = after;
            continue;
        }
        rest = keep_word(rest, &mut other);
    }
    let other = other.trim();
    Ok((parts, (!other.is_empty()).then(|| other.to_owned())))
}

/// Whether a word ends here: 片 is a word in `片/盒`, not in `片剂`.
fn ends_word(behind: &str) -> bool {
    !behind.starts_with(char::is_alphabetic)
}

/// Moves one word that is no amount, such as `AR`, `分析纯` or `36-38%`, to the other words.
fn keep_word<'t>(rest: &'t str, other: &mut String) -> &'t str {
    let number = rest.starts_with(|c: char| c.is_ascii_digit());
    let end = rest
        .char_indices()
        .skip(1)
        .find(|(_, c)| {
            c.is_whitespace() || "*×()[],;、，；".contains(*c) || (!number && c.is_ascii_digit())
        })
        .map_or(rest.len(), |(at, _)| at);
    let (word, behind) = rest.split_at(end);
    other.push_str(word);
    behind
}

/// `*`, `×` and, between numbers, the letter x.
fn is_times(c: char, after: &str, parts: &[Part]) -> bool {
    match c {
        '*' | '×' | '✕' | '✖' => true,
        'x' | 'X' => {
            !parts.is_empty() && after.trim_start().starts_with(|c: char| c.is_ascii_digit())
        }
        _ => false,
    }
}

/// The part that begins with a number, if it is an amount, and the rest.
fn numbered(text: &str) -> Result<Option<(Part, &str)>, Problem> {
    let Some((number, rest)) = number(text) else {
        return Err(Problem::SpecForm);
    };
    let behind = rest.trim_start();
    if let Some((unit, left)) = leading_measure(behind) {
        let written = text.get(..text.len() - left.len()).unwrap_or_default();
        let amount = Quantity::parse(&format!("{number} {unit}"));
        let amount = amount.map_err(|_| Problem::SpecForm)?;
        let left = left.strip_prefix('装').unwrap_or(left);
        return Ok(Some((
            Part::Measure(amount, written.replace(' ', "")),
            left,
        )));
    }
    let Ok(count) = whole(&number) else {
        return Ok(None);
    };
    if let Some((word, left)) = leading_word(behind) {
        return Ok(Some((Part::Count(count, word.to_owned()), left)));
    }
    let alone = behind.is_empty() || behind.starts_with(['*', '×', '/', '✕', '✖', 'x', 'X']);
    Ok(alone.then_some((Part::Number(count), behind)))
}

/// Whether two words are the same unit: `ml` and `毫升` are.
pub(super) fn same_unit(one: &str, other: &str) -> bool {
    let size = |unit: &str| measure("1", unit).and_then(Result::ok);
    one == other || (size(one).is_some() && size(one) == size(other))
}
