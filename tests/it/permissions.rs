//! Every role × every route, and what another institution's people get.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hazledger::domain::ids::Label;
use hazledger::domain::people::{Permission, Role};
use hazledger::http::{Access, ROUTES};
use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};

/// Method and address of every handler in the sources of `http`.
fn handlers() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut found = BTreeSet::new();
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            for rest in text.split(&format!("#[{method}(\"")).skip(1) {
                let address = rest.split('"').next().unwrap().to_owned();
                found.insert((method.to_uppercase(), address));
            }
        }
    }
    found
}

#[test]
fn every_handler_has_a_row_and_every_row_a_handler() {
    let rows: BTreeSet<_> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    let handlers: BTreeSet<_> = handlers()
        .into_iter()
        .filter(|(_, path)| {
            path != "/metrics" && !path.starts_with("/health") && !path.starts_with("/api/")
        })
        .collect();
    assert_eq!(rows, handlers);
    assert_eq!(rows.len(), ROUTES.len());
}

fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let path = format!(
        "/api/v1{}",
        path.replace("{id}", "77")
            .replace("{label}", "0001000000010058")
            .replace("{institution}", "1")
    );
    let body = (method != "GET" && method != "DELETE").then(|| "{}".to_owned());
    client.send(method, &path, Some(&fresh_key()), body)
}

/// One person of each role, signed in.
fn people(server: &TestServer, hospital: &Hospital) -> Vec<(Role, Client)> {
    let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
    let roles = Role::ALL.iter().zip(1..);
    roles
        .map(|(role, nth)| {
            let person = hospital.enrol(server, &format!("R{nth:03}"), nth);
            let place = (*role == Role::Custodian).then_some(&room);
            let body = json!({
                "person": person, "role": role, "place": place,
                "second": {"staff_number": "S001", "secret": SECRET},
            });
            hospital
                .administrator
                .post("/api/v1/appointments", body)
                .expect(201);
            (*role, server.sign_in(&format!("R{nth:03}")))
        })
        .collect()
}

/// A place that only this institution has.
fn other_room(hospital: &Hospital, parent: &str) -> String {
    hospital.place(json!({"kind": "cabinet", "name": "柜", "parent": parent}))
}

/// An answer without what differs from request to request.
fn bare(answer: Answer) -> (u16, Value) {
    let mut json = answer.json;
    json.as_object_mut().unwrap().remove("request_id");
    (answer.status, json)
}

on_both! {
    fn each_role_may_do_what_its_permissions_say_and_nothing_else(server) {
        let hospital = server.hospital();
        let people = people(server, &hospital);
        for (method, path, access) in ROUTES {
            let is_ending = (*method, *path) == ("DELETE", "/sessions/current");
            for (role, client) in people.iter().filter(|_| !is_ending) {
                let answer = ask(client, method, path);
                let case = format!("{role} {method} {path}: {}", answer.text);
                let may = match access {
                    Access::Anyone | Access::SignedIn => true,
                    Access::Needs(permission) => role.may(*permission),
                };
                assert_eq!(answer.code() == "not_permitted", !may, "{case}");
                assert!(!may || answer.status != 403, "{case}");
                assert_ne!(answer.code(), "method_not_allowed", "{case}");
                assert!(answer.status < 500, "{case}");
            }
            if *access != Access::Anyone {
                ask(&server.anonymous(), method, path).refused(401, "session_invalid");
            }
        }
    }

    fn nobody_reaches_into_another_institution(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let person = hospital.enrol(server, "L001", 1);
        let appointment = hospital.appoint(&person, "staff");
        let other = server.second_hospital();
        other.place(json!({"kind": "room", "name": "试剂库"}));
        let room = other_room(&hospital, &room);
        // Numbers that the other institution has not given, and a label that nobody has.
        let unknown = Label::new(2.try_into().unwrap(), 77.try_into().unwrap(), 0.try_into().unwrap()).to_string();
        let unknown = unknown.as_str();
        let same = |client: &Client, foreign: (&str, String, Option<Value>), nobody: (&str, String, Option<Value>)| {
            let send = |(method, path, body): (&str, String, Option<Value>)| {
                bare(client.send(method, &path, Some(&fresh_key()), body.map(|body| body.to_string())))
            };
            let (foreign, nobody) = (send(foreign), send(nobody));
            assert_eq!(foreign.0, 404, "{foreign:?}");
            assert_eq!(foreign, nobody);
        };
        let label = |label: &str| ("GET", format!("/api/v1/containers/{label}"), None);
        same(&other.equipment, label(&labels[0]), label(unknown));
        let take = |label: &str| ("POST", "/api/v1/checkouts".to_owned(), Some(json!({"label": label, "whole": true})));
        same(&other.safety, take(&labels[0]), take(unknown));
        let carry = |label: &str| ("POST", "/api/v1/moves".to_owned(), Some(json!({"labels": [label], "to": "1"})));
        same(&other.equipment, carry(&labels[0]), carry(unknown));
        other.safety.get(&format!("/api/v1/people/{person}")).refused(404, "person_unknown");
        other.administrator.post(&format!("/api/v1/people/{person}/codes"), json!({})).refused(404, "person_unknown");
        other.administrator.post("/api/v1/badges", json!({"person": person, "badge": "b"})).refused(404, "person_unknown");
        other.administrator.post("/api/v1/departures", json!({"person": person})).refused(404, "person_unknown");
        other.administrator.post("/api/v1/appointments", json!({"person": "2", "role": "custodian", "place": room})).refused(404, "place_unknown");
        other.administrator.post(&format!("/api/v1/appointments/{appointment}/revocations"), json!({})).refused(404, "appointment_unknown");
        let sessions = hospital.safety.get("/api/v1/sessions").expect(200);
        let session = sessions.json["items"][0]["session"].as_str().unwrap();
        other.safety.delete(&format!("/api/v1/sessions/{session}")).refused(404, "session_unknown");
        hospital.safety.get("/api/v1/sessions/current").expect(200);
        server.assert_sound();
    }
}

#[test]
fn who_manages_people_keeps_no_stock_and_audits_nothing() {
    for role in Role::ALL
        .iter()
        .filter(|role| role.may(Permission::ManagePeople))
    {
        for permission in [
            Permission::Receive,
            Permission::Move,
            Permission::Checkout,
            Permission::Reverse,
            Permission::ReadAudit,
        ] {
            assert!(!role.may(permission), "{role} {permission}");
        }
    }
}
