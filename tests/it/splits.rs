//! 分装: what is poured into new bottles is of the same lot, has labels, and is missing in the old one.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::Hospital;
use crate::signing::{BOTH, amount, cyanide, sign};

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn split(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/splits", body)
}

fn labels(answer: &Answer) -> Vec<String> {
    let labels = answer.json["labels"].as_array().unwrap().iter();
    labels
        .map(|label| label.as_str().unwrap().to_owned())
        .collect()
}

/// S001 keeps the place from now on.
pub fn keeps(hospital: &Hospital, place: &str) {
    let custodian = json!({"person": "3", "role": "custodian", "place": place});
    hospital
        .administrator
        .post("/api/v1/appointments", custodian)
        .expect(201);
}

fn seen(client: &Client, label: &str) -> Value {
    client
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200)
        .json
}

on_both! {
    fn a_bottle_fills_smaller_ones_that_know_where_they_are_from(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let staff = &hospital.safety;
        let body = json!({
            "label": bottles[0], "count": 3, "each": ml("100"), "expires_on": "2027-01-31",
            "tare": {"value": "85", "unit": "g"}, "reason": "小瓶发放",
        });
        let key = fresh_key();
        let answer = staff.post_with("/api/v1/splits", &key, body.clone()).expect(201);
        let filled = labels(&answer);
        assert_eq!(filled.len(), 3);
        let again = staff.post_with("/api/v1/splits", &key, body).expect(200);
        assert_eq!((labels(&again), again.replayed), (filled.clone(), true));

        let (from, one) = (seen(staff, &bottles[0]), seen(staff, &filled[1]));
        assert_eq!((&from["amount"], &one["amount"]), (&ml("200"), &ml("100")));
        assert_eq!(one["filled_from"], bottles[0]);
        assert_eq!(from["filled_from"], Value::Null);
        for same in ["product", "lot", "place", "name"] {
            assert_eq!(from[same], one[same], "{same}");
        }
        assert_eq!((&one["expires_on"], &from["expires_on"]), (&json!("2027-01-31"), &json!("2028-05-01")));
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
        assert_eq!(server.number("SELECT SUM(containers) FROM place_total"), 8);

        // The rest of it goes elsewhere: nothing is left.
        let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": room}));
        keeps(&hospital, &room);
        let rest = split(staff, json!({"label": bottles[0], "count": 1, "each": ml("200"), "place": shelf})).expect(201);
        let rest = seen(staff, &labels(&rest)[0]);
        assert_eq!((&rest["place"], &rest["expires_on"]), (&json!(shelf), &json!("2028-05-01")));
        assert_eq!(seen(staff, &bottles[0])["status"], "empty");
        // A new label of the old bottle is what its children name.
        split(staff, json!({"label": filled[0], "count": 2, "each": ml("10")})).expect(201);
        let reprint = json!({"label": filled[0], "reason": "标签破损"});
        let now = labels(&hospital.equipment.post("/api/v1/labels/reprints", reprint).expect(201));
        let children = server.number(&format!("SELECT COUNT(*) FROM container WHERE parent_serial = {}", &now[0][4..12]));
        assert_eq!(children, 2);
        let grandchild = server.number("SELECT MAX(serial) FROM container");
        let label = hazledger::domain::ids::Label::new(
            1.try_into().unwrap(), grandchild.try_into().unwrap(), 0.try_into().unwrap(),
        );
        assert_eq!(seen(staff, &label.to_string())["filled_from"], now[0]);
        server.assert_balanced();
    }

    fn a_split_is_refused_for_what_is_wrong_with_it(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let staff = &hospital.safety;
        let with = |count: u32, each: Value| json!({"label": bottles[0], "count": count, "each": each});
        let refused = split(staff, with(3, ml("166.666667"))).refused(422, "not_enough");
        assert_eq!((&refused.json["available"], &refused.json["asked"]), (&json!("500 mL"), &json!("500.000001 mL")));
        split(staff, with(0, ml("10"))).refused(422, "amount_zero");
        split(staff, with(10, ml("0"))).refused(422, "amount_zero");
        split(staff, with(501, ml("0.1"))).refused(422, "too_many_containers");
        split(staff, with(u32::MAX, json!({"value": "9000000", "unit": "L"}))).refused(422, "amount_overflow");
        split(staff, with(2, json!({"value": "10", "unit": "g"}))).refused(422, "dimension_mismatch");
        let later = json!({"label": bottles[0], "count": 1, "each": ml("1"), "expires_on": "2028-05-02"});
        split(staff, later).refused(422, "outlives_source");
        let over = json!({"label": bottles[0], "count": 1, "each": ml("1"), "expires_on": "2026-05-31"});
        split(staff, over).refused(422, "expired_when_filled");
        // Who takes may leave it beside the bottle; who keeps the place may put it elsewhere.
        let elsewhere = hospital.place(json!({"kind": "room", "name": "别处"}));
        let to = |place: &str| split(staff, json!({"label": bottles[0], "count": 1, "each": ml("1"), "place": place}));
        to(&elsewhere).refused(403, "split_elsewhere");
        keeps(&hospital, &elsewhere);
        to(&elsewhere).refused(403, "split_elsewhere");
        keeps(&hospital, &room);
        to("77").refused(404, "place_unknown");
        split(staff, json!({"label": bottles[0], "count": 1, "each": ml("1"), "of": 2})).refused(422, "fields_invalid");
        split(&hospital.equipment, with(1, ml("1"))).refused(403, "not_permitted");

        staff.post("/api/v1/checkouts", json!({"label": bottles[1], "whole": true})).expect(201);
        split(staff, json!({"label": bottles[1], "count": 1, "each": ml("1")})).refused(422, "container_state");
        assert_eq!(server.number("SELECT COUNT(*) FROM container"), 5);
        server.assert_balanced();

        // 2028-05-01 is the last day on which anything is poured out of it.
        server.pass(3 * 366 * 86_400_000);
        let staff = server.sign_in("S001");
        split(&staff, with(1, ml("1"))).refused(422, "container_expired");
        assert_eq!(server.number(&format!("SELECT COUNT(*) FROM standing WHERE place_id = {room}")), 5);
    }

    fn a_controlled_bottle_is_split_under_two_signatures(server) {
        let hospital = server.hospital();
        let (_, bottles) = cyanide(&hospital);
        let room = hospital.place(json!({"kind": "room", "name": "普通库"}));
        let body = |place: Option<&str>| json!({
            "label": bottles[0], "count": 2, "each": {"value": "50", "unit": "g"}, "place": place, "reason": "分装",
        });
        split(&hospital.safety, body(None)).refused(422, "signatures_required");
        let ask = |body: Value| hospital.safety.post("/api/v1/signing-requests", json!({"split": body}));
        ask(body(Some(&room))).refused(422, "class_not_permitted");
        let request = ask(body(None)).expect(201);
        let payload: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        let brings = &payload["brings"][0];
        assert_eq!((&brings["count"], &brings["each"]), (&json!(2), &json!({"value": "50", "unit": "g"})));
        assert_eq!((&payload["postings"][0]["amount"], payload["postings"].as_array().unwrap().len()), (&json!("-100000000"), 1));
        // Another bottle takes the next serial meanwhile: the request does not depend on it.
        hospital.ethanol();
        sign(&hospital.safety, &request, &BOTH[..1]).expect(202);
        assert_eq!(amount(server, &bottles[0]), "500 g");
        let posted = sign(&hospital.safety, &request, &BOTH[1..]).expect(201);
        assert_eq!(amount(server, &bottles[0]), "400 g");
        assert_eq!(posted.json["labels"].as_array().unwrap().len(), 2);
        let seen = seen(&hospital.safety, posted.json["labels"][0].as_str().unwrap());
        assert_eq!((&seen["filled_from"], &seen["signatures"]), (&json!(bottles[0]), &json!(2)));
        server.assert_sound();
    }

    fn a_split_is_taken_back_as_long_as_nothing_came_of_it(server) {
        let hospital = server.hospital();
        let (_, bottles) = hospital.ethanol();
        let staff = &hospital.safety;
        let pour = || split(staff, json!({"label": bottles[0], "count": 2, "each": ml("100")})).expect(201);
        let (first, second) = (pour(), pour());
        let reverse = |answer: &Answer| {
            let entry = answer.json["receipt"]["seq"].to_string();
            hospital.equipment.post("/api/v1/reversals", json!({"entry": entry, "reason": "误分装"}))
        };
        reverse(&first).refused(422, "later_entries_exist");
        reverse(&second).expect(201);
        assert_eq!(seen(staff, &bottles[0])["amount"], ml("300"));
        assert_eq!(seen(staff, &labels(&second)[0])["status"], "void");
        staff.post("/api/v1/uses", json!({"label": labels(&first)[1], "amount": ml("1")})).expect(201);
        reverse(&first).refused(422, "later_entries_exist");
        assert_eq!(server.assert_balanced(), [2499 * ML, 0, ML]);
    }
}
