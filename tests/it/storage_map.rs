//! 一张图: places with what stands in them, as GeoJSON, one level a call.

use serde_json::{Value, json};

use crate::harness::on_both;
use crate::harness::server::Hospital;

/// A campus with a point, a building in it with another, a room without one, and stock in the room.
fn county(hospital: &Hospital) -> [String; 4] {
    let campus = hospital.place(
        json!({"kind": "campus", "name": "本部", "longitude": "124.35", "latitude": "43.17"}),
    );
    let building = hospital.place(json!({
        "kind": "building", "name": "检验楼", "parent": campus, "longitude": "124.350123", "latitude": "43.166",
    }));
    let room = hospital.place(json!({"kind": "room", "name": "试剂库", "parent": building}));
    let far = hospital
        .place(json!({"kind": "campus", "name": "分院", "longitude": "-70.5", "latitude": "-33"}));
    for (name, cas, unit, dimension) in [
        ("乙醇", "64-17-5", "mL", "volume"),
        ("氯化钾", "7447-40-7", "g", "mass"),
    ] {
        let product = hospital.product(
            json!({"name": name, "qualifier": "无水", "cas": cas, "dimension": dimension}),
        );
        hospital
            .equipment
            .post("/api/v1/receipts", json!({
                "product": product, "count": 2, "each": {"value": "500", "unit": unit}, "place": room,
            }))
            .expect(201);
    }
    [campus, building, room, far]
}

fn ids(map: &Value) -> Vec<&str> {
    let features = map["features"].as_array().unwrap().iter();
    features
        .map(|feature| feature["id"].as_str().unwrap())
        .collect()
}

on_both! {
    fn each_level_counts_everything_below_it(server) {
        let hospital = server.hospital();
        let [campus, building, room, far] = county(&hospital);
        let map = |query: &str| hospital.safety.get(&format!("/api/v1/storage-map?{query}")).expect(200).json;

        let whole = map("");
        assert_eq!(whole["type"], "FeatureCollection");
        assert_eq!(ids(&whole), [&campus, &far]);
        let first = &whole["features"][0];
        assert_eq!(first["geometry"], json!({"type": "Point", "coordinates": [124.35, 43.17]}));
        assert_eq!(first["properties"]["containers"], 4);
        assert_eq!(first["properties"]["quantities"], json!([{"value": "1", "unit": "kg"}, {"value": "1", "unit": "L"}]));
        let ethanol = first["properties"]["classes"].as_array().unwrap().iter().find(|line| line["class"] == "hazardous").unwrap();
        assert_eq!(ethanol["containers"], 2);
        assert_eq!(ethanol["quantities"], json!([{"value": "1", "unit": "L"}]));
        assert_eq!((&first["properties"]["has_children"], &first["properties"]["point_of"]), (&json!(true), &json!(campus)));
        assert_eq!(whole["features"][1]["properties"]["containers"], 0);

        let rooms = map("level=room");
        assert_eq!(ids(&rooms), [&room]);
        let inside = &rooms["features"][0];
        assert_eq!(inside["geometry"]["coordinates"], json!([124.350_123, 43.166]));
        assert_eq!(inside["properties"]["point_of"], json!(building));
        assert_eq!(inside["properties"]["path"], json!(["本部", "检验楼", "试剂库"]));
        assert_eq!(ids(&map(&format!("parent={campus}"))), [&building]);
        assert_eq!(ids(&map("class=hazardous")), [&campus]);
        assert_eq!(map("class=hazardous")["features"][0]["properties"]["containers"], 2);
        assert_eq!(map("class=hazardous")["features"][0]["properties"]["strictest"], "hazardous");
        assert_eq!(ids(&map("bbox=120,40,130,50")), [&campus]);
        assert_eq!(ids(&map("bbox=-71,-34,-70,-33")), [&far]);
        hospital.safety.get("/api/v1/storage-map?bbox=1,2,3").refused(422, "fields_invalid");
        hospital.safety.get("/api/v1/storage-map?parent=99").refused(404, "place_unknown");
    }

    fn whoever_has_the_map_gets_it_again_only_when_it_changed(server) {
        let hospital = server.hospital();
        county(&hospital);
        let first = hospital.safety.get("/api/v1/storage-map").expect(200);
        let tag = first.etag.unwrap();
        let again = hospital.safety.get_unless("/api/v1/storage-map", &tag);
        assert_eq!((again.status, again.text.as_str(), again.etag.as_ref()), (304, "", Some(&tag)));
        hospital.place(json!({"kind": "campus", "name": "新院区"}));
        let changed = hospital.safety.get_unless("/api/v1/storage-map", &tag).expect(200);
        assert_eq!(ids(&changed.json).len(), 3);
        server.pass(24 * 3600 * 1000);
        server.sign_in("S001").get_unless("/api/v1/storage-map", changed.etag.as_ref().unwrap()).expect(200);
    }
}
