//! 管理使用一张表: every line balances, and the months add up to the year.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use hazledger::app::demo::demo_persons;
use hazledger::domain::{
    quantity::{Dimension, Quantity},
    time::Time,
};
use hazledger::report::usage_table::{Flow, UsageLine};
use serde_json::{Value, json};

use crate::counts::base;
use crate::demo::filled;
use crate::harness::client::{Answer, Client};
use crate::harness::on_both;
use crate::harness::server::{Hospital, START, TestServer};
use crate::imports::at_rest;
use crate::signing::{BOTH, ask, cyanide, sign};
use crate::splits::keeps;

/// nL in a mL.
const ML: i64 = 1_000_000;
/// From 1 June, 08:00 in China, to 1 July, 08:00.
const MONTH_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 24 * 3600 * 1000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn table(client: &Client, query: &str) -> Answer {
    client.get(&format!("/api/v1/usage-table?{query}"))
}

fn lines(client: &Client, query: &str) -> Vec<Value> {
    let table = table(client, query).expect(200);
    table.json["items"].as_array().unwrap().clone()
}

/// What is not nothing in a line: column and base units.
fn filled_in(line: &Value) -> Vec<(String, i64)> {
    let mut filled = vec![("opening".to_owned(), base(&line["opening"]))];
    for side in ["in", "out"] {
        let flows = line[side].as_object().unwrap().iter();
        filled.extend(flows.map(|(flow, quantity)| (format!("{side} {flow}"), base(quantity))));
    }
    for last in ["use_corrected", "closing"] {
        filled.push((last.to_owned(), base(&line[last])));
    }
    filled.retain(|(_, amount)| *amount != 0);
    filled
}

/// The line of a place, or of what is with persons.
fn at(lines: &[Value], place: Option<&str>, product: &str) -> Vec<(String, i64)> {
    let there = |line: &&Value| line["place"] == json!(place) && line["product"] == product;
    let found: Vec<&Value> = lines.iter().filter(there).collect();
    assert!(found.len() <= 1, "{found:?}");
    found.first().map_or_else(Vec::new, |line| filled_in(line))
}

fn columns(columns: &[(&str, i64)]) -> Vec<(String, i64)> {
    let columns = columns.iter();
    columns
        .map(|(column, ml)| ((*column).to_owned(), ml * ML))
        .collect()
}

fn seq(answer: Answer) -> String {
    answer.expect(201).json["receipt"]["seq"].to_string()
}

/// A room with five bottles of ethanol of 500 mL and a cabinet in it: one bottle went to the cabinet,
/// one lent 100 mL, one is out, one filled three of 100 mL in the cabinet.
fn june(hospital: &Hospital) -> (String, String, Vec<String>, [String; 2]) {
    let (room, labels) = hospital.ethanol();
    let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
    let staff = &hospital.safety;
    hospital
        .equipment
        .post(
            "/api/v1/moves",
            json!({"labels": [labels[0]], "to": cabinet}),
        )
        .expect(201);
    let lent = seq(staff.post(
        "/api/v1/checkouts",
        json!({"label": labels[1], "amount": ml("100")}),
    ));
    staff
        .post(
            "/api/v1/checkouts",
            json!({"label": labels[2], "whole": true}),
        )
        .expect(201);
    // Into another place only by somebody who may move it there.
    keeps(hospital, &room);
    let filled = seq(staff.post(
        "/api/v1/splits",
        json!({"label": labels[3], "count": 3, "each": ml("100"), "place": cabinet}),
    ));
    (room, cabinet, labels, [lent, filled])
}

/// The people of the hospital, signed in again a month later.
fn in_july(server: &TestServer) -> Hospital {
    server.pass(MONTH_MS);
    Hospital {
        administrator: server.sign_in("A001"),
        equipment: server.sign_in("E001"),
        safety: server.sign_in("S001"),
    }
}

/// Every item of a list, page by page.
fn paged(client: &Client, path: &str, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = String::new();
    loop {
        let page = client
            .get(&format!("/api/v1/{path}&limit={limit}{next}"))
            .expect(200);
        all.extend(page.json["items"].as_array().unwrap().iter().cloned());
        match page.json["next"].as_str() {
            Some(cursor) => next = format!("&next={cursor}"),
            None => return all,
        }
    }
}

