//! Reading over HTTP: the scan, a container's history, the ledger with its proofs, stock, lists.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use hazledger::domain::checkpoint::Checkpoint;
use hazledger::domain::merkle::{Hash, leaf_hash, verify_consistency, verify_inclusion};
use serde_json::{Value, json};
use tlog_tiles::tlog;

use crate::harness::client::{Answer, Client, encoded};
use crate::harness::on_both;

/// Everything that can be read about a container or an entry, by path.
fn paths(label: &str) -> Vec<String> {
    vec![
        format!("/api/v1/containers/{label}"),
        format!("/api/v1/containers/{label}/history"),
        format!("/api/v1/labels/{label}.svg"),
        format!("/api/v1/labels/{label}.png"),
    ]
}

fn texts(items: &Value, field: &str) -> Vec<String> {
    let items = items.as_array().unwrap().iter();
    items
        .map(|item| &item[field])
        .map(|value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        })
        .collect()
}

/// Walks a list with pages of `limit`.
fn all(client: &Client, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = String::new();
    loop {
        let join = if path.contains('?') { '&' } else { '?' };
        let page = client
            .get(&format!("{path}{join}limit={limit}{next}"))
            .expect(200);
        let found = page.json["items"].as_array().unwrap();
        assert!(found.len() <= limit);
        items.extend(found.iter().cloned());
        match page.json["next"].as_str() {
            Some(cursor) => next = format!("&next={cursor}"),
            None => return items,
        }
    }
}

