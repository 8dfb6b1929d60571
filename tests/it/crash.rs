//! kill -9 under load: what was acknowledged is there, once; what was not, once or not at all.
//!
//! Each client keeps a journal of what it sent and what it was told. After a kill everything is sent
//! again with its key. In the end the receipts name each entry that the ledger gained exactly once.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::process::{Process, Site};
use crate::harness::server::{Hospital, TestServer};
use crate::powercut::Dice;

const CLIENTS: usize = 8;

/// The ledger's length.
const SIZE: &str = "SELECT size AS n FROM log_head WHERE institution_id = 1 AND log = 0";

/// What is bought and taken.
pub struct Stock {
    room: String,
    product: String,
    labels: Vec<Value>,
}

/// What a client sent, and what it was told.
pub struct Attempt {
    key: String,
    path: &'static str,
    body: Value,
    /// The answer, if it came.
    pub answer: Option<Value>,
}

/// What clients and the test tell each other.
#[derive(Default)]
pub struct Shift {
    /// The clients are to end.
    pub is_over: AtomicBool,
    /// How many answers have come.
    pub answers: AtomicUsize,
}

/// Ends the shift when it is dropped, also by a test that fails.
pub struct End<'s>(pub &'s Shift);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

impl Stock {
    /// Large bottles, so that no checkout has to be refused.
    pub fn bought(hospital: &Hospital) -> Self {
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let product = hospital.product(
            json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"}),
        );
        let mut stock = Self {
            room,
            product,
            labels: Vec::new(),
        };
        let (path, body) = stock.receipt();
        let bought = hospital.equipment.post(path, body).expect(201);
        stock
            .labels
            .clone_from(bought.json["labels"].as_array().unwrap());
        stock
    }

    fn receipt(&self) -> (&'static str, Value) {
        let each = json!({"value": "500", "unit": "L"});
        let body = json!({"product": self.product, "count": 4, "each": each, "place": self.room});
        ("/api/v1/receipts", body)
    }

    fn checkout(&self, dice: &mut Dice) -> (&'static str, Value) {
        let label = &self.labels[dice.below(self.labels.len())];
        let amount = json!({"value": "1", "unit": "mL"});
        (
            "/api/v1/checkouts",
            json!({"label": label, "amount": amount}),
        )
    }

    /// Receives and checks out until told to stop or until the server is gone; the journal.
    pub fn work(&self, hospital: &Hospital, mut dice: Dice, shift: &Shift) -> Vec<Attempt> {
        let mut journal = Vec::new();
        while !shift.is_over.load(Ordering::Relaxed) {
            let (client, (path, body)) = match dice.below(8) {
                0 => (&hospital.equipment, self.receipt()),
                _ => (&hospital.safety, self.checkout(&mut dice)),
            };
            let key = fresh_key();
            let sent = client.try_send("POST", path, Some(&key), Some(body.to_string()));
            let answer = sent.ok().map(|answer| answer.expect(201).json);
            let is_gone = answer.is_none();
            shift
                .answers
                .fetch_add(usize::from(!is_gone), Ordering::Relaxed);
            journal.push(Attempt {
                key,
                path,
                body,
                answer,
            });
            if is_gone {
                break;
            }
        }
        journal
    }
}

impl Attempt {
    /// Sends it again; the seq of its entry, which must be the one it was told before.
    fn again(&self, client: &Client) -> u64 {
        let again = client.post_with(self.path, &self.key, self.body.clone());
        if let Some(answer) = &self.answer {
            assert!(again.replayed, "acknowledged and lost: {answer}");
            assert_eq!(again.json, *answer);
        } else {
            assert!(matches!(again.status, 200 | 201), "{}", again.text);
        }
        again.json["receipt"]["seq"].as_u64().unwrap()
    }
}

/// The same people at another server.
fn at(hospital: &Hospital, server: &Process) -> Hospital {
    Hospital {
        administrator: hospital.administrator.at(&server.base),
        equipment: hospital.equipment.at(&server.base),
        safety: hospital.safety.at(&server.base),
    }
}

/// Kills one of the servers at a random moment, `kills` times.
fn kill_under_load(site: &Site, servers: usize, kills: usize) {
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let mut running = vec![site.serve()];
    let hospital = Hospital::found(&running[0].anonymous(), &running[0].code.take().unwrap());
    let stock = Stock::bought(&hospital);
    running.extend((1..servers).map(|_| site.serve()));
    let (mut acknowledged, mut unknown, mut gone) = (0, 0, 0);
    for kill in 1..=kills {
        let before = site.number(SIZE);
        let victim = dice.below(servers);
        let shift = Shift::default();
        let journal: Vec<Attempt> = thread::scope(|scope| {
            let end = End(&shift);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let hospital = at(&hospital, &running[client % servers]);
                    let dice = Dice(seed ^ (kill * CLIENTS + client) as u64);
                    let (stock, shift) = (&stock, &shift);
                    scope.spawn(move || stock.work(&hospital, dice, shift))
                })
                .collect();
            // A kill comes at any moment: after some answers, and a little later.
            let enough = dice.below(60);
            until("the answers have come", || {
                shift.answers.load(Ordering::Relaxed) >= enough
            });
            thread::sleep(Duration::from_micros(dice.below(50_000) as u64));
            running[victim].kill();
            drop(end);
            clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        running[victim] = site.serve();

        let told = journal
            .iter()
            .filter(|attempt| attempt.answer.is_some())
            .count();
        let again = at(&hospital, &running[dice.below(servers)]);
        let mut seqs = BTreeSet::new();
        for attempt in &journal {
            let client = if attempt.path.ends_with("receipts") {
                &again.equipment
            } else {
                &again.safety
            };
            seqs.insert(attempt.again(client));
        }
        let gained: BTreeSet<u64> = (before..site.number(SIZE)).collect();
        assert_eq!(seqs, gained, "kill {kill}");
        acknowledged += told;
        unknown += journal.len() - told;
        gone += journal.len() - gained.len();
        if kill % 25 == 0 || kill == kills {
            site.assert_sound();
        }
    }
    assert_eq!(gone, 0);
    println!("{kills} kills, {acknowledged} acknowledged, {unknown} unknown");
}

