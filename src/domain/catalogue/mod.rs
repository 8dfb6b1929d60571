//! The regulated lists in force: which substances they name, and which listed substance a bottle is.
//!
//! `files.rs` holds the lists as published, `condition.rs` reads strengths, `description.rs` takes names
//! apart, `matching.rs` finds the entry of a bottle, `density.rs` and `region.rs` answer from the other
//! tables. [`Catalogue::embedded`] reads everything once, at start-up.

mod condition;
mod density;
mod description;
mod files;
mod load;
mod matching;
mod region;
mod threshold;
mod waste;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use super::ids::Cas;
use super::search::{SearchKeys, keys, matches};
use super::substance::{ControlClass, Listing, Substance, SubstanceId};
use density::DensityRow;
use description::Description;

pub use density::ListedDensity;
pub use matching::{Candidate, Doubt, Matches};
pub use region::{Point, Region, RegionError, Regions};
pub use threshold::{Category, Level, Named, Points, Thresholds};
pub use waste::{Unlisted, WasteKind, WasteList};

/// A file of the lists that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct CatalogueError {
    /// The file.
    pub file: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl CatalogueError {
    const fn new(file: files::File, problem: String) -> Self {
        Self {
            file: file.name,
            problem,
        }
    }
}

/// Which state of the lists the program carries; entries of the ledger name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Year and month in which the lists were put together.
    pub id: &'static str,
    /// First day on which all its listings are in force.
    pub effective_from: NaiveDate,
    /// SHA-256, lower-case hex, over the output of `LC_ALL=C sha256sum *.csv` in
    /// `fixtures/catalogue`.
    pub sha256: String,
}

/// A class that a substance has on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassOn<'a> {
    /// The class.
    pub class: ControlClass,
    /// The listing that gives it: the one with the fewest conditions when there are several.
    pub listing: &'a Listing,
}

/// The lists, read and indexed.
#[derive(Debug)]
pub struct Catalogue {
    edition: Edition,
    substances: Vec<Substance>,
    listings: Vec<Vec<Listing>>,
    ids: HashMap<SubstanceId, usize>,
    forms: Vec<Form>,
    names: HashMap<String, Vec<usize>>,
    by_cas: HashMap<Cas, Vec<usize>>,
    everyday: HashMap<String, Everyday>,
    densities: Vec<DensityRow>,
    regions: Arc<Regions>,
    /// Made when somebody searches first: start-up need not wait for the pinyin.
    search: OnceLock<Vec<SearchKeys>>,
}

/// A name under which a substance is listed, with what it asks of strength and form.
#[derive(Debug)]
struct Form {
    substance: usize,
    /// Forms of one entry share it: a hit on one brings the others into view.
    group: usize,
    description: Description,
    cas: Vec<Cas>,
}

/// A listed name behind one that staff use.
#[derive(Debug)]
struct Everyday {
    means: String,
    implied: Option<String>,
}

impl Catalogue {
    /// Reads the lists that are compiled into the program.
    ///
    /// # Errors
    /// [`CatalogueError`] when a file is not what this program was built for.
    pub fn embedded() -> Result<Self, CatalogueError> {
        load::catalogue()
    }

    /// Which state of the lists this is.
    #[must_use]
    pub const fn edition(&self) -> &Edition {
        &self.edition
    }

    /// Every substance, the 危险化学品目录 first.
    #[must_use]
    pub fn substances(&self) -> &[Substance] {
        &self.substances
    }

    /// Every listing.
    pub fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().flatten()
    }

    /// The substances that a query of the search box finds, in the order of [`Self::substances`].
    pub fn search<'a>(&'a self, query: &'a str) -> impl Iterator<Item = &'a Substance> {
        let search = self.search.get_or_init(|| {
            let of = |substance: &Substance| {
                let aliases = substance.aliases.iter().map(String::as_str);
                keys(&substance.name, aliases, &substance.cas)
            };
            self.substances.iter().map(of).collect()
        });
        let found = self.substances.iter().zip(search);
        found
            .filter(move |(_, keys)| matches(query, keys))
            .map(|(substance, _)| substance)
    }

    /// The substance with a code.
    #[must_use]
    pub fn substance(&self, id: &SubstanceId) -> Option<&Substance> {
        self.substances.get(*self.ids.get(id)?)
    }

    /// The listings of a substance, past, present and future; empty for an unknown one.
    #[must_use]
    pub fn listings_of(&self, id: &SubstanceId) -> &[Listing] {
        self.ids
            .get(id)
            .and_then(|at| self.listings.get(*at))
            .map_or(&[], Vec::as_slice)
    }

    /// The classes of a substance on a day, strictest first, each once.
    #[must_use]
    pub fn classes_on(&self, id: &SubstanceId, day: NaiveDate) -> Vec<ClassOn<'_>> {
        let mut classes: Vec<ClassOn<'_>> = self
            .listings_of(id)
            .iter()
            .filter(|listing| listing.holds_on(day))
            .map(|listing| ClassOn {
                class: listing.class,
                listing,
            })
            .collect();
        classes.sort_by_key(|on| (on.class, on.listing.condition.is_some()));
        classes.dedup_by_key(|on| on.class);
        classes
    }
}
