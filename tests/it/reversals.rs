//! 冲正: the latest movement first, each once, and everything stands as before.

use hazledger::domain::verb::Reverse;
use serde_json::{Value, json};

use crate::harness::client::{Answer, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::model::world::{principal, together};

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

/// The number of the entry that an answer tells of.
fn seq(answer: Answer) -> String {
    answer.expect(201).json["receipt"]["seq"].to_string()
}

fn reverse(hospital: &Hospital, entry: &str) -> Answer {
    hospital.equipment.post(
        "/api/v1/reversals",
        json!({"entry": entry, "reason": "录入错误"}),
    )
}

fn seen(hospital: &Hospital, label: &str) -> Value {
    let path = format!("/api/v1/containers/{label}");
    let mut seen = hospital.safety.get(&path).expect(200).json;
    seen.as_object_mut().unwrap().remove("last_entry");
    seen
}

/// Reverses entries in this order, none waiting for another.
fn reverse_together(server: &TestServer, entries: &[String]) -> Vec<Result<(), String>> {
    let who = principal(1, 2);
    let app = server.app();
    let calls = entries.iter().map(|entry| {
        let verb = Reverse {
            entry: entry.parse().unwrap(),
            reason: "录入错误".to_owned(),
        };
        app.execute(&who, "", None, Box::new(verb), |_| String::new())
    });
    let done = actix_web::rt::System::new().block_on(together(calls.collect()));
    let told = done.into_iter();
    told.map(|done| done.map(drop).map_err(|error| error.to_string()))
        .collect()
}

on_both! {
    fn reversals_sent_together_see_past_a_new_label_between(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let mut entries = Vec::new();
        // The first keeps the writer busy, so that those behind it share a batch.
        entries.push(seq(hospital.safety.post("/api/v1/checkouts", json!({"label": labels[4], "whole": true}))));
        for label in &labels[..4] {
            let first = seq(hospital.safety.post("/api/v1/checkouts", json!({"label": label, "amount": ml("1")})));
            let reprint = hospital.equipment.post("/api/v1/labels/reprints", json!({"label": label, "reason": "污损"})).expect(201);
            let label = &reprint.json["labels"][0];
            let second = seq(hospital.safety.post("/api/v1/checkouts", json!({"label": label, "amount": ml("2")})));
            entries.extend([second, first]);
        }
        let reversed = reverse_together(server, &entries);
        assert!(reversed.iter().all(Result::is_ok), "{reversed:?}");
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }

    fn every_movement_is_taken_back_from_the_latest_on(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        let (staff, label) = (&hospital.safety, &labels[0]);
        let mut made = Vec::new();
        let mut act = |path: &str, body: Value| {
            let before = seen(&hospital, label);
            let who = if path == "/api/v1/moves" { &hospital.equipment } else { staff };
            made.push((before, seq(who.post(path, body))));
        };
        act("/api/v1/moves", json!({"labels": [label], "to": cabinet}));
        act("/api/v1/checkouts", json!({"label": label, "amount": ml("100")}));
        act("/api/v1/uses", json!({"label": label, "amount": ml("30")}));
        act("/api/v1/returns", json!({"label": label, "amount": ml("60")}));
        act("/api/v1/uses", json!({"label": label, "amount": ml("5")}));
        act("/api/v1/checkouts", json!({"label": label, "whole": true}));
        act("/api/v1/uses", json!({"label": label, "amount": ml("25")}));
        act("/api/v1/returns", json!({"label": label, "amount": ml("400"), "place": room}));
        assert_eq!(server.assert_balanced(), [2400 * ML, 0, 100 * ML]);
        for at in (0..made.len()).rev() {
            for (_, earlier) in &made[..at] {
                let refused = reverse(&hospital, earlier).refused(422, "later_entries_exist");
                assert_eq!((&refused.json["label"], &refused.json["latest"]), (&json!(label), &json!(made[at].1)));
            }
            let (before, entry) = &made[at];
            reverse(&hospital, entry).expect(201);
            assert_eq!(&seen(&hospital, label), before);
            server.assert_balanced();
        }
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }

    fn a_receipt_taken_back_leaves_void_labels_and_nothing_in_the_book(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let receipt = server.number("SELECT MAX(seq) FROM entry WHERE institution_id = 1 AND log = 0").to_string();
        let used = seq(hospital.safety.post("/api/v1/uses", json!({"label": labels[3], "amount": ml("1")})));
        let refused = reverse(&hospital, &receipt).refused(422, "later_entries_exist");
        assert_eq!((&refused.json["label"], &refused.json["latest"]), (&json!(labels[3]), &json!(used)));
        reverse(&hospital, &used).expect(201);
        assert_eq!(reverse(&hospital, &receipt).expect(201).json["labels"], json!(labels));
        for label in &labels {
            let stands = seen(&hospital, label);
            assert_eq!((&stands["status"], &stands["amount"]["value"]), (&json!("void"), &json!("0")));
            hospital.safety.post("/api/v1/checkouts", json!({"label": label, "whole": true})).refused(422, "container_state");
            hospital.safety.post("/api/v1/returns", json!({"label": label, "amount": ml("0")})).refused(422, "container_state");
            hospital.equipment.post("/api/v1/moves", json!({"labels": [label], "to": room})).refused(422, "container_state");
        }
        assert_eq!(server.assert_balanced(), [0, 0, 0]);
        assert_eq!(server.number("SELECT SUM(containers) FROM place_total"), 0);
    }

    fn a_checkout_partly_settled_is_not_taken_back(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let taken = seq(hospital.safety.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("100")})));
        let used = seq(hospital.safety.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("100")})));
        reverse(&hospital, &taken).refused(422, "later_entries_exist");
        reverse(&hospital, &used).expect(201);
        assert_eq!(server.assert_balanced(), [2400 * ML, 100 * ML, 0]);
        reverse(&hospital, &taken).expect(201);
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }

    fn an_entry_is_taken_back_once_and_a_reversal_never(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let used = seq(hospital.safety.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("1")})));
        let reversal = seq(reverse(&hospital, &used));
        let refused = reverse(&hospital, &used).refused(409, "already_reversed");
        assert_eq!(refused.json["by"], json!(reversal));
        reverse(&hospital, &reversal).refused(422, "entry_not_reversible");
        reverse(&hospital, "0").refused(422, "entry_not_reversible");
        reverse(&hospital, "999").refused(404, "entry_unknown");
        server.assert_balanced();
    }

    fn a_new_label_does_not_stand_in_the_way(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let used = seq(hospital.safety.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("1")})));
        let reprinted = hospital
            .equipment
            .post("/api/v1/labels/reprints", json!({"label": labels[0], "reason": "污损"}))
            .expect(201);
        assert_eq!(reverse(&hospital, &used).expect(201).json["labels"], reprinted.json["labels"]);
        let label = reprinted.json["labels"][0].as_str().unwrap();
        assert_eq!(seen(&hospital, label)["amount"], ml("500"));
        reverse(&hospital, &seq(reprinted)).refused(422, "entry_not_reversible");
        server.assert_balanced();
    }

    fn a_reversal_needs_a_reason_a_right_and_happens_once_a_key(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let use_of = |value: &str| seq(hospital.safety.post("/api/v1/uses", json!({"label": labels[0], "amount": ml(value)})));
        let (first, second) = (use_of("1"), use_of("2"));
        let body = |entry: &str| json!({"entry": entry, "reason": "录入错误"});
        let equipment = &hospital.equipment;
        equipment.post("/api/v1/reversals", json!({"entry": second})).refused(422, "fields_invalid");
        hospital.safety.post("/api/v1/reversals", body(&second)).refused(403, "not_permitted");
        let key = fresh_key();
        let done = equipment.post_with("/api/v1/reversals", &key, body(&second)).expect(201);
        let again = equipment.post_with("/api/v1/reversals", &key, body(&second)).expect(200);
        assert_eq!((done.text, true), (again.text, again.replayed));
        equipment.post_with("/api/v1/reversals", &key, body(&first)).refused(422, "idempotency_key_reused");
        assert_eq!(server.assert_balanced(), [2499 * ML, 0, ML]);
    }
}