/// The proof of an entry, once it is under a signed checkpoint.
fn proof(client: &Client, seq: u64) -> Answer {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = client.get(&format!("/api/v1/entries/{seq}/proof"));
        if answer.status == 200 || Instant::now() > end {
            return answer.expect(200);
        }
        answer.refused(422, "entry_not_signed");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn hashes(proof: &Value) -> Vec<Hash> {
    let hashes = proof["hashes"].as_array().unwrap().iter();
    hashes
        .map(|hash| Hash::from_base64(hash.as_str().unwrap()).unwrap())
        .collect()
}

fn theirs(hash: Hash) -> tlog::Hash {
    tlog::Hash(hash.0)
}

/// Size and root that a signed note states; the signature is what `checkpoint.rs` tests.
fn signed(note: &Value) -> Checkpoint {
    let body = note.as_str().unwrap().split("\n\n").next().unwrap();
    Checkpoint::parse(&format!("{body}\n")).unwrap()
}

on_both! {
    fn a_scan_tells_what_it_is_where_it_is_and_what_can_be_done(server) {
        let hospital = server.hospital();
        let building = hospital.place(json!({"kind": "building", "name": "检验楼"}));
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": building}));
        hospital.equipment.post("/api/v1/moves", json!({"labels": [labels[0]], "to": cabinet})).expect(201);
        let path = format!("/api/v1/containers/{}", labels[0]);
        let seen = hospital.safety.get(&path).expect(200).json;
        assert_eq!(seen["name"], "乙醇");
        assert_eq!((&seen["qualifier"], &seen["cas"]), (&json!("无水"), &json!("64-17-5")));
        assert_eq!(seen["classes"], json!(["hazardous"]));
        assert_eq!(seen["place_path"], json!(["检验楼", "A柜"]));
        assert_eq!((&seen["expired"], &seen["signatures"]), (&json!(false), &json!(0)));
        assert_eq!(seen["actions"], json!(["checkout", "split", "use", "waste"]));
        assert_eq!(hospital.equipment.get(&path).expect(200).json["actions"], json!(["move", "reprint", "transfer", "waste"]));

        let body = json!({"label": labels[0], "amount": {"value": "120", "unit": "mL"}});
        hospital.safety.post("/api/v1/checkouts", body).expect(201);
        let seen = hospital.safety.get(&path).expect(200).json;
        assert_eq!(seen["held"][0]["holder_name"], "陈安");
        assert_eq!(seen["held"][0]["amount"], json!({"value": "120", "unit": "mL"}));
        assert_eq!(seen["actions"], json!(["checkout", "give_back", "split", "use", "waste"]));

        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[1], "whole": true})).expect(201);
        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[1])).expect(200).json;
        assert_eq!((&seen["holder_name"], &seen["place"]), (&json!("陈安"), &json!(room)));

        server.pass(2 * 365 * 24 * 3600 * 1000);
        let safety = server.sign_in("S001");
        let seen = safety.get(&format!("/api/v1/containers/{}", labels[2])).expect(200).json;
        assert_eq!((&seen["expired"], &seen["actions"]), (&json!(true), &json!(["waste"])));
    }

    fn a_scan_offers_of_a_poison_only_what_is_signed_for(server) {
        let hospital = server.hospital();
        let (_, labels) = crate::signing::cyanide(&hospital);
        let path = format!("/api/v1/containers/{}", labels[0]);
        let seen = hospital.safety.get(&path).expect(200).json;
        assert_eq!((&seen["actions"], &seen["signed_actions"]), (&json!(["reprint"]), &json!(["checkout", "move", "split", "transfer", "use", "waste"])));
        let seen = hospital.equipment.get(&path).expect(200).json;
        assert_eq!((&seen["actions"], &seen["signed_actions"]), (&json!(["reprint"]), &json!(["checkout", "move", "split", "transfer", "use", "waste"])));
    }

    fn a_renamed_place_shows_at_the_next_scan(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let path = format!("/api/v1/containers/{}", labels[0]);
        hospital.safety.get(&path).expect(200);
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "B柜"}));
        hospital.equipment.post("/api/v1/moves", json!({"labels": [labels[0]], "to": cabinet})).expect(201);
        assert_eq!(hospital.safety.get(&path).expect(200).json["place_path"], json!(["B柜"]));
    }

    fn history_walks_from_the_latest_entry_to_the_first(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜"}));
        for amount in ["20", "30"] {
            let body = json!({"label": labels[0], "amount": {"value": amount, "unit": "mL"}, "purpose": "擦拭"});
            hospital.safety.post("/api/v1/checkouts", body).expect(201);
        }
        let body = json!({"labels": [labels[0]], "to": cabinet, "reason": "调柜"});
        hospital.equipment.post("/api/v1/moves", body).expect(201);
        let path = format!("/api/v1/containers/{}/history", labels[0]);
        let lines = hospital.safety.get(&path).expect(200).json["items"].clone();
        assert_eq!(texts(&lines, "kind"), ["move", "checkout", "checkout", "receive"]);
        assert_eq!(lines[0]["reason"], "调柜");
        assert_eq!(lines[0]["actor"], "周敏");
        assert_eq!(lines[0]["place_path"], json!(["A柜"]));
        assert_eq!(lines[1]["before"]["value"], "480");
        assert_eq!(lines[1]["after"]["value"], "450");
        assert_eq!(lines[3]["before"], Value::Null);
        assert_eq!(lines[3]["reversed_by"], Value::Null);
        assert_eq!(json!(all(&hospital.safety, &path, 1)), lines);
        let other = all(&hospital.safety, &path, 4)[0]["seq"].clone();
        let cursor = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(other.as_str().unwrap());
        let foreign = format!("/api/v1/containers/{}/history?next={cursor}", labels[1]);
        hospital.safety.get(&foreign).refused(404, "entry_unknown");
    }

    fn a_foreign_label_reads_like_an_unknown_one(server) {
        let first = server.hospital();
        let second = server.second_hospital().equipment;
        let (_, labels) = first.ethanol();
        let without_id = |answer: Answer| {
            let mut problem = answer.json;
            problem.as_object_mut().unwrap().remove("request_id");
            (answer.status, problem.to_string())
        };
        for (foreign, unknown) in paths(&labels[0]).into_iter().zip(paths("9999000000010060")) {
            first.equipment.get(&foreign).expect(200);
            let refused = without_id(second.get(&foreign));
            assert_eq!(refused, without_id(second.get(&unknown)));
            assert_eq!(refused.0, 404);
        }
        second.post("/api/v1/labels/sheets", json!({"labels": labels})).refused(404, "label_unknown");
        let theirs = |path: &str| second.get(path).expect(200).json["items"].clone();
        for path in ["/api/v1/stock", "/api/v1/places", "/api/v1/products", "/api/v1/search?q=yichun"] {
            assert_eq!(theirs(path), json!([]), "{path}");
        }
        let last = first.equipment.get("/api/v1/entries?limit=1").expect(200).json["items"][0]["seq"].clone();
        second.get(&format!("/api/v1/entries/{}", last.as_str().unwrap())).refused(404, "entry_unknown");
        assert_eq!(second.get("/api/v1/storage-map").expect(200).json["features"], json!([]));
    }

    fn the_ledger_is_read_page_by_page_and_by_kind(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let lines = json!(all(&hospital.equipment, "/api/v1/entries", 2));
        let numbers: Vec<usize> = texts(&lines, "seq").iter().map(|seq| seq.parse().unwrap()).collect();
        let whole: Vec<usize> = (0..numbers.len()).rev().collect();
        assert_eq!(numbers, whole);
        let received = all(&hospital.equipment, "/api/v1/entries?kind=receive", 1);
        assert_eq!(texts(&json!(received), "containers"), ["5"]);
        assert_eq!(all(&hospital.equipment, "/api/v1/entries?kind=move", 5), Vec::<Value>::new());
        hospital.safety.get("/api/v1/entries?kind=nothing").refused(422, "fields_invalid");
    }

    fn an_entry_is_shown_with_the_receipt_that_its_writer_got(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let mut receipts = Vec::new();
        for label in &labels {
            receipts.push(hospital.safety.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201).json["receipt"].clone());
        }
        for receipt in receipts {
            let shown = hospital.safety.get(&format!("/api/v1/entries/{}", receipt["seq"])).expect(200).json;
            assert_eq!(shown["receipt"], receipt);
            assert_eq!(shown["record"]["seq"], receipt["seq"].to_string());
            assert!(shown["record"]["act"] == json!("checkout"), "{}", shown["record"]["act"]);
        }
        hospital.safety.get("/api/v1/entries/4711").refused(404, "entry_unknown");
        hospital.safety.get("/api/v1/entries/x").refused(404, "not_found");
    }

    fn every_entry_is_proven_against_a_signed_checkpoint_by_two_programs(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let last = hospital.equipment.get("/api/v1/entries?limit=1").expect(200).json["items"][0]["seq"].clone();
        let last: u64 = last.as_str().unwrap().parse().unwrap();
        let first = proof(&hospital.safety, last).json;
        let early = signed(&first["checkpoint"]);
        for seq in 0..=last {
            let proof = hospital.safety.get(&format!("/api/v1/entries/{seq}/proof")).expect(200).json;
            let head = signed(&proof["checkpoint"]);
            assert_eq!((proof["leaf_index"].as_u64(), proof["tree_size"].as_u64()), (Some(seq), Some(head.size())));
            let leaf = leaf_hash(&BASE64_STANDARD.decode(proof["entry"].as_str().unwrap()).unwrap());
            let path = hashes(&proof);
            verify_inclusion(leaf, seq, head.size(), &path, head.root()).unwrap();
            let path: Vec<_> = path.into_iter().map(theirs).collect();
            tlog::check_record(&path, head.size(), theirs(head.root()), seq, theirs(leaf)).unwrap();
        }
        hospital.place(json!({"kind": "room", "name": "二库"}));
        let next = proof(&hospital.safety, last + 1).json;
        let late = signed(&next["checkpoint"]);
        let between = hospital
            .safety
            .get(&format!("/api/v1/consistency?from={}&to={}", early.size(), late.size()))
            .expect(200)
            .json;
        assert_eq!(between["checkpoint"], next["checkpoint"]);
        let path = hashes(&between);
        verify_consistency(early.size(), early.root(), late.size(), late.root(), &path).unwrap();
        let path: Vec<_> = path.into_iter().map(theirs).collect();
        tlog::check_tree(&path, late.size(), theirs(late.root()), early.size(), theirs(early.root())).unwrap();

        let kept = hospital.safety.get(&format!("/api/v1/entries/0/proof?size={}", early.size())).expect(200).json;
        assert_eq!(kept["checkpoint"], first["checkpoint"]);
        hospital.safety.get("/api/v1/entries/0/proof?size=4711").refused(404, "checkpoint_unknown");
        hospital.safety.get("/api/v1/consistency?from=2&to=4711").refused(422, "sizes_out_of_range");
        hospital.safety.get("/api/v1/consistency?from=0").refused(422, "sizes_out_of_range");
        hospital.safety.get("/api/v1/consistency").refused(422, "fields_invalid");
    }

    fn stock_is_summed_by_place_by_substance_and_by_class(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        hospital.equipment.post("/api/v1/moves", json!({"labels": [labels[0]], "to": cabinet})).expect(201);
        let gloves = hospital.product(json!({"name": "乳胶手套", "dimension": "count"}));
        hospital
            .equipment
            .post("/api/v1/receipts", json!({
                "product": gloves, "count": 2, "each": {"value": "50", "unit": "盒"}, "place": room,
            }))
            .expect(201);
        let stock = |query: &str| hospital.safety.get(&format!("/api/v1/stock?{query}")).expect(200).json;

        let by_place = stock("by=place&class=hazardous");
        assert_eq!(texts(&by_place["items"], "key"), [room.clone(), cabinet.clone()]);
        assert_eq!(by_place["items"][0]["quantities"], json!([{"value": "2", "unit": "L"}]));
        assert_eq!(by_place["items"][1]["name"], json!(["试剂库", "A柜"]));
        assert!(by_place["as_of_seq"].is_string());
        for by in ["place", "substance", "class"] {
            let path = format!("/api/v1/stock?by={by}");
            let whole = hospital.safety.get(&path).expect(200).json["items"].clone();
            // The gloves are of no class.
            assert!(whole.as_array().unwrap().len() > usize::from(by != "class"), "{by}");
            assert_eq!(json!(all(&hospital.safety, &path, 1)), whole, "{by}");
        }
        let inside = stock(&format!("by=substance&place={cabinet}"));
        assert_eq!(inside["items"][0]["containers"], 1);
        let whole = stock(&format!("by=substance&place={room}&class=hazardous"));
        assert_eq!((&whole["items"][0]["containers"], &whole["total"]), (&json!(5), &json!(1)));
        assert_eq!(texts(&stock("by=class&class=hazardous")["items"], "key"), ["hazardous"]);
        hospital.safety.get("/api/v1/stock?place=99").refused(404, "place_unknown");

        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        assert_eq!(texts(&stock("by=place&class=hazardous")["items"], "key"), [room]);
    }

    fn places_come_as_a_tree_and_products_by_number(server) {
        let hospital = server.hospital();
        let campus = hospital.place(json!({"kind": "campus", "name": "本部", "longitude": "124.350123", "latitude": "43.1667"}));
        let other = hospital.place(json!({"kind": "campus", "name": "分院"}));
        let building = hospital.place(json!({"kind": "building", "name": "检验楼", "parent": campus}));
        let room = hospital.place(json!({"kind": "room", "name": "试剂库", "parent": building}));
        let tree = json!(all(&hospital.safety, "/api/v1/places", 1));
        assert_eq!(texts(&tree, "place"), [campus.clone(), building.clone(), room.clone(), other]);
        assert_eq!(texts(&tree, "depth"), ["0", "1", "2", "0"]);
        assert_eq!((&tree[0]["longitude"], &tree[0]["latitude"]), (&json!("124.350123"), &json!("43.1667")));
        let part = all(&hospital.safety, &format!("/api/v1/places?root={building}"), 5);
        assert_eq!(texts(&json!(part), "place"), [building, room]);

        for name in ["试剂甲", "试剂乙", "试剂丙"] {
            hospital.product(json!({"name": name, "dimension": "volume"}));
        }
        let products = json!(all(&hospital.safety, "/api/v1/products", 2));
        assert_eq!(texts(&products, "name"), ["试剂甲", "试剂乙", "试剂丙"]);
        server.assert_sound();
    }

    fn coordinates_come_in_pairs_and_in_range(server) {
        let hospital = server.hospital();
        let refused = |body: Value| {
            let answer = hospital.equipment.post("/api/v1/places", body).refused(422, "fields_invalid");
            texts(&answer.json["errors"], "pointer")
        };
        assert_eq!(refused(json!({"kind": "room", "name": "x", "longitude": "124.35"})), ["/latitude"]);
        assert_eq!(refused(json!({"kind": "room", "name": "x", "latitude": "43"})), ["/longitude"]);
        let wild = json!({"kind": "room", "name": "x", "longitude": "180.000001", "latitude": "4e1"});
        assert_eq!(refused(wild), ["/longitude", "/latitude"]);
    }

    fn regions_and_substances_are_looked_up(server) {
        let hospital = server.hospital();
        let provinces = all(&hospital.administrator, "/api/v1/regions", 20);
        assert!(provinces.len() >= 31);
        let counties = hospital.administrator.get("/api/v1/regions?parent=220300").expect(200).json;
        assert!(texts(&counties["items"], "code").contains(&"220302".to_owned()));
        let find = |q: &str| hospital.safety.get(&format!("/api/v1/substances?q={}", encoded(q))).expect(200).json;
        for q in ["氰化钾", "151-50-8", "qhj"] {
            let found = find(q);
            let hit = found["items"].as_array().unwrap().iter().find(|item| item["name"] == "氰化钾");
            assert!(hit.unwrap()["classes"].as_array().unwrap().contains(&json!("highly_toxic")), "{q}");
        }
    }

    fn an_unknown_parameter_is_named(server) {
        let hospital = server.hospital();
        let refused = |path: &str| {
            let answer = hospital.safety.get(path).refused(422, "fields_invalid");
            texts(&answer.json["errors"], "pointer")
        };
        assert_eq!(refused("/api/v1/stock?by=colour&limit=201&page=2"), ["/by", "/limit", "/page"]);
        assert_eq!(refused("/api/v1/entries?next=!&limit=0"), ["/limit", "/next"]);
        assert_eq!(refused("/api/v1/places?limit=1&limit=2"), ["/limit"]);
        hospital.administrator.get("/api/v1/stock").refused(403, "not_permitted");
        hospital.administrator.get("/api/v1/entries").refused(403, "not_permitted");
        server.anonymous().get("/api/v1/search?q=x").refused(401, "session_invalid");
    }
}
