//! Somebody who has the whole database in hand changes it: `verify` names what was changed, what was kept
//! outside shows a history that was cut or rewritten, and the server does not write on top of it.

pub mod forge;
mod rows;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use hazledger::app::{Evidence, verify_against};
use hazledger::auth::keys::Keys;
use hazledger::domain::checkpoint::open;
use hazledger::store::Database;
use hazledger::store::schema::TABLES;
use hazledger::store::verify::Finding;
use serde_json::json;

use rows::of_nothing;

use crate::demo;
use crate::harness::client::{Answer, Client};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::TestServer;
use crate::stocktakes::{begun, scan};
use crate::waste_containers::poured;

/// What no entry says: signed heads, first answers, and the desk but for the hashed secrets.
const NO_PROJECTION: [&str; 11] = [
    "entry",
    "checkpoint",
    "idempotency",
    "session",
    "one_time_code",
    "attempts",
    "wrong_tries",
    "signing_request",
    "reservation",
    "import_job",
    "import_part",
];

/// A stopped server with a stocktake, a code that nobody knows and an incident, too.
fn counted(server: &mut TestServer) {
    server.restart();
    let label = fresh_label(server);
    let equipment = server.sign_in("E001");
    let stocktake = begun(&equipment, "1");
    for code in [label.as_str(), "690"] {
        let seen = json!({"place": "1", "code": code});
        scan(&equipment, &stocktake, seen).expect(201);
    }
    let leak = json!({"kind": "leak", "what": "泄漏", "place": "1", "labels": [label]});
    equipment.post("/api/v1/incidents", leak).expect(201);
    poured(&equipment, &fresh_label(server));
    server.stop();
}

