//! 一张图: the places of one level on the map, with what stands in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use super::{
    Counted, Query, Scope, Sum, counts::AsOf, moment::last_of, path, places::walk, product, stock,
    whereabouts::whereabouts,
};
use crate::{
    domain::{
        facts::{Facts, Total},
        ids::{PlaceId, Seq},
        place::{DegreesError, Latitude, Longitude, Place, PlaceKind},
        product::{Product, SubstanceKey},
        quantity::Dimension,
        refusal::Refusal,
        substance::ControlClass,
        time::Time,
        usage::Spot,
        words::UnknownWord,
    },
    store::{
        StoreError,
        conn::Db,
        rows::number,
        schema::StocktakeRow,
        table::{Cell, select},
    },
};

/// Most features of one call.
pub(super) const MOST_FEATURES: usize = 5_000;

/// Asks for the map.
#[derive(Clone, Debug)]
pub struct StorageMap {
    /// The kind of place to show; absent: what lies right below `parent`.
    pub level: Option<PlaceKind>,
    /// Only places inside this one.
    pub parent: Option<PlaceId>,
    /// Count only this control class, and show only places that hold it.
    pub class: Option<ControlClass>,
    /// Count only this substance, and show only places that hold it.
    pub substance: Option<SubstanceKey>,
    /// Only places in this window.
    pub window: Option<Window>,
    /// Of which moment.
    pub as_of: AsOf,
    /// The tag of the map that the asker has.
    pub known: Option<String>,
}

/// A part of the map.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Its western side.
    pub west: Longitude,
    /// Its southern side.
    pub south: Latitude,
    /// Its eastern side.
    pub east: Longitude,
    /// Its northern side.
    pub north: Latitude,
}

impl FromStr for Window {
    type Err = DegreesError;

    /// West, south, east, north, in degrees with commas between (RFC 7946 section 5).
    fn from_str(text: &str) -> Result<Self, DegreesError> {
        let sides: Vec<&str> = text.split(',').collect();
        let [west, south, east, north] = sides.as_slice() else {
            return Err(DegreesError);
        };
        Ok(Self {
            west: west.parse()?,
            south: south.parse()?,
            east: east.parse()?,
            north: north.parse()?,
        })
    }
}

/// What the features of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// 行政区划, of a bureau.
    Region,
    /// 单位, of a bureau.
    Institution,
    /// Places of one institution.
    Place(PlaceKind),
}

impl FromStr for Level {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "region" => Ok(Self::Region),
            "institution" => Ok(Self::Institution),
            place => place.parse().map(Self::Place),
        }
    }
}

impl Window {
    pub(super) fn holds(&self, longitude: Longitude, latitude: Latitude) -> bool {
        (self.west..=self.east).contains(&longitude)
            && (self.south..=self.north).contains(&latitude)
    }
}

/// The map, unless the asker has it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Changes with the ledger and with the day, since classes begin and end on days.
    pub tag: String,
    /// The map, if it is not the one that the asker has.
    pub map: Option<Map>,
}

/// The places of one level.
#[derive(Clone, Debug)]
pub struct Map {
    /// The places.
    pub features: Vec<Feature>,
    /// Whether there are more than one call shows.
    pub truncated: bool,
    /// The last entry that it counts; none of none.
    pub as_of_seq: Option<Seq>,
    /// The moment.
    pub as_of: Time,
}

/// A place and what stands in it and below.
#[derive(Clone, Debug)]
pub struct Feature {
    /// The place.
    pub place: Place,
    /// The names of the place and those around it, from the outside in.
    pub path: Vec<String>,
    /// Where it is, and the place whose point that is: its own or the nearest one around it.
    pub point: Option<(Longitude, Latitude, PlaceId)>,
    /// Whether places lie in it.
    pub has_children: bool,
    /// Everything in it.
    pub all: Counted,
    /// By control class, strictest first; what has several classes counts under each.
    pub classes: Vec<(ControlClass, Counted)>,
    /// When the last stocktake of all of it was closed.
    pub verified_at: Option<Time>,
}

/// Everything in a place, and by class.
#[derive(Default)]
pub(super) struct Held {
    pub all: Sum,
    by_class: BTreeMap<ControlClass, Sum>,
}

