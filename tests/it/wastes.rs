//! 转废 and 处置: waste is out of stock but not out of the book until two have watched it leave.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::signing::{BOTH, cyanide, sign};

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn waste(client: &Client, labels: &[&String]) -> Answer {
    let body = json!({"labels": labels, "code": "900-402-06", "reason": "过期"});
    client.post("/api/v1/wastes", body)
}

fn disposal(label: &str, witnesses: &[&str]) -> Value {
    json!({
        "items": [{"label": label, "gross": {"value": "812.5", "unit": "g"}}], "witnesses": witnesses,
        "handler": "吉林省固体废物处置中心", "manifest": "20262203000001",
    })
}

fn seen(client: &Client, label: &str) -> Value {
    client
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200)
        .json
}

/// Base units of all bottles of ethanol that stand at places.
fn stocked(server: &TestServer) -> i64 {
    server.number("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM place_total")
}

fn reverse(hospital: &Hospital, of: &Answer) -> Answer {
    let entry = of.json["receipt"]["seq"].to_string();
    let body = json!({"entry": entry, "reason": "误操作"});
    hospital.equipment.post("/api/v1/reversals", body)
}

on_both! {
    fn what_is_waste_is_moved_and_disposed_of_and_nothing_else(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        staff.post("/api/v1/uses", json!({"label": bottles[1], "amount": ml("500")})).expect(201);
        staff.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
        let key = fresh_key();
        let body = json!({"labels": [bottles[0], bottles[1]], "code": "900-402-06", "reason": "过期"});
        let wasted = equipment.post_with("/api/v1/wastes", &key, body.clone()).expect(201);
        let again = equipment.post_with("/api/v1/wastes", &key, body).expect(200);
        assert!(again.replayed && again.json == wasted.json);
        let full = seen(equipment, &bottles[0]);
        assert_eq!((&full["status"], &full["amount"], &full["place"]), (&json!("waste"), &ml("470"), &json!(room)));
        assert_eq!(full["actions"], json!(["disposal", "move", "reprint"]));
        assert_eq!(seen(equipment, &bottles[1])["status"], "waste");
        assert_eq!(stocked(server), 1500 * ML);
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'waste'"), 470 * ML);
        assert_eq!(server.assert_balanced(), [1970 * ML, 30 * ML, 500 * ML]);

        let table = equipment.get("/api/v1/usage-table?from=2026-06-01").expect(200).json;
        let there = table["items"].as_array().unwrap().iter().find(|line| line["place"] == json!(room));
        let there = there.unwrap();
        assert_eq!((&there["out"]["wasted"], &there["closing"]), (&ml("470"), &json!({"value": "1.5", "unit": "L"})));

        // The part that is out is used up; it cannot come back into waste.
        let refused = |path: &str, body: Value| drop(staff.post(path, body).refused(422, "container_state"));
        refused("/api/v1/returns", json!({"label": bottles[0], "amount": ml("10")}));
        refused("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("1")}));
        refused("/api/v1/splits", json!({"label": bottles[0], "count": 1, "each": ml("1")}));
        staff.post("/api/v1/uses", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
        waste(equipment, &[&bottles[0]]).refused(422, "container_state");
        let shed = hospital.place(json!({"kind": "room", "name": "危废暂存间"}));
        equipment.post("/api/v1/moves", json!({"labels": [bottles[0]], "to": shed})).expect(201);

        let gone = equipment.post("/api/v1/disposals", disposal(&bottles[0], &["2", "3"])).expect(201);
        let end = seen(equipment, &bottles[0]);
        assert_eq!((&end["status"], &end["amount"], &end["actions"]), (&json!("disposed"), &ml("0"), &json!([])));
        let entry = format!("/api/v1/entries/{}", gone.json["receipt"]["seq"]);
        let record = equipment.get(&entry).expect(200).json.to_string();
        for told in ["812500000", "20262203000001", "witness"] {
            assert!(record.contains(told), "{told}: {record}");
        }
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'disposed'"), 470 * ML);
        // An empty bottle is weighed and leaves, too, and posts nothing.
        equipment.post("/api/v1/disposals", disposal(&bottles[1], &["2", "3"])).expect(201);
        assert_eq!(server.assert_balanced(), [1500 * ML, 0, 530 * ML]);
    }

    fn waste_and_disposal_are_refused_for_what_is_wrong_with_them(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        let equipment = &hospital.equipment;
        waste(equipment, &[]).refused(422, "amount_zero");
        waste(equipment, &[&bottles[0], &bottles[0]]).refused(422, "container_named_twice");
        for code in ["900-402-51", "900-402-00", "90-402-06", "900-402-6", "900-402", "９００-402-06"] {
            let body = json!({"labels": [bottles[0]], "code": code, "reason": "过期"});
            let refused = equipment.post("/api/v1/wastes", body).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["code"], "waste_code_malformed", "{code}");
        }
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        waste(&server.sign_in("L001"), &[&bottles[0]]).refused(403, "not_permitted");
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[1], "whole": true})).expect(201);
        waste(equipment, &[&bottles[0], &bottles[1]]).refused(422, "container_state");
        assert_eq!(stocked(server), 2000 * ML);

        let dispose = |body: Value| equipment.post("/api/v1/disposals", body);
        dispose(disposal(&bottles[0], &["2", "3"])).refused(422, "container_state");
        waste(equipment, &[&bottles[0]]).expect(201);
        let refused = dispose(disposal(&bottles[0], &["2"])).refused(422, "witnesses_missing");
        assert_eq!((&refused.json["needed"], &refused.json["named"]), (&json!("2"), &json!("1")));
        dispose(disposal(&bottles[0], &["2", "2"])).refused(422, "same_person_twice");
        // Who manages accounts sees no stock, and watches none.
        dispose(disposal(&bottles[0], &["1", "2"])).refused(422, "part_not_permitted");
        dispose(disposal(&bottles[0], &["2", "77"])).refused(404, "person_unknown");
        let mut unweighed = disposal(&bottles[0], &["2", "3"]);
        unweighed["items"][0]["gross"] = ml("812");
        let refused = dispose(unweighed).refused(422, "fields_invalid");
        assert_eq!(refused.json["errors"][0]["pointer"], "/items/0/gross");
        let mut nothing = disposal(&bottles[0], &["2", "3"]);
        nothing["items"][0]["gross"]["value"] = json!("0");
        dispose(nothing).refused(422, "amount_zero");
        let mut twice = disposal(&bottles[0], &["2", "3"]);
        twice["items"] = json!([twice["items"][0], twice["items"][0]]);
        dispose(twice).refused(422, "container_named_twice");
        dispose(disposal(&bottles[0], &["2", "3"])).expect(201);
        dispose(disposal(&bottles[0], &["2", "3"])).refused(422, "container_state");
        server.assert_sound();
    }

    fn an_expired_bottle_becomes_waste(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        server.pass(3 * 366 * 86_400_000);
        let equipment = server.sign_in("E001");
        waste(&equipment, &[&bottles[0]]).expect(201);
        server.assert_balanced();
    }

    fn controlled_waste_is_made_moved_and_disposed_of_under_two_signatures(server) {
        let hospital = server.hospital();
        let (_, bottles) = cyanide(&hospital);
        waste(&hospital.equipment, &[&bottles[0]]).refused(422, "signatures_required");
        let ask = |body: Value| hospital.safety.post("/api/v1/signing-requests", body).expect(201);
        let body = json!({"labels": [bottles[0]], "code": "900-999-49", "reason": "过期"});
        let request = ask(json!({"waste": body}));
        sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        assert_eq!(seen(&hospital.safety, &bottles[0])["status"], "in_stock");
        sign(&hospital.safety, &request, &BOTH[1..]).expect(201);
        let scanned = seen(&hospital.safety, &bottles[0]);
        assert_eq!((&scanned["status"], &scanned["signed_actions"]), (&json!("waste"), &json!(["disposal", "move"])));

        hospital.safety.post("/api/v1/disposals", disposal(&bottles[0], &["2", "3"])).refused(422, "signatures_required");
        let mut light = disposal(&bottles[0], &["2", "3"]);
        light["items"][0]["gross"]["value"] = json!("149.9");
        let light = json!({"disposal": light});
        hospital.safety.post("/api/v1/signing-requests", light).refused(422, "weight_below_tare");
        // The custodians who sign may be the witnesses, and others may watch.
        for (bottle, witnesses) in [(&bottles[0], ["2", "3"]), (&bottles[1], ["2", "4"])] {
            if bottle == &bottles[1] {
                let body = json!({"labels": [bottle], "code": "900-999-49", "reason": "过期"});
                sign(&hospital.safety, &ask(json!({"waste": body})), BOTH).expect(201);
            }
            let request = ask(json!({"disposal": disposal(bottle, &witnesses)}));
            let again = json!({"disposal": disposal(bottle, &witnesses)});
            hospital.safety.post("/api/v1/signing-requests", again).refused(409, "container_reserved");
            sign(&hospital.safety, &request, BOTH).expect(201);
            assert_eq!(seen(&hospital.safety, bottle)["status"], "disposed");
        }
        assert_eq!(server.assert_balanced(), [0, 0, 0]);
    }

    fn waste_and_disposal_are_taken_back_the_latest_first(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let wasted = waste(&hospital.equipment, &[&bottles[0], &bottles[1]]).expect(201);
        let gone = hospital.equipment.post("/api/v1/disposals", disposal(&bottles[0], &["2", "3"])).expect(201);
        reverse(&hospital, &wasted).refused(422, "later_entries_exist");
        reverse(&hospital, &gone).expect(201);
        assert_eq!(seen(&hospital.equipment, &bottles[0])["status"], "waste");
        reverse(&hospital, &wasted).expect(201);
        let back = seen(&hospital.equipment, &bottles[0]);
        assert_eq!((&back["status"], &back["amount"], &back["place"]), (&json!("in_stock"), &ml("500"), &json!(room)));
        assert_eq!(stocked(server), 2500 * ML);
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }
}
