//! The command line, as somebody at the server uses it: the program itself, while a server runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use hazledger::domain::merkle::leaf_hash;
use serde_json::{Value, json};

use crate::demo::found;
use crate::harness::client::Client;
use crate::harness::process::{Process, Site};

/// The secret of the administrator.
const SECRET: &str = "730164";

/// Runs a test on both backends, on a site of its own.
macro_rules! at_both_sites {
    ($(fn $name:ident($site:ident) $body:block)*) => {$(
        fn $name($site: &Site) $body

        mod $name {
            #[test]
            fn sqlite() {
                super::$name(&crate::harness::process::Site::sqlite());
            }

            #[test]
            fn postgres() {
                if let Some(site) = crate::harness::process::Site::postgres() {
                    super::$name(&site);
                }
            }
        }
    )*};
}

/// A running server with a founded hospital, and its equipment department at work: one room, five
/// bottles of something whose name a spreadsheet would run.
fn hospital(site: &Site) -> (Process, Client) {
    let server = site.serve();
    let anonymous = server.anonymous();
    let founded = found(&anonymous, server.code.as_ref().unwrap());
    for (line, secret) in founded["codes"]
        .as_array()
        .unwrap()
        .iter()
        .zip([SECRET, "284917", "619284"])
    {
        let body = json!({"institution": "1", "staff_number": line["staff_number"], "code": line["code"], "secret": secret});
        anonymous.post("/api/v1/secrets", body).expect(204);
    }
    let equipment = anonymous.sign_in("E001");
    let room = equipment
        .post(
            "/api/v1/places",
            json!({"kind": "room", "name": "=cmd|' /C calc'!A0"}),
        )
        .expect(201);
    let product =
        json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"});
    let product = equipment.post("/api/v1/products", product).expect(201);
    let receipt = json!({"product": product.json["product"], "place": room.json["place"], "count": 5,
        "each": {"value": "500", "unit": "mL"}, "lot": "@SUM(A1)", "maker": "a,\"b\""});
    equipment.post("/api/v1/receipts", receipt).expect(201);
    (server, equipment)
}

