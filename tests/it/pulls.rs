//! 核存: a bureau keeps the signed heads of its institutions, and sees when a ledger is not the one it was.

use std::fs;

use hazledger::auth::keys::Keys;
use hazledger::domain::checkpoint::open;
use hazledger::domain::institution::InstitutionKind;
use hazledger::domain::ledger::Head;
use hazledger::domain::merkle::{Hash, verify_consistency};
use hazledger::domain::pull::{Pull, PullFault, PullOutcome};
use hazledger::domain::refusal::Refusal;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{AcknowledgeHead, Context, KeepHead, Verb};
use serde_json::{Value, json};

use crate::domain::submissions::of_kind;
use crate::harness::client::Client;
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::oversight::bureau;
use crate::tamper::{forge, signed_note};

/// A hospital with something in it, and an officer of the bureau above.
struct Site {
    hospital: Hospital,
    officer: Client,
}

fn site(server: &TestServer) -> Site {
    let hospital = server.hospital();
    hospital.ethanol();
    let (_, officer) = bureau(server, "12220300412756092D", "220302");
    Site { hospital, officer }
}

impl Site {
    /// Two more bottles.
    fn receive(&self, server: &TestServer) {
        let each = json!({"value": "1", "unit": "L"});
        let receipt = json!({"product": "1", "count": 2, "each": each, "place": "1"});
        let equipment = self.hospital.equipment.at(&server.base);
        equipment.post("/api/v1/receipts", receipt).expect(201);
    }

    /// Entries of the hospital's ledger, once its head is signed.
    fn signed(&self, server: &TestServer) -> u64 {
        let safety = self.hospital.safety.at(&server.base);
        let lines = safety.get("/api/v1/institutions").expect(200).json;
        let size = lines["items"][0]["size"].as_u64().unwrap();
        signed_note(&safety, "ledger", size);
        size
    }

    /// The pull of the hospital's head, as it is answered.
    fn pull(&self, server: &TestServer) -> Value {
        let officer = self.officer.at(&server.base);
        let answer = officer.post("/api/v1/checkpoint-pulls", json!({"site": "1"}));
        answer.expect(200).json["items"][0].clone()
    }

    /// How it stands in the list of institutions.
    fn state(&self, server: &TestServer) -> Value {
        let officer = self.officer.at(&server.base);
        let lines = officer.get("/api/v1/institutions").expect(200).json;
        lines["items"][0]["pulled"].clone()
    }
}

/// The statements that put back what a bureau has kept, as it stood before there were entries of it.
fn kept_rows(server: &TestServer) -> String {
    let mut hand = Hand::to(&server.settings.database);
    let columns = "concat(site_id, '|', pull, '|', size, '|', pulled_at, '|', outcome)";
    let numbers = hand.values(&format!(
        "SELECT {columns} AS value FROM pulled_head ORDER BY pull"
    ));
    let mut column = |name: &str| {
        let sql = format!("SELECT {name} AS value FROM pulled_head ORDER BY pull");
        hand.values(&sql)
    };
    let notes = column("note");
    let hex = Hand::to(&server.settings.database);
    let (roots, proofs) = (column(&hex.hex("root")), column(&hex.hex("proof")));
    let bytes = |text: &str| -> Vec<u8> {
        let pairs = (0..text.len() / 2).map(|at| &text[2 * at..2 * at + 2]);
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    };
    let rows = numbers.iter().zip(notes).zip(roots.iter().zip(&proofs));
    let rows = rows.map(|((numbers, note), (root, proof))| {
        let [site, pull, size, at, outcome]: [&str; 5] =
            numbers.split('|').collect::<Vec<_>>().try_into().unwrap();
        let (root, proof) = (hex.blob(&bytes(root)), hex.blob(&bytes(proof)));
        format!(
            "INSERT INTO pulled_head VALUES (2, {site}, {pull}, '{outcome}', NULL, {size}, {root}, '{note}', \
             {proof}, '', {at}, NULL, NULL)"
        )
    });
    rows.collect::<Vec<_>>().join("; ")
}

/// The ledger of the hospital is not what the bureau kept of it with that pull.
#[track_caller]
fn assert_contradicted(server: &TestServer, pull: u32) {
    let findings = server.verify().findings;
    let source =
        format!("pulled_head: pull {pull} of institution 1 by bureau 2: the log had another root");
    let named = findings
        .iter()
        .any(|finding| finding.what.starts_with(&source));
    assert!(named, "{findings:?}");
}

fn forget_kept_heads(server: &TestServer) {
    fs::remove_dir_all(server.settings.data.join("checkpoints")).unwrap();
}

