//! Numbers that others gave: CAS, 统一社会信用代码, 行政区划 codes, identity numbers. Each is checked by the
//! rule of its standard.

use std::{fmt, str::FromStr};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{IdError, all_digits, compact};

/// A name that is kept as its checked text.
macro_rules! text {
    ($($name:ty),+) => {$(
        impl $name {
            /// The text, as it is printed and stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text!(Cas, Uscc);

/// A CAS Registry Number (CAS号), kept as `7647-01-0`.
///
/// The last digit is the sum of the others, each times its distance from it, modulo 10.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cas(String);

impl FromStr for Cas {
    type Err = IdError;

    /// Takes the number with its hyphens in place or with none; spaces, full-width characters and
    /// other dashes are put right.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let text = compact(text);
        let parts: Vec<&str> = text.split('-').collect();
        let digits = match parts.as_slice() {
            [all] => (*all).to_owned(),
            [first, middle, check] if middle.len() == 2 && check.len() == 1 => {
                [*first, *middle, *check].concat()
            }
            _ => return Err(IdError::CasForm),
        };
        if !(5..=10).contains(&digits.len()) || !all_digits(&digits) || digits.starts_with('0') {
            return Err(IdError::CasForm);
        }
        let from_right = || digits.chars().rev().filter_map(|c| c.to_digit(10));
        let sum: u32 = from_right()
            .zip(0..)
            .map(|(digit, place)| digit * place)
            .sum();
        if from_right().next() != Some(sum % 10) {
            return Err(IdError::CasCheck);
        }
        let (rest, check) = digits.split_at(digits.len() - 1);
        let (first, middle) = rest.split_at(rest.len() - 2);
        Ok(Self(format!("{first}-{middle}-{check}")))
    }
}

/// The unified social credit code of an organisation (统一社会信用代码), GB 32100-2015: 18
/// characters, the last one a check modulo 31 with weights 3^(i−1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

/// The characters of GB 32100-2015 in the order of their values 0 to 30.
const USCC_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Uscc {
    /// The region where the organisation was registered, places 3 to 8. It is `None` for
    /// organisations of the central government, whose code 100000 names no province.
    #[must_use]
    pub fn region(&self) -> Option<RegionCode> {
        self.0.get(2..8)?.parse().ok()
    }

    /// Whether places 9 to 17 satisfy the check of the organisation code (组织机构代码), GB 11714.
    /// Most do; where one does not, warn and accept.
    #[must_use]
    pub fn organisation_check(&self) -> bool {
        let values = || self.0.chars().skip(8).filter_map(|c| c.to_digit(36));
        let sum: u32 = values()
            .zip([3, 7, 9, 10, 5, 8, 4, 2])
            .map(|(value, weight)| value * weight)
            .sum();
        let expected = match 11 - sum % 11 {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(digit, 10).unwrap_or('0'),
        };
        self.0.chars().nth(16) == Some(expected)
    }
}

impl FromStr for Uscc {
    type Err = IdError;

    /// Takes small letters, full-width characters and spaces as well.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let code = compact(text);
        let values: Vec<usize> = code.chars().filter_map(|c| USCC_ALPHABET.find(c)).collect();
        let eighteen = values.len() == 18 && code.chars().count() == 18;
        if !eighteen || !code.get(2..8).is_some_and(all_digits) {
            return Err(IdError::UsccForm);
        }
        let mut weight = 1;
        let mut sum = 0;
        for value in values.iter().take(17) {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        if values.last() == Some(&((31 - sum % 31) % 31)) {
            Ok(Self(code))
        } else {
            Err(IdError::UsccCheck)
        }
    }
}

/// How far down the tree of administrative divisions a region stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionLevel {
    /// Province, autonomous region, municipality or special administrative region (省级).
    Province,
    /// Prefecture-level city, prefecture or league (地级).
    City,
    /// County, district, county-level city or banner (县级).
    County,
}

/// The code of an administrative division down to the county (行政区划代码), GB/T 2260: two digits
/// for the province, two for the city, two for the county.
///
/// The form is checked, not whether the code is in force: codes come and go with the years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u32);

/// The province numbers of GB/T 2260.
const PROVINCES: [u32; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
];

impl RegionCode {
    /// The level that the zeros of the code tell.
    #[must_use]
    pub const fn level(self) -> RegionLevel {
        match (self.0 / 100 % 100, self.0 % 100) {
            (0, _) => RegionLevel::Province,
            (_, 0) => RegionLevel::City,
            _ => RegionLevel::County,
        }
    }

    /// The division above; `None` for a province. Counties of the four municipalities and those
    /// that a province governs itself (third and fourth digit 90) have no city above them.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        let province = self.0 / 10_000;
        let city = self.0 / 100;
        match self.level() {
            RegionLevel::Province => None,
            RegionLevel::City => Some(Self(province * 10_000)),
            RegionLevel::County => {
                if matches!(province, 11 | 12 | 31 | 50) || city % 100 == 90 {
                    Some(Self(province * 10_000))
                } else {
                    Some(Self(city * 100))
                }
            }
        }
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl FromStr for RegionCode {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = compact(text);
        if digits.len() != 6 || !all_digits(&digits) {
            return Err(IdError::RegionForm);
        }
        let code: u32 = digits.parse().map_err(|_| IdError::RegionForm)?;
        let county_without_city = (code / 100).is_multiple_of(100) && !code.is_multiple_of(100);
        if !PROVINCES.contains(&(code / 10_000)) || county_without_city {
            return Err(IdError::RegionForm);
        }
        Ok(Self(code))
    }
}

/// A citizen's identity number (居民身份证号), GB 11643-1999, or a foreign resident's, which starts
/// with 9: 17 digits and a check character by ISO 7064 MOD 11-2.
///
/// It never appears in full unless [`IdentityNumber::expose`] is called: it has no `Display`, no
/// `Serialize`, and its `Debug` is masked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber {
    text: String,
    birth_date: NaiveDate,
}

impl IdentityNumber {
    /// The 18 characters in full, a small x made large.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The first and the last character with stars between them, for a screen or a log.
    #[must_use]
    pub fn masked(&self) -> String {
        self.text
            .chars()
            .enumerate()
            .map(|(place, c)| if matches!(place, 0 | 17) { c } else { '*' })
            .collect()
    }

    /// The date of birth that the number holds. It is a real date since 1900; whether it is past
    /// is for the caller, who has the clock.
    #[must_use]
    pub const fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityNumber({})", self.masked())
    }
}

