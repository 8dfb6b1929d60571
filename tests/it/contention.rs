//! Sixty-four clients want the last ten grams: one gets them.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::harness::on_both;
use crate::harness::process::Site;
use crate::harness::server::Hospital;

const CLIENTS: usize = 64;

fn rounds() -> usize {
    if std::env::var_os("FULL").is_some() {
        100
    } else {
        3
    }
}

/// Everybody at once, each at the next of the servers, a new bottle a round.
fn one_of_all_gets_it(hospital: &Hospital, bases: &[String]) {
    let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
    let product =
        hospital.product(json!({"name": "氯化钠", "cas": "7647-14-5", "dimension": "mass"}));
    let ten_grams = json!({"value": "10", "unit": "g"});
    let received = hospital
        .equipment
        .post(
            "/api/v1/receipts",
            json!({"product": product, "count": rounds(), "each": ten_grams, "place": room}),
        )
        .expect(201);
    for label in received.json["labels"].as_array().unwrap() {
        let barrier = Barrier::new(CLIENTS);
        let take = |base: &String| {
            let client = hospital.safety.at(base);
            barrier.wait();
            client.post(
                "/api/v1/checkouts",
                json!({"label": label, "amount": ten_grams}),
            )
        };
        let answers: Vec<_> = thread::scope(|scope| {
            let take = &take;
            let clients: Vec<_> = bases
                .iter()
                .cycle()
                .take(CLIENTS)
                .map(|base| scope.spawn(move || take(base)))
                .collect();
            clients
                .into_iter()
                .map(|client| client.join().unwrap())
                .collect()
        });
        let (got, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(got.len(), 1, "{answers:?}");
        for answer in refused {
            assert!(matches!(answer.status, 409 | 422), "{}", answer.text);
        }
        let left = hospital
            .safety
            .get(&format!("/api/v1/containers/{}", label.as_str().unwrap()));
        assert_eq!(left.json["amount"]["value"], Value::from("0"));
    }
}

on_both! {
    fn of_many_clients_one_gets_the_last_ten_grams(server) {
        one_of_all_gets_it(&server.hospital(), std::slice::from_ref(&server.base));
        server.assert_sound();
    }
}

#[test]
fn of_many_clients_at_two_servers_one_gets_the_last_ten_grams() {
    let Some(site) = Site::postgres() else { return };
    let first = site.serve();
    let hospital = Hospital::found(&first.anonymous(), first.code.as_ref().unwrap());
    let second = site.serve();
    one_of_all_gets_it(&hospital, &[first.base.clone(), second.base.clone()]);
    site.assert_sound();
}
