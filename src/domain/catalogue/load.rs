//! Puts the files together: one substance for what several lists name, every listing on it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::files::{
    self, ClassificationRow, EverydayRow, ExplosiveRow, File, HazchemRow, LabelRow, MedicinalRow,
    NamedProductRow, NarcoticRow, PrecursorRow, ToxicRow, parts, rows,
};
use super::{Catalogue, CatalogueError, Description, Edition, Everyday, Form, density, region};
use crate::domain::hazard::Hazard;
use crate::domain::ids::Cas;
use crate::domain::search::fold;
use crate::domain::substance::{
    ControlClass, Listing, Reliability, SignalWord, Substance, SubstanceId,
};

const HAZCHEM_LIST: &str = "危险化学品目录（2015版，2026年调整）";
const EXPLOSIVE_LIST: &str = "易制爆危险化学品名录（2017年版）";
const PRECURSOR_LIST: &str = "易制毒化学品的分类和品种目录";
const NARCOTIC_LIST: &str = "麻醉药品品种目录、精神药品品种目录（2013年版）及后续公告";
const MEDICINAL_LIST: &str = "药用类麻醉药品目录、药用类精神药品目录（2025年版）";
const TOXIC_LIST: &str = "医疗用毒性药品管理品种";

/// Reads all files.
pub(super) fn catalogue() -> Result<Catalogue, CatalogueError> {
    let mut lists = Lists::default();
    lists.hazardous()?;
    lists.explosive()?;
    lists.precursors()?;
    lists.narcotics()?;
    lists.toxic_drugs()?;
    let newest = lists.listings.iter().flatten().map(|l| l.effective_from);
    let edition = Edition {
        id: "2026-11",
        effective_from: newest.max().unwrap_or_default(),
        sha256: files::digest(),
    };
    let mut catalogue = Catalogue {
        edition,
        substances: lists.substances,
        listings: lists.listings,
        ids: lists.ids,
        forms: lists.forms,
        names: HashMap::new(),
        by_cas: HashMap::new(),
        everyday: everyday()?,
        densities: Vec::new(),
        regions: std::sync::Arc::new(region::load()?),
        search: std::sync::OnceLock::new(),
    };
    super::WasteList::embedded()?;
    catalogue.named_products()?;
    catalogue.index();
    catalogue.densities = density::load(&catalogue)?;
    Ok(catalogue)
}

fn everyday() -> Result<HashMap<String, Everyday>, CatalogueError> {
    Ok(rows::<EverydayRow>(files::EVERYDAY_NAMES)?
        .into_iter()
        .map(|row| {
            let everyday = Everyday {
                means: row.means,
                implied: row.implied,
            };
            (fold(&row.name), everyday)
        })
        .collect())
}

/// What the files have given so far.
#[derive(Default)]
struct Lists {
    substances: Vec<Substance>,
    listings: Vec<Vec<Listing>>,
    forms: Vec<Form>,
    ids: HashMap<SubstanceId, usize>,
}

/// A line of a list that may name a substance already known from another.
struct Line<'r> {
    file: File,
    substances: &'r str,
    name: &'r str,
    aliases: Option<&'r str>,
    cas: Option<&'r str>,
    list: &'static str,
    class: ControlClass,
    entry: &'r str,
    from: NaiveDate,
    to: Option<NaiveDate>,
    condition: Option<&'r str>,
    source: Cow<'static, str>,
    reliability: Reliability,
}

impl Lists {
    fn add(&mut self, file: File, substance: Substance) -> Result<usize, CatalogueError> {
        let at = self.substances.len();
        if self.ids.insert(substance.id.clone(), at).is_some() {
            return Err(CatalogueError::new(file, format!("{} twice", substance.id)));
        }
        let group = substance
            .serial_no
            .and_then(|_| self.forms.last())
            .filter(|form| {
                let before = self.substances.get(form.substance);
                before.is_some_and(|before| before.serial_no == substance.serial_no)
            })
            .map_or(at, |form| form.group);
        self.forms.push(Form {
            substance: at,
            group,
            description: Description::of_entry(&substance.name, substance.qualifier.as_deref()),
            cas: substance.cas.clone(),
        });
        self.substances.push(substance);
        self.listings.push(Vec::new());
        Ok(at)
    }