on_both! {
    fn every_head_is_kept_with_the_proof_that_it_continues_the_one_before(server) {
        let site = site(server);
        assert_eq!(site.state(server), Value::Null);
        let size = site.signed(server);
        let first = site.pull(server);
        assert_eq!((&first["outcome"], &first["pull"], &first["size"], &first["proof"]), (&json!("kept"), &json!(1), &json!(size), &json!([])));
        assert_eq!(first["person_name"], "马局长");
        // What is kept already leaves nothing.
        assert_eq!(site.pull(server)["pull"], 1);
        site.receive(server);
        let size = site.signed(server);
        let second = site.pull(server);
        assert_eq!((&second["outcome"], &second["pull"], &second["size"]), (&json!("kept"), &json!(2), &json!(size)));
        // Anybody can check it: the note with the key of the log, the proof with the two roots.
        let key = Keys::open(&server.settings.data.join("keys"), false).unwrap().log_key("test.example").unwrap();
        let hash = |text: &Value| -> Hash { text.as_str().unwrap().parse().unwrap() };
        let note = open(second["checkpoint"].as_str().unwrap(), key.verifier()).unwrap();
        assert_eq!((note.size(), note.root()), (size, hash(&second["root"])));
        let proof: Vec<Hash> = second["proof"].as_array().unwrap().iter().map(hash).collect();
        verify_consistency(first["size"].as_u64().unwrap(), hash(&first["root"]), size, hash(&second["root"]), &proof).unwrap();
        // The bureau's own ledger says it.
        let entry = site.officer.get(&format!("/api/v1/entries/{}", second["entry"].as_str().unwrap())).expect(200).json;
        assert_eq!((entry["record"]["act"]["keep_head"]["pull"].as_u64(), &entry["record"]["recorded_at"]), (Some(2), &second["at"]));
        let all = site.officer.get("/api/v1/checkpoint-pulls?site=1").expect(200).json;
        assert_eq!(all["items"], json!([first, second]));
        let page = site.officer.get("/api/v1/checkpoint-pulls?site=1&limit=1").expect(200).json;
        let next = format!("/api/v1/checkpoint-pulls?site=1&next={}", page["next"].as_str().unwrap());
        assert_eq!(site.officer.get(&next).expect(200).json["items"], json!([second]));
        assert_eq!((&site.state(server)["is_red"], &site.state(server)["size"]), (&json!(false), &json!(size)));
        // The program pulls by itself for every bureau.
        site.receive(server);
        let size = site.signed(server);
        actix_web::rt::System::new().block_on(server.app().pull_all()).unwrap();
        let last = site.officer.get("/api/v1/checkpoint-pulls").expect(200).json["items"][0].clone();
        assert_eq!((&last["pull"], &last["size"], &last["person"]), (&json!(3), &json!(size), &Value::Null));
        server.assert_sound();
    }

    fn nobody_pulls_but_an_officer_of_the_bureau_above(server) {
        let site = site(server);
        let (_, elsewhere) = bureau(server, "12220300412756093G", "220303");
        site.signed(server);
        elsewhere.post("/api/v1/checkpoint-pulls", json!({"site": "1"})).refused(404, "institution_unknown");
        assert_eq!(elsewhere.post("/api/v1/checkpoint-pulls", json!({})).expect(200).json["items"], json!([]));
        site.officer.post("/api/v1/checkpoint-pulls", json!({"site": "2"})).refused(404, "institution_unknown");
        site.hospital.safety.post("/api/v1/checkpoint-pulls", json!({})).refused(403, "not_permitted");
        let reason = json!({"reason": "查明"});
        let acknowledge = |who: &Client, of: &str| who.post(&format!("/api/v1/checkpoint-pulls/{of}/acknowledgements"), reason.clone());
        acknowledge(&site.officer, "1").refused(409, "pull_not_open");
        acknowledge(&elsewhere, "1").refused(404, "institution_unknown");
        acknowledge(&site.officer, "x").refused(404, "not_found");
        acknowledge(&site.hospital.safety, "1").refused(403, "not_permitted");
        site.pull(server);
        acknowledge(&site.officer, "1").refused(409, "pull_not_open");
    }

    fn a_ledger_put_back_from_an_old_backup_is_red_until_somebody_says_why(server) {
        let site = site(server);
        server.stop();
        let backup = server.copy();
        server.restart();
        site.receive(server);
        site.signed(server);
        assert_eq!(site.pull(server)["outcome"], "kept");
        let kept = kept_rows(server);
        server.restore(backup);
        forget_kept_heads(server);
        server.tamper(&kept);
        server.restart();
        let size = site.signed(server);
        let refused = site.pull(server);
        assert_eq!((&refused["outcome"], &refused["fault"], &refused["size"]), (&json!("refused"), &json!("older_than_kept"), &json!(size)));
        assert_eq!((&site.state(server)["is_red"], &site.state(server)["fault"]), (&json!(true), &json!("older_than_kept")));
        // It stays so, however long the ledger grows.
        site.receive(server);
        site.receive(server);
        site.signed(server);
        assert_eq!(site.pull(server), refused);
        let officer = site.officer.at(&server.base);
        let acknowledge = |body: Value| officer.post("/api/v1/checkpoint-pulls/1/acknowledgements", body);
        acknowledge(json!({})).refused(422, "fields_invalid");
        acknowledge(json!({"reason": "服务器硬盘损坏，已按纸质记录补录"})).expect(201);
        let last = officer.get("/api/v1/checkpoint-pulls").expect(200).json["items"][0].clone();
        assert_eq!((&last["outcome"], &last["reason"], &last["person_name"]), (&json!("acknowledged"), &json!("服务器硬盘损坏，已按纸质记录补录"), &json!("马局长")));
        assert_eq!(site.state(server)["is_red"], false);
        let size = site.signed(server);
        let again = site.pull(server);
        assert_eq!((&again["outcome"], &again["size"], &again["pull"]), (&json!("kept"), &json!(size), &json!(4)));
        server.assert_sound();
    }

    fn a_ledger_that_went_another_way_from_an_old_backup_is_found_rewritten(server) {
        let site = site(server);
        server.stop();
        let backup = server.copy();
        server.restart();
        site.receive(server);
        site.signed(server);
        site.pull(server);
        let kept = kept_rows(server);
        server.restore(backup);
        forget_kept_heads(server);
        server.tamper(&kept);
        server.restart();
        server.pass(1);
        site.receive(server);
        site.receive(server);
        site.signed(server);
        let refused = site.pull(server);
        assert_eq!((&refused["outcome"], &refused["fault"]), (&json!("refused"), &json!("rewritten")));
        assert_eq!(site.state(server)["is_red"], true);
    }

    fn a_history_rewritten_and_signed_anew_with_the_real_key_is_found(server) {
        let site = site(server);
        site.signed(server);
        assert_eq!(site.pull(server)["outcome"], "kept");
        server.stop();
        // Whoever runs the server can rewrite everything in it, and sign it.
        let forgery = forge::rewriting(&mut Hand::to(&server.settings.database), 3);
        server.tamper(&format!("{forgery}; DELETE FROM checkpoint WHERE institution_id = 1 AND log = 0"));
        forget_kept_heads(server);
        server.restart();
        site.signed(server);
        // What the bureau kept shows it, with nobody pulling.
        assert_contradicted(server, 1);
        let refused = site.pull(server);
        assert_eq!((&refused["outcome"], &refused["fault"]), (&json!("refused"), &json!("fork")));
        assert_eq!(site.state(server)["is_red"], true);
    }

    fn a_head_that_cannot_be_read_lets_go_of_nothing_that_was_kept(server) {
        let site = site(server);
        site.signed(server);
        let kept = site.pull(server);
        // No head of that log: signed with another key, or nothing at all.
        server.tamper("INSERT INTO checkpoint VALUES (1, 0, 1000000, 'x', 0)");
        let refused = site.pull(server);
        assert_eq!((&refused["outcome"], &refused["fault"]), (&json!("refused"), &json!("signature_wrong")));
        assert_eq!((&refused["size"], &refused["root"]), (&kept["size"], &kept["root"]));
        assert_eq!(site.state(server)["is_red"], true);
        let reason = json!({"reason": "密钥更换"});
        site.officer.post("/api/v1/checkpoint-pulls/1/acknowledgements", reason).expect(201);
        // Behind it the history is another one.
        server.stop();
        let forgery = forge::rewriting(&mut Hand::to(&server.settings.database), 3);
        server.tamper(&format!("{forgery}; DELETE FROM checkpoint WHERE institution_id = 1 AND log = 0"));
        forget_kept_heads(server);
        server.restart();
        site.signed(server);
        assert_contradicted(server, 3);
        let again = site.pull(server);
        assert_eq!((&again["outcome"], &again["fault"], &again["pull"]), (&json!("refused"), &json!("fork"), &json!(4)));
    }

    fn a_ledger_that_is_not_what_it_signed_is_refused(server) {
        let site = site(server);
        site.signed(server);
        site.pull(server);
        site.receive(server);
        let size = site.signed(server);
        // Rewritten behind the back of the server, which has signed what was there before.
        let forgery = forge::rewriting(&mut Hand::to(&server.settings.database), 3);
        server.tamper(&forgery);
        let refused = site.pull(server);
        assert_eq!((&refused["outcome"], &refused["fault"], &refused["size"]), (&json!("refused"), &json!("ledger_behind"), &json!(size)));
        assert_eq!(site.state(server)["is_red"], true);
    }

    fn a_bureau_whose_kept_heads_were_changed_is_found(server) {
        let site = site(server);
        site.signed(server);
        site.pull(server);
        server.assert_sound();
        server.stop();
        for change in ["UPDATE pulled_head SET size = size - 1", "UPDATE pulled_head SET seq = NULL", "DELETE FROM pulled_head"] {
            let rows = "CREATE TABLE sound AS SELECT * FROM pulled_head";
            server.tamper(&format!("{rows}; {change}"));
            let findings = server.verify().findings;
            assert!(findings.iter().any(|finding| finding.institution.get() == 2), "{change}: {findings:?}");
            server.tamper("DELETE FROM pulled_head; INSERT INTO pulled_head SELECT * FROM sound; DROP TABLE sound");
        }
        server.assert_sound();
    }

    fn a_head_that_cannot_be_pulled_does_not_stand_in_the_way_of_the_others(server) {
        let site = site(server);
        let _ = bureau(server, "12220300412756093G", "220300");
        site.signed(server);
        // What the city has of the hospital cannot be read.
        let nonsense = "INSERT INTO pulled_head SELECT 3, 1, 1, 'refused', 'x', 1, leaf_hash, 'x', leaf_hash, '', 0, NULL, NULL \
            FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0";
        server.tamper(nonsense);
        actix_web::rt::System::new().block_on(server.app().pull_all()).unwrap();
        assert_eq!(server.number("SELECT COUNT(*) FROM pulled_head WHERE institution_id = 2 AND site_id = 1"), 1);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        // Heads are signed once a second, that of the county's bureau too.
        while server.number("SELECT COUNT(*) FROM pulled_head WHERE institution_id = 3 AND site_id = 2") == 0 {
            assert!(std::time::Instant::now() < deadline);
            std::thread::sleep(std::time::Duration::from_millis(50));
            actix_web::rt::System::new().block_on(server.app().pull_all()).unwrap();
        }
    }

    fn what_was_pulled_is_never_changed(server) {
        let site = site(server);
        site.signed(server);
        site.pull(server);
        let mut hand = Hand::to(&server.settings.database);
        hand.run("UPDATE pulled_head SET size = 1").unwrap_err();
        hand.run("DELETE FROM pulled_head").unwrap_err();
    }
}

