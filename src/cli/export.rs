//! `export`: the ledger, the stock, the containers or the purchases as a file.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{Place, bar};
use crate::{
    app::export::{Format, Subject, Wanted, export, file_name},
    domain::ids::InstitutionId,
};

/// Write the ledger, the stock, the containers or the purchases of an institution into a new file.
#[derive(Debug, clap::Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    /// The number of the institution: the first four digits of its labels.
    #[arg(long)]
    institution: InstitutionId,
    /// `ledger`, `lines` (流水), `stock`, `containers`, `purchases` or `controlled` (双人台账).
    #[arg(long)]
    what: Subject,
    /// `csv` or `xlsx` for a spreadsheet, `jsonl` for programs.
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The new file, `-` for standard output; left out: a name that holds the head.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let wanted = Wanted {
            institution: self.institution,
            subject: self.what,
            format: self.format,
        };
        let bar = bar("lines")?;
        let mut name = None;
        let written = export(
            &self.place.settings(false)?,
            &wanted,
            |edition| {
                let path = self
                    .out
                    .unwrap_or_else(|| file_name(&wanted, edition).into());
                if path == Path::new("-") {
                    let out: Box<dyn Write> = Box::new(io::stdout().lock());
                    return Ok(out);
                }
                let file = File::create_new(&path)?;
                name = Some(path);
                Ok(Box::new(BufWriter::new(file)))
            },
            &mut |done, of| {
                bar.set_length(of);
                bar.set_position(done);
            },
        );
        bar.finish_and_clear();
        written?;
        if let Some(name) = name {
            println!("{}", name.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}
