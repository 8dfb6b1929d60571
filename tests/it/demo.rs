//! The demo hospital: made through the real path, the same for the same seed, sound, and marked 演示.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use hazledger::app::demo::{StoryClock, demo_persons};
use hazledger::app::export::{Format, Subject, Wanted, export, file_name};
use hazledger::app::{App, Settings};
use serde_json::json;

use crate::harness::installed;
use crate::harness::on_both;
use crate::harness::process::Site;
use crate::harness::server::{START, TestServer};
use crate::label_print::decode::zbarimg;

/// The files of the demo on SQLite: told once, copied by every test that wants it.
static SQLITE: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();

/// Puts the demo hospital into an empty server.
pub fn filled(server: &mut TestServer) {
    server.stop();
    if server.settings.database.is_sqlite() {
        let files = SQLITE.get_or_init(|| {
            let mut first = TestServer::sqlite();
            first.stop();
            tell(&first.settings);
            read(&first.settings.data)
        });
        for (path, bytes) in files {
            let path = server.settings.data.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    } else {
        tell(&server.settings);
    }
    server.restart();
}

fn tell(settings: &Settings) {
    let clock = StoryClock::before(START.parse().unwrap());
    let settings = Settings {
        clock: clock.clock(),
        ..settings.clone()
    };
    let (app, threads) = App::start(&settings).unwrap();
    let told = actix_web::rt::System::new().block_on(app.tell_demo(&clock, 7, &mut |_, _| {}));
    drop(app);
    threads.join();
    told.unwrap();
}

fn read(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                files.push((name, fs::read(path).unwrap()));
            }
        }
    }
    files
}

/// What an export of the first institution writes, and the name of its file.
pub fn exported(settings: &Settings, subject: Subject, format: Format) -> (String, String) {
    let wanted = Wanted {
        institution: 1.try_into().unwrap(),
        subject,
        format,
    };
    let mut name = String::new();
    let open = |edition: &_| {
        name = file_name(&wanted, edition);
        Ok(Vec::new())
    };
    let bytes = export(settings, &wanted, open, &mut |_, _| {}).unwrap();
    (name, String::from_utf8(bytes).unwrap())
}

on_both! {
    fn the_demo_is_a_believable_hospital_and_the_same_for_the_same_seed(server) {
        filled(server);
        server.assert_balanced();
        assert_eq!(server.number("SELECT COUNT(*) FROM container"), 304);
        assert_eq!(server.number("SELECT COUNT(*) FROM person"), 14);
        assert_eq!(server.number("SELECT COUNT(*) FROM product"), 46);
        for kind in ["opening", "receive", "move", "checkout", "use", "give_back", "reverse", "reprint"] {
            assert!(server.number(&format!("SELECT COUNT(*) FROM entry WHERE kind = '{kind}'")) > 0, "{kind}");
        }
        assert!(server.number("SELECT COUNT(*) FROM signature WHERE part = 'issuer'") >= 40);
        assert!(server.number("SELECT COUNT(*) FROM signature WHERE part = 'acceptor'") >= 20);
        assert!(server.entries_saying("\"late\":{") > 0);
        assert!(server.entries_saying("\"weighing\":{") > 0);
        for (subject, begins) in [(Subject::Containers, "演示-containers-1-"), (Subject::Stock, "演示-stock-1-")] {
            let (name, text) = exported(&server.settings, subject, Format::Csv);
            assert!(name.starts_with(begins), "{name}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("演示,")), "{text}");
        }
        if !server.settings.database.is_sqlite() {
            let mut twin = TestServer::sqlite();
            filled(&mut twin);
            let told = |server: &TestServer| exported(&server.settings, Subject::Containers, Format::Csv).1;
            assert_eq!(told(server), told(&twin));
        }
    }
}

#[test]
fn every_label_of_the_demo_decodes_to_its_digits_and_says_demo() {
    let mut server = TestServer::sqlite();
    filled(&mut server);
    let equipment = server.anonymous().sign_in_with("1", "E001", "205713");
    let (_, stock) = exported(&server.settings, Subject::Containers, Format::Jsonl);
    let labels: Vec<String> = stock
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|container| container["status"] != "作废")
        .map(|container| container["label"].as_str().unwrap().replace(' ', ""))
        .collect();
    assert!(labels.len() >= 300, "{}", labels.len());
    let templates = ["50x30-code128", "70x50-qr", "50x30-qr", "70x50-code128"];
    let full = std::env::var_os("FULL").is_some();
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut digits) = (Vec::new(), Vec::new());
    // Every label takes its turn at one template and one rendering; with FULL=1 it takes all of them.
    let renderings: Vec<(&str, &str)> = ["", "&dpi=203&one_bit=true"]
        .into_iter()
        .flat_map(|options| templates.map(|template| (template, options)))
        .collect();
    for (turn, label) in labels.iter().enumerate() {
        for (place, (template, options)) in renderings.iter().enumerate() {
            if !full && place != turn % renderings.len() {
                continue;
            }
            let path = format!("/api/v1/labels/{label}.png?template={template}{options}");
            let file = folder.path().join(format!("{}.png", files.len()));
            fs::write(&file, equipment.get(&path).expect(200).bytes).unwrap();
            files.push(file);
            digits.push(label.clone());
        }
    }
    if installed("zbarimg") {
        let read: Vec<String> = files.chunks(100).flat_map(zbarimg).collect();
        assert_eq!(read, digits);
    }
    let drawn = equipment.get(&format!("/api/v1/labels/{}.svg", labels[0]));
    assert!(drawn.expect(200).text.contains("<title>演示 "));
}

