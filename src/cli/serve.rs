//! `serve`: the web server.

use std::{net::TcpListener, process::ExitCode};

use anyhow::Context;

use super::{Place, demo};
use crate::{app::App, http::server};

/// Run the web server.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", env = "HAZLEDGER_LISTEN")]
    listen: String,
    /// Threads that answer requests; left out: one a core.
    #[arg(long)]
    workers: Option<usize>,
    /// Listen beyond this machine without TLS.
    #[arg(long)]
    insecure_lan: bool,
    /// Fill an empty database with a demo hospital, whose people and secrets are public.
    #[arg(long)]
    demo: bool,
    /// Which story the demo tells.
    #[arg(long, default_value_t = 2026, requires = "demo")]
    seed: u64,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Only the default folder is made without being asked for.
        let settings = self.place.settings(self.place.database.is_none())?;
        let listener = TcpListener::bind(&self.listen)
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() && !self.insecure_lan {
            anyhow::bail!(
                "{address} is reachable from the network without TLS; listen on 127.0.0.1 behind a TLS proxy, or say --insecure-lan"
            );
        }
        if self.demo {
            demo::prepare(&settings, self.seed)?;
        }
        let (app, threads) = App::start(&settings)?;
        let workers = self
            .workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        actix_web::rt::System::new().block_on(async {
            if let Some(code) = app.founding_code().await? {
                println!("Nobody is here yet. Found the institution with this one-time link:");
                println!("http://{address}/found?code={code}");
            }
            println!("Listening on http://{address}");
            server::build(&app, listener, workers)?.await?;
            anyhow::Ok(())
        })?;
        drop(app);
        threads.join();
        Ok(ExitCode::SUCCESS)
    }
}
