//! Administrative divisions.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::files::{self, RegionRow};
use super::{Catalogue, CatalogueError};
use crate::domain::ids::{RegionCode, RegionLevel};

/// A province, city or county (行政区划), 国家地名信息库.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its six digits.
    pub code: RegionCode,
    /// Its own name.
    pub name: String,
    /// How far down it stands.
    pub level: RegionLevel,
    /// The division above; `None` for a province.
    pub parent: Option<RegionCode>,
    /// The name with those of the divisions above it.
    pub full_name: String,
    /// A point inside it; `None` for nine young counties whose outline is not known.
    pub point: Option<Point>,
    /// First day; `None` when it was there before the list begins.
    pub valid_from: Option<NaiveDate>,
    /// First day on which it no longer holds.
    pub valid_to: Option<NaiveDate>,
}

/// A place on the map, CGCS2000, millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// East.
    pub lon_udeg: i64,
    /// North.
    pub lat_udeg: i64,
}

impl Catalogue {
    /// The region with a code; `None` for one that is not in force.
    #[must_use]
    pub fn region(&self, code: RegionCode) -> Option<&Region> {
        self.regions.get(&code)
    }

    /// Every region in the order of its code.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// The regions right below one; the provinces for `None`.
    pub fn regions_below(&self, parent: Option<RegionCode>) -> impl Iterator<Item = &Region> {
        self.regions().filter(move |region| region.parent == parent)
    }
}

pub(super) fn load() -> Result<BTreeMap<RegionCode, Region>, CatalogueError> {
    files::rows::<RegionRow>(files::ADMIN_DIVISIONS)?
        .into_iter()
        .map(|row| {
            let wrong = |what: &str| CatalogueError::new(files::ADMIN_DIVISIONS, what.to_owned());
            let code: RegionCode = row.code.parse().map_err(|_| wrong(&row.code))?;
            let parent = row
                .parent
                .map(|parent| parent.parse().map_err(|_| wrong(&parent)))
                .transpose()?;
            let point = match (row.lon, row.lat) {
                (Some(lon), Some(lat)) => Some(Point {
                    lon_udeg: millionths(&lon).ok_or_else(|| wrong(&lon))?,
                    lat_udeg: millionths(&lat).ok_or_else(|| wrong(&lat))?,
                }),
                _ => None,
            };
            let region = Region {
                code,
                name: row.name_zh,
                level: code.level(),
                parent,
                full_name: row.full_name_zh,
                point,
                valid_from: None,
                valid_to: None,
            };
            Ok((code, region))
        })
        .collect()
}

/// A decimal with at most six places, times a million, exactly.
pub(super) fn millionths(decimal: &str) -> Option<i64> {
    let (whole, places) = decimal.split_once('.').unwrap_or((decimal, ""));
    if places.len() > 6 {
        return None;
    }
    format!("{whole}{places:0<6}").parse().ok()
}
