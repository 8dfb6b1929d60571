//! 保管交接: nobody stops keeping what is controlled before somebody else has counted it with them.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::signing::{BOTH, RECEIVER, amount, ask, cyanide, sign};
use crate::stocktakes::{begun, g};

const DAY: i64 = 24 * 3_600_000;

/// Whoever hands over, and whoever takes over.
const PARTS: &[(&str, &str)] = &[("E001", "hands_over"), ("K001", "takes_over")];

pub fn second(staff_number: &str) -> Value {
    json!({"staff_number": staff_number, "secret": SECRET})
}

/// Appoints a custodian of a controlled place, confirmed by S001.
pub fn keeps(hospital: &Hospital, person: &str, place: &str) -> String {
    let body =
        json!({"person": person, "role": "custodian", "place": place, "second": second("S001")});
    let appointed = hospital
        .administrator
        .post("/api/v1/appointments", body)
        .expect(201);
    appointed.json["appointment"].as_str().unwrap().to_owned()
}

/// The appointment of E001 to a place.
fn held(hospital: &Hospital, person: &str, place: &str) -> String {
    let shown = hospital
        .safety
        .get(&format!("/api/v1/people/{person}"))
        .expect(200)
        .json;
    let mut held = shown["appointments"].as_array().unwrap().iter();
    let one = held.find(|one| one["place"] == json!(place) && one["revoked_by"].is_null());
    one.unwrap()["appointment"].as_str().unwrap().to_owned()
}

fn revoke(hospital: &Hospital, appointment: &str) -> Answer {
    let path = format!("/api/v1/appointments/{appointment}/revocations");
    hospital.administrator.post(&path, json!({}))
}

fn leave(hospital: &Hospital, person: &str, with: &str) -> Answer {
    let body = json!({"person": person, "reason": "调离", "second": second(with)});
    hospital.administrator.post("/api/v1/departures", body)
}

pub fn counted(labels: &[String]) -> Value {
    let each = |label: &String| json!({"label": label, "amount": g("500")});
    labels.iter().map(each).collect()
}

/// A handover from E001 to somebody, with another body merged into it.
fn hand_over(client: &Client, place: &str, to: &str, counted: &Value, more: Value) -> Answer {
    let mut body = json!({"place": place, "from": "2", "to": to, "counted": counted});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    client.post("/api/v1/handovers", body)
}

fn none() -> Value {
    json!({})
}

/// A cabinet with two bottles kept by E001 and S001, and K001, who is appointed to it as well.
fn cabinet(server: &TestServer) -> (Hospital, String, Vec<String>, String) {
    let hospital = server.hospital();
    let (cabinet, labels) = cyanide(&hospital);
    let keeper = hospital.enrol(server, "K001", 1);
    keeps(&hospital, &keeper, &cabinet);
    (hospital, cabinet, labels, keeper)
}

