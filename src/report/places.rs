//! 存放地点: the tree of places, each before those inside it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{
        facts::Facts,
        ids::{DepartmentId, PlaceId},
        place::{Latitude, Longitude, Place, PlaceKind},
        substance::ControlClass,
    },
    store::{StoreError, conn::Db},
};

/// Asks for the places.
#[derive(Clone, Debug)]
pub struct Places {
    /// Only this place and what lies in it.
    pub root: Option<PlaceId>,
    /// Only behind this place.
    pub after: Option<PlaceId>,
    /// Most items.
    pub limit: usize,
}

/// A place in the tree.
#[derive(Clone, Debug, Serialize)]
pub struct Branch {
    /// The place.
    pub place: PlaceId,
    /// The place it lies in.
    pub parent: Option<PlaceId>,
    /// How many places it lies in.
    pub depth: usize,
    /// What kind of place.
    pub kind: PlaceKind,
    /// The name on the door.
    pub name: String,
    /// The control classes that may stand here and below.
    pub permitted: Vec<ControlClass>,
    /// Degrees, CGCS2000.
    pub longitude: Option<String>,
    /// Degrees, CGCS2000.
    pub latitude: Option<String>,
    /// The department that answers for it.
    pub department: Option<DepartmentId>,
    /// No longer in use.
    pub closed: bool,
}

impl Query for Places {
    type Answer = Page<Branch>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let walked = walk(facts, self.root);
        let all = walked.iter().map(|(place, depth)| Branch {
            place: place.id,
            parent: place.parent,
            depth: *depth,
            kind: place.kind,
            name: place.name.clone(),
            permitted: place.permitted.clone(),
            longitude: degrees(place.longitude_udeg.map(Longitude::new)),
            latitude: degrees(place.latitude_udeg.map(Latitude::new)),
            department: place.department,
            closed: place.closed,
        });
        Ok(Page::of(
            all.collect(),
            |branch| branch.place,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        ))
    }
}

fn degrees<T: ToString, E>(angle: Option<Result<T, E>>) -> Option<String> {
    Some(angle?.ok()?.to_string())
}

/// The places below a root (with it) or all of them, each before those inside it, by number, with how
/// many places around it.
pub(super) fn walk(facts: &Facts, root: Option<PlaceId>) -> Vec<(&Place, usize)> {
    let places = &facts.register.places;
    let mut inside: BTreeMap<Option<PlaceId>, Vec<&Place>> = BTreeMap::new();
    for (_, place) in places.iter() {
        inside.entry(place.parent).or_default().push(place);
    }
    for row in inside.values_mut() {
        row.sort_unstable_by_key(|place| std::cmp::Reverse(place.id));
    }
    // A stack, not recursion: the next place to visit is on top.
    let mut stack: Vec<(&Place, usize)> = match root {
        Some(root) => places
            .get(root)
            .map(|place| (place, 0))
            .into_iter()
            .collect(),
        None => inside
            .remove(&None)
            .into_iter()
            .flatten()
            .map(|place| (place, 0))
            .collect(),
    };
    let mut walked = Vec::with_capacity(places.len());
    while let Some((place, depth)) = stack.pop() {
        walked.push((place, depth));
        let below = inside.remove(&Some(place.id)).into_iter().flatten();
        stack.extend(below.map(|place| (place, depth + 1)));
    }
    walked
}
