//! Amounts of substance, exact to the base unit: µg of mass, nL of volume, pieces.
//!
//! What people write ("2.5 L", "５００ｍｌ", "1,000 mg", "10 支") is read without a float, and what
//! cannot be held exactly is refused, never rounded. Only a density rounds, half to even.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::plain;

/// What is measured (量的类别). A container is booked in one of them for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    /// Mass, in µg.
    Mass,
    /// Volume, in nL.
    Volume,
    /// Number of pieces.
    Count,
}

impl Dimension {
    /// The stable name: `mass`, `volume` or `count`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mass => "mass",
            Self::Volume => "volume",
            Self::Count => "count",
        }
    }

    fn require(self, found: Self) -> Result<(), QuantityError> {
        match self {
            _ if self == found => Ok(()),
            Self::Mass => Err(QuantityError::MassNeeded),
            Self::Volume => Err(QuantityError::VolumeNeeded),
            Self::Count => Err(QuantityError::CountNeeded),
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dimension {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        match text {
            "mass" => Ok(Self::Mass),
            "volume" => Ok(Self::Volume),
            "count" => Ok(Self::Count),
            _ => Err(QuantityError::UnknownDimension),
        }
    }
}

/// Each reason: its doc comment, name, code, and sentence in Chinese and in English.
macro_rules! errors {
    ($(#[$doc:meta] $name:ident $code:literal $zh:literal $en:literal)+) => {
        /// Why an amount cannot be read, held or reckoned with. `Display` is the Chinese sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum QuantityError { $(#[$doc] #[error($zh)] $name,)+ }

        impl QuantityError {
            /// A stable name for programs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The sentence for a person: what is wrong and what to do next.
            #[must_use]
            pub const fn message(self, english: bool) -> &'static str {
                match self { $(Self::$name => if english { $en } else { $zh },)+ }
            }
        }
    };
}

errors! {
    /// Nothing was written.
    Empty "quantity_empty"
    "未填写数量，请填写数字和单位，如 500 mL。"
    "The amount is empty; write a number and a unit, as 500 mL."
    /// No number at the front, or a malformed one.
    NotANumber "quantity_not_a_number"
    "数量不是有效的数字，请写成 500 mL 或 0.5 g 的形式。"
    "The amount is not a number; write it as 500 mL or 0.5 g."
    /// Commas that do not stand before groups of three digits.
    Grouping "quantity_grouping"
    "数字中的逗号位置不对，千分位请写成 1,000，小数点请写成 1.5。"
    "A comma stands wrong; write 1,000 for thousands and 1.5 for decimals."
    /// A number below zero.
    Negative "quantity_negative"
    "数量不能为负，请填写零或正数。"
    "An amount cannot be negative; write zero or more."
    /// A number without a unit.
    NoUnit "quantity_no_unit"
    "数量缺少单位，请补上单位，如 g、kg、mL、L、支、瓶。"
    "The unit is missing; add one, as g, kg, mL, L or pcs."
    /// A unit that is not known, such as M, which is a concentration.
    UnknownUnit "quantity_unknown_unit"
    "不认识该单位，请用 kg、g、mg、μg、L、mL、μL，或支、瓶、片、盒等。"
    "The unit is not known; use kg, g, mg, μg, L, mL, μL or pcs."
    /// Several amounts in one field.
    TwoUnits "quantity_two_units"
    "一格中有两个单位，请只写一个数字和一个单位，如 1.5 kg。"
    "There are two units; write one number and one unit, as 1.5 kg."
    /// More decimals than the base unit resolves.
    TooFine "quantity_too_fine"
    "数量过细，质量最小到 1 μg，体积最小到 1 nL，件数须为整数，请减少小数位。"
    "The amount is finer than 1 μg, 1 nL or a whole piece; write fewer decimals."
    /// More than the ledger can hold.
    TooLarge "quantity_too_large"
    "数量超出可记录的范围，请核对数字和单位。"
    "The amount is too large to record; check the number and the unit."
    /// More was to be taken away than there is.
    BelowZero "quantity_below_zero"
    "数量不足，不能减到零以下，请核对现存量。"
    "There is not that much to take away; check the balance."
    /// A volume or a count where a mass belongs.
    MassNeeded "quantity_mass_needed"
    "此处应填质量，请改用 kg、g、mg 等质量单位。"
    "A mass belongs here; use kg, g or mg."
    /// A mass or a count where a volume belongs.
    VolumeNeeded "quantity_volume_needed"
    "此处应填体积，请改用 L、mL 等体积单位。"
    "A volume belongs here; use L or mL."
    /// A mass or a volume where a count belongs.
    CountNeeded "quantity_count_needed"
    "此处应填件数，请改用支、瓶、片、盒等单位。"
    "A count belongs here; use pcs."
    /// Not the name of a dimension.
    UnknownDimension "quantity_unknown_dimension"
    "量的类别应为 mass、volume 或 count，请改正。"
    "The dimension is mass, volume or count; choose one of them."
    /// Not a density above 0 and up to 30 g/mL.
    Density "density_out_of_range"
    "密度应大于 0 且不超过 30 g/mL，最多六位小数，请核对安全技术说明书。"
    "A density is above 0 and at most 30 g/mL, with six decimals at most; see the safety data sheet."
}

/// Each unit: name, dimension, size in base units, printed symbol, other spellings in small letters.
macro_rules! units {
    ($($name:ident $dimension:ident $factor:literal $symbol:literal [$($alias:literal),*];)+) => {
        /// A unit of measurement (计量单位) or a counting word. JSON holds the symbol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Unit {
            $(
                #[doc = concat!("Printed `", $symbol, "`: ", $factor, " base units.")]
                $name,
            )+
        }

        impl Unit {
            /// Every unit.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What the unit measures.
            #[must_use]
            pub const fn dimension(self) -> Dimension {
                match self { $(Self::$name => Dimension::$dimension,)+ }
            }

            /// How many base units (µg, nL, pieces) it holds.
            #[must_use]
            pub const fn factor(self) -> i64 {
                match self { $(Self::$name => $factor,)+ }
            }

            /// What is printed after the number.
            #[must_use]
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$name => $symbol,)+ }
            }

            fn spelt(small: &str) -> Option<Self> {
                match small {
                    $($symbol $(| $alias)* => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

// The printed micro sign is U+03BC, not U+00B5: GB 2312 and GBK hold only that one. 斤 and 两 are
// 500 g and 50 g since 国务院关于统一我国计量制度的命令 (1959).
units! {
    Tonne Mass 1_000_000_000_000 "t" ["吨"];
    Kilogram Mass 1_000_000_000 "kg" ["㎏", "千克", "公斤"];
    Jin Mass 500_000_000 "斤" ["市斤"];
    Liang Mass 50_000_000 "两" ["市两"];
    Gram Mass 1_000_000 "g" ["克"];
    Milligram Mass 1_000 "mg" ["㎎", "毫克"];
    Microgram Mass 1 "μg" ["µg", "㎍", "ug", "mcg", "微克"];
    CubicMetre Volume 1_000_000_000_000 "m³" ["m3", "㎥", "立方米"];
    Litre Volume 1_000_000_000 "L" ["l", "ℓ", "升", "公升"];
    Decilitre Volume 100_000_000 "dL" ["dl", "分升"];
    Centilitre Volume 10_000_000 "cL" ["cl", "厘升"];
    Millilitre Volume 1_000_000 "mL" ["ml", "㎖", "毫升", "cc", "㏄", "cm3", "cm³"];
    Microlitre Volume 1_000 "μL" ["μl", "µl", "㎕", "ul", "微升"];
    Nanolitre Volume 1 "nL" ["nl", "纳升"];
    Stick Count 1 "支" [];
    Piece Count 1 "个" ["piece", "pieces", "pcs", "pc"];
    Bottle Count 1 "瓶" [];
    Tablet Count 1 "片" [];
    Box Count 1 "盒" [];
    Packet Count 1 "包" [];
    Bag Count 1 "袋" [];
    Tube Count 1 "管" [];
    Granule Count 1 "粒" [];
    Patch Count 1 "贴" [];
    Ampoule Count 1 "安瓿" [];
    Pill Count 1 "丸" [];
    Blister Count 1 "板" [];
    Disc Count 1 "枚" [];
    Article Count 1 "件" [];
    Can Count 1 "罐" [];
    Drum Count 1 "桶" [];
}

impl Unit {
    /// Reads a symbol, a Chinese name or a common spelling, in any case where that is harmless:
    /// nobody stocks megagrams or megalitres, but `NL` is a norm litre of gas and `M` is molar.
    ///
    /// # Errors
    /// [`QuantityError::UnknownUnit`].
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = plain_text(text);
        let unit = if matches!(text.as_str(), "NL" | "Nl") {
            None
        } else {
            Self::spelt(&text).or_else(|| Self::spelt(&text.to_lowercase()))
        };
        unit.ok_or(QuantityError::UnknownUnit)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

/// JSON text, through `Display` and `parse`.
macro_rules! json_text {
    ($($name:ident)+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )+};
}

json_text!(Unit Density);

/// An amount as the API writes it: a decimal number as text, and its unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// A decimal number without a sign, such as `2.5`.
    pub value: String,
    /// The unit that the number counts.
    pub unit: Unit,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}

/// A non-negative amount of one dimension (数量), in base units: µg, nL or pieces.
///
/// `Display` writes the largest usual unit in which the number is at least 1, exactly; JSON holds
/// the same as an [`Amount`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Amount", into = "Amount")]
pub struct Quantity {
    dimension: Dimension,
    amount: i64,
}

impl Quantity {
    /// An amount in base units.
    ///
    /// # Errors
    /// [`QuantityError::Negative`].
    pub const fn new(dimension: Dimension, amount: i64) -> Result<Self, QuantityError> {
        if amount < 0 {
            return Err(QuantityError::Negative);
        }
        Ok(Self { dimension, amount })
    }

    /// Nothing of this dimension.
    #[must_use]
    pub const fn zero(dimension: Dimension) -> Self {
        Self {
            dimension,
            amount: 0,
        }
    }

    /// What is measured.
    #[must_use]
    pub const fn dimension(self) -> Dimension {
        self.dimension
    }

    /// The amount in base units: µg, nL or pieces.
    #[must_use]
    pub const fn amount(self) -> i64 {
        self.amount
    }

    /// Reads one number and one unit, as people and spreadsheets write them: full-width
    /// characters, thousands commas and exact exponents (`1E+3 mg`) are understood.
    ///
    /// # Errors
    /// Every variant that says why a text is not an amount.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = plain_text(text);
        let (number, unit) = split_number(&text)?;
        if unit.is_empty() {
            return Err(QuantityError::NoUnit);
        }
        let unit = Unit::parse(unit).map_err(|unknown| {
            let words = unit.split(|c: char| c != '³' && !c.is_alphabetic());
            if words.filter(|word| Unit::parse(word).is_ok()).count() > 1 {
                QuantityError::TwoUnits
            } else {
                unknown
            }
        })?;
        Self::new(unit.dimension(), exact(number, unit.factor())?)
    }

    /// The sum of two amounts of one dimension.
    ///
    /// # Errors
    /// The dimension that is needed, [`QuantityError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, QuantityError> {
        self.dimension.require(other.dimension)?;
        let sum = self.amount.checked_add(other.amount);
        Self::new(self.dimension, sum.ok_or(QuantityError::TooLarge)?)
    }

    /// What is left of this amount without the other.
    ///
    /// # Errors
    /// The dimension that is needed, [`QuantityError::BelowZero`].
    pub fn checked_sub(self, other: Self) -> Result<Self, QuantityError> {
        self.dimension.require(other.dimension)?;
        if other.amount > self.amount {
            return Err(QuantityError::BelowZero);
        }
        Self::new(self.dimension, self.amount - other.amount)
    }

    /// The amount in the largest usual unit in which the number is at least 1.
    #[must_use]
    pub fn to_amount(self) -> Amount {
        let unit = match (self.dimension, self.amount) {
            (Dimension::Mass, 1_000_000_000..) => Unit::Kilogram,
            (Dimension::Mass, 1..1_000) => Unit::Microgram,
            (Dimension::Mass, 1_000..1_000_000) => Unit::Milligram,
            (Dimension::Mass, _) => Unit::Gram,
            (Dimension::Volume, 1_000_000_000..) => Unit::Litre,
            (Dimension::Volume, 1..1_000) => Unit::Nanolitre,
            (Dimension::Volume, 1_000..1_000_000) => Unit::Microlitre,
            (Dimension::Volume, _) => Unit::Millilitre,
            (Dimension::Count, _) => Unit::Stick,
        };
        self.in_unit(unit)
    }

    /// The amount in g, mL or pieces whatever its size, for columns that somebody adds up.
    #[must_use]
    pub fn in_plain_unit(self) -> Amount {
        self.in_unit(match self.dimension {
            Dimension::Mass => Unit::Gram,
            Dimension::Volume => Unit::Millilitre,
            Dimension::Count => Unit::Stick,
        })
    }

    fn in_unit(self, unit: Unit) -> Amount {
        Amount {
            value: decimal(self.amount, unit.factor()),
            unit,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_amount().fmt(f)
    }
}

impl From<Quantity> for Amount {
    fn from(quantity: Quantity) -> Self {
        quantity.to_amount()
    }
}

impl TryFrom<Amount> for Quantity {
    type Error = QuantityError;

    fn try_from(amount: Amount) -> Result<Self, QuantityError> {
        Self::parse(&amount.to_string())
    }
}

/// Mass per volume (密度), exact in µg/mL: water is 1,000,000. Above 0, at most 30 g/mL.
///
/// Text, also in JSON, is `0.789 g/mL`; a bare `0.789` is read as g/mL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Density(i64);

impl Density {
    /// A density in µg/mL.
    ///
    /// # Errors
    /// [`QuantityError::Density`].
    pub const fn new(ug_per_ml: i64) -> Result<Self, QuantityError> {
        match ug_per_ml {
            1..=30_000_000 => Ok(Self(ug_per_ml)),
            _ => Err(QuantityError::Density),
        }
    }

    /// The density in µg/mL.
    #[must_use]
    pub const fn ug_per_ml(self) -> i64 {
        self.0
    }

    /// Reads a number of g/mL, or of g/cm³ or kg/L, which is the same number.
    ///
    /// # Errors
    /// [`QuantityError::Density`].
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let text = plain_text(text).to_lowercase();
        let mut units = ["g/ml", "g/cm³", "g/cm3", "kg/l"].into_iter();
        let number = units.find_map(|unit| text.strip_suffix(unit));
        match exact(number.unwrap_or(&text).trim_end(), 1_000_000) {
            Ok(ug_per_ml) => Self::new(ug_per_ml),
            Err(_) => Err(QuantityError::Density),
        }
    }

    /// The volume that weighs this mass, rounded half to even to 1 nL.
    ///
    /// # Errors
    /// [`QuantityError::MassNeeded`], [`QuantityError::TooLarge`].
    pub fn volume_from_mass(self, mass: Quantity) -> Result<Quantity, QuantityError> {
        Dimension::Mass.require(mass.dimension)?;
        let volume = half_even(mass.amount, 1_000_000, self.0)?;
        Quantity::new(Dimension::Volume, volume)
    }

    /// The mass of this volume, rounded half to even to 1 µg.
    ///
    /// # Errors
    /// [`QuantityError::VolumeNeeded`], [`QuantityError::TooLarge`].
    pub fn mass_from_volume(self, volume: Quantity) -> Result<Quantity, QuantityError> {
        Dimension::Volume.require(volume.dimension)?;
        let mass = half_even(volume.amount, self.0, 1_000_000)?;
        Quantity::new(Dimension::Mass, mass)
    }
}

