//! The product on one backend, spoken to through `App`, seen through a connection of the test's own.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::{App, AppError, Done, Key, Principal};
use hazledger::domain::ids::{InstitutionId, Label, PersonId};
use hazledger::domain::ledger;
use hazledger::store::Database;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::act::Sent;
use super::lines::LINES;
use super::reference::Answer;
use crate::harness::server::TestServer;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    institution_id: i64,
    #[diesel(sql_type = BigInt)]
    log: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

enum Eyes {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Eyes {
    fn see<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        match self {
            Self::Sqlite(conn) => sql_query(sql).load(conn).unwrap(),
            Self::Postgres(conn) => sql_query(sql).load(conn).unwrap(),
        }
    }
}

/// What the sender was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted { answer: Answer, replayed: bool },
    Refused(&'static str),
    Failed(String),
}

pub struct World {
    pub name: &'static str,
    server: TestServer,
    eyes: Eyes,
    runtime: tokio::runtime::Runtime,
    /// The first answer to each key, to the letter.
    answers: BTreeMap<(i64, i64, u64), String>,
    /// The leaf hash acknowledged for each entry.
    leaves: BTreeMap<(i64, i64), String>,
}

impl World {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "as PostgreSQL, which may be missing"
    )]
    pub fn sqlite() -> Option<Self> {
        Some(Self::of("sqlite", TestServer::sqlite()))
    }

    pub fn postgres() -> Option<Self> {
        TestServer::postgres().map(|server| Self::of("postgres", server))
    }

    /// Its outbox carries when it is told to, so that all worlds write the same in the same order.
    fn of(name: &'static str, mut server: TestServer) -> Self {
        server.settings.deliver = false;
        server.restart();
        let eyes = match &server.settings.database {
            Database::Sqlite(path) => {
                Eyes::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            }
            Database::Postgres(url) => Eyes::Postgres(PgConnection::establish(url).unwrap()),
        };
        Self {
            name,
            server,
            eyes,
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
            answers: BTreeMap::new(),
            leaves: BTreeMap::new(),
        }
    }

    pub fn pass(&self, milliseconds: i64) {
        self.server.pass(milliseconds);
    }

    pub fn restart(&mut self) {
        self.server.restart();
    }

    pub fn deliver(&self) {
        self.server.app().deliver().unwrap();
    }

    /// Sends the commands in this order, none waiting for another's answer.
    pub fn send(&mut self, commands: &[Sent]) -> Vec<Outcome> {
        let app: &App = self.server.app();
        let calls = commands.iter().map(|sent| execute(app, sent)).collect();
        let results = self.runtime.block_on(together(calls));
        let told = |(sent, result)| self.told(sent, result);
        commands.iter().zip(results).map(told).collect()
    }

    fn told(&mut self, sent: &Sent, result: Result<(String, bool), AppError>) -> Outcome {
        let (text, replayed) = match result {
            Ok(done) => done,
            Err(AppError::Refused(refusal)) => return Outcome::Refused(refusal.code()),
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        if let Some(key) = sent.key {
            let key = (sent.institution, sent.person, key);
            let first = self.answers.entry(key).or_insert_with(|| text.clone());
            if *first != text {
                return Outcome::Failed(format!("first answered {first}, then {text}"));
            }
        }
        let told: Value = serde_json::from_str(&text).unwrap();
        let seq = told["seq"].as_i64().unwrap();
        let leaf = told["leaf"].as_str().unwrap().to_owned();
        self.leaves.insert((sent.institution, seq), leaf);
        Outcome::Accepted {
            answer: Answer {
                seq: seq.unsigned_abs(),
                labels: serde_json::from_value(told["labels"].clone()).unwrap(),
                number: told["number"].as_i64(),
            },
            replayed,
        }
    }

    /// What a scan shows.
    pub fn scan(&self, institution: i64, label: Label) -> Result<i64, String> {
        let who = principal(institution, 1);
        let scanned = self.server.app().scan(&who, label);
        match self.runtime.block_on(scanned) {
            Ok(container) => Ok(container.amount.amount()),
            Err(AppError::Refused(refusal)) => Err(refusal.code().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The whole state, a line each, sorted.
    pub fn lines(&mut self) -> Vec<String> {
        let lines = self.eyes.see::<Line>(LINES);
        let mut lines: Vec<_> = lines.into_iter().map(|line| line.line).collect();
        lines.sort();
        lines
    }

    /// Stops the program and checks what it leaves: `verify` finds nothing, every acknowledged entry is
    /// there with its hash, every entry is balanced. Answers the entries without what chance decides.
    pub fn finish(mut self) -> Result<Vec<Value>, String> {
        self.server.stop();
        let findings = self.server.verify().findings;
        if !findings.is_empty() {
            return Err(format!("{}: verify finds {findings:?}", self.name));
        }
        let stored = self.eyes.see::<Stored>(
            "SELECT institution_id, log, seq, bytes FROM entry ORDER BY institution_id, log, seq",
        );
        let mut leaves = std::mem::take(&mut self.leaves);
        let mut entries = Vec::new();
        for row in stored {
            let mut entry: Value = serde_json::from_slice(&row.bytes).unwrap();
            let wrong = |what: &str| Err(format!("{}: {what}: {entry}", self.name));
            if row.log == 0
                && let Some(leaf) = leaves.remove(&(row.institution_id, row.seq))
                && leaf != leaf_of(&row.bytes)
            {
                return wrong("another entry was acknowledged");
            }
            if !is_balanced(&entry) {
                return wrong("an entry is not balanced");
            }
            if !obeys_states(&entry) {
                return wrong("a container changed its state against the table");
            }
            entry["salt"] = Value::Null;
            entry["prev"]["root"] = Value::Null;
            for act in ["announce", "accept", "settle"] {
                if let Some(hash) = entry.pointer_mut(&format!("/act/{act}/leaf_hash")) {
                    *hash = Value::Null;
                }
            }
            // Each sender is told through the leaf hash.
            if let Some(senders) = entry.pointer_mut("/act/announce/senders") {
                *senders = Value::Null;
            }
            entries.push(entry);
        }
        if leaves.is_empty() {
            Ok(entries)
        } else {
            Err(format!("{}: acknowledged and gone: {leaves:?}", self.name))
        }
    }
}

pub fn principal(institution: i64, person: i64) -> Principal {
    Principal {
        institution: InstitutionId::try_from(institution).unwrap(),
        reads: InstitutionId::try_from(institution).unwrap(),
        is_named: false,
        person: PersonId::try_from(person).unwrap(),
        name: format!("人员{person}"),
        roles: vec![],
        session: 0,
        terminal: "窗口一".to_owned(),
    }
}

async fn execute(app: &App, sent: &Sent) -> Result<(String, bool), AppError> {
    let key = sent.key.map(|key| Key {
        key: format!("model-key-{key:08}"),
        fingerprint: Sha256::digest(format!("{:?}", sent.act)).to_vec(),
    });
    let who = principal(sent.institution, sent.person);
    app.execute(&who, "", key, sent.act.verb(), answer).await
}

fn answer(done: Done<'_>) -> String {
    let (entry, receipt) = done.entry.unwrap();
    let record = entry.record();
    let labels = record
        .containers
        .iter()
        .map(|line| Label::new(record.institution, line.serial, line.after.generation).to_string());
    let number = if let ledger::Act::Place(place) = &record.act {
        Some(place.id.get())
    } else if let ledger::Act::Product(product) = &record.act {
        Some(product.id.get())
    } else {
        None
    };
    let labels: Vec<_> = labels.collect();
    json!({"seq": receipt.seq, "leaf": receipt.leaf_hash.to_hex(), "labels": labels, "number": number})
        .to_string()
}

/// Polls the futures for the first time in their order, so that commands are queued in that order, and
/// waits for all of them.
pub async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(move |cx| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(cx)
            {
                *result = Some(done);
            }
        }
        if results.iter().all(Option::is_some) {
            Poll::Ready(results.drain(..).flatten().collect())
        } else {
            Poll::Pending
        }
    })
    .await
}

