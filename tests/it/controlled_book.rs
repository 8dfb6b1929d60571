//! 双人台账: of what two persons keep, every line balances, and the last one is what stands there.

use std::collections::BTreeMap;

use hazledger::app::export::{Format, Subject};
use hazledger::domain::quantity::Quantity;
use serde_json::{Value, json};

use crate::counts::base;
use crate::demo::exported;
use crate::harness::on_both;
use crate::harness::server::TestServer;
use crate::signing::{BOTH, ask, cyanide, sign};

/// The lines of the book, each by the keys of its columns.
fn book(server: &TestServer) -> Vec<BTreeMap<String, String>> {
    let (name, text) = exported(&server.settings, Subject::Controlled, Format::Jsonl);
    assert!(name.starts_with("controlled-1-"), "{name}");
    let line = |line: &str| serde_json::from_str(line).unwrap();
    text.lines().map(line).collect()
}

fn amount(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    Quantity::parse(text).unwrap().amount()
}

on_both! {
    fn every_line_carries_the_balance_of_the_ledger_and_both_names(server) {
        let hospital = server.hospital();
        assert_eq!(book(server), []);
        let (cabinet, labels) = cyanide(&hospital);
        hospital.ethanol();
        let staff = &hospital.safety;
        let request = ask(staff, &labels[0], "10").expect(201);
        sign(staff, &request, BOTH).expect(201);
        let request = ask(staff, &labels[1], "25").expect(201);
        let taken = sign(staff, &request, BOTH).expect(201).json["receipt"]["seq"].to_string();
        let back = json!({"give_back": {
            "label": labels[1], "amount": {"value": "5", "unit": "g"}, "source": taken,
        }});
        let request = staff.post("/api/v1/signing-requests", back).expect(201);
        sign(staff, &request, BOTH).expect(201);
        let lines = book(server);
        let told = |line: &BTreeMap<String, String>, keys: &[&str]| -> Vec<String> {
            keys.iter().map(|key| line[*key].clone()).collect()
        };
        let amounts = ["before", "in", "out", "returned", "after"];
        let shown: Vec<Vec<String>> = lines.iter().map(|line| told(line, &amounts)).collect();
        assert_eq!(shown, [
            ["0 g", "1 kg", "", "", "1 kg"],
            ["1 kg", "", "10 g", "", "990 g"],
            ["990 g", "", "25 g", "", "965 g"],
            ["965 g", "", "", "5 g", "970 g"],
        ]);
        for line in &lines {
            let [before, came, went, returned, after] = amounts.map(|key| amount(&line[key]));
            assert_eq!(before + came - went + returned, after, "{line:?}");
            let mut keepers = told(line, &["keeper_a", "keeper_b"]);
            keepers.sort();
            assert_eq!(keepers, ["周敏", "陈安"], "{line:?}");
            assert_eq!(told(line, &["name", "cas"]), ["氰化钾", "151-50-8"]);
            // Every line names its entry, whose hash is that of the log.
            let entry = staff.get(&format!("/api/v1/entries/{}", line["entry"])).expect(200).json;
            assert_eq!(entry["receipt"]["leaf_hash"], line["leaf_hash"]);
        }
        assert!(!lines[1]["receivers"].is_empty(), "{:?}", lines[1]);
        let counted = staff.get("/api/v1/counts?by=class&class=highly_toxic").expect(200).json;
        let quantities: &Value = &counted["all"]["in_places"]["quantities"];
        assert_eq!(base(&quantities[0]), amount(&lines[3]["after"]));
        // A move changes no balance; a reversal does, and says what it takes back.
        let request = ask(staff, &labels[0], "1").expect(201);
        let wrong = sign(staff, &request, BOTH).expect(201).json["receipt"]["seq"].to_string();
        let reversal = json!({"reversal": {"entry": wrong, "reason": "登记错误"}});
        let request = hospital.equipment.post("/api/v1/signing-requests", reversal).expect(201);
        sign(staff, &request, BOTH).expect(201);
        let lines = book(server);
        assert_eq!(told(&lines[5], &["in", "after", "remark"]), ["1 g".to_owned(), "970 g".to_owned(), format!("冲正第{wrong}号记录")]);
        let (_, table) = exported(&server.settings, Subject::Controlled, Format::Csv);
        assert!(table.starts_with("\u{feff}数据性质,日期,品名,规格,"), "{table}");
        assert_eq!(table.lines().count(), lines.len() + 1);
        // Page by page, at any place and from any day on, the balances are those of the whole book.
        let paged = |path: &str| {
            let (mut all, mut next) = (Vec::new(), String::new());
            loop {
                let page = staff.get(&format!("/api/v1/controlled-ledger?limit=1{path}{next}")).expect(200).json;
                all.extend(page["items"].as_array().unwrap().iter().map(|line| {
                    [&line["entry"], &line["before"], &line["after"]].map(ToString::to_string)
                }));
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&next={cursor}"),
                    None => return all,
                }
            }
        };
        let at_once = staff.get("/api/v1/controlled-ledger").expect(200).json;
        let whole: Vec<_> = at_once["items"].as_array().unwrap().iter().map(|line| {
            [&line["entry"], &line["before"], &line["after"]].map(ToString::to_string)
        }).collect();
        assert_eq!(whole.len(), lines.len());
        assert_eq!(paged(""), whole);
        assert_eq!(paged(&format!("&place={cabinet}")), whole);
        assert_eq!(paged("&from=2026-06-01"), whole);
        staff.get("/api/v1/controlled-ledger?next=eA").expect(200);
        server.assert_balanced();
    }
}
