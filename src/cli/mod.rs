//! The command line.

mod backup;
mod demo;
mod export;
mod found;
mod import;
mod migrate;
mod serve;
mod user;
mod verify;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    app::{Clock, Cost, Database, Settings},
    domain::time::Time,
};

/// Ledger of hazardous chemicals (危险化学品台账).
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// Logs as JSON lines.
    #[arg(long, global = true, env = "HAZLEDGER_LOG_JSON")]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the web server.
    Serve(serve::Serve),
    /// Make a new database and its keys.
    Init(migrate::Init),
    /// Found another institution.
    Found(found::Found),
    /// Take in opening stock from a sheet; without --accept only a dry run.
    Import(import::Import),
    /// Bring the schema up to this program's version.
    Migrate(migrate::Migrate),
    /// Recompute everything from the entries and compare.
    Verify(verify::Verify),
    /// Copy the database while the server runs, and verify the copy.
    Backup(backup::BackUp),
    /// Put a backup in the place of a database that is not there.
    Restore(backup::Restore),
    /// Write ledger, stock or containers into a file.
    Export(export::Export),
    /// List persons; hand out a one-time code.
    User(user::User),
}

/// Where the data is; the same for every command.
#[derive(Clone, Debug, clap::Args)]
struct Place {
    /// Folder for the keys and, without --database, the SQLite file.
    #[arg(long, default_value = "data", env = "HAZLEDGER_DATA")]
    data: PathBuf,
    /// `sqlite:///path/to/file` or `postgres://user@host/name`; left out: SQLite in the data folder.
    #[arg(long, env = "HAZLEDGER_DATABASE")]
    database: Option<String>,
    /// The host name under which heads are signed; it must stay the same for ever.
    #[arg(long, default_value = "hazledger.local", env = "HAZLEDGER_NAME")]
    name: String,
}

impl Place {
    /// The settings; `create` makes what is missing.
    fn settings(&self, create: bool) -> anyhow::Result<Settings> {
        let database = match &self.database {
            Some(url) => url.parse()?,
            None => Database::Sqlite(self.data.join("ledger.sqlite")),
        };
        Ok(Settings {
            database,
            data: self.data.clone(),
            name: self.name.clone(),
            clock: system_clock(),
            create,
            deliver: true,
            secrets: Cost::Guarded,
        })
    }
}

/// A progress bar, drawn only where standard error is a terminal.
fn bar(what: &str) -> anyhow::Result<ProgressBar> {
    let template = format!("{{wide_bar}} {{human_pos}}/{{human_len}} {what}, {{eta}} left");
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(&template)?))
}

/// The only place that asks the system for the time.
fn system_clock() -> Clock {
    Arc::new(|| Time::from_millis(chrono::Utc::now().timestamp_millis()))
}

/// Runs what the arguments ask for.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let done = match arguments.command {
        Command::Serve(serve) => serve.run(),
        Command::Init(init) => init.run(),
        Command::Found(found) => found.run(),
        Command::Import(import) => import.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Verify(verify) => verify.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Export(export) => export.run(),
        Command::User(user) => user.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hazledger: {error:#}");
            ExitCode::FAILURE
        }
    }
}
