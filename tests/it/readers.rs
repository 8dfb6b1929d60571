//! Connections for reading.

use std::time::{Duration, Instant};

use hazledger::store::Database;
use hazledger::store::registers::Recent;

use crate::harness::{
    client::{Answer, Client},
    hand::Hand,
    server::TestServer,
};

#[test]
fn a_connection_that_was_lost_is_replaced() {
    let Some(server) = TestServer::postgres() else {
        return;
    };
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let path = format!("/api/v1/containers/{}", labels[0]);
    hospital.safety.get(&path).expect(200);
    server.postgres.as_ref().unwrap().as_superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while hospital.safety.get(&path).status != 200 {
        assert!(Instant::now() < deadline, "no read works any more");
        std::thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..20 {
        hospital.safety.get(&path).expect(200);
    }
}

#[test]
fn sessions_asked_for_together_are_told_apart() {
    let Some(server) = TestServer::postgres() else {
        return;
    };
    let hospital = server.hospital();
    let ended = server.sign_in("S001");
    let path = "/api/v1/sessions/current";
    let status_and_person = |answer: Answer| {
        (
            answer.status,
            answer.json["person"].as_str().map(str::to_owned),
        )
    };
    let known = |client: &Client| status_and_person(client.get(path));
    let (safety, equipment) = (known(&hospital.safety), known(&hospital.equipment));
    assert_ne!(safety.1, equipment.1);
    assert_eq!((safety.0, known(&ended).0), (200, 200));
    ended.delete(path).expect(204);
    let postgres = server.postgres.as_ref().unwrap();
    let mut hand = Hand::to(&Database::Postgres(postgres.superuser_url()));
    hand.run("BEGIN; LOCK TABLE log_head IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    std::thread::scope(|scope| {
        // The first of them waits for the table, the others for the first.
        let all = [
            &hospital.safety,
            &ended,
            &hospital.equipment,
            &ended,
            &hospital.safety,
        ];
        let asked: Vec<_> = all
            .map(|client| scope.spawn(move || status_and_person(client.get(path))))
            .into();
        std::thread::sleep(Duration::from_millis(300));
        hand.run("ROLLBACK").unwrap();
        let said: Vec<_> = asked.into_iter().map(|one| one.join().unwrap()).collect();
        assert_eq!(
            (&said[0], &said[2], &said[4]),
            (&safety, &equipment, &safety)
        );
        assert_eq!((said[1].0, said[3].0), (401, 401));
    });
}

#[test]
fn what_was_asked_for_longest_ago_is_forgotten_first() {
    let mut recent = Recent::of(3);
    for number in 1..=3 {
        recent.put(number, number * 10);
    }
    assert_eq!(recent.get(1), Some(&10));
    recent.put(4, 40);
    let kept = |recent: &Recent<i32, i32>| -> Vec<i32> {
        (1..=5).filter(|one| recent.get(*one).is_some()).collect()
    };
    assert_eq!(kept(&recent), [1, 3, 4]);
    // What is kept anew pushes nothing out.
    recent.put(4, 41);
    assert_eq!(kept(&recent), [1, 3, 4]);
    recent.put(5, 50);
    assert_eq!(kept(&recent), [3, 4, 5]);
}
