//! 使用: what was taken out or what is in a bottle is used up.

use hazledger::domain::ids::Label;
use serde_json::{Value, json};

use crate::harness::client::fresh_key;
use crate::harness::on_both;

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

on_both! {
    fn what_was_taken_out_is_used_up_bit_by_bit(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("120")})).expect(201);
        let used = staff
            .post("/api/v1/uses", json!({"label": labels[0], "amount": ml("50"), "purpose": "固定标本"}))
            .expect(201);
        assert_eq!(used.json["consumed"], ml("50"));
        assert_eq!(server.assert_balanced(), [2380 * ML, 70 * ML, 50 * ML]);

        let refused = staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("71")})).refused(422, "not_enough");
        assert_eq!(refused.json["available"], "70 mL");
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("70")})).expect(201);
        assert_eq!(server.assert_balanced(), [2380 * ML, 0, 120 * ML]);
    }

    fn a_bottle_in_stock_is_used_until_it_is_empty(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("499.999999")})).expect(201);
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("0.000001")})).expect(201);
        let seen = staff.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        assert_eq!(seen.json["status"], "empty");
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("1")})).refused(422, "container_state");
        assert_eq!(server.assert_balanced(), [2000 * ML, 0, 500 * ML]);
    }

    fn of_several_open_checkouts_the_one_meant_is_named(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        let take = || {
            let taken = staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("10")})).expect(201);
            taken.json["receipt"]["seq"].to_string()
        };
        let (first, second) = (take(), take());
        let with = |source: Value| json!({"label": labels[0], "amount": ml("4"), "source": source});
        let refused = staff.post("/api/v1/uses", with(Value::Null)).refused(422, "checkout_ambiguous");
        assert_eq!(refused.json["open"], "2");
        staff.post("/api/v1/uses", with(json!(second))).expect(201);
        staff.post("/api/v1/uses", with(json!("container"))).expect(201);
        staff.post("/api/v1/uses", with(json!("0"))).refused(422, "nothing_checked_out");
        staff.post("/api/v1/uses", with(json!("bottle"))).refused(422, "fields_invalid");
        assert_eq!(server.number(&format!("SELECT amount FROM holding WHERE checkout_seq = {first}")), 10 * ML);
        assert_eq!(server.number(&format!("SELECT amount FROM holding WHERE checkout_seq = {second}")), 6 * ML);
        assert_eq!(server.assert_balanced(), [2476 * ML, 16 * ML, 8 * ML]);
    }

    fn what_somebody_else_holds_is_not_used_by_the_way(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.appoint("2", "staff");
        let staff = &hospital.safety;
        let taken = staff
            .post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("10"), "receiver": "2"}))
            .expect(201);
        let body = json!({"label": labels[0], "amount": ml("4")});
        staff.post("/api/v1/uses", body).refused(422, "checkout_ambiguous");
        let checkout = taken.json["receipt"]["seq"].to_string();
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("4"), "source": checkout})).expect(201);
        assert_eq!(server.number("SELECT holder_id FROM posting WHERE account = 'consumed'"), 2);
        server.assert_balanced();
    }

    fn a_part_is_used_while_the_bottle_is_with_somebody_else(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.appoint("2", "staff");
        let staff = &hospital.safety;
        let taken = staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("10")})).expect(201);
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true, "receiver": "2"})).expect(201);
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("4")})).refused(422, "checkout_ambiguous");
        let checkout = taken.json["receipt"]["seq"].to_string();
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("10"), "source": checkout})).expect(201);
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("4")})).expect(201);
        let seen = staff.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        assert_eq!((&seen.json["status"], &seen.json["amount"]["value"]), (&json!("checked_out"), &json!("486")));
        server.assert_balanced();
    }

    fn an_expired_bottle_is_not_used_from_stock_but_what_was_taken_before_is(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        server.pass(2 * 365 * 24 * 3600 * 1000);
        let staff = server.sign_in("S001");
        staff.post("/api/v1/uses", json!({"label": labels[1], "amount": ml("4")})).refused(422, "container_expired");
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("4")})).expect(201);
        server.assert_balanced();
    }

    fn a_use_needs_an_amount_that_can_be_booked(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": ml("0")})).refused(422, "amount_zero");
        let grams = json!({"value": "1", "unit": "g"});
        staff.post("/api/v1/uses", json!({"label": labels[0], "amount": grams})).refused(422, "dimension_mismatch");
        staff.post("/api/v1/uses", json!({"label": labels[0]})).refused(422, "fields_invalid");
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }

    fn a_foreign_label_is_as_unknown_as_one_that_nobody_has(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let label = |institution: i64, serial: i64| {
            Label::new(institution.try_into().unwrap(), serial.try_into().unwrap(), 0.try_into().unwrap()).to_string()
        };
        for path in ["uses", "returns"] {
            for label in [label(2, 1), label(1, 77)] {
                hospital
                    .safety
                    .post(&format!("/api/v1/{path}"), json!({"label": label, "amount": ml("1")}))
                    .refused(404, "label_unknown");
            }
        }
    }

    fn a_use_is_booked_once_and_by_those_who_may(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let (key, body) = (fresh_key(), json!({"label": labels[0], "amount": ml("5")}));
        let first = hospital.safety.post_with("/api/v1/uses", &key, body.clone()).expect(201);
        let again = hospital.safety.post_with("/api/v1/uses", &key, body.clone()).expect(200);
        assert_eq!((first.text, true), (again.text, again.replayed));
        let other = json!({"label": labels[0], "amount": ml("6")});
        hospital.safety.post_with("/api/v1/uses", &key, other).refused(422, "idempotency_key_reused");
        hospital.equipment.post("/api/v1/uses", body).refused(403, "not_permitted");
        assert_eq!(server.assert_balanced(), [2495 * ML, 0, 5 * ML]);
    }
}
