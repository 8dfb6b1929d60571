//! What one person alone must not decide: who may confirm, who keeps what is controlled, and where.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET};
use crate::signing::cyanide;

fn second(staff_number: &str) -> Value {
    json!({"staff_number": staff_number, "secret": SECRET})
}

fn change(hospital: &Hospital, place: &str, body: &Value, second: Option<Value>) -> Answer {
    let mut body = body.clone();
    body["second"] = second.unwrap_or_default();
    let path = format!("/api/v1/places/{place}");
    hospital
        .equipment
        .send("PUT", &path, Some(&fresh_key()), Some(body.to_string()))
}

on_both! {
    fn no_administrator_alone_makes_somebody_who_confirms(server) {
        let hospital = server.hospital();
        let person = hospital.enrol(server, "L001", 1);
        let puppet = hospital.enrol(server, "L002", 2);
        for role in ["safety", "equipment", "head", "administrator"] {
            let appoint = |second: Option<Value>| {
                let body = json!({"person": person, "role": role, "second": second});
                hospital.administrator.post("/api/v1/appointments", body)
            };
            appoint(None).refused(422, "second_person_required");
            for unfit in ["A001", "L001", "L002"] {
                appoint(Some(second(unfit))).refused(422, "second_person_unfit");
            }
        }
        let stand_in = json!({
            "person": puppet, "stands_in_for": "3", "role": "safety",
            "from": "2026-06-02T00:00:00Z", "until": "2026-06-09T00:00:00Z",
        });
        hospital.administrator.post("/api/v1/delegations", stand_in).refused(422, "second_person_required");
        let body = json!({"person": person, "role": "safety", "second": second("E001")});
        hospital.administrator.post("/api/v1/appointments", body).expect(201);
        server.assert_sound();
    }

    fn no_administrator_alone_gets_rid_of_somebody_who_confirms(server) {
        let hospital = server.hospital();
        let listed = hospital.safety.get("/api/v1/people/3").expect(200);
        let mut held = listed.json["appointments"].as_array().unwrap().iter();
        let safety = held.find(|one| one["role"] == "safety").unwrap()["appointment"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/appointments/{safety}/revocations");
        let leave = |second: Option<Value>| hospital.administrator.post("/api/v1/departures", json!({"person": "3", "second": second}));
        let revoke = |second: Option<Value>| hospital.administrator.post(&path, json!({"second": second}));
        for end in [&leave as &dyn Fn(Option<Value>) -> Answer, &revoke] {
            end(None).refused(422, "second_person_required");
            end(Some(second("S001"))).refused(422, "second_person_unfit");
        }
        revoke(Some(second("E001"))).expect(201);
        // Who confirms nothing any more leaves like anybody else.
        leave(None).expect(201);
        server.assert_sound();
    }

    fn no_place_that_keeps_poisons_is_shifted_by_one(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "库"}));
        let other = hospital.place(json!({"kind": "room", "name": "办公室"}));
        let permitted = json!({"kind": "cabinet", "name": "剧毒柜", "parent": room, "permitted": ["highly_toxic"]});
        let cabinet = hospital.place(permitted.clone());
        let renamed = json!({"kind": "cabinet", "name": "1号柜", "parent": room, "permitted": ["highly_toxic"]});
        change(&hospital, &cabinet, &renamed, None).expect(201);
        for shifted in [
            json!({"kind": "cabinet", "name": "剧毒柜", "parent": room}),
            json!({"kind": "cabinet", "name": "剧毒柜", "parent": other, "permitted": ["highly_toxic"]}),
            json!({"kind": "cabinet", "name": "剧毒柜", "permitted": ["highly_toxic"]}),
        ] {
            change(&hospital, &cabinet, &shifted, None).refused(422, "second_person_required");
        }
        // The room around it too, and a place that comes to lie in it.
        let inside = json!({"kind": "room", "name": "库", "parent": other});
        change(&hospital, &room, &inside, None).refused(422, "second_person_required");
        let shelf = hospital.place(json!({"kind": "shelf", "name": "层", "parent": other}));
        let shifted = json!({"kind": "shelf", "name": "层", "parent": cabinet});
        change(&hospital, &shelf, &shifted, None).refused(422, "second_person_required");
        change(&hospital, &shelf, &shifted, Some(second("E001"))).refused(422, "second_person_unfit");
        change(&hospital, &shelf, &shifted, Some(second("S001"))).expect(201);
        server.assert_sound();
    }

    fn a_custodian_acts_at_the_own_place_only(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let own = hospital.place(json!({"kind": "room", "name": "病理科"}));
        let person = hospital.enrol(server, "L001", 1);
        let custodian = json!({"person": person, "role": "custodian", "place": own});
        hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        let keeper = server.sign_in("L001");
        let receive = |place: &str| keeper.post("/api/v1/receipts", json!({
            "product": "1", "count": 1, "each": {"value": "500", "unit": "mL"}, "place": place, "expires_on": "2028-01-01",
        }));
        receive("1").refused(403, "not_permitted");
        let carry = |client: &Client, label: &str, to: &str| client.post("/api/v1/moves", json!({"labels": [label], "to": to}));
        carry(&keeper, &labels[0], &own).refused(403, "not_permitted");
        let received = receive(&own).expect(201);
        let seq = received.json["receipt"]["seq"].to_string();
        carry(&hospital.equipment, &labels[0], &own).expect(201);
        carry(&keeper, &labels[0], "1").expect(201);
        let reverse = |entry: &str| keeper.post("/api/v1/reversals", json!({"entry": entry, "reason": "填错"}));
        reverse(&seq).expect(201);
        let received = hospital.equipment.post("/api/v1/receipts", json!({
            "product": "1", "count": 1, "each": {"value": "500", "unit": "mL"}, "place": "1", "expires_on": "2028-01-01",
        }));
        reverse(&received.expect(201).json["receipt"]["seq"].to_string()).refused(403, "not_permitted");
        server.assert_sound();
    }

    fn a_place_where_poisons_stand_keeps_them_whatever_it_permits(server) {
        let hospital = server.hospital();
        let (cabinet, _) = cyanide(&hospital);
        let cabinet = cabinet.as_str();
        let emptied = json!({"kind": "cabinet", "name": "专柜"});
        change(&hospital, cabinet, &emptied, Some(second("S001"))).expect(201);
        let person = hospital.enrol(server, "L001", 1);
        let custodian = json!({"person": person, "role": "custodian", "place": cabinet});
        hospital.administrator.post("/api/v1/appointments", custodian).refused(422, "second_person_required");
        let room = hospital.place(json!({"kind": "room", "name": "库"}));
        let moved = json!({"kind": "cabinet", "name": "专柜", "parent": room});
        change(&hospital, cabinet, &moved, None).refused(422, "second_person_required");
        server.assert_sound();
    }
}
