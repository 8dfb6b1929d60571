//! Where containers stand.

use serde::{Deserialize, Serialize};

use super::{ids::PlaceId, substance::ControlClass, words::words};

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
    /// No longer in use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}
