//! The product on one backend, spoken to through `App`, seen through a connection of the test's own.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::{App, AppError, Done, Key, Principal};
use hazledger::auth::keys::Keys;
use hazledger::domain::canonical;
use hazledger::domain::emergency;
use hazledger::domain::ids::{InstitutionId, Label, PersonId, RequestId, Seq};
use hazledger::domain::ledger::{self, Part};
use hazledger::domain::merkle::Hash;
use hazledger::domain::request::Payload;
use hazledger::domain::signature::{Signature, Signer, Statement, Tier, meaning};
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Countersign, Sign, Verb};
use hazledger::store::Database;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::act::{Act, Sent};
use super::lines::LINES;
use super::reference::Answer;
use super::signing::{Answers, Signs, proposal};
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

#[derive(QueryableByName)]
struct Leaf {
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    person_id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    staff_number: String,
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
    keys: Keys,
    eyes: Eyes,
    runtime: tokio::runtime::Runtime,
    /// The first answer to each key, to the letter.
    answers: BTreeMap<(i64, i64, u64), String>,
    /// The leaf hash acknowledged for each entry.
    leaves: BTreeMap<(i64, i64), String>,
    /// How many entries of each kind it left.
    pub kinds: BTreeMap<String, usize>,
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
            keys: Keys::open(&server.settings.data.join("keys"), false).unwrap(),
            server,
            eyes,
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
            answers: BTreeMap::new(),
            leaves: BTreeMap::new(),
            kinds: BTreeMap::new(),
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
        let verbs: Vec<_> = commands.iter().map(|sent| self.verb(sent)).collect();
        let app: &App = self.server.app();
        let calls = commands.iter().zip(verbs);
        let calls = calls.map(|(sent, verb)| execute(app, sent, verb)).collect();
        let results = self.runtime.block_on(together(calls));
        let told = |(sent, result)| self.told(sent, result);
        commands.iter().zip(results).map(told).collect()
    }

    /// The command; whoever signs signs what they see on the desk now.
    fn verb(&mut self, sent: &Sent) -> Box<dyn Verb> {
        if let Act::Sign(signs) = &sent.act {
            Box::new(self.signed(sent.institution, signs))
        } else if let Act::Answer(answers) = &sent.act {
            Box::new(self.answered(sent.institution, answers))
        } else {
            sent.act.verb()
        }
    }

    fn signed(&mut self, institution: i64, signs: &Signs) -> Sign {
        let shown = self.eyes.see::<Line>(&format!(
            "SELECT payload AS line FROM signing_request WHERE institution_id = {institution} AND request_id = {}",
            signs.request
        ));
        let shown = shown.into_iter().next().map(|shown| shown.line);
        let payload = shown.as_ref().map(|text| {
            let payload: Payload = canonical::parse(text.as_bytes()).unwrap();
            payload
        });
        let hash = shown.map_or(Hash([0; 32]), |text| canonical::sha256(text.as_bytes()));
        let size = payload.map(|payload| i64::try_from(payload.head.size).unwrap());
        Sign {
            request: RequestId::try_from(signs.request).unwrap(),
            payload_hash: hash,
            proposal: proposal(&signs.what),
            after_head: size.map(|size| Seq::try_from(size).unwrap()),
            signatures: self.signatures(institution, hash, &signs.by),
            key: self.keys.signatures(),
        }
    }

    fn answered(&mut self, institution: i64, answers: &Answers) -> Countersign {
        let entry = Seq::try_from(answers.entry.cast_signed()).unwrap();
        let stored = self.eyes.see::<Leaf>(&format!(
            "SELECT leaf_hash FROM emergency WHERE institution_id = {institution} AND seq = {entry}"
        ));
        let hash = stored.first().map_or(Hash([0; 32]), |leaf| {
            // Just what is signed: the text that a screen shows.
            let released = emergency::Emergency {
                leaf_hash: Hash(leaf.leaf_hash.clone().try_into().unwrap()),
                place: hazledger::domain::ids::PlaceId::MIN,
                released_at: Time::from_millis(0),
                parties: std::collections::BTreeSet::new(),
                countersigners: std::collections::BTreeSet::new(),
                countersigned_at: None,
            };
            let whose = InstitutionId::try_from(institution).unwrap();
            let text = released.payload(whose, entry).unwrap();
            canonical::sha256(text.as_bytes())
        });
        Countersign {
            entry,
            signatures: self.signatures(institution, hash, &answers.by),
        }
    }

    /// Signatures as the program makes them of the right secrets.
    fn signatures(
        &mut self,
        institution: i64,
        payload_hash: Hash,
        by: &[(i64, Part)],
    ) -> Vec<Signature> {
        let signed_at = (self.server.settings.clock)();
        let names = self.eyes.see::<Named>(&format!(
            "SELECT person_id, name, staff_number FROM person WHERE institution_id = {institution}"
        ));
        let sign = |(person, part): &(i64, Part)| {
            let known = names.iter().find(|named| named.person_id == *person);
            let (name, staff_number) = known.map_or(("?", "?"), |named| {
                (named.name.as_str(), named.staff_number.as_str())
            });
            let statement = Statement {
                payload_hash,
                signer: Signer {
                    person: PersonId::try_from(*person).unwrap(),
                    name: name.to_owned(),
                    staff_number: staff_number.to_owned(),
                },
                part: *part,
                meaning: meaning(*part).to_owned(),
                signed_at,
                terminal: "窗口一".to_owned(),
                tier: Tier::B,
                secret_version: 1,
            };
            self.keys.signatures().sign(statement).unwrap()
        };
        by.iter().map(sign).collect()
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
        let seq = told["seq"].as_i64();
        if let (Some(seq), Some(leaf)) = (seq, told["leaf"].as_str()) {
            let leaf = leaf.to_owned();
            self.leaves.insert((sent.institution, seq), leaf);
        }
        Outcome::Accepted {
            answer: Answer {
                seq: seq.map(i64::unsigned_abs),
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
    pub fn finish(&mut self) -> Result<Vec<Value>, String> {
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
            if row.log == 0 && row.institution_id > 0 {
                let kind = kind_of(&entry).to_owned();
                *self.kinds.entry(kind).or_default() += 1;
            }
            without_chance(&mut entry);
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

async fn execute(app: &App, sent: &Sent, verb: Box<dyn Verb>) -> Result<(String, bool), AppError> {
    let key = sent.key.map(|key| Key {
        key: format!("model-key-{key:08}"),
        fingerprint: Sha256::digest(format!("{:?}", sent.act)).to_vec(),
    });
    let who = principal(sent.institution, sent.person);
    app.execute(&who, "", key, verb, answer).await
}

fn answer(done: Done<'_>) -> String {
    let Some((entry, receipt)) = done.entry else {
        let number = done.request.map(RequestId::get);
        return json!({"seq": null, "labels": [], "number": number}).to_string();
    };
    let record = entry.record();
    let labels = record
        .containers
        .iter()
        .map(|line| Label::new(record.institution, line.serial, line.after.generation).to_string());
    let number = number_of(&record.act);
    let labels: Vec<_> = labels.collect();
    json!({"seq": receipt.seq, "leaf": receipt.leaf_hash.to_hex(), "labels": labels, "number": number})
        .to_string()
}

/// The number that an entry gives to what it makes or changes.
fn number_of(act: &ledger::Act) -> Option<i64> {
    let said = serde_json::to_value(act).unwrap();
    let numbered = [
        "place",
        "product",
        "enrol",
        "department",
        "permit",
        "requisition",
        "order",
        "incident",
    ];
    let mut bodies = numbered.iter().filter_map(|kind| said.get(kind));
    let id = bodies.next()?["id"].as_str()?;
    id.parse().ok()
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

fn kind_of(entry: &Value) -> &str {
    let act = &entry["act"];
    let bodied = act.as_object().and_then(|act| act.keys().next());
    act.as_str().or(bodied.map(String::as_str)).unwrap()
}

/// Takes out what differs from one server to the other: salts and seals, and the hashes over them.
fn without_chance(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "salt" | "root" | "leaf_hash" | "seal" | "payload_hash" | "senders" => {
                        *value = Value::Null
                    }
                    "payload" => {
                        let text = value.as_str().unwrap();
                        *value = serde_json::from_str(text).unwrap();
                        without_chance(value);
                    }
                    _ => without_chance(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(without_chance),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Which state may follow which, act by act.
fn obeys_states(entry: &Value) -> bool {
    let act = kind_of(entry);
    let obeys = |line: &Value| {
        let before = line["before"]["standing"]["status"].as_str().unwrap_or("");
        let after = line["after"]["status"].as_str().unwrap();
        matches!(
            (act, before, after),
            ("receive" | "purchase" | "opening" | "split" | "mix", "", "in_stock")
                | ("move", "in_stock", "in_stock")
                | (
                    "checkout" | "release",
                    "in_stock",
                    "in_stock" | "checked_out" | "empty"
                )
                // What is counted at a handover stays as it was.
                | ("handover", "in_stock", "in_stock")
                | ("handover", "waste", "waste")
                | ("end_incident", "lost" | "sent" | "empty", "in_stock")
                | ("end_incident", "in_stock", "in_stock" | "lost")
                | ("end_incident", "lost" | "disposed" | "waste", "waste")
                | ("end_incident", "checked_out" | "waste", "lost")
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
                    "in_stock" | "checked_out" | "empty" | "waste" | "disposed" | "lost",
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
