//! kill -9 while 64 clients at two hospitals send, accept, refuse and take back: nothing is lost, nothing
//! doubled, and the sums of both ledgers together are what was received.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{labels, ml};
use crate::crash::{End, Shift, until};
use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::process::Site;
use crate::harness::server::{FOUNDERS, Hospital, identity};
use crate::powercut::Dice;

const CLIENTS: usize = 64;

/// A week from now: these servers go by the real clock.
fn expected() -> String {
    let day = chrono::Utc::now() + chrono::TimeDelta::days(7);
    day.format("%Y-%m-%dT00:00:00.000Z").to_string()
}

/// One of the two hospitals.
struct Side {
    other: &'static str,
    hospital: Hospital,
    room: String,
    /// Bottles in stock that nobody is about to send.
    pool: Mutex<Vec<String>>,
    /// One that is never sent and never empty.
    cask: String,
}

impl Side {
    fn of(other: &'static str, hospital: Hospital) -> Self {
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let product =
            json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"});
        let product = hospital.product(product);
        let receive = |count: u32, each: Value| {
            let body = json!({"product": product, "count": count, "each": each, "place": room});
            labels(
                &hospital
                    .equipment
                    .post("/api/v1/receipts", body)
                    .expect(201),
            )
        };
        let pool = Mutex::new(receive(96, ml("500")));
        let cask = receive(1, json!({"value": "500", "unit": "L"})).remove(0);
        Self {
            other,
            hospital,
            room,
            pool,
            cask,
        }
    }

    fn stock(&self, more: Vec<String>) {
        self.pool.lock().unwrap().extend(more);
    }
}

/// What was asked; who of the two asked, and the answer if it came.
struct Attempt {
    side: usize,
    path: &'static str,
    key: String,
    body: Value,
    answer: Option<Answer>,
}

impl Attempt {
    /// What may come of it: of two who accept the same one is late.
    fn is_told(&self, answer: &Answer) -> bool {
        match answer.code() {
            "" => matches!(answer.status, 200 | 201),
            "transfer_accepted" => self.path == "/api/v1/acceptances",
            "not_returning" | "container_state" => self.path == "/api/v1/reclaims",
            _ => false,
        }
    }

    /// What came into stock by it.
    fn brings(&self, answer: &Answer) -> Vec<String> {
        let comes = ["/api/v1/acceptances", "/api/v1/reclaims"].contains(&self.path);
        if comes && answer.code().is_empty() {
            labels(answer)
        } else {
            Vec::new()
        }
    }
}

/// Something that one of the clients does next; nothing when there is nothing to do, an error when the
/// server is gone.
fn next(
    side: usize,
    sides: &[Side; 2],
    client: &Client,
    dice: &mut Dice,
) -> Result<Option<Attempt>, ureq::Error> {
    let own = &sides[side];
    let attempt = |path, body| {
        Some(Attempt {
            side,
            path,
            key: fresh_key(),
            body,
            answer: None,
        })
    };
    let list = |query: &str| {
        client.try_send(
            "GET",
            &format!("/api/v1/transfers?limit=200&{query}"),
            None,
            None,
        )
    };
    let one_of = |list: Answer, dice: &mut Dice| {
        let items = list.expect(200).json["items"].as_array().unwrap().clone();
        (!items.is_empty()).then(|| items[dice.below(items.len())].clone())
    };
    let lines = |item: &Value| {
        let (from, entry) = (
            item["from"].as_str().unwrap(),
            item["entry"].as_str().unwrap(),
        );
        let one = client.try_send(
            "GET",
            &format!("/api/v1/transfers/{from}/{entry}"),
            None,
            None,
        )?;
        Ok::<_, ureq::Error>(one.expect(200).json["lines"].as_array().unwrap().clone())
    };
    Ok(match dice.below(8) {
        0..4 => {
            let many = 1 + dice.below(3);
            let mut pool = own.pool.lock().unwrap();
            let from = pool.len().saturating_sub(many);
            let taken: Vec<String> = pool.drain(from..).collect();
            drop(pool);
            let body = json!({"to": own.other, "labels": taken, "carrier": "自提", "expected_at": expected(), "purpose": "调剂"});
            (!taken.is_empty())
                .then(|| attempt("/api/v1/transfers", body))
                .flatten()
        }
        4..6 => {
            match one_of(list("direction=in&state=announced")?, dice) {
                None => None,
                Some(item) => {
                    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
                    for line in lines(&item)? {
                        match dice.below(6) {
                        0 => refused.push(json!({"label": line["label"], "reason": "破损"})),
                        1 => accepted.push(json!({"label": line["label"], "place": own.room, "amount": ml("1")})),
                        _ => accepted.push(json!({"label": line["label"], "place": own.room})),
                    }
                    }
                    attempt(
                        "/api/v1/acceptances",
                        json!({"from": item["from"], "entry": item["entry"], "accepted": accepted, "refused": refused}),
                    )
                }
            }
        }
        6 => match one_of(list("direction=out&state=returning")?, dice) {
            None => None,
            Some(item) => {
                let back = lines(&item)?
                    .into_iter()
                    .filter(|line| line["outcome"] == "refused");
                let back: Vec<Value> = back.map(|line| line["label"].clone()).collect();
                let body = json!({"entry": item["entry"], "labels": back, "place": own.room});
                (!back.is_empty())
                    .then(|| attempt("/api/v1/reclaims", body))
                    .flatten()
            }
        },
        _ => attempt(
            "/api/v1/checkouts",
            json!({"label": own.cask, "amount": ml("1")}),
        ),
    })
}

