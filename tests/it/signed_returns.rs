//! What is controlled comes back, is used and is reversed as it went out: shown, then signed by two.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET};
use crate::signing::{BOTH, RECEIVER, amount, cyanide, sign};

const G: i64 = 1_000_000;

fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

fn ask(client: &Client, proposal: Value) -> Answer {
    client.post("/api/v1/signing-requests", proposal)
}

/// Two custodians sign what is proposed; the number of its entry.
fn done(hospital: &Hospital, proposal: Value) -> String {
    let request = ask(&hospital.safety, proposal).expect(201);
    let posted = sign(&hospital.safety, &request, BOTH).expect(201);
    posted.json["receipt"]["seq"].to_string()
}

/// Somebody takes ten grams out of a bottle.
fn part(label: &str) -> Value {
    json!({"checkout": {"label": label, "amount": g("10"), "receiver": RECEIVER, "purpose": "标准溶液"}})
}

fn whole(label: &str) -> Value {
    json!({"checkout": {"label": label, "whole": true, "receiver": RECEIVER, "purpose": "标定"}})
}

fn give_back(label: &str) -> Value {
    json!({"give_back": {"label": label, "gross": g("640")}})
}

fn consume(label: &str, amount: &str) -> Value {
    json!({"use": {"label": label, "amount": g(amount), "source": "container", "purpose": "配制"}})
}

fn reversal(entry: &str) -> Value {
    json!({"reversal": {"entry": entry, "reason": "录入错误"}})
}