    fn hazardous(&mut self) -> Result<(), CatalogueError> {
        let mut labels: BTreeMap<u16, Vec<LabelRow>> = BTreeMap::new();
        for label in rows::<LabelRow>(files::LABEL_ELEMENTS)? {
            labels.entry(label.serial_no).or_default().push(label);
        }
        let mut hazards = classification()?;
        for row in rows::<HazchemRow>(files::HAZCHEM)? {
            let labels = labels.remove(&row.serial_no).unwrap_or_default();
            if labels.is_empty() {
                let mut substance = entry(&row, None)?;
                substance.hazards = hazards.remove(&(row.serial_no, 1)).unwrap_or_default();
                self.hazardous_form(&row, substance)?;
            }
            for label in &labels {
                let mut substance = entry(&row, Some(label))?;
                let of = (row.serial_no, label.variant_no);
                substance.hazards = hazards.remove(&of).unwrap_or_default();
                self.hazardous_form(&row, substance)?;
            }
        }
        Ok(())
    }

    fn hazardous_form(&mut self, row: &HazchemRow, form: Substance) -> Result<(), CatalogueError> {
        let first = |year, month| {
            NaiveDate::from_ymd_opt(year, month, 1)
                .ok_or_else(|| CatalogueError::new(files::HAZCHEM, row.edition.to_string()))
        };
        let (from, source) = match row.edition {
            2015 => (first(2015, 5)?, "公告2015年第5号"),
            // The day in the notice was not read: the first on which it can have been in force.
            2026 => (first(2026, 1)?, "公告2026年第3号"),
            other => return Err(CatalogueError::new(files::HAZCHEM, other.to_string())),
        };
        let listing = Listing {
            substance: form.id.clone(),
            class: ControlClass::Hazardous,
            list: HAZCHEM_LIST,
            entry: row.serial_no.to_string(),
            effective_from: from,
            effective_to: None,
            condition: None,
            source: Cow::Borrowed(source),
            reliability: form.reliability,
        };
        let mut listings = vec![listing.clone()];
        if row.is_highly_toxic == 1 {
            listings.push(Listing {
                class: ControlClass::HighlyToxic,
                ..listing
            });
        }
        let at = self.add(files::HAZCHEM, form)?;
        if let Some(slot) = self.listings.get_mut(at) {
            *slot = listings;
        }
        Ok(())
    }

    fn explosive(&mut self) -> Result<(), CatalogueError> {
        let published = NaiveDate::from_ymd_opt(2017, 5, 11).unwrap_or_default();
        for row in rows::<ExplosiveRow>(files::EXPLOSIVE_PRECURSORS)? {
            self.line(&Line {
                file: files::EXPLOSIVE_PRECURSORS,
                substances: &row.substances,
                name: &row.name_zh,
                aliases: row.aliases_zh.as_deref(),
                cas: row.cas_all.as_deref(),
                list: EXPLOSIVE_LIST,
                class: ControlClass::ExplosivePrecursor,
                entry: &row.entry_no,
                from: published,
                to: None,
                condition: row.condition_zh.as_deref(),
                source: Cow::Borrowed("公安部公告（2017年5月11日）"),
                reliability: Reliability::Seen,
            })?;
        }
        Ok(())
    }

    fn precursors(&mut self) -> Result<(), CatalogueError> {
        for row in rows::<PrecursorRow>(files::DRUG_PRECURSORS)? {
            self.line(&Line {
                file: files::DRUG_PRECURSORS,
                substances: &row.substances,
                name: &row.name_zh,
                aliases: row.aliases_zh.as_deref(),
                cas: row.cas_all.as_deref(),
                list: PRECURSOR_LIST,
                class: row.class_code,
                entry: &row.row,
                from: row.effective_from,
                to: None,
                condition: row.condition_zh.as_deref(),
                source: Cow::Owned(row.source_zh),
                reliability: row.reliability,
            })?;
        }
        Ok(())
    }