fn client(side: &Side, path: &str, base: &str) -> Client {
    let who = &side.hospital;
    let who = if path.ends_with("checkouts") {
        &who.safety
    } else {
        &who.equipment
    };
    who.at(base)
}

/// Works until told to stop or until the server is gone.
fn work(side: usize, sides: &[Side; 2], base: &str, mut dice: Dice, shift: &Shift) -> Vec<Attempt> {
    let keeper = client(&sides[side], "", base);
    let mut journal = Vec::new();
    while !shift.is_over.load(Ordering::Relaxed) {
        let Ok(next) = next(side, sides, &keeper, &mut dice) else {
            break;
        };
        let Some(mut attempt) = next else { continue };
        let who = client(&sides[side], attempt.path, base);
        let sent = who.try_send(
            "POST",
            attempt.path,
            Some(&attempt.key),
            Some(attempt.body.to_string()),
        );
        let is_gone = sent.is_err();
        if let Ok(answer) = sent {
            assert!(
                attempt.is_told(&answer),
                "{} {}: {}",
                attempt.path,
                attempt.body,
                answer.text
            );
            shift.answers.fetch_add(1, Ordering::Relaxed);
            sides[side].stock(attempt.brings(&answer));
            attempt.answer = Some(answer);
        }
        journal.push(attempt);
        if is_gone {
            break;
        }
    }
    journal
}

/// The second hospital, as somebody at the server founds it.
fn second(site: &Site) -> Vec<(String, String)> {
    let mut nth = 500..;
    let founders = FOUNDERS.map(|(name, staff_number, _, roles)| {
        let identity_number = identity(nth.next().unwrap());
        json!({"name": name, "staff_number": staff_number, "identity_number": identity_number, "roles": roles})
    });
    let form = json!({"name": "四平市第二人民医院", "uscc": "12220300412756091A", "region": "220302", "kind": "hospital", "founders": founders});
    let path = site.folder().join("form.json");
    fs::write(&path, form.to_string()).unwrap();
    let said = site.run("found", &[path.to_str().unwrap()], "");
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8(said.stdout).unwrap();
    let codes = text.lines().filter_map(|line| line.split_once(' '));
    codes
        .filter(|(who, _)| *who != "institution")
        .map(|(who, code)| (who.to_owned(), code.to_owned()))
        .collect()
}

