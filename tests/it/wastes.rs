//! 转废 and 处置: waste is out of stock but not out of the book until two have watched it leave.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
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

/// Witnessed by persons 4 and 5, W001 and W002, who neither send nor sign anything else.
pub const WITNESSES: [&str; 2] = ["4", "5"];

pub fn disposal(label: &str, witnesses: &[&str]) -> Value {
    let logins: Vec<_> = witnesses
        .iter()
        .map(|person| match *person {
            "2" => "E001",
            "3" => "S001",
            "4" => "W001",
            _ => "W002",
        })
        .collect();
    json!({
        "items": [{"label": label, "gross": {"value": "812.5", "unit": "g"}}], "witnesses": witnesses,
        "handler": "吉林省固体废物处置中心", "manifest": "20262203000001",
        "proofs": logins.iter().map(|login| json!({"login": login, "secret": SECRET})).collect::<Vec<_>>(),
    })
}

/// The same to be signed for, weighed so heavy; R001 is person 4 where there is poison.
fn to_sign(label: &str, gross: &str) -> Value {
    let mut body = disposal(label, &["5", "6"]);
    body.as_object_mut().unwrap().remove("proofs");
    body["items"][0]["gross"]["value"] = json!(gross);
    json!({"disposal": body})
}

/// Two people who may watch.
pub fn watchers(server: &TestServer, hospital: &Hospital) {
    for (login, nth) in [("W001", 11), ("W002", 12)] {
        let person = hospital.enrol(server, login, nth);
        hospital.appoint(&person, "staff");
    }
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
        watchers(server, &hospital);
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        staff.post("/api/v1/uses", json!({"label": bottles[1], "amount": ml("500")})).expect(201);
        staff.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
        // What a person still has of it has to come back or be used up first.
        let refused = waste(equipment, &[&bottles[1], &bottles[0]]).refused(422, "part_still_out");
        assert_eq!((&refused.json["label"], &refused.json["open"]), (&json!(bottles[0]), &json!("1")));
        staff.post("/api/v1/uses", json!({"label": bottles[0], "amount": ml("30")})).expect(201);
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
        assert_eq!(server.assert_balanced(), [1970 * ML, 0, 530 * ML]);

        let table = equipment.get("/api/v1/usage-table?from=2026-06-01").expect(200).json;
        let there = table["items"].as_array().unwrap().iter().find(|line| line["place"] == json!(room));
        let there = there.unwrap();
        assert_eq!((&there["out"]["wasted"], &there["closing"]), (&ml("470"), &json!({"value": "1.5", "unit": "L"})));

        let refused = |path: &str, body: Value| drop(staff.post(path, body).refused(422, "container_state"));
        refused("/api/v1/returns", json!({"label": bottles[0], "amount": ml("10")}));
        refused("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("1")}));
        refused("/api/v1/splits", json!({"label": bottles[0], "count": 1, "each": ml("1")}));
        waste(equipment, &[&bottles[0]]).refused(422, "container_state");
        let shed = hospital.place(json!({"kind": "room", "name": "危废暂存间"}));
        equipment.post("/api/v1/moves", json!({"labels": [bottles[0]], "to": shed})).expect(201);

        let gone = equipment.post("/api/v1/disposals", disposal(&bottles[0], &WITNESSES)).expect(201);
        let end = seen(equipment, &bottles[0]);
        assert_eq!((&end["status"], &end["amount"], &end["actions"]), (&json!("disposed"), &ml("0"), &json!([])));
        let entry = format!("/api/v1/entries/{}", gone.json["receipt"]["seq"]);
        let record = equipment.get(&entry).expect(200).json.to_string();
        for told in ["812500000", "20262203000001", "witness"] {
            assert!(record.contains(told), "{told}: {record}");
        }
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'disposed'"), 470 * ML);
        // An empty bottle is weighed and leaves, too, and posts nothing.
        equipment.post("/api/v1/disposals", disposal(&bottles[1], &WITNESSES)).expect(201);
        assert_eq!(server.assert_balanced(), [1500 * ML, 0, 530 * ML]);
    }

    fn waste_and_disposal_are_refused_for_what_is_wrong_with_them(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        watchers(server, &hospital);
        let equipment = &hospital.equipment;
        waste(equipment, &[]).refused(422, "amount_zero");
        waste(equipment, &[&bottles[0], &bottles[0]]).refused(422, "container_named_twice");
        for code in ["900-402-51", "900-402-00", "90-402-06", "900-402-6", "900-402", "９００-402-06"] {
            let body = json!({"labels": [bottles[0]], "code": code, "reason": "过期"});
            let refused = equipment.post("/api/v1/wastes", body).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["code"], "waste_code_malformed", "{code}");
        }
        for (code, problem, says) in [
            ("900-402-07", "waste_code_unknown", "/waste-codes"), ("831-004-01", "waste_code_superseded", "841-004-01"),
        ] {
            let body = json!({"labels": [bottles[0]], "code": code, "reason": "过期"});
            let refused = equipment.post("/api/v1/wastes", body).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["code"], problem, "{code}");
            assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains(says), "{}", refused.text);
        }
        let listed = equipment.get("/api/v1/waste-codes?limit=200").expect(200).json;
        let kinds = listed["items"].as_array().unwrap();
        let marked = |mark: &str| kinds.iter().filter(|kind| kind["reliability"] == mark).count();
        assert_eq!((kinds.len(), marked("secondary"), marked("known")), (80, 16, 64));
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        waste(&server.sign_in("L001"), &[&bottles[0]]).refused(403, "not_permitted");
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[1], "whole": true})).expect(201);
        waste(equipment, &[&bottles[0], &bottles[1]]).refused(422, "container_state");
        assert_eq!(stocked(server), 2000 * ML);

        let dispose = |body: Value| equipment.post("/api/v1/disposals", body);
        dispose(disposal(&bottles[0], &WITNESSES)).refused(422, "container_state");
        waste(equipment, &[&bottles[0]]).expect(201);
        let refused = dispose(disposal(&bottles[0], &["4"])).refused(422, "witnesses_missing");
        assert_eq!((&refused.json["needed"], &refused.json["named"]), (&json!("2"), &json!("1")));
        let unproven = |witnesses: &[&str]| {
            let mut body = disposal(&bottles[0], witnesses);
            body.as_object_mut().unwrap().remove("proofs");
            dispose(body)
        };
        unproven(&["4", "4"]).refused(422, "same_person_twice");
        // Who manages accounts sees no stock, and watches none; who sends it does not watch either.
        unproven(&["1", "4"]).refused(422, "part_not_permitted");
        unproven(&["4", "77"]).refused(404, "person_unknown");
        assert_eq!(unproven(&["4", "2"]).refused(422, "witness_unfit").json["person"], "2");
        assert_eq!(unproven(&["4", "5"]).refused(422, "witness_unproven").json["person"], "4");
        let mut half = disposal(&bottles[0], &WITNESSES);
        half["proofs"].as_array_mut().unwrap().pop();
        assert_eq!(dispose(half).refused(422, "witness_unproven").json["person"], "5");
        let mut wrong = disposal(&bottles[0], &WITNESSES);
        wrong["proofs"][1]["secret"] = json!("111222");
        dispose(wrong).refused(401, "sign_in_refused");
        let mut unweighed = disposal(&bottles[0], &WITNESSES);
        unweighed["items"][0]["gross"] = ml("812");
        let refused = dispose(unweighed).refused(422, "fields_invalid");
        assert_eq!(refused.json["errors"][0]["pointer"], "/items/0/gross");
        let mut nothing = disposal(&bottles[0], &WITNESSES);
        nothing["items"][0]["gross"]["value"] = json!("0");
        dispose(nothing).refused(422, "amount_zero");
        let mut twice = disposal(&bottles[0], &WITNESSES);
        twice["items"] = json!([twice["items"][0], twice["items"][0]]);
        dispose(twice).refused(422, "container_named_twice");
        dispose(disposal(&bottles[0], &WITNESSES)).expect(201);
        dispose(disposal(&bottles[0], &WITNESSES)).refused(422, "container_state");
        server.assert_sound();
    }

    fn a_place_is_closed_when_nothing_is_left_in_it(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        watchers(server, &hospital);
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        let equipment = &hospital.equipment;
        let close = |place: &str, name: &str| {
            let body = json!({"kind": "room", "name": name, "closed": true}).to_string();
            equipment.send("PUT", &format!("/api/v1/places/{place}"), Some(&fresh_key()), Some(body))
        };
        let here = |containers: &str| {
            let refused = close(&room, "试剂库").refused(422, "place_not_empty");
            assert_eq!(refused.json["containers"], containers);
        };
        here("5");
        equipment.post("/api/v1/moves", json!({"labels": [bottles[0]], "to": cabinet})).expect(201);
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[1], "whole": true})).expect(201);
        waste(equipment, &[&bottles[0], &bottles[2], &bottles[3]]).expect(201);
        hospital.safety.post("/api/v1/uses", json!({"label": bottles[4], "amount": ml("500")})).expect(201);
        here("4");
        for bottle in [0, 2, 3] {
            equipment.post("/api/v1/disposals", disposal(&bottles[bottle], &WITNESSES)).expect(201);
        }
        here("1");
        close(&cabinet, "A柜").expect(201);
        let other = hospital.place(json!({"kind": "room", "name": "新库"}));
        hospital.safety.post("/api/v1/returns", json!({"label": bottles[1], "amount": ml("500"), "place": other})).expect(201);
        close(&room, "试剂库").expect(201);
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
        let poured = json!({"split": {"label": bottles[0], "count": 1, "each": {"value": "1", "unit": "g"}}});
        hospital.safety.post("/api/v1/signing-requests", poured).refused(422, "purpose_missing");
        let body = json!({"labels": [bottles[0]], "code": "900-999-49", "reason": "过期"});
        let request = ask(json!({"waste": body}));
        sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        assert_eq!(seen(&hospital.safety, &bottles[0])["status"], "in_stock");
        sign(&hospital.safety, &request, &BOTH[1..]).expect(201);
        let scanned = seen(&hospital.safety, &bottles[0]);
        assert_eq!((&scanned["status"], &scanned["signed_actions"]), (&json!("waste"), &json!(["disposal", "move"])));

        watchers(server, &hospital);
        let refused = |body: Value, code: &str| hospital.safety.post("/api/v1/signing-requests", body).refused(422, code);
        refused(to_sign(&bottles[0], "149.9"), "weight_below_tare");
        // 500 g and the bottle of 150 g: the balance may be 2.5 g off, not more, whatever is said about it.
        for gross in ["652.6", "647.4"] {
            let mut body = to_sign(&bottles[0], gross);
            body["disposal"]["reason"] = json!("瓶内有残留");
            let refused = refused(body, "controlled_weight_differs");
            assert_eq!(refused.json["booked"], "500 g");
        }
        let mut mine = to_sign(&bottles[0], "650");
        mine["disposal"]["witnesses"] = json!(["5", "3"]);
        refused(mine, "witness_unfit");
        let request = ask(to_sign(&bottles[0], "652.5"));
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        assert_eq!((&payload["witnesses"][0]["person"], &payload["witnesses"][0]["name"]), (&json!("5"), &json!("职工11")));
        hospital.safety.post("/api/v1/signing-requests", to_sign(&bottles[0], "650")).refused(409, "container_reserved");
        sign(&hospital.safety, &request, BOTH).expect(202);
        sign(&hospital.safety, &request, &[("R001", "witness")]).refused(422, "not_a_signer");
        sign(&hospital.safety, &request, &[("W001", "witness")]).expect(202);
        assert_eq!(seen(&hospital.safety, &bottles[0])["status"], "waste");
        sign(&hospital.safety, &request, &[("W002", "witness")]).expect(201);
        assert_eq!(seen(&hospital.safety, &bottles[0])["status"], "disposed");

        // Nobody signs for what they watch: not as custodian either.
        let body = json!({"labels": [bottles[1]], "code": "900-999-49", "reason": "过期"});
        sign(&hospital.safety, &ask(json!({"waste": body})), BOTH).expect(201);
        let mut custodian = to_sign(&bottles[1], "650");
        custodian["disposal"]["witnesses"] = json!(["5", "2"]);
        let request = ask(custodian);
        sign(&hospital.safety, &request, BOTH).refused(422, "same_person_twice");
        assert_eq!(server.assert_balanced()[0], 500_000_000);
    }

    fn what_weighs_otherwise_than_the_book_says_leaves_with_a_reason(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        watchers(server, &hospital);
        let equipment = &hospital.equipment;
        let salt = hospital.product(json!({"name": "氯化钠", "dimension": "mass"}));
        let came = equipment.post("/api/v1/receipts", json!({
            "product": salt, "count": 2, "each": {"value": "100", "unit": "g"}, "place": room, "tare": {"value": "50", "unit": "g"},
        })).expect(201);
        let labels: Vec<String> = serde_json::from_value(came.json["labels"].clone()).unwrap();
        waste(equipment, &[&labels[0], &labels[1]]).expect(201);
        let weighing = |gross: &str, tare: Option<&str>, reason: &str| {
            let mut body = disposal(&labels[0], &WITNESSES);
            body["items"][0]["gross"]["value"] = json!(gross);
            body["items"][0]["tare"] = tare.map_or(Value::Null, |tare| json!({"value": tare, "unit": "g"}));
            body["reason"] = json!(Some(reason).filter(|reason| !reason.is_empty()));
            equipment.post("/api/v1/disposals", body)
        };
        let refused = weighing("150.6", None, "").refused(422, "weight_differs");
        assert_eq!((&refused.json["booked"], &refused.json["weighed"]), (&json!("100 g"), &json!("100.6 g")));
        weighing("120", None, "").refused(422, "weight_differs");
        weighing("49", None, "").refused(422, "weight_below_tare");
        let gone = weighing("150.6", Some("40"), "吸潮").expect(201);
        let entry = equipment.get(&format!("/api/v1/entries/{}", gone.json["receipt"]["seq"])).expect(200).json.to_string();
        assert!(entry.contains(r#""content":"110600000""#), "{entry}");
        let mut exact = disposal(&labels[1], &WITNESSES);
        exact["items"][0]["gross"]["value"] = json!("150.5");
        equipment.post("/api/v1/disposals", exact).expect(201);
        server.assert_sound();
    }

    fn without_a_tare_all_of_it_weighs_no_less_than_what_is_in_it(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        watchers(server, &hospital);
        let equipment = &hospital.equipment;
        waste(equipment, &[&bottles[0], &bottles[1]]).expect(201);
        let weighing = |label: &str, gross: &str, tare: Option<&str>, reason: &str| {
            let mut body = disposal(label, &WITNESSES);
            body["items"][0]["gross"]["value"] = json!(gross);
            body["items"][0]["tare"] = tare.map_or(Value::Null, |tare| json!({"value": tare, "unit": "g"}));
            body["reason"] = json!(Some(reason).filter(|reason| !reason.is_empty()));
            equipment.post("/api/v1/disposals", body)
        };
        // 500 mL at 0.789 g/mL are 394.5 g; 0.5 % less is what a balance may be off.
        weighing(&bottles[0], "1", None, "").refused(422, "weight_differs");
        weighing(&bottles[0], "392.5", None, "").refused(422, "weight_differs");
        weighing(&bottles[0], "392.6", None, "").expect(201);
        weighing(&bottles[1], "1", None, "瓶破，已挥发").expect(201);
        // What the police are told of when it is missing is weighed with its tare, and what is missing explained.
        let acetone = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "mass"}));
        let came = equipment.post("/api/v1/receipts", json!({
            "product": acetone, "count": 1, "each": {"value": "100", "unit": "g"}, "place": room,
        })).expect(201);
        let label = came.json["labels"][0].as_str().unwrap().to_owned();
        waste(equipment, &[&label]).expect(201);
        weighing(&label, "150", None, "瓶破，已挥发").refused(422, "tare_unknown");
        weighing(&label, "148", Some("50"), "").refused(422, "weight_differs");
        weighing(&label, "148", Some("50"), "已挥发").expect(201);
        server.assert_sound();
    }

    fn waste_and_disposal_are_taken_back_the_latest_first(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        watchers(server, &hospital);
        let wasted = waste(&hospital.equipment, &[&bottles[0], &bottles[1]]).expect(201);
        let gone = hospital.equipment.post("/api/v1/disposals", disposal(&bottles[0], &WITNESSES)).expect(201);
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