    fn narcotics(&mut self) -> Result<(), CatalogueError> {
        for row in rows::<NarcoticRow>(files::NARCOTICS)? {
            self.line(&Line {
                file: files::NARCOTICS,
                substances: &row.substances,
                name: &row.name_zh,
                aliases: row.aliases_zh.as_deref(),
                cas: None,
                list: NARCOTIC_LIST,
                class: row.class_code,
                entry: &row.row,
                from: row.effective_from,
                to: row.effective_to,
                condition: row.condition_zh.as_deref(),
                source: Cow::Owned(row.source_zh),
                reliability: row.reliability,
            })?;
        }
        // The day in the notice was not read: the first on which it can have been in force.
        let year = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
        for row in rows::<MedicinalRow>(files::MEDICINAL_2025)? {
            self.line(&Line {
                file: files::MEDICINAL_2025,
                substances: &row.substances,
                name: &row.name_zh,
                aliases: row.aliases_zh.as_deref(),
                cas: None,
                list: MEDICINAL_LIST,
                class: row.class_code,
                entry: &row.row,
                from: year,
                to: None,
                condition: row.condition_zh.as_deref(),
                source: Cow::Borrowed("国家药监局等2025年第55号公告"),
                reliability: Reliability::Secondary,
            })?;
        }
        Ok(())
    }

    fn toxic_drugs(&mut self) -> Result<(), CatalogueError> {
        for row in rows::<ToxicRow>(files::TOXIC_DRUGS)? {
            self.line(&Line {
                file: files::TOXIC_DRUGS,
                substances: &row.substances,
                name: &row.name_zh,
                aliases: row.aliases_zh.as_deref(),
                cas: None,
                list: TOXIC_LIST,
                class: ControlClass::MedicalToxic,
                entry: &row.row,
                from: row.effective_from,
                to: None,
                condition: row.scope_zh.as_deref(),
                source: Cow::Borrowed("医疗用毒性药品管理办法（国务院令第23号）"),
                reliability: row.reliability,
            })?;
        }
        Ok(())
    }

    /// Puts a line on each substance that it names, making the substance when no list before had it.
    fn line(&mut self, line: &Line<'_>) -> Result<(), CatalogueError> {
        for code in parts(Some(line.substances)) {
            let wrong = || CatalogueError::new(line.file, code.to_owned());
            let id: SubstanceId = code.parse().map_err(|_| wrong())?;
            let at = match self.ids.get(&id) {
                Some(at) => *at,
                None if code.starts_with("hc") => return Err(wrong()),
                None => self.add(line.file, named_by(line, id.clone())?)?,
            };
            if let Some(substance) = self.substances.get_mut(at) {
                for name in [line.name].into_iter().chain(parts(line.aliases)) {
                    let base = substance.name.split('[').next();
                    let known = substance.name == name
                        || base == Some(name)
                        || substance.aliases.iter().any(|alias| alias == name);
                    if !known {
                        substance.aliases.push(name.to_owned());
                    }
                }
            }
            if let Some(listings) = self.listings.get_mut(at) {
                listings.push(Listing {
                    substance: id,
                    class: line.class,
                    list: line.list,
                    entry: line.entry.to_owned(),
                    effective_from: line.from,
                    effective_to: line.to,
                    condition: line.condition.map(str::to_owned),
                    source: line.source.clone(),
                    reliability: line.reliability,
                });
            }
        }
        Ok(())
    }
}

impl Catalogue {
    fn named_products(&mut self) -> Result<(), CatalogueError> {
        for row in rows::<NamedProductRow>(files::NAMED_PRODUCTS)? {
            let wrong = || CatalogueError::new(files::NAMED_PRODUCTS, row.substance.clone());
            let id: SubstanceId = row.substance.parse().map_err(|_| wrong())?;
            let substance = *self.ids.get(&id).ok_or_else(wrong)?;
            let at = self.forms.len();
            self.forms.push(Form {
                substance,
                group: at,
                description: Description::of_entry(&row.name_zh, row.condition_zh.as_deref()),
                cas: numbers(files::NAMED_PRODUCTS, row.cas_all.as_deref())?,
            });
        }
        Ok(())
    }

