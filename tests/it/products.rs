//! Products: what the lists make of a name, and what a person may choose.

use serde_json::{Value, json};

use crate::harness::on_both;

fn classes(product: &Value) -> Vec<&str> {
    let lines = product["classes"].as_array().unwrap().iter();
    lines.map(|line| line["class"].as_str().unwrap()).collect()
}

on_both! {
    fn where_a_name_leaves_several_a_person_chooses_one_of_them(server) {
        let hospital = server.hospital();
        let solution = |substance: Value| json!({
            "name": "氰化钾", "qualifier": "0.1%", "cas": "151-50-8", "dimension": "volume", "substance": substance,
        });
        let make = |body: Value| hospital.equipment.post("/api/v1/products", body);
        let refused = make(solution(Value::Null)).refused(422, "substance_ambiguous");
        let named = refused.json["candidates"].as_str().unwrap().to_owned();
        assert!(named.starts_with("hc1686 氰化钾：") && named.contains("鉴别"), "{named}");
        // Nobody makes cyanide harmless by choosing another entry.
        make(solution(json!("hc2303"))).refused(422, "substance_not_a_match");
        let made = make(solution(json!("hc1686"))).expect(201);
        assert_eq!(classes(&made.json), ["hazardous", "highly_toxic"]);

        let disagree = json!({"name": "氰化钾", "cas": "143-33-9", "dimension": "mass"});
        let refused = make(disagree).refused(422, "substance_ambiguous");
        assert!(refused.json["detail"].as_str().unwrap().contains("品名与CAS号不一致"), "{}", refused.text);
        server.assert_sound();
    }

    fn a_list_that_names_a_substance_twice_counts_once(server) {
        let hospital = server.hospital();
        // Row 1 砒石, 2 砒霜 and 33 三氧化二砷 of the list are one substance.
        let made = json!({"name": "三氧化二砷", "dimension": "mass"});
        let made = hospital.equipment.post("/api/v1/products", made).expect(201);
        let toxic = classes(&made.json).into_iter().filter(|class| *class == "medical_toxic");
        assert_eq!(toxic.count(), 1, "{}", made.text);
    }
}
