//! Handovers, books and the end of custody that are not what their verbs make, whoever wrote the entries: even
//! under signatures that fit them.

use hazledger::domain::facts::Facts;
use hazledger::domain::ids::InstitutionId;
use hazledger::domain::ledger::Record;
use hazledger::domain::merkle::Hash;
use hazledger::domain::policy;
use serde_json::{Value, json};

use crate::handovers::{counted, keeps, second};
use crate::harness::client::fresh_key;
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::signatures::{does_not_apply, records, with_payload};
use crate::signing::{cyanide, sign};
use crate::stocktakes::g;

/// The ledger as it is after these entries.
fn after(records: &[Record]) -> Facts {
    let mut facts = Facts::of(InstitutionId::try_from(1).unwrap());
    facts.default_policies = policy::defaults();
    for record in records {
        facts.apply(record, Hash([0; 32])).unwrap();
    }
    facts
}

/// The entry, changed.
fn bent(record: &Record, change: impl FnOnce(&mut Value)) -> Record {
    let mut changed = serde_json::to_value(record).unwrap();
    change(&mut changed);
    serde_json::from_value(changed).unwrap()
}

/// The entry of a handover changed together with what was signed.
fn signed_so(record: &Record, change: impl FnOnce(&mut Value)) -> Record {
    let changed = bent(record, change);
    let value = serde_json::to_value(&changed).unwrap();
    with_payload(&changed, |payload| {
        payload["act"] = value["act"].clone();
        payload["containers"] = value.get("containers").cloned().unwrap_or(json!([]));
        payload["purpose"] = value.get("reason").cloned().unwrap_or(json!(""));
    })
}

/// An entry of another act, by the same person, in the place of this one.
fn instead(record: &Record, person: &str, act: Value) -> Record {
    bent(record, |record| {
        let record = record.as_object_mut().unwrap();
        for field in [
            "containers",
            "seats",
            "signed",
            "postings",
            "identities",
            "reason",
        ] {
            record.remove(field);
        }
        record["actor"]["person"] = json!(person);
        record["act"] = act;
    })
}

/// E001 has handed the cabinet over to K001; who that is.
fn handed_over(server: &TestServer) -> (Hospital, String) {
    let hospital = server.hospital();
    let (cabinet, labels) = cyanide(&hospital);
    let keeper = hospital.enrol(server, "K001", 1);
    keeps(&hospital, &keeper, &cabinet);
    let body = json!({"place": cabinet, "from": "2", "to": keeper, "counted": counted(&labels)});
    let request = hospital
        .equipment
        .post("/api/v1/handovers", body)
        .expect(201);
    let parts = [("E001", "hands_over"), ("K001", "takes_over")];
    sign(&hospital.equipment, &request, &parts).expect(201);
    (hospital, keeper)
}

