//! Backup and restore: a copy is worth something only once it has been read and verified.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    Settings, StartError,
    audit::{seals, verify_against_kept},
};
use crate::auth::keys::private;
use crate::store::{
    Database, Purpose, StoreError, copy,
    notes::Notes,
    verify::{Finding, Kept, Report},
};

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The keys or the database cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something is in the way.
    #[error("{0} is there already; nothing is overwritten, choose another name")]
    Exists(PathBuf),
    /// There is no backup of that name.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// The copy is not as the entries say.
    #[error("the copy is not sound, and was not kept: {0}; run hazledger verify on the original")]
    Unsound(Finding),
    /// The backup is not as its entries say, or lacks what was signed later.
    #[error(
        "nothing was restored, because the backup is not sound: {0}; take another backup. If signed heads \
         kept in the data folder are newer than every backup, what they cover is lost: keep that \
         folder's checkpoints as evidence elsewhere, and restore without them"
    )]
    NotRestored(Finding),
    /// PostgreSQL's own program is missing or failed.
    #[error("{program} {why}; run it yourself: {command}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What happened.
        why: String,
        /// The whole command.
        command: String,
    },
    /// PostgreSQL restores its own dumps.
    #[error(
        "a PostgreSQL database is restored by PostgreSQL, into an empty database, as the owner:\n  \
         pg_restore --no-owner --exit-on-error --dbname OWNER_URL {0}\n  \
         hazledger migrate --owner-url OWNER_URL\n  hazledger verify --database URL"
    )]
    RestoreYourself(PathBuf),
    /// The disk says no.
    #[error("cannot write {0}: {1}")]
    File(PathBuf, io::Error),
}

/// What was backed up.
#[derive(Debug)]
pub enum Backup {
    /// The copy, verified entry by entry.
    Verified(Report),
    /// A dump that was listed, not verified: that needs a server to restore it on.
    Dumped,
}

/// Copies the database into a new file while others go on using it, then opens the copy, verifies all
/// of it, and holds it against the heads that the database had before. `progress` is told the entries
/// verified and their number.
///
/// # Errors
/// [`BackupError`]; no file is left then.
pub fn back_up(
    settings: &Settings,
    file: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Backup, BackupError> {
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let draft = with_ending(file, ".partial");
    // It holds hashed secrets: for nobody else to read, from the first byte on.
    private(&draft).map_err(|error| BackupError::File(draft.clone(), error))?;
    let made = match &settings.database {
        Database::Sqlite(_) => copied(settings, &draft, progress),
        Database::Postgres(url) => dumped(url, &draft),
    };
    let kept = made.and_then(|backup| {
        into_place(&draft, file)?;
        Ok(backup)
    });
    if kept.is_err() {
        // What was not verified must not be taken for a backup.
        drop(fs::remove_file(&draft));
    }
    kept
}

fn copied(
    settings: &Settings,
    draft: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Backup, BackupError> {
    let seals = seals(settings)?;
    let mut kept = Kept::beside_keys(&Notes::within(&settings.data), &seals.log)?;
    let mut conn = settings
        .database
        .connect(Purpose::Read)
        .map_err(StartError::from)?;
    kept.extend(copy::heads(&mut conn)?);
    copy::vacuum_into(&mut conn, draft)?;
    let report = verify_against_kept(&Database::Sqlite(draft.to_owned()), &seals, kept, progress)?;
    match report.findings.into_iter().next() {
        Some(finding) => Err(BackupError::Unsound(finding)),
        None => Ok(Backup::Verified(Report {
            findings: Vec::new(),
            ..report
        })),
    }
}

fn dumped(url: &str, draft: &Path) -> Result<Backup, BackupError> {
    let shown = format!(
        "pg_dump --format=custom --no-owner --file FILE {}",
        Database::Postgres(url.to_owned())
    );
    let dump = ["--format=custom", "--no-owner", "--file"].map(OsString::from);
    let dump = dump
        .into_iter()
        .chain([draft.into(), "--dbname".into(), url.into()]);
    run("pg_dump", dump, &shown)?;
    let list = [OsString::from("--list"), draft.into()];
    run("pg_restore", list, "pg_restore --list FILE")?;
    Ok(Backup::Dumped)
}

fn run(
    program: &'static str,
    arguments: impl IntoIterator<Item = OsString>,
    shown: &str,
) -> Result<(), BackupError> {
    let failed = |why: String| BackupError::Program {
        program,
        why,
        command: shown.to_owned(),
    };
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| failed(format!("cannot be run ({error})")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("failed: {}", said.trim())))
}

/// Puts a backup in the place of a database that is not there, after all of it has been verified.
///
/// # Errors
/// [`BackupError`]; nothing is changed then.
pub fn restore(
    settings: &Settings,
    file: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, BackupError> {
    if !file.exists() {
        return Err(BackupError::Missing(file.to_owned()));
    }
    let Database::Sqlite(target) = &settings.database else {
        return Err(BackupError::RestoreYourself(file.to_owned()));
    };
    for there in ["", "-wal"].map(|ending| with_ending(target, ending)) {
        if there.exists() {
            return Err(BackupError::Exists(there));
        }
    }
    let backup = Settings {
        database: Database::Sqlite(file.to_owned()),
        ..settings.clone()
    };
    let seals = seals(&backup)?;
    let kept = Kept::beside_keys(&Notes::within(&settings.data), &seals.log)?;
    let report = verify_against_kept(&backup.database, &seals, kept, progress)?;
    if let Some(finding) = report.findings.first() {
        return Err(BackupError::NotRestored(finding.clone()));
    }
    let draft = with_ending(target, ".partial");
    let copied = fs::copy(file, &draft);
    copied.map_err(|error| BackupError::File(draft.clone(), error))?;
    into_place(&draft, target)?;
    Ok(report)
}

/// Gives a whole file its name, so that a crash leaves it whole or not at all.
fn into_place(draft: &Path, file: &Path) -> Result<(), BackupError> {
    let place = || {
        File::open(draft)?.sync_all()?;
        fs::rename(draft, file)?;
        #[cfg(unix)]
        {
            let folder = file
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    };
    place().map_err(|error| BackupError::File(file.to_owned(), error))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
