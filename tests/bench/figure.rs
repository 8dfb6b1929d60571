//! What a round measured, and the line printed about several.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

static MISSED: AtomicBool = AtomicBool::new(false);

/// Whether no limit was missed so far.
pub fn all_within() -> bool {
    !MISSED.load(Ordering::Relaxed)
}

/// Whether this is a short run (`QUICK=1`).
pub fn quick() -> bool {
    std::env::var_os("QUICK").is_some_and(|value| value == "1")
}

/// How long one round lasts.
pub fn round() -> Duration {
    Duration::from_secs(if quick() { 2 } else { 5 })
}

/// How many rounds.
pub const fn rounds() -> usize {
    3
}

/// One round.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Commands in a second.
    pub rate: f64,
    /// What each took, µs.
    pub micros: Vec<u32>,
    /// Processor time for each, µs, of this process, its children and the database server: hardly moved
    /// by what else the machine does.
    pub cpu_us: f64,
}

/// A round that is running.
pub struct Round {
    began: Instant,
    cpu: f64,
}

impl Round {
    pub fn begin() -> Self {
        Self {
            began: Instant::now(),
            cpu: cpu_seconds(),
        }
    }

    pub fn is_over(&self, length: Duration) -> bool {
        self.began.elapsed() >= length
    }

    pub fn end(self, micros: Vec<u32>) -> Sample {
        let rate = micros.len() as f64 / self.began.elapsed().as_secs_f64();
        Sample {
            rate,
            cpu_us: self.cpu_us(micros.len()),
            micros,
        }
    }

    /// A round that another program ran and timed.
    pub fn end_of(self, rate: f64, count: usize) -> Sample {
        Sample {
            rate,
            cpu_us: self.cpu_us(count),
            micros: Vec::new(),
        }
    }

    fn cpu_us(&self, count: usize) -> f64 {
        (cpu_seconds() - self.cpu) * 1e6 / count as f64
    }
}

/// The database server whose work is counted, by its process id.
static SERVER: OnceLock<u32> = OnceLock::new();

/// Counts the work of this database server from here on.
pub fn watch(server: u32) {
    SERVER.set(server).unwrap();
}

/// Processor time so far, in user and kernel mode (proc(5): ticks of 10 ms).
fn cpu_seconds() -> f64 {
    let mut ticks = ticks_of(std::process::id(), 4);
    if let Some(server) = SERVER.get() {
        ticks += ticks_of(*server, 4);
        for process in std::fs::read_dir("/proc").unwrap() {
            let name = process.unwrap().file_name();
            if let Some(id) = name.to_str().and_then(|name| name.parse().ok())
                && stat(id).is_some_and(|fields| fields[1] == server.to_string())
            {
                ticks += ticks_of(id, 2);
            }
        }
    }
    ticks / 100.0
}

/// Of the process itself (2 fields), with its children that ended (4).
fn ticks_of(id: u32, fields: usize) -> f64 {
    let all = stat(id).unwrap_or_default();
    let ticks = all.iter().skip(11).take(fields);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum()
}

/// The fields from the state on; nothing when the process has ended.
fn stat(id: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some(fields.map(str::to_owned).collect())
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints one figure: the rounds of what is measured beside those of what it is measured against.
/// The ratio is the median of the ratios of the rounds, which ran one after the other.
pub fn print(
    name: &str,
    clients: usize,
    ours: &[Sample],
    base: (&str, &[Sample]),
    limit: Option<f64>,
) {
    let rate = |samples: &[Sample]| median(samples.iter().map(|sample| sample.rate).collect());
    let mut micros: Vec<u32> = ours
        .iter()
        .flat_map(|sample| sample.micros.iter().copied())
        .collect();
    micros.sort_unstable();
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize);
    let ratio = median(
        ours.iter()
            .zip(base.1)
            .map(|(ours, base)| ours.rate / base.rate)
            .collect(),
    );
    let cpu_us =
        |samples: &[Sample]| median(samples.iter().map(|sample| sample.cpu_us).collect()).round();
    let mut line = json!({
        "clients": clients,
        "rate_per_s": rate(ours).round(),
        "p50_us": at(0.5),
        "p99_us": at(0.99),
        "cpu_us": cpu_us(ours),
        "against": base.0,
        "against_rate_per_s": rate(base.1).round(),
        "against_cpu_us": cpu_us(base.1),
        "ratio": (ratio * 1000.0).round() / 1000.0,
        "rounds": ours.len(),
    });
    if let Some(limit) = limit {
        line["limit"] = json!(limit);
        line["within"] = json!(ratio >= limit);
        if ratio < limit {
            MISSED.store(true, Ordering::Relaxed);
        }
    }
    report(name, line);
}

/// Prints a figure that must be at most its limit.
pub fn at_most(name: &str, ratio: f64, limit: f64, mut fields: Value) {
    fields["ratio"] = json!((ratio * 1000.0).round() / 1000.0);
    fields["limit"] = json!(limit);
    fields["within"] = json!(ratio <= limit);
    if ratio > limit {
        MISSED.store(true, Ordering::Relaxed);
    }
    report(name, fields);
}

/// Prints a figure that must be at least its limit.
pub fn at_least(name: &str, ratio: f64, limit: f64, mut fields: Value) {
    fields["ratio"] = json!((ratio * 1000.0).round() / 1000.0);
    fields["limit"] = json!(limit);
    fields["within"] = json!(ratio >= limit);
    if ratio < limit {
        MISSED.store(true, Ordering::Relaxed);
    }
    report(name, fields);
}

/// Prints a figure without a limit.
pub fn report(name: &str, fields: Value) {
    let mut line = Map::from_iter([("figure".to_owned(), json!(name))]);
    line.extend(fields.as_object().unwrap().clone());
    println!("{}", Value::Object(line));
}
