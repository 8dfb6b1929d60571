//! 督导: what a bureau reads in its region, and the trace that it leaves there.

use hazledger::domain::institution::InstitutionKind;
use hazledger::domain::people::{Permission, Role};
use hazledger::http::{Access, ROUTES};
use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer, identity};

/// A bureau of a region, and its officer.
pub fn bureau(server: &TestServer, uscc: &str, region: &str) -> (Hospital, Client) {
    let name = format!("{region}卫生健康局");
    let bureau = server.another(InstitutionKind::Bureau, &name, uscc, region);
    let own = bureau
        .administrator
        .get("/api/v1/sessions/current")
        .expect(200);
    let institution = own.json["institution"].as_str().unwrap().to_owned();
    let officer =
        json!({"name": "马局长", "staff_number": "B001", "identity_number": identity(50)});
    let enrolled = bureau
        .administrator
        .post("/api/v1/people", officer)
        .expect(201);
    let code = enrolled.json["code"].as_str().unwrap();
    server.anonymous().set_secret(&institution, "B001", code);
    let role = json!({"person": enrolled.json["person"], "role": "bureau"});
    bureau
        .administrator
        .post("/api/v1/appointments", role)
        .expect(201);
    let officer = server.anonymous().sign_in_to(&institution, "B001");
    (bureau, officer)
}

fn institutions(client: &Client) -> Vec<String> {
    let list = client.get("/api/v1/institutions").expect(200).json;
    let lines = list["items"].as_array().unwrap().iter();
    lines
        .map(|line| line["institution"].as_str().unwrap().to_owned())
        .collect()
}

/// The looks that stand in the audit log of a hospital.
fn looks(server: &TestServer, institution: i64) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = server.audit(institution).into_iter();
    lines
        .filter(|line| line["actor"]["name"].as_str().unwrap().contains("局"))
        .map(|line| {
            (
                text(&line["actor"]["name"]),
                text(&line["act"]["audit"]["command"]),
            )
        })
        .collect()
}