#[test]
fn serve_demo_makes_the_hospital_once_and_only_in_an_empty_database() {
    let site = Site::sqlite();
    let (mut server, said) = site.serve_demo();
    let readme = include_str!("../../README.md");
    for person in demo_persons().unwrap() {
        let (number, secret, name) = (&person.staff_number, &person.secret, &person.name);
        assert!(
            said.iter()
                .any(|line| line.starts_with(&format!("  {number}  {secret}  {name}  ")))
        );
        assert!(
            readme.contains(&format!("| {number} | {secret} | {name} |")),
            "{name}"
        );
        let body = json!({"institution": "1", "staff_number": number, "secret": secret});
        server
            .anonymous()
            .post("/api/v1/sessions", body)
            .expect(201);
    }
    server.kill();
    let entries = site.number("SELECT COUNT(*) AS n FROM entry WHERE log = 0");
    let (mut again, _) = site.serve_demo();
    again.kill();
    assert_eq!(
        site.number("SELECT COUNT(*) AS n FROM entry WHERE log = 0"),
        entries
    );
    site.assert_sound();

    let real = Site::sqlite();
    let mut server = real.serve();
    let code = server.code.clone().unwrap();
    found(&server.anonymous(), &code);
    server.kill();
    let said = real.refuses_to_serve_with(&["--demo"]);
    assert!(
        said.contains("institution 1 in this database is no demo"),
        "{said}"
    );
}

/// A real hospital.
pub fn found(anonymous: &crate::harness::client::Client, code: &str) -> serde_json::Value {
    let founders = [
        ("林建国", "A001", "220302198001010013", "administrator"),
        ("周敏", "E001", "220302198503150024", "equipment"),
        ("陈安", "S001", "220302199007040031", "safety"),
    ];
    let founders = founders.map(|(name, staff_number, identity_number, role)| {
        json!({"name": name, "staff_number": staff_number, "identity_number": identity_number, "roles": [role]})
    });
    let body = json!({"code": code, "name": "四平市示范医院", "uscc": "122203004127560907", "region": "220302",
        "kind": "hospital", "founders": founders});
    anonymous
        .post("/api/v1/institutions", body)
        .expect(201)
        .json
}

#[test]
fn a_demo_that_was_broken_off_is_not_served_as_if_it_were_whole() {
    let mut server = TestServer::sqlite();
    filled(&mut server);
    server.stop();
    server.tamper("DELETE FROM tenure WHERE role = 'auditor'");
    let refused = hazledger::app::demo::demo_state(&server.settings).unwrap_err();
    assert!(
        refused.to_string().contains("was not finished"),
        "{refused}"
    );
}
