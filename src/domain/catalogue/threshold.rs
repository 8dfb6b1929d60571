//! GB 18218-2018 危险化学品重大危险源辨识: its six tables.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::OnceLock,
};

use super::{
    Catalogue, CatalogueError,
    description::{Description, State},
    files::{self, AlphaRow, CategoryRow, File, LevelRow, NamedRow, PointRow, ToxicGasRow, parts},
    matching::AQUEOUS,
};
use crate::domain::{
    exact::Exact,
    hazard::{Celsius, NoTemperature},
    ids::Cas,
    substance::{Substance, SubstanceId},
};

/// A line of table 1: a substance by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its number.
    pub no: u8,
    /// The name as printed, with its condition.
    pub name: String,
    /// The strength from which on it is meant, where a bottle of it may have another.
    pub condition: Option<String>,
    /// Q (临界量), t.
    pub threshold: Exact,
    /// The substances of the 危险化学品目录 that it means.
    pub substances: Vec<SubstanceId>,
}

/// A line of tables 2 and 4: a kind of hazard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its symbol: J1 to J5, W1.1 to W11.
    pub symbol: String,
    /// What it says, as printed.
    pub criterion: String,
    /// Q (临界量), t.
    pub threshold: Exact,
    /// β of table 4.
    pub beta: Exact,
}

/// A line of table 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// 一级 to 四级.
    pub name: String,
    /// From this R on.
    pub from: Exact,
}

/// Where something melts and boils at 101.3 kPa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// Melting point.
    pub melting: Option<Celsius>,
    /// Boiling point.
    pub boiling: Option<Celsius>,
}

/// The tables, read and indexed.
#[derive(Debug)]
pub struct Thresholds {
    named: Vec<Named>,
    by_substance: HashMap<SubstanceId, usize>,
    by_cas: HashMap<Cas, usize>,
    categories: BTreeMap<String, Category>,
    toxic_gases: HashMap<SubstanceId, Exact>,
    alphas: Vec<(u32, Exact)>,
    levels: Vec<Level>,
    points: HashMap<Cas, Points>,
}

impl Thresholds {
    /// The tables that the program carries, read once.
    ///
    /// # Errors
    /// [`CatalogueError`] when a row cannot be read.
    pub fn embedded() -> Result<&'static Self, CatalogueError> {
        static TABLES: OnceLock<Result<Thresholds, CatalogueError>> = OnceLock::new();
        TABLES.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// Table 1, in its order.
    #[must_use]
    pub fn named(&self) -> &[Named] {
        &self.named
    }

    /// The line of table 1 that means a substance.
    #[must_use]
    pub fn of_substance(&self, substance: &SubstanceId) -> Option<&Named> {
        self.named.get(*self.by_substance.get(substance)?)
    }

    /// The line of table 1 that has a CAS number and asks for no strength: what else has the number is a mixture
    /// of it (4.2.3).
    #[must_use]
    pub fn of_cas(&self, cas: &Cas) -> Option<&Named> {
        self.named.get(*self.by_cas.get(cas)?)
    }

    /// A line of tables 2 and 4 by its symbol.
    #[must_use]
    pub fn category(&self, symbol: &str) -> Option<&Category> {
        self.categories.get(symbol)
    }

    /// Tables 2 and 4, by symbol.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// β of table 3.
    #[must_use]
    pub fn toxic_gas(&self, substance: &SubstanceId) -> Option<&Exact> {
        self.toxic_gases.get(substance)
    }

    /// α of table 5, by the permanent residents within 500 m of the boundary.
    #[must_use]
    pub fn alpha(&self, residents: u32) -> Option<&Exact> {
        let mut bands = self.alphas.iter();
        bands
            .find(|(from, _)| residents >= *from)
            .map(|(_, alpha)| alpha)
    }

    /// The level of table 6.
    #[must_use]
    pub fn level(&self, r: &Exact) -> Option<&Level> {
        self.levels.iter().find(|level| *r >= level.from)
    }

    /// Where a substance melts and boils, by its CAS number.
    #[must_use]
    pub fn points(&self, cas: &Cas) -> Option<Points> {
        self.points.get(cas).copied()
    }
}

impl Catalogue {
    /// Whether an entry is a solution, whose melting and boiling points are not those of its CAS number.
    #[must_use]
    pub fn is_solution(substance: &Substance) -> bool {
        let said = Description::of_entry(&substance.name, substance.qualifier.as_deref());
        said.state == State::Solution || AQUEOUS.contains(&said.name.as_str())
    }

