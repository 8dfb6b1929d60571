//! 底数清、数量明: the counts are those of the stock and the map, of any moment, and open to entries.

use std::collections::BTreeMap;

use hazledger::domain::{quantity::Quantity, time::Time};
use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::on_both;
use crate::harness::server::{Hospital, START, TestServer};
use crate::signing::{BOTH, ask, cyanide, sign};

const DAY_MS: i64 = 24 * 3600 * 1000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn counts(client: &Client, query: &str) -> Value {
    let path = format!("/api/v1/counts?{query}");
    client.get(&path).expect(200).json
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().unwrap()
}

/// Base units of a quantity in an answer.
pub fn base(quantity: &Value) -> i64 {
    let text = [&quantity["value"], &quantity["unit"]].map(|part| part.as_str().unwrap());
    Quantity::parse(&text.join(" ")).unwrap().amount()
}

/// The key of a line.
fn key(line: &Value) -> String {
    let groups = line["groups"].as_array().unwrap().iter();
    let keys: Vec<&str> = groups.map(|group| group["key"].as_str().unwrap()).collect();
    keys.join(" ")
}

/// Containers and base units by unit of measurement, at places and with persons.
fn figures(of: &Value) -> [(i64, Vec<i64>); 2] {
    ["in_places", "with_persons"].map(|side| {
        let quantities = of[side]["quantities"].as_array().unwrap().iter();
        (
            of[side]["containers"].as_i64().unwrap(),
            quantities.map(base).collect(),
        )
    })
}

/// Ethanol in a room and a cabinet in it, cyanide under lock, gloves of no class; some of it is out.
struct County {
    hospital: Hospital,
    room: String,
    cabinet: String,
    ethanol: Vec<String>,
    lent: String,
}

fn county(server: &TestServer) -> County {
    let hospital = server.hospital();
    let (_, locked) = cyanide(&hospital);
    let (room, ethanol) = hospital.ethanol();
    let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
    let gloves = hospital.product(json!({"name": "乳胶手套", "dimension": "count"}));
    let receipt = json!({
        "product": gloves, "count": 2, "each": {"value": "50", "unit": "盒"}, "place": room,
    });
    hospital
        .equipment
        .post("/api/v1/receipts", receipt)
        .expect(201);
    let carried = json!({"labels": [ethanol[0]], "to": cabinet});
    hospital
        .equipment
        .post("/api/v1/moves", carried)
        .expect(201);
    let staff = &hospital.safety;
    let part = json!({"label": ethanol[1], "amount": ml("100")});
    let lent = staff.post("/api/v1/checkouts", part).expect(201);
    let lent = lent.json["receipt"]["seq"].to_string();
    let whole = json!({"label": ethanol[2], "whole": true});
    staff.post("/api/v1/checkouts", whole).expect(201);
    let request = ask(staff, &locked[0], "10").expect(201);
    sign(staff, &request, BOTH).expect(201);
    County {
        hospital,
        room,
        cabinet,
        ethanol,
        lent,
    }
}

/// The groupings that the stock has too, and two of its own.
const BY: [&str; 6] = [
    "class",
    "substance",
    "product",
    "place",
    "place,class",
    "class,product",
];

/// What names the institution at the end of an address, if anything does.
fn of_whom(address: &str) -> String {
    let pieces = address.split(['?', '&']);
    let named = pieces.filter(|piece| piece.starts_with("institution="));
    named.map(|piece| format!("&{piece}")).collect()
}

/// Every entry of a container back from an address.
fn history(client: &Client, address: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some(address.to_owned());
    while let Some(address) = next {
        let page = client.get(&address).expect(200).json;
        all.extend(items(&page).iter().cloned());
        let route = address.split('?').next().unwrap();
        next = page["next"]
            .as_str()
            .map(|cursor| format!("{route}?next={cursor}{}", of_whom(&address)));
    }
    all
}

