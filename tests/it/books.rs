//! 双本账: two custodians write what they count without a look at each other's book or the ledger, and what differs
//! stays to be seen until it is settled.

use serde_json::{Value, json};

use crate::handovers::{counted, keeps};
use crate::harness::client::{Answer, Client};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::signing::{BOTH, ask, cyanide, locked_up, sign};
use crate::stocktakes::{begun, g, scan, settle};

const DAY: i64 = 24 * 3_600_000;

fn write(client: &Client, place: &str, counted: Value) -> Answer {
    let body = json!({"place": place, "counted": counted});
    client.post("/api/v1/book-counts", body)
}

/// One container at so much.
fn one(label: &str, grams: &str) -> Value {
    json!([{"label": label, "amount": g(grams)}])
}

fn books(client: &Client, query: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/books{query}")).expect(200);
    answer.json["items"].as_array().unwrap().clone()
}

fn places(client: &Client, query: &str) -> Vec<Value> {
    let answer = client
        .get(&format!("/api/v1/books/places{query}"))
        .expect(200);
    answer.json["items"].as_array().unwrap().clone()
}

/// Everybody signs in again on another day.
fn days_later(server: &TestServer, days: i64) -> (Client, Client) {
    server.pass(days * DAY);
    (server.sign_in("E001"), server.sign_in("S001"))
}