    /// Whether a bottle has the strength that a line asks for; `None` where it does not say.
    #[must_use]
    pub fn is_as_strong(&self, line: &Named, name: &str, qualifier: Option<&str>) -> Option<bool> {
        let Some(condition) = line.condition.as_deref() else {
            return Some(true);
        };
        let of = line.name.split(['(', '（']).next().unwrap_or_default();
        let asked = Description::of_entry(of, Some(condition));
        let asked = asked.own_strength()?.interval;
        let bottle = self.in_listed_words(self.read(name, qualifier));
        let given = bottle.own_strength()?.interval;
        if given.is_within(asked) {
            return Some(true);
        }
        given.is_apart_from(asked).then_some(false)
    }
}

fn load() -> Result<Thresholds, CatalogueError> {
    let number = |file: File, text: &str| {
        text.parse::<Exact>()
            .map_err(|error| CatalogueError::new(file, format!("{text}: {error}")))
    };
    let code = |file: File, text: &str| {
        text.parse::<SubstanceId>()
            .map_err(|error| CatalogueError::new(file, error.to_string()))
    };
    let cas = |file: File, text: &str| {
        text.parse::<Cas>()
            .map_err(|_| CatalogueError::new(file, text.to_owned()))
    };
    let (mut named, mut by_substance, mut by_cas) = (Vec::new(), HashMap::new(), HashMap::new());
    let mut seen = HashSet::new();
    let file = files::HAZARD_SUBSTANCES;
    for row in files::rows::<NamedRow>(file)? {
        let substances = parts(row.substances.as_deref()).map(|text| code(file, text));
        let substances: Vec<SubstanceId> = substances.collect::<Result<_, _>>()?;
        for substance in &substances {
            by_substance.insert(substance.clone(), named.len());
        }
        let numbers = parts(row.cas_all.as_deref()).map(|text| cas(file, text));
        for number in numbers.collect::<Result<Vec<_>, _>>()? {
            // Of several forms under one number each stands by its own name.
            if !seen.insert(number.clone()) || row.condition_zh.is_some() {
                by_cas.remove(&number);
            } else {
                by_cas.insert(number, named.len());
            }
        }
        named.push(Named {
            no: row.no,
            name: row.name_zh,
            condition: row.condition_zh,
            threshold: number(file, &row.threshold_t)?,
            substances,
        });
    }
    let file = files::HAZARD_CATEGORIES;
    let categories = files::rows::<CategoryRow>(file)?.into_iter().map(|row| {
        let category = Category {
            symbol: row.symbol.clone(),
            criterion: format!("{}：{}", row.class_zh, row.criterion_zh),
            threshold: number(file, &row.threshold_t)?,
            beta: number(file, &row.beta)?,
        };
        Ok((row.symbol, category))
    });
    let categories = categories.collect::<Result<_, CatalogueError>>()?;
    let file = files::HAZARD_TOXIC_GASES;
    let toxic_gases = files::rows::<ToxicGasRow>(file)?.into_iter();
    let toxic_gases =
        toxic_gases.map(|row| Ok((code(file, &row.substance)?, number(file, &row.beta)?)));
    let toxic_gases = toxic_gases.collect::<Result<_, CatalogueError>>()?;
    let file = files::HAZARD_ALPHA;
    let alphas = files::rows::<AlphaRow>(file)?.into_iter();
    let alphas = alphas.map(|row| Ok((row.population_500m_min, number(file, &row.alpha)?)));
    let mut alphas: Vec<(u32, Exact)> = alphas.collect::<Result<_, CatalogueError>>()?;
    alphas.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
    let file = files::HAZARD_LEVELS;
    let levels = files::rows::<LevelRow>(file)?.into_iter().map(|row| {
        Ok(Level {
            name: row.level_zh,
            from: number(file, &row.r_min_inclusive)?,
        })
    });
    let mut levels: Vec<Level> = levels.collect::<Result<_, CatalogueError>>()?;
    levels.sort_by(|a, b| b.from.cmp(&a.from));
    let file = files::MELTING_AND_BOILING;
    let points = files::rows::<PointRow>(file)?.into_iter().map(|row| {
        let degrees = |text: Option<String>| {
            let read = text.map(|text| text.parse::<Celsius>());
            let wrong =
                |error: NoTemperature| CatalogueError::new(file, format!("{}: {error}", row.cas));
            read.transpose().map_err(wrong)
        };
        let points = Points {
            melting: degrees(row.melting_c)?,
            boiling: degrees(row.boiling_c)?,
        };
        Ok((cas(file, &row.cas)?, points))
    });
    Ok(Thresholds {
        named,
        by_substance,
        by_cas,
        categories,
        toxic_gases,
        alphas,
        levels,
        points: points.collect::<Result<_, CatalogueError>>()?,
    })
}