impl fmt::Display for Density {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} g/mL", decimal(self.0, 1_000_000))
    }
}

fn plain_text(text: &str) -> String {
    let text: String = text.chars().map(plain).collect();
    text.trim().to_owned()
}

/// The number at the front (digits, points, commas, one exponent) and the words that follow it.
fn split_number(text: &str) -> Result<(&str, &str), QuantityError> {
    let is_digit = |c: char| c.is_ascii_digit();
    let after_mantissa = text.trim_start_matches(|c| is_digit(c) || c == '.' || c == ',');
    let after_exponent = after_mantissa
        .strip_prefix(['e', 'E'])
        .map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest))
        .filter(|rest| rest.starts_with(is_digit))
        .map(|rest| rest.trim_start_matches(is_digit));
    let rest = after_exponent.unwrap_or(after_mantissa);
    match text.split_at(text.len() - rest.len()) {
        ("", "") => Err(QuantityError::Empty),
        ("", words) => match words.strip_prefix('-').map(str::trim_start) {
            Some(rest) if rest.starts_with(is_digit) => Err(QuantityError::Negative),
            _ => Err(QuantityError::NotANumber),
        },
        (number, words) => Ok((number, words.trim())),
    }
}

/// A decimal number times a factor, if that is a whole number within range. A point needs a digit
/// on both sides: naked points are error-prone notation (ISMP list), `.5` is read as 5.
fn exact(number: &str, factor: i64) -> Result<i64, QuantityError> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent = exponent.parse().ok();
    let exponent: i32 = exponent
        .filter(|power| (-18..=18).contains(power))
        .ok_or(QuantityError::NotANumber)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let (whole, fraction) = (ungrouped(whole)?, digits(fraction)?);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    // With the bound on the exponent this keeps every power of ten below inside an i128.
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    if places > 18 {
        return Err(QuantityError::TooFine);
    }
    let all = format!("0{whole}{fraction}");
    let mantissa: i128 = all.parse().map_err(|_| QuantityError::TooLarge)?;
    let shift = exponent - places;
    let scaled = mantissa
        .checked_mul(10_i128.pow(shift.max(0).unsigned_abs()))
        .and_then(|scaled| scaled.checked_mul(factor.into()))
        .ok_or(QuantityError::TooLarge)?;
    let divisor = 10_i128.pow(shift.min(0).unsigned_abs());
    if scaled % divisor != 0 {
        return Err(QuantityError::TooFine);
    }
    i64::try_from(scaled / divisor).map_err(|_| QuantityError::TooLarge)
}