on_both! {
    fn a_controlled_bottle_comes_back_on_the_balance_under_two_signatures(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        done(&hospital, whole(&labels[0]));
        hospital.safety.post("/api/v1/returns", json!({"label": labels[0], "gross": g("640")}))
            .refused(422, "signatures_required");
        let request = ask(&hospital.safety, give_back(&labels[0])).expect(201);
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        // What is signed names the weights, not only what they come to.
        let weighing = &payload["act"]["give_back"]["weighing"];
        assert_eq!((&weighing["gross_ug"], &weighing["tare_ug"]), (&json!("640000000"), &json!("150000000")));
        assert_eq!(payload["containers"][0]["after"]["amount"], "490000000");
        sign(&hospital.equipment, &request, BOTH).expect(201);
        assert_eq!(amount(server, &labels[0]), "490 g");
        assert_eq!(server.assert_balanced(), [990 * G, 0, 10 * G]);
    }

    fn a_controlled_return_of_a_volume_shows_the_density_and_where_it_is_from(server) {
        let hospital = server.hospital();
        let (cabinet, _) = cyanide(&hospital);
        let product = hospital.product(json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "volume"}));
        let receipt = json!({"receipt": {
            "product": product, "count": 1, "each": {"value": "500", "unit": "mL"}, "place": cabinet,
            "acceptors": ["2", "3"], "tare": g("150"), "density": "1.25",
        }});
        let request = ask(&hospital.equipment, receipt).expect(201);
        let accept = [("E001", "acceptor"), ("S001", "acceptor")];
        let label = sign(&hospital.equipment, &request, &accept).expect(201).json["labels"][0].as_str().unwrap().to_owned();
        done(&hospital, whole(&label));
        let request = ask(&hospital.safety, json!({"give_back": {"label": label, "gross": g("650")}})).expect(201);
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        let weighing = &payload["act"]["give_back"]["weighing"];
        assert_eq!((&weighing["density"], &weighing["density_source"]), (&json!("1.25 g/mL"), &json!("container")));
        sign(&hospital.safety, &request, BOTH).expect(201);
        assert_eq!(amount(server, &label), "400 mL");
        server.assert_sound();
    }

    fn what_comes_back_is_taken_in_by_the_custodians_of_the_place_it_comes_to(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        done(&hospital, whole(&labels[0]));
        let other = hospital.place(json!({"kind": "cabinet", "name": "二号柜", "permitted": ["highly_toxic"]}));
        for (staff_number, nth) in [("K001", 1), ("K002", 2)] {
            let person = hospital.enrol(server, staff_number, nth);
            let custodian = json!({"person": person, "role": "custodian", "place": other, "second": {"staff_number": "S001", "secret": SECRET}});
            hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        }
        let mut there = give_back(&labels[0]);
        there["give_back"]["place"] = json!(other);
        let request = ask(&hospital.safety, there).expect(201);
        sign(&hospital.safety, &request, BOTH).refused(422, "not_a_signer");
        sign(&hospital.safety, &request, &[("K001", "issuer"), ("K002", "issuer")]).expect(201);
        server.assert_sound();
    }

    fn a_controlled_part_is_used_and_a_bottle_is_used_from_under_two_signatures(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let checkout = done(&hospital, part(&labels[0]));
        hospital.safety.post("/api/v1/uses", json!({"label": labels[0], "amount": g("4"), "source": checkout}))
            .refused(422, "signatures_required");
        done(&hospital, json!({"use": {"label": labels[0], "amount": g("4"), "source": checkout, "purpose": "滴定"}}));
        // S001 asks, so it is S001 who uses it, and somebody else has to issue it.
        let request = ask(&hospital.safety, consume(&labels[0], "5")).expect(201);
        sign(&hospital.safety, &request, BOTH).refused(422, "same_person_twice");
        let staff = hospital.enrol(server, "L001", 1);
        hospital.appoint(&staff, "staff");
        let request = ask(&server.sign_in("L001"), consume(&labels[0], "5")).expect(201);
        sign(&hospital.equipment, &request, BOTH).expect(201);
        done(&hospital, json!({"give_back": {"label": labels[0], "source": checkout, "amount": g("6")}}));
        assert_eq!(amount(server, &labels[0]), "491 g");
        assert_eq!(server.assert_balanced(), [991 * G, 0, 9 * G]);
    }

    fn a_pending_return_holds_nothing_back_and_a_pending_use_what_it_takes(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        done(&hospital, part(&labels[0]));
        ask(&hospital.safety, json!({"give_back": {"label": labels[0], "amount": g("1")}})).expect(201);
        ask(&hospital.safety, consume(&labels[0], "490")).expect(201);
        ask(&hospital.safety, consume(&labels[0], "1")).refused(422, "not_enough");
    }

    fn controlled_entries_are_reversed_under_two_signatures_the_latest_first(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let out = done(&hospital, whole(&labels[0]));
        let back = done(&hospital, give_back(&labels[0]));
        hospital.equipment.post("/api/v1/reversals", json!({"entry": back, "reason": "录入错误"}))
            .refused(422, "signatures_required");
        ask(&hospital.equipment, reversal(&out)).refused(422, "later_entries_exist");
        let request = ask(&hospital.equipment, reversal(&back)).expect(201);
        sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        assert_eq!(amount(server, &labels[0]), "490 g");
        sign(&hospital.safety, &request, &BOTH[1..]).expect(201);
        assert_eq!(amount(server, &labels[0]), "500 g");
        let request = ask(&hospital.equipment, reversal(&out)).expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        ask(&hospital.equipment, reversal(&out)).refused(409, "already_reversed");
        assert_eq!(server.assert_balanced(), [1000 * G, 0, 0]);
    }

    fn a_return_is_refused_for_what_is_wrong_with_its_signatures(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let receiver = json!({"checkout": {"label": labels[0], "whole": true, "receiver": "2", "purpose": "标定"}});
        let third = hospital.enrol(server, "K001", 1);
        let cabinet = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).json["place"].clone();
        let custodian = json!({"person": third, "role": "custodian", "place": cabinet, "second": {"staff_number": "S001", "secret": SECRET}});
        hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        let request = ask(&hospital.safety, receiver).expect(201);
        sign(&hospital.safety, &request, &[("S001", "issuer"), ("K001", "issuer")]).expect(201);

        let request = ask(&hospital.safety, give_back(&labels[0])).expect(201);
        let id = request.json["request"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/signing-requests/{id}/signatures");
        let proof = |login: &str| json!({"login": login, "secret": SECRET, "part": "issuer"});
        let other = ask(&hospital.safety, json!({"give_back": {"label": labels[0], "gross": g("630")}})).expect(201);
        let swapped = json!({"payload_hash": other.json["payload_hash"], "proofs": [proof("S001"), proof("K001")]});
        hospital.safety.post(&path, swapped).refused(409, "request_changed");
        // E001 holds the bottle.
        sign(&hospital.safety, &request, BOTH).refused(422, "same_person_twice");
        sign(&hospital.safety, &request, &[("S001", "issuer"), ("S001", "issuer")]).refused(422, "fields_invalid");
        sign(&hospital.safety, &request, &[("S001", "issuer"), ("A001", "issuer")]).refused(422, "not_a_signer");
        sign(&hospital.safety, &request, &[("S001", "issuer")]).expect(202);
        server.pass(300_001);
        let (safety, administrator) = (server.sign_in("S001"), server.sign_in("A001"));
        sign(&safety, &request, &[("K001", "issuer")]).expect(202);

        let request = ask(&safety, give_back(&labels[0])).expect(201);
        sign(&safety, &request, &[("K001", "issuer")]).expect(202);
        administrator.post("/api/v1/suspensions", json!({"person": third, "reason": "停用"})).expect(201);
        // What K001 signed counts no more; nothing is wrong with S001.
        sign(&safety, &request, &[("S001", "issuer")]).expect(202);
        let other = server.second_hospital();
        sign(&other.safety, &request, BOTH).refused(404, "request_unknown");
        assert_eq!(amount(server, &labels[0]), "500 g");
        server.assert_sound();
    }

    fn a_return_signed_twice_with_one_key_is_one_return(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        done(&hospital, whole(&labels[0]));
        let request = ask(&hospital.safety, give_back(&labels[0])).expect(201);
        let path = format!("/api/v1/signing-requests/{}/signatures", request.json["request"].as_str().unwrap());
        let proof = |login: &str| json!({"login": login, "secret": SECRET, "part": "issuer"});
        let body = json!({"payload_hash": request.json["payload_hash"], "proofs": [proof("E001"), proof("S001")]});
        let key = fresh_key();
        let first = hospital.safety.post_with(&path, &key, body.clone()).expect(201);
        assert_eq!(hospital.safety.post_with(&path, &key, body.clone()).expect(200).text, first.text);
        hospital.safety.post(&path, body).refused(409, "request_closed");
        ask(&hospital.safety, give_back(&labels[0])).refused(422, "nothing_checked_out");
        server.assert_sound();
    }
}
