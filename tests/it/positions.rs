//! Where 剧毒 stands is told to who keeps it, answers for it or inspects it, wherever places and labels are named.

use serde_json::{Value, json};

use crate::harness::client::Client;
use crate::harness::on_both;
use crate::signing::cyanide;
use crate::tamper::signed_note;

fn items(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(&format!("/api/v1/{path}")).expect(200).json;
    answer["items"].as_array().unwrap().clone()
}

on_both! {
    fn no_sum_and_no_list_says_where_poison_stands_to_who_need_not_know(server) {
        let hospital = server.hospital();
        let (cabinet, labels) = cyanide(&hospital);
        let label = labels[0].as_str();
        let (room, _) = hospital.ethanol();
        let found = items(&hospital.safety, "search?q=151-50-8");
        let poison = found[0]["product"].as_str().unwrap().to_owned();
        let theft = json!({"kind": "theft", "what": "柜门被撬", "place": cabinet, "labels": [labels[1]]});
        let incident = hospital.safety.post("/api/v1/incidents", theft).expect(201).json["incident"].clone();
        let incident = incident.as_str().unwrap();
        let count = hospital.equipment.post("/api/v1/stocktakes", json!({"place": cabinet})).expect(201).json["stocktake"].clone();
        let count = count.as_str().unwrap();
        let signed = hospital.safety.get("/api/v1/signing-requests").expect(200).json["items"][0]["request"].clone();
        let signed = signed.as_str().unwrap();
        for (nth, role) in (1..).zip(["staff", "head", "auditor", "equipment", "custodian"]) {
            let number = format!("Z{nth:03}");
            let person = hospital.enrol(server, &number, 20 + nth);
            if role == "custodian" {
                let kept = json!({"person": person, "role": role, "place": room});
                hospital.administrator.post("/api/v1/appointments", kept).expect(201);
            } else {
                hospital.appoint(&person, role);
            }
            let client = server.sign_in(&number);
            let sees = !matches!(role, "staff" | "head");
            let has_places = |lines: &[Value]| lines.iter().any(|line| line["key"] == json!(cabinet) || line["groups"][0]["key"] == json!(cabinet));
            assert_eq!(has_places(&items(&client, "stock?by=place")), sees, "{role}");
            assert_eq!(has_places(&items(&client, "counts?by=place")), sees, "{role}");
            assert_eq!(has_places(&items(&client, "counts?by=place&as_of=2026-06-01")), sees, "{role}");
            // Nor by asking for one place after the other.
            for path in [
                format!("stock?by=product&place={cabinet}"),
                format!("counts?by=class&place={cabinet}"),
                format!("counts?by=product&at={cabinet}"),
                format!("counts?by=place,product&product={poison}"),
            ] {
                assert_eq!(items(&client, &path).is_empty(), !sees, "{role}: {path}");
            }
            let listed = client.get(&format!("/api/v1/counts/containers?product={poison}"));
            if sees {
                assert_eq!(listed.expect(200).json["items"][0]["label"], json!(label), "{role}");
            } else {
                listed.refused(403, "position_withheld");
            }
            for typed in ["151-50-8", label, &label[8..]] {
                let found = items(&client, &format!("search?q={typed}"));
                assert_eq!((&found[0]["product"], &found[0]["in_stock"]), (&json!(poison), &json!(2)), "{role}");
                assert_eq!(found[0]["containers"].as_array().unwrap().is_empty(), !sees, "{role}: {typed}");
            }
            if role != "staff" {
                assert_eq!(has_places(&items(&client, "mass-balance?from=2026-06-01&by=place")), sees, "{role}");
                for path in [
                    format!("mass-balance?from=2026-06-01&place={cabinet}"),
                    "mass-balance/containers?from=2026-06-01&class=highly_toxic".to_owned(),
                ] {
                    assert_eq!(items(&client, &path).is_empty(), !sees, "{role}: {path}");
                }
                let one = client.get(&format!("/api/v1/mass-balance/containers?from=2026-06-01&label={label}"));
                if sees {
                    assert_eq!(one.expect(200).json["items"][0]["key"], json!(label), "{role}");
                } else {
                    one.refused(403, "position_withheld");
                }
                let lines = items(&client, "usage-table?from=2026-06-01");
                assert_eq!(lines.iter().any(|line| line["place"] == json!(cabinet)), sees, "{role}");
                assert!(lines.iter().any(|line| line["place"] == json!(room)), "{role}");
            }
            // Nor what was written of it, nor the proof of that.
            let entry = hospital.safety.get(&format!("/api/v1/containers/{label}/history")).expect(200).json["items"][0]["seq"].clone();
            let mut told = vec![format!("containers/{label}/history")];
            if role != "staff" {
                let entry = entry.as_str().unwrap();
                signed_note(&hospital.safety, "ledger", entry.parse::<u64>().unwrap() + 1);
                told.extend([format!("entries/{entry}"), format!("entries/{entry}/proof")]);
                let balance = items(&client, "mass-balance?from=2026-06-01&by=place");
                assert_eq!(balance.iter().any(|line| line["key"] == json!(cabinet)), sees, "{role}");
                assert!(balance.iter().any(|line| line["key"] == json!(room)), "{role}");
                assert!(!items(&client, "entries").is_empty());
                client.get("/api/v1/entries/0").expect(200);
            }
            for path in told {
                let answer = client.get(&format!("/api/v1/{path}"));
                if sees {
                    answer.expect(200);
                } else {
                    answer.refused(403, "position_withheld");
                }
            }
            // Nor by what was signed, reported and is being counted; a label says what it is on, not where that belongs.
            for (one, list) in [
                (format!("signing-requests/{signed}"), "signing-requests".to_owned()),
                (format!("incidents/{incident}"), "incidents".to_owned()),
            ] {
                let answer = client.get(&format!("/api/v1/{one}"));
                if sees {
                    answer.expect(200);
                } else {
                    answer.refused(403, "position_withheld");
                }
                assert_eq!(items(&client, &list).is_empty(), !sees, "{role}: {list}");
            }
            for list in ["expected", "findings"] {
                let counted = items(&client, &format!("stocktakes/{count}/{list}"));
                assert_eq!(counted.is_empty(), !sees, "{role}: {list}");
            }
            let scanned = client.get(&format!("/api/v1/containers/{label}")).expect(200).json;
            assert_eq!((scanned["place"] == json!(cabinet), scanned["place_path"] == json!([])), (sees, !sees), "{role}");
            // How much there is, everybody may know who asks for more of it.
            assert_eq!(items(&client, "stock?by=class&class=highly_toxic").len(), items(&hospital.safety, "stock?by=class&class=highly_toxic").len());
            assert!(!items(&client, &format!("counts?by=product&product={poison}")).is_empty(), "{role}");
            assert!(!items(&client, &format!("stock?by=product&place={room}")).is_empty(), "{role}");
        }
    }
}