/// RFC 6962: SHA-256 of a zero byte and the entry.
fn leaf_of(bytes: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update([0])
        .chain_update(bytes)
        .finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Postings sum to nothing, product by product and dimension by dimension.
fn is_balanced(entry: &Value) -> bool {
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for posting in entry["postings"].as_array().into_iter().flatten() {
        let amount: i128 = posting["amount"].as_str().unwrap().parse().unwrap();
        let of = format!("{} {}", posting["product"], posting["dimension"]);
        *sums.entry(of).or_default() += amount;
    }
    sums.into_values().all(|sum| sum == 0)
}

/// Which state may follow which, act by act.
fn obeys_states(entry: &Value) -> bool {
    let act = &entry["act"];
    let bodied = act.as_object().and_then(|act| act.keys().next());
    let act = act.as_str().or(bodied.map(String::as_str)).unwrap();
    let obeys = |line: &Value| {
        let before = line["before"]["standing"]["status"].as_str().unwrap_or("");
        let after = line["after"]["status"].as_str().unwrap();
        matches!(
            (act, before, after),
            ("receive" | "opening" | "split" | "mix", "", "in_stock")
                | ("move", "in_stock", "in_stock")
                | ("checkout", "in_stock", "in_stock" | "checked_out" | "empty")
                | ("use" | "split", "in_stock", "in_stock" | "empty")
                | ("use" | "reprint", "checked_out", "checked_out")
                | ("use", "empty", "empty")
                | ("give_back", "in_stock", "in_stock")
                | ("give_back", "checked_out" | "empty", "in_stock" | "empty")
                | ("reprint", "in_stock", "in_stock")
                | ("waste", "in_stock" | "empty", "waste")
                // What is poured away or mixed, out of the bottle or of what somebody holds.
                | ("waste" | "mix", "in_stock", "in_stock" | "empty")
                | ("waste" | "mix", "checked_out", "checked_out")
                | ("waste" | "mix", "empty", "empty")
                | ("waste" | "mix", "waste", "waste")
                | ("waste" | "mix", "lost", "lost")
                | ("waste" | "mix", "disposed", "disposed")
                | ("variance", "lost", "in_stock" | "waste")
                | ("move" | "use" | "reprint", "waste", "waste")
                | ("count", "in_stock", "in_stock")
                | ("count", "waste", "waste")
                | (
                    "variance" | "loss",
                    "in_stock" | "empty",
                    "in_stock" | "empty" | "lost"
                )
                | ("variance" | "loss", "waste", "waste" | "lost")
                | ("use", "lost", "lost")
                | ("dispose", "waste", "disposed")
                | ("send", "in_stock", "in_transit")
                | ("accept", "", "in_stock")
                | ("settle", "in_transit", "in_transit" | "sent" | "lost")
                | ("reclaim", "in_transit", "in_stock" | "lost")
                | ("use", "disposed", "disposed")
                | (
                    "reverse",
                    "in_stock" | "checked_out" | "empty" | "waste" | "disposed",
                    _
                )
        )
    };
    entry["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .all(obeys)
}
