//! 国家危险废物名录: the codes that hospitals and laboratories have, and what became of the former ones.

use std::{collections::BTreeMap, sync::OnceLock};

use super::{
    CatalogueError,
    files::{self, File, WasteChangeRow, WasteRow},
};
use crate::domain::{substance::Reliability, waste::WasteCode};

/// A kind of hazardous waste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasteKind {
    /// Its code.
    pub code: WasteCode,
    /// The category, such as HW06.
    pub category: String,
    /// The name of the category.
    pub category_name: String,
    /// Its name.
    pub name: String,
    /// Hazards (危险特性): T, C, I, R, In.
    pub hazards: String,
    /// How far the row was checked.
    pub reliability: Reliability,
}

/// Why a code is not one to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// The list has no such code.
    Unknown,
    /// The list of 2016 had it; this one holds now (RULES 6.1).
    Superseded(WasteCode),
}

/// The list.
#[derive(Debug)]
pub struct WasteList {
    kinds: BTreeMap<WasteCode, WasteKind>,
    successors: BTreeMap<WasteCode, WasteCode>,
}

impl WasteList {
    /// The list that the program carries, read once.
    ///
    /// # Errors
    /// [`CatalogueError`] when a row cannot be read.
    pub fn embedded() -> Result<&'static Self, CatalogueError> {
        static LIST: OnceLock<Result<WasteList, CatalogueError>> = OnceLock::new();
        LIST.get_or_init(load).as_ref().map_err(Clone::clone)
    }

    /// The kind with this code.
    ///
    /// # Errors
    /// [`Unlisted`].
    pub fn find(&self, code: &WasteCode) -> Result<&WasteKind, Unlisted> {
        if let Some(successor) = self.successors.get(code) {
            return Err(Unlisted::Superseded(successor.clone()));
        }
        self.kinds.get(code).ok_or(Unlisted::Unknown)
    }

    /// Every kind by its code.
    pub fn kinds(&self) -> impl Iterator<Item = &WasteKind> {
        self.kinds.values()
    }
}

fn load() -> Result<WasteList, CatalogueError> {
    let code = |file: File, text: &str| {
        text.parse::<WasteCode>()
            .map_err(|error| CatalogueError::new(file, format!("{text}: {error}")))
    };
    let kinds = files::rows::<WasteRow>(files::WASTE_CODES)?;
    let kinds = kinds.into_iter().map(|row| {
        let code = code(files::WASTE_CODES, &row.waste_code)?;
        // What was seen was the code in use by others, not the text of the list.
        let reliability = if row.check_mark == "code_seen" {
            Reliability::Secondary
        } else {
            Reliability::Known
        };
        let kind = WasteKind {
            code: code.clone(),
            category: row.category_code,
            category_name: row.category_zh,
            name: row.waste_name_zh,
            hazards: row.hazard_characteristics,
            reliability,
        };
        Ok((code, kind))
    });
    let changes = files::rows::<WasteChangeRow>(files::WASTE_CHANGES)?;
    let successors = changes.into_iter().map(|row| {
        let former = code(files::WASTE_CHANGES, &row.superseded_2016_code)?;
        Ok((former, code(files::WASTE_CHANGES, &row.current_code)?))
    });
    Ok(WasteList {
        kinds: kinds.collect::<Result<_, CatalogueError>>()?,
        successors: successors.collect::<Result<_, CatalogueError>>()?,
    })
}