on_both! {
    fn no_handover_applies_that_is_not_so(server) {
        let (_, keeper) = handed_over(server);
        let mut records = records(server);
        let last = records.pop().unwrap();
        let facts = after(&records);
        assert!(facts.clone().apply(&signed_so(&last, |_| {}), Hash([0; 32])).is_ok());
        let handover = |change: &dyn Fn(&mut Value)| signed_so(&last, |record| change(&mut record["act"]["handover"]));
        let less = handover(&|act| act["counted"][0]["amount"] = json!("499000000"));
        does_not_apply(&facts, &less, "handover_differs");
        let weighed = handover(&|act| act["counted"][0]["weighing"] = json!({"gross_ug": "600000000", "tare_ug": "0"}));
        does_not_apply(&facts, &weighed, "tare_recorded");
        let fewer = signed_so(&last, |record| {
            for list in ["/act/handover/counted", "/containers"] {
                record.pointer_mut(list).unwrap().as_array_mut().unwrap().pop();
            }
        });
        does_not_apply(&facts, &fewer, "handover_incomplete");
        let uncounted = handover(&|act| drop(act["counted"].as_array_mut().unwrap().pop()));
        does_not_apply(&facts, &uncounted, "ledger_inconsistent");
        let moved = signed_so(&last, |record| record["containers"][0]["after"]["generation"] = json!("1"));
        does_not_apply(&facts, &moved, "ledger_inconsistent");
        let out = handover(&|act| act["out"] = json!([{"serial": "1", "holder": keeper}]));
        does_not_apply(&facts, &out, "ledger_inconsistent");
        let other = handover(&|act| act["from"] = json!("3"));
        does_not_apply(&facts, &other, "same_person_twice");
        let absent = handover(&|act| (act["from"], act["absent"]) = (json!("3"), json!(true)));
        does_not_apply(&facts, &absent, "handover_reason_missing");
        let nobody = handover(&|act| (act["from"], act["by"], act["absent"]) = (json!("1"), json!("2"), json!(true)));
        does_not_apply(&facts, &nobody, "not_custodian");
        // Neither signs for the other, and nobody who does not keep it.
        let swapped = handover(&|act| (act["by"], act["from"], act["to"]) = (json!(keeper), json!(keeper), json!("2")));
        does_not_apply(&facts, &swapped, "not_a_signer");
        let unsigned = bent(&last, |record| drop(record.as_object_mut().unwrap().remove("signed")));
        does_not_apply(&facts, &unsigned, "there are none");
        let half = bent(&last, |record| drop(record["signed"]["signatures"].as_array_mut().unwrap().pop()));
        does_not_apply(&facts, &half, "signatures_missing");
        // Twice: E001 keeps it no longer.
        let mut facts = facts;
        facts.apply(&last, Hash([0; 32])).unwrap();
        let again = instead(&last, "2", json!({"revoke": {"entry": "99", "line": 0}}));
        does_not_apply(&facts, &again, "does not hold");
    }

    fn nobody_stops_keeping_by_a_forged_entry(server) {
        let (hospital, keeper) = handed_over(server);
        let shown = hospital.safety.get(&format!("/api/v1/people/{keeper}")).expect(200).json;
        let appointment = shown["appointments"][0]["appointment"].as_str().unwrap().split('-').next().unwrap();
        // K002 keeps the cabinet because it lies in a room of theirs.
        let room = hospital.place(json!({"kind": "room", "name": "库"}));
        keeps(&hospital, &hospital.enrol(server, "K002", 2), &room);
        let into = json!({"kind": "cabinet", "name": "专柜", "parent": room, "permitted": ["highly_toxic"], "second": second("S001")});
        hospital.equipment.send("PUT", "/api/v1/places/1", Some(&fresh_key()), Some(into.to_string())).expect(201);
        let records = records(server);
        let last = records.last().unwrap();
        let facts = after(&records);
        let revoked = instead(last, "1", json!({"revoke": {"entry": appointment, "line": 0}}));
        does_not_apply(&facts, &revoked, "custody_kept");
        does_not_apply(&facts, &instead(last, "1", json!({"leave": {"person": keeper}})), "custody_kept");
        let place = records.iter().rev().find(|record| record.act.kind().as_str() == "place").unwrap();
        let away = instead(last, "2", json!({"place": serde_json::to_value(&place.act).unwrap()["place"]}));
        facts.clone().apply(&away, Hash([0; 32])).unwrap();
        let away = bent(&away, |record| drop(record["act"]["place"].as_object_mut().unwrap().remove("parent")));
        does_not_apply(&facts, &away, "custody_kept");
        // Blocked anybody may be, opened again by two only.
        let blocked = instead(last, "1", json!({"suspend": {"person": keeper}}));
        let mut facts = facts;
        facts.apply(&blocked, Hash([0; 32])).unwrap();
        does_not_apply(&facts, &blocked, "person_suspended");
        let opened = instead(last, "1", json!({"suspend": {"person": keeper, "lifted": true}}));
        does_not_apply(&facts, &opened, "second_person_required");
        for (approver, why) in [("1", "second_person_required"), (keeper.as_str(), "second_person_required")] {
            let seated = bent(&opened, |record| record["seats"] = json!([{"person": approver, "part": "approver"}]));
            does_not_apply(&facts, &seated, why);
        }
        let seated = bent(&opened, |record| record["seats"] = json!([{"person": "3", "part": "approver"}]));
        facts.apply(&seated, Hash([0; 32])).unwrap();
    }

    fn no_book_applies_that_is_not_so(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let body = json!({"place": cabinet, "counted": [{"label": labels[0], "gross": g("650")}]});
        hospital.equipment.post("/api/v1/book-counts", body).expect(201);
        let mut records = records(server);
        let last = records.pop().unwrap();
        let mut facts = after(&records);
        let book = |change: &dyn Fn(&mut Value)| bent(&last, |record| change(&mut record["act"]["book_count"]));
        let by = |person: Value| bent(&last, |record| record["actor"]["person"] = person);
        does_not_apply(&facts, &by(json!("4")), "not_custodian");
        does_not_apply(&facts, &by(json!("77")), "person_unknown");
        let nobody = bent(&last, |record| drop(record["actor"].as_object_mut().unwrap().remove("person")));
        does_not_apply(&facts, &nobody, "ledger_inconsistent");
        does_not_apply(&facts, &book(&|act| act["place"] = json!("77")), "place_unknown");
        let wrong: [&dyn Fn(&mut Value); 6] = [
            &|act| act["counted"][0]["amount"] = json!("499000000"),
            &|act| act["counted"][0]["weighing"]["density"] = json!("1"),
            &|act| act["counted"][0]["serial"] = json!("77"),
            &|act| act["counted"][0]["book"]["standing"]["amount"] = json!("1"),
            &|act| act["counted"][0]["book"]["entry"] = json!("1"),
            &|act| {
                let counted = act["counted"].as_array_mut().unwrap();
                counted.push(counted[0].clone());
            },
        ];
        for change in wrong {
            does_not_apply(&facts, &book(change), "ledger_inconsistent");
        }
        let below = book(&|act| act["counted"][0] = json!({
            "serial": act["counted"][0]["serial"], "book": act["counted"][0]["book"], "amount": "-1",
        }));
        does_not_apply(&facts, &below, "ledger_inconsistent");
        does_not_apply(&facts, &book(&|act| act["counted"] = json!([])), "amount_zero");
        facts.apply(&last, Hash([0; 32])).unwrap();
        does_not_apply(&facts, &last, "already_booked");
    }
}
