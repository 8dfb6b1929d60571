//! Taking the ledger away line by line as CSV, against a bare cursor that writes the same bytes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use hazledger::store::Database;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::figure::{at_least, quick};
use super::harness::server::TestServer;
use super::stock::{Chance, Stock};

/// Bottles received 500 an act: two postings each.
const BOTTLES: usize = 100_000;
/// Bottles that something is taken of, one entry each.
const TAKEN: usize = 3_000;
/// Of a bare cursor's rate.
const LIMIT: f64 = 0.3;
/// Resident memory of the export, KiB.
const MOST_KIB: u64 = 150 * 1024;

pub fn run() {
    for (name, server) in [
        ("sqlite", Some(TestServer::sqlite())),
        ("postgres", TestServer::postgres()),
    ] {
        let Some(server) = server else {
            continue;
        };
        let stock = Stock::fill(&server, if quick() { BOTTLES / 2 } else { BOTTLES });
        let chance = Chance::new(7);
        for _ in 0..if quick() { TAKEN / 3 } else { TAKEN } {
            let body = json!({"label": stock.any(&chance), "amount": {"value": "1", "unit": "mL"}, "purpose": "日常检验"});
            stock.staff().post("/api/v1/checkouts", body);
        }
        measure(name, &server);
    }
}

fn measure(name: &str, server: &TestServer) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("lines.csv");
    let (mut ours, mut bare, mut peak) = (f64::MAX, f64::MAX, 0);
    let mut lines = 0;
    for _ in 0..3 {
        let (took, kib) = exported(server, &file);
        ours = ours.min(took.as_secs_f64());
        peak = peak.max(kib);
        let text = BufReader::new(File::open(&file).unwrap());
        let sizes: Vec<usize> = text.lines().map(|line| line.unwrap().len() + 2).collect();
        lines = sizes.len() - 1;
        let copy = folder.path().join("bare.csv");
        bare = bare.min(cursor(&server.settings.database, &sizes[1..], &copy).as_secs_f64());
        fs::remove_file(&file).unwrap();
        fs::remove_file(&copy).unwrap();
    }
    let rate = |seconds: f64| (lines as f64 / seconds).round();
    let fields = json!({
        "lines": lines, "lines_per_s": rate(ours), "against": "bare cursor", "against_per_s": rate(bare),
        "peak_kib": peak, "most_kib": MOST_KIB,
    });
    at_least(&format!("export_lines_{name}"), bare / ours, LIMIT, fields);
    assert!(peak < MOST_KIB, "{name}: {peak} KiB resident");
}

/// The export in a process of its own: how long it took, and the most memory it had.
fn exported(server: &TestServer, file: &Path) -> (Duration, u64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hazledger"))
        .args([
            "export",
            "--institution",
            "1",
            "--what",
            "lines",
            "--format",
            "csv",
            "--out",
        ])
        .arg(file)
        .arg("--database")
        .arg(match &server.settings.database {
            Database::Sqlite(path) => format!("sqlite://{}", path.display()),
            Database::Postgres(url) => url.clone(),
        })
        .arg("--data")
        .arg(&server.settings.data)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    (began.elapsed(), peak)
}

const ROWS: &str = "SELECT p.seq, p.line, p.account, p.serial, p.product_id, p.place_id, p.amount, e.kind, e.recorded_at \
     FROM posting p JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = p.seq \
     WHERE p.institution_id = 1 ORDER BY p.seq, p.line";

/// The same rows, read one after the other, and as many bytes written for each.
fn cursor(database: &Database, sizes: &[usize], file: &Path) -> Duration {
    let blank = vec![b'x'; 4096];
    let mut out = BufWriter::new(File::create(file).unwrap());
    let mut sizes = sizes.iter();
    let mut write = || out.write_all(&blank[..*sizes.next().unwrap()]).unwrap();
    match database {
        Database::Sqlite(path) => {
            let conn = Connection::open(path).unwrap();
            let began = Instant::now();
            let mut statement = conn.prepare(ROWS).unwrap();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let _: (i64, i64, i64, i64) = (
                    row.get(0).unwrap(),
                    row.get(1).unwrap(),
                    row.get(3).unwrap(),
                    row.get(6).unwrap(),
                );
                let _: (String, String) = (row.get(2).unwrap(), row.get(7).unwrap());
                write();
            }
            out.flush().unwrap();
            began.elapsed()
        }
        Database::Postgres(url) => {
            #[derive(QueryableByName)]
            #[expect(dead_code, reason = "read, as a cursor reads")]
            struct Row {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                seq: i64,
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                line: i64,
                #[diesel(sql_type = diesel::sql_types::Text)]
                account: String,
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                amount: i64,
                #[diesel(sql_type = diesel::sql_types::Text)]
                kind: String,
            }
            let mut conn = PgConnection::establish(url).unwrap();
            let began = Instant::now();
            conn.batch_execute(&format!("BEGIN; DECLARE all_lines CURSOR FOR {}", ROWS))
                .unwrap();
            loop {
                let rows: Vec<Row> = sql_query("FETCH 1000 FROM all_lines")
                    .load(&mut conn)
                    .unwrap();
                if rows.is_empty() {
                    break;
                }
                rows.iter().for_each(|_| write());
            }
            conn.batch_execute("COMMIT").unwrap();
            out.flush().unwrap();
            began.elapsed()
        }
    }
}