/// A pull of so many entries under a root.
fn pulled(outcome: PullOutcome, size: u64, root: u8) -> Pull {
    Pull {
        outcome,
        fault: None,
        size,
        root: Hash([root; 32]),
        note: String::new(),
        proof: Vec::new(),
        reason: String::new(),
        at: Time::default(),
        person: None,
        entry: None,
    }
}

#[test]
fn the_writer_keeps_nothing_that_does_not_follow_or_that_nobody_explained() {
    let site = 1.try_into().unwrap();
    let cx = Context {
        now: Time::default(),
        actor: None,
        head: Head {
            size: 0,
            root: Hash([0; 32]),
        },
    };
    let decide = |last: Pull, pull: Pull, after: u32| {
        let mut facts = of_kind(InstitutionKind::Bureau);
        facts.pulls.load(site, 1, last);
        let verb = KeepHead { site, after, pull };
        verb.decide(&facts, &cx).err()
    };
    let kept = |size, root| pulled(PullOutcome::Kept, size, root);
    let open = pulled(PullOutcome::Refused, 5, 1);
    assert_eq!(decide(kept(5, 1), kept(5, 1), 1), None);
    for wrong in [kept(4, 1), kept(5, 2), kept(6, 2)] {
        assert_eq!(
            decide(kept(5, 1), wrong, 1),
            Some(Refusal::PullOpen { site })
        );
    }
    assert_eq!(
        decide(open.clone(), kept(5, 1), 1),
        Some(Refusal::PullOpen { site })
    );
    assert_eq!(
        decide(open, kept(5, 1), 0),
        Some(Refusal::PullOvertaken { site })
    );
    // That it does not follow may be noted.
    let mut refused = pulled(PullOutcome::Refused, 4, 1);
    refused.fault = Some(PullFault::OlderThanKept);
    assert_eq!(decide(kept(5, 1), refused, 1), None);
    let mut facts = of_kind(InstitutionKind::Bureau);
    facts.pulls.load(site, 1, kept(5, 1));
    let reason = "查明".to_owned();
    let said = AcknowledgeHead { site, reason }.decide(&facts, &cx).err();
    assert_eq!(said, Some(Refusal::PullNotOpen { site }));
}
