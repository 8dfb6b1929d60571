//! Denials: each leaves one line before it is answered, and a flood of them is counted.

use std::time::{Duration, Instant};

use hazledger::domain::ids::Label;
use serde_json::{Value, json};

use crate::harness::client::fresh_key;
use crate::harness::on_both;
use crate::harness::server::{SECRET, TestServer};

/// Command, code and left-out count of the audit lines that refuse.
fn refused(server: &TestServer, institution: i64) -> Vec<(String, String, u64)> {
    let lines = server.audit(institution);
    let lines = lines
        .iter()
        .map(|line| &line["act"]["audit"])
        .filter(|line| line["outcome"] == "refused");
    lines
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            (
                text("command"),
                text("code"),
                line["suppressed"].as_u64().unwrap_or(0),
            )
        })
        .collect()
}

/// A label that no container has.
fn label(institution: i64) -> String {
    let serial = 77.try_into().unwrap();
    Label::new(
        institution.try_into().unwrap(),
        serial,
        0.try_into().unwrap(),
    )
    .to_string()
}

fn line(command: &str, code: &str) -> (String, String, u64) {
    (command.to_owned(), code.to_owned(), 0)
}

on_both! {
    fn every_denial_leaves_one_line_in_the_log_of_whom_it_concerns(server) {
        let hospital = server.hospital();
        server.second_hospital();
        let before = refused(server, 1).len();
        let here = &hospital.equipment;
        here.get("/api/v1/people/99").refused(404, "person_unknown");
        here.get(&format!("/api/v1/containers/{}", label(2))).refused(404, "label_unknown");
        here.post("/api/v1/people", json!({})).refused(403, "not_permitted");
        here.post("/api/v1/places", json!({"kind": "hut"})).refused(422, "fields_invalid");
        here.send("POST", "/api/v1/places", Some(&fresh_key()), Some("[".to_owned())).refused(400, "body_not_json");
        here.send("POST", "/api/v1/places", None, Some(r#"{"kind": "room", "name": "x"}"#.to_owned())).refused(400, "idempotency_key_missing");
        // What the writer refused has its line from there.
        here.post("/api/v1/moves", json!({"labels": [label(1)], "to": "1"})).refused(404, "place_unknown");
        let wrong = json!({"institution": "1", "staff_number": "E001", "secret": "000111"});
        server.anonymous().post("/api/v1/sessions", wrong).refused(401, "sign_in_refused");
        assert_eq!(refused(server, 1).split_off(before), [
            line("GET /people/{id}", "person_unknown"),
            line("GET /containers/{label}", "label_unknown"),
            line("POST /people", "not_permitted"),
            line("POST /places", "fields_invalid"),
            line("POST /places", "body_not_json"),
            line("POST /places", "idempotency_key_missing"),
            line("move", "place_unknown"),
            line("wrong_secret", "sign_in_refused"),
        ]);

        // Of somebody unknown: in the log of the system. A wrong address is nothing asked for.
        let before = refused(server, 0).len();
        server.anonymous().get("/api/v1/people").refused(401, "session_invalid");
        server.anonymous().get("/api/v1/nothing").refused(404, "not_found");
        server.anonymous().post("/api/v1/sessions", json!({"institution": "1", "secret": SECRET, "staff_number": 7})).refused(422, "fields_invalid");
        assert_eq!(refused(server, 0).split_off(before), [
            line("GET /people", "session_invalid"),
            line("POST /sessions", "fields_invalid"),
        ]);
        server.assert_sound();
    }

    fn a_denial_names_who_was_denied(server) {
        let hospital = server.hospital();
        hospital.equipment.post("/api/v1/people", json!({})).refused(403, "not_permitted");
        let last: Value = server.audit(1).pop().unwrap();
        assert_eq!((last["actor"]["person"].clone(), last["actor"]["name"].clone()), (json!("2"), json!("周敏")));
    }

    fn a_flood_of_denials_is_counted_exactly(server) {
        let hospital = server.hospital();
        let before = refused(server, 1).len();
        let flood = |count: u64| {
            for _ in 0..count {
                hospital.equipment.get("/api/v1/people/99").refused(404, "person_unknown");
            }
        };
        flood(100);
        assert_eq!(refused(server, 1).len(), before + 60);
        // Somebody else at the same address is not drowned by it.
        hospital.safety.get("/api/v1/people/99").refused(404, "person_unknown");
        assert_eq!(refused(server, 1).len(), before + 61);
        server.pass(60_000);
        flood(1);
        let lines = refused(server, 1).split_off(before);
        assert_eq!(lines.iter().map(|line| 1 + line.2).sum::<u64>(), 102);
    }

    fn what_was_left_out_is_written_when_its_source_goes_quiet(server) {
        let hospital = server.hospital();
        let before = refused(server, 1).len();
        for _ in 0..100 {
            hospital.equipment.get("/api/v1/people/99").refused(404, "person_unknown");
        }
        let metrics = server.anonymous().get("/metrics").expect(200).text;
        assert!(metrics.contains("hazledger_denials_suppressed_total 40\n"), "{metrics}");
        server.pass(60_000);
        let end = Instant::now() + Duration::from_secs(20);
        while refused(server, 1).len() == before + 60 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(50));
        }
        let lines = refused(server, 1).split_off(before);
        assert_eq!(lines.len(), 61);
        // The last one left out tells of the others.
        assert_eq!(lines[60], ("GET /people/{id}".to_owned(), "person_unknown".to_owned(), 39));
    }

    fn what_was_left_out_is_written_when_the_server_stops(server) {
        let hospital = server.hospital();
        let before = refused(server, 1).len();
        for _ in 0..75 {
            hospital.equipment.get("/api/v1/people/99").refused(404, "person_unknown");
        }
        server.stop();
        let lines = refused(server, 1).split_off(before);
        assert_eq!(lines.iter().map(|line| 1 + line.2).sum::<u64>(), 75);
        server.assert_sound();
    }

    fn signing_in_is_slowed_down(server) {
        server.hospital();
        let body = json!({"institution": "1", "secret": SECRET});
        let mut answers = (0..200).map(|_| server.anonymous().post("/api/v1/sessions", body.clone()));
        let answer = answers.find(|answer| answer.status == 429).unwrap();
        assert_eq!((answer.code(), answer.retry_after.as_deref()), ("too_many_requests", Some("2")));
        server.pass(2_000);
        server.sign_in("S001");
    }
}
