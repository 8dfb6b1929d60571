//! (f) What the program itself costs: start-up time, resident memory, size.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::figure::{median, report};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hazledger");

pub fn run() {
    let folder = TempDir::new().unwrap();
    // The first start makes the database.
    let first = start(&folder);
    let starts: Vec<_> = (0..7).map(|_| start(&folder)).collect();
    let millis = median(
        starts
            .iter()
            .map(|(time, _)| time.as_secs_f64() * 1000.0)
            .collect(),
    );
    report(
        "start of the program",
        json!({
            "first_start_ms": first.0.as_millis() as u64, "start_ms": millis.round(), "expected_ms": 500,
            "resident_kb": starts[0].1, "expected_kb": 80_000, "program_bytes": fs::metadata(PROGRAM).unwrap().len(),
        }),
    );
}

/// Until the first connection is taken, and the resident memory then, kB.
fn start(folder: &TempDir) -> (Duration, u64) {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let began = Instant::now();
    let mut server = Command::new(PROGRAM)
        .args(["serve", "--listen", &address.to_string(), "--data"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while TcpStream::connect(address).is_err() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the program does not start"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let resident = line.split_whitespace().next().unwrap().parse().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    (took, resident)
}
