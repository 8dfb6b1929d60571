//! Lists as files: every list, whole, as CSV, XLSX and JSON lines; nothing in them is a formula, and whoever took
//! one is in the audit log.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use hazledger::app::export::{Format, Subject};
use hazledger::domain::canonical::sha256;
use hazledger::report::lists::{LISTS, List};
use serde_json::{Value, json};

use crate::counts::base;
use crate::demo::exported;
use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::server::Hospital;
use crate::harness::{installed, on_both};
use crate::oversight::bureau;
use crate::signing::{BOTH, ask, cyanide, sign};

/// Lists that are the program's own or the asker's own, not records of an institution.
const NO_FILES: [&str; 5] = [
    "/regions",
    "/search",
    "/sessions",
    "/substances",
    "/waste-codes",
];

/// What spreadsheets have taken for formulas, dates and numbers, and what breaks readers of CSV.
const NASTY: [&str; 27] = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://example.com\",\"按此\")",
    "+1+1",
    "-2+3",
    "-1",
    "@SUM(1,1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "7664-93-9",
    "2/3",
    "1-2",
    "2026-05-01",
    "1e5",
    "00123",
    "1234567890123456",
    "TRUE",
    "#N/A",
    "\"",
    "\"quoted\", and a comma",
    "a;b|c",
    "'=1",
    "_x0041_",
    "<script>&amp;</script>",
    "田中さん𠮷 🧪 الاختبار",
];

fn file(client: &Client, path: &str, format: &str) -> Answer {
    let and = if path.contains('?') { '&' } else { '?' };
    client
        .get(&format!("/api/v1{path}{and}format={format}"))
        .expect(200)
}

/// Headings and lines of a file for spreadsheets.
fn csv_of(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.header("Content-Type"), "text/csv; charset=utf-8");
    let text = answer.text.strip_prefix('\u{FEFF}').unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

/// The cells of a worksheet, of which none is a formula.
fn xlsx_of(answer: &Answer) -> Vec<Vec<Data>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(&answer.bytes)).unwrap();
    let mut xml = String::new();
    archive
        .by_name("xl/worksheets/sheet1.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    assert!(!xml.contains("<f>") && !xml.contains("<f "), "a formula");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.bytes.clone())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let formulas = book.worksheet_formula("Sheet1").unwrap();
    assert!(formulas.is_empty(), "{formulas:?}");
    sheet.rows().map(<[Data]>::to_vec).collect()
}

fn items(client: &Client, path: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let and = if path.contains('?') { '&' } else { '?' };
        let page = client
            .get(&format!("/api/v1{path}{and}limit=3{next}"))
            .expect(200)
            .json;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&next={cursor}"),
            None => return all,
        }
    }
}

fn taken(audit: &[Value]) -> Vec<Value> {
    let lines = audit.iter().map(|line| line["act"]["audit"].clone());
    lines.filter(|line| line["file"] != Value::Null).collect()
}

/// The schema that a schema refers to, without "or null".
fn plain<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return plain(document, document.pointer(&reference[1..]).unwrap());
    }
    let mut either = schema["oneOf"].as_array().into_iter().flatten();
    match either.find(|one| one["type"] != "null") {
        Some(one) => plain(document, one),
        None => schema,
    }
}

/// Pointers to everything that an item says, as far down as columns go.
fn leaves(document: &Value, schema: &Value, at: &str, list: &List, into: &mut BTreeSet<String>) {
    let schema = plain(document, schema);
    let is_known = |pointer: &str| {
        !pointer.is_empty()
            && (list.left_out.contains(&pointer)
                || list.columns.iter().any(|column| column.at == pointer))
    };
    let inner = if list.each == Some(at) {
        plain(document, &schema["items"])
    } else {
        schema
    };
    match inner["properties"].as_object() {
        Some(properties) if !is_known(at) => {
            for (name, property) in properties {
                leaves(document, property, &format!("{at}/{name}"), list, into);
            }
        }
        _ => {
            into.insert(at.to_owned());
        }
    }
}