on_both! {
    fn a_custodian_leaves_after_a_joint_count_with_the_next_one(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let shown = hospital.safety.get("/api/v1/people/2").expect(200).json;
        assert_eq!((&shown["keeps"][0]["place"], &shown["keeps"][0]["containers"]), (&json!(cabinet), &json!(2)));
        // Where 剧毒 stands, and how much, is not for administrators to know.
        let shown = hospital.administrator.get("/api/v1/people/2").expect(200).json;
        assert_eq!((&shown["keeps"][0]["place"], &shown["keeps"][0]["containers"]), (&json!(cabinet), &Value::Null));
        let appointment = held(&hospital, "2", &cabinet);
        let refused = revoke(&hospital, &appointment).refused(422, "custody_kept");
        assert!(refused.json["places"].as_str().unwrap().contains("专柜"), "{}", refused.text);
        leave(&hospital, "2", "S001").refused(422, "custody_kept");

        let weighed = json!([{"label": labels[1], "gross": g("650.4")}, {"label": labels[0], "amount": g("500")}]);
        let request = hand_over(&hospital.equipment, &cabinet, &keeper, &weighed, none()).expect(201);
        let shown: Value = serde_json::from_str(request.json["payload"].as_str().unwrap()).unwrap();
        assert_eq!(shown["substances"][0]["name"], "氰化钾");
        assert_eq!(shown["act"]["handover"]["counted"][1]["weighing"]["gross_ug"], "650400000");
        sign(&hospital.equipment, &request, &PARTS[..1]).expect(202);
        assert_eq!(held(&hospital, "2", &cabinet), appointment);
        let handed = sign(&hospital.equipment, &request, &PARTS[1..]).expect(201);

        // The chain of the bottles goes through it, and nothing else about them changed.
        let history = hospital.safety.get(&format!("/api/v1/containers/{}/history", labels[0])).expect(200).json;
        assert_eq!((&history["items"][0]["kind"], &history["items"][0]["after"]), (&json!("handover"), &g("500")));
        let list = |query: &str| hospital.safety.get(&format!("/api/v1/handovers{query}")).expect(200).json;
        let all = list(&format!("?place={cabinet}"));
        let line = &all["items"][0];
        assert_eq!((&line["from_name"], &line["to_name"], &line["absent"]), (&json!("周敏"), &json!("职工1"), &json!(false)));
        assert_eq!((&line["counted"], &line["entry"]), (&json!(2), &json!(handed.json["receipt"]["seq"].to_string())));
        let room = hospital.place(json!({"kind": "room", "name": "库"}));
        assert_eq!(list(&format!("?place={room}"))["items"], json!([]));

        // E001 signs for it no longer; whoever keeps it does.
        let shown = hospital.safety.get("/api/v1/people/2").expect(200).json;
        assert_eq!(shown["keeps"], json!([]));
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, BOTH).refused(422, "not_a_signer");
        server.pass(200 * DAY);
        let (administrator, safety) = (server.sign_in("A001"), server.sign_in("S001"));
        let hospital = Hospital { administrator, safety, ..hospital };
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &request, &[("S001", "issuer"), ("K001", "issuer")]).expect(201);
        leave(&hospital, "2", "S001").expect(201);
        leave(&hospital, "3", "S001").refused(422, "custody_kept");
        server.pass(165 * DAY);
        server.assert_sound();
    }

    fn what_was_counted_is_everything_that_stands_there_and_what_the_book_says(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let client = &hospital.equipment;
        let try_it = |counted: Value| hand_over(client, &cabinet, &keeper, &counted, none());
        let refused = try_it(counted(&labels[..1])).refused(422, "handover_incomplete");
        assert_eq!(refused.json["containers"], json!(labels[1]));
        try_it(json!([])).refused(422, "handover_incomplete");
        let off = json!([{"label": labels[0], "amount": g("500")}, {"label": labels[1], "amount": g("499.9")}]);
        let refused = try_it(off).refused(422, "handover_differs");
        assert_eq!(refused.json["containers"], json!(labels[1]));
        // The book's amount is not told.
        assert!(!refused.text.contains("\"500"), "{}", refused.text);
        let volume = json!([{"label": labels[0], "amount": {"value": "500", "unit": "mL"}}, {"label": labels[1], "amount": g("500")}]);
        try_it(volume).refused(422, "count_dimension");
        let (_, ethanol) = hospital.ethanol();
        let mut strange = counted(&labels);
        strange.as_array_mut().unwrap().push(json!({"label": ethanol[0], "amount": {"value": "500", "unit": "mL"}}));
        let refused = try_it(strange).refused(422, "handover_not_there");
        assert_eq!(refused.json["containers"], json!(ethanol[0]));
        let twice = json!([{"label": labels[0], "amount": g("500")}, {"label": labels[0], "amount": g("500")}]);
        try_it(twice).refused(422, "container_named_twice");
        server.assert_sound();
    }

    fn each_signs_for_themselves_and_both_keep_it(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let client = &hospital.equipment;
        let all = counted(&labels);
        let to = |to: &str, more: Value| hand_over(client, &cabinet, to, &all, more);
        to("2", none()).refused(422, "same_person_twice");
        to(RECEIVER, none()).refused(422, "not_custodian");
        to(&keeper, json!({"from": RECEIVER})).refused(422, "not_custodian");
        to(&keeper, json!({"from": "77"})).refused(404, "person_unknown");
        to("77", none()).refused(404, "person_unknown");
        to(&keeper, json!({"place": "77"})).refused(404, "place_unknown");
        to(&keeper, json!({"by": keeper})).refused(422, "same_person_twice");
        to(&keeper, json!({"by": "2"})).refused(422, "same_person_twice");
        server.sign_in("R001").post("/api/v1/handovers", json!({})).refused(403, "not_permitted");
        let request = to(&keeper, none()).expect(201);
        for wrong in [
            [("E001", "takes_over"), ("K001", "hands_over")],
            [("E001", "issuer"), ("K001", "issuer")],
            [("S001", "hands_over"), ("K001", "takes_over")],
            [("E001", "hands_over"), ("S001", "takes_over")],
        ] {
            sign(client, &request, &wrong).refused(422, "not_a_signer");
        }
        sign(client, &request, &[PARTS[0], ("E001", "takes_over")]).refused(422, "fields_invalid");
        // A place in the one that is kept, and one around it.
        let shelf = hospital.place(json!({"kind": "shelf", "name": "层", "parent": cabinet}));
        to(&keeper, json!({"place": shelf})).refused(422, "not_custodian");
        keeps(&hospital, "2", &shelf);
        let refused = to(&keeper, json!({"place": shelf})).refused(422, "custody_around");
        assert_eq!(refused.json["place"], json!(cabinet));
        sign(client, &request, PARTS).expect(201);
        // With the cabinet went the shelf.
        let shown = hospital.safety.get("/api/v1/people/2").expect(200).json;
        let mut held = shown["appointments"].as_array().unwrap().iter().filter(|one| one["role"] == "custodian" && !one["place"].is_null());
        assert!(held.all(|one| one["revoked_by"].is_string()), "{shown}");
        to(&keeper, none()).refused(422, "not_custodian");
        server.assert_sound();
    }

    fn two_are_left_when_one_has_handed_over(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let refused = hand_over(&hospital.equipment, &cabinet, "3", &counted(&labels), none()).refused(422, "custodians_missing");
        assert_eq!((&refused.json["needed"], &refused.json["appointed"]), (&json!("2"), &json!("1")));
        // Whoever stands in for the one who hands over does so no longer.
        let deputy = hospital.enrol(server, "K009", 31);
        let delegation = json!({
            "person": deputy, "stands_in_for": "2", "role": "custodian", "place": cabinet,
            "from": "2026-06-01T00:00:00Z", "until": "2026-06-09T00:00:00Z", "second": {"staff_number": "S001", "secret": SECRET},
        });
        hospital.administrator.post("/api/v1/delegations", delegation).expect(201);
        let refused = hand_over(&hospital.equipment, &cabinet, "3", &counted(&labels), none()).refused(422, "custodians_missing");
        assert_eq!((&refused.json["needed"], &refused.json["appointed"]), (&json!("2"), &json!("1")));
        // Where nothing controlled is, there is nothing to hand over: the appointment simply ends.
        let (room, ethanol) = hospital.ethanol();
        for person in ["2", "3"] {
            let body = json!({"person": person, "role": "custodian", "place": room});
            hospital.administrator.post("/api/v1/appointments", body).expect(201);
        }
        let bottle = json!([{"label": ethanol[0], "amount": {"value": "500", "unit": "mL"}}]);
        hand_over(&hospital.equipment, &room, "3", &bottle, none()).refused(422, "nothing_to_hand_over");
        revoke(&hospital, &held(&hospital, "2", &room)).expect(201);
        server.assert_sound();
    }

    fn in_the_absence_of_the_one_the_other_custodian_counts_and_says_why(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let all = counted(&labels);
        let without = |more: Value| hand_over(&hospital.safety, &cabinet, &keeper, &all, more);
        without(json!({"by": "3"})).refused(422, "handover_reason_missing");
        without(json!({"by": RECEIVER, "reason": "急病"})).refused(422, "not_custodian");
        let request = without(json!({"by": "3", "reason": "急病"})).expect(201);
        sign(&hospital.safety, &request, PARTS).refused(422, "not_a_signer");
        sign(&hospital.safety, &request, &[("S001", "hands_over"), ("K001", "takes_over")]).expect(201);
        let list = hospital.safety.get("/api/v1/handovers").expect(200).json;
        let line = &list["items"][0];
        assert_eq!((&line["from"], &line["by"], &line["absent"]), (&json!("2"), &json!("3"), &json!(true)));
        assert_eq!(server.entries_saying("\"absent\":true"), 1);
        server.assert_sound();
    }

    fn what_is_out_is_named_and_comes_back_to_the_new_custodian(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let part = ask(&hospital.safety, &labels[1], "10").expect(201);
        let part = sign(&hospital.safety, &part, BOTH).expect(201).json["receipt"]["seq"].to_string();
        let whole = json!({"checkout": {"label": labels[0], "whole": true, "receiver": RECEIVER, "purpose": "标定"}});
        let request = hospital.safety.post("/api/v1/signing-requests", whole).expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        hand_over(&hospital.equipment, &cabinet, &keeper, &counted(&labels), none()).refused(422, "handover_not_there");
        let rest = json!([{"label": labels[1], "amount": g("490")}]);
        let request = hand_over(&hospital.equipment, &cabinet, &keeper, &rest, none()).expect(201);
        sign(&hospital.equipment, &request, PARTS).expect(201);
        assert_eq!(server.entries_saying("\"out\":[{\"holder\":\"4\",\"serial\":\"1\"}]"), 1);
        let list = hospital.safety.get("/api/v1/handovers").expect(200).json;
        assert_eq!((&list["items"][0]["counted"], &list["items"][0]["out"]), (&json!(1), &json!(1)));
        // Whoever keeps it now takes it back.
        let now = &[("S001", "issuer"), ("K001", "issuer")];
        let back = json!({"give_back": {"label": labels[0], "gross": g("630")}});
        let request = hospital.safety.post("/api/v1/signing-requests", back).expect(201);
        sign(&hospital.safety, &request, BOTH).refused(422, "not_a_signer");
        sign(&hospital.safety, &request, now).expect(201);
        // A handover stands in nobody's way who takes back what was done before it, and is itself not taken back.
        let keeper = server.sign_in("K001");
        let reverse = |entry: &str| keeper.post("/api/v1/signing-requests", json!({"reversal": {"entry": entry, "reason": "登记错误"}}));
        let undone = reverse(&part).expect(201);
        sign(&keeper, &undone, now).expect(201);
        assert_eq!(amount(server, &labels[1]), "500 g");
        reverse(list["items"][0]["entry"].as_str().unwrap()).refused(422, "entry_not_reversible");
        server.assert_balanced();
    }

    fn a_request_to_hand_over_is_of_what_stood_there_then(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let handing = hand_over(&hospital.equipment, &cabinet, &keeper, &counted(&labels), none()).expect(201);
        let taking = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &taking, BOTH).expect(201);
        sign(&hospital.equipment, &handing, PARTS).refused(422, "handover_differs");
        let rest = json!([{"label": labels[0], "amount": g("490")}, {"label": labels[1], "amount": g("500")}]);
        let handing = hand_over(&hospital.equipment, &cabinet, &keeper, &rest, none()).expect(201);
        // What was asked for before is asked for again: others keep it now.
        let taking = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.equipment, &handing, PARTS).expect(201);
        sign(&hospital.safety, &taking, &[("S001", "issuer"), ("K001", "issuer")]).refused(409, "request_closed");
        let taking = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &taking, &[("S001", "issuer"), ("K001", "issuer")]).expect(201);
        server.assert_sound();
    }

    fn no_place_is_put_where_its_custodian_would_keep_it_no_longer(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "甲库", "permitted": ["highly_toxic"]}));
        let other = hospital.place(json!({"kind": "room", "name": "乙库", "permitted": ["highly_toxic"]}));
        let inside = json!({"kind": "cabinet", "name": "柜", "parent": room, "permitted": ["highly_toxic"]});
        let inner = hospital.place(inside);
        let (cabinet, labels) = cyanide(&hospital);
        let keeper = hospital.enrol(server, "K001", 1);
        keeps(&hospital, &keeper, &room);
        keeps(&hospital, "2", &inner);
        let carry = json!({"move": {"labels": labels, "to": inner}});
        let request = hospital.equipment.post("/api/v1/signing-requests", carry).expect(201);
        sign(&hospital.equipment, &request, BOTH).expect(201);
        let put = |parent: &str| {
            let body = json!({
                "kind": "cabinet", "name": "柜", "parent": parent, "permitted": ["highly_toxic"], "second": second("S001"),
            });
            let path = format!("/api/v1/places/{inner}");
            hospital.equipment.send("PUT", &path, Some(&fresh_key()), Some(body.to_string()))
        };
        let refused = put(&other).refused(422, "custody_kept");
        assert_eq!(refused.json["person"], json!(keeper));
        // Whoever keeps both rooms keeps it there, too.
        keeps(&hospital, &keeper, &other);
        put(&other).expect(201);
        revoke(&hospital, &held(&hospital, &keeper, &room)).expect(201);
        revoke(&hospital, &held(&hospital, &keeper, &other)).refused(422, "custody_kept");
        revoke(&hospital, &held(&hospital, "2", &cabinet)).expect(201);
        server.assert_sound();
    }

    fn a_large_room_is_handed_over_cabinet_by_cabinet(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        // As if it had been kept as a whole: the cabinets are taken on before the whole is let go.
        let room = hospital.place(json!({"kind": "room", "name": "库"}));
        keeps(&hospital, "2", &room);
        let into = json!({"kind": "cabinet", "name": "专柜", "parent": room, "permitted": ["highly_toxic"], "second": second("S001")});
        let path = format!("/api/v1/places/{cabinet}");
        hospital.equipment.send("PUT", &path, Some(&fresh_key()), Some(into.to_string())).expect(201);
        hand_over(&hospital.equipment, &cabinet, &keeper, &counted(&labels), none()).refused(422, "custody_around");
        revoke(&hospital, &held(&hospital, "2", &room)).expect(201);
        let request = hand_over(&hospital.equipment, &cabinet, &keeper, &counted(&labels), none()).expect(201);
        sign(&hospital.equipment, &request, PARTS).expect(201);
        server.assert_sound();
    }

    fn an_account_is_blocked_at_once_and_what_it_keeps_is_handed_over_by_the_other(server) {
        let (hospital, cabinet, labels, keeper) = cabinet(server);
        let fourth = hospital.enrol(server, "K002", 2);
        keeps(&hospital, &fourth, &cabinet);
        let session = server.sign_in("K001");
        let half = ask(&hospital.safety, &labels[0], "10").expect(201);
        sign(&hospital.safety, &half, &[("K001", "issuer")]).expect(202);
        let block = |body: Value| hospital.administrator.post("/api/v1/suspensions", body);
        block(json!({"person": "77", "reason": "x"})).refused(404, "person_unknown");
        block(json!({"person": "1", "reason": "x", "second": second("S001")})).refused(422, "last_administrator");
        block(json!({"person": "3", "reason": "失去信任"})).refused(422, "second_person_required");
        block(json!({"person": keeper, "reason": "失去信任"})).expect(201);
        block(json!({"person": keeper, "reason": "失去信任"})).refused(422, "person_suspended");
        session.get("/api/v1/sessions/current").refused(401, "session_invalid");
        let body = json!({"institution": "1", "staff_number": "K001", "secret": SECRET});
        server.anonymous().post("/api/v1/sessions", body).refused(401, "sign_in_refused");
        // What was signed counts no more, and no more is signed.
        sign(&hospital.safety, &half, &[("S001", "issuer")]).expect(202);
        sign(&hospital.safety, &half, &[("K001", "issuer")]).refused(401, "sign_in_refused");
        let body = json!({"person": keeper, "role": "staff"});
        hospital.administrator.post("/api/v1/appointments", body).refused(422, "person_suspended");
        hospital.administrator.post(&format!("/api/v1/people/{keeper}/codes"), json!({"second": second("S001")})).refused(422, "person_suspended");
        // What is kept is still to be handed over.
        let shown = hospital.safety.get(&format!("/api/v1/people/{keeper}")).expect(200).json;
        assert_eq!((&shown["suspended"], &shown["keeps"][0]["containers"]), (&json!(true), &json!(2)));
        let list = hospital.safety.get("/api/v1/people").expect(200).json;
        assert!(list["items"].as_array().unwrap().iter().any(|one| one["suspended"] == json!(true)));
        leave(&hospital, &keeper, "S001").refused(422, "custody_kept");
        let all = counted(&labels);
        hand_over(&hospital.safety, &cabinet, &fourth, &all, json!({"from": keeper})).refused(422, "person_suspended");
        let absent = json!({"from": keeper, "by": "3", "reason": "停用"});
        let request = hand_over(&hospital.safety, &cabinet, &fourth, &all, absent).expect(201);
        sign(&hospital.safety, &request, &[("S001", "hands_over"), ("K002", "takes_over")]).expect(201);
        // Nobody opens it again alone.
        let open = |second: Option<Value>| block(json!({"person": keeper, "lifted": true, "reason": "查清", "second": second}));
        open(None).refused(422, "second_person_required");
        open(Some(second("S001"))).expect(201);
        open(Some(second("S001"))).refused(409, "not_suspended");
        server.sign_in("K001");
        leave(&hospital, &keeper, "S001").expect(201);
        block(json!({"person": keeper, "reason": "x"})).refused(422, "person_left");
        server.assert_sound();
    }

    fn whoever_is_blocked_with_a_bottle_in_hand_has_it_brought_back(server) {
        let (hospital, _, labels, _) = cabinet(server);
        let whole = json!({"checkout": {"label": labels[0], "whole": true, "receiver": RECEIVER, "purpose": "标定"}});
        let request = hospital.safety.post("/api/v1/signing-requests", whole).expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let block = json!({"person": RECEIVER, "reason": "失去信任"});
        hospital.administrator.post("/api/v1/suspensions", block).expect(201);
        let leaves = json!({"person": RECEIVER});
        hospital.administrator.post("/api/v1/departures", leaves.clone()).refused(422, "person_holds");
        let back = json!({"give_back": {"label": labels[0], "gross": g("650")}});
        let request = hospital.safety.post("/api/v1/signing-requests", back).expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        hospital.administrator.post("/api/v1/departures", leaves).expect(201);
        server.assert_sound();
    }

    fn nobody_leaves_a_count_that_they_began(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let person = hospital.enrol(server, "L001", 1);
        let custodian = json!({"person": person, "role": "custodian", "place": room});
        hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        let empty = hospital.place(json!({"kind": "shelf", "name": "空层", "parent": room}));
        let stocktake = begun(&server.sign_in("L001"), &empty);
        let leaves = json!({"person": person});
        hospital.administrator.post("/api/v1/departures", leaves.clone()).refused(422, "stocktake_unfinished");
        hospital.safety.post(&format!("{stocktake}/closings"), json!({})).expect(201);
        hospital.administrator.post("/api/v1/departures", leaves).expect(201);
        server.assert_sound();
    }
}
