//! Parses the arguments, starts logging, calls `cli`; nothing else.

use std::process::ExitCode;

use clap::Parser;
use hazledger::{cli, telemetry};

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    telemetry::start(arguments.log_json);
    cli::run(arguments)
}