#[test]
fn a_line_balances_or_it_is_none() {
    let ml = |ml: i64| Quantity::new(Dimension::Volume, ml * ML).unwrap();
    let line = |received: i64, used: i64, closing: i64| UsageLine {
        place: None,
        place_path: Vec::new(),
        department_name: None,
        product: 1.try_into().unwrap(),
        name: "乙醇".to_owned(),
        qualifier: None,
        cas: None,
        classes: Vec::new(),
        dimension: Dimension::Volume,
        opening: ml(100),
        r#in: [(Flow::Received, ml(received))].into(),
        out: [(Flow::Used, ml(used)), (Flow::Moved, ml(1))].into(),
        use_corrected: ml(0),
        closing: ml(closing),
    };
    assert!(line(50, 30, 119).balances());
    for (received, used, closing) in [(50, 30, 120), (50, 31, 119), (49, 30, 119)] {
        assert!(!line(received, used, closing).balances());
    }
}

on_both! {
    fn a_month_shows_what_came_and_what_went_where(server) {
        let hospital = server.hospital();
        let (room, cabinet, labels, [lent, filled]) = june(&hospital);
        let hospital = in_july(server);
        let staff = &hospital.safety;
        // 40 mL of what was lent are used, of the other 60 mL 10 mL come back.
        staff.post("/api/v1/uses", json!({"label": labels[1], "amount": ml("40"), "source": lent})).expect(201);
        staff.post("/api/v1/returns", json!({"label": labels[1], "amount": ml("10"), "source": lent})).expect(201);
        // The bottle that is out comes back half empty, into the cabinet.
        staff.post("/api/v1/uses", json!({"label": labels[2], "amount": ml("200")})).expect(201);
        staff.post("/api/v1/returns", json!({"label": labels[2], "amount": ml("250"), "place": cabinet})).expect(201);
        // Straight from the shelf, and taken back.
        let used = seq(staff.post("/api/v1/uses", json!({"label": labels[4], "amount": ml("5")})));
        for (entry, reason) in [(used, "用错了瓶"), (filled, "没有分装")] {
            hospital.equipment.post("/api/v1/reversals", json!({"entry": entry, "reason": reason})).expect(201);
        }

        let june = lines(staff, "from=2026-06-01&to=2026-06-30");
        assert_eq!(june.len(), 3);
        assert_eq!(at(&june, Some(&room), "1"), columns(&[
            ("in received", 2500), ("out checked_out", 600), ("out moved", 500), ("out split", 300), ("closing", 1100),
        ]));
        assert_eq!(at(&june, Some(&cabinet), "1"), columns(&[("in moved", 500), ("in split", 300), ("closing", 800)]));
        assert_eq!(at(&june, None, "1"), columns(&[("in checked_out", 600), ("closing", 600)]));

        let july = lines(staff, "from=2026-07-01");
        assert_eq!(at(&july, Some(&room), "1"), columns(&[
            ("opening", 1100), ("in corrected", 305), ("in returned", 10), ("out used", 5), ("use_corrected", 5),
            ("closing", 1410),
        ]));
        assert_eq!(at(&july, Some(&cabinet), "1"), columns(&[
            ("opening", 800), ("in returned", 250), ("out corrected", 300), ("closing", 750),
        ]));
        assert_eq!(at(&july, None, "1"), columns(&[("opening", 600), ("out returned", 260), ("out used", 340)]));

        // What came in is at places, with persons or used.
        let [inside, held, consumed] = server.assert_balanced();
        let closing: i64 = july.iter().map(|line| base(&line["closing"])).sum();
        assert_eq!((closing, 2500 * ML), (inside + held, inside + held + consumed));

        // Both months together are the table of the whole time, column by column.
        let whole = lines(staff, "from=2020-01-01");
        for line in &whole {
            for side in ["in", "out"] {
                for (flow, sum) in line[side].as_object().unwrap() {
                    let month = |month: &[Value]| {
                        let same = month.iter().find(|one| (&one["place"], &one["product"]) == (&line["place"], &line["product"]));
                        same.map_or(0, |one| base(&one[side][flow]))
                    };
                    assert_eq!(month(&june) + month(&july), base(sum), "{side} {flow}");
                }
            }
            assert_eq!(base(&line["opening"]), 0);
        }
        assert_eq!(json!(paged(staff, "usage-table?from=2026-06-01&to=2026-06-30", 1)), json!(june));
    }

    fn past_tables_stay_what_they_were(server) {
        let hospital = server.hospital();
        let (_, _, labels, [lent, filled]) = june(&hospital);
        let begin: Time = START.parse().unwrap();
        let mut kept = Vec::new();
        for day in 0..4 {
            let (equipment, staff) = (server.sign_in("E001"), server.sign_in("S001"));
            match day {
                0 => {}
                1 => {
                    staff.post("/api/v1/uses", json!({"label": labels[1], "amount": ml("15"), "source": lent})).expect(201);
                    staff.post("/api/v1/uses", json!({"label": labels[2], "amount": ml("500")})).expect(201);
                }
                2 => {
                    equipment.post("/api/v1/reversals", json!({"entry": filled, "reason": "没有分装"})).expect(201);
                    staff.post("/api/v1/returns", json!({"label": labels[2], "amount": ml("0")})).expect(201);
                }
                _ => {
                    staff.post("/api/v1/returns", json!({"label": labels[1], "amount": ml("30"), "source": lent})).expect(201);
                }
            }
            kept.push((begin.plus_millis(day * DAY_MS + 1), table(&staff, "from=2026-06-01").expect(200).json));
            server.pass(DAY_MS);
        }
        let staff = server.sign_in("S001");
        for (moment, said) in kept {
            let now = table(&staff, &format!("from=2026-06-01&to={moment}")).expect(200).json;
            for same in ["items", "head", "as_of_seq", "total"] {
                assert_eq!(now[same], said[same], "{moment} {same}");
            }
            assert_eq!(now["period"]["last"], said["period"]["last"]);
            assert_eq!(now["period"]["to"], json!(moment));
        }
    }

    fn every_fortnight_of_the_demo_goes_on_where_the_one_before_ended(server) {
        filled(server);
        let safety = demo_persons().unwrap().into_iter().find(|person| person.staff_number == "S001").unwrap();
        let staff = server.anonymous().sign_in_with("1", "S001", &safety.secret);
        let first = "2026-06-01".parse::<NaiveDate>().unwrap() - Days::new(26 * 7);
        let mut stood: BTreeMap<(String, String), i64> = BTreeMap::new();
        let mut columns = BTreeSet::new();
        for fortnight in 0..13 {
            let from = first + Days::new(fortnight * 14);
            let to = from + Days::new(13);
            let mut closing = BTreeMap::new();
            for line in paged(&staff, &format!("usage-table?from={from}&to={to}"), 200) {
                let key = (line["place"].as_str().unwrap_or("persons").to_owned(), line["product"].as_str().unwrap().to_owned());
                assert_eq!(base(&line["opening"]), stood.remove(&key).unwrap_or_default(), "{key:?} {from}");
                let mut balance = 0;
                for (column, amount) in filled_in(&line) {
                    match column.split(' ').next().unwrap() {
                        "opening" | "in" => balance += amount,
                        "out" => balance -= amount,
                        _ => {}
                    }
                    columns.insert(column);
                }
                assert_eq!(balance, base(&line["closing"]));
                closing.insert(key, balance);
            }
            closing.retain(|_, amount| *amount != 0);
            assert_eq!(stood, BTreeMap::new(), "lines are missing from {from} on");
            // What the postings say is what the containers say.
            let mut counted = BTreeMap::new();
            for line in paged(&staff, &format!("counts?by=place,product&as_of={to}"), 200) {
                let [place, product] = [0, 1].map(|group: usize| line["groups"][group]["key"].as_str().unwrap().to_owned());
                let side = if place == "persons" { "with_persons" } else { "in_places" };
                counted.insert((place, product), base(&line[side]["quantities"][0]));
            }
            counted.retain(|_, amount| *amount != 0);
            assert_eq!(closing, counted, "{to}");
            stood = closing;
        }
        assert!(stood.len() > 30, "{}", stood.len());
        for column in [
            "in received", "in opening_stock", "in moved", "in checked_out", "in returned", "out moved", "out checked_out",
            "out returned", "out used", "out corrected",
        ] {
            assert!(columns.contains(column), "{column} of {columns:?}");
        }
        let file = table(&staff, "from=2026-05-01&to=2026-05-31&format=csv").expect(200);
        let name = file.header("Content-Disposition");
        assert!(name.starts_with("attachment; filename*=UTF-8''%E6%BC%94%E7%A4%BA%2Dusage%2Dtable%2D1%2D20260501%2D20260531%2D"), "{name}");
        assert!(file.text.lines().skip(1).all(|line| line.starts_with("演示,")), "{}", file.text);
    }

    fn the_figure_can_be_proven(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let first = hospital.safety.get("/api/v1/entries?limit=1").expect(200).json["items"][0]["seq"].clone();
        let hospital = in_july(server);
        let none = table(&hospital.safety, "from=2026-07-01").expect(200).json;
        assert_eq!((&none["period"]["first"], &none["period"]["last"]), (&Value::Null, &Value::Null));
        assert_eq!(none["as_of_seq"], first);
        let place = hospital.equipment.post("/api/v1/places", json!({"kind": "room", "name": "二库"})).expect(201);
        let receipt = &place.json["receipt"];
        let table = table(&hospital.safety, "from=2026-07-01").expect(200).json;
        let last = receipt["seq"].to_string();
        assert_eq!((&table["period"]["first"], &table["period"]["last"]), (&json!(last), &json!(last)));
        assert_eq!(table["head"], json!({"size": receipt["size"], "root": receipt["root"]}));
        assert_eq!(table["period"]["from"], "2026-06-30T16:00:00.000Z");
        assert_eq!(table["as_of_seq"], json!(last));
    }

    fn a_day_is_one_in_china_and_counts_in_full(server) {
        let hospital = server.hospital();
        // 2 June, 00:30 in China; in London it is still the first.
        server.pass(16 * 3600 * 1000 + 30 * 60 * 1000);
        let again = Hospital { equipment: server.sign_in("E001"), safety: server.sign_in("S001"), administrator: hospital.administrator };
        again.ethanol();
        let received = |query: &str| lines(&again.safety, query).iter().map(|line| base(&line["in"]["received"])).sum::<i64>();
        assert_eq!(received("from=2026-06-01&to=2026-06-01"), 0);
        assert_eq!(received("from=2026-06-02&to=2026-06-02"), 2500 * ML);
        assert_eq!(received("from=2026-06-01T16:00:00Z&to=2026-06-02"), 2500 * ML);
        // A moment at the end no longer counts.
        assert_eq!(received("from=2026-06-01&to=2026-06-01T16:30:00.000Z"), 0);
        assert_eq!(received("from=2026-06-01T16:30:00.000Z"), 2500 * ML);
    }

    fn opening_stock_and_controlled_movements_have_their_columns(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let sheet = "品名,规格,数量,批号,存放地点\n缓冲液,500ml,4瓶,L1,试剂库\n".as_bytes();
        let shown = hospital.equipment.upload("/api/v1/imports", ("期初.csv", sheet), &[("make_places", "true")]).expect(201);
        let import = shown.json["import"].as_str().unwrap();
        hospital.equipment.post(&format!("/api/v1/imports/{import}/acceptance"), json!({})).expect(202);
        assert_eq!(at_rest(&hospital.equipment, import)["state"], "imported");

        let all = lines(&hospital.safety, "from=2026-06-01");
        let opened = all.iter().find(|line| line["name"] == "缓冲液").unwrap();
        assert_eq!(filled_in(opened), columns(&[("in opening_stock", 2000), ("closing", 2000)]));
        assert_eq!(opened["place_path"], json!(["试剂库"]));
        let locked = lines(&hospital.safety, "from=2026-06-01&class=highly_toxic");
        assert_eq!(at(&locked, Some(&cabinet), "1"), columns(&[
            ("in received", 1000), ("out checked_out", 10), ("closing", 990),
        ]));
        assert_eq!(at(&locked, None, "1"), columns(&[("in checked_out", 10), ("closing", 10)]));
        assert_eq!(locked.len(), 2);
        assert_eq!(locked[0]["classes"][0], "highly_toxic");
    }

    fn it_is_asked_for_a_place_a_class_a_substance_or_a_product(server) {
        let hospital = server.hospital();
        let (room, cabinet, _, _) = june(&hospital);
        let gloves = hospital.product(json!({"name": "乳胶手套", "dimension": "count"}));
        hospital
            .equipment
            .post("/api/v1/receipts", json!({
                "product": gloves, "count": 2, "each": {"value": "50", "unit": "盒"}, "place": cabinet,
            }))
            .expect(201);
        let found = |query: &str| {
            let lines = lines(&hospital.safety, &format!("from=2026-06-01&{query}"));
            let key = |line: &Value| format!("{}-{}", line["place"].as_str().unwrap_or("persons"), line["product"].as_str().unwrap());
            lines.iter().map(key).collect::<Vec<_>>()
        };
        let (in_room, in_cabinet, with_persons) = (format!("{room}-1"), format!("{cabinet}-1"), "persons-1".to_owned());
        let in_box = format!("{cabinet}-{gloves}");
        assert_eq!(found("limit=10"), [in_room.clone(), in_cabinet.clone(), in_box.clone(), with_persons.clone()]);
        assert_eq!(found(&format!("place={room}")), [in_room.clone(), in_cabinet.clone(), in_box.clone()]);
        assert_eq!(found(&format!("place={cabinet}")), [in_cabinet.clone(), in_box.clone()]);
        assert_eq!(found("class=hazardous"), [in_room.clone(), in_cabinet.clone(), with_persons.clone()]);
        assert_eq!(found(&format!("product={gloves}")), [&*in_box]);
        let products = hospital.safety.get("/api/v1/products").expect(200);
        let substance = products.json["items"][0]["substance"].as_str().unwrap();
        assert_eq!(found(&format!("substance={substance}")), [in_room, in_cabinet, with_persons]);
        assert_eq!(found("substance=hc1"), Vec::<String>::new());
    }

    fn wrong_questions_are_answered_with_what_is_wrong(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let staff = &hospital.safety;
        let pointers = |query: &str| {
            let refused = table(staff, query).refused(422, "fields_invalid");
            let errors = refused.json["errors"].as_array().unwrap().iter();
            errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(pointers("limit=1"), ["/from"]);
        assert_eq!(
            pointers("from=2026-6-1&to=yesterday&class=poison&substance=ethanol&product=x&until=1"),
            ["/from", "/to", "/class", "/substance", "/product", "/until"],
        );
        assert_eq!(pointers("from=2026-06-01&format=doc"), ["/format"]);
        assert_eq!(pointers("from=2026-06-01&next=cGVyc29ucw"), ["/next"]);
        table(staff, "from=2026-06-01&to=2026-05-31").refused(422, "period_reversed");
        table(staff, "from=2026-06-01T00:00:00Z&to=2026-06-01T00:00:00Z").refused(422, "period_reversed");
        let early = table(staff, "from=2026-06-02").refused(422, "moment_in_future");
        assert_eq!(early.json["given"], "2026-06-01T16:00:00.000Z");
        table(staff, "from=2026-05-01&to=2026-06-02").refused(422, "moment_in_future");
        table(staff, "from=2026-05-01&to=2026-06-01T00:00:00.001Z").refused(422, "moment_in_future");
        table(staff, "from=2026-05-01&to=2026-06-01").expect(200);
        table(staff, "from=2026-05-01&place=99").refused(404, "place_unknown");
        table(staff, "from=2026-05-01&product=99").refused(404, "product_unknown");
        table(&hospital.administrator, "from=2026-05-01").refused(403, "not_permitted");
        // The first hospital has a place of this number, the second has not.
        let other = server.second_hospital();
        table(staff, &format!("from=2026-05-01&place={room}")).expect(200);
        table(&other.safety, &format!("from=2026-05-01&place={room}")).refused(404, "place_unknown");
        assert_eq!(table(&other.safety, "from=2026-05-01").expect(200).json["items"], json!([]));
    }

    fn a_table_that_does_not_balance_is_not_shown(server) {
        let (_, labels) = server.hospital().ethanol();
        server.pass(DAY_MS);
        let lent = json!({"label": labels[0], "amount": ml("100")});
        let entry = seq(server.sign_in("S001").post("/api/v1/checkouts", lent));
        let mut asked = |changes: &str| {
            server.stop();
            server.tamper(&format!("UPDATE posting SET amount = {changes} AND institution_id = 1 AND seq = {entry}"));
            server.restart();
            table(&server.sign_in("S001"), "from=2026-06-02")
        };
        asked("amount WHERE true").expect(200);
        // Less came to the person than went from the room.
        asked("amount - 1 WHERE account = 'held'").refused(500, "fault");
        // The entry balances, but more came back to the room than was there afterwards.
        asked("-3000000000 WHERE account = 'held'").refused(500, "fault");
        asked("3000000000 WHERE account = 'container'").refused(500, "fault");
    }

    fn nothing_was_there_before_the_first_entry(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        table(&hospital.safety, "from=2026-06-01").expect(200);
        server.stop();
        // The postings and the balances contradict each other.
        server.tamper("UPDATE place_total SET amount = amount + 1 WHERE institution_id = 1");
        server.restart();
        table(&server.sign_in("S001"), "from=2026-06-01").refused(500, "fault");
    }

    fn it_is_a_file_for_spreadsheets_too(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "=试剂库"}));
        let product = hospital.product(json!({"name": "-缓冲液,浓", "qualifier": "10\"", "dimension": "volume"}));
        for each in ["1500", "0.5"] {
            let receipt = json!({"product": product, "count": 1, "each": ml(each), "place": room});
            hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        }
        hospital.ethanol();
        let file = table(&hospital.safety, "from=2026-06-01&to=2026-06-01&format=csv&limit=1").expect(200);
        assert_eq!(file.header("Content-Type"), "text/csv; charset=utf-8");
        let head = table(&hospital.safety, "from=2026-06-01").expect(200).json["head"].clone();
        let name = file.header("Content-Disposition").to_owned();
        let begin = format!("attachment; filename=\"usage-table-1-20260601-20260601-{}-", head["size"]);
        assert!(name.starts_with(&begin) && name.ends_with(".csv\""), "{name}");
        assert_eq!(name.len(), begin.len() + 16 + ".csv\"".len());

        let text = file.text.strip_prefix('\u{FEFF}').unwrap();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let headings = rows.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        let shown = lines(&hospital.safety, "from=2026-06-01");
        assert_eq!(rows.len(), shown.len());
        let cell = |row: usize, heading: &str| {
            let column = headings.iter().position(|one| one == heading).unwrap();
            rows[row][column].to_owned()
        };
        for (row, line) in shown.iter().enumerate() {
            let unit = cell(row, "计量单位");
            let amount = |heading: &str| Quantity::parse(&format!("{}{unit}", cell(row, heading))).unwrap().amount();
            assert_eq!(amount("期初结存"), base(&line["opening"]));
            assert_eq!(amount("验收入库（增）"), base(&line["in"]["received"]));
            assert_eq!(amount("使用（减）"), base(&line["out"]["used"]));
            assert_eq!(amount("期末结存"), base(&line["closing"]));
        }
        let found = ["数据性质", "单位名称", "存放地点", "品名", "含量或规格", "计量单位", "期末结存"].map(|heading| cell(0, heading));
        assert_eq!(found, ["正式", "四平市中心人民医院", "'=试剂库", "'-缓冲液,浓", "10\"", "mL", "1500.5"]);
        assert!(cell(1, "管控类别").contains("危险化学品"), "{}", cell(1, "管控类别"));

        let accept = [("Accept", "text/csv")];
        let same = hospital.safety.send_with("GET", "/api/v1/usage-table?from=2026-06-01&to=2026-06-01", &accept, None).unwrap();
        assert_eq!(same.text, file.text);
        let json = hospital.safety.send_with("GET", "/api/v1/usage-table?from=2026-06-01&format=json", &accept, None).unwrap();
        assert_eq!(json.json["items"].as_array().unwrap().len(), shown.len());
    }
}
