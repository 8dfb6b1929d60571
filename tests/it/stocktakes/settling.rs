//! What becomes of a difference: settled once, or gone with what it was of; and what was lost is found as it was.

use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};

use super::{begun, close, container, findings, g, ml, scan, seen, settle, status, storeroom};

/// Two count the same.
pub fn twice(who: [&Client; 2], stocktake: &str, place: &str, label: &str, amount: &str) {
    for one in who {
        let body = json!({"place": place, "code": label, "amount": ml(amount)});
        scan(one, stocktake, body).expect(201);
    }
}

/// Two look for it and do not find it.
pub fn absent(who: [&Client; 2], stocktake: &str, place: &str, label: &str) {
    for one in who {
        let body = json!({"place": place, "code": label, "absent": true});
        scan(one, stocktake, body).expect(201);
    }
}

/// An incident of these containers, told to the police; its address.
fn told(client: &Client, place: &str, labels: &[&str]) -> String {
    let body = json!({"kind": "theft", "what": "被盗", "place": place, "labels": labels});
    let made = client.post("/api/v1/incidents", body).expect(201);
    let path = format!(
        "/api/v1/incidents/{}",
        made.json["incident"].as_str().unwrap()
    );
    tell(client, &path);
    path
}

fn tell(client: &Client, incident: &str) {
    let report = json!({"text": "已报案", "report": {"to": "police", "at": "2026-06-01T00:00:00Z", "whom": "公安分局"}});
    client
        .post(&format!("{incident}/follow-ups"), report)
        .expect(201);
}

fn end(client: &Client, incident: &str, result: &str) {
    let body = json!({"result": result, "reason": "已查明"});
    client
        .post(&format!("{incident}/endings"), body)
        .expect(201);
}

/// Two people who may watch how waste leaves: persons 5 and 6.
pub fn watchers(server: &TestServer, hospital: &Hospital) {
    for (login, nth) in [("W001", 11), ("W002", 12)] {
        let person = hospital.enrol(server, login, nth);
        hospital.appoint(&person, "staff");
    }
}

pub fn disposal(label: &str) -> Value {
    let proof = |login: &str| json!({"login": login, "secret": SECRET});
    json!({
        "items": [{"label": label, "gross": g("812.5")}], "witnesses": ["5", "6"],
        "handler": "吉林省固体废物处置中心", "manifest": "20262203000001",
        "proofs": [proof("W001"), proof("W002")],
    })
}

