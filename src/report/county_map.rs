//! 一张图的上两级: the regions or the institutions of a bureau's region on the map, with what stands in each.
//! Below an institution the map is its own (`storage_map`).

use std::collections::BTreeMap;

use super::{
    Counted, Query, Scope,
    county::{County, CountyOf, Stood, Where},
    county_counts::{CountyWanted, below},
    storage_map::{Held, MOST_FEATURES, Window},
};
use crate::{
    domain::{
        ids::{InstitutionId, PlaceId, RegionCode},
        place::{Latitude, Longitude},
        refusal::Refusal,
        substance::ControlClass,
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::PlaceRow,
        table::{Cell, select},
    },
};

/// Asks for the upper levels of the map.
#[derive(Clone, Debug)]
pub struct CountyMap {
    /// Which region, when.
    pub of: CountyOf,
    /// Regions right below it, or institutions in it; absent: what lies right below.
    pub institutions: Option<bool>,
    /// What is counted; only what holds some of it is shown.
    pub wanted: CountyWanted,
    /// Only what lies in this window.
    pub window: Option<Window>,
    /// The tag of the map that the asker has.
    pub known: Option<String>,
}

/// The map, unless the asker has it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Changes with any of the ledgers and with the day.
    pub tag: String,
    /// The region and the moment.
    pub county: County,
    /// The features, if they are not those that the asker has.
    pub features: Option<Vec<CountyFeature>>,
    /// Whether there are more than one call shows.
    pub truncated: bool,
}

/// A region or an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountyKey {
    /// A region.
    Region(RegionCode),
    /// An institution.
    Institution(InstitutionId),
}

/// A region or an institution, and what stands in it.
#[derive(Clone, Debug)]
pub struct CountyFeature {
    /// Which.
    pub key: CountyKey,
    /// What people call it.
    pub name: String,
    /// The region that it lies in.
    pub parent: RegionCode,
    /// Where it is: of an institution a place of its own that has a point, else of its region.
    pub point: Option<(Longitude, Latitude, Option<PlaceId>)>,
    /// Whether the level below it is of regions.
    pub has_regions: bool,
    /// How many institutions.
    pub institutions: usize,
    /// Everything at places in it.
    pub all: Counted,
    /// By control class, strictest first; what has several classes counts under each.
    pub classes: Vec<(ControlClass, Counted)>,
}

/// A feature that is being summed.
struct Growing {
    name: String,
    parent: RegionCode,
    institutions: usize,
    held: Held,
}

impl Query for CountyMap {
    type Answer = Result<Answer, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let county = match self.of.resolved(conn, scope)? {
            Ok(county) => county,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let tag = format!("{}-{}-{}", county.region, county.heads(), county.day());
        if self.known.as_ref() == Some(&tag) {
            return Ok(Ok(Answer {
                tag,
                county,
                features: None,
                truncated: false,
            }));
        }
        let (regions, day) = (&self.of.regions, county.day());
        let mut features: BTreeMap<CountyKey, Growing> = BTreeMap::new();
        let has_regions = regions.below(county.region, day).next().is_some();
        let by_institution = self.institutions.unwrap_or(!has_regions);
        if !by_institution {
            for region in regions.below(county.region, day) {
                let growing = Growing::of(&region.name, county.region);
                features.insert(CountyKey::Region(region.code), growing);
            }
        }
        for site in &county.sites {
            // What lies right in the region lies in no part of it.
            let (key, name, parent) = if by_institution || site.region == county.region {
                let key = CountyKey::Institution(site.institution);
                (key, site.name.clone(), site.region)
            } else {
                let code = below(site.region, county.region);
                let name = regions.ever(code).map(|region| region.name.clone());
                (
                    CountyKey::Region(code),
                    name.unwrap_or_default(),
                    county.region,
                )
            };
            let growing = features
                .entry(key)
                .or_insert_with(|| Growing::of(&name, parent));
            growing.institutions += 1;
            let stood = Stood::read(conn, scope, site, false)?;
            for found in stood.iter() {
                let (at, product, total) = found?;
                let classes = product.classes_on(day);
                if at == Where::Persons || !self.wanted.is_of(product, &classes) {
                    continue;
                }
                growing.held.add(product.dimension, &classes, total)?;
            }
        }
        let mut shown = Vec::new();
        for (key, growing) in features {
            let point = self.point(conn, key, growing.parent)?;
            let is_narrowed = self.wanted.class.is_some() || self.wanted.substance.is_some();
            let is_empty = is_narrowed && growing.held.is_empty();
            let is_outside = self.window.is_some_and(|window| {
                point.is_none_or(|(longitude, latitude, _)| !window.holds(longitude, latitude))
            });
            if is_empty || is_outside {
                continue;
            }
            shown.push(CountyFeature {
                key,
                name: growing.name,
                parent: growing.parent,
                point,
                has_regions: match key {
                    CountyKey::Region(code) => regions.below(code, day).next().is_some(),
                    CountyKey::Institution(_) => false,
                },
                institutions: growing.institutions,
                all: Counted::of(&growing.held.all)?,
                classes: growing.held.classes()?,
            });
        }
        Ok(Ok(Answer {
            tag,
            county,
            truncated: shown.len() > MOST_FEATURES,
            features: Some(shown.into_iter().take(MOST_FEATURES).collect()),
        }))
    }
}

impl Growing {
    fn of(name: &str, parent: RegionCode) -> Self {
        Self {
            name: name.to_owned(),
            parent,
            institutions: 0,
            held: Held::default(),
        }
    }
}

impl CountyMap {
    /// The point of a region, or of the first place of an institution that has one.
    fn point(
        &self,
        conn: &mut Db,
        key: CountyKey,
        around: RegionCode,
    ) -> Result<Option<(Longitude, Latitude, Option<PlaceId>)>, StoreError> {
        let on_map = |longitude: i64, latitude: i64| {
            Some((
                Longitude::new(longitude).ok()?,
                Latitude::new(latitude).ok()?,
            ))
        };
        let code = match key {
            CountyKey::Region(code) => code,
            CountyKey::Institution(institution) => {
                let clause = "WHERE institution_id = ? AND closed = 0 AND longitude_udeg IS NOT NULL \
                              AND latitude_udeg IS NOT NULL ORDER BY place_id LIMIT 1";
                let places: Vec<PlaceRow> = select(conn, clause, &[Cell::Int(&institution.get())])?;
                if let Some(place) = places.into_iter().next() {
                    let at = place.longitude_udeg.zip(place.latitude_udeg);
                    let of = rows::number("place", place.place_id)?;
                    let point = at.and_then(|(longitude, latitude)| on_map(longitude, latitude));
                    return Ok(point.map(|(longitude, latitude)| (longitude, latitude, Some(of))));
                }
                around
            }
        };
        let point = self.of.regions.ever(code).and_then(|region| region.point);
        let point = point.and_then(|point| on_map(point.lon_udeg, point.lat_udeg));
        Ok(point.map(|(longitude, latitude)| (longitude, latitude, None)))
    }
}
