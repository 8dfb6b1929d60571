//! `serve`: the web server.

use std::{
    net::{IpAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{Place, demo};
use crate::{
    app::App,
    http::server::{self, Serving},
};

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
    /// PEM file with the certificate of this server and those above it: HTTPS.
    #[arg(long, requires = "tls_key", env = "HAZLEDGER_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the key of the certificate.
    #[arg(long, requires = "tls_cert", env = "HAZLEDGER_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS.
    #[arg(long)]
    insecure_lan: bool,
    /// A file with the token that opens /metrics from other machines.
    #[arg(long, env = "HAZLEDGER_METRICS_TOKEN_FILE")]
    metrics_token_file: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed: its address. May be given several times.
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,
    /// Fill an empty database with a demo county, whose people and secrets are public.
    #[arg(long)]
    demo: bool,
    /// Which story the demo tells.
    #[arg(long, default_value_t = 2026, requires = "demo")]
    seed: u64,
    /// How many times as much there is in the county and happens in it; 0 makes one hospital only.
    #[arg(long, default_value_t = 1, requires = "demo")]
    scale: u32,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Only the default folder is made without being asked for.
        let settings = self.place.settings(self.place.database.is_none())?;
        let listener = TcpListener::bind(&self.listen)
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let address = listener.local_addr()?;
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(tls(certificate, key)?),
            (Some(_) | None, _) => None,
        };
        if !address.ip().is_loopback() && tls.is_none() && !self.insecure_lan {
            anyhow::bail!(
                "{address} is reachable from the network without TLS; give --tls-cert and --tls-key, listen on 127.0.0.1, or say --insecure-lan"
            );
        }
        if self.demo {
            demo::prepare(&settings, self.seed, self.scale)?;
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let metrics_token = self.metrics_token()?;
        let (app, threads) = App::start(&settings)?;
        let workers = self
            .workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let serving = Serving {
            workers,
            tls,
            metrics_token,
            trusted_proxies: self.trusted_proxy,
            ..Serving::default()
        };
        actix_web::rt::System::new().block_on(async {
            if let Some(code) = app.founding_code().await? {
                println!("Nobody is here yet. Found the institution with this one-time link:");
                println!("{scheme}://{address}/found?code={code}");
            }
            println!("Listening on {scheme}://{address}");
            server::serve(&app, listener, serving)?.await?;
            anyhow::Ok(())
        })?;
        drop(app);
        threads.join();
        Ok(ExitCode::SUCCESS)
    }

    fn metrics_token(&self) -> anyhow::Result<Option<String>> {
        let Some(file) = &self.metrics_token_file else {
            return Ok(None);
        };
        let token = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let token = token.trim();
        anyhow::ensure!(
            token.len() >= 16,
            "{} needs a token of 16 characters or more",
            file.display()
        );
        Ok(Some(token.to_owned()))
    }
}

/// The certificates and the key of the server; TLS 1.2 and 1.3.
fn tls(certificate: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let cannot_read = |path: &Path| format!("cannot read {}", path.display());
    let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| cannot_read(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| cannot_read(key))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key);
    config.context("the certificate and the key do not belong together")
}
