//! What a signature proves: who made it, over what, when, and that nobody else could have written it.

use std::collections::BTreeSet;

use hazledger::domain::canonical::sha256;
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::InstitutionId;
use hazledger::domain::ledger::{Entry, Record};
use hazledger::domain::merkle::Hash;
use hazledger::domain::policy;
use hazledger::domain::request::{Payload, Proposal};
use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::signing::{BOTH, RECEIVER, amount, ask, cyanide, sign};
use crate::tamper::forge;

/// The entries of institution 1's ledger.
pub fn records(server: &TestServer) -> Vec<Record> {
    let mut hand = Hand::to(&server.settings.database);
    let bytes = format!(
        "SELECT {} AS value FROM entry WHERE institution_id = 1 AND log = 0 ORDER BY seq",
        hand.hex("bytes")
    );
    let entries = hand.values(&bytes).into_iter().map(|hex| {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        Entry::parse(&bytes).unwrap().record().clone()
    });
    entries.collect()
}

/// What the ledger was before its last entry, and that entry: ten grams go out under two signatures.
fn before_the_last(server: &TestServer) -> (Facts, Record) {
    let hospital = server.hospital();
    let (_, labels) = cyanide(&hospital);
    let request = ask(&hospital.safety, &labels[0], "10").expect(201);
    sign(&hospital.safety, &request, BOTH).expect(201);
    let mut records = records(server);
    let last = records.pop().unwrap();
    let mut facts = Facts::of(InstitutionId::try_from(1).unwrap());
    facts.default_policies = policy::defaults();
    for record in &records {
        facts.apply(record, Hash([0; 32])).unwrap();
    }
    (facts, last)
}

/// The entry with another payload, and the signatures made to fit it.
pub fn with_payload(record: &Record, change: impl FnOnce(&mut Value)) -> Record {
    let mut changed = serde_json::to_value(record).unwrap();
    let text = changed["signed"]["payload"].as_str().unwrap();
    let mut payload: Value = serde_json::from_str(text).unwrap();
    change(&mut payload);
    let payload: Payload = serde_json::from_value(payload).unwrap();
    let text = payload.to_text().unwrap();
    for signature in changed["signed"]["signatures"].as_array_mut().unwrap() {
        signature["statement"]["payload_hash"] = json!(sha256(text.as_bytes()));
    }
    changed["signed"]["payload"] = json!(text);
    serde_json::from_value(changed).unwrap()
}

/// The entry with the first statement changed.
fn with_statement(record: &Record, field: &str, value: Value) -> Record {
    let mut changed = serde_json::to_value(record).unwrap();
    changed["signed"]["signatures"][0]["statement"][field] = value;
    serde_json::from_value(changed).unwrap()
}

#[track_caller]
pub fn does_not_apply(facts: &Facts, record: &Record, why: &str) {
    let wrong = facts.clone().apply(record, Hash([0; 32])).unwrap_err();
    assert!(wrong.to_string().contains(why), "{wrong} is not {why}");
}

fn move_to(hospital: &Hospital, label: &str) -> Value {
    let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "permitted": []}));
    json!({"move": {"labels": [label], "to": shelf}})
}

fn seen(client: &Client, label: &str) -> Value {
    client
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200)
        .json
}

on_both! {
    fn a_receipt_signed_before_payloads_named_what_they_bring_holds(server) {
        let hospital = server.hospital();
        cyanide(&hospital);
        let records = records(server);
        let receipt = records.iter().find(|record| record.act.kind().as_str() == "receive").unwrap();
        let signed = receipt.signed.as_ref().unwrap();
        let now: Payload = serde_json::from_str(&signed.payload).unwrap();
        let holds = |payload: &Payload| {
            payload.is_of(&receipt.act, &receipt.identities, &receipt.containers, &receipt.postings)
        };
        assert!(holds(&now) && !now.brings.is_empty());
        let mut before = Payload { brings: Vec::new(), ..now.clone() };
        assert!(holds(&before));
        // What it proposes is still what counts.
        if let Proposal::Receive(proposed) = &mut before.proposal {
            proposed.lot.count += 1;
        }
        assert!(!holds(&before));
        let mut other = now;
        other.brings[0].count += 1;
        assert!(!holds(&other));
    }
}

