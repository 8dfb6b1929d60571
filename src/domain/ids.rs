//! The names of things: numbers that the ledger gives, and numbers that others gave.
//!
//! Every type here can only be built from a value that passes its own check, and travels as text
//! in JSON, because JavaScript and canonical JSON lose integers above 2^53.

mod codes;

pub use codes::{Cas, IdentityNumber, RegionCode, RegionLevel, Uscc};

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Each reason: its doc comment, name, code, and sentence in Chinese and in English.
macro_rules! errors {
    ($(#[$doc:meta] $name:ident $code:literal $zh:literal $en:literal)+) => {
        /// Why a text or a number is not a valid name.
        ///
        /// `Display` is the Chinese sentence. No sentence repeats what was typed: it might be
        /// somebody's identity number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum IdError {
            $(#[$doc] #[error($zh)] $name,)+
            /// Not a plain whole number, or outside the range of its kind.
            #[error("{}", .0.zh)]
            Number(NumberSentence),
        }

        impl IdError {
            /// A stable name for programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ Self::Number(_) => "number_form" }
            }

            /// The sentence for a person: what is wrong and what to do next.
            #[must_use]
            pub const fn message(self, english: bool) -> &'static str {
                match self {
                    $(Self::$name => if english { $en } else { $zh },)+
                    Self::Number(sentence) => if english { sentence.en } else { sentence.zh },
                }
            }
        }
    };
}

errors! {
    /// A label that is not 16 digits.
    LabelForm "label_form"
    "标签号应为16位数字，请重新扫描，或照标签上的四组数字输入。"
    "A label has 16 digits; scan it again or type the four groups printed on it."
    /// A label whose check digits do not fit.
    LabelCheck "label_check"
    "标签号校验不符，有数字不对，请重新扫描，或逐位核对。"
    "A digit of the label is wrong; scan it again or compare it digit by digit."
    /// A CAS number that is not two to seven digits, two digits and one digit.
    CasForm "cas_form"
    "CAS号的格式应如 7647-01-0，请对照试剂瓶或安全技术说明书核对。"
    "A CAS number looks like 7647-01-0; compare it with the bottle or the safety data sheet."
    /// A CAS number whose check digit does not fit.
    CasCheck "cas_check"
    "CAS号校验不符，有数字不对，请对照试剂瓶或安全技术说明书核对。"
    "A digit of the CAS number is wrong; compare it with the bottle or the safety data sheet."
    /// A credit code that is not 18 characters of its alphabet with digits in places 3 to 8.
    UsccForm "uscc_form"
    "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z），第3至8位为数字，请对照证书核对。"
    "A credit code has 18 digits and letters (no I, O, S, V, Z), digits in places 3 to 8; compare it with the certificate."
    /// A credit code whose last character does not fit.
    UsccCheck "uscc_check"
    "统一社会信用代码校验不符，有字符不对，请对照证书核对。"
    "A character of the credit code is wrong; compare it with the certificate."
    /// A region code that is not six digits of the form xx0000, xxyy00 or xxyyzz.
    RegionForm "region_form"
    "行政区划代码应为6位数字，如 220300，请从列表中选择。"
    "A region code has six digits, as 220300; choose it from the list."
    /// An identity number that is not 17 digits and a digit or X.
    IdentityForm "identity_form"
    "身份证号应为18位（末位可为X），请对照证件核对。"
    "An identity number has 17 digits and then a digit or X; compare it with the card."
    /// An identity number whose first digits name no province.
    IdentityRegion "identity_region"
    "身份证号的前几位不是有效的地区代码，请对照证件核对。"
    "The identity number begins with no province; compare it with the card."
    /// An identity number whose digits 7 to 14 are no calendar date since 1900.
    IdentityDate "identity_date"
    "身份证号中的出生日期不存在，请对照证件核对第7至14位。"
    "Digits 7 to 14 of the identity number are no date; compare them with the card."
    /// An identity number whose last character does not fit.
    IdentityCheck "identity_check"
    "身份证号校验不符，有字符不对，请对照证件核对。"
    "A character of the identity number is wrong; compare it with the card."
}

/// What to say of a number that is not of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberSentence {
    zh: &'static str,
    en: &'static str,
}

/// The plain keyboard character for one that an input method or a copied document put in its
/// place: full-width forms, every kind of space, every kind of dash. Others come back unchanged.
#[must_use]
pub fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' => '-',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other if other.is_whitespace() => ' ',
        other => other,
    }
}

