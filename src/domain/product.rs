//! What an institution calls a thing it keeps: name with concentration or form, CAS, classes.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    canonical::sha256,
    ids::{Cas, ProductId},
    quantity::{Density, Dimension},
    search::{SearchKeys, keys},
    substance::{ControlClass, SubstanceId, UnknownCode},
};

/// A control class that a product has, and since when.
///
/// The line stands in the entry that made the product, taken from the regulated lists in force, so
/// that what was known on that day stays on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassLine {
    /// The class.
    pub class: ControlClass,
    /// First day.
    pub from: NaiveDate,
    /// First day on which it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// The list and its edition, or who decided it.
    pub source: String,
}

/// A product of an institution (品名). Name and qualifier together, never the CAS number alone,
/// decide what it is: 过氧化氢 of 30 % is listed, of 3 % it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The number within the institution.
    pub id: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form (含量、浓度或形态).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// Other names (别名) that the catalogue knew when the product was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// CAS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cas: Option<Cas>,
    /// The catalogue substance it was matched with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substance: Option<String>,
    /// The dimension its containers are booked in.
    pub dimension: Dimension,
    /// g/mL, for weighing what is booked in volume and the reverse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<Density>,
    /// Its control classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassLine>,
}

impl Product {
    /// What the search box looks in.
    #[must_use]
    pub fn search_keys(&self) -> SearchKeys {
        let aliases = self.qualifier.iter().chain(&self.aliases);
        keys(&self.name, aliases.map(String::as_str), self.cas.iter())
    }

    /// The classes on a day, strictest first.
    #[must_use]
    pub fn classes_on(&self, day: NaiveDate) -> Vec<ControlClass> {
        let mut classes: Vec<_> = self
            .classes
            .iter()
            .filter(|line| line.from <= day && line.until.is_none_or(|end| day < end))
            .map(|line| line.class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}

/// What is one substance wherever it stands: the entry of a list, or where no list knows it, the same name,
/// qualifier and CAS number. Numbers of products are an institution's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubstanceKey(String);

/// Before the digest of what no list knows.
const OTHER: &str = "other-";
/// Digits of that digest.
const OTHER_DIGITS: usize = 16;

impl SubstanceKey {
    /// That of a product.
    #[must_use]
    pub fn of(product: &Product) -> Self {
        if let Some(substance) = &product.substance {
            return Self(substance.clone());
        }
        let qualifier = product.qualifier.as_deref().unwrap_or_default();
        let cas = product.cas.as_ref().map(Cas::to_string).unwrap_or_default();
        let named = format!("{}\n{qualifier}\n{cas}", product.name);
        let digest = sha256(named.as_bytes()).to_hex();
        let digits: String = digest.chars().take(OTHER_DIGITS).collect();
        Self(format!("{OTHER}{digits}"))
    }
}

impl fmt::Display for SubstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SubstanceKey {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_other = text
            .strip_prefix(OTHER)
            .is_some_and(|digits| digits.len() == OTHER_DIGITS && digits.bytes().all(is_digit));
        if !is_other {
            SubstanceId::from_str(text)?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl Dimension {
    /// 计量: the word that people read of what a product is booked by.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Mass => "质量",
            Self::Volume => "体积",
            Self::Count => "件数",
        }
    }
}