#[test]
fn every_list_of_the_document_is_a_file_and_every_field_has_its_column() {
    let document = hazledger::http::api::document();
    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let route = path.strip_prefix("/api/v1").unwrap();
        let answer = &methods["get"]["responses"]["200"]["content"];
        let schema = plain(&document, &answer["application/json"]["schema"]);
        let items = plain(&document, &schema["properties"]["items"]);
        if items["type"] != "array" || NO_FILES.contains(&route) {
            continue;
        }
        let list = List::of(route).unwrap_or_else(|| panic!("{route} is no file"));
        found.insert(list.route);
        let mut leaf = BTreeSet::new();
        leaves(&document, &items["items"], "", list, &mut leaf);
        // Of counts, which groups there are is a list in the item; what has no pointer is filled in by hand.
        let columns = list
            .columns
            .iter()
            .map(|column| column.at)
            .filter(|at| !at.starts_with("/groups/") && !at.is_empty());
        let told: BTreeSet<String> = columns
            .chain(list.left_out.iter().copied())
            .map(str::to_owned)
            .collect();
        assert_eq!(told, leaf, "{route}");
        for media in [
            "text/csv",
            "application/jsonl",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ] {
            assert!(answer[media].is_object(), "{route} {media}");
        }
        let parameters = methods["get"]["parameters"].as_array().unwrap();
        assert!(
            parameters.iter().any(|one| one["name"] == "format"),
            "{route}"
        );
    }
    assert_eq!(found, LISTS.iter().map(|list| list.route).collect());
    let names: BTreeSet<&str> = LISTS.iter().map(|list| list.name).collect();
    assert_eq!(names.len(), LISTS.len());
}

/// A hospital with something in most of its lists; the label of its waste container.
fn busy(hospital: &Hospital) -> String {
    let (_, labels) = cyanide(hospital);
    let (room, bottles) = hospital.ethanol();
    let litre = json!({"value": "1", "unit": "L"});
    let drum = json!({"place": room, "code": "900-402-06", "kind": "drum", "capacity": litre, "hazards": ["T", "I"]});
    let drum = hospital
        .equipment
        .post("/api/v1/waste-containers", drum)
        .expect(201)
        .json["label"]
        .clone();
    let waste =
        json!({"labels": [bottles[0]], "code": "900-402-06", "reason": "废液", "into": drum});
    hospital.equipment.post("/api/v1/wastes", waste).expect(201);
    let request = json!({
        "product": "1", "quantity": {"value": "2", "unit": "kg"}, "purpose": "=检验", "department": null,
    });
    drop(hospital.safety.post("/api/v1/purchase-requests", request));
    hospital
        .safety
        .get(&format!("/api/v1/containers/{}", labels[0]))
        .expect(200);
    drum.as_str().unwrap().to_owned()
}