/// The text with [`plain`] characters, upper case, and without spaces.
fn compact(text: &str) -> String {
    text.chars()
        .map(plain)
        .filter(|c| *c != ' ')
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// JSON text out, through `Display`.
macro_rules! write_text {
    ($($name:ty),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

/// JSON text in, through `FromStr`.
macro_rules! read_text {
    ($($name:ty),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

write_text!(Label, Cas, Uscc, RegionCode);
read_text!(Label, Cas, Uscc, RegionCode, IdentityNumber);

macro_rules! number {
    ($($(#[$doc:meta])+ $name:ident, $min:literal ..= $max:literal, $zh:literal, $en:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The smallest value.
            pub const MIN: Self = Self($min);
            /// The largest value.
            pub const MAX: Self = Self($max);
            const ERROR: IdError = IdError::Number(NumberSentence {
                zh: concat!($zh, "应为", $min, "至", $max, "的整数，不带符号和前导零，请核对后重新输入。"),
                en: concat!("The ", $en, " is a whole number from ", $min, " to ", $max,
                    " without sign or leading zeros; check it and enter it again."),
            });

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = IdError;

            fn try_from(value: i64) -> Result<Self, IdError> {
                if ($min..=$max).contains(&value) { Ok(Self(value)) } else { Err(Self::ERROR) }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Takes only the one text that `Display` prints, so that one thing has one address.
            fn from_str(text: &str) -> Result<Self, IdError> {
                if !all_digits(text) || (text.len() > 1 && text.starts_with('0')) {
                    return Err(Self::ERROR);
                }
                text.parse().map_err(|_| Self::ERROR).and_then(i64::try_into)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        write_text!($name);
        read_text!($name);
    )+};
}

number! {
    /// One institution (机构): a hospital, a laboratory, a bureau; 0 is the system institution.
    InstitutionId, 0..=9_999, "机构编号", "institution number";
    /// One person of one institution.
    PersonId, 1..=9_223_372_036_854_775_807, "人员编号", "person number";
    /// One department of one institution.
    DepartmentId, 1..=9_223_372_036_854_775_807, "科室编号", "department number";
    /// One place: a building, a room, a cabinet, a shelf.
    PlaceId, 1..=9_223_372_036_854_775_807, "地点编号", "place number";
    /// One product: a substance as one maker packs it.
    ProductId, 1..=9_223_372_036_854_775_807, "产品编号", "product number";
    /// One permit or filing on which something may be bought.
    PermitId, 1..=9_223_372_036_854_775_807, "许可编号", "permit number";
    /// One purchase request of a department.
    RequisitionId, 1..=9_223_372_036_854_775_807, "购买申请编号", "purchase request number";
    /// One order to a supplier.
    OrderId, 1..=9_223_372_036_854_775_807, "订单编号", "order number";
    /// One stocktake.
    StocktakeId, 1..=9_223_372_036_854_775_807, "盘点编号", "stocktake number";
    /// One incident: a loss, a theft, a leak.
    IncidentId, 1..=9_223_372_036_854_775_807, "事件编号", "incident number";
    /// The running number of a container within its institution.
    Serial, 1..=99_999_999, "容器流水号", "container number";
    /// How often the label of a container has been printed anew; the first print is 0.
    Generation, 0..=99, "标签代次", "label generation";
    /// A signing request of one institution, a random number.
    RequestId, 1..=9_223_372_036_854_775_807, "申请编号", "request number";
    /// An import of opening stock of one institution, a random number.
    ImportId, 1..=9_223_372_036_854_775_807, "导入编号", "import number";
    /// The place of an entry in the log of its institution, without gaps.
    Seq, 0..=9_223_372_036_854_775_807, "序号", "sequence number";
}

/// The name on a container (标签号): 16 digits, of which institution 4, serial 8, generation 2 and
/// two check digits by ISO 7064 MOD 97-10, so that the whole number leaves 1 when divided by 97.
///
/// Every single wrong digit and every swap of neighbours is refused. `Display` prints the 16
/// digits as they are scanned, [`Label::grouped`] as they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    institution: InstitutionId,
    serial: Serial,
    generation: Generation,
}

impl Label {
    /// The label of this print of this container.
    #[must_use]
    pub const fn new(institution: InstitutionId, serial: Serial, generation: Generation) -> Self {
        Self {
            institution,
            serial,
            generation,
        }
    }

    /// The institution that gave the label.
    #[must_use]
    pub const fn institution(self) -> InstitutionId {
        self.institution
    }

    /// The container within its institution.
    #[must_use]
    pub const fn serial(self) -> Serial {
        self.serial
    }

    /// Which print of the label this is.
    #[must_use]
    pub const fn generation(self) -> Generation {
        self.generation
    }

    /// The 16 digits in four groups: `0001 0000 0042 0012`.
    #[must_use]
    pub fn grouped(self) -> String {
        let number = self.number();
        format!(
            "{:04} {:04} {:04} {:04}",
            number / 1_000_000_000_000,
            number / 100_000_000 % 10_000,
            number / 10_000 % 10_000,
            number % 10_000
        )
    }

    const fn number(self) -> i64 {
        let payload = self.institution.get() * 10_000_000_000
            + self.serial.get() * 100
            + self.generation.get();
        payload * 100 + 98 - payload * 100 % 97
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}", self.number())
    }
}

impl FromStr for Label {
    type Err = IdError;

    /// Takes the 16 digits with any spaces and hyphens between them, full-width ones too.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = compact(text).replace('-', "");
        if digits.len() != 16 || !all_digits(&digits) {
            return Err(IdError::LabelForm);
        }
        let number: i64 = digits.parse().map_err(|_| IdError::LabelForm)?;
        // 98 − remainder reaches from 02 to 98: 00, 01 and 99 would pass the remainder alone.
        if number % 97 != 1 || !(2..=98).contains(&(number % 100)) {
            return Err(IdError::LabelCheck);
        }
        Ok(Self {
            institution: (number / 1_000_000_000_000).try_into()?,
            serial: (number / 10_000 % 100_000_000).try_into()?,
            generation: (number / 100 % 100).try_into()?,
        })
    }
}