/// What a command says when all goes well.
#[track_caller]
fn said(site: &Site, verb: &str, arguments: &[&str], input: &str) -> String {
    let output = site.run(verb, arguments, input);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says when it refuses.
#[track_caller]
fn refused(site: &Site, verb: &str, arguments: &[&str], input: &str) -> String {
    let output = site.run(verb, arguments, input);
    assert!(!output.status.success(), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Waits until a head of that size is kept outside the database.
fn wait_until_signed(site: &Site, size: &str) {
    let note = site.data().join("checkpoints/1-ledger.note");
    let deadline = Instant::now() + Duration::from_secs(20);
    while fs::read_to_string(&note).unwrap_or_default().lines().nth(1) != Some(size) {
        assert!(
            Instant::now() < deadline,
            "no head of size {size} was signed"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

at_both_sites! {
    fn export_writes_what_the_ledger_holds_while_the_server_runs(site) {
        let (_server, _) = hospital(site);
        let name = said(site, "export", &["--institution", "1", "--what", "ledger", "--format", "jsonl"], "");
        let file = site.folder().join(name.trim());
        let entries = fs::read_to_string(&file).unwrap();
        let size = entries.lines().count();
        assert!(name.starts_with(&format!("ledger-1-{size}-")), "{name}");
        for (seq, line) in entries.lines().enumerate() {
            let (bytes, rest) = line.strip_prefix("{\"entry\":").unwrap().rsplit_once(",\"leaf_hash\":").unwrap();
            assert_eq!(rest, format!("\"{}\"}}", leaf_hash(bytes.as_bytes()).to_base64()));
            let entry: Value = serde_json::from_str(bytes).unwrap();
            assert_eq!(entry["seq"], seq.to_string());
        }
        refused(site, "export", &["--institution", "1", "--what", "ledger", "--format", "jsonl"], "");

        let csv = said(site, "export", &["--institution", "1", "--what", "containers", "--out", "-"], "");
        assert!(csv.starts_with("\u{FEFF}数据性质,标签号,"), "{csv}");
        assert_eq!(csv.lines().count(), 6);
        let last = csv.lines().last().unwrap();
        assert!(last.starts_with("正式,0001 0000 0005 00"), "{last}");
        assert!(last.contains(",'=cmd|' /C calc'!A0,"), "{last}");
        assert!(last.contains(",'@SUM(A1),\"a,\"\"b\"\"\","), "{last}");

        let stock = said(site, "export", &["--institution", "1", "--what", "stock", "--format", "jsonl", "--out", "-"], "");
        let stock: Value = serde_json::from_str(&stock).unwrap();
        assert_eq!((&stock["containers"], &stock["amount"]), (&json!("5"), &json!("2.5 L")));
        let nobody = refused(site, "export", &["--institution", "7", "--what", "stock"], "");
        assert!(nobody.contains("there is no institution 7; there are: 1 四平市示范医院"), "{nobody}");
    }

    fn user_lists_everybody_and_hands_out_codes_only_to_a_proven_administrator(site) {
        let (mut server, _) = hospital(site);
        let wrong = json!({"institution": "1", "staff_number": "S001", "secret": "111222"});
        for _ in 0..5 {
            server.anonymous().post("/api/v1/sessions", wrong.clone());
        }
        let listed = said(site, "user", &[], "");
        assert!(listed.contains("institution 1 四平市示范医院 (正式)"), "{listed}");
        assert!(listed.contains("A001  林建国  系统管理员"), "{listed}");
        assert!(listed.lines().any(|line| line.contains("S001") && line.contains("locked until")), "{listed}");

        server.kill();
        // The lock of the wrong tries is of that workstation, not of the console.
        let code = |by, secret: &str| site.run("user", &["code", "E001", "--institution", "1", "--as", by, "--with", "S001", "--reason", "忘记"], &format!("{secret}\n619284\n"));
        for (by, secret, why) in [
            ("A001", "000000", "sign_in_refused"),
            ("E001", "284917", "not_permitted"),
            ("A002", SECRET, "sign_in_refused"),
        ] {
            let output = code(by, secret);
            assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(why), "{output:?}");
        }
        let output = code("A001", SECRET);
        assert!(output.status.success(), "{output:?}");
        let code = String::from_utf8(output.stdout).unwrap();

        let server = site.serve();
        let anonymous = server.anonymous();
        let body = json!({"institution": "1", "staff_number": "E001", "code": code.trim(), "secret": "502817"});
        anonymous.post("/api/v1/secrets", body).expect(204);
        let body = json!({"institution": "1", "staff_number": "E001", "secret": "502817"});
        let token = anonymous.post("/api/v1/sessions", body).expect(201).json["token"].as_str().unwrap().to_owned();
        let equipment = Client { token: Some(token), ..anonymous };
        let handed = equipment.get("/api/v1/entries?kind=code").expect(200);
        let line = &handed.json["items"][0];
        assert_eq!((&line["actor"], &line["reason"]), (&json!("林建国"), &json!("忘记")));
    }
}

#[test]
fn backup_copies_a_running_database_and_restore_serves_it_again() {
    let site = Site::sqlite();
    let (mut server, equipment) = hospital(&site);
    let said_of = said(&site, "backup", &["copy.sqlite"], "");
    assert!(said_of.contains("copy.sqlite: "), "{said_of}");
    assert!(said_of.contains("institution 1 ledger: size "), "{said_of}");
    assert!(refused(&site, "backup", &["copy.sqlite"], "").contains("is there already"));
    let copy = site.folder().join("copy.sqlite");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let later = equipment
        .post("/api/v1/places", json!({"kind": "room", "name": "later"}))
        .expect(201);
    wait_until_signed(&site, &later.json["receipt"]["size"].to_string());
    assert!(refused(&site, "restore", &["copy.sqlite"], "").contains("is there already"));
    server.kill();

    let aside = site.folder().join("aside");
    fs::create_dir(&aside).unwrap();
    for name in [
        "ledger.sqlite",
        "ledger.sqlite-wal",
        "ledger.sqlite-shm",
        "checkpoints",
    ] {
        drop(fs::rename(site.data().join(name), aside.join(name)));
    }
    assert!(refused(&site, "restore", &["nothing.sqlite"], "").contains("there is no file"));
    let sound = fs::read(&copy).unwrap();
    let mut torn = sound.clone();
    let name = "周敏".as_bytes();
    let entry = torn
        .windows(name.len())
        .rposition(|bytes| bytes == name)
        .unwrap();
    torn[entry] ^= 1;
    fs::write(&copy, &torn).unwrap();
    assert!(refused(&site, "restore", &["copy.sqlite"], "").contains("nothing was restored"));
    assert!(!site.data().join("ledger.sqlite").exists());
    fs::write(&copy, sound).unwrap();
    assert!(said(&site, "restore", &["copy.sqlite"], "").contains("all as they say"));
    site.assert_sound();
    let mut server = site.serve();
    let places = server
        .anonymous()
        .sign_in("E001")
        .get("/api/v1/places")
        .expect(200);
    assert_eq!(places.json["items"].as_array().unwrap().len(), 1);
    server.kill();

    // A backup that is older than a signed head is no restored ledger, but a cut one.
    fs::remove_file(site.data().join("ledger.sqlite")).unwrap();
    drop(fs::remove_file(site.data().join("ledger.sqlite-wal")));
    drop(fs::remove_dir_all(site.data().join("checkpoints")));
    fs::rename(aside.join("checkpoints"), site.data().join("checkpoints")).unwrap();
    let older = refused(&site, "restore", &["copy.sqlite"], "");
    assert!(older.contains("newer than every backup"), "{older}");
}

#[test]
fn backup_of_postgres_is_a_dump_that_postgres_reads() {
    let Some(site) = Site::postgres() else { return };
    let (_server, _) = hospital(&site);
    let dumped = site.run("backup", &["copy.dump"], "");
    if crate::harness::installed("pg_dump") {
        assert!(dumped.status.success(), "{dumped:?}");
        assert!(
            fs::read(site.folder().join("copy.dump"))
                .unwrap()
                .starts_with(b"PGDMP")
        );
    }
    let restore = refused(&site, "restore", &["copy.dump"], "");
    assert!(restore.contains("pg_restore --no-owner"), "{restore}");
}

#[test]
fn backup_without_pg_dump_says_what_to_run() {
    let Some(site) = Site::postgres() else { return };
    let output = site.run_on_path("", "backup", &["copy.dump"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        said.contains("run it yourself: pg_dump --format=custom"),
        "{said}"
    );
    assert!(!site.folder().join("copy.dump").exists());
}