/// Opens a figure down to its containers, counting them and checking each against its entries: so many
/// containers, so much, and how many calls it took to see entries.
pub fn opened(
    client: &Client,
    address: &str,
    persons: bool,
) -> (i64, BTreeMap<String, i64>, usize) {
    let answer = client.get(address).expect(200).json;
    let (mut containers, mut amounts, mut calls) = (0, BTreeMap::new(), 0);
    let mut add = |quantity: &Value| {
        let of = match quantity["unit"].as_str().unwrap() {
            "kg" | "g" | "mg" => "mass",
            "支" => "count",
            _ => "volume",
        };
        *amounts.entry(of.to_owned()).or_default() += base(quantity);
    };
    if !address.contains("/containers?") {
        for line in items(&answer) {
            let side = if persons { "with_persons" } else { "in_places" };
            let down = line[side]["down"].as_str().unwrap();
            let (more, parts, below) = opened(client, down, persons);
            containers += more;
            for (of, amount) in parts {
                *amounts.entry(of).or_default() += amount;
            }
            calls = calls.max(below + 1);
        }
        return (containers, amounts, calls);
    }
    // Three calls: the list, the history of a container in it, an entry of that history.
    for container in items(&answer) {
        let lines = history(client, container["down"].as_str().unwrap());
        let latest = &lines[0];
        assert_eq!(
            (&latest["seq"], &latest["after"]),
            (&container["entry"], &container["amount"])
        );
        assert_eq!(
            (&latest["status"], &latest["place"]),
            (&container["status"], &container["place"])
        );
        let seq = latest["seq"].as_str().unwrap();
        let entry = format!("/api/v1/entries/{seq}?{}", of_whom(address));
        client.get(&entry).expect(200);
        let wanted = if persons { "checked_out" } else { "in_stock" };
        if container["status"] == wanted {
            containers += 1;
            add(&container["amount"]);
        }
        if persons && base(&container["held"]) > 0 {
            add(&container["held"]);
        }
    }
    (containers, amounts, 3)
}