impl FromStr for IdentityNumber {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let text = compact(text);
        let part = |range| text.get(range).filter(|part| all_digits(part));
        let number = |range| part(range).and_then(|digits| digits.parse::<u32>().ok());
        let last = text
            .get(17..)
            .filter(|last| *last == "X" || all_digits(last));
        if text.len() != 18 || part(0..17).is_none() || last.is_none() {
            return Err(IdError::IdentityForm);
        }
        // Foreign residents: 9, then the province. 83 stands on permits for residents from Taiwan.
        let province = if text.starts_with('9') { 1..3 } else { 0..2 };
        if !number(province).is_some_and(|code| code == 83 || PROVINCES.contains(&code)) {
            return Err(IdError::IdentityRegion);
        }
        let birth_date = part(6..14)
            .and_then(|digits| NaiveDate::parse_from_str(digits, "%Y%m%d").ok())
            .filter(|_| number(6..10) >= Some(1900))
            .ok_or(IdError::IdentityDate)?;
        let remainder = text
            .chars()
            .map(|c| c.to_digit(10).unwrap_or(10))
            .fold(0, |sum, digit| (sum * 2 + digit) % 11);
        if remainder == 1 {
            Ok(Self { text, birth_date })
        } else {
            Err(IdError::IdentityCheck)
        }
    }
}
