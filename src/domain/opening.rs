//! 期初导入: a sheet of what was there when the book began, from the proposal to its entries.
//!
//! A proposal is fixed when it is made: a list of parts, each one command. What is posted is known from
//! the answers to the derived keys of the parts, so a repeat after a crash changes nothing.

use serde::{Deserialize, Serialize};

use super::{
    ids::{ImportId, PersonId},
    place::Place,
    product::Product,
    verb::Lot,
    words::words,
};

words! {
    /// Where an import stands.
    ImportState {
        /// 待确认: read and shown; nothing is in the book.
        Proposed = "proposed" "待确认",
        /// 导入中.
        Importing = "importing" "导入中",
        /// 已导入: every part is posted, or waits for its signatures.
        Imported = "imported" "已导入",
        /// 撤销中.
        Undoing = "undoing" "撤销中",
        /// 已撤销: every entry is reversed.
        Undone = "undone" "已撤销",
    }
}

/// An import on the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Where it stands.
    pub state: ImportState,
    /// The name of the file.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub file_sha256: String,
    /// The sheet within it; empty for a text file.
    pub sheet: String,
    /// How many rows hold stock.
    pub rows: i64,
    /// How many containers they describe.
    pub containers: i64,
    /// How many cells are wrong: one is enough to refuse the file.
    pub errors: i64,
    /// How many parts there are.
    pub parts: i64,
    /// How many of the containers come in under signatures.
    pub signed: i64,
    /// Who proposed it, and then who accepted it: in whose name it is posted.
    pub person: PersonId,
    /// 验收人 of what comes in under signatures.
    pub acceptors: Vec<PersonId>,
    /// Who takes it back, in whose name it is reversed.
    pub undone_by: Option<PersonId>,
    /// Why it is taken back.
    pub reason: String,
    /// Why the job stopped: the code and the sentence of a refusal; empty while it runs.
    pub stopped: String,
}

impl Import {
    /// Whether both are of the same sheet of the same file.
    #[must_use]
    pub fn is_of_the_same_sheet(&self, other: &Self) -> bool {
        (&self.file_sha256, &self.sheet) == (&other.file_sha256, &other.sheet)
    }

    /// Whether it is in the book, or on its way there.
    #[must_use]
    pub const fn is_taken_in(&self) -> bool {
        match self.state {
            ImportState::Importing | ImportState::Imported | ImportState::Undoing => true,
            ImportState::Proposed | ImportState::Undone => false,
        }
    }
}

/// One command of an import. New places and products have numbers that hold within the import only:
/// they get their real ones when they are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    /// A place that does not exist yet.
    Place(Place),
    /// A product that does not exist yet.
    Product(Product),
    /// Stock that nobody has to sign for.
    Stock(Stock),
    /// Stock that comes in through a signing request of its own.
    Signed(Stock),
}

/// Stock of one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// The first and the last row of the sheet.
    pub rows: (usize, usize),
    /// What is there.
    pub lots: Vec<Lot>,
}

impl Stock {
    /// How many containers.
    #[must_use]
    pub fn containers(&self) -> i64 {
        self.lots.iter().map(|lot| i64::from(lot.count)).sum()
    }

    /// What the entry says about where the knowledge is from.
    #[must_use]
    pub fn reason(&self, import: &Import) -> String {
        let (first, last) = self.rows;
        let (file, hash) = (&import.file, &import.file_sha256);
        format!("期初导入 {file} 第{first}–{last}行 SHA-256 {hash}")
    }
}

/// The key of the command that carries out a part: the same at every repeat.
#[must_use]
pub fn part_key(import: ImportId, part: u32) -> String {
    format!("{}{part:06}", key_prefix(import))
}

/// The key of a signing request for a part; `round` counts those that were made for it before.
#[must_use]
pub fn request_key(import: ImportId, part: u32, round: u32) -> String {
    format!("{}{part:06}-{round:04}", key_prefix(import))
}

/// The key of the command that reverses a part.
#[must_use]
pub fn undo_key(import: ImportId, part: u32) -> String {
    format!("{}undo-{part:06}", key_prefix(import))
}

/// What the keys of an import begin with.
#[must_use]
pub fn key_prefix(import: ImportId) -> String {
    format!("import-{import}-")
}
