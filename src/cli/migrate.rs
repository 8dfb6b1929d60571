//! `init` and `migrate`: making and upgrading the database.

use std::process::ExitCode;

use super::Place;
use crate::app::{create_keys, migrate};

/// Make a new database and its keys.
#[derive(Debug, clap::Args)]
pub struct Init {
    #[command(flatten)]
    migrate: Migrate,
}

/// Bring the schema up to this program's version.
#[derive(Debug, clap::Args)]
pub struct Migrate {
    #[command(flatten)]
    place: Place,
    /// PostgreSQL: connect as the owner of the schema instead of --database.
    #[arg(long, env = "HAZLEDGER_OWNER_URL")]
    owner_url: Option<String>,
    /// PostgreSQL: the role that `serve` uses; it gets the rights it needs and no more.
    #[arg(long, default_value = "hazledger_app")]
    service_role: String,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        create_keys(&self.migrate.place.data)?;
        self.migrate.run()
    }
}

impl Migrate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings(false)?;
        let database = match self.owner_url {
            Some(url) => url.parse()?,
            None => settings.database,
        };
        migrate(&database, Some(&self.service_role))?;
        println!("{database} is up to date");
        Ok(ExitCode::SUCCESS)
    }
}
