//! (c) Ordinary checkouts on PostgreSQL over HTTP, beside pgbench's TPC-B-like transaction on the
//! same server.

use std::process::Command;
use std::rc::Rc;

use super::checkout::{in_process, over_http};
use super::figure::{Round, Sample, print, quick, report, rounds, watch};
use super::harness::cluster::cluster;
use super::harness::server::TestServer;
use super::stock::{BOTTLES, Chance, Stock};

pub fn run() {
    let Some(server) = TestServer::postgres() else {
        return report(
            "checkout, PostgreSQL",
            serde_json::json!({"skipped": "PostgreSQL is not installed"}),
        );
    };
    let bank = cluster().unwrap().fresh();
    pgbench(&["-i", "-q", "-s", "64", &bank.owner_url]);
    let stock = Rc::new(Stock::fill(&server, BOTTLES));
    bank.as_superuser("CHECKPOINT");
    let postmaster = bank.as_superuser("SELECT pg_read_file('postmaster.pid')");
    watch(postmaster.lines().next().unwrap().parse().unwrap());
    let chance = Chance::new(3);
    for clients in [1, 8, 64] {
        // Where the limit is, sixty seconds of pgbench in all.
        let seconds = if clients == 64 && !quick() {
            60 / rounds()
        } else {
            4
        };
        let length = std::time::Duration::from_secs(seconds as u64);
        let (mut inside, mut http, mut banks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds() {
            banks.push(tpc_b(&bank.owner_url, clients, seconds));
            http.push(over_http(&server, &stock, clients, length, &chance));
            inside.push(in_process(server.app(), &stock, clients, length, &chance));
        }
        let beside = ("pgbench TPC-B-like -s 64 -M prepared", banks.as_slice());
        print(
            "checkout in process, PostgreSQL",
            clients,
            &inside,
            beside,
            None,
        );
        let limit = (clients == 64).then_some(1.5);
        print(
            "checkout over HTTP, PostgreSQL",
            clients,
            &http,
            beside,
            limit,
        );
    }
}

/// One round of TPC-B-like transactions.
fn tpc_b(url: &str, clients: usize, seconds: usize) -> Sample {
    let (clients, seconds) = (clients.to_string(), seconds.to_string());
    let threads = if clients == "1" { "1" } else { "2" };
    let round = Round::begin();
    let said = pgbench(&[
        "-n", "-M", "prepared", "-c", &clients, "-j", threads, "-T", &seconds, url,
    ]);
    let number = |before: &str| -> f64 {
        let line = said.lines().find_map(|line| line.strip_prefix(before));
        line.unwrap()
            .split([' ', '/'])
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let count = number("number of transactions actually processed: ");
    round.end_of(number("tps = "), count as usize)
}

fn pgbench(arguments: &[&str]) -> String {
    let output = Command::new("pgbench").args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