/// A few kills in the everyday run, more than two hundred in all with `FULL=1`.
fn kills() -> usize {
    if std::env::var_os("FULL").is_some() {
        100
    } else {
        4
    }
}

#[test]
fn a_killed_server_on_sqlite_loses_and_doubles_nothing() {
    kill_under_load(&Site::sqlite(), 1, kills());
}

#[test]
fn a_killed_server_on_postgres_loses_and_doubles_nothing() {
    if let Some(site) = Site::postgres() {
        kill_under_load(&site, 1, kills());
    }
}

#[test]
fn one_of_two_killed_servers_on_postgres_loses_and_doubles_nothing() {
    if let Some(site) = Site::postgres() {
        kill_under_load(&site, 2, kills());
    }
}

#[test]
fn a_server_that_hangs_in_mid_write_does_not_stop_another() {
    let Some(site) = Site::postgres() else { return };
    let mut first = site.serve();
    let hospital = Hospital::found(&first.anonymous(), &first.code.take().unwrap());
    let stock = Stock::bought(&hospital);
    let second = site.serve();
    let before = site.number(SIZE);
    let waiting = "SELECT COUNT(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'relation'";
    let holding = "SELECT COUNT(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xid IS NOT NULL";
    let shift = Shift::default();
    let journals: Vec<Attempt> = thread::scope(|scope| {
        let end = End(&shift);
        let clients: Vec<_> = (0..4)
            .map(|seed| {
                let hospital = at(&hospital, &second);
                let (stock, shift) = (&stock, &shift);
                scope.spawn(move || stock.work(&hospital, Dice(seed), shift))
            })
            .collect();
        // Its insert is held up, after it has taken the head; what it waits for in PostgreSQL comes to an
        // end when it hangs already, and the transaction stays open.
        let mut hand = site.superuser();
        hand.run("BEGIN; LOCK TABLE entry IN SHARE MODE").unwrap();
        until("it waits with the head in its hands", || {
            site.number(waiting) > 0
        });
        second.hang();
        hand.run("ROLLBACK").unwrap();
        until("the server hangs while it holds the lock", || {
            site.number(holding) > 0
        });
        let (path, body) = stock.receipt();
        let answer = hospital.equipment.post(path, body);
        second.go_on();
        answer.expect(201);
        drop(end);
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    });
    assert_eq!(before + 1 + journals.len() as u64, site.number(SIZE));
    site.assert_sound();
}

#[test]
fn a_server_goes_on_when_postgres_drops_its_connections() {
    let Some(server) = TestServer::postgres() else {
        return;
    };
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let path = format!("/api/v1/containers/{}", labels[0]);
    let body = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
    let signed = "SELECT MAX(size) FROM checkpoint WHERE institution_id = 1 AND log = 0";
    let size = "SELECT size FROM log_head WHERE institution_id = 1 AND log = 0";
    let postgres = server.postgres.as_ref().unwrap();
    for _ in 0..3 {
        postgres.as_superuser(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        hospital.safety.get(&path).expect(200);
        hospital
            .safety
            .post("/api/v1/checkouts", body.clone())
            .expect(201);
        until("the head is signed", || {
            postgres.as_superuser(signed) == postgres.as_superuser(size)
        });
    }
    server.assert_sound();
}

#[test]
fn a_head_that_a_killed_server_did_not_sign_is_signed_by_the_next() {
    let site = Site::sqlite();
    let mut server = site.serve();
    let hospital = Hospital::found(&server.anonymous(), &server.code.take().unwrap());
    // Twice a second a head is signed: this one has just grown.
    Stock::bought(&hospital);
    server.kill();
    let _next = site.serve();
    let signed =
        "SELECT COALESCE(MAX(size), 0) AS n FROM checkpoint WHERE institution_id = 1 AND log = 0";
    until("the head is signed", || {
        site.number(signed) == site.number(SIZE)
    });
}

#[test]
fn a_lost_key_is_asked_for_and_half_a_key_is_never_left() {
    let site = Site::sqlite();
    let keys = site.data().join("keys");
    fs::create_dir_all(&keys).unwrap();
    // What a kill in mid-write leaves.
    fs::write(keys.join("log.new"), "0").unwrap();
    drop(site.serve());
    assert!(!keys.join("log.new").exists());
    let kept = fs::read(keys.join("log.key")).unwrap();
    fs::remove_file(keys.join("log.key")).unwrap();
    let said = site.refuses_to_serve();
    assert!(said.contains("log.key is missing; restore it"), "{said}");
    fs::write(keys.join("log.key"), kept).unwrap();
    let said = site.refuses_to_serve();
    assert!(said.contains("chmod 600"), "{said}");
}

/// Looks again and again, at most two minutes long.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < end, "not within two minutes: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