impl Held {
    /// Adds something that has those classes.
    pub(super) fn add(
        &mut self,
        dimension: Dimension,
        classes: &[ControlClass],
        total: Total,
    ) -> Result<(), StoreError> {
        self.all.add(dimension, total)?;
        for class in classes {
            let sum = self.by_class.entry(*class).or_default();
            sum.add(dimension, total)?;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.containers == 0
    }

    /// The classes with their sums, strictest first.
    pub(super) fn classes(&self) -> Result<Vec<(ControlClass, Counted)>, StoreError> {
        let classes = self.by_class.iter();
        classes
            .map(|(class, sum)| Ok((*class, Counted::of(sum)?)))
            .collect()
    }
}

impl Query for StorageMap {
    type Answer = Result<Answer, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let all = snapshot.as_of_seq.get() + 1;
        let (moment, size) = match self.as_of.resolved(conn, scope, all)? {
            Ok(resolved) => resolved,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let day = moment.as_of.china_day();
        // Not everybody is shown the same.
        let told = if scope.withheld.is_empty() {
            ""
        } else {
            "-told"
        };
        let tag = format!("{}-{size}-{all}-{day}{told}", scope.institution);
        if self.known.as_ref() == Some(&tag) {
            return Ok(Ok(Answer { tag, map: None }));
        }
        if let Some(place) = self
            .parent
            .filter(|id| facts.register.places.get(*id).is_none())
        {
            return Ok(Err(Refusal::PlaceUnknown { place }));
        }
        let mut held = self.shown(facts);
        let parents: BTreeSet<PlaceId> = facts
            .register
            .places
            .iter()
            .filter_map(|(_, place)| place.parent)
            .collect();
        for (place, product, total) in stood(conn, scope, facts, size, all)? {
            let classes = product.classes_on(day);
            if !self.counts(product, &classes) || scope.withholds(&classes) {
                continue;
            }
            for around in facts.place_and_above(place) {
                if let Some((_, held)) = held.get_mut(&around.id) {
                    held.add(product.dimension, &classes, total)?;
                }
            }
        }
        let verified = verified(conn, scope)?;
        let mut features = Vec::new();
        for (id, (place, held)) in held {
            let point = point(facts, id);
            let is_narrowed = self.class.is_some() || self.substance.is_some();
            if (is_narrowed && held.is_empty()) || !self.window_holds(point) {
                continue;
            }
            features.push(Feature {
                place: place.clone(),
                path: path(facts, id),
                point,
                has_children: parents.contains(&id),
                all: Counted::of(&held.all)?,
                classes: held.classes()?,
                verified_at: facts
                    .place_and_above(id)
                    .filter_map(|around| verified.get(&around.id).copied())
                    .filter(|verified_at| *verified_at <= moment.as_of)
                    .max(),
            });
        }
        let truncated = features.len() > MOST_FEATURES;
        features.truncate(MOST_FEATURES);
        let map = Some(Map {
            features,
            truncated,
            as_of_seq: last_of(size),
            as_of: moment.as_of,
        });
        Ok(Ok(Answer { tag, map }))
    }
}

impl StorageMap {
    /// The places to show, with nothing counted yet.
    fn shown<'f>(&self, facts: &'f Facts) -> BTreeMap<PlaceId, (&'f Place, Held)> {
        let below = walk(facts, self.parent).into_iter();
        let wanted = below.filter(|(place, _)| match self.level {
            Some(level) => place.kind == level && Some(place.id) != self.parent,
            None => place.parent == self.parent,
        });
        wanted
            .filter(|(place, _)| !place.closed)
            .map(|(place, _)| (place.id, (place, Held::default())))
            .collect()
    }

    fn window_holds(&self, point: Option<(Longitude, Latitude, PlaceId)>) -> bool {
        self.window.is_none_or(|window| {
            point.is_some_and(|(longitude, latitude, _)| window.holds(longitude, latitude))
        })
    }

    fn counts(&self, product: &Product, classes: &[ControlClass]) -> bool {
        self.class.is_none_or(|class| classes.contains(&class))
            && (self.substance.as_ref()).is_none_or(|wanted| *wanted == SubstanceKey::of(product))
    }
}

/// What stood where when the ledger had so many entries of `all`.
fn stood<'f>(
    conn: &mut Db,
    scope: &Scope,
    facts: &'f Facts,
    size: i64,
    all: i64,
) -> Result<Vec<(PlaceId, &'f Product, Total)>, StoreError> {
    if size == all {
        return stock(conn, facts);
    }
    let mut stood = Vec::new();
    for ((spot, id), total) in whereabouts(conn, scope, facts, (size, all))? {
        let Spot::Place(place) = spot else { continue };
        if total.containers > 0 {
            stood.push((place, product(facts, id)?, total));
        }
    }
    Ok(stood)
}

/// When the last stocktake of each place, all of it, was closed.
fn verified(conn: &mut Db, scope: &Scope) -> Result<BTreeMap<PlaceId, Time>, StoreError> {
    let clause = "WHERE institution_id = ? AND closed_seq IS NOT NULL AND sample_size IS NULL \
                  ORDER BY closed_seq";
    let rows: Vec<StocktakeRow> = select(conn, clause, &[Cell::Int(&scope.institution.get())])?;
    let closed = rows.into_iter().filter_map(|row| {
        let at = Time::from_millis(row.closed_at?);
        Some(number("stocktake", row.place_id).map(|place| (place, at)))
    });
    closed.collect()
}

/// The point of the place or of the nearest place around it that has one.
fn point(facts: &Facts, place: PlaceId) -> Option<(Longitude, Latitude, PlaceId)> {
    facts.place_and_above(place).find_map(|place| {
        let longitude = Longitude::new(place.longitude_udeg?).ok()?;
        let latitude = Latitude::new(place.latitude_udeg?).ok()?;
        Some((longitude, latitude, place.id))
    })
}
