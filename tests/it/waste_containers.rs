//! 废物容器: what goes in is remembered, nothing goes into a closed one, and it leaves as a whole.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::signing::{BOTH, RECEIVER, cyanide, sign};
use crate::wastes::{WITNESSES, disposal, watchers};

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

/// A drum for so much, 1 kg empty, in a place: its label.
fn drum(client: &Client, place: &str, capacity: Value) -> String {
    let body = json!({
        "place": place, "code": "900-402-06", "kind": "drum", "capacity": capacity, "tare": g("1000"),
    });
    let made = client.post("/api/v1/waste-containers", body).expect(201);
    made.json["label"].as_str().unwrap().to_owned()
}

fn pour(client: &Client, labels: &[&String], drum: &str, beside: &Value) -> Answer {
    let mut body = json!({"labels": labels, "code": "900-402-06", "reason": "废液", "into": drum});
    let fields = body.as_object_mut().unwrap();
    fields.extend(beside.as_object().unwrap().clone());
    client.post("/api/v1/wastes", body)
}

fn all() -> Value {
    json!({})
}

fn step(client: &Client, drum: &str, what: &str, body: Value) -> Answer {
    client.post(&format!("/api/v1/waste-containers/{drum}/{what}"), body)
}

fn seen(client: &Client, drum: &str) -> Value {
    let path = format!("/api/v1/waste-containers/{drum}");
    client.get(&path).expect(200).json
}

/// A closed drum at place 1 with everything of a bottle in it.
pub fn poured(client: &Client, label: &String) {
    let drum = drum(client, "1", json!({"value": "5", "unit": "L"}));
    pour(client, &[label], &drum, &all()).expect(201);
    step(client, &drum, "closings", json!({})).expect(201);
}

fn in_vessels(server: &TestServer) -> i64 {
    server.number(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM posting WHERE account = 'vessel'",
    )
}

fn leaves(drum: &str, gross: &str) -> Value {
    let mut body = disposal(drum, &WITNESSES);
    body["items"][0]["gross"]["value"] = json!(gross);
    body
}

fn reverse(hospital: &Hospital, of: &Answer) -> Answer {
    let body = json!({"entry": of.json["receipt"]["seq"].to_string(), "reason": "误操作"});
    hospital.equipment.post("/api/v1/reversals", body)
}

