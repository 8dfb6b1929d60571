//! 危险废物: what a container becomes when nobody wants what is in it any more.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A code of the 国家危险废物名录, as 900-047-49: industry, serial, and the category (HW01 to HW50) last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WasteCode(String);

/// The text is no code of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a waste code such as 900-047-49")]
pub struct WasteCodeError;

impl FromStr for WasteCode {
    type Err = WasteCodeError;

    fn from_str(text: &str) -> Result<Self, WasteCodeError> {
        let parts: Vec<&str> = text.split('-').collect();
        let [industry, serial, category] = parts.as_slice() else {
            return Err(WasteCodeError);
        };
        let is_number = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_category = matches!(category.parse::<u8>(), Ok(1..=50));
        if is_number(industry, 3) && is_number(serial, 3) && is_number(category, 2) && is_category {
            Ok(Self(text.to_owned()))
        } else {
            Err(WasteCodeError)
        }
    }
}

impl TryFrom<String> for WasteCode {
    type Error = WasteCodeError;

    fn try_from(text: String) -> Result<Self, WasteCodeError> {
        text.parse()
    }
}

impl From<WasteCode> for String {
    fn from(code: WasteCode) -> Self {
        code.0
    }
}

impl fmt::Display for WasteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
