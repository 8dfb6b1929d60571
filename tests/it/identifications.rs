//! 识别: what nobody knows is neither received nor used until somebody does.

use serde_json::json;

use crate::harness::on_both;

on_both! {
    fn a_product_that_no_list_knows_is_identified_before_it_is_received(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let made = hospital.equipment.post("/api/v1/products", json!({"name": "来历不明的粉末", "dimension": "mass"})).expect(201);
        assert_eq!(made.json["classes"][0]["class"], "unidentified");
        let product = made.json["product"].as_str().unwrap();
        let receipt = json!({"product": product, "count": 1, "each": {"value": "1", "unit": "g"}, "place": room});
        hospital.equipment.post("/api/v1/receipts", receipt.clone()).refused(422, "product_unidentified");
        let path = format!("/api/v1/products/{product}/identifications");
        hospital.equipment.post(&path, json!({})).refused(422, "fields_invalid");
        hospital.equipment.post("/api/v1/products/99/identifications", json!({"document": "SDS", "hazardous": true})).refused(404, "product_unknown");
        hospital.equipment.post(&path, json!({"document": "鉴定报告 2026-018", "hazardous": true})).expect(201);
        let known = hospital.safety.get("/api/v1/products").expect(200);
        assert_eq!(known.json["items"][0]["classes"], json!(["hazardous"]));
        hospital.equipment.post(&path, json!({"document": "鉴定报告 2026-018", "hazardous": true})).refused(409, "product_identified");
        hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        server.assert_sound();
    }
}
