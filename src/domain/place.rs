//! Where containers stand.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    ids::{DepartmentId, PlaceId},
    substance::ControlClass,
    words::words,
};

words! {
    /// What kind of place it is (存放地点): campus → building → room → cabinet → shelf, any depth.
    PlaceKind {
        /// 院区.
        Campus = "campus" "院区",
        /// 楼宇.
        Building = "building" "楼宇",
        /// 房间 or 库房.
        Room = "room" "房间",
        /// 储存柜.
        Cabinet = "cabinet" "储存柜",
        /// 层 or 格.
        Shelf = "shelf" "层",
        /// 储罐, also the liquid-oxygen tank.
        Tank = "tank" "储罐",
    }
}

/// A place of an institution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The number within the institution.
    pub id: PlaceId,
    /// The place it lies in; absent for a campus or a lone building.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<PlaceId>,
    /// What kind of place.
    pub kind: PlaceKind,
    /// The name on the door.
    pub name: String,
    /// The control classes that may stand here; absent: only classes that are not controlled.
    /// A place permits what any place above it permits too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permitted: Vec<ControlClass>,
    /// Longitude in micro-degrees, CGCS2000 (GB 22021-2008; equal to WGS-84 within centimetres).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude_udeg: Option<i64>,
    /// Latitude in micro-degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude_udeg: Option<i64>,
    /// The department that answers for it, unless a place inside it names its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// No longer in use: nothing comes in any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// An angle on the map in micro-degrees, at most `MOST` degrees either way; written as a decimal of
/// degrees with up to six places (0.1 m).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Degrees<const MOST: i64>(i64);

/// East of Greenwich.
pub type Longitude = Degrees<180>;
/// North of the equator.
pub type Latitude = Degrees<90>;

/// The text is no decimal of degrees in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal of degrees in range, such as 124.350123")]
pub struct DegreesError;

impl<const MOST: i64> Degrees<MOST> {
    /// From micro-degrees.
    ///
    /// # Errors
    /// [`DegreesError`] when out of range.
    pub fn new(udeg: i64) -> Result<Self, DegreesError> {
        let range = -MOST * 1_000_000..=MOST * 1_000_000;
        range
            .contains(&udeg)
            .then_some(Self(udeg))
            .ok_or(DegreesError)
    }

    /// Micro-degrees.
    #[must_use]
    pub const fn udeg(self) -> i64 {
        self.0
    }
}

impl<const MOST: i64> FromStr for Degrees<MOST> {
    type Err = DegreesError;

    fn from_str(text: &str) -> Result<Self, DegreesError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 3) || !is_number(places, 6) {
            return Err(DegreesError);
        }
        let udeg: i64 = format!("{whole}{places:0<6}")
            .parse()
            .map_err(|_| DegreesError)?;
        Self::new(if digits.len() < text.len() {
            -udeg
        } else {
            udeg
        })
    }
}

impl<const MOST: i64> fmt::Display for Degrees<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, places) = (self.0.abs() / 1_000_000, self.0.abs() % 1_000_000);
        let places = format!("{places:06}");
        match places.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{places}"),
        }
    }
}
