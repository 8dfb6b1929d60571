//! The dry run (试导入): a file is read, matched and kept as a proposal; nothing is in the book.

use std::{borrow::Cow, fmt::Write as _};

use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{
    Choices, FileError, Limits, Mapping, Plan, Proposal, Table, plan::plan, propose, read,
};
use crate::{
    app::{App, AppError, Principal},
    domain::{
        ids::ImportId,
        opening::{Import, ImportState},
        refusal::Refusal,
    },
};

/// Reading a file takes up to 256 MB: one after the other.
static READING: Semaphore = Semaphore::const_new(1);

/// A file with what a person decided about it.
#[derive(Clone, Debug, Default)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The sheet to read; the first with something in it otherwise.
    pub sheet: Option<String>,
    /// Columns that are assigned.
    pub mapping: Option<Mapping>,
    /// Places and products that are assigned.
    pub choices: Choices,
}

/// What a dry run tells.
#[derive(Clone, Debug, Serialize)]
pub struct DryRun {
    /// The import, to be accepted by this number.
    pub import: ImportId,
    /// Always `proposed`.
    pub state: ImportState,
    /// The name of the file.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub file_sha256: String,
    /// The sheet that was read.
    pub sheet: String,
    /// Row number of the header.
    pub header_row: Option<usize>,
    /// Which column, counted from 0, holds what.
    pub mapping: Mapping,
    /// Rows that hold stock.
    pub rows: usize,
    /// Containers in them.
    pub containers: i64,
    /// Whether it can be accepted.
    pub acceptable: bool,
    /// What is wrong, what was understood, and the totals.
    #[serde(flatten)]
    pub plan: Plan,
}

/// What came of an upload.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A proposal.
    Proposed(Box<DryRun>),
    /// The same sheet of the same file is in the book already, by this import.
    TakenIn(ImportId),
}

/// Why there is no dry run.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The program said no, or failed.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Reads a file and proposes what it would put into the book.
///
/// # Errors
/// [`UploadError`].
pub async fn dry_run(
    app: &App,
    who: &Principal,
    request: &str,
    upload: Upload,
) -> Result<Outcome, UploadError> {
    let Upload {
        name,
        bytes,
        sheet,
        mapping,
        choices,
    } = upload;
    let understood = alone(move || {
        let file_sha256 = hex(&Sha256::digest(&bytes));
        let table = read(sheet.as_deref(), &bytes, Limits::default())?;
        let proposal = propose(&table, mapping.as_ref());
        let Table { sheet, .. } = table;
        Ok((file_sha256, sheet, proposal))
    });
    let (file_sha256, sheet, proposal): (String, String, Proposal) = understood.await?;
    if let Some(earlier) = app.import_of(who, &file_sha256, &sheet).await? {
        return Ok(Outcome::TakenIn(earlier));
    }
    let facts = app.register(who).await?;
    let plan = plan(app, &facts, &app.context(who), &proposal, &choices);
    let wrong = plan
        .errors
        .iter()
        .filter(|error| error.severity == super::Severity::Error)
        .count();
    let is_empty = proposal.rows.is_empty();
    let containers = proposal.rows.iter().map(|row| i64::from(row.containers));
    let containers = containers.sum();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let import = Import {
        state: ImportState::Proposed,
        file: short(&name),
        file_sha256: file_sha256.clone(),
        sheet: sheet.clone(),
        rows: count(proposal.rows.len()),
        containers,
        errors: count(wrong + usize::from(is_empty && wrong == 0)),
        parts: count(plan.parts.len()),
        signed: plan.signed,
        person: who.person,
        acceptors: Vec::new(),
        undone_by: None,
        reason: String::new(),
        stopped: String::new(),
    };
    let (file, acceptable) = (import.file.clone(), import.errors == 0);
    // Of a refused file nothing will ever be posted.
    let parts = if acceptable {
        plan.parts.as_slice()
    } else {
        &[]
    };
    let import = app.propose_import(who, request, import, parts).await?;
    Ok(Outcome::Proposed(Box::new(DryRun {
        import,
        state: ImportState::Proposed,
        file,
        file_sha256,
        sheet,
        header_row: proposal.header_row,
        mapping: proposal.mapping,
        rows: proposal.rows.len(),
        containers,
        acceptable,
        plan,
    })))
}

/// Reads a file where that holds nobody up, one after the other.
pub(super) async fn alone<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, UploadError> {
    let broken = || {
        AppError::from(Refusal::Inconsistent {
            what: "reading of a file",
        })
    };
    let permit = READING.acquire().await.map_err(|_| broken())?;
    let understood = tokio::task::spawn_blocking(read).await;
    drop(permit);
    Ok(understood.map_err(|_| broken())??)
}

/// The name without its folders and without what no text in the ledger may hold.
pub(super) fn short(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let last: String = super::text::clean(last).chars().take(200).collect();
    crate::domain::canonical::nfc(&last).map_or_else(|_| String::new(), Cow::into_owned)
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