fn killed_under_load(site: &Site, servers: usize, kills: usize) {
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let mut first = site.serve();
    let a = Hospital::found(&first.anonymous(), &first.code.take().unwrap());
    // On SQLite one process alone has the file.
    first.kill();
    let codes = second(site);
    let mut running = vec![site.serve()];
    let codes = codes
        .iter()
        .map(|(who, code)| (who.as_str(), code.as_str()));
    let b = Hospital::begin(&running[0].anonymous(), "2", codes);
    let a = Hospital {
        administrator: a.administrator.at(&running[0].base),
        equipment: a.equipment.at(&running[0].base),
        safety: a.safety.at(&running[0].base),
    };
    let sides = [Side::of("2", a), Side::of("1", b)];
    running.extend((1..servers).map(|_| site.serve()));
    let mut done: Vec<Attempt> = Vec::new();
    for kill in 1..=kills {
        let victim = dice.below(servers);
        let shift = Shift::default();
        let mut journal: Vec<Attempt> = thread::scope(|scope| {
            let end = End(&shift);
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let base = running[number / 2 % servers].base.clone();
                    let dice = Dice(seed ^ (kill * CLIENTS + number) as u64);
                    let (sides, shift) = (&sides, &shift);
                    scope.spawn(move || work(number % 2, sides, &base, dice, shift))
                })
                .collect();
            let enough = 50 + dice.below(150);
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
        let base = &running[dice.below(servers)].base;
        for attempt in &mut journal {
            let who = client(&sides[attempt.side], attempt.path, base);
            let again = who.post_with(attempt.path, &attempt.key, attempt.body.clone());
            match &attempt.answer {
                Some(told) if told.code().is_empty() => {
                    assert!(again.replayed, "acknowledged and lost: {}", told.text);
                    assert_eq!(again.json, told.json);
                }
                Some(_) => {}
                None => {
                    assert!(
                        attempt.is_told(&again),
                        "{} {}: {}",
                        attempt.path,
                        attempt.body,
                        again.text
                    );
                    sides[attempt.side].stock(attempt.brings(&again));
                    attempt.answer = Some(again);
                }
            }
        }
        done.append(&mut journal);
    }
    come_to_rest(site, &sides, &running[0].base);
    let sent: Vec<&Attempt> = done
        .iter()
        .filter(|one| one.path.ends_with("transfers"))
        .collect();
    let entries: BTreeSet<(usize, String)> = sent
        .iter()
        .map(|one| {
            (
                one.side,
                one.answer.as_ref().unwrap().json["receipt"]["seq"].to_string(),
            )
        })
        .collect();
    let of = |kind: &str| {
        site.number(&format!(
            "SELECT COUNT(*) AS n FROM entry WHERE log = 0 AND kind = '{kind}'"
        ))
    };
    assert_eq!((entries.len(), of("send")), (sent.len(), sent.len() as u64));
    assert_eq!(
        (of("announce"), of("accept"), of("settle")),
        (of("send"), of("send"), of("send"))
    );
    let sum = |what: &str| {
        site.number(&format!(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS n FROM {what}"
        ))
    };
    let received = 2 * (96 * 500 + 500_000) * 1_000_000_u64;
    let there = sum("standing") + sum("holding") + sum("posting WHERE account = 'variance'");
    assert_eq!(there, received);
    assert_eq!(
        (
            sum("posting WHERE account = 'peer'"),
            sum("posting WHERE account = 'in_transit'")
        ),
        (0, 0)
    );
    site.assert_sound();
    println!(
        "{kills} kills, {} attempts, {} transfers, {} taken back",
        done.len(),
        of("send"),
        of("reclaim")
    );
}

/// Everything on the road arrives, or comes back.
fn come_to_rest(site: &Site, sides: &[Side; 2], base: &str) {
    let open = |what: &str| site.number(&format!("SELECT COUNT(*) AS n FROM {what}"));
    until("everything is announced", || {
        open("entry WHERE log = 0 AND kind = 'send'")
            == open("entry WHERE log = 0 AND kind = 'announce'")
    });
    let rest = |side: &Side, query: &str, finish: &dyn Fn(&Client, &Value)| loop {
        let keeper = client(side, "", base);
        let list = keeper
            .get(&format!("/api/v1/transfers?limit=200&{query}"))
            .expect(200)
            .json;
        let items = list["items"].as_array().unwrap();
        if items.is_empty() {
            return;
        }
        items.iter().for_each(|item| finish(&keeper, item));
    };
    let lines = |keeper: &Client, item: &Value| {
        let path = format!(
            "/api/v1/transfers/{}/{}",
            item["from"].as_str().unwrap(),
            item["entry"].as_str().unwrap()
        );
        keeper.get(&path).expect(200).json["lines"]
            .as_array()
            .unwrap()
            .clone()
    };
    for side in sides {
        rest(side, "direction=in&state=announced", &|keeper, item| {
            let accepted = lines(keeper, item)
                .into_iter()
                .map(|line| json!({"label": line["label"], "place": side.room}));
            let accepted: Vec<Value> = accepted.collect();
            let body = json!({"from": item["from"], "entry": item["entry"], "accepted": accepted});
            keeper.post("/api/v1/acceptances", body).expect(201);
        });
    }
    until("everything is settled", || {
        open("outgoing WHERE settled_seq IS NULL") == 0
    });
    for side in sides {
        rest(side, "direction=out&state=returning", &|keeper, item| {
            let back = lines(keeper, item)
                .into_iter()
                .filter(|line| line["outcome"] == "refused");
            let back: Vec<Value> = back.map(|line| line["label"].clone()).collect();
            keeper
                .post(
                    "/api/v1/reclaims",
                    json!({"entry": item["entry"], "labels": back, "place": side.room}),
                )
                .expect(201);
        });
    }
}

/// A few kills in the everyday run, many with `FULL=1`.
fn kills() -> usize {
    if std::env::var_os("FULL").is_some() {
        25
    } else {
        3
    }
}

#[test]
fn sixty_four_clients_lose_and_double_nothing_on_the_road_on_sqlite() {
    killed_under_load(&Site::sqlite(), 1, kills());
}

#[test]
fn sixty_four_clients_lose_and_double_nothing_on_the_road_on_postgres() {
    if let Some(site) = Site::postgres() {
        killed_under_load(&site, 1, kills());
    }
}

#[test]
fn two_servers_on_one_postgres_deliver_once() {
    if let Some(site) = Site::postgres() {
        killed_under_load(&site, 2, kills());
    }
}
