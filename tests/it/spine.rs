//! The spine from end to end over HTTP: found, sign in, receive, check out, move, verify.

use serde_json::json;

use crate::harness::client::fresh_key;
use crate::harness::on_both;

on_both! {
    fn a_bottle_is_received_checked_out_and_verified(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        assert_eq!(labels.len(), 5);

        let taken = hospital
            .safety
            .post("/api/v1/checkouts", json!({"label": labels[0], "amount": {"value": "120", "unit": "mL"}, "purpose": "擦拭"}))
            .expect(201);
        assert_eq!(taken.json["labels"], json!([labels[0]]));
        assert!(taken.json["receipt"]["seq"].is_u64());

        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        assert_eq!(seen.json["amount"], json!({"value": "380", "unit": "mL"}));
        assert_eq!(seen.json["status"], "in_stock");
        server.assert_sound();
    }

    fn a_whole_bottle_goes_to_its_receiver(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[1], "whole": true})).expect(201);
        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[1])).expect(200);
        assert_eq!(seen.json["status"], "checked_out");
        assert_eq!(seen.json["holder"], "3");
        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[1], "whole": true})).refused(422, "container_state");
        server.assert_sound();
    }

    fn the_same_key_gives_the_first_answer_and_another_body_is_refused(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let key = fresh_key();
        let body = json!({"label": labels[0], "amount": {"value": "100", "unit": "mL"}});
        let first = hospital.safety.post_with("/api/v1/checkouts", &key, body.clone()).expect(201);
        let again = hospital.safety.post_with("/api/v1/checkouts", &key, body).expect(200);
        assert_eq!(first.text, again.text);
        assert!(again.replayed && !first.replayed);
        let other = json!({"label": labels[0], "amount": {"value": "200", "unit": "mL"}});
        hospital.safety.post_with("/api/v1/checkouts", &key, other).refused(422, "idempotency_key_reused");
        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        assert_eq!(seen.json["amount"]["value"], "400");
        server.assert_sound();
    }

    fn more_than_is_there_is_refused_with_the_numbers(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let body = json!({"label": labels[0], "amount": {"value": "501", "unit": "mL"}});
        let refused = hospital.safety.post("/api/v1/checkouts", body).refused(422, "not_enough");
        assert_eq!(refused.json["available"], "500 mL");
        assert_eq!(refused.json["asked"], "501 mL");
    }

    fn a_controlled_class_needs_a_place_made_for_it(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let custodian = json!({"person": "3", "role": "custodian", "place": room});
        hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        let product = hospital.product(json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"}));
        hospital
            .equipment
            .post("/api/v1/signing-requests", json!({"receipt": {
                "product": product, "count": 1, "each": {"value": "500", "unit": "g"}, "place": room,
                "acceptors": ["2", "3"],
            }}))
            .refused(422, "class_not_permitted");
    }

    fn bottles_move_together_or_not_at_all(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        hospital.equipment.post("/api/v1/moves", json!({"labels": labels, "to": cabinet})).expect(201);
        hospital
            .equipment
            .post("/api/v1/moves", json!({"labels": [labels[0], labels[1]], "to": cabinet}))
            .refused(409, "already_there");
        let seen = hospital.equipment.get(&format!("/api/v1/containers/{}", labels[4])).expect(200);
        assert_eq!(seen.json["place"], json!(cabinet));
        server.assert_sound();
    }

    fn every_bad_field_is_named_at_once(server) {
        let hospital = server.hospital();
        let answer = hospital
            .equipment
            .post("/api/v1/receipts", json!({"product": "x", "count": -1, "each": {"value": "1", "unit": "furlong"}, "colour": "red"}))
            .refused(422, "fields_invalid");
        let pointers: Vec<_> =
            answer.json["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/product", "/count", "/each", "/place", "/colour"]);
    }

    fn an_ended_session_is_of_no_use_and_a_wrong_secret_locks(server) {
        let hospital = server.hospital();
        hospital.safety.get("/api/v1/sessions/current").expect(200);
        hospital.safety.delete("/api/v1/sessions/current").expect(204);
        hospital.safety.get("/api/v1/sessions/current").refused(401, "session_invalid");
        let try_in = |staff_number: &str, secret: &str| {
            server.anonymous().post("/api/v1/sessions", json!({"institution": "1", "staff_number": staff_number, "secret": secret}))
        };
        for staff_number in ["E001", "nobody"] {
            for _ in 0..5 {
                try_in(staff_number, "000111").refused(401, "sign_in_refused");
            }
            try_in(staff_number, "284917").refused(423, "locked");
        }
        server.pass(15 * 60 * 1000);
        try_in("E001", "284917").expect(201);
        server.assert_sound();
    }

    fn a_role_without_the_permission_gets_403(server) {
        let hospital = server.hospital();
        hospital.administrator.post("/api/v1/places", json!({"kind": "room", "name": "x"})).refused(403, "not_permitted");
        hospital.administrator.get("/api/v1/containers/0001000000010058").refused(403, "not_permitted");
    }

    fn what_was_answered_is_there_after_a_restart(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        server.restart();
        let safety = server.sign_in("S001");
        safety.get(&format!("/api/v1/containers/{}", labels[4])).expect(200);
        server.assert_sound();
    }

    fn verify_names_the_first_entry_changed_by_hand(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        server.stop();
        let seq = server.verify().heads[2].2.size - 1;
        server.tamper(&format!("UPDATE entry SET leaf_hash = (SELECT leaf_hash FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0) WHERE institution_id = 1 AND log = 0 AND seq = {seq}"));
        let finding = server.verify().findings.remove(0);
        assert_eq!((finding.institution.get(), finding.seq), (1, Some(i64::try_from(seq).unwrap())));
    }
}
