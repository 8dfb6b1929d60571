//! 重印标签: the old label is dead at once.

use hazledger::domain::ids::{Generation, Label, Serial};
use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::START;

fn reprint(client: &Client, label: &Value) -> Value {
    let body = json!({"label": label, "reason": "污损"});
    client
        .post("/api/v1/labels/reprints", body)
        .expect(201)
        .json["labels"][0]
        .clone()
}

on_both! {
    fn the_old_label_says_which_one_replaced_it(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let old = json!(labels[0]);
        let new = reprint(&hospital.equipment, &old);
        assert_eq!(new.as_str().unwrap()[..12], labels[0][..12]);
        let body = json!({"label": old, "amount": {"value": "1", "unit": "mL"}});
        for path in ["checkouts", "uses", "returns"] {
            let refused = hospital.safety.post(&format!("/api/v1/{path}"), body.clone()).refused(422, "label_replaced");
            assert_eq!(refused.json["current"], new);
            assert_eq!((&refused.json["on"], &refused.json["by"]), (&json!(START), &json!("周敏")));
        }
        hospital.equipment.post("/api/v1/labels/reprints", json!({"label": old, "reason": "污损"})).refused(422, "label_replaced");
        hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).refused(422, "label_replaced");
        hospital.safety.post("/api/v1/checkouts", json!({"label": new, "whole": true})).expect(201);
        reprint(&hospital.equipment, &new);
        // Each old label names its own end, however many came after it.
        server.pass(60_000);
        let refused = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).refused(422, "label_replaced");
        assert_eq!(refused.json["on"], START);
        server.assert_balanced();
    }

    fn a_label_is_printed_anew_ninety_nine_times(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let mut label = json!(labels[0]);
        for _ in 0..99 {
            label = reprint(&hospital.equipment, &label);
        }
        let body = json!({"label": label, "reason": "污损"});
        hospital.equipment.post("/api/v1/labels/reprints", body).refused(422, "label_generations_used_up");
        hospital.safety.get(&format!("/api/v1/containers/{}", label.as_str().unwrap())).expect(200);
        server.assert_balanced();
    }

    fn an_empty_bottle_gets_no_new_label(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let all = json!({"label": labels[0], "amount": {"value": "500", "unit": "mL"}});
        hospital.safety.post("/api/v1/uses", all).expect(201);
        let body = json!({"label": labels[0], "reason": "污损"});
        hospital.equipment.post("/api/v1/labels/reprints", body).refused(422, "container_state");
    }

    fn a_reprint_needs_a_reason_a_right_and_happens_once_a_key(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let path = "/api/v1/labels/reprints";
        let (key, body) = (fresh_key(), json!({"label": labels[0], "reason": "污损"}));
        hospital.equipment.post(path, json!({"label": labels[0]})).refused(422, "fields_invalid");
        hospital.safety.post(path, body.clone()).refused(403, "not_permitted");
        let first = hospital.equipment.post_with(path, &key, body.clone()).expect(201);
        let again = hospital.equipment.post_with(path, &key, body).expect(200);
        assert_eq!((first.text, true), (again.text, again.replayed));
        let other = json!({"label": labels[1], "reason": "污损"});
        hospital.equipment.post_with(path, &key, other).refused(422, "idempotency_key_reused");
        let foreign = Label::new(2.try_into().unwrap(), Serial::MIN, Generation::MIN);
        let body = json!({"label": foreign, "reason": "污损"});
        hospital.equipment.post(path, body).refused(404, "label_unknown");
        server.assert_balanced();
    }
}
