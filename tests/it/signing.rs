//! Controlled classes: first shown, then signed by two custodians, never otherwise.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer, identity};

/// R001, who takes things and keeps nothing: enrolled with the first locked cabinet of a hospital.
pub const RECEIVER: &str = "4";

fn receiver(hospital: &Hospital) {
    let person = json!({"name": "刘洋", "staff_number": "R001", "identity_number": identity(90)});
    let enrolled = hospital.administrator.post("/api/v1/people", person);
    if enrolled.status == 201 {
        assert_eq!(enrolled.json["person"], RECEIVER);
        let code = enrolled.json["code"].as_str().unwrap();
        hospital.administrator.set_secret("1", "R001", code);
        hospital.appoint(RECEIVER, "staff");
    }
}

/// A poison cabinet with two bottles of potassium cyanide, 500 g each, accepted by two.
pub fn cyanide(hospital: &Hospital) -> (String, Vec<String>) {
    let product = json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"});
    locked_up(hospital, "highly_toxic", product)
}

/// A cabinet for a class, its two custodians, and two bottles of 500 g accepted by them.
pub fn locked_up(hospital: &Hospital, class: &str, product: Value) -> (String, Vec<String>) {
    receiver(hospital);
    let cabinet = hospital.place(json!({"kind": "cabinet", "name": "专柜", "permitted": [class]}));
    for (person, second) in [("2", "S001"), ("3", "E001")] {
        let custodian = json!({
            "person": person, "role": "custodian", "place": cabinet,
            "second": {"staff_number": second, "secret": SECRET},
        });
        hospital
            .administrator
            .post("/api/v1/appointments", custodian)
            .expect(201);
    }
    let product = hospital.product(product);
    let receipt = json!({
        "product": product, "count": 2, "each": {"value": "500", "unit": "g"}, "place": cabinet,
        "expires_on": "2028-01-01", "acceptors": ["2", "3"], "tare": {"value": "150", "unit": "g"},
    });
    hospital
        .equipment
        .post("/api/v1/receipts", receipt.clone())
        .refused(422, "acceptance_unsigned");
    let request = hospital
        .equipment
        .post("/api/v1/signing-requests", json!({"receipt": receipt}))
        .expect(201);
    let posted = sign(
        &hospital.equipment,
        &request,
        &[("E001", "acceptor"), ("S001", "acceptor")],
    )
    .expect(201);
    let labels = posted.json["labels"].as_array().unwrap();
    (
        cabinet,
        labels
            .iter()
            .map(|label| label.as_str().unwrap().to_owned())
            .collect(),
    )
}

pub fn ask(client: &Client, label: &str, amount: &str) -> Answer {
    client.post("/api/v1/signing-requests", json!({
        "checkout": {"label": label, "amount": {"value": amount, "unit": "g"}, "receiver": RECEIVER, "purpose": "标准溶液"},
    }))
}

pub fn proofs(signers: &[(&str, &str)]) -> Value {
    signers
        .iter()
        .map(|(login, part)| json!({"login": login, "secret": SECRET, "part": part}))
        .collect()
}

pub fn sign(client: &Client, request: &Answer, signers: &[(&str, &str)]) -> Answer {
    let id = request.json["request"].as_str().unwrap();
    client.post(
        &format!("/api/v1/signing-requests/{id}/signatures"),
        json!({
            "payload_hash": request.json["payload_hash"], "proofs": proofs(signers),
        }),
    )
}

pub fn amount(server: &TestServer, label: &str) -> String {
    let seen = server
        .sign_in("S001")
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200);
    format!(
        "{} {}",
        seen.json["amount"]["value"].as_str().unwrap(),
        seen.json["amount"]["unit"].as_str().unwrap()
    )
}

pub const BOTH: &[(&str, &str)] = &[("E001", "issuer"), ("S001", "issuer")];

