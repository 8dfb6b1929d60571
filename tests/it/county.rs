//! 全辖区: what a bureau sums is the sum of the sites, of any moment, and opens to entries.

use std::collections::BTreeMap;

use hazledger::domain::{institution::InstitutionKind, time::Time};
use serde_json::{Value, json};

use crate::counts::{base, opened};
use crate::harness::client::Client;
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::oversight::bureau;
use crate::signing::{BOTH, ask, cyanide, sign};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Three hospitals of one city in two districts, one elsewhere, and the officers of a district, the city and
/// the other place.
pub struct City {
    pub hospitals: [Hospital; 3],
    pub elsewhere: Hospital,
    pub district: Client,
    pub city: Client,
    pub other: Client,
}

fn gloves(hospital: &Hospital, room: &str, count: u32) {
    let product = hospital.product(json!({"name": "乳胶手套", "dimension": "count"}));
    let receipt = json!({
        "product": product, "count": count, "each": {"value": "50", "unit": "盒"}, "place": room,
    });
    hospital
        .equipment
        .post("/api/v1/receipts", receipt)
        .expect(201);
}

/// Two more bottles of a product that is there.
fn more(hospital: &Hospital, product: &str, place: &str) {
    let each = json!({"value": "1", "unit": "L"});
    let receipt = json!({"product": product, "count": 2, "each": each, "place": place});
    hospital
        .equipment
        .post("/api/v1/receipts", receipt)
        .expect(201);
}

pub fn city(server: &TestServer) -> City {
    let first = server.hospital();
    let (_, locked) = cyanide(&first);
    let (room, ethanol) = first.ethanol();
    gloves(&first, &room, 2);
    let part = json!({"label": ethanol[0], "amount": {"value": "100", "unit": "mL"}});
    first.safety.post("/api/v1/checkouts", part).expect(201);
    let whole = json!({"label": ethanol[1], "whole": true});
    first.safety.post("/api/v1/checkouts", whole).expect(201);
    let request = ask(&first.safety, &locked[0], "10").expect(201);
    sign(&first.safety, &request, BOTH).expect(201);
    // The same things under other numbers.
    let second = server.second_hospital();
    let room = second.place(json!({"kind": "room", "name": "库房"}));
    gloves(&second, &room, 3);
    second.ethanol();
    let third = server.another(
        InstitutionKind::Hospital,
        "铁东区医院",
        "12220300412756095N",
        "220303",
    );
    let (_, bottles) = third.ethanol();
    let whole = json!({"label": bottles[0], "whole": true});
    third.safety.post("/api/v1/checkouts", whole).expect(201);
    let elsewhere = server.another(
        InstitutionKind::Hospital,
        "辽源市医院",
        "12220400412756096Y",
        "220402",
    );
    elsewhere.ethanol();
    let (_, district) = bureau(server, "12220300412756092D", "220302");
    let (_, city) = bureau(server, "12220300412756093G", "220300");
    let (_, other) = bureau(server, "12220300412756094K", "220400");
    City {
        hospitals: [first, second, third],
        elsewhere,
        district,
        city,
        other,
    }
}

fn counts(client: &Client, query: &str) -> Value {
    let path = format!("/api/v1/counts?{query}");
    client.get(&path).expect(200).json
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().unwrap()
}

/// Containers and base units by dimension, at places and with persons.
fn figures(of: &Value) -> [(i64, BTreeMap<String, i64>); 2] {
    ["in_places", "with_persons"].map(|side| {
        let quantities = of[side]["quantities"].as_array().unwrap().iter();
        let of_unit = |quantity: &Value| match quantity["unit"].as_str().unwrap() {
            "kg" | "g" | "mg" => "mass",
            "L" | "mL" => "volume",
            _ => "count",
        };
        (
            of[side]["containers"].as_i64().unwrap(),
            quantities
                .map(|quantity| (of_unit(quantity).to_owned(), base(quantity)))
                .collect(),
        )
    })
}