/// A number from a seed (SplitMix64).
fn dice(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A stopped server with stock, a part taken and a whole bottle taken.
fn used(server: &mut TestServer) {
    let hospital = server.hospital();
    let (room, labels) = hospital.ethanol();
    let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
    take(&hospital.safety, &labels[0]).expect(201);
    let whole = json!({"label": labels[1], "whole": true});
    hospital.safety.post("/api/v1/checkouts", whole).expect(201);
    let moved = json!({"labels": [labels[2]], "to": cabinet});
    hospital.equipment.post("/api/v1/moves", moved).expect(201);
    server.stop();
}

fn take(who: &Client, label: &str) -> Answer {
    let part = json!({"label": label, "amount": {"value": "10", "unit": "mL"}});
    who.post("/api/v1/checkouts", part)
}

/// Somebody for whom triggers, checks and foreign keys are out of the way.
fn almighty(server: &TestServer) -> Hand {
    let Some(postgres) = &server.postgres else {
        let mut hand = Hand::to(&server.settings.database);
        hand.run("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            .unwrap();
        for name in hand.values("SELECT name AS value FROM sqlite_schema WHERE type = 'trigger'") {
            hand.run(&format!("DROP TRIGGER {name}")).unwrap();
        }
        return hand;
    };
    let mut hand = Hand::to(&Database::Postgres(postgres.superuser_url()));
    hand.run("SET synchronous_commit = off").unwrap();
    let all =
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS value
        FROM pg_constraint WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
        UNION ALL SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname)
        FROM pg_trigger WHERE NOT tgisinternal";
    for sql in hand.values(all) {
        hand.run(&sql).unwrap();
    }
    hand
}

/// The declared type of a column.
fn kind_of(hand: &mut Hand, table: &str, column: &str) -> String {
    let sql = if hand.is_sqlite() {
        format!(
            "SELECT lower(type) AS value FROM pragma_table_info('{table}') WHERE name = '{column}'"
        )
    } else {
        format!(
            "SELECT format_type(atttypid, NULL) AS value FROM pg_attribute \
             WHERE attrelid = '{table}'::regclass AND attname = '{column}'"
        )
    };
    hand.values(&sql).remove(0)
}

/// What `verify` finds first; something it must find.
#[track_caller]
fn found(server: &TestServer, what: &str) -> Vec<Finding> {
    let findings = in_rows(server);
    assert!(!findings.is_empty(), "not found: {what}");
    findings
}

/// What `verify` finds in the rows: those who have the whole database in hand have its guards off.
fn in_rows(server: &TestServer) -> Vec<Finding> {
    let mut findings = server.verify().findings;
    findings.retain(|finding| !finding.what.starts_with("the database: "));
    findings
}

/// Runs `hazledger verify` with what was kept.
fn command_line(server: &TestServer, kept: &[(&str, &PathBuf)]) -> (bool, String) {
    let url = match &server.settings.database {
        Database::Sqlite(path) => format!("sqlite://{}", path.display()),
        Database::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_hazledger"));
    command
        .args([
            "verify",
            "--name",
            "test.example",
            "--database",
            &url,
            "--data",
        ])
        .arg(&server.settings.data);
    for (option, file) in kept {
        command.arg(option).arg(file);
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// Waits until a head with that entry is signed, and answers the note.
pub fn signed_note(who: &Client, log: &str, size: u64) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = who.get(&format!("/api/v1/checkpoint?log={log}"));
        let signed: Option<u64> = answer
            .text
            .lines()
            .nth(1)
            .and_then(|line| line.parse().ok());
        if answer.status == 200 && signed.is_some_and(|signed| signed >= size) {
            return answer.text;
        }
        assert!(Instant::now() < deadline, "{}", answer.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A receipt and a signed head, kept by somebody.
struct Keepsake {
    receipt: (String, String),
    checkpoint: (String, String),
}

impl Keepsake {
    /// Of a checkout made just now.
    fn take(server: &TestServer, label: &str) -> Self {
        let safety = server.sign_in("S001");
        let taken = take(&safety, label).expect(201);
        let size = taken.json["receipt"]["size"].as_u64().unwrap();
        Self {
            receipt: ("receipt.json".to_owned(), taken.text),
            checkpoint: ("head.note".to_owned(), signed_note(&safety, "ledger", size)),
        }
    }

    /// What each of the two shows, alone.
    #[track_caller]
    fn assert_shows_it(&self, server: &TestServer) {
        let (receipts, checkpoints) = (vec![self.receipt.clone()], vec![self.checkpoint.clone()]);
        let evidences = [
            Evidence {
                receipts,
                ..Evidence::default()
            },
            Evidence {
                checkpoints,
                ..Evidence::default()
            },
        ];
        for evidence in evidences {
            let report = verify_against(&server.settings, &evidence, &mut |_, _| {}).unwrap();
            let finding = report.findings.first().expect("it shows");
            let source = if evidence.receipts.is_empty() {
                "head.note"
            } else {
                "receipt.json"
            };
            assert_eq!(finding.institution.get(), 1);
            assert!(finding.what.starts_with(source), "{finding}");
        }
    }
}

fn forget_kept_heads(server: &TestServer) {
    fs::remove_dir_all(server.settings.data.join("checkpoints")).unwrap();
}

/// Any byte of an entry changed by hand is found at that entry: so many bytes, by chance.
fn assert_bytes_are_checked(server: &TestServer, rounds: usize) {
    let mut hand = almighty(server);
    let entries = hand
        .values("SELECT concat(institution_id, ' ', log, ' ', seq) AS value FROM entry ORDER BY 1");
    let mut seed = 1;
    for _ in 0..rounds {
        let entry = &entries[dice(&mut seed) as usize % entries.len()];
        let [institution, log, seq]: [i64; 3] = entry
            .split(' ')
            .map(|part| part.parse().unwrap())
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
        let of_entry = format!(
            "FROM entry WHERE institution_id = {institution} AND log = {log} AND seq = {seq}"
        );
        let column = ["bytes", "bytes", "leaf_hash", "subtrees"][dice(&mut seed) as usize % 4];
        let stored = hand
            .values(&format!("SELECT {} AS value {of_entry}", hand.hex(column)))
            .remove(0);
        let mut bytes: Vec<u8> = (0..stored.len() / 2)
            .map(|at| u8::from_str_radix(&stored[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        if bytes.is_empty() {
            continue;
        }
        let at = dice(&mut seed) as usize % bytes.len();
        let mut set = |bytes: &[u8]| {
            let value = hand.blob(bytes);
            hand.run(&format!(
                "UPDATE entry SET {column} = {value} {}",
                &of_entry[11..]
            ))
            .unwrap();
        };
        let sound = bytes.clone();
        bytes[at] ^= 1 << (dice(&mut seed) % 8);
        set(&bytes);
        let finding = found(server, &format!("{column} byte {at} of {entry}")).remove(0);
        assert_eq!(
            (finding.institution.get(), finding.log.number(), finding.seq),
            (institution, log, Some(seq))
        );
        set(&sound);
    }
    assert_eq!(in_rows(server), []);
}

/// Any column of any projection changed by hand is found; the last of each table and every so manieth before.
fn assert_columns_are_compared(server: &TestServer, every: usize) {
    let mut hand = almighty(server);
    for (table, columns, key) in TABLES
        .iter()
        .filter(|(table, ..)| !NO_PROJECTION.contains(table))
    {
        let unique = columns[..*key].join(", ");
        let order = columns[..*key].join(" DESC, ");
        let last_row =
            format!("({unique}) IN (SELECT {unique} FROM {table} ORDER BY {order} DESC LIMIT 1)");
        let is_empty = hand
            .values(&format!("SELECT 'row' AS value FROM {table}"))
            .is_empty();
        if let Some(row) = of_nothing(table).filter(|_| is_empty) {
            hand.run(&format!("INSERT INTO {table} {row}")).unwrap();
            assert!(found(server, table)[0].what.starts_with(table));
            hand.run(&format!("DELETE FROM {table}")).unwrap();
            continue;
        }
        hand.run(&format!("CREATE TABLE sound AS SELECT * FROM {table}"))
            .unwrap();
        let rows = hand.values("SELECT 'row' AS value FROM sound");
        assert!(
            !rows.is_empty(),
            "let `used` make a row of {table}, or name it in NO_PROJECTION"
        );
        for column in columns.iter().rev().step_by(every) {
            let changed = match kind_of(&mut hand, table, column).as_str() {
                "text" => format!("concat({column}, 'x')"),
                "bytea" | "blob" => hand.blob(&[7; 32]),
                _ => format!("COALESCE({column} + 1, 1)"),
            };
            hand.run(&format!(
                "UPDATE {table} SET {column} = {changed} WHERE {last_row}"
            ))
            .unwrap();
            let findings = found(server, &format!("{table}.{column}"));
            let names_it = |finding: &Finding| {
                finding.what.contains(table) || finding.what.contains("no head")
            };
            assert!(
                findings.iter().any(names_it),
                "{table}.{column}: {findings:?}"
            );
            hand.run(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM sound"
            ))
            .unwrap();
        }
        hand.run(&format!("DELETE FROM {table} WHERE {last_row}"))
            .unwrap();
        if *table != "stored_secret" {
            found(server, &format!("a row of {table} removed"));
        }
        hand.run(&format!(
            "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM sound; DROP TABLE sound"
        ))
        .unwrap();
    }
    for column in ["kind = 'move'", "recorded_at = recorded_at + 1"] {
        hand.run("CREATE TABLE sound AS SELECT * FROM entry")
            .unwrap();
        hand.run(&format!(
            "UPDATE entry SET {column} WHERE institution_id = 1 AND log = 0 AND seq = 2"
        ))
        .unwrap();
        assert_eq!(found(server, column)[0].seq, Some(2));
        hand.run("DELETE FROM entry; INSERT INTO entry SELECT * FROM sound; DROP TABLE sound")
            .unwrap();
    }
    assert_eq!(in_rows(server), []);
}

/// Every fourth column, and all of them when there is time.
fn sparsely() -> usize {
    if std::env::var_os("FULL").is_some() {
        1
    } else {
        4
    }
}

#[test]
fn any_change_of_the_demo_hospital_is_found() {
    let mut server = TestServer::sqlite();
    demo::filled(&mut server);
    server.stop();
    assert_bytes_are_checked(&server, 15);
    assert_columns_are_compared(&server, sparsely());
}

on_both! {
    fn any_byte_of_an_entry_changed_by_hand_is_found_at_that_entry(server) {
        used(server);
        let rounds = if std::env::var_os("FULL").is_some() { 2_000 } else { 40 };
        assert_bytes_are_checked(server, rounds);
    }

    fn every_column_of_every_projection_is_compared(server) {
        used(server);
        counted(server);
        // What is compared is the same on both; all of it every day on the one that is quicker.
        let every = if server.postgres.is_some() { sparsely() } else { 1 };
        assert_columns_are_compared(server, every);
    }

    fn a_log_without_its_head_is_found(server) {
        used(server);
        let mut hand = almighty(server);
        hand.run("DELETE FROM log_head WHERE institution_id = 1").unwrap();
        let findings = found(server, "the head removed");
        assert!(findings.iter().all(|finding| finding.institution.get() == 1));
        assert!(findings.iter().any(|finding| finding.what.contains("no head")), "{findings:?}");
    }

    fn a_cut_tail_shows_against_what_was_kept(server) {
        used(server);
        let before = server.copy();
        server.restart();
        let label = fresh_label(server);
        let kept = Keepsake::take(server, &label);
        server.stop();
        assert_eq!(in_rows(server), []);
        let sound = Evidence { receipts: vec![kept.receipt.clone()], checkpoints: vec![kept.checkpoint.clone()] };
        assert_eq!(verify_against(&server.settings, &sound, &mut |_, _| {}).unwrap().findings, vec![]);

        server.restore(before);
        assert_eq!(in_rows(server), []);
        let said = server.start_error();
        assert!(said.contains("entries were signed") && said.contains(".note"), "{said}");
        let alone = verify_against(&server.settings, &Evidence::default(), &mut |_, _| {}).unwrap();
        assert!(alone.findings[0].what.contains(".note: the log had"), "{:?}", alone.findings);
        forget_kept_heads(server);
        kept.assert_shows_it(server);
    }

    fn a_recomputed_forgery_shows_against_what_was_kept(server) {
        used(server);
        server.restart();
        let label = fresh_label(server);
        let kept = Keepsake::take(server, &label);
        server.stop();
        let mut hand = almighty(server);
        forge::rewrite(&mut hand, 3);
        found(server, "the signed heads in the database");
        hand.run("DELETE FROM checkpoint WHERE institution_id = 1 AND log = 0").unwrap();
        assert_eq!(in_rows(server), []);
        let alone = verify_against(&server.settings, &Evidence::default(), &mut |_, _| {}).unwrap();
        assert!(alone.findings[0].what.contains(".note: the log had another root"), "{:?}", alone.findings);
        forget_kept_heads(server);
        kept.assert_shows_it(server);
    }

    fn the_server_does_not_write_on_a_rewritten_history(server) {
        used(server);
        server.restart();
        signed_note(&server.sign_in("S001"), "ledger", 8);
        server.stop();
        let forgery = forge::rewriting(&mut Hand::to(&server.settings.database), 3);
        server.tamper(&forgery);
        for shown_by in ["1-ledger.note", "the head signed last in the database"] {
            let said = server.start_error();
            assert!(said.contains("older or a rewritten ledger") && said.contains(shown_by), "{said}");
            fs::remove_file(server.settings.data.join("checkpoints/1-ledger.note")).unwrap_or_default();
        }
    }

    fn the_server_does_not_write_on_damaged_last_entries(server) {
        used(server);
        let last = "institution_id = 1 AND log = 0 AND seq = (SELECT MAX(seq) FROM entry WHERE institution_id = 1 AND log = 0)";
        server.tamper(&format!("UPDATE entry SET leaf_hash = (SELECT leaf_hash FROM entry WHERE institution_id = 0 AND log = 0 AND seq = 0) WHERE {last}"));
        let said = server.start_error();
        assert!(said.contains("damaged") && said.contains("institution 1 ledger entry"), "{said}");
    }

    fn a_head_is_handed_out_to_keep_and_was_signed_here(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let keys = Keys::open(&server.settings.data.join("keys"), false).unwrap();
        let key = keys.log_key("test.example").unwrap();
        for log in ["ledger", "audit"] {
            let note = signed_note(&hospital.safety, log, 1);
            assert_eq!(open(&note, key.verifier()).unwrap().origin(), format!("test.example/inst/1/{log}"));
        }
        hospital.administrator.get("/api/v1/checkpoint").refused(403, "not_permitted");
        server.anonymous().get("/api/v1/checkpoint").refused(401, "session_invalid");
        hospital.safety.get("/api/v1/checkpoint?log=diary").refused(422, "fields_invalid");
    }

    fn what_was_written_just_before_the_end_is_signed_at_the_next_start(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        server.stop();
        let size = server.verify().heads[2].2.size;
        server.restart();
        // The old session: signing in would write, and what grows is signed anyway.
        let safety = Client { base: server.base.clone(), ..hospital.safety };
        signed_note(&safety, "ledger", size);
    }

    fn readiness_says_whether_the_ledger_is_sound(server) {
        used(server);
        server.restart();
        assert_eq!(verified(server).0, "sound");
        assert!(verified(server).1 > 10);
        server.stop();
        server.tamper("UPDATE standing SET amount = amount + 1");
        server.restart();
        let said = verified(server).0;
        assert!(said.contains("not as its entries say"), "{said}");
    }

    fn the_command_line_holds_files_against_the_ledger(server) {
        used(server);
        server.restart();
        let label = fresh_label(server);
        let kept = Keepsake::take(server, &label);
        server.stop();
        let folder = server.settings.data.clone();
        let file = |name: &str, text: &str| { let path = folder.join(name); fs::write(&path, text).unwrap(); path };
        let (receipt, head) = (file("receipt.json", &kept.receipt.1), file("head.note", &kept.checkpoint.1));
        let (sound, said) = command_line(server, &[("--receipt", &receipt), ("--checkpoint", &head)]);
        assert!(sound && said.contains("all is as the entries say"), "{said}");

        let mut other: serde_json::Value = serde_json::from_str(&kept.receipt.1).unwrap();
        other["receipt"]["leaf_hash"] = other["receipt"]["root"].clone();
        let other = file("other.json", &other["receipt"].to_string());
        let (sound, said) = command_line(server, &[("--receipt", &other)]);
        assert!(!sound && said.contains("it was another entry"), "{said}");

        let unsigned = file("unsigned.note", &kept.checkpoint.1.replacen('1', "2", 1));
        let (sound, said) = command_line(server, &[("--checkpoint", &unsigned)]);
        assert!(!sound && said.contains("not a head signed here"), "{said}");
        let (sound, said) = command_line(server, &[("--receipt", &head)]);
        assert!(!sound && said.contains("is not a receipt"), "{said}");
    }
}

/// The label of a bottle received just now.
fn fresh_label(server: &TestServer) -> String {
    let bottle =
        json!({"product": "1", "count": 1, "each": {"value": "500", "unit": "mL"}, "place": "1"});
    let received = server
        .sign_in("E001")
        .post("/api/v1/receipts", bottle)
        .expect(201);
    received.json["labels"][0].as_str().unwrap().to_owned()
}

/// What `/health/ready` says once the verification in the background has ended.
fn verified(server: &TestServer) -> (String, u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = server.anonymous().get("/health/ready");
        if answer.status == 503 {
            return (
                answer.refused(503, "not_ready").json["detail"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
                0,
            );
        }
        let ready = answer.expect(200).json;
        let verified = ready["verified"].as_str().unwrap();
        if verified != "running" {
            return (verified.to_owned(), ready["entries"].as_u64().unwrap());
        }
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
}
