//! 补录: what happened more than a day ago is recorded with its reason and its paper form.

use serde_json::{Value, json};

use crate::harness::on_both;

/// Two days before every test begins.
const LONG_AGO: &str = "2026-05-30T00:00:00Z";

on_both! {
    fn every_movement_takes_a_late_record(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        let some = json!({"value": "10", "unit": "mL"});
        let movements = [
            (&hospital.equipment, "receipts", json!({"product": "1", "count": 1, "each": some, "place": room})),
            (&hospital.equipment, "moves", json!({"labels": [labels[0]], "to": cabinet})),
            (&hospital.safety, "checkouts", json!({"label": labels[0], "whole": true})),
            (&hospital.safety, "uses", json!({"label": labels[0], "amount": some})),
            (&hospital.safety, "returns", json!({"label": labels[0], "amount": some})),
        ];
        for (client, route, body) in movements {
            let path = format!("/api/v1/{route}");
            let with = |occurred_at: Value, late: Value| {
                let mut body = body.clone();
                body["occurred_at"] = occurred_at;
                body["late"] = late;
                client.post(&path, body)
            };
            let form = json!({"reason": "停电", "form": "CK-0042", "scan_sha256": "ab".repeat(32)});
            with(json!(LONG_AGO), Value::Null).refused(422, "late_reason_missing");
            with(json!("2026-06-01T00:00:01Z"), form.clone()).refused(422, "occurred_in_future");
            let timeless = with(Value::Null, form.clone()).refused(422, "fields_invalid");
            assert_eq!(timeless.json["errors"][0]["pointer"], "/occurred_at");
            let scanless = json!({"reason": "停电", "scan_sha256": "ab", "page": 1});
            let refused = with(json!(LONG_AGO), scanless).refused(422, "fields_invalid");
            let pointers: Vec<_> = refused.json["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
            assert_eq!(pointers, ["/late/scan_sha256", "/late/page"]);
            with(json!(LONG_AGO), form).expect(201);
        }
        let late = format!(r#""late":{{"form":"CK-0042","reason":"停电","scan_sha256":"{}"}}"#, "ab".repeat(32));
        assert_eq!(server.entries_saying(&late), 5);
        server.assert_balanced();
    }

    // RFC 3339 has no form for them in UTC: such an entry could never be read again.
    fn a_moment_outside_of_the_years_1_to_9999_is_no_moment(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        for moment in ["0000-01-01T00:00:00+08:00", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00"] {
            let body = json!({"label": labels[0], "whole": true, "occurred_at": moment, "late": {"reason": "停电"}});
            let refused = hospital.safety.post("/api/v1/checkouts", body).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["pointer"], "/occurred_at");
        }
        server.assert_sound();
    }
}
