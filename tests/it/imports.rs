//! Opening stock from a sheet into the book: shown first, then as a whole or not at all.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::process::{Process, Site};
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::import_sheet::bombs;

const IMPORTS: &str = "/api/v1/imports";

/// The length of the ledger.
const LEDGER: &str = "SELECT size FROM log_head WHERE institution_id = 1 AND log = 0";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/fixtures/import/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn propose(client: &Client, file: &str, parts: &[(&str, &str)]) -> Answer {
    client.upload(IMPORTS, (file, &fixture(file)), parts)
}

fn id(answer: &Answer) -> String {
    answer.json["import"].as_str().unwrap().to_owned()
}

fn accept(client: &Client, import: &str, body: Value) -> Answer {
    client.post(&format!("{IMPORTS}/{import}/acceptance"), body)
}

fn undo(client: &Client, import: &str) -> Answer {
    client.post(
        &format!("{IMPORTS}/{import}/reversal"),
        json!({"reason": "用错了表"}),
    )
}

/// The import once its job is at rest.
#[track_caller]
pub fn at_rest(client: &Client, import: &str) -> Value {
    let began = Instant::now();
    loop {
        let seen = client.get(&format!("{IMPORTS}/{import}")).expect(200).json;
        let running = ["importing", "undoing"].contains(&seen["state"].as_str().unwrap());
        if !running || !seen["stopped"].is_null() {
            return seen;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{seen}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Places that hold controlled classes, each with its two custodians.
fn strongroom(hospital: &Hospital, kind: &str, name: &str, parent: Option<&str>) -> String {
    let place = hospital.place(json!({
        "kind": kind, "name": name, "parent": parent,
        "permitted": ["highly_toxic", "explosive_precursor", "narcotic", "drug_precursor_1_medicinal", "drug_precursor_1"],
    }));
    for (person, second) in [("2", "S001"), ("3", "E001")] {
        let custodian = json!({
            "person": person, "role": "custodian", "place": place,
            "second": {"staff_number": second, "secret": SECRET},
        });
        hospital
            .administrator
            .post("/api/v1/appointments", custodian)
            .expect(201);
    }
    place
}

/// Everybody named signs what an import waits for.
fn sign_all(client: &Client, import: &Value, signers: &[&str], status: u16) {
    let proofs: Vec<Value> = signers
        .iter()
        .map(|login| json!({"login": login, "secret": SECRET, "part": "acceptor"}))
        .collect();
    for request in import["signing_requests"].as_array().unwrap() {
        let path = format!(
            "/api/v1/signing-requests/{}",
            request["request"].as_str().unwrap()
        );
        let shown = client.get(&path).expect(200);
        let body = json!({"payload_hash": shown.json["payload_hash"], "proofs": proofs});
        client
            .post(&format!("{path}/signatures"), body)
            .expect(status);
    }
}

/// What stands where: path, name, qualifier, CAS, base units of one, lot, maker, supplier, expiry →
/// containers.
fn stock(server: &TestServer, client: &Client) -> BTreeMap<String, i64> {
    let listed = client.get("/api/v1/places?limit=200").expect(200);
    let places = listed.json["items"].as_array().unwrap();
    let mut paths = BTreeMap::new();
    for place in places {
        let parent = place["parent"].as_str().and_then(|up| paths.get(up));
        let name = place["name"].as_str().unwrap();
        let path = parent.map_or_else(|| name.to_owned(), |up| format!("{up}/{name}"));
        paths.insert(place["place"].as_str().unwrap().to_owned(), path);
    }
    let sql = "SELECT concat_ws('|', s.place_id, p.name, coalesce(p.qualifier, ''), coalesce(p.cas, ''), s.amount,
            coalesce(c.lot, ''), coalesce(c.maker, ''), coalesce(c.supplier, ''), coalesce(c.expires_on, ''),
            count(*)) AS value
        FROM standing s JOIN container c ON c.institution_id = s.institution_id AND c.serial = s.serial
        JOIN product p ON p.institution_id = c.institution_id AND p.product_id = c.product_id
        WHERE s.status = 'in_stock'
        GROUP BY s.place_id, p.name, p.qualifier, p.cas, s.amount, c.lot, c.maker, c.supplier, c.expires_on";
    let rows = Hand::to(&server.settings.database).values(sql);
    let mut found = BTreeMap::new();
    for row in rows {
        let (place, rest) = row.split_once('|').unwrap();
        let (rest, count) = rest.rsplit_once('|').unwrap();
        *found.entry(format!("{}|{rest}", paths[place])).or_default() +=
            count.parse::<i64>().unwrap();
    }
    found
}

/// The same of the rows that a sheet is expected to be read as.
fn expected(file: &str) -> BTreeMap<String, i64> {
    let expected: Value = serde_json::from_slice(&fixture(file)).unwrap();
    let mut found = BTreeMap::new();
    for row in expected["rows"].as_array().unwrap() {
        let text = |field: &str| row[field].as_str().unwrap_or_default();
        let each =
            serde_json::from_value::<hazledger::domain::quantity::Quantity>(row["each"].clone())
                .unwrap();
        let key = ["place", "name", "qualifier", "cas"].map(text).join("|");
        let rest = ["lot", "maker", "supplier", "expires_on"]
            .map(text)
            .join("|");
        *found
            .entry(format!("{key}|{}|{rest}", each.amount()))
            .or_default() += row["containers"].as_i64().unwrap();
    }
    found
}

/// What the ledger's balances say: rows of the totals that are not nothing.
fn totals(server: &TestServer) -> Vec<String> {
    Hand::to(&server.settings.database).values(
        "SELECT concat_ws('|', institution_id, place_id, product_id, containers, amount) AS value
         FROM place_total WHERE containers <> 0 OR amount <> 0 ORDER BY 1",
    )
}

/// A sheet of `rows` rows of 50 bottles.
fn long_sheet(rows: usize) -> Vec<u8> {
    let mut sheet = "品名,规格,数量,批号,存放地点\n".to_owned();
    for row in 0..rows {
        sheet += &format!(
            "缓冲液{},500ml,50瓶,L{row},试剂库/{}号柜\n",
            row % 7,
            row % 5
        );
    }
    sheet.into_bytes()
}

/// Choices with which the sheet of the pharmacy can be taken in.
fn pharmacy(hospital: &Hospital) -> Vec<(&'static str, &'static str)> {
    strongroom(hospital, "room", "药库一楼危化品室", None);
    strongroom(hospital, "room", "麻精药品库保险柜", None);
    vec![
        ("make_places", "true"),
        (
            "substances",
            r#"{"盐酸麻黄碱注射液": "麻黄素类物质", "盐酸吗啡注射液": "吗啡"}"#,
        ),
    ]
}

on_both! {
    fn the_equipment_office_sheet_comes_into_the_book_as_it_reads(server) {
        let hospital = server.hospital();
        let shown = propose(&hospital.equipment, "equipment_office.csv", &[("make_places", "true")]).expect(201);
        assert_eq!((&shown.json["acceptable"], &shown.json["containers"]), (&json!(true), &json!(125)));
        assert_eq!(stock(server, &hospital.safety), BTreeMap::new());
        let accepted = accept(&hospital.equipment, &id(&shown), json!({})).expect(202);
        assert_eq!(accepted.json["file_sha256"], shown.json["file_sha256"]);
        let done = at_rest(&hospital.equipment, &id(&shown));
        assert_eq!((&done["state"], &done["imported"]), (&json!("imported"), &json!(125)));
        assert_eq!(stock(server, &hospital.safety), expected("equipment_office.expected.json"));
        server.assert_balanced();
    }

    fn a_sheet_with_controlled_rows_comes_in_when_two_have_signed(server) {
        let hospital = server.hospital();
        let choices = pharmacy(&hospital);
        let equipment = &hospital.equipment;
        let shown = propose(equipment, "pharmacy_2025.csv", &choices).expect(201);
        assert_eq!(shown.json["acceptable"], json!(true), "{}", shown.text);
        assert_eq!(shown.json["acceptors"], json!(2));
        let import = id(&shown);
        accept(equipment, &import, json!({})).refused(422, "acceptors_missing");
        accept(equipment, &import, json!({"acceptors": ["2"]})).refused(422, "acceptors_missing");
        accept(equipment, &import, json!({"acceptors": ["2", "2"]})).refused(422, "same_person_twice");
        assert_eq!(stock(server, &hospital.safety), BTreeMap::new());
        accept(equipment, &import, json!({"acceptors": ["2", "3"]})).expect(202);
        let waiting = at_rest(equipment, &import);
        assert_eq!(waiting["state"], json!("awaiting_signatures"));
        let signed = shown.json["signed"].as_i64().unwrap();
        let all = shown.json["containers"].as_i64().unwrap();
        assert!(signed > 0);
        assert_eq!(waiting["imported"], json!(all - signed));
        sign_all(equipment, &waiting, &["E001"], 202);
        assert_eq!(at_rest(equipment, &import)["imported"], json!(all - signed));
        sign_all(equipment, &waiting, &["S001"], 201);
        let done = at_rest(equipment, &import);
        assert_eq!((&done["state"], &done["imported"]), (&json!("imported"), &json!(all)));
        assert_eq!(stock(server, &hospital.safety), expected("pharmacy_2025.expected.json"));
        server.assert_balanced();
    }

    fn the_laboratory_workbook_comes_into_the_book_as_it_reads(server) {
        let hospital = server.hospital();
        for room in ["301室", "302室", "303室"] {
            strongroom(&hospital, "room", room, None);
        }
        let equipment = &hospital.equipment;
        let shown = propose(equipment, "lab_reagents.xlsx", &[("make_places", "true")]).expect(201);
        assert_eq!(shown.json["acceptable"], json!(true), "{}", shown.text);
        accept(equipment, &id(&shown), json!({"acceptors": ["2", "3"]})).expect(202);
        let waiting = at_rest(equipment, &id(&shown));
        sign_all(equipment, &waiting, &["E001", "S001"], 201);
        assert_eq!(at_rest(equipment, &id(&shown))["state"], json!("imported"));
        assert_eq!(stock(server, &hospital.safety), expected("lab_reagents.expected.json"));
        server.assert_balanced();
    }

    fn one_bad_row_refuses_the_file_and_nothing_changes(server) {
        let hospital = server.hospital();
        let before = server.number(LEDGER);
        let shown = propose(&hospital.equipment, "with_errors.xlsx", &[("make_places", "true")]).expect(201);
        assert_eq!(shown.json["acceptable"], json!(false));
        let expected: Value = serde_json::from_slice(&fixture("with_errors.expected.json")).unwrap();
        let cells = |of: &Value| -> Vec<Value> {
            of["errors"].as_array().unwrap().iter().map(|error| json!([error["cell"], error["code"]])).collect()
        };
        assert_eq!(cells(&shown.json), cells(&expected));
        let refused = accept(&hospital.equipment, &id(&shown), json!({})).refused(422, "import_has_errors");
        assert_eq!(refused.json["wrong_cells"], json!("27"));
        undo(&hospital.equipment, &id(&shown)).refused(409, "import_closed");
        assert_eq!(server.number(LEDGER), before);
    }

    fn a_second_import_of_the_same_file_changes_nothing(server) {
        let hospital = server.hospital();
        let equipment = &hospital.equipment;
        let first = propose(equipment, "equipment_office.csv", &[("make_places", "true")]).expect(201);
        let second = propose(equipment, "equipment_office.csv", &[("make_places", "true")]).expect(201);
        accept(equipment, &id(&first), json!({})).expect(202);
        at_rest(equipment, &id(&first));
        let (size, before) = (server.number(LEDGER), stock(server, &hospital.safety));
        let again = accept(equipment, &id(&second), json!({})).expect(200);
        assert_eq!(id(&again), id(&first));
        accept(equipment, &id(&first), json!({})).expect(202);
        assert_eq!(at_rest(equipment, &id(&first))["state"], json!("imported"));
        let third = propose(equipment, "equipment_office.csv", &[]).expect(200);
        assert_eq!((id(&third), &third.json["state"]), (id(&first), &json!("imported")));
        assert_eq!((server.number(LEDGER), stock(server, &hospital.safety)), (size, before));
        server.assert_balanced();
    }

    fn an_import_taken_back_restores_every_balance(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let equipment = &hospital.equipment;
        let before = (totals(server), stock(server, &hospital.safety));
        let sheet = long_sheet(7);
        let choices = [("make_places", "true")];
        let shown = equipment.upload(IMPORTS, ("期初.csv", &sheet), &choices).expect(201);
        accept(equipment, &id(&shown), json!({})).expect(202);
        let done = at_rest(equipment, &id(&shown));
        assert_eq!(done["entries"].as_array().unwrap().len(), 4);
        assert_ne!(totals(server), before.0);
        undo(equipment, &id(&shown)).expect(202);
        let undone = at_rest(equipment, &id(&shown));
        assert_eq!((&undone["state"], &undone["reversed"]), (&json!("undone"), &json!(4)));
        assert_eq!((totals(server), stock(server, &hospital.safety)), before);
        undo(equipment, &id(&shown)).refused(409, "import_closed");
        accept(equipment, &id(&shown), json!({})).refused(409, "import_closed");
        // Taken back, the same file can be proposed again.
        let again = equipment.upload(IMPORTS, ("期初.csv", &sheet), &choices).expect(201);
        accept(equipment, &id(&again), json!({})).expect(202);
        assert_eq!(at_rest(equipment, &id(&again))["imported"], json!(350));
        server.assert_balanced();
    }

    fn an_import_whose_containers_have_moved_on_is_not_taken_back_at_all(server) {
        let hospital = server.hospital();
        let equipment = &hospital.equipment;
        let shown = equipment.upload(IMPORTS, ("期初.csv", &long_sheet(7)), &[("make_places", "true")]).expect(201);
        accept(equipment, &id(&shown), json!({})).expect(202);
        at_rest(equipment, &id(&shown));
        let label = hazledger::domain::ids::Label::new(
            1.try_into().unwrap(), 345.try_into().unwrap(), 0.try_into().unwrap()).to_string();
        let known = json!({"document": "SDS", "hazardous": true});
        equipment.post("/api/v1/products/7/identifications", known).expect(201);
        let used = json!({"label": label, "amount": {"value": "1", "unit": "mL"}});
        let used = hospital.safety.post("/api/v1/uses", used).expect(201).json["receipt"]["seq"].to_string();
        let size = server.number(LEDGER);
        let refused = undo(equipment, &id(&shown)).refused(422, "later_entries_exist");
        assert_eq!((&refused.json["label"], &refused.json["latest"]), (&json!(label), &json!(used)));
        assert_eq!(at_rest(equipment, &id(&shown))["state"], json!("imported"));
        assert_eq!(server.number(LEDGER), size);
        equipment.post("/api/v1/reversals", json!({"entry": used, "reason": "录入错误"})).expect(201);
        undo(equipment, &id(&shown)).expect(202);
        assert_eq!(at_rest(equipment, &id(&shown))["state"], json!("undone"));
        assert_eq!(server.assert_balanced(), [0, 0, 0]);
    }

    fn what_came_in_under_signatures_is_not_taken_back_by_one_person(server) {
        let hospital = server.hospital();
        let equipment = &hospital.equipment;
        let shown = propose(equipment, "pharmacy_2025.csv", &pharmacy(&hospital)).expect(201);
        accept(equipment, &id(&shown), json!({"acceptors": ["2", "3"]})).expect(202);
        let waiting = at_rest(equipment, &id(&shown));
        sign_all(equipment, &waiting, &["E001", "S001"], 201);
        let before = stock(server, &hospital.safety);
        undo(equipment, &id(&shown)).refused(422, "signatures_required");
        assert_eq!(stock(server, &hospital.safety), before);
        server.assert_balanced();
    }

    fn requests_that_nobody_signed_are_withdrawn_with_the_import_or_made_anew(server) {
        let hospital = server.hospital();
        let equipment = &hospital.equipment;
        let shown = propose(equipment, "pharmacy_2025.csv", &pharmacy(&hospital)).expect(201);
        accept(equipment, &id(&shown), json!({"acceptors": ["2", "3"]})).expect(202);
        let request = |seen: &Value| seen["signing_requests"][0]["request"].clone();
        let first = request(&at_rest(equipment, &id(&shown)));
        let path = format!("/api/v1/signing-requests/{}", first.as_str().unwrap());
        equipment.delete(&path).expect(204);
        accept(equipment, &id(&shown), json!({})).expect(202);
        let second = request(&at_rest(equipment, &id(&shown)));
        assert_ne!(second, first);
        undo(equipment, &id(&shown)).expect(202);
        let undone = at_rest(equipment, &id(&shown));
        assert_eq!(undone["state"], json!("undone"));
        assert_eq!(undone["signing_requests"][0]["state"], json!("refused"));
        assert_eq!(server.assert_balanced(), [0, 0, 0]);
    }

    fn what_has_changed_since_the_dry_run_refuses_the_acceptance(server) {
        let hospital = server.hospital();
        let equipment = &hospital.equipment;
        let room = hospital.place(json!({"kind": "room", "name": "药库"}));
        let sheet = "品名,规格,数量,存放地点\n无水乙醇,500ml,3瓶,药库\n".as_bytes();
        let shown = equipment.upload(IMPORTS, ("a.csv", sheet), &[]).expect(201);
        server.stop();
        server.tamper(&format!("UPDATE place SET closed = 1 WHERE place_id = {room}"));
        server.restart();
        let equipment = server.sign_in("E001");
        accept(&equipment, &id(&shown), json!({})).refused(422, "place_closed");
        assert_eq!(server.number("SELECT COUNT(*) FROM standing"), 0);
    }

    fn names_of_places_are_matched_by_path_and_mapped_by_hand(server) {
        let hospital = server.hospital();
        let north = hospital.place(json!({"kind": "building", "name": "北楼"}));
        let south = hospital.place(json!({"kind": "building", "name": "南楼"}));
        for building in [&north, &south] {
            hospital.place(json!({"kind": "room", "name": "药库", "parent": building}));
        }
        let sheet = "品名,规格,数量,存放地点\n无水乙醇,500ml,3瓶,药库\n无水乙醇,500ml,2瓶,南楼/药库\n无水乙醇,500ml,1瓶,西楼\n无水乙醇,500ml,7瓶,\n";
        let upload = |parts: &[(&str, &str)]| hospital.equipment.upload(IMPORTS, ("a.csv", sheet.as_bytes()), parts).expect(201).json;
        let cells = |shown: &Value| -> Vec<(String, String)> {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            shown["errors"].as_array().unwrap().iter().map(|error| (text(&error["cell"]), text(&error["code"]))).collect()
        };
        let pairs = |of: &[(&str, &str)]| -> Vec<(String, String)> { of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect() };
        // A blank place is the one above it.
        assert_eq!(cells(&upload(&[])), pairs(&[("D2", "place_name_ambiguous"), ("D4", "place_name_unknown"), ("D5", "place_name_unknown")]));
        let places = format!(r#"{{"药库": "{north}", "西楼": "{south}"}}"#);
        let shown = upload(&[("places", &places)]);
        assert_eq!(cells(&shown), []);
        let names: Vec<&str> = shown["places"].as_array().unwrap().iter().map(|place| place["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["北楼", "南楼/药库", "南楼"]);
        let foreign = upload(&[("places", r#"{"药库": "77"}"#), ("make_places", "true")]);
        assert_eq!(cells(&foreign), pairs(&[("D2", "place_unknown")]));
        let wrong = hospital.equipment.upload(IMPORTS, ("a.csv", b"x"), &[("places", "[]"), ("mapping", "{")]).refused(422, "fields_invalid");
        assert_eq!(wrong.json["errors"][0]["pointer"], json!("/mapping"));
        assert_eq!(wrong.json["errors"][1]["pointer"], json!("/places"));
    }

    fn a_file_that_is_no_sheet_is_refused_by_its_kind(server) {
        let hospital = server.hospital();
        let upload = |bytes: &[u8]| hospital.equipment.upload(IMPORTS, ("a.xlsx", bytes), &[]);
        upload(b"\x89PNG\r\n\x1a\n").refused(422, "not_a_spreadsheet");
        upload(b"").refused(422, "file_empty");
        upload(b"PK\x03\x04 cut off").refused(422, "file_damaged");
        for bomb in bombs() {
            let refused = upload(&bomb).expect(422);
            assert!(["file_inflates", "file_damaged"].contains(&refused.code()), "{}", refused.text);
        }
        hospital.equipment.post(IMPORTS, json!({})).refused(415, "content_type_unsupported");
    }

    fn another_institution_sees_an_import_as_it_sees_nothing(server) {
        let hospital = server.hospital();
        let shown = propose(&hospital.equipment, "equipment_office.csv", &[("make_places", "true")]).expect(201);
        let other = server.second_hospital();
        let bare = |answer: Answer| {
            let mut json = answer.json;
            json.as_object_mut().unwrap().remove("request_id");
            (answer.status, json)
        };
        let ask = |import: &str| {
            let client = &other.equipment;
            [
                bare(client.get(&format!("{IMPORTS}/{import}"))),
                bare(accept(client, import, json!({}))),
                bare(undo(client, import)),
            ]
        };
        let foreign = ask(&id(&shown));
        assert_eq!(foreign, ask("77"));
        assert!(foreign.iter().all(|(status, body)| (*status, &body["code"]) == (404, &json!("import_unknown"))));
    }
}

/// A server is killed in the middle of an import while somebody checks out; the next one goes on.
fn a_killed_import_goes_on(site: &Site) {
    let mut server = site.serve();
    let hospital = Hospital::found(&server.anonymous(), server.code.as_ref().unwrap());
    let (_, labels) = hospital.ethanol();
    let sheet = long_sheet(120);
    let choices = [("make_places", "true")];
    let shown = hospital
        .equipment
        .upload(IMPORTS, ("期初.csv", &sheet), &choices)
        .expect(201);
    let import = id(&shown);
    accept(&hospital.equipment, &import, json!({})).expect(202);
    let take = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
    let mut checkouts = 0;
    loop {
        let seen = hospital
            .equipment
            .get(&format!("{IMPORTS}/{import}"))
            .expect(200)
            .json;
        if seen["imported"].as_i64().unwrap() >= 1000 {
            assert_eq!(
                seen["state"],
                json!("importing"),
                "over before it could be killed"
            );
            break;
        }
        hospital
            .safety
            .post("/api/v1/checkouts", take.clone())
            .expect(201);
        checkouts += 1;
    }
    assert!(checkouts > 0);
    server.kill();
    let server: Process = site.serve();
    let equipment = server.anonymous().sign_in("E001");
    let done = at_rest(&equipment, &import);
    assert_eq!(
        (&done["state"], &done["imported"]),
        (&json!("imported"), &json!(6000))
    );
    let entries = done["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 60);
    assert_eq!(site.number("SELECT COUNT(*) AS n FROM standing"), 6005);
    assert_eq!(
        site.number("SELECT COUNT(*) AS n FROM entry WHERE log = 0 AND kind = 'opening'"),
        60
    );
    drop(server);
    site.assert_sound();
}

#[test]
fn a_killed_import_goes_on_at_the_next_start_on_sqlite() {
    a_killed_import_goes_on(&Site::sqlite());
}

#[test]
fn a_killed_import_goes_on_at_the_next_start_on_postgres() {
    if let Some(site) = Site::postgres() {
        a_killed_import_goes_on(&site);
    }
}

#[test]
fn the_command_line_takes_a_sheet_in_the_same_way() {
    let site = Site::sqlite();
    let server = site.serve();
    Hospital::found(&server.anonymous(), server.code.as_ref().unwrap());
    drop(server);
    let run = |file: &str, more: &[&str]| {
        let path = format!("{}/fixtures/import/{file}", env!("CARGO_MANIFEST_DIR"));
        let ran = site
            .command("import")
            .args([path.as_str(), "--institution", "1", "--login", "E001"])
            .args(more)
            .env("HAZLEDGER_SECRET", SECRET)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        (
            ran.status.success(),
            said,
            String::from_utf8(ran.stderr).unwrap(),
        )
    };
    let containers = || site.number("SELECT COUNT(*) AS n FROM standing");
    let (done, said, _) = run("with_errors.xlsx", &["--make-places", "--accept"]);
    assert!(!done && said.contains("\nA4\t\t品名为空"), "{said}");
    let (done, said, _) = run("equipment_office.csv", &["--make-places"]);
    assert!(done && said.contains("未导入任何内容"), "{said}");
    assert_eq!(containers(), 0);
    let (done, said, wrong) = run("equipment_office.csv", &["--make-places", "--accept"]);
    assert!(done && said.contains("已导入：125 / 125"), "{said}{wrong}");
    assert_eq!(containers(), 125);
    let (done, said, _) = run("equipment_office.csv", &["--accept"]);
    assert!(done && said.contains("同一文件已由第"), "{said}");
    assert_eq!(containers(), 125);
    site.assert_sound();
}

#[test]
fn an_upload_without_end_is_refused_and_takes_no_memory() {
    let site = Site::sqlite();
    let server = site.serve();
    let hospital = Hospital::found(&server.anonymous(), server.code.as_ref().unwrap());
    let before = server.peak_memory_kib();
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut answers = stream.try_clone().unwrap();
    let is_answered = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_answered);
    let reader = thread::spawn(move || {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n") && answers.read(&mut byte).unwrap() == 1 {
            head.push(byte[0]);
        }
        told.store(true, Ordering::Relaxed);
        String::from_utf8(head).unwrap()
    });
    let head = format!(
        "POST {IMPORTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: multipart/form-data; boundary=b\r\n\r\n",
        hospital.equipment.token.as_ref().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut chunk = |bytes: &[u8]| -> std::io::Result<()> {
        write!(stream, "{:x}\r\n", bytes.len())?;
        stream.write_all(bytes)?;
        stream.write_all(b"\r\n")
    };
    chunk(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n")
        .unwrap();
    let megabyte = vec![b'a'; 1 << 20];
    let sent = (0..2048)
        .take_while(|_| !is_answered.load(Ordering::Relaxed) && chunk(&megabyte).is_ok())
        .count();
    assert!((32..2048).contains(&sent), "{sent} MB were taken");
    assert_eq!(reader.join().unwrap(), "HTTP/1.1 413 Payload Too Large\r\n");
    let grown = server.peak_memory_kib() - before;
    assert!(grown < 64 << 10, "{grown} KiB more");
}
