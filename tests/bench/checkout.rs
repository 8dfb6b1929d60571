//! (b) Ordinary checkouts on SQLite, in process and over HTTP, beside a bare loop of prepared
//! statements that writes the same rows.

use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hazledger::app::{App, Done, Key, Principal};
use hazledger::domain::ids::Label;
use hazledger::domain::quantity::Quantity;
use hazledger::domain::verb::{Checkout, Claim, Take};
use tokio::task::LocalSet;

use super::bare::Bare;
use super::figure::{Round, Sample, print, round, rounds};
use super::harness::client::fresh_key;
use super::harness::server::TestServer;
use super::http::load;
use super::stock::{Chance, Ledger, Stock};

pub fn run(Ledger { server, stock }: &Ledger) {
    let mut bare = Bare::beside(server, stock);
    let chance = Chance::new(2);
    for clients in [1, 8, 64] {
        let (mut inside, mut http, mut loops) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds() {
            loops.push(bare.run(round(), &chance));
            inside.push(in_process(server.app(), stock, clients, round(), &chance));
            http.push(over_http(server, stock, clients, round(), &chance));
        }
        let beside = (
            "bare loop of prepared statements, 64 a transaction",
            loops.as_slice(),
        );
        let limit = (clients == 64).then_some(0.5);
        print(
            "checkout in process, SQLite",
            clients,
            &inside,
            beside,
            limit,
        );
        print("checkout over HTTP, SQLite", clients, &http, beside, None);
    }
}

/// The request of one checkout of 1 mL.
fn post_request(out: &mut Vec<u8>, label: &str, token: &str) {
    let body = format!(
        r#"{{"label":"{label}","amount":{{"value":"1","unit":"mL"}},"purpose":"日常检验"}}"#
    );
    write!(
        out,
        "POST /api/v1/checkouts HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        fresh_key(),
        body.len(),
    )
    .unwrap();
}

/// Checkouts through the web server.
pub fn over_http(
    server: &TestServer,
    stock: &Rc<Stock>,
    clients: usize,
    length: Duration,
    chance: &Chance,
) -> Sample {
    let (token, stock, chance) = (
        stock.staff().token.clone().unwrap(),
        stock.clone(),
        chance.clone(),
    );
    load(&server.base, clients, length, move |out| {
        post_request(out, stock.any(&chance), &token)
    })
}

/// Checkouts through `App::execute`.
pub fn in_process(
    app: &Arc<App>,
    stock: &Rc<Stock>,
    clients: usize,
    length: Duration,
    chance: &Chance,
) -> Sample {
    on_this_thread(async {
        let who = app
            .principal(stock.staff().token.as_ref().unwrap())
            .await
            .unwrap();
        let round = Round::begin();
        let end = Instant::now() + length;
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (app, who, stock, chance) =
                    (app.clone(), who.clone(), stock.clone(), chance.clone());
                tokio::task::spawn_local(async move {
                    let mut micros = Vec::new();
                    while Instant::now() < end {
                        let sent = Instant::now();
                        one(&app, &who, stock.any(&chance)).await;
                        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap());
                    }
                    micros
                })
            })
            .collect();
        let mut micros = Vec::new();
        for task in tasks {
            micros.extend(task.await.unwrap());
        }
        round.end(micros)
    })
}

/// Runs the clients of a figure.
pub fn on_this_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, work)
}

async fn one(app: &App, who: &Principal, label: &str) {
    let label: Label = label.parse().unwrap();
    let verb = Checkout {
        label,
        take: Take::Part(Quantity::parse("1 mL").unwrap()),
        receiver: who.person,
        purpose: "日常检验".to_owned(),
        claim: Claim::default(),
    };
    let key = Key {
        key: fresh_key(),
        fingerprint: vec![7; 32],
    };
    let (_, replayed) = app
        .execute(
            who,
            "5b1f7b2e-6f0c-4f3a-9a52-0a7c1d5e2b11",
            Some(key),
            Box::new(verb),
            answer,
        )
        .await
        .unwrap();
    assert!(!replayed);
}

/// As long as the answer of the web server.
pub fn answer(done: Done<'_>) -> String {
    let (entry, receipt) = done.entry.unwrap();
    let line = &entry.record().containers[0];
    let label = Label::new(
        entry.record().institution,
        line.serial,
        line.after.generation,
    );
    format!(
        r#"{{"labels":["{label}"],"receipt":{{"leaf_hash":"{}","root":"{}","seq":{},"size":{}}}}}"#,
        receipt.leaf_hash, receipt.root, receipt.seq, receipt.size
    )
}
