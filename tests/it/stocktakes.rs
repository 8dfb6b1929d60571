//! 盘点: the list is frozen, each scan is one entry and tells no amount, what differs is counted again by
//! somebody else, and nothing closes with something left to do.

mod doubted;
mod off_book;
mod settling;

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::signing::{BOTH, cyanide, sign};

/// nL in a mL.
const ML: i64 = 1_000_000;

pub fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

pub fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

/// A stocktake of a place: its address.
pub fn begun(client: &Client, place: &str) -> String {
    let made = client
        .post("/api/v1/stocktakes", json!({"place": place}))
        .expect(201);
    format!(
        "/api/v1/stocktakes/{}",
        made.json["stocktake"].as_str().unwrap()
    )
}

pub fn scan(client: &Client, stocktake: &str, body: Value) -> Answer {
    client.post(&format!("{stocktake}/counts"), body)
}

fn seen(client: &Client, stocktake: &str, place: &str, label: &str) -> Answer {
    scan(client, stocktake, json!({"place": place, "code": label}))
}

pub fn settle(client: &Client, stocktake: &str, labels: &[&str]) -> Answer {
    let body = json!({"labels": labels, "reason": "盘点差异"});
    client.post(&format!("{stocktake}/variances"), body)
}

fn close(client: &Client, stocktake: &str) -> Answer {
    client.post(&format!("{stocktake}/closings"), json!({}))
}

fn status(client: &Client, stocktake: &str) -> Value {
    client.get(stocktake).expect(200).json
}

fn findings(client: &Client, stocktake: &str, bucket: &str) -> Vec<Value> {
    let path = format!("{stocktake}/findings?bucket={bucket}");
    let found = client.get(&path).expect(200).json;
    found["items"].as_array().unwrap().clone()
}

fn container(client: &Client, label: &str) -> Value {
    client
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200)
        .json
}

/// Somebody of 设备科 besides E001, and the bottles of ethanol.
fn storeroom(server: &TestServer) -> (Hospital, Client, String, Vec<String>) {
    let hospital = server.hospital();
    let (room, bottles) = hospital.ethanol();
    let person = hospital.enrol(server, "E002", 1);
    hospital.appoint(&person, "equipment");
    (hospital, server.sign_in("E002"), room, bottles)
}