on_both! {
    fn they_are_the_stock_and_the_map_to_the_unit(server) {
        let county = county(server);
        let staff = &county.hospital.safety;
        for by in ["class", "substance", "product", "place"] {
            let stock = staff.get(&format!("/api/v1/stock?by={by}")).expect(200).json;
            let counts = counts(staff, &format!("by={by}"));
            let here = items(&counts).iter().filter(|line| line["in_places"]["quantities"] != json!([]));
            let counted: Vec<Value> = here
                .map(|line| json!([key(line), line["groups"][0]["name"], line["in_places"]["containers"], line["in_places"]["quantities"]]))
                .collect();
            let stood: Vec<Value> = items(&stock)
                .iter()
                .map(|line| json!([line["key"], line["name"], line["containers"], line["quantities"]]))
                .collect();
            assert_eq!(counted, stood, "{by}");
            assert!(counted.len() >= 3, "{by}");
            assert_eq!(counts["as_of_seq"], stock["as_of_seq"]);
        }
        // The map shows what lies at the top, with everything below it.
        let map = staff.get("/api/v1/storage-map").expect(200).json;
        let features = map["features"].as_array().unwrap();
        for feature in features {
            let counts = counts(staff, &format!("by=class&place={}", feature["id"].as_str().unwrap()));
            let shown = &feature["properties"];
            assert_eq!(shown["containers"], counts["all"]["in_places"]["containers"]);
            assert_eq!(shown["quantities"], counts["all"]["in_places"]["quantities"]);
            for class in shown["classes"].as_array().unwrap() {
                let line = items(&counts).iter().find(|line| json!(key(line)) == class["class"]).unwrap();
                assert_eq!((&class["containers"], &class["quantities"]), (&line["in_places"]["containers"], &line["in_places"]["quantities"]));
            }
        }
        let whole = counts(staff, "by=class")["all"].clone();
        let on_map: i64 = features.iter().map(|feature| feature["properties"]["containers"].as_i64().unwrap()).sum();
        assert_eq!(whole["in_places"]["containers"], on_map);
        // Of 7 containers of volume and mass, the gloves apart, one is out; 110 more of what they held.
        assert_eq!(figures(&whole), [
            (8, vec![990_000_000, 1_900_000_000, 100]),
            (1, vec![10_000_000, 600_000_000]),
        ]);
        let [inside, held, consumed] = server.assert_balanced();
        let sum: i64 = figures(&whole).iter().flat_map(|(_, amounts)| amounts).sum();
        assert_eq!((sum, consumed), (inside + held, 0));
    }

    fn every_past_moment_is_what_it_was(server) {
        let County { ethanol, lent, room, .. } = county(server);
        let begin: Time = START.parse().unwrap();
        let said = |staff: &Client, more: &str| -> Vec<Value> {
            BY.iter().map(|by| counts(staff, &format!("by={by}{more}"))).collect()
        };
        let listed = |staff: &Client, more: &str| {
            staff.get(&format!("/api/v1/counts/containers?product=2{more}")).expect(200).json
        };
        let mut kept = Vec::new();
        let mut new_label = None;
        for day in 0..6 {
            let (equipment, staff) = (server.sign_in("E001"), server.sign_in("S001"));
            let use_up = |amount: &str| staff.post("/api/v1/uses", json!({"label": ethanol[2], "amount": ml(amount)})).expect(201);
            match day {
                0 => {}
                1 => drop(use_up("200")),
                // Empty, and yet with the person until it comes back: that posts nothing.
                2 => drop(use_up("300")),
                3 => {
                    let back = json!({"label": ethanol[2], "amount": ml("0"), "place": room});
                    let back = staff.post("/api/v1/returns", back).expect(201).json["receipt"]["seq"].clone();
                    assert_eq!(server.number(&format!("SELECT COUNT(*) FROM posting WHERE institution_id = 1 AND seq = {back}")), 0);
                    // Used to the last drop in the room.
                    staff.post("/api/v1/uses", json!({"label": ethanol[0], "amount": ml("500")})).expect(201);
                }
                4 => {
                    staff.post("/api/v1/uses", json!({"label": ethanol[1], "amount": ml("60"), "source": lent})).expect(201);
                    let split = json!({"label": ethanol[3], "count": 2, "each": ml("50")});
                    let split = staff.post("/api/v1/splits", split).expect(201).json["receipt"]["seq"].to_string();
                    server.pass(1);
                    equipment.post("/api/v1/reversals", json!({"entry": split, "reason": "没有分装"})).expect(201);
                    server.pass(-1);
                }
                _ => {
                    staff.post("/api/v1/returns", json!({"label": ethanol[1], "amount": ml("40"), "source": lent})).expect(201);
                    let reprint = json!({"label": ethanol[4], "reason": "标签破损"});
                    let reprinted = equipment.post("/api/v1/labels/reprints", reprint).expect(201).json;
                    new_label = Some(reprinted["labels"][0].clone());
                }
            }
            server.pass(2);
            kept.push((begin.plus_millis(day * (DAY_MS + 2) + 2), said(&staff, ""), listed(&staff, "")));
            server.pass(DAY_MS);
        }
        let staff = server.sign_in("S001");
        let bottles = |kept: &(Time, Vec<Value>, Value)| {
            let line = items(&kept.1[2]).iter().find(|line| key(line) == "2").unwrap();
            figures(line).map(|(containers, amounts)| (containers, amounts.iter().sum::<i64>() / 1_000_000))
        };
        let history: Vec<_> = kept.iter().map(bottles).collect();
        assert_eq!(history, [
            [(4, 1900), (1, 600)], [(4, 1900), (1, 400)], [(4, 1900), (1, 100)], [(3, 1400), (0, 100)],
            [(3, 1400), (0, 40)], [(3, 1440), (0, 0)],
        ]);
        for (moment, said_then, listed_then) in &kept {
            let size = &said_then[0]["head"]["size"];
            assert_eq!(&said(&staff, &format!("&as_of={moment}")), said_then, "{moment}");
            assert_eq!(&said(&staff, &format!("&as_of={moment}&size={size}")), said_then, "{moment}");
            let mut was = listed_then.clone();
            // Labels are those of today.
            for container in was["items"].as_array_mut().unwrap() {
                if container["label"] == json!(ethanol[4]) {
                    container["label"] = new_label.clone().unwrap();
                    let down = container["down"].as_str().unwrap().replace(&ethanol[4], container["label"].as_str().unwrap());
                    container["down"] = json!(down);
                }
            }
            assert_eq!(listed(&staff, &format!("&as_of={moment}")), was, "{moment}");
            assert_eq!(staff.get(&format!("/api/v1/entries/{}", said_then[0]["as_of_seq"].as_str().unwrap())).expect(200).json["receipt"]["root"], said_then[0]["head"]["root"]);
        }
        // The whole first day, and before the book began.
        let size = |day: &str| counts(&staff, &format!("by=class&as_of={day}"))["head"]["size"].clone();
        assert_eq!(size("2026-06-01"), kept[0].1[0]["head"]["size"]);
        let before = counts(&staff, "by=class&as_of=2026-05-31");
        assert_eq!((&before["items"], &before["head"]["size"], &before["as_of_seq"]), (&json!([]), &json!(0), &Value::Null));
        assert_eq!(before["as_of"], "2026-05-31T15:59:59.999Z");
        let midway = format!("by=class&as_of={}", kept[3].0.plus_millis(DAY_MS / 2));
        assert_eq!(counts(&staff, &midway)["items"][0]["in_places"]["containers"], kept[3].1[0]["items"][0]["in_places"]["containers"]);
        server.assert_balanced();
    }

    fn every_figure_opens_to_the_entries_that_make_it(server) {
        let County { hospital, cabinet, ethanol, lent, .. } = county(server);
        let staff = &hospital.safety;
        let before: Vec<Value> = BY.iter().map(|by| counts(staff, &format!("by={by}"))).collect();
        // What is written since changes none of it.
        staff.post("/api/v1/uses", json!({"label": ethanol[0], "amount": ml("500")})).expect(201);
        staff.post("/api/v1/returns", json!({"label": ethanol[1], "amount": ml("100"), "source": lent})).expect(201);
        staff.post("/api/v1/returns", json!({"label": ethanol[2], "amount": ml("400"), "place": cabinet})).expect(201);
        let mut figures_seen = 0;
        for answer in &before {
            for line in items(answer).iter().chain([&answer["all"]]) {
                for (side, persons) in [("in_places", false), ("with_persons", true)] {
                    let figure = &line[side];
                    let Some(down) = figure["down"].as_str() else {
                        assert_eq!((&figure["containers"], &figure["quantities"]), (&json!(0), &json!([])));
                        continue;
                    };
                    let (containers, amounts, calls) = opened(staff, down, persons);
                    assert_eq!(figure["containers"], containers, "{line}");
                    let quantities: Vec<i64> = figure["quantities"].as_array().unwrap().iter().map(base).collect();
                    let order = ["mass", "volume", "count"];
                    let counted: Vec<i64> = order.iter().filter_map(|of| amounts.get(*of).copied()).collect();
                    assert_eq!(quantities, counted, "{line}");
                    assert!(calls <= 4, "{calls} calls from {line}");
                    figures_seen += 1;
                }
            }
        }
        assert!(figures_seen > 30, "{figures_seen}");
    }

    fn they_are_grouped_narrowed_and_paged(server) {
        let County { hospital, room, cabinet, .. } = county(server);
        let staff = &hospital.safety;
        let keys = |query: &str| items(&counts(staff, query)).iter().map(key).collect::<Vec<_>>();
        assert_eq!(keys("by=place"), ["1", &room, &cabinet, "persons"]);
        assert_eq!(keys("by=product&class=none"), ["3"]);
        assert_eq!(keys("by=product&class=highly_toxic"), ["1"]);
        assert_eq!(keys(&format!("by=product&place={room}")), ["2", "3"]);
        assert_eq!(keys(&format!("by=product&at={cabinet}")), ["2"]);
        assert_eq!(keys("by=product&at=persons"), ["1", "2"]);
        assert_eq!(keys("by=product&at=places"), ["1", "2", "3"]);
        let products = staff.get("/api/v1/products").expect(200).json;
        let substance = items(&products)[1]["substance"].as_str().unwrap();
        assert_eq!(keys(&format!("by=product&substance={substance}")), ["2"]);
        assert_eq!(keys("by=place,product"), [
            "1 1".to_owned(), format!("{room} 2"), format!("{room} 3"), format!("{cabinet} 2"), "persons 1".to_owned(), "persons 2".to_owned(),
        ]);
        let at_room = counts(staff, &format!("by=product&at={room}"));
        assert_eq!(at_room["all"]["in_places"]["containers"], 5);
        assert_eq!(counts(staff, &format!("by=product&place={room}"))["all"]["in_places"]["containers"], 6);
        for by in BY {
            let whole = counts(staff, &format!("by={by}"));
            let (mut paged, mut next) = (Vec::new(), String::new());
            loop {
                let page = counts(staff, &format!("by={by}&limit=1{next}"));
                paged.extend(items(&page).iter().cloned());
                assert_eq!((&page["total"], &page["all"]["in_places"]["containers"]), (&whole["total"], &json!(8)));
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&next={cursor}"),
                    None => break,
                }
            }
            assert_eq!(&paged, items(&whole), "{by}");
        }
        let list = |query: &str| staff.get(&format!("/api/v1/counts/containers?product=2{query}")).expect(200).json;
        let first = list("&limit=2");
        let second = list(&format!("&limit=3&next={}", first["next"].as_str().unwrap()));
        assert_eq!([items(&first).clone(), items(&second).clone()].concat(), *items(&list("")));
        assert_eq!(second["next"], Value::Null);
        let labels = |answer: &Value| items(answer).iter().map(|one| one["label"].clone()).collect::<Vec<_>>();
        assert_eq!(labels(&list(&format!("&at={cabinet}"))).len(), 1);
        assert_eq!(labels(&list(&format!("&place={room}"))).len(), 4);
        assert_eq!(labels(&list("&at=persons")).len(), 2);
    }

    fn containers_of_a_past_moment_are_read_from_their_own_entries(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let acetone = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        server.pass(DAY_MS);
        let (equipment, safety) = (server.sign_in("E001"), server.sign_in("S001"));
        let used = json!({"label": labels[0], "amount": ml("20")});
        safety.post("/api/v1/uses", used.clone()).expect(201);
        let other = json!({"product": acetone, "count": 2, "each": ml("500"), "place": room, "expires_on": "2028-05-01"});
        let other = equipment.post("/api/v1/receipts", other).expect(201).json["receipt"]["seq"].clone();
        safety.post("/api/v1/uses", used).expect(201);
        // Whoever reads that entry comes to grief.
        server.tamper(&format!("UPDATE entry SET bytes = leaf_hash WHERE institution_id = 1 AND log = 0 AND seq = {other}"));
        let listed = safety.get("/api/v1/counts/containers?product=1&as_of=2026-06-01").expect(200).json;
        let amounts: Vec<i64> = items(&listed).iter().map(|one| base(&one["amount"])).collect();
        assert_eq!((amounts.len(), amounts[0]), (labels.len(), amounts[1]));
    }

    fn wrong_questions_are_answered_with_what_is_wrong(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let staff = &hospital.safety;
        let ask = |query: &str| staff.get(&format!("/api/v1/counts?{query}"));
        let pointers = |query: &str| {
            let refused = ask(query).refused(422, "fields_invalid");
            let errors = refused.json["errors"].as_array().unwrap().iter();
            errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(pointers("limit=1"), ["/by"]);
        assert_eq!(
            pointers("by=colour&class=poison&substance=x&product=x&place=x&at=x&as_of=2026&size=-1&until=1"),
            ["/by", "/class", "/substance", "/product", "/place", "/at", "/as_of", "/size", "/until"],
        );
        for by in ["class,class", "class,place,product", "", "class,"] {
            assert_eq!(pointers(&format!("by={by}")), ["/by"], "{by}");
        }
        ask("by=class&as_of=2026-06-02").refused(422, "moment_in_future");
        ask("by=class&as_of=2026-06-01T00:00:00.001Z").refused(422, "moment_in_future");
        ask("by=class&as_of=2026-06-01").expect(200);
        let size = ask("by=class").expect(200).json["head"]["size"].as_u64().unwrap();
        ask(&format!("by=class&size={size}")).expect(200);
        ask(&format!("by=class&size={}", size + 1)).refused(404, "entry_unknown");
        ask("by=class&size=18446744073709551615").refused(404, "entry_unknown");
        ask("by=class&place=99").refused(404, "place_unknown");
        ask("by=class&at=99").refused(404, "place_unknown");
        ask("by=class&product=99").refused(404, "product_unknown");
        staff.get("/api/v1/counts/containers").refused(422, "fields_invalid");
        staff.get("/api/v1/counts/containers?product=99").refused(404, "product_unknown");
        staff.get("/api/v1/counts/containers?product=1&place=99").refused(404, "place_unknown");
        staff.get("/api/v1/counts/containers?product=1&as_of=2026-06-02").refused(422, "moment_in_future");
        hospital.administrator.get("/api/v1/counts?by=class").refused(403, "not_permitted");
        let other = server.second_hospital();
        for path in ["counts?by=class&place=", "counts?by=class&at=", "counts/containers?product=1&place="] {
            staff.get(&format!("/api/v1/{path}{room}")).expect(200);
            let foreign = other.safety.get(&format!("/api/v1/{path}{room}"));
            assert_eq!(foreign.status, 404, "{}", foreign.text);
        }
        assert_eq!(other.safety.get("/api/v1/counts?by=class").expect(200).json["items"], json!([]));
    }
}