on_both! {
    fn a_bureau_reads_the_hospitals_of_its_region_and_leaves_a_trace(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let other = server.second_hospital();
        other.ethanol();
        let (_, county) = bureau(server, "12220300412756092D", "220302");
        let (_, city) = bureau(server, "12220300412756093G", "220300");
        let (_, elsewhere) = bureau(server, "12220300412756094K", "220303");
        assert_eq!(institutions(&county), ["1", "2", "3"]);
        assert_eq!(institutions(&city), ["1", "2", "3", "4", "5"]);
        assert_eq!(institutions(&elsewhere), ["5"]);
        assert_eq!(institutions(&hospital.safety), ["1"]);

        let own = hospital.safety.get("/api/v1/stock").expect(200).json;
        assert_eq!(county.get("/api/v1/stock?institution=1&by=substance").expect(200).json, own);
        assert_eq!(city.get("/api/v1/stock?by=substance&institution=1").expect(200).json, own);
        assert_eq!(county.get("/api/v1/stock").expect(200).json["items"], json!([]));
        assert_eq!(looks(server, 1), []);

        let seen = county.get(&format!("/api/v1/containers/{}?institution=1", labels[0])).expect(200).json;
        assert_eq!((&seen["name"], &seen["actions"]), (&json!("乙醇"), &json!([])));
        let entry = county.get("/api/v1/entries/3?institution=1").expect(200).json;
        assert_eq!(entry, hospital.safety.get("/api/v1/entries/3").expect(200).json);
        let traces = [format!("GET /containers/{}", labels[0]), "GET /entries/3".to_owned()];
        let traces = traces.map(|look| ("220302卫生健康局 马局长".to_owned(), look));
        assert_eq!(looks(server, 1), traces);
        // What is read is one's own: nothing is left anywhere.
        county.get("/api/v1/entries?institution=3").expect(200);
        assert_eq!((looks(server, 2).len(), looks(server, 3).iter().filter(|(_, look)| look.starts_with("GET")).count()), (0, 0));
        server.assert_sound();
    }

    fn nobody_else_reads_another_institution(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        server.second_hospital();
        let (county, officer) = bureau(server, "12220300412756092D", "220302");
        let (_, elsewhere) = bureau(server, "12220300412756093G", "220303");
        let refused = |client: &Client, path: &str| drop(client.get(path).refused(404, "institution_unknown"));
        refused(&hospital.safety, "/api/v1/stock?institution=2");
        // Who tries is noted at home, and told in their language.
        let tried = server.audit(1).pop().unwrap();
        assert_eq!((&tried["act"]["audit"]["command"], &tried["act"]["audit"]["code"]), (&json!("GET /stock"), &json!("institution_unknown")));
        refused(&hospital.safety, "/api/v1/stock?institution=77");
        refused(&elsewhere, "/api/v1/stock?institution=1");
        refused(&officer, "/api/v1/stock?institution=4");
        refused(&officer, "/api/v1/stock?institution=0");
        // At a bureau, too, only officers look beyond it.
        refused(&county.safety, "/api/v1/stock?institution=1");
        county.administrator.get("/api/v1/stock?institution=1").refused(403, "not_permitted");
        // A foreign label without saying whose it is stays unknown.
        officer.get(&format!("/api/v1/containers/{}", labels[0])).refused(404, "label_unknown");
        let wrong = officer.get("/api/v1/stock?institution=one").refused(422, "fields_invalid");
        assert_eq!(wrong.json["errors"][0]["pointer"], "/institution");
        officer.get("/api/v1/stock?institution=1&institution=2").refused(422, "fields_invalid");
        officer.get("/api/v1/stock?institution=1&colour=red").refused(422, "fields_invalid");
        officer.get(&format!("/api/v1/containers/{}?institution=1&x=1", labels[0])).refused(422, "fields_invalid");
        server.anonymous().get("/api/v1/stock?institution=1").refused(401, "session_invalid");
        // Nothing is written there.
        let body = json!({"labels": [labels[0]], "to": room}).to_string();
        officer.send("POST", "/api/v1/moves?institution=1", Some(&fresh_key()), Some(body)).refused(403, "not_permitted");
        let staff = json!({"label": labels[0], "whole": true}).to_string();
        hospital.safety.send("POST", "/api/v1/checkouts?institution=2", Some(&fresh_key()), Some(staff)).refused(422, "fields_invalid");
        // What was asked wrongly is a look that was tried.
        assert_eq!(looks(server, 1).len(), 1);
        server.assert_sound();
    }

    fn a_bureau_reads_what_its_permissions_say_and_every_route_knows_whose(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        for (method, path, access) in ROUTES.iter().filter(|(method, ..)| *method == "GET") {
            let Access::Needs(permission) = access else { continue };
            let path = path.replace("{label}", &labels[0]).replace("{id}", "77").replace("{seq}", "1").replace("{institution}", "1");
            let path = format!("/api/v1{}", path.replace("{file}", "x"));
            let own = officer.get(&path);
            let there = officer.get(&format!("{path}?institution=1"));
            let away = officer.get(&format!("{path}?institution=77"));
            let reads = matches!(permission, Permission::ReadStock | Permission::ReadLedger);
            let case = format!("{method} {path}: {} {} {}", own.text, there.text, away.text);
            if !Role::Bureau.may(*permission) {
                assert_eq!((there.status, away.status), (403, 403), "{case}");
            } else if reads {
                assert_eq!((away.status, away.code()), (404, "institution_unknown"), "{case}");
                assert_ne!(there.code(), "institution_unknown", "{case}");
                assert!(there.status < 500, "{case}");
            }
        }
        server.assert_sound();
    }

    fn the_trace_says_who_looked_and_what_they_asked(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        let session = officer.get("/api/v1/sessions/current").expect(200).json;
        officer.get(&format!("/api/v1/containers/{}?institution=1", labels[0])).expect(200);
        officer.get("/api/v1/counts/containers?product=1&institution=1&at=places").expect(200);
        officer.get("/api/v1/search?institution=1&q=%E4%B9%99%20%E9%86%87").expect(200);
        let lines = server.audit(1);
        let seen: Vec<&Value> = lines.iter().map(|line| &line["act"]["audit"]).filter(|line| line["look"] != Value::Null).collect();
        let who = json!({
            "institution": "2", "bureau": "220302卫生健康局", "person": session["person"], "staff_number": "B001", "name": "马局长",
        });
        let asked = |query: &str| {
            let mut look = who.clone();
            look["query"] = json!(query);
            look
        };
        // The hospital reads it, page by page, the latest first.
        let page = hospital.safety.get("/api/v1/audit-lines?looks=true&limit=2").expect(200).json;
        let items = page["items"].as_array().unwrap();
        assert_eq!((&items[0]["command"], &items[0]["look"]), (&json!("GET /search"), &asked("institution=1&q=%E4%B9%99%20%E9%86%87")));
        let next = format!("/api/v1/audit-lines?looks=true&limit=2&next={}", page["next"].as_str().unwrap());
        let rest = hospital.safety.get(&next).expect(200).json;
        assert_eq!((items.len(), rest["items"].as_array().unwrap().len(), &rest["next"]), (2, 1, &Value::Null));
        let refused = hospital.safety.get("/api/v1/audit-lines?outcome=refused").expect(200).json;
        assert!(refused["items"].as_array().unwrap().iter().all(|line| line["outcome"] == "refused"));
        hospital.equipment.get("/api/v1/audit-lines").refused(403, "not_permitted");
        officer.get("/api/v1/audit-lines?institution=1").refused(403, "not_permitted");
        let expected = [
            (format!("GET /containers/{}", labels[0]), asked("institution=1")),
            ("GET /counts/containers".to_owned(), asked("product=1&institution=1&at=places")),
            ("GET /search".to_owned(), asked("institution=1&q=%E4%B9%99%20%E9%86%87")),
        ];
        assert_eq!(seen.len(), expected.len());
        for (line, (command, look)) in seen.iter().zip(expected) {
            assert_eq!((&line["command"], &line["look"]), (&json!(command), &look));
        }
        server.assert_sound();
    }

    fn every_address_in_an_answer_to_a_bureau_leads_into_the_same_institution(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        let own = hospital.safety.get("/api/v1/counts?by=class").expect(200).json;
        let read = officer.get("/api/v1/counts?by=class&institution=1").expect(200).json;
        let mut followed = 0;
        for (line, own) in read["items"].as_array().unwrap().iter().zip(own["items"].as_array().unwrap()) {
            let figure = &line["in_places"];
            assert_eq!(figure["containers"], own["in_places"]["containers"]);
            let products = officer.get(figure["down"].as_str().unwrap()).expect(200).json;
            for product in products["items"].as_array().unwrap() {
                assert_eq!(product["in_places"]["containers"], figure["containers"]);
                let containers = officer.get(product["in_places"]["down"].as_str().unwrap()).expect(200).json;
                assert_eq!(containers["items"].as_array().unwrap().len(), 5);
                for container in containers["items"].as_array().unwrap() {
                    let history = officer.get(container["down"].as_str().unwrap()).expect(200).json;
                    assert_eq!(history["items"][0]["seq"], container["entry"]);
                    followed += 1;
                }
            }
        }
        assert!(followed >= 5, "{followed}");
    }

    fn an_address_with_nothing_between_its_marks_is_an_address(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        let scan = format!("/api/v1/containers/{}", labels[0]);
        for query in ["institution=1&", "&institution=1", "&institution=1&", "&&institution=1"] {
            let seen = officer.get(&format!("{scan}?{query}")).expect(200).json;
            assert_eq!(seen["name"], "乙醇", "{query}");
        }
        for query in ["&", ""] {
            hospital.safety.get(&format!("{scan}?{query}")).expect(200);
        }
        hospital.safety.get(&format!("{scan}?x")).refused(422, "fields_invalid");
        officer.get("/api/v1/stock?by=class&institution=1&").expect(200);
    }
}