/// The digits before the point, without their thousands commas.
fn ungrouped(whole: &str) -> Result<String, QuantityError> {
    let Some((first, rest)) = whole.split_once(',') else {
        return digits(whole).map(str::to_owned);
    };
    // `0,123` is how half the world writes 0.123.
    let first_fits = (1..=3).contains(&first.len()) && !first.starts_with('0');
    if !first_fits || rest.split(',').any(|group| group.len() != 3) {
        return Err(QuantityError::Grouping);
    }
    Ok(whole.replace(',', ""))
}

fn digits(text: &str) -> Result<&str, QuantityError> {
    if text.contains(',') {
        Err(QuantityError::Grouping)
    } else if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        Err(QuantityError::NotANumber)
    } else {
        Ok(text)
    }
}

/// An amount over a factor of the form 2^a·5^b, written out exactly.
fn decimal(amount: i64, factor: i64) -> String {
    let mut text = (amount / factor).to_string();
    let mut rest = amount % factor;
    text.push_str(if rest > 0 { "." } else { "" });
    while rest > 0 {
        text.push_str(&(rest * 10 / factor).to_string());
        rest = rest * 10 % factor;
    }
    text
}

/// `amount × times / over`, rounded half to even; all three positive or zero, `over` not zero.
fn half_even(amount: i64, times: i64, over: i64) -> Result<i64, QuantityError> {
    let (product, over) = (i128::from(amount) * i128::from(times), i128::from(over));
    let (whole, rest) = (product / over, product % over);
    let up = rest * 2 > over || (rest * 2 == over && whole % 2 == 1);
    i64::try_from(whole + i128::from(up)).map_err(|_| QuantityError::TooLarge)
}
