//! Commands that are carried out together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use hazledger::{
    app::{App, AppError, Key},
    domain::{
        ids::Label,
        quantity::Quantity,
        verb::{Checkout, Claim, Take},
    },
    store::Database,
};
use serde_json::json;
use tokio::task::LocalSet;

use crate::harness::{client::fresh_key, hand::Hand, on_both, server::TestServer};

/// Commands sent at once: more than wait for the writer (1,024).
const MANY: usize = 1_200;
const WAITING: usize = 1_024;

/// Sends checkouts of 10 µL, so many at once: how many were written. Counts those that are turned away.
fn send(
    app: &Arc<App>,
    token: &str,
    label: Label,
    many: usize,
    turned_away: &Arc<AtomicUsize>,
) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let who = app.principal(token).await.unwrap();
        let send = || {
            let (app, who, turned_away) = (Arc::clone(app), who.clone(), Arc::clone(turned_away));
            let verb = Checkout {
                label,
                take: Take::Part(Quantity::parse("10 uL").unwrap()),
                receiver: who.person,
                purpose: "日常检验".to_owned(),
                claim: Claim::default(),
            };
            let key = Key {
                key: fresh_key(),
                fingerprint: vec![7; 32],
            };
            tokio::task::spawn_local(async move {
                let verb = Box::new(verb);
                let done = app
                    .execute(&who, "-", Some(key), verb, |_| String::new())
                    .await;
                if matches!(done, Err(AppError::Busy)) {
                    turned_away.fetch_add(1, Relaxed);
                }
                done
            })
        };
        let sent: Vec<_> = (0..many).map(|_| send()).collect();
        let mut written = 0;
        for one in sent {
            match one.await.unwrap() {
                Ok(_) => written += 1,
                Err(AppError::Busy) => {}
                Err(error) => panic!("{error}"),
            }
        }
        written
    })
}

/// Somebody who holds what the writer needs.
fn holding_the_writer_up(server: &TestServer) -> Hand {
    let (mut hand, hold) = match &server.postgres {
        None => (
            Hand::to(&server.settings.database),
            "PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE",
        ),
        Some(postgres) => (
            Hand::to(&Database::Postgres(postgres.superuser_url())),
            "BEGIN; SELECT FROM log_head FOR UPDATE",
        ),
    };
    hand.run(hold).unwrap();
    hand
}

on_both! {
    fn one_key_sent_many_times_at_once_has_one_effect(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let key = fresh_key();
        let body = json!({"label": labels[0], "amount": {"value": "100", "unit": "mL"}});
        let answers: Vec<_> = std::thread::scope(|scope| {
            let post = || hospital.safety.post_with("/api/v1/checkouts", &key, body.clone());
            let sent: Vec<_> = (0..16).map(|_| scope.spawn(post)).collect();
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

    fn a_full_queue_answers_503_and_loses_nothing(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let (token, label) = (hospital.safety.token.clone().unwrap(), labels[0].parse().unwrap());
        let (app, turned_away) = (Arc::clone(server.app()), Arc::new(AtomicUsize::new(0)));
        let mut hand = holding_the_writer_up(server);
        let taken = || {
            let metrics = server.anonymous().get("/metrics").expect(200).text;
            let line = metrics.lines().find(|line| line.starts_with("hazledger_batch_commands_count ")).unwrap();
            line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()
        };
        let in_background = |many| {
            let (app, token, turned_away) = (Arc::clone(&app), token.clone(), Arc::clone(&turned_away));
            std::thread::spawn(move || send(&app, &token, label, many, &turned_away))
        };
        // The writer takes one and waits with it; so the queue stays full when it is.
        let before = taken();
        let first = in_background(1);
        while taken() == before {
            std::thread::yield_now();
        }
        let many = in_background(MANY);
        while turned_away.load(Relaxed) == 0 {
            assert!(!many.is_finished(), "the queue does not fill");
            std::thread::yield_now();
        }
        let (key, part) = (fresh_key(), json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}}));
        let post = || hospital.safety.post_with("/api/v1/checkouts", &key, part.clone());
        let refused = post().refused(503, "busy");
        assert_eq!(refused.retry_after.as_deref(), Some("1"));
        hand.run("ROLLBACK").unwrap();
        let written = first.join().unwrap() + many.join().unwrap();
        // The signed heads take places in the queue, too.
        assert!(written > WAITING / 2, "{written} written");
        post().expect(201);
        let seen = hospital.safety.get(&format!("/api/v1/containers/{}", labels[0])).expect(200);
        // Of 500 mL, in steps of 10 µL.
        let left = 49_900 - written;
        let shown = Quantity::parse(&format!("{left}0 uL")).unwrap();
        let seen = seen.json["amount"]["value"].as_str().unwrap();
        assert_eq!(Quantity::parse(&format!("{seen} mL")).unwrap(), shown);
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