on_both! {
    fn a_storeroom_is_counted_with_a_scan_a_bottle_and_closed(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": room}));
        let stocktake = begun(first, &room);
        assert_eq!(status(first, &stocktake)["open"]["missing"], 5);
        let entries = server.number("SELECT COUNT(*) FROM entry WHERE log = 0");
        for label in &bottles[..3] {
            let told = seen(first, &stocktake, &room, label).expect(201).json;
            assert_eq!((&told["bucket"], &told["container"]["name"]), (&json!("found"), &json!("乙醇")));
        }
        assert_eq!(server.number("SELECT COUNT(*) FROM entry WHERE log = 0"), entries + 3);
        // A scan twice writes nothing, whoever scans.
        let again = seen(&second, &stocktake, &room, &bottles[0]).refused(409, "already_counted");
        assert!(again.json["detail"].as_str().unwrap().contains("周敏"), "{}", again.text);
        assert_eq!(server.number("SELECT COUNT(*) FROM entry WHERE log = 0"), entries + 3);

        // Seen on the shelf, which is not where the book has it.
        let told = seen(first, &stocktake, &shelf, &bottles[3]).expect(201).json;
        assert_eq!((&told["bucket"], &told["expected_place"]), (&json!("misplaced"), &json!(room)));
        let put = json!({"place": shelf, "code": bottles[4], "put_here": true});
        let told = scan(first, &stocktake, put).expect(201).json;
        assert_eq!((&told["bucket"], &told["put_here"]), (&json!("misplaced"), &json!(true)));
        assert_eq!(container(first, &bottles[4])["place"], json!(shelf));
        // A code that nobody knows is kept, once.
        let told = seen(first, &stocktake, &room, "6901234567892").expect(201).json;
        assert_eq!((&told["bucket"], &told["container"]), (&json!("unknown"), &Value::Null));
        seen(&second, &stocktake, &room, "6901234567892").refused(409, "code_already_counted");

        let now = status(first, &stocktake);
        let counts = json!({"expected": 5, "found": 3, "misplaced": 2, "difference": 0, "missing": 0, "unknown": 1, "left": 0});
        assert_eq!(now["counts"], counts);
        let refused = close(first, &stocktake).refused(422, "stocktake_unresolved");
        assert_eq!((&refused.json["misplaced"], &refused.json["unknown"]), (&json!("1"), &json!("1")));
        let resolve = |code: &str| first.post(&format!("{stocktake}/resolutions"), json!({"code": code, "reason": "放回原处"}));
        resolve(&bottles[3]).expect(201);
        resolve(&bottles[3]).refused(422, "nothing_to_resolve");
        resolve(&bottles[0]).refused(422, "nothing_to_resolve");
        resolve("690").refused(422, "nothing_to_resolve");
        resolve("6901234567892").expect(201);
        let closed = close(first, &stocktake).expect(201);
        assert_eq!(closed.json["totals"], counts);
        assert_eq!(status(first, &stocktake)["counts"], counts);
        seen(first, &stocktake, &room, &bottles[0]).refused(409, "stocktake_closed");
        close(first, &stocktake).refused(409, "stocktake_closed");
        assert!(container(first, &bottles[0])["verified_at"].is_string());
        let map = first.get("/api/v1/storage-map").expect(200).json;
        assert!(map["features"][0]["properties"]["verified_at"].is_string(), "{map}");
        assert_eq!(server.assert_balanced(), [2500 * ML, 0, 0]);
    }

    fn a_difference_is_counted_again_by_another_and_posted_against_the_book_of_that_moment(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let stocktake = begun(first, &room);
        let count = |who: &Client, label: &str, amount: &str| {
            scan(who, &stocktake, json!({"place": room, "code": label, "amount": ml(amount)}))
        };
        assert_eq!(count(first, &bottles[0], "450").expect(201).json["bucket"], "difference");
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "recount_missing");
        count(first, &bottles[0], "450").refused(422, "recount_by_another");
        // Issues go on: the second count stands, against the book as it is then.
        let take = json!({"label": bottles[0], "amount": ml("100")});
        hospital.safety.post("/api/v1/checkouts", take).expect(201);
        count(&second, &bottles[0], "360").expect(201);
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("60")})).expect(201);
        let found = findings(first, &stocktake, "difference");
        assert_eq!((&found[0]["confirmed"], &found[0]["shortage"]), (&json!(true), &ml("40")));
        let posted = settle(first, &stocktake, &[&bottles[0]]).expect(201);
        assert_eq!(posted.json["incident"], Value::Null);
        assert_eq!(container(first, &bottles[0])["amount"], ml("300"));
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "nothing_to_settle");
        count(first, &bottles[0], "300").refused(409, "already_counted");

        // A surplus; and one that a second look does not find.
        count(first, &bottles[1], "510").expect(201);
        count(&second, &bottles[1], "510").expect(201);
        count(first, &bottles[2], "490").expect(201);
        assert_eq!(count(&second, &bottles[2], "500").expect(201).json["bucket"], "found");
        settle(first, &stocktake, &[&bottles[1], &bottles[1]]).refused(422, "container_named_twice");
        settle(first, &stocktake, &[&bottles[1], &bottles[2]]).refused(422, "nothing_to_settle");
        settle(first, &stocktake, &[&bottles[1]]).expect(201);
        assert_eq!(container(first, &bottles[1])["amount"], ml("510"));

        // One that is not there: two look for it.
        let absent = |who: &Client, label: &str| scan(who, &stocktake, json!({"place": room, "code": label, "absent": true}));
        assert_eq!(absent(first, &bottles[3]).expect(201).json["bucket"], "missing");
        absent(first, &bottles[3]).refused(422, "recount_by_another");
        close(first, &stocktake).refused(422, "stocktake_unresolved");
        absent(&second, &bottles[3]).expect(201);
        settle(first, &stocktake, &[&bottles[3]]).expect(201);
        assert_eq!(container(first, &bottles[3])["status"], "lost");
        // Whoever said that it is not there may still come upon it.
        absent(first, &bottles[4]).expect(201);
        assert_eq!(seen(first, &stocktake, &room, &bottles[4]).expect(201).json["bucket"], "found");
        absent(&second, &bottles[4]).refused(409, "already_counted");
        let totals = close(first, &stocktake).expect(201).json["totals"].clone();
        assert_eq!((&totals["found"], &totals["difference"], &totals["missing"]), (&json!(2), &json!(2), &json!(1)));

        let table = first.get("/api/v1/usage-table?from=2026-06-01").expect(200).json;
        let there = table["items"].as_array().unwrap().iter().find(|line| line["place"] == json!(room)).unwrap();
        assert_eq!((&there["out"]["variance"], &there["in"]["variance"]), (&ml("540"), &ml("10")));
        assert_eq!(server.assert_balanced(), [1810 * ML, 160 * ML, 0]);
        assert_eq!(server.number("SELECT CAST(SUM(amount) AS BIGINT) FROM posting WHERE account = 'variance'"), 530 * ML);
    }

    fn the_book_of_before_a_count_is_not_corrected_twice(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let stocktake = begun(first, &room);
        let taken = hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[0], "amount": ml("100")})).expect(201);
        let count = |who: &Client, label: &str, amount: &str| {
            scan(who, &stocktake, json!({"place": room, "code": label, "amount": ml(amount)})).expect(201)
        };
        server.pass(60_000);
        for (label, amount) in [(&bottles[0], "500"), (&bottles[1], "400"), (&bottles[2], "450")] {
            count(first, label, amount);
            count(&second, label, amount);
        }
        server.pass(60_000);
        // The checkout had not happened: a count does not stand in the way of saying so.
        let back = json!({"entry": taken.json["receipt"]["seq"].to_string(), "reason": "误操作"});
        first.post("/api/v1/reversals", back).expect(201);
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "count_outdated");
        assert_eq!(count(&hospital.safety, &bottles[0], "500").json["bucket"], "found");
        // Somebody had forgotten to write it down.
        let late = json!({"label": bottles[1], "amount": ml("100"), "occurred_at": "2026-06-01T00:00:30Z"});
        hospital.safety.post("/api/v1/uses", late).expect(201);
        settle(first, &stocktake, &[&bottles[1]]).refused(422, "count_outdated");
        assert_eq!(count(&hospital.safety, &bottles[1], "400").json["bucket"], "found");
        // More went than would be left.
        hospital.safety.post("/api/v1/uses", json!({"label": bottles[2], "amount": ml("460")})).expect(201);
        settle(first, &stocktake, &[&bottles[2]]).refused(422, "variance_below_zero");
        server.assert_balanced();
    }

    fn the_count_of_controlled_stock_is_blind(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        // An amount that nothing else looks like.
        let odd = json!({"label": bottles[0], "amount": g("0.246813"), "receiver": crate::signing::RECEIVER, "purpose": "标定"});
        let request = hospital.safety.post("/api/v1/signing-requests", json!({"checkout": odd})).expect(201);
        sign(&hospital.safety, &request, BOTH).expect(201);
        let (book, micrograms) = ("499.753187", "499753187");
        assert_eq!(container(&hospital.safety, &bottles[0])["amount"], g(book));
        let stocktake = begun(&hospital.equipment, &cabinet);
        let mut told = vec![hospital.equipment.get(&format!("{stocktake}/expected")).expect(200).text];
        let mut tell = |answer: Answer| told.push(answer.text);
        let count = |who: &Client, body: Value| scan(who, &stocktake, body);
        tell(count(&hospital.equipment, json!({"place": cabinet, "code": bottles[0]})).refused(422, "count_amount_missing"));
        tell(count(&hospital.equipment, json!({"place": cabinet, "code": bottles[0], "amount": ml("3")})).refused(422, "count_dimension"));
        tell(count(&hospital.equipment, json!({"place": cabinet, "code": bottles[0], "amount": g("480")})).expect(201));
        tell(count(&hospital.equipment, json!({"place": cabinet, "code": bottles[0], "amount": g("480")})).refused(422, "recount_by_another"));
        tell(hospital.equipment.get(&stocktake).expect(200));
        for bucket in ["found", "difference", "missing"] {
            tell(hospital.equipment.get(&format!("{stocktake}/findings?bucket={bucket}")).expect(200));
        }
        tell(settle(&hospital.equipment, &stocktake, &[&bottles[0]]).refused(422, "recount_missing"));
        // Weighed with its tare of 150 g; half a gram is within what a balance may be off (RULES D5).
        let weighed = json!({"place": cabinet, "code": bottles[0], "gross": g("649.3")});
        let found = count(&hospital.safety, weighed).expect(201);
        assert_eq!(found.json["bucket"], "found");
        tell(found);
        tell(count(&hospital.equipment, json!({"place": cabinet, "code": bottles[0], "amount": g("480")})).refused(409, "already_counted"));
        for text in told {
            assert!(!text.contains(book) && !text.contains(micrograms), "{text}");
        }
        // The entry says what the book had at that moment.
        assert_eq!(server.entries_saying(&format!("\"amount\":\"{micrograms}\"")), 3);
        server.assert_sound();
    }

    fn what_is_missing_of_a_controlled_class_is_a_suspected_loss_and_opens_an_incident(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        let (first, second) = (&hospital.equipment, &hospital.safety);
        let stocktake = begun(first, &cabinet);
        let part = |who: &Client| scan(who, &stocktake, json!({"place": cabinet, "code": bottles[0], "amount": g("480")}));
        let absent = |who: &Client| scan(who, &stocktake, json!({"place": cabinet, "code": bottles[1], "absent": true}));
        part(first).expect(201);
        absent(second).expect(201);
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "recount_missing");
        server.pass(60_000);
        part(second).expect(201);
        absent(first).expect(201);
        server.pass(2 * 3_600_000);
        let first = &server.sign_in("E001");
        let second = &server.sign_in("S001");
        let posted = settle(first, &stocktake, &[&bottles[0], &bottles[1]]).expect(201);
        let incident = posted.json["incident"].as_str().unwrap();
        let path = format!("/api/v1/incidents/{incident}");
        let told = first.get(&path).expect(200).json;
        // Its clock began with the second count; it was over before anybody posted anything.
        assert_eq!((&told["kind"], &told["duties"]), (&json!("suspected_loss"), &json!(["police"])));
        assert_eq!((&told["discovered_at"], &told["due_at"]), (&json!("2026-06-01T00:01:00.000Z"), &json!("2026-06-01T01:01:00.000Z")));
        assert_eq!(told["overdue"], true);
        assert_eq!(told["labels"].as_array().unwrap().len(), 2);
        let left = container(first, &bottles[0]);
        assert_eq!((&left["amount"], &left["incident"]), (&g("480"), &json!(incident)));
        assert_eq!(container(first, &bottles[1])["status"], "lost");
        // Nothing is taken from what is evidence.
        let take = json!({"label": bottles[0], "amount": g("1"), "receiver": crate::signing::RECEIVER, "purpose": "标定"});
        second.post("/api/v1/signing-requests", json!({"checkout": take})).refused(422, "container_in_incident");
        assert_eq!(server.number("SELECT CAST(SUM(amount) AS BIGINT) FROM posting WHERE account = 'lost'"), 520_000_000);
        close(first, &stocktake).expect(201);
        server.assert_balanced();

        // It is reported, late for ever, and found again: two sign for what comes back.
        let end = |result: &str| json!({"result": result, "reason": "在隔壁柜内找到"});
        first.post(&format!("{path}/endings"), end("found_again")).refused(422, "incident_unreported");
        let report = json!({"text": "已报告", "report": {
            "to": "police", "at": "2026-06-01T02:00:00Z", "whom": "铁西区公安分局 王警官", "receipt": "2026-0601-7"}});
        first.post(&format!("{path}/follow-ups"), report.clone()).expect(201);
        first.post(&format!("{path}/follow-ups"), report).refused(409, "reported_already");
        first.post(&format!("{path}/endings"), end("dealt_with")).refused(422, "incident_result");
        first.post(&format!("{path}/endings"), end("found_again")).refused(422, "signatures_required");
        let mut body = end("found_again");
        body["incident"] = json!(incident);
        let request = first.post("/api/v1/signing-requests", json!({"incident_ending": body})).expect(201);
        sign(second, &request, BOTH).expect(201);
        let told = first.get(&path).expect(200).json;
        assert_eq!((&told["state"], &told["result"], &told["overdue"]), (&json!("ended"), &json!("found_again"), &json!(true)));
        assert_eq!(told["steps"].as_array().unwrap().len(), 3);
        for bottle in &bottles {
            let back = container(first, bottle);
            assert_eq!((&back["status"], &back["amount"], &back["incident"]), (&json!("in_stock"), &g("500"), &Value::Null));
        }
        first.post(&format!("{path}/follow-ups"), json!({"text": "补充"})).refused(409, "incident_ended");
        assert_eq!(server.assert_balanced(), [1_000_000_000, 0, 0]);
    }

    fn a_controlled_surplus_is_signed_for_and_a_controlled_bottle_is_moved_by_no_scan(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        let (first, second) = (&hospital.equipment, &hospital.safety);
        let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": cabinet}));
        let stocktake = begun(first, &cabinet);
        let put = json!({"place": shelf, "code": bottles[1], "amount": g("500"), "put_here": true});
        scan(first, &stocktake, put).refused(422, "signatures_required");
        scan(first, &stocktake, json!({"place": shelf, "code": bottles[1], "amount": g("500")})).expect(201);
        close(first, &stocktake).refused(422, "stocktake_unresolved");
        // A signed move to where it was seen puts it right.
        let moved = json!({"move": {"labels": [bottles[1]], "to": shelf}});
        let request = second.post("/api/v1/signing-requests", moved).expect(201);
        // A scan does not void what others are about to sign.
        for who in [first, second] {
            scan(who, &stocktake, json!({"place": cabinet, "code": bottles[0], "amount": g("510")})).expect(201);
        }
        sign(second, &request, BOTH).expect(201);
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "signatures_required");
        let id = stocktake.rsplit('/').next().unwrap();
        let body = json!({"stocktake": id, "labels": [bottles[0]], "reason": "原装量偏多"});
        let request = first.post("/api/v1/signing-requests", json!({"variance": body})).expect(201);
        sign(first, &request, BOTH).expect(201);
        assert_eq!(container(first, &bottles[0])["amount"], g("510"));
        close(first, &stocktake).expect(201);
        server.assert_balanced();
    }

    fn a_place_is_counted_once_at_a_time_and_only_what_lies_in_it(server) {
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": room}));
        let other = hospital.place(json!({"kind": "room", "name": "二号库"}));
        let post = |place: &str| first.post("/api/v1/stocktakes", json!({"place": place}));
        post("77").refused(404, "place_unknown");
        let stocktake = begun(first, &room);
        for place in [&room, &shelf] {
            post(place).refused(409, "place_being_counted");
        }
        begun(first, &other);
        seen(first, &stocktake, &other, &bottles[0]).refused(422, "place_not_in_stocktake");
        seen(first, "/api/v1/stocktakes/77", &room, &bottles[0]).refused(404, "stocktake_unknown");
        scan(first, &stocktake, json!({"place": room, "code": "0001000000770050", "absent": true})).refused(404, "label_unknown");
        let contrary = json!({"place": room, "code": bottles[0], "absent": true, "amount": ml("1")});
        scan(first, &stocktake, contrary).refused(422, "fields_invalid");
        // What is out, has been moved away or was used up is not missing.
        hospital.safety.post("/api/v1/checkouts", json!({"label": bottles[0], "whole": true})).expect(201);
        first.post("/api/v1/moves", json!({"labels": [bottles[1]], "to": other})).expect(201);
        hospital.safety.post("/api/v1/uses", json!({"label": bottles[2], "amount": ml("500")})).expect(201);
        scan(first, &stocktake, json!({"place": room, "code": bottles[1], "absent": true})).refused(422, "count_not_expected");
        let now = status(first, &stocktake);
        assert_eq!((&now["counts"]["left"], &now["open"]["missing"]), (&json!(3), &json!(2)));
        // Standing here all the same: the book has it with somebody.
        assert_eq!(seen(first, &stocktake, &room, &bottles[0]).expect(201).json["bucket"], "misplaced");
        assert_eq!(findings(first, &stocktake, "misplaced")[0]["container"]["holder_name"], "陈安");
        for label in &bottles[3..] {
            seen(first, &stocktake, &shelf, label).expect(201);
        }
        hospital.safety.post("/api/v1/returns", json!({"label": bottles[0], "amount": ml("500"), "place": room})).expect(201);
        let refused = close(first, &stocktake).refused(422, "stocktake_unresolved");
        assert_eq!(refused.json["misplaced"], "2");
        first.post("/api/v1/moves", json!({"labels": [bottles[3], bottles[4]], "to": shelf})).expect(201);
        close(first, &stocktake).expect(201);
        begun(first, &shelf);
        server.assert_sound();
    }

    fn the_sample_follows_from_the_seed_that_stands_in_the_ledger_first(server) {
        use sha2::{Digest, Sha256};
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let begun = first.post("/api/v1/stocktakes", json!({"place": room, "sample_size": 2})).expect(201).json;
        let seed = begun["seed"].as_str().unwrap();
        assert_eq!((seed.len(), &begun["expected"]), (64, &json!(5)));
        assert_eq!(server.entries_saying(seed), 1);
        let hex = |text: String| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let mut order: Vec<(String, &String)> = (1..).zip(&bottles).map(|(serial, label)| (hex(format!("{seed}:{serial}")), label)).collect();
        order.sort();
        let mut drawn: Vec<&String> = order[..2].iter().map(|(_, label)| *label).collect();
        drawn.sort();
        assert_eq!(begun["expected_sha256"], hex("1\n2\n3\n4\n5\n".to_owned()));
        let stocktake = format!("/api/v1/stocktakes/{}", begun["stocktake"].as_str().unwrap());
        let list = first.get(&format!("{stocktake}/expected")).expect(200).json;
        let listed: Vec<&str> = list["items"].as_array().unwrap().iter().map(|line| line["label"].as_str().unwrap()).collect();
        assert_eq!(listed, drawn);
        for label in drawn {
            seen(first, &stocktake, &room, label).expect(201);
        }
        close(first, &stocktake).expect(201);
        // A sample says nothing of the whole place.
        let map = first.get("/api/v1/storage-map").expect(200).json;
        assert_eq!(map["features"][0]["properties"]["verified_at"], Value::Null);
        server.assert_sound();
    }

    fn two_who_scan_a_bottle_at_once_count_it_once(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let stocktake = begun(&hospital.equipment, &room);
        let counters = [&hospital.equipment, &second, &hospital.safety];
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let scans: Vec<_> = counters.map(|who| scope.spawn(|| seen(who, &stocktake, &room, &bottles[0]))).into();
            scans.into_iter().map(|scan| scan.join().unwrap()).collect()
        });
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409]);
        // The same key again is the same answer.
        let (key, path) = (fresh_key(), format!("{stocktake}/counts"));
        let body = json!({"place": room, "code": bottles[1]});
        let made = hospital.equipment.post_with(&path, &key, body.clone()).expect(201);
        let again = hospital.equipment.post_with(&path, &key, body).expect(200);
        assert!(again.replayed && again.json == made.json);
        server.assert_sound();
    }

    fn an_ordinary_shortage_and_a_watched_one_are_settled_apart(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        // 易制毒 of the third class: nobody signs for it, and it is watched all the same.
        let product = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        let receipt = json!({"product": product, "count": 1, "each": ml("500"), "place": room, "expires_on": "2028-05-01"});
        let acetone = first.post("/api/v1/receipts", receipt).expect(201).json["labels"][0].as_str().unwrap().to_owned();
        let stocktake = begun(first, &room);
        seen(first, &stocktake, &room, &acetone).refused(422, "count_amount_missing");
        for label in [&acetone, &bottles[0]] {
            for who in [first, &second] {
                scan(who, &stocktake, json!({"place": room, "code": label, "amount": ml("450")})).expect(201);
            }
        }
        settle(first, &stocktake, &[&acetone, &bottles[0]]).refused(422, "variance_mixed");
        assert_eq!(settle(first, &stocktake, &[&bottles[0]]).expect(201).json["incident"], Value::Null);
        assert_eq!(settle(first, &stocktake, &[&acetone]).expect(201).json["incident"], "1");
        hospital.safety.post("/api/v1/checkouts", json!({"label": acetone, "amount": ml("1")})).refused(422, "container_in_incident");
        close(first, &stocktake).refused(422, "stocktake_unresolved");
        for label in &bottles[1..] {
            seen(first, &stocktake, &room, label).expect(201);
        }
        close(first, &stocktake).expect(201);
        // What is short of it once more waits for the end of the incident that it is part of.
        let again = begun(first, &room);
        for who in [first, &second] {
            scan(who, &again, json!({"place": room, "code": acetone, "amount": ml("400")})).expect(201);
        }
        settle(first, &again, &[&acetone]).refused(422, "container_in_incident");
        server.assert_balanced();
    }

    fn custodians_settle_only_what_they_keep(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let shelf = hospital.place(json!({"kind": "shelf", "name": "上层", "parent": room}));
        let keeper = hospital.enrol(server, "C001", 2);
        let body = json!({"person": keeper, "role": "custodian", "place": shelf, "second": {"staff_number": "S001", "secret": SECRET}});
        hospital.administrator.post("/api/v1/appointments", body).expect(201);
        let keeper = server.sign_in("C001");
        let stocktake = begun(&keeper, &room);
        for who in [&keeper, &second] {
            scan(who, &stocktake, json!({"place": room, "code": bottles[0], "amount": ml("450")})).expect(201);
        }
        settle(&keeper, &stocktake, &[&bottles[0]]).refused(403, "not_permitted");
        settle(&hospital.safety, &stocktake, &[&bottles[0]]).refused(403, "not_permitted");
        let put = json!({"place": shelf, "code": bottles[1], "put_here": true});
        scan(&keeper, &stocktake, put.clone()).refused(403, "not_permitted");
        scan(&hospital.safety, &stocktake, put).refused(403, "not_permitted");
        settle(&second, &stocktake, &[&bottles[0]]).expect(201);
        server.assert_sound();
    }
}
