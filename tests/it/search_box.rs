//! The one search box over HTTP: what a person types at the cabinet finds the bottle and its place.

use serde_json::{Value, json};

use crate::harness::client::{Client, encoded};
use crate::harness::on_both;

/// Names of the products found, and the labels under the first one.
fn find(client: &Client, q: &str) -> (Vec<String>, Vec<String>) {
    let found = client
        .get(&format!("/api/v1/search?q={}", encoded(q)))
        .expect(200)
        .json;
    let column = |items: &Value, field: &str| -> Vec<String> {
        let items = items.as_array().into_iter().flatten();
        items
            .map(|item| item[field].as_str().unwrap().to_owned())
            .collect()
    };
    let items = &found["items"];
    (
        column(items, "name"),
        column(&items[0]["containers"], "label"),
    )
}

on_both! {
    fn name_alias_pinyin_initials_and_cas_find_the_product(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.product(json!({"name": "乙酸乙酯", "cas": "141-78-6", "dimension": "volume"}));
        hospital.product(json!({"name": "二甲苯", "qualifier": "试剂级", "dimension": "volume"}));
        for q in ["乙醇", "无水", "无水 乙醇", "无水酒精", "酒精", "yichun", "yc", "64-17-5", "６４－１７－５", "64175"] {
            let (names, found) = find(&hospital.safety, q);
            assert_eq!(names.first().map(String::as_str), Some("乙醇"), "{q}");
            assert_eq!(found, labels, "{q}");
        }
        assert_eq!(find(&hospital.safety, "乙酯").0, ["乙酸乙酯"]);
        assert_eq!(find(&hospital.safety, "甲苯").0, ["二甲苯"]);
        for q in ["硫酸", "17-5", "%", "_", "!", "乙%", "乙_"] {
            assert_eq!(find(&hospital.safety, q).0, Vec::<String>::new(), "{q}");
        }
        server.assert_sound();
    }

    fn the_end_of_a_label_and_a_lot_find_the_containers(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let digits = &labels[3];
        for q in [digits.clone(), digits[10..].to_owned(), digits[4..].to_owned(), format!("{} {}", &digits[8..12], &digits[12..])] {
            assert_eq!(find(&hospital.safety, &q), (vec!["乙醇".to_owned()], vec![digits.clone()]), "{q}");
        }
        assert_eq!(find(&hospital.safety, "202605").1, labels);
        assert_eq!(find(&hospital.safety, "2026-0501").1, labels);
        assert_eq!(find(&hospital.safety, "0501").1, Vec::<String>::new());
        let found = hospital.safety.get("/api/v1/search?q=20260501").expect(200).json;
        let first = &found["items"][0];
        assert_eq!((&first["in_stock"], &first["containers"][0]["place"]), (&json!(5), &json!(room)));
        assert_eq!(first["containers"][0]["place_path"], json!(["试剂库"]));
    }

    fn many_products_come_in_pages_the_closest_name_first(server) {
        let hospital = server.hospital();
        for name in ["磷酸盐试液", "试液甲", "试液", "缓冲试液"] {
            hospital.product(json!({"name": name, "dimension": "mass"}));
        }
        let mut names = Vec::new();
        let mut next = String::new();
        loop {
            let page = hospital.safety.get(&format!("/api/v1/search?q={}&limit=1{next}", encoded("试液"))).expect(200).json;
            assert_eq!(page["total"], 4);
            names.push(page["items"][0]["name"].as_str().unwrap().to_owned());
            match page["next"].as_str() {
                Some(cursor) => next = format!("&next={cursor}"),
                None => break,
            }
        }
        assert_eq!(names, ["试液", "试液甲", "缓冲试液", "磷酸盐试液"]);
    }

    fn verify_sees_a_search_column_changed_by_hand(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        server.stop();
        for (table, column) in [("product", "search"), ("product", "aliases"), ("container", "lot_key")] {
            server.tamper(&format!("UPDATE {table} SET {column} = {column} || 'x'"));
            let findings = server.verify().findings;
            let named = findings.iter().any(|finding| {
                finding.what.starts_with(&format!("{table}: ")) && finding.what.contains(&format!("{column}: "))
            });
            assert!(named, "{column}: {findings:?}");
        }
    }
}