on_both! {
    fn every_list_is_the_same_page_by_page_and_in_every_file(server) {
        let hospital = server.hospital();
        let drum = busy(&hospital);
        let mut filled = BTreeSet::new();
        // Whoever takes the audit log writes to it.
        for list in LISTS.iter().filter(|list| list.name != "audit-lines") {
            let label = items(&hospital.safety, "/containers")[0]["label"].as_str().unwrap().to_owned();
            let path = list.route.replace("{label}", &label).replace("{id}", "2");
            let path = match list.name {
                "counts" => format!("{path}?by=class,product"),
                "counted-containers" => format!("{path}?product=1"),
                "usage-table" => format!("{path}?from=2026-01-01"),
                "mass-balance" | "container-balance" => format!("{path}?from=2026-01-01"),
                "waste-container" => path.replace(&label, &drum),
                _ => path,
            };
            let clients = [&hospital.safety, &hospital.equipment, &hospital.administrator];
            let Some(client) = clients.into_iter().find(|one| one.get(&format!("/api/v1{path}")).status == 200) else {
                continue;
            };
            let items = items(client, &path);
            if !items.is_empty() {
                filled.insert(list.name);
            }
            let lines = file(client, &path, "jsonl");
            let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let strip = |mut item: Value| {
                // The ways down are of pages.
                for at in ["", "/in_places", "/with_persons"] {
                    if let Some(Value::Object(object)) = item.pointer_mut(at) {
                        object.remove("down");
                    }
                }
                item
            };
            let paged: Vec<Value> = items.iter().cloned().map(strip).collect();
            assert_eq!(lines, paged, "{}", list.route);
            let rows: usize = items.iter().map(|item| {
                let inner = list.each.and_then(|each| item.pointer(each)?.as_array());
                inner.map_or(1, |inner| inner.len().max(1))
            }).sum();
            let csv = csv_of(&file(client, &path, "csv"));
            assert_eq!(csv[0], list.headings(), "{}", list.route);
            assert_eq!(csv.len() - 1, rows, "{}", list.route);
            let xlsx = xlsx_of(&file(client, &path, "xlsx"));
            assert_eq!(xlsx.len() - 1, rows, "{}", list.route);
            let headings: Vec<String> = xlsx[0].iter().map(ToString::to_string).collect();
            assert_eq!(headings, list.headings(), "{}", list.route);
        }
        assert!(filled.len() >= 15, "{filled:?}");
        assert!(["mass-balance", "container-balance", "waste-containers", "waste-container"].iter().all(|name| filled.contains(name)), "{filled:?}");
    }

    fn no_text_is_taken_for_a_formula_a_number_or_a_day(server) {
        let hospital = server.hospital();
        for (nth, text) in NASTY.into_iter().enumerate() {
            let product = json!({"name": format!("{text}"), "qualifier": format!("{nth}"), "dimension": "mass"});
            hospital.product(product);
            hospital.place(json!({"kind": "room", "name": text}));
        }
        for (path, heading) in [("/products", "品名"), ("/places", "名称")] {
            let names: Vec<String> = items(&hospital.safety, path).iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
            let mut sorted = names.clone();
            sorted.sort();
            let mut sent: Vec<&str> = NASTY.to_vec();
            sent.sort_unstable();
            assert_eq!(sorted, sent);
            let rows = csv_of(&file(&hospital.safety, path, "csv"));
            let column = rows[0].iter().position(|one| one == heading).unwrap();
            for (row, name) in rows[1..].iter().zip(&names) {
                let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\0']);
                assert!(row.iter().all(|cell| !begins(cell)), "{row:?}");
                let cell = if begins(name) { format!("'{name}") } else { name.clone() };
                assert_eq!(row[column], cell);
            }
            let rows = xlsx_of(&file(&hospital.safety, path, "xlsx"));
            for (row, name) in rows[1..].iter().zip(&names) {
                assert_eq!(row[column], Data::String(name.clone()), "{row:?}");
            }
        }
    }

    fn numbers_are_numbers_days_are_days_and_codes_are_texts(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let answer = file(&hospital.safety, "/containers", "xlsx");
        let rows = xlsx_of(&answer);
        let cell = |heading: &str| {
            let column = rows[0].iter().position(|one| *one == Data::String(heading.to_owned())).unwrap();
            rows[1][column].clone()
        };
        assert_eq!(cell("数量"), Data::Float(500.0));
        assert_eq!(cell("数量（单位）"), Data::String("g".to_owned()));
        assert_eq!(cell("CAS号"), Data::String("151-50-8".to_owned()));
        let label: Vec<String> = labels[0].as_bytes().chunks(4).map(|four| String::from_utf8(four.to_vec()).unwrap()).collect();
        assert_eq!(cell("标签号"), Data::String(label.join(" ")));
        let Data::DateTime(day) = cell("有效期至") else { panic!("{:?}", cell("有效期至")) };
        assert_eq!(day.as_datetime().unwrap().to_string(), "2028-01-01 00:00:00");
        let entries = xlsx_of(&file(&hospital.safety, "/entries", "xlsx"));
        assert!(matches!(entries[1][1], Data::Float(_)) && matches!(entries[1][3], Data::DateTime(_)), "{:?}", entries[1]);
        // In CSV the same numbers are bare, and days are written as days.
        let rows = csv_of(&file(&hospital.safety, "/containers", "csv"));
        assert!(rows[1].contains(&"500".to_owned()) && rows[1].contains(&"2028-01-01".to_owned()), "{rows:?}");
    }

    fn a_file_says_what_it_was_made_from_and_its_hash_is_in_the_audit_log(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let head = hospital.safety.get("/api/v1/institutions").expect(200).json["items"][0].clone();
        let answer = file(&hospital.safety, "/stock?by=place", "csv");
        let name = answer.header("Content-Disposition").to_owned();
        let name = name.strip_prefix("attachment; filename=\"").unwrap().strip_suffix('"').unwrap();
        assert!(name.starts_with(&format!("stock-1-{}-", head["size"])) && name.ends_with(".csv"), "{name}");
        assert_eq!(answer.header("Content-Length"), answer.bytes.len().to_string());
        let lines = taken(&server.audit(1));
        let lines: Vec<&Value> = lines.iter().collect();
        assert_eq!(lines.len(), 1);
        let expected = json!({"name": name, "lines": csv_of(&answer).len() - 1, "sha256": sha256(&answer.bytes).to_hex()});
        assert_eq!(lines[0]["file"], expected);
        assert_eq!(lines[0]["command"], "GET /stock");
        // A page leaves none, and `Accept` says the same as `format`.
        hospital.safety.get("/api/v1/stock").expect(200);
        let accept = [("Accept", "application/jsonl")];
        let same = hospital.safety.send_with("GET", "/api/v1/stock?by=place&limit=1", &accept, None).unwrap().expect(200);
        assert_eq!(same.text, file(&hospital.safety, "/stock?by=place", "jsonl").text);
        assert_eq!(taken(&server.audit(1)).len(), 3);
        server.assert_sound();
    }

    fn a_file_is_refused_as_the_list_is(server) {
        let hospital = server.hospital();
        hospital.administrator.get("/api/v1/stock?format=csv").refused(403, "not_permitted");
        server.anonymous().get("/api/v1/stock?format=csv").refused(401, "session_invalid");
        hospital.safety.get("/api/v1/containers?place=99&format=csv").refused(404, "place_unknown");
        hospital.safety.get("/api/v1/stock?format=doc").refused(422, "fields_invalid");
        hospital.safety.get("/api/v1/checkpoint?format=csv").refused(422, "fields_invalid");
        hospital.safety.get("/api/v1/stock?format=csv&by=shelf").refused(422, "fields_invalid");
        let other = server.second_hospital();
        hospital.safety.get(&format!("/api/v1/entries?format=csv&institution={}", 2)).refused(404, "institution_unknown");
        drop(other);
        assert_eq!(taken(&server.audit(1)), Vec::<Value>::new());
    }

    fn a_bureau_that_takes_entries_away_leaves_a_line_on_both_sides(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let (office, officer) = bureau(server, "12220300412756092D", "220302");
        drop(office);
        let accept = [("Accept", "text/csv")];
        officer.get("/api/v1/entries?institution=1&format=jsonl").expect(200);
        officer.send_with("GET", "/api/v1/entries?institution=1", &accept, None).unwrap().expect(200);
        let lines = server.audit(1);
        let looks = lines.iter().map(|line| &line["act"]["audit"]["look"]["query"]);
        let looks: Vec<&str> = looks.filter_map(Value::as_str).collect();
        assert_eq!(looks, ["institution=1&format=jsonl", "institution=1&format=csv"]);
        let own = taken(&server.audit(2));
        assert_eq!(own.len(), 2);
        assert!(own.iter().all(|line| line["file"]["institution"] == "1"), "{own:?}");
        // Sums leave no look, but the file is noted.
        officer.get("/api/v1/stock?institution=1&format=csv").expect(200);
        assert_eq!(taken(&server.audit(2)).len(), 3);
    }

    fn what_hangs_in_a_folder_is_printed_with_its_state_and_page_numbers(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let name = "甲基橙指示剂（用于酸碱滴定的超长名称样品，每瓶均须双人收发并在专柜内保存，不得与氧化剂同存）";
        let product = hospital.product(json!({"name": name, "qualifier": "≥99.5%", "dimension": "mass"}));
        let receipt = json!({"product": product, "count": 60, "each": {"value": "25", "unit": "g"}, "place": cabinet});
        hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        let begun = json!({"place": cabinet, "amounts": "controlled"});
        let begun = hospital.equipment.post("/api/v1/stocktakes", begun).expect(201).json;
        let stocktake = begun["stocktake"].as_str().unwrap();
        let department = hospital.administrator.post("/api/v1/departments", json!({"name": "检验科"})).expect(201).json["department"].clone();
        let member = json!({"department": department});
        hospital.administrator.send("PUT", "/api/v1/people/3/department", Some(&fresh_key()), Some(member.to_string())).expect(201);
        let asked = json!({"product": "1", "quantity": {"value": "2", "unit": "kg"}, "purpose": "水质检验，一年的用量"});
        let asked = hospital.safety.post("/api/v1/purchase-requests", asked).expect(201).json;
        let form = format!("/purchase-requests/{}", asked["request"].as_str().unwrap());
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let expected = format!("/stocktakes/{stocktake}/expected");
        for (path, words) in [
            (format!("/containers?place={cabinet}"), vec!["容器清单", "氰化钾", "500 g", "专柜"]),
            (expected, vec!["应盘清单", "清点数量", "氰化钾"]),
            ("/controlled-ledger".to_owned(), vec!["双人台账", "保管人A", "天平编号", "990"]),
            (form, vec!["危险化学品采购表", "检验科", "2 kg", "待审批"]),
        ] {
            let answer = file(&hospital.safety, &path, "pdf");
            assert_eq!(answer.header("Content-Type"), "application/pdf");
            assert!(answer.bytes.starts_with(b"%PDF-"), "{path}");
            if !installed("pdftotext") {
                continue;
            }
            let text = text_of(&answer.bytes);
            for word in words.into_iter().chain(["四平市中心人民医院", "台账共", "第 1 页 共"]) {
                assert!(text.contains(&word.replace(' ', "")), "{path}: no {word} in {text}");
            }
            if path.contains("expected") {
                assert!(!text.contains("500g"), "the book amount on a blind list: {text}");
                assert!(text.contains("第2页"), "{text}");
                assert!(text.matches("应在地点").count() >= 2, "the headings on each page: {text}");
            }
        }
        let printed = taken(&server.audit(1));
        assert_eq!(printed.len(), 4);
        hospital.safety.get("/api/v1/entries?format=pdf").refused(422, "print_unavailable");
        hospital.safety.get("/api/v1/purchase-requests/1?format=csv").refused(422, "form_only");
    }

    fn the_book_of_two_persons_balances_line_by_line_and_place_by_place(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        hospital.ethanol();
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let grams = |value: &Value| if value.is_null() { 0 } else { base(value) };
        for path in ["/controlled-ledger".to_owned(), format!("/controlled-ledger?place={cabinet}")] {
            let lines = items(&hospital.safety, &path);
            assert_eq!(lines.len(), 2, "{path}");
            for line in &lines {
                let [before, came, went, back, after] = ["before", "in", "out", "returned", "after"].map(|key| grams(&line[key]));
                assert_eq!(before + came - went + back, after, "{line}");
                assert!(line["keeper_a"].is_string() && line["keeper_b"].is_string(), "{line}");
            }
            assert_eq!(base(&lines[1]["after"]), 990_000_000);
        }
        let other = hospital.place(json!({"kind": "room", "name": "空库房"}));
        assert_eq!(items(&hospital.safety, &format!("/controlled-ledger?place={other}")), Vec::<Value>::new());
        assert_eq!(items(&hospital.safety, "/controlled-ledger?product=2"), Vec::<Value>::new());
        hospital.safety.get("/api/v1/controlled-ledger?place=99").refused(404, "place_unknown");
        hospital.safety.get("/api/v1/controlled-ledger?from=2026-06-01&to=2026-05-01").refused(422, "period_reversed");
        // A part of the period: the balance is carried from before it.
        let head = hospital.safety.get("/api/v1/controlled-ledger?from=2026-06-01").expect(200).json;
        assert_eq!(head["items"].as_array().unwrap().len(), 2);
    }

    fn the_lines_of_every_entry_sum_to_zero_and_a_period_is_cut_out_of_them(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        hospital.ethanol();
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let lines = items(&hospital.safety, "/ledger-lines");
        assert!(lines.len() >= 8, "{lines:?}");
        let mut sums: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
        for line in &lines {
            let amount = |key: &str| if line[key].is_null() { 0 } else { base(&line[key]) };
            *sums.entry(line["seq"].to_string()).or_default() += amount("in") - amount("out");
        }
        assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
        assert_eq!(items(&hospital.safety, "/ledger-lines?from=2026-06-01&to=2026-06-01"), lines);
        assert_eq!(items(&hospital.safety, "/ledger-lines?to=2026-05-01"), Vec::<Value>::new());
        hospital.safety.get("/api/v1/ledger-lines?from=2027-01-01").refused(422, "moment_in_future");
        // The same lines without a server.
        let (name, text) = exported(&server.settings, Subject::Lines, Format::Csv);
        assert!(name.starts_with("lines-1-") && name.ends_with(".csv"), "{name}");
        assert_eq!(text, file(&hospital.safety, "/ledger-lines", "csv").text);
        let (_, text) = exported(&server.settings, Subject::Lines, Format::Jsonl);
        let without: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(without, lines);
    }
}

fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, pdf).unwrap();
    let out = std::process::Command::new("pdftotext")
        .args(["-layout"])
        .arg(&path)
        .arg("-")
        .output()
        .unwrap();
    // How wide a space is, is a matter of the font.
    String::from_utf8(out.stdout)
        .unwrap()
        .split_whitespace()
        .collect()
}
