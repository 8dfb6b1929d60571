//! What is counted, for `/metrics`. Labels come from closed lists only: routes, kinds, codes.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::{App, Reply, SubmitError, Verified};
use crate::store::{signer::Unsigned, writer::Meters};

/// A kind of request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The pattern of the route, never the address itself.
    pub route: String,
    /// The method; `other` for unusual ones.
    pub method: &'static str,
    /// `2xx`, `4xx`, …
    pub status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Command {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
}

/// What is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Histogram>,
    commands: Family<Command, Counter>,
    problems: Family<Code, Counter>,
    /// Wrong secrets, of sign-ins and of signatures.
    pub wrong_secrets: Counter,
    /// Denials left out of the audit log, to be written as a count.
    pub suppressed: Counter,
    verified: Family<State, Gauge>,
    verified_entries: Gauge,
    pub(super) unsigned: Unsigned,
    signer_lag: Gauge,
    wal: Gauge,
    connections: Family<Pool, Gauge>,
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub(super) fn new(writer: &Meters, unsigned: Unsigned) -> Self {
        let histogram = || Histogram::new(exponential_buckets(0.000_5, 2.5, 11));
        let mut new = Self {
            registry: Registry::with_prefix("hazledger"),
            requests: Family::new_with_constructor(histogram),
            commands: Family::default(),
            problems: Family::default(),
            wrong_secrets: Counter::default(),
            suppressed: Counter::default(),
            verified: Family::default(),
            verified_entries: Gauge::default(),
            unsigned,
            signer_lag: Gauge::default(),
            wal: Gauge::default(),
            connections: Family::default(),
        };
        new.register(writer);
        new
    }

    fn register(&mut self, writer: &Meters) {
        let registry = &mut self.registry;
        let requests = self.requests.clone();
        registry.register_with_unit("requests", "Requests answered", Unit::Seconds, requests);
        let commands = self.commands.clone();
        registry.register("commands", "Commands by kind and outcome", commands);
        let problems = self.problems.clone();
        registry.register("problems", "Problems answered, by code", problems);
        let wrong = self.wrong_secrets.clone();
        registry.register("wrong_secrets", "Wrong secrets presented", wrong);
        let suppressed = self.suppressed.clone();
        registry.register(
            "denials_suppressed",
            "Denials counted, not written",
            suppressed,
        );
        let waiting = writer.waiting.clone();
        registry.register("queue_length", "Commands waiting for a writer", waiting);
        let batches = writer.batches.clone();
        registry.register("batch_commands", "Commands of each batch", batches);
        let verified = self.verified.clone();
        registry.register("verification", "State of the last verification", verified);
        let entries = self.verified_entries.clone();
        registry.register("verified_entries", "Entries it has read", entries);
        let lag = self.signer_lag.clone();
        registry.register("signer_lag_ms", "Since when a head waits to be signed", lag);
        let wal = self.wal.clone();
        registry.register_with_unit(
            "sqlite_wal",
            "Size of the write-ahead log",
            Unit::Bytes,
            wal,
        );
        let connections = self.connections.clone();
        registry.register(
            "connections_in_use",
            "Connections of readers in use",
            connections,
        );
    }

    /// Counts an answered request.
    pub fn request(&self, request: &Request, took: Duration) {
        let seconds = took.as_secs_f64();
        self.requests.get_or_create(request).observe(seconds);
    }

    /// Counts a problem that is answered.
    pub fn problem(&self, code: &'static str) {
        self.problems.get_or_create(&Code { code }).inc();
    }

    pub(super) fn command(&self, kind: &'static str, reply: &Result<Reply, SubmitError>) {
        let outcome = match reply {
            Ok(Reply::Accepted { replayed, .. }) if *replayed => "replayed",
            Ok(Reply::Accepted { .. }) => "accepted",
            Ok(Reply::Refused(_)) => "refused",
            Err(SubmitError::Busy) => "busy",
            Err(SubmitError::Store(_)) => "failed",
        };
        self.commands
            .get_or_create(&Command { kind, outcome })
            .inc();
    }
}

impl App {
    /// Everything counted, in the `OpenMetrics` text format.
    #[must_use]
    pub fn exposition(&self) -> String {
        let metrics = &self.metrics;
        let (now, entries) = self.verified();
        for state in [Verified::Running, Verified::Sound, Verified::Broken] {
            let label = State {
                state: state.as_str(),
            };
            let gauge = metrics.verified.get_or_create(&label);
            gauge.set(i64::from(state == now));
        }
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        metrics.verified_entries.set(whole(entries));
        let lag = metrics.unsigned.for_ms(self.now().millis());
        metrics.signer_lag.set(lag);
        metrics
            .wal
            .set(whole(self.readers.wal_bytes().unwrap_or(0)));
        for (pool, used) in self.readers.in_use() {
            let gauge = metrics.connections.get_or_create(&Pool { pool });
            gauge.set(used.into());
        }
        let mut text = String::new();
        match encode(&mut text, &metrics.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "the metrics could not be written");
                String::new()
            }
        }
    }
}
