//! Commands that are carried out together.

use serde_json::json;

use crate::harness::{client::fresh_key, on_both};

on_both! {
    fn one_key_sent_many_times_at_once_has_one_effect(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let key = fresh_key();
        let body = json!({"label": labels[0], "amount": {"value": "100", "unit": "mL"}});
        let answers: Vec<_> = std::thread::scope(|scope| {
            let send = || hospital.safety.post_with("/api/v1/checkouts", &key, body.clone());
            let sent: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
            sent.into_iter().map(|answer| answer.join().unwrap()).collect()
        });
        let first: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(first.len(), 1);
        assert!(answers.iter().all(|answer| answer.text == first[0].text));
        assert_eq!(answers.iter().filter(|answer| answer.replayed).count(), 15);
        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        assert_eq!(seen.json["amount"]["value"], "400");
        server.assert_sound();
    }

    fn the_same_key_of_two_persons_is_two_keys(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let key = fresh_key();
        let room = hospital.place(json!({"kind": "room", "name": "二号库"}));
        hospital.safety.post_with("/api/v1/checkouts", &key, json!({"label": labels[0], "whole": true})).expect(201);
        let moved = json!({"labels": [labels[1]], "to": room});
        hospital.equipment.post_with("/api/v1/moves", &key, moved).expect(201);
        server.assert_sound();
    }
}
