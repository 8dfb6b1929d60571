//! 物料平衡: opening and closing of the containers, movements of the postings, and the gap between them.

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::oversight::bureau;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn litres(value: &str) -> Value {
    json!({"value": value, "unit": "L"})
}

fn balance(client: &Client, asked: &str) -> Value {
    client
        .get(&format!("/api/v1/mass-balance?{asked}"))
        .expect(200)
        .json
}

fn containers(client: &Client, asked: &str) -> Value {
    client
        .get(&format!("/api/v1/mass-balance/containers?{asked}"))
        .expect(200)
        .json
}

const DAY: i64 = 86_400_000;

on_both! {
    fn what_came_is_what_is_there_and_what_went(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        staff.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
        staff.post("/api/v1/uses", json!({"label": bottles[0], "amount": ml("10")})).expect(201);
        let waste = json!({"labels": [bottles[1]], "code": "900-402-06", "reason": "过期"});
        equipment.post("/api/v1/wastes", waste).expect(201);
        let first = balance(equipment, "from=2026-06-01");
        let line = &first["items"][0];
        assert_eq!((&line["key"], first["items"].as_array().unwrap().len()), (&json!("1"), 1));
        assert_eq!((&line["opening"], &line["in"]["received"], &line["out"]["used"]), (&ml("0"), &litres("2.5"), &ml("10")));
        assert_eq!((&line["out"]["wasted"], &line["closing"]), (&ml("500"), &litres("1.99")));
        // What only changes hands inside shows by place.
        assert_eq!((&line["in"]["checked_out"], &line["missing"], &first["gaps"]), (&ml("0"), &ml("0"), &json!(0)));
        let places = balance(equipment, "from=2026-06-01&by=place");
        assert_eq!((&places["items"][0]["out"]["checked_out"], &places["items"][1]["key"]), (&ml("30"), &json!("persons")));
        assert_eq!(places["items"][1]["closing"], ml("20"));
        assert_eq!(balance(equipment, "from=2026-06-01&by=class&class=highly_toxic")["items"], json!([]));
        assert_eq!(balance(equipment, "from=2026-06-01&by=class")["items"][0]["key"], "hazardous");

        // The next period begins with what the last one ended with; months that are closed say the same.
        server.pass(40 * DAY);
        let (staff, equipment) = (server.sign_in("S001"), server.sign_in("E001"));
        staff.post("/api/v1/uses", json!({"label": bottles[2], "amount": ml("500")})).expect(201);
        let june = balance(&equipment, "from=2026-06-01&to=2026-06-30");
        assert_eq!(june["items"][0], *line);
        let july = balance(&equipment, "from=2026-07-01");
        let line = &july["items"][0];
        assert_eq!((&line["opening"], &line["out"]["used"], &line["closing"]), (&litres("1.99"), &ml("500"), &litres("1.49")));
        assert_eq!(july["gaps"], 0);

        // A bureau sees the same, and the sum of its region.
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        assert_eq!(balance(&officer, "from=2026-07-01&institution=1"), july);
        let region = balance(&officer, "from=2026-07-01");
        assert_eq!((&region["items"][0], &region["region"]), (line, &json!("220302")));
        let refused = |asked: &str, code: &str| drop(officer.get(&format!("/api/v1/mass-balance?{asked}")).refused(422, code));
        refused("from=2026-07-01&by=place", "institution_needed");
        refused("from=2026-07-01&place=1", "institution_needed");
        let refused = |asked: &str, code: &str| drop(equipment.get(&format!("/api/v1/mass-balance?{asked}")).refused(422, code));
        refused("from=2026-07-01&region=220302", "region_needed");
        refused("from=2026-07-02&to=2026-07-01", "period_reversed");
        refused("from=2030-07-02", "moment_in_future");
        // Of containers it leaves a trace, of sums none.
        let looks = || server.audit(1).iter().filter(|line| line["act"]["audit"]["look"].is_object()).count();
        let before = looks();
        assert_eq!(containers(&officer, "from=2026-07-01&institution=1")["items"].as_array().unwrap().len(), 4);
        assert_eq!((looks() - before, containers(&officer, "from=2026-07-01")["items"].clone()), (1, json!([])));
        equipment.get("/api/v1/mass-balance/containers?from=2026-07-01&next=x").refused(422, "fields_invalid");
        equipment.get("/api/v1/mass-balance?from=2026-07-01&place=77").refused(404, "place_unknown");
    }

    fn every_container_balances_and_together_they_are_the_whole(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        staff.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
        staff.post("/api/v1/uses", json!({"label": bottles[0], "amount": ml("10")})).expect(201);
        let split = json!({"label": bottles[1], "count": 1, "each": ml("200"), "expires_on": "2027-01-31", "reason": "小瓶发放"});
        let child = staff.post("/api/v1/splits", split).expect(201).json["labels"][0].clone();
        let waste = json!({"labels": [bottles[2]], "code": "900-402-06", "reason": "过期"});
        let wasted = equipment.post("/api/v1/wastes", waste).expect(201).json["receipt"]["seq"].to_string();
        let whole = |client: &Client, asked: &str| {
            let (mut all, mut next) = (Vec::new(), String::new());
            loop {
                let page = containers(client, &format!("{asked}&limit=2{next}"));
                all.extend(page["items"].as_array().unwrap().clone());
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&next={cursor}"),
                    None => return all,
                }
            }
        };
        let lines = whole(equipment, "from=2026-06-01");
        let line = |label: &Value| lines.iter().find(|line| line["key"] == *label).unwrap();
        assert_eq!(lines.len(), 6, "{lines:?}");
        let first = line(&json!(bottles[0]));
        assert_eq!((&first["opening"], &first["in"]["received"], &first["out"]["used"]), (&ml("0"), &ml("500"), &ml("10")));
        assert_eq!((&first["closing"], &first["in"]["checked_out"], &first["name"][1]), (&ml("490"), &ml("0"), &json!("乙醇")));
        let parent = line(&json!(bottles[1]));
        assert_eq!((&parent["out"]["split"], &line(&child)["in"]["split"], &parent["closing"]), (&ml("200"), &ml("200"), &ml("300")));
        let thrown = line(&json!(bottles[2]));
        assert_eq!((&thrown["out"]["wasted"], &thrown["closing"]), (&ml("500"), &ml("0")));
        let base = |line: &Value, at: &str| crate::counts::base(line.pointer(at).unwrap());
        let total = balance(equipment, "from=2026-06-01")["items"][0].clone();
        for at in ["/opening", "/in/received", "/out/used", "/out/wasted", "/closing", "/missing", "/surplus"] {
            assert_eq!(lines.iter().map(|line| base(line, at)).sum::<i64>(), base(&total, at), "{at}");
        }
        // One alone is the same, and at its place what went to persons has left.
        let one = containers(equipment, &format!("from=2026-06-01&label={}", bottles[0]));
        assert_eq!((&one["items"], &one["gaps"]), (&json!([first]), &json!(0)));
        let there = containers(equipment, &format!("from=2026-06-01&place=1&label={}", bottles[0]));
        assert_eq!((&there["items"][0]["closing"], &there["items"][0]["out"]["checked_out"]), (&ml("470"), &ml("30")));

        // A later period begins where this one ended, and what was taken back stands as that.
        server.pass(40 * DAY);
        let equipment = server.sign_in("E001");
        equipment.post("/api/v1/reversals", json!({"entry": wasted, "reason": "误操作"})).expect(201);
        assert_eq!(whole(&equipment, "from=2026-06-01&to=2026-06-30"), lines);
        let later = whole(&equipment, "from=2026-07-01");
        let back = later.iter().find(|line| line["key"] == bottles[2].as_str()).unwrap();
        assert_eq!((&back["opening"], &back["in"]["corrected"], &back["closing"]), (&ml("0"), &ml("500"), &ml("500")));
        // What somebody takes out of the postings of a container is named at that container.
        let mut hand = Hand::to(&server.settings.database);
        if hand.is_sqlite() {
            hand.run("DROP TRIGGER posting_stays").unwrap();
            hand.run("UPDATE posting SET amount = amount - 7000000 WHERE account = 'consumed'").unwrap();
            hand.run("UPDATE posting SET amount = amount + 7000000 WHERE account = 'held' AND amount = -10000000").unwrap();
            let seen = containers(&equipment, &format!("from=2026-06-01&label={}", bottles[0]));
            assert_eq!((&seen["gaps"], &seen["items"][0]["missing"]), (&json!(1), &ml("7")), "{seen}");
        }
    }

    fn what_somebody_takes_out_of_the_totals_is_named(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let mut hand = Hand::to(&server.settings.database);
        hand.run("UPDATE place_total SET amount = amount - 7000000").unwrap();
        let seen = balance(&hospital.equipment, "from=2026-06-01");
        assert_eq!((&seen["gaps"], &seen["items"][0]["missing"]), (&json!(1), &ml("7")));
        assert_eq!(seen["items"][0]["closing"], litres("2.493"));
    }
}