on_both! {
    fn a_signature_written_into_the_database_by_hand_moves_nothing(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, &BOTH[1..]).expect(202);
        // S001's own statement is made to look like E001's.
        let forged = "replace(replace(replace(signatures, '\"person\":\"3\"', '\"person\":\"2\"'), 'S001', 'E001'), '陈安', '周敏')";
        let mut hand = Hand::to(&server.settings.database);
        hand.run(&format!("UPDATE signing_request SET signatures = {forged} WHERE state = 'signed_in_part'")).unwrap();
        let id = request.json["request"].as_str().unwrap();
        let shown = hospital.safety.get(&format!("/api/v1/signing-requests/{id}")).expect(200);
        assert_eq!(shown.json["signatures"][0]["name"], "周敏");
        sign(&hospital.safety, &request, &BOTH[1..]).refused(500, "signature_forged");
        assert_eq!(amount(server, &labels[0]), "500 g");
        hospital.equipment.delete(&format!("/api/v1/signing-requests/{id}")).expect(204);
        server.assert_sound();
    }

    fn verify_sees_a_statement_in_an_entry_that_its_signer_did_not_make(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let posted = sign(&hospital.safety, &request, BOTH).expect(201);
        let seq = posted.json["receipt"]["seq"].as_u64().unwrap();
        server.stop();
        let mut hand = Hand::to(&server.settings.database);
        let forgery = forge::rewriting_with(&mut hand, |index, draft| {
            if index == seq {
                let mut signed = serde_json::to_value(&draft.signed).unwrap();
                signed["signatures"][0]["statement"]["terminal"] = json!("10.0.0.9");
                draft.signed = serde_json::from_value(signed).unwrap();
            }
        });
        server.tamper(&forgery);
        let found = server.verify().findings;
        assert!(found.iter().any(|finding| finding.what == "a signature was not made by this program"), "{found:?}");
    }

    fn a_signature_counts_no_more_when_its_signer_has_set_another_secret(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.equipment, &labels[0], "10").expect(201);
        sign(&hospital.equipment, &request, &BOTH[1..]).expect(202);
        let second = json!({"second": {"staff_number": "E001", "secret": SECRET}});
        let code = hospital.administrator.post("/api/v1/people/3/codes", second).expect(201);
        hospital.administrator.set_secret("1", "S001", code.json["code"].as_str().unwrap());
        let half = sign(&hospital.equipment, &request, &BOTH[..1]).expect(202);
        assert_eq!(half.json["signatures"].as_array().unwrap().len(), 1);
        sign(&hospital.equipment, &request, &BOTH[1..]).expect(201);
        server.assert_sound();
    }

    fn an_entry_applies_only_with_the_request_that_was_signed_for_it(server) {
        let (facts, record) = before_the_last(server);
        facts.clone().apply(&record, Hash([0; 32])).unwrap();
        let payload = |change: fn(&mut Value)| with_payload(&record, change);
        does_not_apply(&facts, &payload(|payload| payload["ctx"] = json!("another")), "no signing request");
        does_not_apply(&facts, &payload(|payload| payload["institution"] = json!("2")), "something else");
        does_not_apply(&facts, &payload(|payload| payload["purpose"] = json!("另作他用")), "something else");
        does_not_apply(&facts, &payload(|payload| payload["receivers"][0]["person"] = json!("2")), "something else");
        does_not_apply(&facts, &payload(|payload| {
            payload["proposal"] = json!({"reverse": {"entry": "1", "reason": "x"}});
        }), "something else");
        does_not_apply(&facts, &payload(|payload| payload["expires_at"] = payload["created_at"].clone()), "expired");
        does_not_apply(&facts, &payload(|payload| payload["head"]["size"] = json!(1_000_000)), "later ledger");

        let text = &record.signed.as_ref().unwrap().payload;
        let signed: Payload = serde_json::from_str(text).unwrap();
        let mut posted = facts.clone();
        posted.stock.posted.insert(signed.request);
        does_not_apply(&posted, &record, "posted before");
    }

    fn an_entry_applies_only_with_signers_who_could_sign_it(server) {
        let (facts, record) = before_the_last(server);
        let changes = [
            ("tier", json!("c")),
            ("secret_version", json!(2)),
            ("signer", json!({"person": "2", "name": "周敏敏", "staff_number": "E001"})),
            ("signer", json!({"person": "2", "name": "周敏", "staff_number": "E002"})),
        ];
        for (field, value) in changes {
            does_not_apply(&facts, &with_statement(&record, field, value), "sign_in_refused");
        }
        let mut without_role = facts.clone();
        let receiver: Vec<_> = facts.register.tenures.iter()
            .filter(|(_, tenure)| tenure.appointment.person.to_string() == RECEIVER)
            .map(|(key, _)| *key)
            .collect();
        for key in receiver {
            without_role.register.tenures.change(key).unwrap().revoked_by = Some(record.seq);
        }
        does_not_apply(&without_role, &record, "part_not_permitted");
    }

    fn receivers_and_acceptors_are_those_whose_role_lets_them(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let (_, ethanol) = hospital.ethanol();
        let to = |label: &str, receiver: &str| json!({
            "label": label, "amount": {"value": "1", "unit": "g"}, "receiver": receiver, "purpose": "标定",
        });
        // An administrator, and somebody of the equipment department who has no other role.
        let poison = json!({"checkout": to(&labels[0], "1")});
        hospital.safety.post("/api/v1/signing-requests", poison).refused(422, "part_not_permitted");
        let drink = json!({"label": ethanol[0], "whole": true, "receiver": "1"});
        hospital.safety.post("/api/v1/checkouts", drink).refused(422, "part_not_permitted");
        let product = seen(&hospital.safety, &labels[0])["product"].clone();
        let receipt = |acceptors: [&str; 2]| json!({"receipt": {
            "product": product, "count": 1, "each": {"value": "500", "unit": "g"}, "place": cabinet, "acceptors": acceptors,
        }});
        for acceptors in [["1", "3"], [RECEIVER, "3"]] {
            let refused = hospital.equipment.post("/api/v1/signing-requests", receipt(acceptors)).refused(422, "part_not_permitted");
            assert_eq!(refused.json["person"], acceptors[0]);
        }
        hospital.equipment.post("/api/v1/signing-requests", receipt(["2", "3"])).expect(201);
    }

    fn the_payload_names_people_places_and_purpose(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let third = hospital.enrol(server, "K001", 1);
        let cabinet = seen(&hospital.safety, &labels[0])["place"].clone();
        let second = json!({"staff_number": "S001", "secret": SECRET});
        let custodian = json!({"person": third, "role": "custodian", "place": cabinet, "second": second});
        hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        let request = ask(&server.sign_in("K001"), &labels[0], "10").expect(201);
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        assert_eq!(payload["applicant"]["staff_number"], "K001");
        assert_eq!(payload["receivers"], json!([{"person": RECEIVER, "name": "刘洋", "staff_number": "R001"}]));
        assert_eq!((&payload["purpose"], &payload["places"]), (&json!("标准溶液"), &json!([{"place": cabinet, "name": "专柜"}])));
        sign(&hospital.safety, &request, BOTH).expect(201);
        // Who asked and did not sign is no issuer.
        let seated: BTreeSet<String> = records(server).pop().unwrap().seats.iter()
            .map(|seat| format!("{} {}", seat.person, seat.part))
            .collect();
        assert_eq!(seated, BTreeSet::from(["2 issuer", "3 issuer", "4 receiver"].map(str::to_owned)));

        let nameless = json!({"checkout": {"label": labels[0], "whole": true, "receiver": RECEIVER}});
        hospital.safety.post("/api/v1/signing-requests", nameless).refused(422, "purpose_missing");
    }

    fn what_a_request_holds_back_is_shown_and_found_and_let_go_when_nothing_can_come_of_it(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let listed = |query: &str| -> Vec<Value> {
            let path = format!("/api/v1/signing-requests{query}");
            hospital.safety.get(&path).expect(200).json["items"].as_array().unwrap().clone()
        };
        let first = ask(&hospital.safety, &labels[0], "400").expect(201);
        let second = ask(&hospital.safety, &labels[0], "60").expect(201);
        let (one, two) = (&first.json["request"], &second.json["request"]);
        let held = seen(&hospital.safety, &labels[0]);
        assert_eq!(held["reserved"], json!({"value": "460", "unit": "g"}));
        let waiting: BTreeSet<_> = held["requests"].as_array().unwrap().iter().map(Value::to_string).collect();
        assert_eq!(waiting, BTreeSet::from([one.to_string(), two.to_string()]));
        assert_eq!(listed("?open=1").len(), 2);
        let away = move_to(&hospital, &labels[1]);
        let refused = hospital.equipment.post("/api/v1/labels/reprints", json!({"label": labels[0], "reason": "污损"}))
            .refused(409, "container_reserved");
        assert!([one, two].contains(&&refused.json["request"]), "{}", refused.text);

        sign(&hospital.safety, &second, BOTH).expect(201);
        // The first was made over another state of the bottle.
        let freed = seen(&hospital.safety, &labels[0]);
        assert_eq!((&freed["reserved"]["value"], &freed["requests"]), (&json!("0"), &json!([])));
        assert!(listed("?open=1").is_empty());
        let ended: Vec<_> = listed("").into_iter().filter(|line| line["request"] == *one).collect();
        assert_eq!(ended[0]["state"], "expired");
        sign(&hospital.safety, &first, BOTH).refused(409, "request_closed");
        ask(&hospital.safety, &labels[0], "440").expect(201);

        hospital.equipment.post("/api/v1/signing-requests", away).refused(422, "class_not_permitted");
        server.pass(24 * 3600 * 1000);
        let later = server.sign_in("S001").get("/api/v1/signing-requests?limit=1").expect(200);
        assert!(later.json["next"].is_string());
        let all = server.sign_in("S001").get("/api/v1/signing-requests").expect(200);
        let states: BTreeSet<_> = all.json["items"].as_array().unwrap().iter().map(|line| line["state"].to_string()).collect();
        assert_eq!(states, BTreeSet::from(["\"expired\"".to_owned(), "\"posted\"".to_owned()]));
        let other = server.second_hospital();
        assert_eq!(other.safety.get("/api/v1/signing-requests").expect(200).json["items"], json!([]));
        server.assert_sound();
    }

    fn a_badge_signs_too(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        hospital.administrator.post("/api/v1/badges", json!({"person": "2", "badge": "badge-000002"})).expect(201);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let path = format!("/api/v1/signing-requests/{}/signatures", request.json["request"].as_str().unwrap());
        let signed = |signer: Value| {
            let mut proof = json!({"secret": SECRET, "part": "issuer"});
            proof.as_object_mut().unwrap().append(&mut signer.as_object().unwrap().clone());
            hospital.safety.post(&path, json!({"payload_hash": request.json["payload_hash"], "proofs": [proof]}))
        };
        signed(json!({})).refused(422, "fields_invalid");
        signed(json!({"login": "E001", "badge": "badge-000002"})).refused(422, "fields_invalid");
        signed(json!({"badge": "badge-000003"})).refused(401, "sign_in_refused");
        signed(json!({"badge": "badge-000002"})).expect(202);
        // The same person by staff number is the same person.
        signed(json!({"login": "E001"})).refused(409, "already_signed");
        signed(json!({"login": "S001"})).expect(201);
    }

    fn proofs_are_few_and_of_different_people_and_not_without_end(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let five = ["E001", "S001", "R001", "A001", "X001"].map(|login| (login, "issuer"));
        let refused = sign(&hospital.safety, &request, &five).refused(422, "fields_invalid");
        assert_eq!(refused.json["errors"][0]["code"], "too_many_proofs");
        let refused = sign(&hospital.safety, &request, &[BOTH[0], BOTH[0]]).refused(422, "fields_invalid");
        assert_eq!(refused.json["errors"][0]["pointer"], "/proofs/1/login");

        // Nobody is asked for anything: an unknown request costs a token all the same.
        let path = "/api/v1/signing-requests/1/signatures";
        let unknown = json!({"payload_hash": request.json["payload_hash"], "proofs": crate::signing::proofs(&BOTH[..1])});
        for _ in 0..60 {
            hospital.safety.post_with(path, &fresh_key(), unknown.clone()).refused(404, "request_unknown");
        }
        hospital.safety.post(path, unknown.clone()).refused(429, "too_many_requests");
        // The bucket is one person's.
        hospital.equipment.post(path, unknown.clone()).refused(404, "request_unknown");
        server.pass(2_000);
        hospital.safety.post(path, unknown).refused(404, "request_unknown");
    }

    fn nothing_is_given_back_to_somebody_who_has_left(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        let ml = |value: &str| json!({"value": value, "unit": "mL"});
        let taken = [
            json!({"label": labels[0], "amount": ml("10"), "receiver": person}),
            json!({"label": labels[1], "whole": true, "receiver": person}),
        ];
        let mut returns = Vec::new();
        for (body, label) in taken.into_iter().zip(&labels) {
            hospital.safety.post("/api/v1/checkouts", body.clone()).expect(201);
            let amount = if body["amount"].is_null() { ml("500") } else { ml("10") };
            let back = hospital.safety.post("/api/v1/returns", json!({"label": label, "amount": amount})).expect(201);
            returns.push(back.json["receipt"]["seq"].to_string());
        }
        hospital.administrator.post("/api/v1/departures", json!({"person": person})).expect(201);
        for entry in returns {
            let reversal = json!({"entry": entry, "reason": "录入错误"});
            hospital.equipment.post("/api/v1/reversals", reversal).refused(422, "person_left");
        }
        server.assert_sound();
    }
}