on_both! {
    fn each_writes_blind_and_both_are_held_against_the_ledger_of_the_moment(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let (first, second) = (&hospital.equipment, &hospital.safety);
        let behind = places(first, "?behind=true");
        assert_eq!((&behind[0]["place"], &behind[0]["asked"], &behind[0]["none"]), (&json!(cabinet), &json!(2), &json!(2)));
        assert!(books(first, "").iter().all(|line| line["state"] == "none"));
        // Who has not to know where 剧毒 stands is told of no book of it.
        let person = hospital.enrol(server, "H001", 7);
        hospital.appoint(&person, "head");
        let head = server.sign_in("H001");
        assert_eq!((books(&head, ""), places(&head, "")), (vec![], vec![]));

        let written = write(first, &cabinet, counted(&labels)).expect(201);
        assert_eq!(written.json["labels"], json!(labels));
        // An issue between the two: each is held against its own moment.
        let request = ask(second, &labels[0], "0.246813").expect(201);
        sign(second, &request, BOTH).expect(201);
        let seen = books(second, &format!("?place={cabinet}"));
        assert_eq!((&seen[0]["state"], &seen[0]["books"][0]["person_name"]), (&json!("one_missing"), &json!("周敏")));
        assert_eq!(seen[0]["books"][0]["entry"], Value::Null);
        // Who has not written yet learns neither the other's figure nor the ledger's.
        let shown = second.get("/api/v1/books").expect(200).text;
        assert!(!shown.contains("\"500") && !shown.contains("499.753187"), "{shown}");
        let told = write(second, &cabinet, json!([
            {"label": labels[0], "amount": g("499.753187")}, {"label": labels[1], "gross": g("650.3")},
        ])).expect(201);
        assert!(!told.text.contains("499.753187"), "{}", told.text);
        let seen = books(second, "");
        for line in &seen {
            assert_eq!((&line["state"], &line["differs_since"]), (&json!("agree"), &Value::Null));
        }
        let [a, b] = [0, 1].map(|nth| &seen[0]["books"][nth]);
        assert_eq!((&a["amount"], &a["ledger"]), (&g("500"), &g("500")));
        assert_eq!((&b["amount"], &b["ledger"]), (&g("499.753187"), &g("499.753187")));
        // Half a gram is what a balance may be off.
        assert_eq!((&seen[1]["books"][1]["amount"], &seen[1]["books"][1]["surplus"]), (&g("500.3"), &Value::Null));
        assert_eq!(places(first, "?behind=true"), Vec::<Value>::new());
        assert_eq!(places(first, "")[0]["agree"], json!(2));
        // Once a day; the next day both are missing again, and the day before is as it was.
        write(first, &cabinet, counted(&labels)).refused(409, "already_booked");
        let (first, second) = days_later(server, 1);
        assert_eq!(places(&second, "?behind=true")[0]["none"], json!(2));
        assert_eq!(books(&first, "?day=2026-06-01").len(), 2);
        assert_eq!(books(&first, "?day=2026-05-31"), Vec::<Value>::new());
        write(&first, &cabinet, counted(&labels[1..])).expect(201);
        server.assert_sound();
    }

    fn a_difference_is_seen_until_two_agree_or_it_is_posted(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = locked_up(&hospital, "explosive_precursor", json!({"name": "硝酸钾", "cas": "7757-79-1", "dimension": "mass"}));
        let (first, second) = (&hospital.equipment, &hospital.safety);
        write(second, &cabinet, one(&labels[0], "500")).expect(201);
        write(first, &cabinet, one(&labels[0], "480")).expect(201);
        write(first, &cabinet, one(&labels[1], "510")).expect(201);
        // That the other's of today differs is not told to who has yet to count.
        let unwritten = &books(second, "")[1];
        assert_eq!((&unwritten["state"], &unwritten["differs_since"], &unwritten["differs_entry"]), (&json!("one_missing"), &Value::Null, &Value::Null));
        let seen = books(first, "");
        assert_eq!((&seen[0]["state"], &seen[0]["books"][0]["shortage"]), (&json!("differs"), &g("20")));
        assert_eq!((&seen[1]["state"], &seen[1]["books"][0]["surplus"]), (&json!("differs"), &g("10")));
        assert_eq!((&places(first, "")[0]["differs"], &places(first, "")[0]["open"]), (&json!(2), &json!(2)));
        // One who agrees settles nothing, however often; somebody who differs begins it anew.
        let open = |client: &Client| books(client, "").iter().filter(|line| line["differs_since"].is_string()).count();
        let (first, _) = days_later(server, 1);
        write(&first, &cabinet, counted(&labels)).expect(201);
        let (first, second) = days_later(server, 1);
        write(&first, &cabinet, counted(&labels)).expect(201);
        assert_eq!(open(&first), 2);
        write(&second, &cabinet, one(&labels[0], "499")).expect(201);
        let (first, second) = days_later(server, 1);
        write(&second, &cabinet, one(&labels[0], "500")).expect(201);
        assert_eq!(open(&first), 2);
        write(&first, &cabinet, one(&labels[0], "500")).expect(201);
        assert_eq!(open(&first), 1);
        // A stocktake that posts what it found settles the other: a shortage, which is a suspected loss.
        let stocktake = begun(&first, &cabinet);
        for who in [&first, &second] {
            scan(who, &stocktake, json!({"place": cabinet, "code": labels[1], "amount": g("450")})).expect(201);
        }
        assert_eq!(open(&first), 1);
        settle(&first, &stocktake, &[&labels[1]]).expect(201);
        assert_eq!(open(&first), 0);
        server.assert_sound();
    }

    fn a_book_is_of_what_its_writer_keeps(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let (room, ethanol) = hospital.ethanol();
        let keeper = hospital.enrol(server, "K001", 1);
        keeps(&hospital, &keeper, &cabinet);
        let client = server.sign_in("K001");
        let refused = write(&client, &room, json!([{"label": ethanol[0], "amount": {"value": "500", "unit": "mL"}}])).refused(422, "not_custodian");
        assert_eq!(refused.json["place"], json!(room));
        write(&client, &cabinet, json!([{"label": ethanol[0], "amount": {"value": "500", "unit": "mL"}}])).refused(422, "book_not_here");
        write(&client, &cabinet, json!([{"label": labels[0], "amount": {"value": "500", "unit": "mL"}}])).refused(422, "count_dimension");
        write(&client, &cabinet, json!([])).refused(422, "amount_zero");
        write(&client, "77", one(&labels[0], "500")).refused(404, "place_unknown");
        write(&client, &cabinet, json!([{"label": labels[0], "amount": g("500")}, {"label": labels[0], "amount": g("500")}])).refused(422, "container_named_twice");
        write(&server.sign_in("R001"), &cabinet, one(&labels[0], "500")).refused(403, "not_permitted");
        write(&client, &cabinet, counted(&labels)).expect(201);
        // Three may keep it: two books are a pair.
        write(&hospital.safety, &cabinet, counted(&labels)).expect(201);
        assert_eq!(books(&hospital.auditor(server), "")[0]["books"].as_array().unwrap().len(), 2);
        assert_eq!(places(&client, "?behind=true"), Vec::<Value>::new());
        // Of ethanol nobody asks two books, and whoever keeps it may write one.
        let body = json!({"person": keeper, "role": "custodian", "place": room});
        hospital.administrator.post("/api/v1/appointments", body).expect(201);
        write(&client, &room, json!([{"label": ethanol[0], "amount": {"value": "500", "unit": "mL"}}])).expect(201);
        assert_eq!(books(&client, &format!("?place={room}"))[0]["state"], "one_missing");
        assert_eq!(places(&client, "").len(), 1);
        server.assert_sound();
    }

    fn verify_sees_a_book_that_was_changed(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        write(&hospital.equipment, &cabinet, one(&labels[0], "480")).expect(201);
        server.stop();
        for (table, change) in [("book", "amount = 500"), ("book", "difference = 0"), ("book_gap", "settled_seq = since_seq"), ("person", "suspended = 1")] {
            server.tamper(&format!("CREATE TABLE kept AS SELECT * FROM {table}"));
            server.tamper(&format!("UPDATE {table} SET {change} WHERE institution_id = 1"));
            let found = server.verify().findings;
            assert!(found.iter().any(|finding| finding.what.starts_with(&format!("{table}: "))), "{change}: {found:?}");
            server.tamper(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept"));
        }
        server.assert_sound();
    }
}

impl Hospital {
    /// Somebody who reads everything and keeps nothing.
    fn auditor(&self, server: &TestServer) -> Client {
        let person = self.enrol(server, "U001", 9);
        self.appoint(&person, "auditor");
        server.sign_in("U001")
    }
}
