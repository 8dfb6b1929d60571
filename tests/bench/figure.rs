//! What a round measured, and the line printed about several.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
pub fn rounds() -> usize {
    if quick() { 3 } else { 5 }
}

/// One round.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Commands in a second.
    pub rate: f64,
    /// What each took, µs.
    pub micros: Vec<u32>,
}

impl Sample {
    pub fn of(micros: Vec<u32>, took: Duration) -> Self {
        Self {
            rate: micros.len() as f64 / took.as_secs_f64(),
            micros,
        }
    }

    /// A rate that something else measured.
    pub fn of_rate(rate: f64) -> Self {
        Self {
            rate,
            micros: Vec::new(),
        }
    }
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
    let mut line = json!({
        "clients": clients,
        "rate_per_s": rate(ours).round(),
        "p50_us": at(0.5),
        "p99_us": at(0.99),
        "against": base.0,
        "against_rate_per_s": rate(base.1).round(),
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

/// Prints a figure without a limit.
pub fn report(name: &str, fields: Value) {
    let mut line = Map::from_iter([("figure".to_owned(), json!(name))]);
    line.extend(fields.as_object().unwrap().clone());
    println!("{}", Value::Object(line));
}
