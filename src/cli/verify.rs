//! `verify`: everything recomputed from the entries.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::Place;
use crate::app::{Evidence, verify_against};

/// Recompute everything from the entries and compare.
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// A receipt that somebody kept: the answer of a write as it came. May be given several times.
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// A signed head that somebody kept, from GET /api/v1/checkpoint. May be given several times.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings(false)?;
        let evidence = Evidence {
            receipts: read(&self.receipt)?,
            checkpoints: read(&self.checkpoint)?,
        };
        // Drawn only where standard error is a terminal.
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
            "{wide_bar} {human_pos}/{human_len} entries, {eta} left",
        )?);
        let report = verify_against(&settings, &evidence, &mut |entries, total| {
            bar.set_length(total);
            bar.set_position(entries);
        });
        bar.finish_and_clear();
        let report = report?;
        println!(
            "{} entries, {} projection rows, {} signed heads",
            report.entries, report.rows, report.checkpoints
        );
        for (institution, log, head) in &report.heads {
            println!(
                "institution {institution} {log}: size {} root {}",
                head.size, head.root
            );
        }
        for finding in &report.findings {
            println!("WRONG {finding}");
        }
        if report.findings.is_empty() {
            println!("all is as the entries say");
            Ok(ExitCode::SUCCESS)
        } else {
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(files: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let read = files.iter().map(|file| {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
        Ok((name, text))
    });
    read.collect()
}
