//! Departments: made, renamed and closed; people and places that belong to them.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::Hospital;

fn put(client: &Client, path: &str, body: Value) -> Answer {
    client.send("PUT", path, Some(&fresh_key()), Some(body.to_string()))
}

fn department(hospital: &Hospital, name: &str) -> String {
    let made = hospital
        .administrator
        .post("/api/v1/departments", json!({"name": name}));
    made.expect(201).json["department"]
        .as_str()
        .unwrap()
        .to_owned()
}

on_both! {
    fn departments_have_people_and_places(server) {
        let hospital = server.hospital();
        let laboratory = department(&hospital, "检验科");
        let pharmacy = department(&hospital, "药剂科");
        let again = json!({"name": "检验科"});
        hospital.administrator.post("/api/v1/departments", again).refused(409, "department_exists");

        let person = json!({
            "name": "王芳", "staff_number": "L001", "department": laboratory,
            "identity_number": crate::harness::server::identity(1),
        });
        let person = hospital.administrator.post("/api/v1/people", person).expect(201).json["person"].clone();
        let person = person.as_str().unwrap().to_owned();
        let shown = |who: &str| hospital.administrator.get(&format!("/api/v1/people/{who}")).json["department"].clone();
        assert_eq!(shown(&person), json!(laboratory));
        hospital.place(json!({"kind": "room", "name": "试剂库", "department": laboratory}));

        let close = |id: &str| put(
            &hospital.administrator,
            &format!("/api/v1/departments/{id}"),
            json!({"name": "检验科", "closed": true}),
        );
        let refused = close(&laboratory);
        refused.refused(422, "department_in_use");
        let path = format!("/api/v1/people/{person}/department");
        put(&hospital.administrator, &path, json!({"department": pharmacy})).expect(201);
        assert_eq!(shown(&person), json!(pharmacy));
        close(&laboratory).refused(422, "department_in_use");
        let place = json!({"kind": "room", "name": "试剂库", "department": pharmacy});
        put(&hospital.equipment, "/api/v1/places/1", place).expect(201);
        close(&laboratory).expect(201);

        put(&hospital.administrator, &path, json!({"department": laboratory})).refused(422, "department_closed");
        put(&hospital.administrator, &path, json!({"department": "99"})).refused(404, "department_unknown");
        put(&hospital.administrator, &path, json!({})).expect(201);
        assert_eq!(shown(&person), Value::Null);

        let list = hospital.equipment.get("/api/v1/departments").expect(200);
        let lines: Vec<_> = list.json["items"].as_array().unwrap().iter()
            .map(|line| (line["name"].clone(), line["closed"].clone(), line["people"].clone()))
            .collect();
        assert_eq!(lines, [
            (json!("检验科"), json!(true), json!(0)),
            (json!("药剂科"), json!(false), json!(0)),
        ]);
        server.assert_sound();
    }

    fn a_closed_place_takes_nothing_in_any_more(server) {
        let hospital = server.hospital();
        let product = hospital.product(json!({
            "name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume",
        }));
        let room = hospital.place(json!({"kind": "room", "name": "旧库"}));
        let path = format!("/api/v1/places/{room}");
        put(&hospital.equipment, &path, json!({"kind": "room", "name": "旧库", "closed": true})).expect(201);
        let receipt = json!({
            "product": product, "place": room, "count": 1, "each": {"value": "500", "unit": "mL"},
        });
        hospital.equipment.post("/api/v1/receipts", receipt.clone()).refused(422, "place_closed");
        put(&hospital.equipment, &path, json!({"kind": "room", "name": "旧库"})).expect(201);
        hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        put(&hospital.equipment, "/api/v1/places/77", json!({"kind": "room", "name": "旧库"}))
            .refused(404, "place_unknown");
        server.assert_sound();
    }
}
