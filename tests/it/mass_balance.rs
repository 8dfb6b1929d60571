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
        equipment.get("/api/v1/mass-balance?from=2026-07-01&place=77").refused(404, "place_unknown");
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
