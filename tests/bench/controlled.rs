//! (b) Controlled checkouts in process, signed by two, with the proofs minted beforehand, beside ordinary
//! ones; and argon2 apart, which is what such a proof costs.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use hazledger::app::{App, Key, Principal, Shown};
use hazledger::auth::{keys::Keys, secret};
use hazledger::domain::canonical::parse;
use hazledger::domain::ids::{PersonId, Seq};
use hazledger::domain::ledger::Part;
use hazledger::domain::quantity::Quantity;
use hazledger::domain::request::{Payload, Proposal};
use hazledger::domain::signature::{SignatureKey, Signer, Statement, Tier, meaning};
use hazledger::domain::verb::{Checkout, Claim, Sign, Take};
use serde_json::json;

use super::checkout::{answer, in_process, on_this_thread};
use super::figure::{Round, Sample, median, print, report, round, rounds};
use super::harness::client::fresh_key;
use super::harness::server::{Hospital, SECRET};
use super::stock::{Chance, Ledger};

/// As many as 64 clients sign in one round: a request names what was in its bottle, so each has its own.
const CYANIDE: usize = 2_500;

pub fn run(Ledger { server, stock }: &Ledger) {
    let labels = receive(&stock.hospital);
    let receiver = stock.hospital.enrol(server, "R001", 90);
    stock.hospital.appoint(&receiver, "staff");
    let signing = Signing {
        receiver: receiver.parse().unwrap(),
        key: Keys::open(&server.settings.data.join("keys"), false)
            .unwrap()
            .signatures(),
    };
    let (app, chance) = (server.app(), Chance::new(5));
    for clients in [1, 8, 64] {
        let (mut signed, mut ordinary) = (Vec::new(), Vec::new());
        for _ in 0..rounds() {
            let bottles = &labels[..(clients * 40).clamp(300, CYANIDE)];
            signed.push(sign(app, &stock.hospital, &signing, clients, bottles));
            ordinary.push(in_process(app, stock, clients, round(), &chance));
        }
        print(
            "controlled checkout in process, proofs minted beforehand, SQLite",
            clients,
            &signed,
            ("ordinary checkout in process", &ordinary),
            None,
        );
    }
    argon2();
}

/// Who receives, and what makes signatures without argon2.
struct Signing {
    receiver: PersonId,
    key: SignatureKey,
}

/// Bottles of potassium cyanide in a poison cabinet with two custodians, accepted by both.
fn receive(hospital: &Hospital) -> Vec<String> {
    let cabinet =
        hospital.place(json!({"kind": "cabinet", "name": "剧毒柜", "permitted": ["highly_toxic"]}));
    for (person, second) in [("2", "S001"), ("3", "E001")] {
        let second = json!({"staff_number": second, "secret": SECRET});
        let custodian =
            json!({"person": person, "role": "custodian", "place": cabinet, "second": second});
        hospital
            .administrator
            .post("/api/v1/appointments", custodian)
            .expect(201);
    }
    let product =
        hospital.product(json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"}));
    let receipt = json!({"receipt": {
        "product": product, "count": 500, "each": {"value": "500", "unit": "g"}, "place": cabinet,
        "expires_on": "2028-01-01", "acceptors": ["2", "3"],
    }});
    let mut labels = Vec::new();
    while labels.len() < CYANIDE {
        let request = hospital
            .equipment
            .post("/api/v1/signing-requests", receipt.clone())
            .expect(201);
        let path = format!(
            "/api/v1/signing-requests/{}/signatures",
            request.json["request"].as_str().unwrap()
        );
        let proof = |login: &str| json!({"login": login, "secret": SECRET, "part": "acceptor"});
        let proofs = json!({"payload_hash": request.json["payload_hash"], "proofs": [proof("E001"), proof("S001")]});
        let posted = hospital.equipment.post(&path, proofs).expect(201);
        let given = posted.json["labels"].as_array().unwrap();
        labels.extend(given.iter().map(|label| label.as_str().unwrap().to_owned()));
    }
    labels
}

/// One round: every bottle's request is made and its proofs are minted, then all are posted.
fn sign(
    app: &Arc<App>,
    hospital: &Hospital,
    signing: &Signing,
    clients: usize,
    bottles: &[String],
) -> Sample {
    on_this_thread(async {
        let token = hospital.equipment.token.as_ref().unwrap();
        let who = app.principal(token).await.unwrap();
        let mut waiting = Vec::new();
        for bottle in bottles {
            waiting.push(request(app, &who, signing, bottle).await);
        }
        let waiting = Rc::new(std::cell::RefCell::new(waiting));
        let round = Round::begin();
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (app, who, waiting) = (app.clone(), who.clone(), waiting.clone());
                tokio::task::spawn_local(async move {
                    let mut micros = Vec::new();
                    loop {
                        let Some(verb) = waiting.borrow_mut().pop() else {
                            return micros;
                        };
                        let key = Key {
                            key: fresh_key(),
                            fingerprint: vec![7; 32],
                        };
                        let sent = Instant::now();
                        app.execute(&who, "", Some(key), Box::new(verb), answer)
                            .await
                            .unwrap();
                        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap());
                    }
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

/// A request for 1 g, and both signatures under it.
async fn request(app: &App, who: &Principal, signing: &Signing, label: &str) -> Sign {
    let proposal = Proposal::Checkout(Checkout {
        label: label.parse().unwrap(),
        take: Take::Part(Quantity::parse("1 g").unwrap()),
        receiver: signing.receiver,
        purpose: "标准溶液".to_owned(),
        claim: Claim::default(),
    });
    let made = app.request_signatures(who, "", None, proposal.clone());
    let (Shown { id, request }, _) = made.await.unwrap();
    let payload: Payload = parse(request.payload.as_bytes()).unwrap();
    let signatures = [(2, "周敏", "E001"), (3, "陈安", "S001")]
        .map(|(person, name, staff_number)| Statement {
            payload_hash: request.payload_hash,
            signer: Signer {
                person: PersonId::try_from(person).unwrap(),
                name: name.to_owned(),
                staff_number: staff_number.to_owned(),
            },
            part: Part::Issuer,
            meaning: meaning(Part::Issuer).to_owned(),
            signed_at: app.now(),
            terminal: who.terminal.clone(),
            tier: Tier::B,
            secret_version: 1,
        })
        .map(|statement| signing.key.sign(statement).unwrap());
    Sign {
        request: id,
        payload_hash: request.payload_hash,
        proposal,
        after_head: Some(Seq::try_from(i64::try_from(payload.head.size).unwrap()).unwrap()),
        signatures: signatures.into(),
        key: signing.key.clone(),
    }
}

/// What one secret costs, on one core and on all of them.
fn argon2() {
    let hash = secret::hash(SECRET, &[7; 32], secret::Cost::Guarded).unwrap();
    let tries = |count: usize| -> Vec<f64> {
        (0..count)
            .map(|_| {
                let began = Instant::now();
                assert!(secret::matches(SECRET, &hash, &[7; 32]));
                began.elapsed().as_secs_f64()
            })
            .collect()
    };
    let alone = median(tries(20));
    let cores = std::thread::available_parallelism().unwrap().get();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| tries(20));
        }
    });
    let all = began.elapsed().as_secs_f64() / (20 * cores) as f64;
    report(
        "argon2id of one secret",
        json!({"p50_us": (alone * 1e6).round(), "per_s_on_one_core": (1.0 / alone).round(),
            "cores": cores, "per_s_on_all_cores": (1.0 / all).round()}),
    );
}