on_both! {
    fn a_controlled_bottle_goes_out_under_two_signatures(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let direct = json!({"label": labels[0], "amount": {"value": "10", "unit": "g"}, "receiver": RECEIVER});
        hospital.safety.post("/api/v1/checkouts", direct).refused(422, "signatures_required");

        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        assert_eq!(request.json["code"].as_str().unwrap().split(' ').count(), 6);
        assert_eq!(amount(server, &labels[0]), "500 g");
        let posted = sign(&hospital.safety, &request, BOTH).expect(201);
        assert!(posted.json["receipt"]["seq"].is_u64());
        assert_eq!(amount(server, &labels[0]), "490 g");
        server.assert_sound();
    }

    fn one_signature_moves_nothing_and_the_second_completes(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let half = sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        assert_eq!(half.json["state"], "signed_in_part");
        assert_eq!(amount(server, &labels[0]), "500 g");
        sign(&hospital.safety, &request, &BOTH[..1]).refused(409, "already_signed");
        server.pass(60_000);
        sign(&hospital.safety, &request, &BOTH[1..]).expect(201);
        assert_eq!(amount(server, &labels[0]), "490 g");
        sign(&hospital.safety, &request, &BOTH[1..]).refused(409, "request_closed");
        server.assert_sound();
    }

    fn the_same_person_or_the_receiver_cannot_be_the_second(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, &[("E001", "issuer"), ("E001", "issuer")]).refused(422, "fields_invalid");
        sign(&hospital.safety, &request, &[("E001", "issuer"), ("R001", "issuer")]).refused(422, "same_person_twice");
        sign(&hospital.safety, &request, &[("E001", "issuer"), ("S001", "receiver")]).refused(422, "not_a_signer");
        assert_eq!(amount(server, &labels[0]), "500 g");
        server.assert_sound();
    }

    fn a_wrong_secret_signs_nothing_and_locks_after_five(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let path = format!("/api/v1/signing-requests/{}/signatures", request.json["request"].as_str().unwrap());
        let wrong = |login: &str| json!({
            "payload_hash": request.json["payload_hash"],
            "proofs": [{"login": login, "secret": "111222", "part": "issuer"}],
        });
        for login in ["E001", "nobody"] {
            for _ in 0..5 {
                hospital.safety.post(&path, wrong(login)).refused(401, "sign_in_refused");
            }
            hospital.safety.post(&path, wrong(login)).refused(423, "locked");
        }
        sign(&hospital.safety, &request, BOTH).refused(423, "locked");
        assert_eq!(amount(server, &labels[0]), "500 g");
    }

    fn a_signature_over_another_payload_is_refused(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let small = ask(&hospital.safety, &labels[0], "1").expect(201);
        let large = ask(&hospital.safety, &labels[0], "100").expect(201);
        let path = format!("/api/v1/signing-requests/{}/signatures", large.json["request"].as_str().unwrap());
        let swapped = json!({"payload_hash": small.json["payload_hash"], "proofs": proofs(BOTH)});
        hospital.safety.post(&path, swapped).refused(409, "request_changed");
        assert_eq!(amount(server, &labels[0]), "500 g");
    }

    fn a_request_whose_stock_has_moved_on_is_outdated(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let first = ask(&hospital.safety, &labels[0], "1").expect(201);
        let second = ask(&hospital.safety, &labels[0], "2").expect(201);
        sign(&hospital.safety, &second, BOTH).expect(201);
        sign(&hospital.safety, &first, BOTH).refused(409, "request_closed");
        assert_eq!(amount(server, &labels[0]), "498 g");
        server.assert_sound();
    }

    fn what_a_request_holds_back_is_not_available_until_it_is_withdrawn_or_expires(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let held = ask(&hospital.safety, &labels[0], "400").expect(201);
        ask(&hospital.safety, &labels[0], "101").refused(422, "not_enough");
        let elsewhere = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": cabinet}));
        let away = json!({"move": {"labels": [labels[0]], "to": elsewhere}});
        hospital.equipment.post("/api/v1/signing-requests", away.clone()).refused(409, "container_reserved");
        let path = format!("/api/v1/signing-requests/{}", held.json["request"].as_str().unwrap());
        hospital.equipment.delete(&path).expect(204);
        sign(&hospital.safety, &held, BOTH).refused(409, "request_closed");

        let again = ask(&hospital.safety, &labels[0], "400").expect(201);
        server.pass(24 * 3600 * 1000);
        let safety = server.sign_in("S001");
        sign(&safety, &again, BOTH).refused(422, "request_expired");
        let moved = server.sign_in("E001").post("/api/v1/signing-requests", away).expect(201);
        sign(&safety, &moved, BOTH).expect(201);
        server.assert_sound();
    }

    fn signatures_far_apart_do_not_count_and_are_given_again(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        server.pass(300_001);
        let half = sign(&hospital.safety, &request, &BOTH[1..]).expect(202);
        assert_eq!(half.json["signatures"].as_array().unwrap().len(), 1);
        assert_eq!(half.json["signatures"][0]["person"], "3");
        assert_eq!(amount(server, &labels[0]), "500 g");
        sign(&hospital.safety, &request, &BOTH[..1]).expect(201);
        assert_eq!(amount(server, &labels[0]), "490 g");
        server.assert_sound();
    }

    fn a_repeated_request_and_a_repeated_signature_answer_the_first_time_again(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let body = json!({"checkout": {"label": labels[0], "amount": {"value": "10", "unit": "g"}, "receiver": RECEIVER, "purpose": "标定"}});
        let first = hospital.safety.post_with("/api/v1/signing-requests", "request-key-000001", body.clone()).expect(201);
        let again = hospital.safety.post_with("/api/v1/signing-requests", "request-key-000001", body).expect(200);
        assert_eq!(first.json["request"], again.json["request"]);
        let path = format!("/api/v1/signing-requests/{}/signatures", first.json["request"].as_str().unwrap());
        let body = json!({"payload_hash": first.json["payload_hash"], "proofs": proofs(BOTH)});
        let posted = hospital.safety.post_with(&path, "signing-key-000001", body.clone()).expect(201);
        let replayed = hospital.safety.post_with(&path, "signing-key-000001", body).expect(200);
        assert_eq!(posted.text, replayed.text);
        assert_eq!(amount(server, &labels[0]), "490 g");
    }

    fn an_ordinary_container_needs_no_request(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital
            .safety
            .post("/api/v1/signing-requests", json!({"checkout": {"label": labels[0], "whole": true}}))
            .refused(422, "signing_not_needed");
        hospital.safety.post("/api/v1/signing-requests", json!({})).refused(422, "fields_invalid");
    }
}