    fn index(&mut self) {
        for (at, form) in self.forms.iter().enumerate() {
            let mut keys = vec![form.description.name.clone(), form.description.stem.clone()];
            // The first form of each substance stands at the place of the substance.
            if let Some(substance) = self.substances.get(at) {
                keys.push(fold(&substance.name));
                keys.extend(substance.aliases.iter().map(|alias| fold(alias)));
            }
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                self.names.entry(key).or_default().push(at);
            }
            for cas in &form.cas {
                self.by_cas.entry(cas.clone()).or_default().push(at);
            }
        }
    }
}

fn numbers(file: File, cell: Option<&str>) -> Result<Vec<Cas>, CatalogueError> {
    parts(cell)
        .map(|number| {
            number
                .parse()
                .map_err(|_| CatalogueError::new(file, number.to_owned()))
        })
        .collect()
}

/// The hazards of each form of each entry.
fn classification() -> Result<HashMap<(u16, u16), Vec<Hazard>>, CatalogueError> {
    let mut hazards: HashMap<(u16, u16), Vec<Hazard>> = HashMap::new();
    for row in rows::<ClassificationRow>(files::CLASSIFICATION)? {
        let class = row.class_code.parse();
        let class =
            class.map_err(|_| CatalogueError::new(files::CLASSIFICATION, row.class_code))?;
        let of = hazards.entry((row.serial_no, row.variant_no)).or_default();
        of.push(Hazard {
            class,
            category: row.category_zh,
        });
    }
    Ok(hazards)
}

/// An entry of the 危险化学品目录 in one of its forms.
fn entry(row: &HazchemRow, label: Option<&LabelRow>) -> Result<Substance, CatalogueError> {
    let wrong = |what: &str| CatalogueError::new(files::LABEL_ELEMENTS, what.to_owned());
    let variant = label.map_or(1, |label| label.variant_no);
    let own_name = label.and_then(|label| label.name_zh.as_deref());
    let mut aliases: Vec<String> = parts(row.aliases_zh.as_deref())
        .map(str::to_owned)
        .collect();
    let name = match own_name {
        Some(name) if variant > 1 => {
            aliases.clear();
            name
        }
        Some(name) => {
            aliases.push(name.to_owned());
            &row.name_zh
        }
        None => &row.name_zh,
    };
    let id = if variant == 1 {
        format!("hc{}", row.serial_no)
    } else {
        format!("hc{}-{variant}", row.serial_no)
    };
    let qualifier = match label {
        Some(label) => label.qualifier_zh.as_ref(),
        None => row.qualifier_zh.as_ref(),
    };
    let signal_word = match label.and_then(|label| label.signal_word_zh.as_deref()) {
        None => None,
        Some("危险") => Some(SignalWord::Danger),
        Some("警告") => Some(SignalWord::Warning),
        Some(other) => return Err(wrong(other)),
    };
    Ok(Substance {
        id: id.parse().map_err(|_| wrong(&id))?,
        serial_no: Some(row.serial_no),
        name: name.to_owned(),
        aliases,
        qualifier: qualifier.cloned(),
        cas: numbers(files::HAZCHEM, row.cas_all.as_deref())?,
        pictograms: parts(label.and_then(|label| label.pictograms.as_deref()))
            .map(|code| code.parse().map_err(|_| wrong(code)))
            .collect::<Result<_, _>>()?,
        signal_word,
        h_codes: parts(label.and_then(|label| label.h_codes.as_deref()))
            .map(str::to_owned)
            .collect(),
        hazards: Vec::new(),
        doubt: row.doubt_zh.clone(),
        reliability: if row.edition == 2015 {
            Reliability::Seen
        } else {
            Reliability::Secondary
        },
        source: HAZCHEM_LIST,
    })
}

fn named_by(line: &Line<'_>, id: SubstanceId) -> Result<Substance, CatalogueError> {
    Ok(Substance {
        id,
        serial_no: None,
        name: line.name.to_owned(),
        aliases: Vec::new(),
        qualifier: None,
        cas: numbers(line.file, line.cas)?,
        pictograms: Vec::new(),
        signal_word: None,
        h_codes: Vec::new(),
        hazards: Vec::new(),
        doubt: None,
        reliability: line.reliability,
        source: line.list,
    })
}