fn sum(
    all: impl IntoIterator<Item = [(i64, BTreeMap<String, i64>); 2]>,
) -> [(i64, BTreeMap<String, i64>); 2] {
    let mut sum: [(i64, BTreeMap<String, i64>); 2] = Default::default();
    for figures in all {
        for ((containers, amounts), (more, parts)) in sum.iter_mut().zip(figures) {
            *containers += more;
            for (of, amount) in parts {
                *amounts.entry(of).or_default() += amount;
            }
        }
    }
    sum
}

fn keys(answer: &Value) -> Vec<String> {
    let lines = items(answer).iter();
    lines
        .map(|line| {
            let groups = line["groups"].as_array().unwrap().iter();
            let keys: Vec<&str> = groups.map(|group| group["key"].as_str().unwrap()).collect();
            keys.join(" ")
        })
        .collect()
}

const BY: [&str; 9] = [
    "class",
    "substance",
    "product",
    "place",
    "region",
    "institution",
    "region,class",
    "place,class",
    "substance,institution",
];

on_both! {
    fn what_a_bureau_sums_is_the_sum_of_the_sites_each_with_its_head(server) {
        let city = city(server);
        let own: Vec<Value> = city.hospitals.iter().map(|hospital| counts(&hospital.safety, "by=class")).collect();
        let whole = sum(own.iter().map(|answer| figures(&answer["all"])));
        assert_eq!(whole[0].0, 6 + 2 + 8 + 4);
        assert_eq!(whole[1].0, 2);
        for by in BY {
            let answer = counts(&city.city, &format!("by={by}&limit=200"));
            assert_eq!(figures(&answer["all"]), whole, "{by}");
            assert_eq!(answer["region"], "220300");
            // By class and by place and class, what has two classes stands in two lines.
            if !by.contains("class") {
                assert_eq!(sum(items(&answer).iter().map(figures)), whole, "{by}");
            }
            let sites = answer["institutions"].as_array().unwrap();
            let shown: Vec<&str> = sites.iter().map(|site| site["institution"].as_str().unwrap()).collect();
            assert_eq!(shown, ["1", "2", "3", "5", "6"]);
            for (site, own) in sites.iter().zip(&own) {
                assert_eq!(site["head"], own["head"]);
            }
        }
        // The district counts two of them, the other city the one that is elsewhere.
        let district = sum(own[..2].iter().map(|answer| figures(&answer["all"])));
        assert_eq!(figures(&counts(&city.district, "by=class")["all"]), district);
        let elsewhere = counts(&city.elsewhere.safety, "by=class");
        assert_eq!(figures(&counts(&city.other, "by=class")["all"]), figures(&elsewhere["all"]));
        // Part of the region, and one institution.
        assert_eq!(figures(&counts(&city.city, "by=class&region=220302")["all"]), district);
        for (number, own) in (1..).zip(&own) {
            assert_eq!(figures(&counts(&city.city, &format!("by=class&institution={number}"))["all"]), figures(&own["all"]));
        }
        // A bureau that names itself counts itself.
        let itself = counts(&city.city, "by=class&institution=6");
        assert_eq!((&itself["items"], &itself["institutions"]), (&json!([]), &Value::Null));
        server.assert_balanced();
    }

    fn groups_hold_what_is_the_same_in_all_institutions(server) {
        let city = city(server);
        let ask = |query: &str| counts(&city.city, query);
        assert_eq!(keys(&ask("by=region")), ["220302", "220303"]);
        assert_eq!(items(&ask("by=region"))[0]["groups"][0]["name"], json!(["铁西区"]));
        assert_eq!(keys(&counts(&city.district, "by=region")), ["220302"]);
        assert_eq!(keys(&ask("by=institution")), ["1", "2", "3"]);
        assert_eq!(keys(&ask("by=place")), ["1-1", "1-2", "1-persons", "2-1", "2-2", "3-1", "3-persons"]);
        assert_eq!(keys(&ask("by=product")), ["1-1", "1-2", "1-3", "2-1", "2-2", "3-1"]);
        assert_eq!(items(&ask("by=product"))[1]["groups"][0]["name"], json!(["四平市中心人民医院", "乙醇", "无水"]));
        // By substance the number of the product is nothing: ethanol of three, gloves of two that no list knows.
        let substances = ask("by=substance");
        assert_eq!(items(&substances).len(), 3);
        let named = |name: &str| items(&substances).iter().find(|line| line["groups"][0]["name"] == json!([name])).unwrap();
        assert_eq!(named("乙醇")["in_places"]["containers"], 4 + 5 + 4);
        assert_eq!(named("乳胶手套")["in_places"]["containers"], 2 + 3);
        for line in items(&substances) {
            let key = line["groups"][0]["key"].as_str().unwrap();
            let only = ask(&format!("by=institution&substance={key}"));
            assert_eq!(figures(&only["all"]), figures(line), "{key}");
            assert_eq!(sum(items(&only).iter().map(figures)), figures(line), "{key}");
        }
        let toxic = ask("by=institution&class=highly_toxic");
        assert_eq!((keys(&toxic), &toxic["all"]["in_places"]["containers"]), (vec!["1".to_owned()], &json!(2)));
        let out = ask("by=institution&at=persons");
        assert_eq!((keys(&out), &out["all"]["with_persons"]["containers"]), (vec!["1".to_owned(), "3".to_owned()], &json!(2)));
        assert_eq!(out["all"]["in_places"]["containers"], 0);
        // Page by page they are the same lines.
        for by in BY {
            let whole = ask(&format!("by={by}&limit=200"));
            let (mut paged, mut next) = (Vec::new(), String::new());
            loop {
                let page = ask(&format!("by={by}&limit=2{next}"));
                paged.extend(items(&page).iter().cloned());
                assert_eq!(page["all"], whole["all"], "{by}");
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&next={cursor}"),
                    None => break,
                }
            }
            assert_eq!(&paged, items(&whole), "{by}");
        }
    }

    fn every_figure_of_a_region_opens_to_entries_in_four_calls(server) {
        let city = city(server);
        let before: Vec<Value> = BY.iter().map(|by| counts(&city.city, &format!("by={by}&limit=200"))).collect();
        // What is written since changes none of it.
        server.pass(5);
        more(&city.hospitals[0], "2", "2");
        let mut figures_seen = 0;
        for answer in &before {
            for line in items(answer).iter().chain([&answer["all"]]) {
                for (side, persons) in [("in_places", false), ("with_persons", true)] {
                    let figure = &line[side];
                    let Some(down) = figure["down"].as_str() else {
                        assert_eq!((&figure["containers"], &figure["quantities"]), (&json!(0), &json!([])));
                        continue;
                    };
                    let (containers, amounts, calls) = opened(&city.city, down, persons);
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
        assert!(figures_seen > 50, "{figures_seen}");
    }

    fn three_past_moments_are_what_they_were(server) {
        city(server);
        server.pass(1);
        let mut kept: Vec<(Time, Vec<Value>)> = Vec::new();
        let said = |officer: &Client, more: &str| -> Vec<Value> {
            BY.iter().map(|by| counts(officer, &format!("by={by}&limit=200{more}"))).collect()
        };
        for day in 0..3 {
            let officer = server.anonymous().sign_in_to("6", "B001");
            let now = counts(&officer, "by=class")["as_of"].as_str().unwrap().parse().unwrap();
            kept.push((now, said(&officer, "")));
            server.pass(DAY_MS);
            let [safety, equipment] = ["S001", "E001"].map(|who| server.anonymous().sign_in_to("1", who));
            let (product, room) = ("2", "2");
            let receipt = json!({"product": product, "count": day + 1, "each": {"value": "1", "unit": "L"}, "place": room});
            let label = equipment.post("/api/v1/receipts", receipt).expect(201).json["labels"][0].clone();
            safety.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201);
            let used = json!({"label": label, "amount": {"value": "400", "unit": "mL"}});
            safety.post("/api/v1/uses", used).expect(201);
            if day == 1 {
                let others = server.anonymous().sign_in_to("3", "E001");
                let receipt = json!({"product": "1", "count": 2, "each": {"value": "1", "unit": "L"}, "place": "1"});
                others.post("/api/v1/receipts", receipt).expect(201);
            }
            server.pass(1);
        }
        // By now more is written since the first moment than before it.
        let equipment = server.anonymous().sign_in_to("1", "E001");
        for _ in 0..60 {
            let receipt = json!({"product": "2", "count": 1, "each": {"value": "1", "unit": "L"}, "place": "2"});
            equipment.post("/api/v1/receipts", receipt).expect(201);
        }
        server.pass(1);
        let officer = server.anonymous().sign_in_to("6", "B001");
        let containers: Vec<i64> = kept.iter().map(|(_, said)| said[0]["all"]["in_places"]["containers"].as_i64().unwrap()).collect();
        assert_eq!(containers, [20, 20, 23]);
        for (moment, then) in &kept {
            let heads = then[0]["heads"].as_str().unwrap();
            assert_eq!(&said(&officer, &format!("&as_of={moment}&heads={heads}")), then, "{moment}");
        }
        // A day counts in full; before the books began there was nothing.
        let first_day = counts(&officer, "by=class&as_of=2026-06-01");
        assert_eq!((&first_day["all"], &first_day["heads"]), (&strip(&kept[0].1[0], &first_day), &kept[0].1[0]["heads"]));
        let before = counts(&officer, "by=class&as_of=2026-05-31");
        assert_eq!((&before["items"], &before["institutions"]), (&json!([]), &json!([])));
        server.assert_balanced();
    }

    fn figures_that_are_no_longer_those_are_refused(server) {
        let city = city(server);
        let answer = counts(&city.city, "by=class");
        let down = answer["all"]["in_places"]["down"].as_str().unwrap();
        city.city.get(down).expect(200);
        // In the same millisecond: nobody could tell it from what was counted.
        more(&city.hospitals[1], "2", "1");
        city.city.get(down).refused(422, "heads_moved");
        let anew = counts(&city.city, "by=class");
        city.city.get(anew["all"]["in_places"]["down"].as_str().unwrap()).expect(200);
    }

    fn what_means_something_in_one_institution_only_is_refused_for_a_region(server) {
        let city = city(server);
        let ask = |query: &str| city.city.get(&format!("/api/v1/counts?by=class&{query}"));
        for query in ["product=1", "place=1", "size=3", "at=1"] {
            let refused = ask(query).refused(422, "institution_needed");
            assert_eq!(refused.json["parameter"], query.split('=').next().unwrap());
            ask(&format!("{query}&institution=1")).expect(200);
        }
        ask("region=220303").expect(200);
        ask("region=220402").refused(404, "region_unknown");
        ask("region=220399").refused(404, "region_unknown");
        city.district.get("/api/v1/counts?by=class&region=220300").refused(404, "region_unknown");
        let ended = ask("region=220381").refused(422, "region_not_in_force");
        assert_eq!(ended.json["instead"], "220184");
        ask("as_of=2026-06-02").refused(422, "moment_in_future");
        // Within an institution there is no region.
        let staff = &city.hospitals[0].safety;
        staff.get("/api/v1/counts?by=region").refused(422, "region_needed");
        staff.get("/api/v1/counts?by=class,institution").refused(422, "region_needed");
        staff.get("/api/v1/counts?by=class&region=220302").refused(422, "region_needed");
        staff.get("/api/v1/counts?by=class&heads=x").refused(422, "region_needed");
        city.city.get("/api/v1/counts?by=region&institution=1").refused(422, "region_needed");
        // Nobody of a bureau but its officers sums.
        let equipment = server.anonymous().sign_in_to("6", "E001");
        assert_eq!(equipment.get("/api/v1/counts?by=class").expect(200).json["institutions"], Value::Null);
    }

    fn a_region_is_counted_without_reading_a_container(server) {
        let city = city(server);
        let before: Vec<Value> = ["class", "substance", "institution", "place"].map(|by| counts(&city.city, &format!("by={by}"))).into();
        server.stop();
        // Whoever read them would miss them. The totals stay.
        server.tamper("DELETE FROM standing; DELETE FROM holding; DELETE FROM posting");
        server.restart();
        let officer = server.anonymous().sign_in_to("6", "B001");
        let after: Vec<Value> = ["class", "substance", "institution", "place"].map(|by| counts(&officer, &format!("by={by}"))).into();
        assert_eq!(before.iter().map(|answer| &answer["items"]).collect::<Vec<_>>(), after.iter().map(|answer| &answer["items"]).collect::<Vec<_>>());
        // And the totals are what entries make: a changed one is found.
        server.stop();
        server.tamper("UPDATE product_total SET containers_out = containers_out + 1 WHERE institution_id = 3");
        assert!(server.verify().findings.iter().any(|finding| finding.to_string().contains("product_total")));
    }

    fn the_map_leads_from_regions_to_institutions_to_places_with_the_same_totals(server) {
        let city = city(server);
        let map = |query: &str| city.city.get(&format!("/api/v1/storage-map?{query}")).expect(200).json;
        let features = |map: &Value| map["features"].as_array().unwrap().clone();
        let ids = |map: &Value| -> Vec<String> {
            features(map).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        let containers = |map: &Value| -> i64 {
            features(map).iter().map(|one| one["properties"]["containers"].as_i64().unwrap()).sum()
        };
        let counted = counts(&city.city, "by=class");
        let regions = map("");
        assert_eq!(regions["region"], "220300");
        assert_eq!(regions["heads"], counted["heads"]);
        assert!(ids(&regions).contains(&"220322".to_owned()), "counties where nobody is yet are on the map");
        // The bureau of the city lies right in it.
        assert_eq!(features(&regions).iter().filter(|one| one["properties"]["kind"] == "institution").count(), 1);
        assert_eq!(containers(&regions), counted["all"]["in_places"]["containers"].as_i64().unwrap());
        assert_eq!(containers(&map("level=institution")), containers(&regions));
        for feature in features(&regions) {
            let shown = &feature["properties"];
            let Some(line) = items(&counts(&city.city, "by=region")).iter().find(|line| line["groups"][0]["key"] == feature["id"]).cloned() else {
                assert_eq!(shown["containers"], 0);
                continue;
            };
            assert_eq!((&shown["containers"], &shown["quantities"]), (&line["in_places"]["containers"], &line["in_places"]["quantities"]));
            let by_class = counts(&city.city, &format!("by=class&region={}", feature["id"].as_str().unwrap()));
            for class in shown["classes"].as_array().unwrap() {
                let line = items(&by_class).iter().find(|line| line["groups"][0]["key"] == class["class"]).unwrap();
                assert_eq!((&class["containers"], &class["quantities"]), (&line["in_places"]["containers"], &line["in_places"]["quantities"]));
            }
            // One level a call, down to the places.
            let institutions = city.city.get(shown["down"].as_str().unwrap()).expect(200).json;
            assert_eq!(containers(&institutions), shown["containers"].as_i64().unwrap());
            for institution in features(&institutions) {
                assert_eq!(institution["properties"]["parent"], feature["id"]);
                let places = city.city.get(institution["properties"]["down"].as_str().unwrap()).expect(200).json;
                assert_eq!(containers(&places), institution["properties"]["containers"].as_i64().unwrap());
            }
        }
        let toxic = map("class=highly_toxic");
        assert_eq!((ids(&toxic), containers(&toxic)), (vec!["220302".to_owned()], 2));
        assert_eq!(features(&toxic)[0]["properties"]["strictest"], "highly_toxic");
        let ethanol = items(&counts(&city.city, "by=substance"))[0]["groups"][0]["key"].as_str().unwrap().to_owned();
        assert_eq!(containers(&map(&format!("substance={ethanol}&level=institution"))), items(&counts(&city.city, "by=substance"))[0]["in_places"]["containers"].as_i64().unwrap());
        let point = features(&regions)[0]["geometry"]["coordinates"].clone();
        let around = map(&format!("bbox={0},{1},{0},{1}", point[0], point[1]));
        assert_eq!(ids(&around), ids(&regions)[..1]);
        // A past moment, and the same map again.
        server.pass(1);
        let answer = city.city.get("/api/v1/storage-map").expect(200);
        assert_eq!(city.city.get_unless("/api/v1/storage-map", answer.etag.as_ref().unwrap()).status, 304);
        more(&city.hospitals[0], "2", "2");
        let now = city.city.get_unless("/api/v1/storage-map", answer.etag.as_ref().unwrap()).expect(200).json;
        assert_eq!(containers(&now), containers(&regions) + 2);
        assert_eq!(features(&map("as_of=2026-06-01T00:00:00Z")), regions["features"].as_array().unwrap().iter().map(|feature| {
            let mut feature = feature.clone();
            let down = feature["properties"]["down"].as_str().unwrap();
            feature["properties"]["down"] = json!(format!("{down}&as_of=2026-06-01T00:00:00.000Z"));
            feature
        }).collect::<Vec<_>>());
        let then = city.city.get("/api/v1/storage-map?institution=1&as_of=2026-06-01T00:00:00Z").expect(200).json;
        assert_eq!(containers(&then) + 2, containers(&map("institution=1")));
        for (query, code) in [("level=room", "institution_needed"), ("parent=7", "institution_needed"), ("size=1", "institution_needed")] {
            city.city.get(&format!("/api/v1/storage-map?{query}")).refused(422, code);
        }
        city.city.get("/api/v1/storage-map?parent=220400").refused(404, "region_unknown");
        city.hospitals[0].safety.get("/api/v1/storage-map?level=region").refused(422, "region_needed");
    }

    fn the_table_of_a_region_is_the_tables_of_its_institutions(server) {
        let city = city(server);
        let period = "from=2026-06-01&to=2026-06-01";
        let mut expected: Vec<Value> = Vec::new();
        let mut rows = 0;
        for (number, hospital) in (1..).zip(&city.hospitals) {
            let own = hospital.safety.get(&format!("/api/v1/usage-table?{period}")).expect(200).json;
            for line in items(&own) {
                let mut line = line.clone();
                line["institution"] = json!(number.to_string());
                line["institution_name"] = json!(["四平市中心人民医院", "四平市第二人民医院", "铁东区医院"][number - 1]);
                expected.push(line);
            }
            rows += items(&own).len();
        }
        assert!(rows >= 8, "{rows}");
        let table = |more: &str| city.city.get(&format!("/api/v1/usage-table?{period}{more}")).expect(200);
        let whole = table("&limit=200").json;
        assert_eq!(items(&whole), &expected);
        let counted = counts(&city.city, "by=class&as_of=2026-06-01");
        assert_eq!((&whole["heads"], &whole["institutions"]), (&counted["heads"], &counted["institutions"]));
        let (mut paged, mut next) = (Vec::new(), String::new());
        loop {
            let page = table(&format!("&limit=3{next}")).json;
            paged.extend(items(&page).iter().cloned());
            match page["next"].as_str() {
                Some(cursor) => next = format!("&next={cursor}"),
                None => break,
            }
        }
        assert_eq!(paged, expected);
        // Narrowed, and by part of the region.
        let of = |lines: &Value| items(lines).iter().map(|line| line["institution"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(of(&table("&region=220303").json), ["3", "3"]);
        assert_eq!(of(&table("&class=highly_toxic").json), ["1", "1"]);
        // Whole as a file: one heading, all rows, named after the region, the period and all heads.
        let file = table("&format=csv");
        let text = file.text.strip_prefix('\u{feff}').unwrap();
        assert_eq!(text.lines().count(), rows + 1);
        assert!(text.starts_with("数据性质,单位名称,"), "{text}");
        let named = file.header("Content-Disposition");
        let heads = &whole["heads"].as_str().unwrap()[..16];
        assert!(named.contains(&format!("usage-table-region-220300-20260601-20260601-{heads}.csv")), "{named}");
        for (query, code) in [("place=1", "institution_needed"), ("product=1", "institution_needed")] {
            city.city.get(&format!("/api/v1/usage-table?{period}&{query}")).refused(422, code);
        }
        city.city.get(&format!("/api/v1/usage-table?{period}&region=220400")).refused(404, "region_unknown");
        city.city.get("/api/v1/usage-table?from=2026-06-02").refused(422, "moment_in_future");
        city.city.get(&format!("/api/v1/usage-table?{period}&next=eA")).refused(422, "fields_invalid");
        city.hospitals[0].safety.get(&format!("/api/v1/usage-table?{period}&region=220302")).refused(422, "region_needed");
    }

    fn where_poison_stands_is_told_to_who_needs_it(server) {
        let hospital = server.hospital();
        let (cabinet, _) = cyanide(&hospital);
        hospital.ethanol();
        let ids = |map: &Value| -> Vec<String> {
            map["features"].as_array().unwrap().iter().filter(|one| one["properties"]["containers"] != 0)
                .map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        let told = |client: &Client, of: &str| client.get(&format!("/api/v1/storage-map?level=cabinet{of}")).expect(200).json;
        for (nth, role) in (1..).zip(["staff", "head", "auditor"]) {
            let number = format!("Z{nth:03}");
            let person = hospital.enrol(server, &number, 20 + nth);
            hospital.appoint(&person, role);
            let client = server.sign_in(&number);
            let map = told(&client, "");
            let sees = role == "auditor";
            assert_eq!(map["withheld"], if sees { json!([]) } else { json!(["highly_toxic"]) }, "{role}");
            assert_eq!(ids(&map), if sees { vec![cabinet.clone()] } else { vec![] }, "{role}");
            let all = client.get("/api/v1/storage-map?class=highly_toxic").expect(200).json;
            assert_eq!(ids(&all).len(), usize::from(sees), "{role}");
        }
        for (client, of) in [(&hospital.safety, ""), (&hospital.equipment, ""), (&officer, "&institution=1")] {
            assert_eq!(ids(&told(client, of)), std::slice::from_ref(&cabinet));
        }
    }

    fn an_institution_is_counted_under_the_code_of_the_day(server) {
        // 公主岭市 was 220381 under 四平 and became 220184 under 长春 in June 2020.
        let years = -7 * 365 * DAY_MS;
        server.pass(years);
        let gongzhuling = server.another(InstitutionKind::Hospital, "公主岭市中心医院", "122203814127560977", "220381");
        gongzhuling.ethanol();
        let (_, siping) = bureau(server, "12220300412756093G", "220300");
        let (_, changchun) = bureau(server, "12220100412756098M", "220100");
        assert_eq!(keys(&counts(&siping, "by=region")), ["220381"]);
        assert_eq!(keys(&counts(&changchun, "by=region")), Vec::<String>::new());
        siping.get("/api/v1/counts?by=class&region=220184").refused(422, "region_not_in_force");
        siping.get("/api/v1/stock?by=class&institution=1").expect(200);
        server.pass(-years);
        let [siping, changchun] = ["2", "3"].map(|bureau| server.anonymous().sign_in_to(bureau, "B001"));
        assert_eq!(keys(&counts(&siping, "by=region")), Vec::<String>::new());
        assert_eq!(keys(&counts(&changchun, "by=region")), ["220184"]);
        siping.get("/api/v1/stock?by=class&institution=1").refused(404, "institution_unknown");
        changchun.get("/api/v1/stock?by=class&institution=1").expect(200);
        // What was is still counted where it was.
        let then = counts(&siping, "by=region&as_of=2020-01-01");
        assert_eq!((keys(&then), &then["all"]["in_places"]["containers"]), (vec!["220381".to_owned()], &json!(5)));
        assert_eq!(keys(&counts(&changchun, "by=region&as_of=2020-01-01")), Vec::<String>::new());
        assert_eq!(keys(&counts(&changchun, "by=region&as_of=2020-06-19")), ["220184"]);
        server.assert_balanced();
    }
}

/// The figures of `of` with the addresses of `like`.
fn strip(of: &Value, like: &Value) -> Value {
    let mut all = of["all"].clone();
    for side in ["in_places", "with_persons"] {
        all[side]["down"] = like["all"][side]["down"].clone();
    }
    all
}
