//! 一张图: the places of one level on the map, with what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Counted, Query, Scope, Sum, path, places::walk, stock};
use crate::{
    domain::{
        facts::Facts,
        ids::{PlaceId, Seq},
        place::{Latitude, Longitude, Place, PlaceKind},
        refusal::Refusal,
        substance::ControlClass,
        time::Time,
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
const MOST_FEATURES: usize = 5_000;

/// Asks for the map.
#[derive(Clone, Debug)]
pub struct StorageMap {
    /// The kind of place to show; absent: what lies right below `parent`.
    pub level: Option<PlaceKind>,
    /// Only places inside this one.
    pub parent: Option<PlaceId>,
    /// Count only this control class, and show only places that hold it.
    pub class: Option<ControlClass>,
    /// Only places in this window: west, south, east, north.
    pub window: Option<(Longitude, Latitude, Longitude, Latitude)>,
    /// The tag of the map that the asker has.
    pub known: Option<String>,
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
    /// The last entry that it counts.
    pub as_of_seq: Seq,
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
struct Held {
    all: Sum,
    classes: BTreeMap<ControlClass, Sum>,
}

impl Query for StorageMap {
    type Answer = Result<Answer, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let (seq, day) = (snapshot.as_of_seq, scope.now.china_day());
        let tag = format!("{}-{seq}-{day}", scope.institution);
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
        for (place, product, total) in stock(conn, facts)? {
            let classes = product.classes_on(day);
            if self.class.is_some_and(|class| !classes.contains(&class)) {
                continue;
            }
            for around in facts.place_and_above(place) {
                let Some((_, held)) = held.get_mut(&around.id) else {
                    continue;
                };
                held.all.add(product.dimension, total)?;
                for class in &classes {
                    let sum = held.classes.entry(*class).or_default();
                    sum.add(product.dimension, total)?;
                }
            }
        }
        let verified = verified(conn, scope)?;
        let mut features = Vec::new();
        for (id, (place, held)) in held {
            let point = point(facts, id);
            let empty = self.class.is_some() && held.all.containers == 0;
            if empty || !self.window_holds(point) {
                continue;
            }
            let classes = held.classes.iter();
            features.push(Feature {
                place: place.clone(),
                path: path(facts, id),
                point,
                has_children: parents.contains(&id),
                all: Counted::of(&held.all)?,
                classes: classes
                    .map(|(class, sum)| Ok((*class, Counted::of(sum)?)))
                    .collect::<Result<_, StoreError>>()?,
                verified_at: facts
                    .place_and_above(id)
                    .filter_map(|around| verified.get(&around.id).copied())
                    .max(),
            });
        }
        let truncated = features.len() > MOST_FEATURES;
        features.truncate(MOST_FEATURES);
        let map = Some(Map {
            features,
            truncated,
            as_of_seq: seq,
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
        let Some((west, south, east, north)) = self.window else {
            return true;
        };
        point.is_some_and(|(longitude, latitude, _)| {
            (west..=east).contains(&longitude) && (south..=north).contains(&latitude)
        })
    }
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