on_both! {
    fn a_difference_of_what_is_gone_since_keeps_no_stocktake_open(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let stocktake = begun(first, &room);
        for label in &bottles[..3] {
            twice([first, &second], &stocktake, &room, label, "450");
        }
        for label in &bottles[3..] {
            seen(first, &stocktake, &room, label).expect(201);
        }
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[2], "whole": true})).expect(201);
        let incident = told(first, &room, &[&bottles[0]]);
        end(first, &incident, "written_off");
        let wasted = json!({"labels": [bottles[1]], "code": "900-402-06", "reason": "变质"});
        first.post("/api/v1/wastes", wasted).expect(201);
        watchers(server, &hospital);
        first.post("/api/v1/disposals", disposal(&bottles[1])).expect(201);
        // What a person has comes back, and is settled then.
        let refused = close(first, &stocktake).refused(422, "stocktake_unresolved");
        assert_eq!(refused.json["difference"], "1");
        let back = json!({"label": bottles[2], "amount": ml("450"), "place": room});
        hospital.safety.post("/api/v1/returns", back).expect(201);
        // Whoever weighed it then has booked what was missing.
        settle(first, &stocktake, &[&bottles[2]]).refused(422, "count_outdated");
        scan(&hospital.safety, &stocktake, json!({"place": room, "code": bottles[2], "amount": ml("450")})).expect(201);
        let totals = close(first, &stocktake).expect(201).json["totals"].clone();
        assert_eq!((&totals["found"], &totals["difference"], &totals["left"]), (&json!(3), &json!(0), &json!(2)));
        server.assert_balanced();
    }

    fn a_bottle_counted_at_two_places_is_settled_at_one(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let other = hospital.place(json!({"kind": "room", "name": "二号库"}));
        let (here, there) = (begun(first, &room), begun(first, &other));
        twice([first, &second], &here, &room, &bottles[0], "450");
        first.post("/api/v1/moves", json!({"labels": [bottles[0]], "to": other})).expect(201);
        twice([first, &second], &there, &other, &bottles[0], "450");
        settle(first, &here, &[&bottles[0]]).expect(201);
        settle(first, &there, &[&bottles[0]]).refused(422, "count_outdated");
        let again = json!({"place": other, "code": bottles[0], "amount": ml("450")});
        assert_eq!(scan(&hospital.safety, &there, again).expect(201).json["bucket"], "found");
        assert_eq!(container(first, &bottles[0])["amount"], ml("450"));
        server.assert_balanced();
    }

    fn a_code_scanned_for_an_amount_is_refused(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let stocktake = begun(&hospital.equipment, &room);
        let slip = json!({"place": room, "code": bottles[0], "amount": ml("6901234567892")});
        for who in [&hospital.equipment, &second] {
            scan(who, &stocktake, slip.clone()).refused(422, "amount_overflow");
        }
        server.assert_sound();
    }

    fn a_scan_sent_again_gets_the_answer_of_then(server) {
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let other = hospital.place(json!({"kind": "room", "name": "二号库"}));
        let path = format!("{}/counts", begun(first, &room));
        let (key, body) = (fresh_key(), json!({"place": room, "code": bottles[0]}));
        let made = first.post_with(&path, &key, body.clone()).expect(201);
        assert_eq!(made.json["container"]["place"], json!(room));
        first.post("/api/v1/moves", json!({"labels": [bottles[0]], "to": other})).expect(201);
        let again = first.post_with(&path, &key, body).expect(200);
        assert!(again.replayed && again.json == made.json, "{}", again.text);
    }

    fn lost_waste_is_found_again_as_waste(server) {
        let (hospital, second, room, _) = storeroom(server);
        let first = &hospital.equipment;
        let product = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        let receipt = json!({"product": product, "count": 1, "each": ml("500"), "place": room, "expires_on": "2028-05-01"});
        let acetone = first.post("/api/v1/receipts", receipt).expect(201).json["labels"][0].as_str().unwrap().to_owned();
        let wasted = json!({"labels": [acetone], "code": "900-402-06", "reason": "变质"});
        first.post("/api/v1/wastes", wasted).expect(201);
        let stocktake = begun(first, &room);
        absent([first, &second], &stocktake, &room, &acetone);
        let incident = settle(first, &stocktake, &[&acetone]).expect(201).json["incident"].as_str().unwrap().to_owned();
        let incident = format!("/api/v1/incidents/{incident}");
        assert_eq!(container(first, &acetone)["status"], "lost");
        tell(first, &incident);
        end(first, &incident, "found_again");
        let back = container(first, &acetone);
        assert_eq!((&back["status"], &back["amount"], &back["incident"]), (&json!("waste"), &ml("500"), &Value::Null));
        server.assert_balanced();
    }

    fn what_has_nothing_left_keeps_no_incident_from_being_written_off(server) {
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        hospital.safety.post("/api/v1/uses", json!({"label": bottles[0], "amount": ml("500")})).expect(201);
        let incident = told(first, &room, &[&bottles[0], &bottles[1]]);
        end(first, &incident, "written_off");
        assert_eq!(container(first, &bottles[0])["status"], "empty");
        assert_eq!(container(first, &bottles[1])["status"], "lost");
        server.assert_balanced();
    }

    fn an_ordinary_bottle_given_up_for_lost_comes_back_by_a_count(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let other = hospital.place(json!({"kind": "room", "name": "二号库"}));
        let stocktake = begun(first, &room);
        absent([first, &second], &stocktake, &room, &bottles[0]);
        settle(first, &stocktake, &[&bottles[0]]).expect(201);
        assert_eq!(container(first, &bottles[0])["status"], "lost");
        let again = begun(first, &other);
        // How much of it is there has to be said: the book has nothing.
        seen(first, &again, &other, &bottles[0]).refused(422, "count_amount_missing");
        twice([first, &second], &again, &other, &bottles[0], "480");
        assert_eq!(findings(first, &again, "difference")[0]["surplus"], ml("480"));
        close(first, &again).refused(422, "stocktake_unresolved");
        settle(first, &again, &[&bottles[0]]).expect(201);
        let back = container(first, &bottles[0]);
        assert_eq!((&back["status"], &back["place"], &back["amount"]), (&json!("in_stock"), &json!(other), &ml("480")));
        assert_eq!(status(first, &again)["open"]["difference"], 0);
        close(first, &again).expect(201);
        server.assert_balanced();
    }

    fn evidence_is_neither_used_up_nor_disposed_of(server) {
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let wasted = json!({"labels": [bottles[1]], "code": "900-402-06", "reason": "变质"});
        first.post("/api/v1/wastes", wasted).expect(201);
        watchers(server, &hospital);
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[2], "whole": true})).expect(201);
        let incident = told(first, &room, &[&bottles[0], &bottles[1], &bottles[2]]);
        for label in [&bottles[0], &bottles[2]] {
            let used = json!({"label": label, "amount": ml("1")});
            hospital.safety.post("/api/v1/uses", used).refused(422, "container_in_incident");
        }
        let gone = || first.post("/api/v1/disposals", disposal(&bottles[1]));
        gone().refused(422, "container_in_incident");
        end(first, &incident, "dealt_with");
        gone().expect(201);
        server.assert_balanced();
    }

    fn a_recorded_tare_is_what_is_taken_off(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = crate::signing::cyanide(&hospital);
        let stocktake = begun(&hospital.equipment, &cabinet);
        let weighed = |tare: &str| {
            let body = json!({"place": cabinet, "code": bottles[0], "gross": g("640"), "tare": g(tare)});
            scan(&hospital.equipment, &stocktake, body)
        };
        // Ten grams less of glass would be ten grams more of cyanide.
        weighed("140").refused(422, "tare_recorded");
        assert_eq!(weighed("150").expect(201).json["bucket"], "difference");
        server.assert_sound();
    }
}
