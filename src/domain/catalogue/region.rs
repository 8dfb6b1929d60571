//! Administrative divisions.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;

use super::files::{self, RegionChangeRow, RegionRow};
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
    /// The code that took its place on that day.
    pub successor: Option<RegionCode>,
}

impl Region {
    /// Whether the code is in force on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|end| day < end)
    }
}

/// Why a code names no division on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionError {
    /// There never was such a code.
    Unknown,
    /// It is not in force on that day; then another one is.
    NotInForce {
        /// The code of the same division on that day, where it is known.
        instead: Option<RegionCode>,
    },
}

/// The divisions with their codes, those that have ended too (GB/T 2260; RULES 8.5: statistics use the code
/// valid at the event).
#[derive(Debug, Default)]
pub struct Regions {
    current: BTreeMap<RegionCode, Region>,
    former: BTreeMap<RegionCode, Region>,
}

/// How often one division may have changed its code: a belt against a list that leads in a circle.
const MOST_CHANGES: usize = 16;

impl Regions {
    /// The division that has or had a code, whenever that was.
    #[must_use]
    pub fn ever(&self, code: RegionCode) -> Option<&Region> {
        self.current.get(&code).or_else(|| self.former.get(&code))
    }

    /// The division that has the code on a day.
    ///
    /// # Errors
    /// [`RegionError`].
    pub fn on(&self, code: RegionCode, day: NaiveDate) -> Result<&Region, RegionError> {
        let region = self.ever(code).ok_or(RegionError::Unknown)?;
        if region.holds_on(day) {
            return Ok(region);
        }
        let instead = Some(self.code_on(code, day)).filter(|other| *other != code);
        Err(RegionError::NotInForce { instead })
    }

    /// The code on a day of the division that has this one today, had it or will have it; the same code
    /// where nothing is known of a change.
    #[must_use]
    pub fn code_on(&self, code: RegionCode, day: NaiveDate) -> RegionCode {
        let mut code = code;
        for _ in 0..MOST_CHANGES {
            let Some(region) = self.ever(code) else { break };
            let next = if region.valid_to.is_some_and(|end| end <= day) {
                region.successor
            } else if region.valid_from.is_some_and(|from| day < from) {
                let mut before = self.former.values();
                before
                    .find(|former| former.successor == Some(code))
                    .map(|former| former.code)
            } else {
                None
            };
            let Some(next) = next else { break };
            code = next;
        }
        code
    }

    /// The divisions right below one on a day, by code.
    pub fn below(&self, around: RegionCode, day: NaiveDate) -> impl Iterator<Item = &Region> {
        let all = self.current.values().chain(self.former.values());
        all.filter(move |region| region.parent == Some(around) && region.holds_on(day))
    }

    /// Whether the division with one code lies in that of another, or is it, on a day.
    #[must_use]
    pub fn lies_in(&self, code: RegionCode, around: RegionCode, day: NaiveDate) -> bool {
        let around = self.code_on(around, day);
        let code = self.code_on(code, day);
        std::iter::successors(Some(code), |code| code.parent()).any(|code| code == around)
    }
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
        self.regions.current.get(&code)
    }

    /// The divisions with their former codes.
    #[must_use]
    pub const fn region_tree(&self) -> &Arc<Regions> {
        &self.regions
    }

    /// Every region in the order of its code.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.current.values()
    }

    /// The regions right below one; the provinces for `None`.
    pub fn regions_below(&self, parent: Option<RegionCode>) -> impl Iterator<Item = &Region> {
        self.regions().filter(move |region| region.parent == parent)
    }
}

pub(super) fn load() -> Result<Regions, CatalogueError> {
    let mut regions = Regions {
        current: current()?,
        former: BTreeMap::new(),
    };
    for row in files::rows::<RegionChangeRow>(files::ADMIN_DIVISION_CHANGES)? {
        let wrong =
            |what: &str| CatalogueError::new(files::ADMIN_DIVISION_CHANGES, what.to_owned());
        let code: RegionCode = row.code.parse().map_err(|_| wrong(&row.code))?;
        let successor: RegionCode = row.successor.parse().map_err(|_| wrong(&row.successor))?;
        let after = regions.current.get_mut(&successor);
        let after = after.ok_or_else(|| wrong(&row.successor))?;
        after.valid_from = Some(row.valid_until);
        let point = after.point;
        let former = Region {
            code,
            name: row.name_zh,
            level: code.level(),
            parent: code.parent(),
            full_name: row.full_name_zh,
            point,
            valid_from: None,
            valid_to: Some(row.valid_until),
            successor: Some(successor),
        };
        if regions.current.contains_key(&code) || regions.former.insert(code, former).is_some() {
            return Err(wrong(&row.code));
        }
    }
    Ok(regions)
}

fn current() -> Result<BTreeMap<RegionCode, Region>, CatalogueError> {
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
                successor: None,
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
