//! 应急发放: one custodian's signature where the class allows it, and two others who answer for it.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::signing::{BOTH, RECEIVER, amount, cyanide, locked_up, sign};

const DAY: i64 = 24 * 3_600_000;

fn morphine(hospital: &Hospital) -> (String, Vec<String>) {
    locked_up(
        hospital,
        "narcotic",
        json!({"name": "吗啡", "dimension": "mass"}),
    )
}

fn ask(client: &Client, label: &str) -> Answer {
    client.post("/api/v1/signing-requests", json!({"release": {
        "label": label, "amount": {"value": "10", "unit": "g"}, "receiver": RECEIVER, "reason": "抢救",
    }}))
}

/// Ten grams go to person 1 under E001's signature alone: the number of the entry.
fn released(hospital: &Hospital, label: &str) -> String {
    let request = ask(&hospital.safety, label).expect(201);
    let posted = sign(&hospital.safety, &request, &BOTH[..1]).expect(201);
    posted.json["receipt"]["seq"].to_string()
}

fn list(client: &Client, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/emergency-releases{query}");
    client.get(&path).expect(200).json["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn countersign_with(
    client: &Client,
    key: &str,
    entry: &str,
    hash: &Value,
    logins: &[&str],
) -> Answer {
    let proofs: Vec<_> = logins
        .iter()
        .map(|login| json!({"login": login, "secret": SECRET}))
        .collect();
    let path = format!("/api/v1/emergency-releases/{entry}/countersignatures");
    client.post_with(&path, key, json!({"payload_hash": hash, "proofs": proofs}))
}

/// Over what the list shows first.
fn countersign(client: &Client, entry: &str, logins: &[&str]) -> Answer {
    let hash = list(client, "")[0]["payload_hash"].clone();
    countersign_with(client, &fresh_key(), entry, &hash, logins)
}

/// A head of a department, L001.
fn head(server: &TestServer, hospital: &Hospital) {
    let person = hospital.enrol(server, "L001", 1);
    hospital.appoint(&person, "head");
}

on_both! {
    fn one_signature_and_a_reason_release_what_two_others_countersign(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        head(server, &hospital);
        let entry = released(&hospital, &labels[0]);
        assert_eq!(amount(server, &labels[0]), "490 g");
        let shown = hospital.safety.get(&format!("/api/v1/entries/{entry}")).expect(200);
        assert_eq!((&shown.json["record"]["act"], &shown.json["record"]["reason"]), (&json!("release"), &json!("抢救")));
        let open = list(&hospital.safety, "?open=1");
        assert_eq!(open[0]["seq"], json!(entry.parse::<u64>().unwrap()).to_string());
        assert_eq!((&open[0]["late"], &open[0]["labels"], &open[0]["reason"]), (&json!(false), &json!([labels[0]]), &json!("抢救")));

        countersign(&hospital.safety, &entry, &["S001"]).expect(201);
        assert_eq!(list(&hospital.safety, "?open=1").len(), 1);
        countersign(&hospital.safety, &entry, &["S001"]).refused(409, "already_signed");
        countersign(&hospital.safety, &entry, &["L001"]).expect(201);
        assert!(list(&hospital.safety, "?open=1").is_empty());
        countersign(&hospital.safety, &entry, &["L001"]).refused(409, "already_countersigned");
        let all = list(&hospital.safety, "");
        assert_eq!((&all[0]["late"], all[0]["countersigners"].as_array().unwrap().len()), (&json!(false), 2));
        server.assert_sound();
    }

    fn poisons_and_explosive_precursors_are_never_released_under_one_signature(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        ask(&hospital.safety, &labels[0]).refused(422, "emergency_not_allowed");
        let (_, ethanol) = hospital.ethanol();
        hospital.safety.post("/api/v1/signing-requests", json!({"release": {"label": ethanol[0], "whole": true, "reason": "抢救"}}))
            .refused(422, "signing_not_needed");
        hospital.safety.post("/api/v1/signing-requests", json!({"release": {"label": labels[0]}})).refused(422, "fields_invalid");
        server.assert_sound();
    }

    fn not_countersigned_within_a_day_is_late_for_ever(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        head(server, &hospital);
        let entry = released(&hospital, &labels[0]);
        server.pass(DAY);
        assert_eq!(list(&server.sign_in("S001"), "?open=1")[0]["late"], false);
        server.pass(1);
        let safety = server.sign_in("S001");
        assert_eq!(list(&safety, "?open=1")[0]["late"], true);
        countersign(&safety, &entry, &["S001", "L001"]).expect(201);
        assert!(list(&safety, "?open=1").is_empty());
        assert_eq!(list(&safety, "")[0]["late"], true);
        server.assert_sound();
    }

    fn a_release_is_refused_for_what_is_wrong_with_its_signature(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        let to_signer = json!({"release": {"label": labels[0], "whole": true, "receiver": "2", "reason": "抢救"}});
        let request = hospital.safety.post("/api/v1/signing-requests", to_signer).expect(201);
        sign(&hospital.safety, &request, &BOTH[..1]).refused(422, "same_person_twice");
        let request = ask(&hospital.safety, &labels[1]).expect(201);
        sign(&hospital.safety, &request, &[("R001", "issuer")]).refused(422, "same_person_twice");
        hospital.enrol(server, "K001", 1);
        sign(&hospital.safety, &request, &[("K001", "issuer")]).refused(422, "not_a_signer");
        // One signature on an ordinary request is one too few, as before.
        let ordinary = json!({"checkout": {"label": labels[1], "amount": {"value": "10", "unit": "g"}, "receiver": RECEIVER, "purpose": "标定"}});
        let ordinary = hospital.safety.post("/api/v1/signing-requests", ordinary).expect(201);
        sign(&hospital.safety, &ordinary, &BOTH[..1]).expect(202);
        sign(&hospital.safety, &request, &[]).expect(202);
        server.pass(DAY);
        sign(&server.sign_in("S001"), &request, &BOTH[..1]).refused(422, "request_expired");
        assert_eq!(amount(server, &labels[1]), "500 g");
        server.assert_sound();
    }

    fn a_countersignature_is_refused_for_what_is_wrong_with_it(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        head(server, &hospital);
        let entry = released(&hospital, &labels[0]);
        let first = list(&hospital.safety, "")[0]["payload_hash"].clone();
        // E001 signed, R001 received, K001 has no part in it.
        let person = hospital.enrol(server, "K001", 2);
        for party in ["E001", "R001"] {
            countersign(&hospital.safety, &entry, &[party]).refused(422, "same_person_twice");
        }
        countersign(&hospital.safety, &entry, &["K001"]).refused(422, "not_a_signer");
        hospital.appoint(&person, "staff");
        countersign(&hospital.safety, &entry, &["K001"]).refused(422, "not_a_signer");
        countersign(&hospital.safety, &entry, &["S001", "S001"]).refused(422, "fields_invalid");
        countersign(&hospital.safety, &entry, &[]).refused(422, "signatures_missing");
        countersign(&hospital.safety, "0", &["S001"]).refused(404, "emergency_unknown");
        let second = released(&hospital, &labels[1]);
        let key = fresh_key();
        countersign_with(&hospital.safety, &key, &second, &first, &["S001"]).refused(409, "emergency_changed");
        let other = server.second_hospital();
        countersign_with(&other.safety, &key, &entry, &first, &["S001"]).refused(404, "emergency_unknown");
        assert!(list(&other.safety, "").is_empty());
        let wrong = json!({"payload_hash": first, "proofs": [{"login": "S001", "secret": "111222"}]});
        hospital.safety.post(&format!("/api/v1/emergency-releases/{entry}/countersignatures"), wrong).refused(401, "sign_in_refused");
        assert_eq!(list(&hospital.safety, "?open=1").len(), 2);

        let signed = countersign_with(&hospital.safety, &key, &entry, &first, &["S001"]).expect(201);
        let again = countersign_with(&hospital.safety, &key, &entry, &first, &["S001"]).expect(200);
        assert_eq!(signed.text, again.text);
        server.assert_sound();
    }

    fn a_head_who_is_no_longer_one_does_not_countersign(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        let person = hospital.enrol(server, "L001", 1);
        let appointment = hospital.appoint(&person, "head");
        let entry = released(&hospital, &labels[0]);
        let path = format!("/api/v1/appointments/{appointment}/revocations");
        hospital.administrator.post(&path, json!({"second": {"staff_number": "S001", "secret": SECRET}})).expect(201);
        countersign(&hospital.safety, &entry, &["L001"]).refused(422, "not_a_signer");
    }

    fn verify_sees_a_release_that_is_made_to_look_answered_for(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        released(&hospital, &labels[0]);
        server.stop();
        server.tamper("CREATE TABLE kept AS SELECT * FROM emergency");
        for change in ["countersigned_at = released_at", "countersigners = '[\"3\"]'", "released_at = released_at + 1", "parties = '[]'"] {
            server.tamper(&format!("UPDATE emergency SET {change}"));
            let found = server.verify().findings;
            assert!(found.iter().any(|finding| finding.what.starts_with("emergency: ")), "{change}: {found:?}");
            server.tamper("UPDATE emergency SET countersigned_at = kept.countersigned_at, countersigners = kept.countersigners, \
                released_at = kept.released_at, parties = kept.parties FROM kept");
        }
        server.tamper("DROP TABLE kept");
        server.assert_sound();
    }

    fn the_database_takes_one_signature_for_a_release_only_and_never_of_a_poison(server) {
        let hospital = server.hospital();
        let (_, labels) = morphine(&hospital);
        let entry = released(&hospital, &labels[0]);
        server.stop();
        let mut hand = Hand::to(&server.settings.database);
        let add = format!("INSERT INTO posting SELECT institution_id, seq, 99, account, serial, product_id, dimension, \
            place_id, holder_id, checkout_seq, amount FROM posting WHERE institution_id = 1 AND seq = {entry} AND line = 0");
        hand.run(&add).unwrap();
        server.tamper("UPDATE product SET classes = '[{\"class\":\"highly_toxic\"}]'");
        let said = hand.run(&add.replace("99", "98")).unwrap_err();
        assert!(said.contains("without two signatures"), "{said}");
        server.tamper("UPDATE product SET classes = '[]'");
        server.tamper(&format!("UPDATE entry SET kind = 'checkout' WHERE institution_id = 1 AND log = 0 AND seq = {entry}"));
        let said = hand.run(&add.replace("99", "97")).unwrap_err();
        assert!(said.contains("without two signatures"), "{said}");
        let early = add.replace("institution_id, seq, 99", "institution_id, seq + 1, 99");
        let said = hand.run(&early).expect_err("a line before its entry");
        assert!(said.contains("without two signatures"), "{said}");
    }
}