on_both! {
    fn a_waste_container_remembers_what_went_in_and_leaves_as_a_whole(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        watchers(server, &hospital);
        let (equipment, staff) = (&hospital.equipment, &hospital.safety);
        let drum = drum(equipment, &room, json!({"value": "1", "unit": "L"}));
        assert_eq!(&drum[..12], "000190000001");
        let body = json!({"labels": [bottles[0]], "code": "900-402-06", "reason": "废液", "into": drum});
        let key = fresh_key();
        let poured = equipment.post_with("/api/v1/wastes", &key, body.clone()).expect(201);
        let again = equipment.post_with("/api/v1/wastes", &key, body).expect(200);
        assert!(again.replayed && again.json == poured.json);
        // A part straight from a bottle, and what is left over in somebody's hands.
        pour(equipment, &[&bottles[1]], &drum, &json!({"amount": ml("100")})).expect(201);
        let taken = staff.post("/api/v1/checkouts", json!({"label": bottles[2], "amount": ml("30")})).expect(201);
        staff.post("/api/v1/uses", json!({"label": bottles[2], "amount": ml("10")})).expect(201);
        let checkout = taken.json["receipt"]["seq"].to_string();
        pour(equipment, &[&bottles[2]], &drum, &json!({"source": checkout, "taken_up": ml("50")})).expect(201);

        let inside = seen(staff, &drum);
        assert_eq!((&inside["fill"], &inside["state"], &inside["place"]), (&ml("650"), &json!("open"), &json!(room)));
        assert_eq!(inside["hazards"], json!(["T", "I", "R"]), "{inside}");
        let lines = inside["items"].as_array().unwrap();
        let told = |at: usize| (&lines[at]["label"], &lines[at]["amount"], &lines[at]["taken_up"]);
        assert_eq!(told(0), (&json!(bottles[0]), &ml("500"), &ml("500")));
        assert_eq!(told(1), (&json!(bottles[1]), &ml("100"), &ml("100")));
        assert_eq!(told(2), (&json!(bottles[2]), &ml("20"), &ml("50")));
        assert_eq!((&lines[2]["person"], &lines[2]["name"]), (&json!("2"), &json!("乙醇")));
        let page = equipment.get(&format!("/api/v1/waste-containers/{drum}?limit=2")).expect(200).json;
        let rest = equipment.get(&format!("/api/v1/waste-containers/{drum}?limit=2&next={}", page["next"].as_str().unwrap()));
        assert_eq!((page["items"].as_array().unwrap().len(), &rest.expect(200).json["items"][0]), (2, &lines[2]));
        let emptied = equipment.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json;
        assert_eq!((&emptied["status"], &emptied["amount"]), (&json!("empty"), &ml("0")));
        assert_eq!(in_vessels(server), 620 * ML);
        assert_eq!(server.assert_balanced(), [1870 * ML, 0, 10 * ML]);
        let table = equipment.get("/api/v1/usage-table?from=2026-06-01").expect(200).json;
        let wasted: Vec<_> = table["items"].as_array().unwrap().iter().map(|line| &line["out"]["wasted"]).collect();
        assert_eq!(wasted, [&ml("600"), &ml("20")]);
        for form in ["svg", "png"] {
            equipment.get(&format!("/api/v1/labels/{drum}.{form}")).expect(200);
        }

        // Closed and filled again is refused by a code of its own; a place with a drum in it is not closed.
        step(equipment, &drum, "closings", json!({"reason": "已满"})).expect(201);
        pour(equipment, &[&bottles[3]], &drum, &all()).refused(422, "waste_container_closed");
        step(equipment, &drum, "closings", json!({})).refused(422, "waste_container_closed");
        assert_eq!(seen(staff, &drum)["state"], "closed");

        // It weighs what went in, 620 mL at 0.789 g/mL, and 1 kg; rinsing water was said to be in it.
        equipment.post("/api/v1/disposals", leaves(&drum, "1480")).refused(422, "weight_differs");
        equipment.post("/api/v1/disposals", leaves(&drum, "999")).refused(422, "weight_below_tare");
        let gone = equipment.post("/api/v1/disposals", leaves(&drum, "1520")).expect(201);
        assert_eq!((in_vessels(server), &seen(staff, &drum)["state"]), (0, &json!("disposed")));
        let refused = equipment.post("/api/v1/disposals", leaves(&drum, "1520")).refused(409, "waste_container_gone");
        assert_eq!(refused.json["by"], gone.json["receipt"]["seq"].to_string());
        step(equipment, &drum, "moves", json!({"to": room})).refused(409, "waste_container_gone");
        reverse(&hospital, &poured).refused(409, "waste_container_gone");
        server.assert_balanced();
        reverse(&hospital, &gone).expect(201);
        assert_eq!((in_vessels(server), &seen(staff, &drum)["state"]), (620 * ML, &json!("closed")));
        reverse(&hospital, &poured).expect(201);
        assert_eq!((&seen(staff, &drum)["fill"], in_vessels(server)), (&ml("150"), 120 * ML));
        let back = seen(staff, &drum)["items"][0]["reversed_by"].clone();
        assert!(back.is_string(), "{back}");
        assert_eq!(server.assert_balanced(), [2370 * ML, 0, 10 * ML]);
        let listed = equipment.get("/api/v1/waste-containers?state=closed&code=900-402-06").expect(200).json;
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["label"]), (1, &json!(drum)));
        let open = equipment.get("/api/v1/waste-containers?state=open").expect(200).json;
        assert_eq!(open["items"], json!([]));
        // Of one whose tare nobody knows, it all together weighs no less than what went in.
        let untared = json!({"place": room, "code": "900-402-06", "kind": "drum", "capacity": ml("1000")});
        let untared = equipment.post("/api/v1/waste-containers", untared).expect(201).json["label"].as_str().unwrap().to_owned();
        pour(equipment, &[&bottles[4]], &untared, &all()).expect(201);
        equipment.post("/api/v1/disposals", leaves(&untared, "392")).refused(422, "weight_differs");
    }

    fn what_does_not_belong_into_a_waste_container_stays_out(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let equipment = &hospital.equipment;
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        let drum = drum(equipment, &cabinet, json!({"value": "600", "unit": "mL"}));
        let first = &bottles[0];
        pour(equipment, &[first], "0001900000990075", &all()).refused(422, "fields_invalid");
        pour(equipment, &[first], first, &all()).refused(404, "waste_container_unknown");
        let mut other = json!({"labels": [first], "code": "900-404-06", "reason": "废液", "into": drum});
        let refused = equipment.post("/api/v1/wastes", other.clone()).refused(422, "waste_code_differs");
        assert_eq!((&refused.json["takes"], &refused.json["given"]), (&json!("900-402-06"), &json!("900-404-06")));
        other["code"] = json!("900-402-06");
        other["amount"] = ml("0");
        equipment.post("/api/v1/wastes", other).refused(422, "amount_zero");
        let refused = pour(equipment, &[first, &bottles[1]], &drum, &all()).refused(422, "waste_container_full");
        assert_eq!((&refused.json["free"], &refused.json["asked"]), (&json!("600 mL"), &json!("1 L")));
        pour(equipment, &[first, &bottles[1]], &drum, &json!({"amount": ml("1")})).refused(422, "pour_of_one");
        pour(equipment, &[first, &bottles[1]], &drum, &json!({"taken_up": ml("1")})).refused(422, "taken_up_of_one");
        pour(equipment, &[first], &drum, &json!({"amount": ml("1"), "taken_up": g("1")})).refused(422, "dimension_mismatch");
        pour(equipment, &[first], &drum, &json!({"amount": ml("501")})).refused(422, "not_enough");
        pour(equipment, &[first], &drum, &json!({"source": "9"})).refused(422, "nothing_checked_out");

        // A powder takes up what somebody says, for no density tells.
        let salt = hospital.product(json!({"name": "氯化钠", "dimension": "mass"}));
        let came = equipment.post("/api/v1/receipts", json!({
            "product": salt, "count": 1, "each": g("100"), "place": room,
        })).expect(201);
        let powder: String = serde_json::from_value(came.json["labels"][0].clone()).unwrap();
        pour(equipment, &[&powder], &drum, &all()).refused(422, "taken_up_needed");
        pour(equipment, &[&powder], &drum, &json!({"taken_up": ml("60")})).expect(201);
        // Less than what is booked it cannot take up.
        pour(equipment, &[first], &drum, &json!({"amount": ml("200"), "taken_up": ml("1")})).expect(201);
        assert_eq!(seen(equipment, &drum)["fill"], ml("260"));

        // What stands in another room comes there first, or the drum goes where it is.
        let other_room = hospital.place(json!({"kind": "room", "name": "新库"}));
        step(equipment, &drum, "moves", json!({"to": cabinet})).refused(422, "waste_container_there");
        step(equipment, &drum, "moves", json!({"to": "77"})).refused(404, "place_unknown");
        step(equipment, &drum, "moves", json!({"to": other_room})).expect(201);
        pour(equipment, &[first], &drum, &json!({"amount": ml("1")})).refused(422, "waste_container_elsewhere");
        let taken = hospital.safety.post("/api/v1/checkouts", json!({"label": first, "whole": true})).expect(201);
        drop(taken);
        pour(equipment, &[first], &drum, &json!({"amount": ml("1")})).expect(201);
        let closing = json!({"kind": "room", "name": "新库", "closed": true}).to_string();
        let close = |place: &str| equipment.send("PUT", &format!("/api/v1/places/{place}"), Some(&fresh_key()), Some(closing.clone()));
        assert_eq!(close(&other_room).refused(422, "place_not_empty").json["containers"], "1");

        let make = |body: Value| equipment.post("/api/v1/waste-containers", body);
        let body = |capacity: Value| json!({"place": room, "code": "900-402-06", "kind": "drum", "capacity": capacity});
        make(body(json!({"value": "3", "unit": "支"}))).refused(422, "capacity_unfit");
        make(body(ml("0"))).refused(422, "amount_zero");
        let refused = make(json!({"place": room, "code": "900-402-06", "kind": "bucket", "capacity": ml("1"), "hazards": ["X"]}));
        assert_eq!(refused.refused(422, "fields_invalid").json["errors"].as_array().unwrap().len(), 2);
        let leak = json!({"kind": "leak", "what": "泄漏", "place": room, "labels": [bottles[3]]});
        equipment.post("/api/v1/incidents", leak).expect(201);
        pour(equipment, &[&bottles[3]], &drum, &all()).refused(422, "container_in_incident");
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        pour(&server.sign_in("L001"), &[first], &drum, &all()).refused(403, "not_permitted");
        let strangers = server.second_hospital();
        strangers.equipment.get(&format!("/api/v1/waste-containers/{drum}")).refused(404, "waste_container_unknown");
        step(&strangers.equipment, &drum, "closings", json!({})).refused(404, "waste_container_unknown");
        server.assert_balanced();
    }

    fn a_waste_container_that_is_scanned_in_a_stocktake_is_no_unknown_code(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let equipment = &hospital.equipment;
        let drum = drum(equipment, &room, json!({"value": "1", "unit": "L"}));
        pour(equipment, &[&bottles[0]], &drum, &all()).expect(201);
        let begun = equipment.post("/api/v1/stocktakes", json!({"place": room, "amounts": "controlled"})).expect(201).json;
        let path = format!("/api/v1/stocktakes/{}", begun["stocktake"].as_str().unwrap());
        let scan = |code: &str| equipment.post(&format!("{path}/counts"), json!({"place": room, "code": code}));
        let told = scan(&drum).refused(422, "waste_container_scanned");
        assert_eq!((&told.json["label"], &told.json["place"]), (&json!(drum), &json!(room)));
        // A number of that kind that nobody has is as unknown as any other.
        scan("0001900000990082").expect(201);
        let findings = equipment.get(&format!("{path}/findings?bucket=unknown")).expect(200).json;
        let codes: Vec<&Value> = findings["items"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert_eq!(codes, [&json!("0001900000990082")]);
    }

    fn the_label_of_a_waste_container_says_what_went_in(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let equipment = &hospital.equipment;
        let drum = drum(equipment, &room, json!({"value": "1", "unit": "L"}));
        let picture = || equipment.get(&format!("/api/v1/labels/{drum}.svg?template=70x50-qr")).expect(200).text;
        let blank = picture();
        pour(equipment, &[&bottles[0]], &drum, &all()).expect(201);
        let filled = picture();
        // One line more, and none again when it is taken back.
        assert!(filled.len() > blank.len(), "{} {}", filled.len(), blank.len());
        let seq = seen(equipment, &drum)["items"][0]["seq"].clone();
        equipment.post("/api/v1/reversals", json!({"entry": seq, "reason": "误操作"})).expect(201);
        assert_eq!(picture(), blank);
    }

    fn what_is_controlled_is_signed_for_wherever_it_goes(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        watchers(server, &hospital);
        let (equipment, safety) = (&hospital.equipment, &hospital.safety);
        let open = hospital.place(json!({"kind": "room", "name": "废物间"}));
        let outside = drum(equipment, &open, json!({"value": "1", "unit": "kg"}));
        let inside = drum(equipment, &cabinet, json!({"value": "1", "unit": "kg"}));
        let into = |drum: &str| json!({"labels": [bottles[0]], "code": "900-402-06", "reason": "销毁", "into": drum});
        let ask = |body: Value| safety.post("/api/v1/signing-requests", body);
        equipment.post("/api/v1/wastes", into(&inside)).refused(422, "signatures_required");
        ask(json!({"waste": into(&outside)})).refused(422, "waste_container_elsewhere");
        let request = ask(json!({"waste": into(&inside)})).expect(201);
        sign(safety, &request, BOTH).expect(201);
        assert_eq!(seen(safety, &inside)["fill"], g("500"));

        // What somebody holds of the other one follows.
        let taking = json!({"checkout": {"label": bottles[1], "amount": g("10"), "receiver": RECEIVER, "purpose": "标准溶液"}});
        let taken = sign(safety, &ask(taking).expect(201), BOTH).expect(201);
        let mut held = into(&inside);
        held["labels"] = json!([bottles[1]]);
        held["source"] = json!(taken.json["receipt"]["seq"].to_string());
        sign(safety, &ask(json!({"waste": held})).expect(201), BOTH).expect(201);

        step(equipment, &inside, "moves", json!({"to": open})).refused(422, "class_not_permitted");
        let other = hospital.place(json!({"kind": "cabinet", "name": "副柜", "permitted": ["highly_toxic"], "parent": cabinet}));
        step(equipment, &inside, "moves", json!({"to": other})).refused(422, "signatures_required");
        let moved = ask(json!({"waste_container_move": {"label": inside, "to": other}})).expect(201);
        sign(safety, &moved, &BOTH[..1]).expect(202);
        assert_eq!(seen(safety, &inside)["place"], json!(cabinet));
        sign(safety, &moved, &BOTH[1..]).expect(201);
        assert_eq!(seen(safety, &inside)["place"], json!(other));
        ask(json!({"waste_container_move": {"label": outside, "to": cabinet}})).refused(422, "signing_not_needed");

        let mut gone = leaves(&inside, "1510");
        gone["witnesses"] = json!(["5", "6"]);
        gone.as_object_mut().unwrap().remove("proofs");
        equipment.post("/api/v1/disposals", gone.clone()).refused(422, "signatures_required");
        // 510 g of poison: 2.55 g less or more are seen, whatever is said about it.
        for gross in ["1507.4", "1512.6"] {
            let mut short = gone.clone();
            short["items"][0]["gross"]["value"] = json!(gross);
            short["reason"] = json!("残留");
            ask(json!({"disposal": short})).refused(422, "controlled_weight_differs");
        }
        let request = ask(json!({"disposal": gone})).expect(201);
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        assert_eq!((&payload["substances"][0]["name"], payload["postings"].as_array().unwrap().len()), (&json!("氰化钾"), 4));
        sign(safety, &request, BOTH).expect(202);
        let signed = sign(safety, &request, &[("W001", "witness"), ("W002", "witness")]).expect(201);
        assert_eq!(in_vessels(server), 0);
        server.assert_balanced();
        let body = json!({"entry": signed.json["receipt"]["seq"].to_string(), "reason": "误操作"});
        equipment.post("/api/v1/reversals", body.clone()).refused(422, "signatures_required");
        sign(safety, &ask(json!({"reversal": body})).expect(201), BOTH).expect(201);
        assert_eq!(in_vessels(server), 510_000_000);
        server.assert_balanced();
    }
}
