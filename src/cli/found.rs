//! `found`: another institution in the same database.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;

use super::Place;
use crate::{
    app::{App, FoundingForm},
    domain::institution::Origin,
};

/// Found another institution; prints the one-time codes of its three first persons, once.
#[derive(Debug, clap::Args)]
pub struct Found {
    #[command(flatten)]
    place: Place,
    /// A JSON file: name, uscc, region, kind, and founders with name, `staff_number`,
    /// `identity_number` and roles. Delete it afterwards: it holds identity numbers.
    form: PathBuf,
}

impl Found {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let text = fs::read_to_string(&self.form)
            .with_context(|| format!("cannot read {}", self.form.display()))?;
        let form: FoundingForm = serde_json::from_str(&text)
            .with_context(|| format!("{} is no founding form", self.form.display()))?;
        let (app, threads) = App::start(&self.place.settings(false)?)?;
        let founded =
            actix_web::rt::System::new().block_on(app.found_as(form, Origin::Live, "command line"));
        drop(app);
        threads.join();
        let founded = founded?;
        println!("institution {}", founded.institution);
        for (staff_number, code) in founded.codes {
            println!("{staff_number} {code}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
