//! `verify`: everything recomputed from the entries.

use std::process::ExitCode;

use super::Place;
use crate::app::verify_database;

/// Recompute everything from the entries and compare.
#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings(false)?;
        let report = verify_database(&settings, &mut |_| {})?;
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
            let entry = finding
                .seq
                .map_or_else(String::new, |seq| format!(" entry {seq}"));
            println!(
                "WRONG institution {} {}{entry}: {}",
                finding.institution, finding.log, finding.what
            );
        }
        if report.findings.is_empty() {
            println!("all is as the entries say");
            Ok(ExitCode::SUCCESS)
        } else {
            Ok(ExitCode::FAILURE)
        }
    }
}
