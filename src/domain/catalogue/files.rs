//! The lists as they were published, compiled into the program: the one place that reads them.
//!
//! `fixtures/catalogue/SOURCES.md` says where each is from and how far it was checked.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::CatalogueError;
use crate::domain::substance::{ControlClass, Reliability};

/// A file and its bytes.
#[derive(Clone, Copy)]
pub(super) struct File {
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! files {
    ($($constant:ident = $name:literal;)+) => {
        $(pub(super) const $constant: File = File {
            name: $name,
            text: include_str!(concat!("../../../fixtures/catalogue/", $name)),
        };)+
        /// Every file in the order of its name.
        const ALL: &[File] = &[$($constant),+];
    };
}

files! {
    ADMIN_DIVISION_CHANGES = "admin_division_changes.csv";
    ADMIN_DIVISIONS = "admin_divisions.csv";
    MEDICINAL_2025 = "controlled_medicinal_drugs_2025.csv";
    DRUG_PRECURSORS = "drug_precursors.csv";
    EVERYDAY_NAMES = "everyday_names.csv";
    EXPLOSIVE_PRECURSORS = "explosive_precursors_2017.csv";
    HAZARD_ALPHA = "gb18218_alpha.csv";
    HAZARD_CATEGORIES = "gb18218_categories.csv";
    HAZARD_LEVELS = "gb18218_levels.csv";
    HAZARD_SUBSTANCES = "gb18218_table1_substances.csv";
    HAZARD_TOXIC_GASES = "gb18218_toxic_gases.csv";
    CLASSIFICATION = "ghs_classification.csv";
    LABEL_ELEMENTS = "ghs_label_elements.csv";
    PICTOGRAMS = "ghs_pictograms.csv";
    WASTE_CHANGES = "hazardous_waste_code_changes.csv";
    WASTE_CODES = "hazardous_waste_codes.csv";
    HAZCHEM = "hazchem_catalogue.csv";
    LAB_PROPERTIES = "lab_chemical_properties.csv";
    MELTING_AND_BOILING = "melting_and_boiling_points.csv";
    NAMED_PRODUCTS = "named_products.csv";
    NARCOTICS = "narcotics_psychotropics.csv";
    SOLUTION_DENSITIES = "solution_densities.csv";
    TOXIC_DRUGS = "toxic_drugs.csv";
}

/// SHA-256 over what `sha256sum *.csv` prints in `fixtures/catalogue`, lower-case hex, so that
/// `LC_ALL=C sha256sum *.csv | sha256sum` checks it without this program.
pub(super) fn digest() -> String {
    let mut listing = Sha256::new();
    for file in ALL {
        listing.update(hex(Sha256::digest(file.text)));
        listing.update(format!("  {}\n", file.name));
    }
    hex(listing.finalize())
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for byte in digest.as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The rows of a file.
pub(super) fn rows<T: DeserializeOwned>(file: File) -> Result<Vec<T>, CatalogueError> {
    csv::Reader::from_reader(file.text.as_bytes())
        .deserialize()
        .map(|row| row.map_err(|error| CatalogueError::new(file, error.to_string())))
        .collect()
}

/// The parts of a cell that holds several values.
pub(super) fn parts(cell: Option<&str>) -> impl Iterator<Item = &str> {
    cell.unwrap_or_default()
        .split(['；', '|'])
        .filter(|part| !part.is_empty())
}

/// 危险化学品目录.
#[derive(Deserialize)]
pub(super) struct HazchemRow {
    pub serial_no: u16,
    pub name_zh: String,
    pub qualifier_zh: Option<String>,
    pub aliases_zh: Option<String>,
    pub cas_all: Option<String>,
    pub is_highly_toxic: u8,
    pub edition: u16,
    pub doubt_zh: Option<String>,
}

/// 危险化学品分类信息表, one row a form of an entry.
#[derive(Deserialize)]
pub(super) struct LabelRow {
    pub serial_no: u16,
    pub variant_no: u16,
    /// Set when the form has a name of its own.
    pub name_zh: Option<String>,
    pub qualifier_zh: Option<String>,
    pub pictograms: Option<String>,
    pub signal_word_zh: Option<String>,
    pub h_codes: Option<String>,
}

/// 危险化学品分类信息表, one row a hazard of a form.
#[derive(Deserialize)]
pub(super) struct ClassificationRow {
    pub serial_no: u16,
    pub variant_no: u16,
    pub class_code: String,
    pub category_zh: String,
}

/// GB 18218-2018 table 1.
#[derive(Deserialize)]
pub(super) struct NamedRow {
    pub no: u8,
    pub name_zh: String,
    pub cas_all: Option<String>,
    pub condition_zh: Option<String>,
    pub threshold_t: String,
    pub substances: Option<String>,
}

/// GB 18218-2018 tables 2 and 4.
#[derive(Deserialize)]
pub(super) struct CategoryRow {
    pub symbol: String,
    pub class_zh: String,
    pub criterion_zh: String,
    pub threshold_t: String,
    pub beta: String,
}

/// GB 18218-2018 table 3.
#[derive(Deserialize)]
pub(super) struct ToxicGasRow {
    pub beta: String,
    pub substance: String,
}

/// GB 18218-2018 table 5.
#[derive(Deserialize)]
pub(super) struct AlphaRow {
    pub population_500m_min: u32,
    pub alpha: String,
}

/// GB 18218-2018 table 6.
#[derive(Deserialize)]
pub(super) struct LevelRow {
    pub level_zh: String,
    pub r_min_inclusive: String,
}

/// Melting and boiling points.
#[derive(Deserialize)]
pub(super) struct PointRow {
    pub cas: String,
    pub melting_c: Option<String>,
    pub boiling_c: Option<String>,
}

/// 国家危险废物名录, what of it hospitals and laboratories have.
#[derive(Deserialize)]
pub(super) struct WasteRow {
    pub category_code: String,
    pub category_zh: String,
    pub waste_code: String,
    pub waste_name_zh: String,
    pub hazard_characteristics: String,
    /// `code_seen`: the code was seen in use; `known`: from general knowledge.
    pub check_mark: String,
}

/// A code that the list of 2016 had, and the one that it has now.
#[derive(Deserialize)]
pub(super) struct WasteChangeRow {
    pub superseded_2016_code: String,
    pub current_code: String,
}

/// 易制爆危险化学品名录.
#[derive(Deserialize)]
pub(super) struct ExplosiveRow {
    pub entry_no: String,
    pub name_zh: String,
    pub aliases_zh: Option<String>,
    pub cas_all: Option<String>,
    pub condition_zh: Option<String>,
    pub substances: String,
}

/// 易制毒化学品的分类和品种目录.
#[derive(Deserialize)]
pub(super) struct PrecursorRow {
    pub row: String,
    pub class_code: ControlClass,
    pub name_zh: String,
    pub aliases_zh: Option<String>,
    pub cas_all: Option<String>,
    pub condition_zh: Option<String>,
    pub effective_from: NaiveDate,
    pub source_zh: String,
    pub reliability: Reliability,
    pub substances: String,
}

/// 麻醉药品品种目录、精神药品品种目录 and later notices.
#[derive(Deserialize)]
pub(super) struct NarcoticRow {
    pub row: String,
    pub class_code: ControlClass,
    pub name_zh: String,
    pub aliases_zh: Option<String>,
    pub condition_zh: Option<String>,
    pub effective_from: NaiveDate,
    pub effective_to: Option<NaiveDate>,
    pub source_zh: String,
    pub reliability: Reliability,
    pub substances: String,
}

/// 药用类麻醉药品目录、药用类精神药品目录 (2025).
#[derive(Deserialize)]
pub(super) struct MedicinalRow {
    pub row: String,
    pub class_code: ControlClass,
    pub name_zh: String,
    pub aliases_zh: Option<String>,
    pub condition_zh: Option<String>,
    pub substances: String,
}

/// 医疗用毒性药品管理品种.
#[derive(Deserialize)]
pub(super) struct ToxicRow {
    pub row: String,
    pub name_zh: String,
    pub aliases_zh: Option<String>,
    pub scope_zh: Option<String>,
    pub effective_from: NaiveDate,
    pub reliability: Reliability,
    pub substances: String,
}

/// A product that falls under an entry without bearing its name.
#[derive(Deserialize)]
pub(super) struct NamedProductRow {
    pub name_zh: String,
    pub cas_all: Option<String>,
    pub condition_zh: Option<String>,
    pub substance: String,
}

/// What staff say, and what the lists say for it.
#[derive(Deserialize)]
pub(super) struct EverydayRow {
    #[serde(rename = "name_zh")]
    pub name: String,
    #[serde(rename = "means_zh")]
    pub means: String,
    #[serde(rename = "implied_qualifier_zh")]
    pub implied: Option<String>,
}

/// Density of a solution or a common solvent.
#[derive(Deserialize)]
pub(super) struct SolutionRow {
    pub name_zh: String,
    pub qualifier_zh: Option<String>,
    pub cas: String,
    pub density_g_ml: String,
}

/// Density of a pure liquid at 25 °C.
#[derive(Deserialize)]
pub(super) struct LiquidRow {
    pub cas: String,
    pub name_zh: String,
    pub density_25c_kg_m3: String,
}

/// 行政区划代码变更: a code that has ended.
#[derive(Deserialize)]
pub(super) struct RegionChangeRow {
    pub code: String,
    pub name_zh: String,
    pub full_name_zh: String,
    pub valid_until: NaiveDate,
    pub successor: String,
}

/// 行政区划.
#[derive(Deserialize)]
pub(super) struct RegionRow {
    pub code: String,
    pub name_zh: String,
    pub parent: Option<String>,
    pub full_name_zh: String,
    pub lon: Option<String>,
    pub lat: Option<String>,
}
