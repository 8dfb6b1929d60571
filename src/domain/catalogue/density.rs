//! Densities, for weighing what is booked in volume and the reverse.

use super::condition::{Basis, Strength};
use super::description::{Description, State};
use super::files::{self, LiquidRow, SolutionRow};
use super::region::millionths;
use super::{Catalogue, CatalogueError};
use crate::domain::ids::Cas;
use crate::domain::quantity::Density;
use crate::domain::substance::Reliability;

/// A density from the tables, used when neither the container nor the product has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedDensity {
    /// At 20 °C, 25 °C for pure liquids of the physical tables.
    pub density: Density,
    /// How far it was checked: solutions are known defaults that a product may override.
    pub reliability: Reliability,
}

/// A line of a table.
#[derive(Debug)]
pub(super) struct DensityRow {
    description: Description,
    /// Groups of the forms that bear the name.
    groups: Vec<usize>,
    cas: Cas,
    listed: ListedDensity,
}

impl Catalogue {
    /// The density of a substance in one strength; `None` when the tables have none or the strength
    /// does not tell which: then a volume must be asked for.
    #[must_use]
    pub fn density_for(
        &self,
        name: &str,
        qualifier: Option<&str>,
        cas: Option<&Cas>,
    ) -> Option<ListedDensity> {
        let own_words = self.read(name, qualifier);
        let stem = own_words.stem.clone();
        let bottle = self.in_listed_words(own_words);
        let groups = self.groups(&bottle);
        let same: Vec<&DensityRow> = self
            .densities
            .iter()
            .filter(|row| cas.is_none_or(|cas| *cas == row.cas))
            .filter(|row| {
                row.description.stem == stem
                    || row.groups.iter().any(|group| groups.contains(group))
            })
            .collect();
        let only = same.iter().all(|row| is_pure(&row.description));
        same.iter()
            .find(|row| covers(&row.description, &bottle, only))
            .map(|row| row.listed)
    }

    fn groups(&self, description: &Description) -> Vec<usize> {
        let family = self.family(description);
        family.into_iter().map(|form| form.group).collect()
    }
}

fn is_pure(description: &Description) -> bool {
    match description.own_strength() {
        Some(own) => own.interval.is_at_least(990),
        None => description.state != State::Solution,
    }
}

/// Whether a row is for the bottle; `only` when the tables know no other strength of it.
fn covers(row: &Description, bottle: &Description, only: bool) -> bool {
    if bottle.texts.iter().any(|text| !row.texts.contains(text))
        || row.texts.iter().any(|text| !bottle.texts.contains(text))
    {
        return false;
    }
    if is_pure(row) {
        let says_pure = bottle.state == State::Anhydrous
            || bottle
                .own_strength()
                .is_some_and(|own| own.interval.is_at_least(990));
        return says_pure
            || (only && bottle.strengths.is_empty() && bottle.state == State::Unstated);
    }
    row.strengths.iter().all(|asked| {
        bottle
            .strengths
            .iter()
            .any(|given| agrees(asked, given, row, bottle))
    })
}

fn agrees(asked: &Strength, given: &Strength, row: &Description, bottle: &Description) -> bool {
    let same_component = asked.component == given.component
        || (row.is_itself(&asked.component) && bottle.is_itself(&given.component));
    let same_basis = asked.basis == given.basis
        || asked.basis == Basis::Unstated
        || given.basis == Basis::Unstated;
    same_component && same_basis && given.interval.is_within(asked.interval)
}

pub(super) fn load(catalogue: &Catalogue) -> Result<Vec<DensityRow>, CatalogueError> {
    let solutions = files::rows::<SolutionRow>(files::SOLUTION_DENSITIES)?
        .into_iter()
        .map(|row| {
            let ug_per_ml = millionths(&row.density_g_ml);
            let description = Description::of_entry(&row.name_zh, row.qualifier_zh.as_deref());
            let file = files::SOLUTION_DENSITIES;
            line(
                catalogue,
                file,
                description,
                &row.cas,
                ug_per_ml,
                Reliability::Known,
            )
        });
    let liquids = files::rows::<LiquidRow>(files::LAB_PROPERTIES)?
        .into_iter()
        .map(|row| {
            // kg/m³ are mg/mL.
            let ug_per_ml = millionths(&row.density_25c_kg_m3).map(|millionths| millionths / 1_000);
            let description = Description::of_entry(&row.name_zh, None);
            let file = files::LAB_PROPERTIES;
            line(
                catalogue,
                file,
                description,
                &row.cas,
                ug_per_ml,
                Reliability::Seen,
            )
        });
    solutions.chain(liquids).collect()
}

fn line(
    catalogue: &Catalogue,
    file: files::File,
    description: Description,
    cas: &str,
    ug_per_ml: Option<i64>,
    reliability: Reliability,
) -> Result<DensityRow, CatalogueError> {
    let wrong = || CatalogueError::new(file, cas.to_owned());
    let density = Density::new(ug_per_ml.ok_or_else(wrong)?).map_err(|_| wrong())?;
    Ok(DensityRow {
        groups: catalogue.groups(&description),
        description,
        cas: cas.parse().map_err(|_| wrong())?,
        listed: ListedDensity {
            density,
            reliability,
        },
    })
}
