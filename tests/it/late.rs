//! 补录: what happened more than a day ago is recorded with its reason and its paper form.

use serde_json::{Value, json};

use crate::harness::on_both;
use crate::harness::server::SECRET;

/// When every test begins: the hospital is founded then. Late records are made four days later.
const BEGIN: &str = "2026-06-01T00:00:00Z";
const DAY: i64 = 24 * 3600 * 1000;

fn some() -> Value {
    json!({"value": "10", "unit": "mL"})
}

/// A body that claims a moment, late enough to need the reason.
fn claimed(mut body: Value, occurred_at: &str) -> Value {
    body["occurred_at"] = json!(occurred_at);
    body["late"] = json!({"reason": "停电"});
    body
}

on_both! {
    fn every_movement_takes_a_late_record(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        server.pass(4 * DAY);
        let (equipment, safety) = (server.sign_in("E001"), server.sign_in("S001"));
        let some = some();
        let movements = [
            (&equipment, "receipts", json!({"product": "1", "count": 1, "each": some, "place": room})),
            (&equipment, "moves", json!({"labels": [labels[0]], "to": cabinet})),
            (&safety, "checkouts", json!({"label": labels[0], "whole": true})),
            (&safety, "uses", json!({"label": labels[0], "amount": some})),
            (&safety, "returns", json!({"label": labels[0], "amount": some})),
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
            with(json!("2026-06-02T00:00:00Z"), Value::Null).refused(422, "late_reason_missing");
            with(json!("2026-06-05T00:00:01Z"), form.clone()).refused(422, "occurred_in_future");
            let timeless = with(Value::Null, form.clone()).refused(422, "fields_invalid");
            assert_eq!(timeless.json["errors"][0]["pointer"], "/occurred_at");
            let scanless = json!({"reason": "停电", "scan_sha256": "ab", "page": 1});
            let refused = with(json!("2026-06-02T00:00:00Z"), scanless).refused(422, "fields_invalid");
            let pointers: Vec<_> = refused.json["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
            assert_eq!(pointers, ["/late/scan_sha256", "/late/page"]);
            with(json!("2026-06-02T00:00:00Z"), form).expect(201);
        }
        let late = format!(r#""late":{{"form":"CK-0042","reason":"停电","scan_sha256":"{}"}}"#, "ab".repeat(32));
        assert_eq!(server.entries_saying(&late), 5);
        server.assert_balanced();
    }

    fn nothing_happened_before_the_hospital_was_founded(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let body = json!({"product": "1", "count": 1, "each": some(), "place": room});
        let receive = |at: &str| hospital.equipment.post("/api/v1/receipts", claimed(body.clone(), at));
        let refused = receive("2026-05-31T23:59:59.999Z").refused(422, "occurred_before_founding");
        assert_eq!(refused.json["founded_at"], "2026-06-01T00:00:00.000Z");
        receive(BEGIN).expect(201);
        server.assert_sound();
    }

    fn nothing_happens_to_a_bottle_before_it_was_there_and_in_that_state(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        server.pass(4 * DAY);
        let (equipment, safety) = (server.sign_in("E001"), server.sign_in("S001"));
        let receipt = json!({"product": "1", "count": 2, "each": {"value": "500", "unit": "mL"}, "place": room});
        let came = equipment.post("/api/v1/receipts", claimed(receipt, "2026-06-02T08:00:00Z")).expect(201);
        let label = &came.json["labels"][0];
        let post = |route: &str, body: Value, at: &str| {
            let client = if route == "wastes" { &equipment } else { &safety };
            client.post(&format!("/api/v1/{route}"), claimed(body, at))
        };
        let too_early = |route: &str, body: Value, at: &str, since: &str| {
            let refused = post(route, body, at).refused(422, "occurred_too_early");
            assert_eq!(refused.json["since"], since, "{route} at {at}");
        };
        let (before, after) = ("2026-06-02T07:59:59.999Z", "2026-06-02T08:00:00.000Z");
        let used = json!({"label": label, "amount": some()});
        let taken = json!({"label": label, "amount": some()});
        let wasted = json!({"labels": [label], "code": "900-402-06", "reason": "过期"});
        for (route, body) in [("uses", &used), ("checkouts", &taken), ("wastes", &wasted), ("splits", &json!({"label": label, "count": 1, "each": some()}))] {
            too_early(route, body.clone(), before, after);
        }
        post("uses", used.clone(), after).expect(201);
        // A part is used after it was taken, by whichever paper it is known.
        post("checkouts", taken.clone(), "2026-06-03T08:00:00Z").expect(201);
        too_early("uses", used.clone(), "2026-06-03T07:59:59.999Z", "2026-06-03T08:00:00.000Z");
        post("uses", used.clone(), "2026-06-03T08:00:00Z").expect(201);
        // Another paper about the bottle that stood there all the time comes later.
        post("uses", used.clone(), "2026-06-02T09:00:00Z").expect(201);
        // With a person it is not moved, and what it was before counts again when that is taken back.
        let whole = post("checkouts", json!({"label": label, "whole": true}), "2026-06-04T08:00:00Z").expect(201);
        too_early("returns", json!({"label": label, "amount": {"value": "470", "unit": "mL"}}), "2026-06-04T07:59:59.999Z", "2026-06-04T08:00:00.000Z");
        let back = json!({"entry": whole.json["receipt"]["seq"].to_string(), "reason": "填错"});
        equipment.post("/api/v1/reversals", back).expect(201);
        post("uses", used, "2026-06-02T10:00:00Z").expect(201);
        server.assert_sound();
    }

    fn a_receipt_is_held_against_the_policies_of_both_its_days(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let product = hospital.product(json!({"name": "乙醚", "cas": "60-29-7", "dimension": "volume"}));
        let policy = json!({"class": "drug_precursor_2", "from": "2026-06-03", "permits": ["filing"], "source": "易制毒化学品管理条例第十七条", "second": {"staff_number": "E001", "secret": SECRET}});
        hospital.safety.post("/api/v1/purchase-policies", policy).expect(201);
        let bottle = json!({"product": product, "count": 1, "each": some(), "place": room});
        hospital.equipment.post("/api/v1/receipts", bottle.clone()).expect(201);
        server.pass(4 * DAY);
        let equipment = server.sign_in("E001");
        equipment.post("/api/v1/receipts", claimed(bottle, "2026-06-02T00:00:00Z")).refused(422, "permit_required");
        server.assert_sound();
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
