//! 领用在手: what a person holds, until it is used up or back.

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::on_both;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

/// Labels, amounts and checkouts.
fn held(client: &Client, person: &str, query: &str) -> Vec<(Value, Value, bool)> {
    let list = client
        .get(&format!("/api/v1/people/{person}/holdings{query}"))
        .expect(200)
        .json;
    let lines = list["items"].as_array().unwrap().iter();
    lines
        .map(|line| {
            (
                line["label"].clone(),
                line["amount"].clone(),
                line["checkout"].is_null(),
            )
        })
        .collect()
}

on_both! {
    fn a_person_holds_what_is_neither_used_nor_back(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        assert_eq!(held(staff, "3", ""), []);
        let take = |body: Value| drop(staff.post("/api/v1/checkouts", body).expect(201));
        take(json!({"label": labels[2], "whole": true}));
        take(json!({"label": labels[0], "amount": ml("30")}));
        take(json!({"label": labels[0], "amount": ml("20")}));
        hospital.appoint("2", "staff");
        take(json!({"label": labels[1], "amount": ml("5"), "receiver": "2"}));
        let all = [
            (json!(labels[0]), ml("30"), false),
            (json!(labels[0]), ml("20"), false),
            (json!(labels[2]), ml("500"), true),
        ];
        assert_eq!(held(staff, "3", ""), all);
        assert_eq!(held(&hospital.equipment, "2", ""), [(json!(labels[1]), ml("5"), false)]);
        // Page by page.
        let first = staff.get("/api/v1/people/3/holdings?limit=2").expect(200).json;
        let next = first["next"].as_str().unwrap();
        assert_eq!(first["total"], 3);
        assert_eq!(held(staff, "3", &format!("?limit=2&next={next}")), all[2..]);

        staff.post("/api/v1/returns", json!({"label": labels[2], "amount": ml("400")})).expect(201);
        let first = staff.get("/api/v1/people/3/holdings?limit=1").expect(200).json["items"][0]["checkout"].clone();
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("30"), "source": first})).expect(201);
        assert_eq!(held(staff, "3", ""), all[1..2]);
        staff.get("/api/v1/people/77/holdings").refused(404, "person_unknown");
        staff.get("/api/v1/people/x/holdings").refused(404, "not_found");
        let other = server.second_hospital();
        other.ethanol();
        assert_eq!(held(&other.safety, "3", ""), []);
    }
}
