//! What a body may say, and what is told of one that says something else.

use hazledger::http::json::parse;
use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::identity;

/// Pointer and code of every field refused.
fn refused(answer: Answer) -> Vec<(String, String)> {
    let answer = answer.refused(422, "fields_invalid");
    let errors = answer.json["errors"].as_array().unwrap();
    let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| (text(error, "pointer"), text(error, "code")))
        .collect()
}

fn is(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

/// A POST in Chinese.
fn said_in_chinese(client: &Client, path: &str, body: &Value) -> Answer {
    let key = fresh_key();
    let headers = [("Idempotency-Key", &*key), ("Accept-Language", "zh-CN")];
    client
        .send_with("POST", path, &headers, Some(body.to_string()))
        .unwrap()
}

on_both! {
    fn what_nobody_can_read_is_no_reason(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        for unseen in ["", "  ", "\u{3000}", "\u{200B}\u{2060}", "\u{3164}", "\u{FEFF}", "\u{2800}"] {
            let body = json!({"label": labels[0], "reason": unseen});
            assert_eq!(refused(hospital.equipment.post("/api/v1/labels/reprints", body)), [is("/reason", "empty")]);
        }
    }

    fn nobody_takes_a_whole_container_by_leaving_something_out(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let take = |body: Value| hospital.safety.post("/api/v1/checkouts", body);
        let some = json!({"value": "1", "unit": "mL"});
        let label = &labels[0];
        for body in [
            json!({"label": label}),
            json!({"label": label, "whole": false}),
            json!({"label": label, "whole": true, "amount": some}),
        ] {
            assert_eq!(refused(take(body)), [is("/amount", "amount_or_whole")]);
        }
        assert_eq!(refused(take(json!({"label": label, "amount": null}))), [is("/amount", "null_given")]);
        assert_eq!(refused(take(json!({"label": label, "whole": null}))), [is("/whole", "null_given")]);
        assert_eq!(refused(take(json!({"label": label, "whole": true, "receiver": null}))), [is("/receiver", "null_given")]);
        let release = json!({"release": {"label": label, "amount": null, "reason": "抢救"}});
        assert_eq!(refused(hospital.safety.post("/api/v1/signing-requests", release)), [is("/release/amount", "null_given")]);
        take(json!({"label": label, "amount": some, "whole": false})).expect(201);
        take(json!({"label": labels[1], "whole": true})).expect(201);
    }

    fn a_field_that_is_missing_is_said_to_be_missing(server) {
        let hospital = server.hospital();
        let answer = hospital.equipment.post("/api/v1/receipts", json!({}));
        assert_eq!(refused(answer), ["/product", "/count", "/each", "/place"].map(|field| is(field, "missing")));
        let answer = hospital.equipment.post("/api/v1/moves", json!({}));
        assert_eq!(refused(answer), ["/labels", "/to"].map(|field| is(field, "missing")));
    }

    fn founding_tells_every_fault_of_the_founders_at_once(server) {
        let person = |number: &str, identity: &str, roles: Value| {
            json!({"name": "林", "staff_number": number, "identity_number": identity, "roles": roles})
        };
        let found = |founders: Value| {
            let body = json!({
                "code": "x", "name": "四平市示范医院", "uscc": "122203004127560907", "region": "220302",
                "kind": "hospital", "founders": founders,
            });
            server.anonymous().post("/api/v1/institutions", body)
        };
        assert_eq!(refused(found(json!([]))), [is("/founders", "three_founders"), is("/founders", "one_administrator")]);
        let twice = json!([
            person("A1", "220302198001010013", json!(["administrator", "auditor"])),
            person("a1", "220302198001010013", json!([])),
        ]);
        assert_eq!(refused(found(twice)), [
            is("/founders/1/staff_number", "given_twice"),
            is("/founders/1/identity_number", "given_twice"),
            is("/founders", "three_founders"),
            is("/founders/0/roles", "roles_conflict"),
            is("/founders/1/roles", "empty"),
        ]);
        let mut nowhere = json!({
            "code": "x", "name": "四平市示范医院", "uscc": "122203004127560907", "region": "229999",
            "kind": "hospital", "founders": [
                person("A1", "220302198001010013", json!(["administrator"])),
                person("A2", "220302198503150024", json!(["equipment"])),
                person("A3", "220302199007040031", json!(["safety"])),
            ],
        });
        let send = |body: &Value| server.anonymous().post("/api/v1/institutions", body.clone());
        assert_eq!(refused(send(&nowhere)), [is("/region", "region_unknown")]);
        nowhere["region"] = json!("220302");
        send(&nowhere).refused(401, "code_refused");
    }

    fn a_field_that_is_given_twice_is_refused(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let send = |body: String| hospital.safety.send("POST", "/api/v1/checkouts", Some(&fresh_key()), Some(body));
        let body = format!(
            r#"{{"label": "{0}", "whole": true, "label": "{0}", "late": {{"reason": "x", "reason": "x"}}}}"#, labels[0]
        );
        assert_eq!(refused(send(body)), [is("/label", "given_twice"), is("/late/reason", "given_twice")]);
        let moved = format!(r#"{{"labels": [{{"a": 1, "a": 2}}, "{}"], "to": "1"}}"#, labels[0]);
        let answer = hospital.equipment.send("POST", "/api/v1/moves", Some(&fresh_key()), Some(moved));
        assert_eq!(refused(answer), [is("/labels/0/a", "given_twice")]);
    }

    fn a_body_that_is_no_json_is_said_where(server) {
        let hospital = server.hospital();
        let send = |body: &str| hospital.safety.send("POST", "/api/v1/checkouts", Some(&fresh_key()), Some(body.to_owned()));
        let answer = send("{\n \"label\": }").refused(400, "body_not_json");
        assert!(answer.json["detail"].as_str().unwrap().contains("line 2, column 11"), "{}", answer.text);
        send(r#"{"label": "1"} {}"#).refused(400, "body_not_json");
    }

    fn a_parameter_that_a_route_does_not_take_is_refused(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let label = &labels[0];
        for path in [format!("/api/v1/containers/{label}"), "/api/v1/entries/1".to_owned(), "/api/v1/entries/1/proof".to_owned()] {
            let answer = hospital.equipment.get(&format!("{path}?proof=true"));
            assert_eq!(refused(answer), [is("/proof", "unknown_field")]);
            server.anonymous().get(&format!("{path}?proof=true")).refused(401, "session_invalid");
        }
        let body = json!({"label": label, "whole": true});
        let answer = hospital.safety.post("/api/v1/checkouts?dry_run=1&a=2", body.clone());
        assert_eq!(refused(answer), [is("/dry_run", "unknown_field"), is("/a", "unknown_field")]);
        hospital.safety.post("/api/v1/checkouts", body).expect(201);
    }

    fn a_value_is_digits_and_a_point(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let take = |value: &str| {
            let body = json!({"label": labels[0], "amount": {"value": value, "unit": "mL"}});
            hospital.safety.post("/api/v1/checkouts", body)
        };
        for value in ["1e2", "1E2", "1,000", "+1", "-1", "1 0"] {
            assert_eq!(refused(take(value)), [is("/amount", "number_not_plain")], "{value}");
        }
        take("１．５").expect(201);
    }

    fn staff_numbers_are_compared_without_case(server) {
        let hospital = server.hospital();
        let again = json!({"name": "新人", "staff_number": "e001", "identity_number": identity(7)});
        hospital.administrator.post("/api/v1/people", again).refused(409, "staff_number_taken");
    }

    fn nothing_is_received_that_has_expired_or_never_will(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let receive_as = |client: &Client, expires_on: &str, late: Value| {
            let mut body = json!({
                "product": "1", "place": room, "count": 1, "each": {"value": "500", "unit": "mL"}, "expires_on": expires_on,
            });
            if late != Value::Null {
                body["occurred_at"] = late;
                body["late"] = json!({"reason": "停电"});
            }
            client.post("/api/v1/receipts", body)
        };
        let receive = |expires_on: &str, late: Value| receive_as(&hospital.equipment, expires_on, late);
        for date in ["+12028-05-01", "2026-5-1", "-0001-01-01"] {
            assert_eq!(refused(receive(date, Value::Null)), [is("/expires_on", "date_malformed")], "{date}");
        }
        for date in ["1800-01-01", "2200-01-01"] {
            let code = if date < "2000" { "expired_on_arrival" } else { "expiry_implausible" };
            receive(date, Value::Null).refused(422, code);
        }
        // Every test begins on 2026-06-01.
        receive("2026-05-31", Value::Null).refused(422, "expired_on_arrival");
        receive("2026-06-01", Value::Null).expect(201);
        server.pass(3 * 86_400_000);
        let equipment = server.sign_in("E001");
        receive_as(&equipment, "2026-06-02", Value::Null).refused(422, "expired_on_arrival");
        receive_as(&equipment, "2026-06-02", json!("2026-06-02T04:00:00Z")).expect(201);
    }

    fn a_refusal_names_states_acts_and_people_in_its_language(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let whole = json!({"label": labels[0], "whole": true});
        hospital.safety.post("/api/v1/checkouts", whole.clone()).expect(201);
        let refused = said_in_chinese(&hospital.safety, "/api/v1/checkouts", &whole).refused(422, "container_state");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(detail.contains("领用") && !detail.contains("check"), "{detail}");
        // For programs the words stay.
        assert_eq!((&refused.json["state"], &refused.json["act"]), (&json!("checked_out"), &json!("checkout")));

        let person = hospital.enrol(server, "L001", 7);
        let again = json!({"name": "新人", "staff_number": "L002", "identity_number": identity(7)});
        let refused = said_in_chinese(&hospital.administrator, "/api/v1/people", &again).refused(409, "person_exists");
        assert_eq!((&refused.json["person"], &refused.json["person_name"]), (&json!(person), &json!("职工7")));
        assert!(refused.json["detail"].as_str().unwrap().contains(&format!("人员 {person}（职工7）")), "{}", refused.text);
        // What is not there has no name.
        let nobody = json!({"person": "99", "role": "staff"});
        let refused = hospital.administrator.post("/api/v1/appointments", nobody).refused(404, "person_unknown");
        assert!(refused.json.get("person_name").is_none(), "{}", refused.text);
    }
}

#[test]
fn a_body_in_gbk_is_told_so() {
    // 乙醇.
    let refused = parse(b"{\"purpose\": \"\xd2\xd2\xb4\xbc\"}").unwrap_err();
    assert_eq!(refused.code(), "body_not_utf8");
}
