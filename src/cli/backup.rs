//! `backup` and `restore`.

use std::{path::PathBuf, process::ExitCode};

use super::{Place, bar};
use crate::app::backup::{Backup, back_up, restore};

/// Copy the database into a new file while the server runs, and verify the copy.
#[derive(Debug, clap::Args)]
pub struct BackUp {
    #[command(flatten)]
    place: Place,
    /// The new file.
    file: PathBuf,
}

/// Put a backup in the place of a database that is not there, after verifying all of it.
#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    place: Place,
    /// The backup.
    file: PathBuf,
}

impl BackUp {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let bar = bar("entries verified")?;
        let made = back_up(&self.place.settings(false)?, &self.file, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let file = self.file.display();
        match made? {
            Backup::Verified(report) => {
                println!("{file}: {} entries, all as they say", report.entries);
                for (institution, log, head) in &report.heads {
                    println!(
                        "institution {institution} {log}: size {} root {}",
                        head.size, head.root
                    );
                }
            }
            Backup::Dumped => println!(
                "{file}: a dump that PostgreSQL can read; restore it beside the original and run \
                 hazledger verify there to know that it is sound"
            ),
        }
        println!(
            "Keep apart from it: {0}/keys (without them nothing can be signed or checked) and {0}/checkpoints \
             (they show whether the backup is the newest).",
            self.place.data.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings(false)?;
        let bar = bar("entries verified")?;
        let restored = restore(&settings, &self.file, &mut |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let report = restored?;
        let database = &settings.database;
        println!("{database}: {} entries, all as they say", report.entries);
        Ok(ExitCode::SUCCESS)
    }
}
