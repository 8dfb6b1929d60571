//! 丢失、被盗、泄漏: reported, followed up, ended; and what a forger writes of them is found.

use std::cell::{Cell, RefCell};

use hazledger::domain::container::Standing;
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::{InstitutionId, PersonId};
use hazledger::domain::incident::{Authority, IncidentKind};
use hazledger::domain::ledger::{
    Account, Act, ContainerLine, Entry, Kind, Prior, Record, Weighing,
};
use hazledger::domain::merkle::Hash;
use hazledger::domain::policy::defaults;
use hazledger::domain::stocktake::{Bucket, Count, Settlement};
use serde_json::{Value, json};

use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::TestServer;
use crate::signing::{BOTH, cyanide, sign};
use crate::stocktakes::{begun, g, ml, scan, settle};

on_both! {
    fn a_leak_is_told_to_the_county_and_ends(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let staff = &hospital.safety;
        let leak = |labels: Value| json!({"kind": "leak", "what": "瓶底裂纹，少量泄漏", "place": room, "labels": labels});
        staff.post("/api/v1/incidents", leak(json!([bottles[0], bottles[0]]))).refused(422, "container_named_twice");
        let mut ahead = leak(json!([]));
        ahead["discovered_at"] = json!("2026-05-31T23:59:59Z");
        let path = "/api/v1/incidents";
        hospital.equipment.post(path, ahead.clone()).refused(422, "discovered_before_founding");
        ahead["discovered_at"] = json!("2026-06-01T00:00:01Z");
        staff.post("/api/v1/incidents", ahead).refused(422, "occurred_in_future");
        let made = staff.post("/api/v1/incidents", leak(json!([bottles[0]]))).expect(201);
        staff.post("/api/v1/incidents", leak(json!([bottles[0]]))).refused(422, "container_in_incident");
        let path = format!("/api/v1/incidents/{}", made.json["incident"].as_str().unwrap());
        let told = staff.get(&path).expect(200).json;
        assert_eq!((&told["duties"], &told["overdue"], &told["due_at"]), (&json!(["county"]), &json!(false), &json!("2026-06-01T01:00:00.000Z")));

        // Nothing is taken from it; it may be moved away and become waste.
        let scanned = staff.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json;
        assert!(!scanned["actions"].to_string().contains("checkout"), "{scanned}");
        for body in [json!({"label": bottles[0], "whole": true}), json!({"label": bottles[0], "amount": ml("1")})] {
            staff.post("/api/v1/checkouts", body).refused(422, "container_in_incident");
        }
        staff.post("/api/v1/splits", json!({"label": bottles[0], "count": 1, "each": ml("1")})).refused(422, "container_in_incident");
        let wasted = json!({"labels": [bottles[0]], "code": "900-402-06", "reason": "泄漏"});
        hospital.equipment.post("/api/v1/wastes", wasted).expect(201);

        let follow = |body: Value| staff.post(&format!("{path}/follow-ups"), body);
        let report = |at: &str| json!({"text": "已电话报告", "report": {"to": "county", "at": at, "whom": "铁西区应急管理局"}});
        server.pass(10 * 60_000);
        follow(report("2026-05-31T23:59:59Z")).refused(422, "reported_before_discovery");
        follow(report("2026-06-01T00:10:01Z")).refused(422, "occurred_in_future");
        follow(report("2026-06-01T00:05:00Z")).expect(201);
        follow(json!({"text": "已清理"})).expect(201);
        let end = |result: &str| staff.post(&format!("{path}/endings"), json!({"result": result, "reason": "已清理"}));
        end("found_again").refused(422, "incident_result");
        end("dealt_with").expect(201);
        end("dealt_with").refused(409, "incident_ended");
        server.pass(86_400_000);
        let staff = server.sign_in("S001");
        let told = staff.get(&path).expect(200).json;
        assert_eq!((&told["overdue"], &told["state"]), (&json!(false), &json!("ended")));
        let steps: Vec<&str> = told["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect();
        assert_eq!(steps, ["incident", "follow_up", "follow_up", "end_incident"]);
        assert_eq!(staff.get("/api/v1/incidents?state=open").expect(200).json["items"], json!([]));
        assert_eq!(staff.get("/api/v1/incidents?state=ended").expect(200).json["items"].as_array().unwrap().len(), 1);
        staff.get("/api/v1/incidents/2").refused(404, "incident_unknown");
        server.assert_balanced();
    }

    fn no_follow_up_takes_a_duty_away(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let staff = &hospital.safety;
        let theft = json!({"kind": "theft", "what": "丢失", "place": room, "labels": [bottles[0]]});
        staff.post("/api/v1/incidents", theft).expect(201);
        server.pass(2 * 3_600_000);
        let staff = &server.sign_in("S001");
        let follow = |body: Value| staff.post("/api/v1/incidents/1/follow-ups", body);
        follow(json!({"text": "应为泄漏", "kind": "leak"})).expect(201);
        let shown = || staff.get("/api/v1/incidents/1").expect(200).json;
        let told = shown();
        assert_eq!((&told["kind"], &told["duties"], &told["overdue"]), (&json!("leak"), &json!(["police", "county"]), &json!(true)));
        let report = |to: &str, at: &str| json!({"text": "已报告", "report": {"to": to, "at": at, "whom": "值班员"}});
        follow(report("county", "2026-06-01T00:30:00Z")).expect(201);
        let end = || staff.post("/api/v1/incidents/1/endings", json!({"result": "dealt_with", "reason": "已清理"}));
        let refused = end().refused(422, "incident_unreported");
        assert_eq!(refused.json["authority"], "police");
        // The county was told in time, the police were not: late for ever.
        follow(report("police", "2026-06-01T02:00:00Z")).expect(201);
        assert_eq!(shown()["overdue"], true);
        end().expect(201);
        server.assert_balanced();
    }

    fn a_report_recorded_late_says_why(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let leak = json!({"kind": "leak", "what": "泄漏", "place": room});
        hospital.safety.post("/api/v1/incidents", leak).expect(201);
        server.pass(25 * 3_600_000);
        let staff = &server.sign_in("S001");
        let mut report = json!({"text": "已报告", "report": {"to": "county", "at": "2026-06-01T00:30:00Z", "whom": "值班员"}});
        let follow = |body: &Value| staff.post("/api/v1/incidents/1/follow-ups", body.clone());
        follow(&report).refused(422, "late_reason_missing");
        report["late"] = json!({"reason": "系统停机"});
        follow(&report).expect(201);
        let told = staff.get("/api/v1/incidents/1").expect(200).json;
        let noted = &told["reports"][0];
        assert_eq!((&noted["at"], &noted["recorded_at"]), (&json!("2026-06-01T00:30:00.000Z"), &json!("2026-06-02T01:00:00.000Z")));
        server.assert_balanced();
        let forged = applied(server, |record| {
            record.late = None;
            true
        });
        assert!(forged.contains("late_reason_missing"), "{forged}");
    }

    fn a_theft_is_told_to_the_police_and_written_off(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        let keeper = &hospital.equipment;
        let theft = json!({"kind": "loss", "what": "柜门被撬", "place": cabinet, "labels": [bottles[0]]});
        let made = keeper.post("/api/v1/incidents", theft).expect(201);
        let incident = made.json["incident"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/incidents/{incident}");
        server.pass(2 * 3_600_000);
        let keeper = &server.sign_in("E001");
        assert_eq!(keeper.get(&path).expect(200).json["overdue"], true);
        let report = json!({"text": "已报案", "kind": "theft", "report": {
            "to": "police", "at": "2026-06-01T01:30:00Z", "whom": "铁西区公安分局"}});
        keeper.post(&format!("{path}/follow-ups"), report).expect(201);
        // Late once, late for ever.
        let told = keeper.get(&path).expect(200).json;
        assert_eq!((&told["overdue"], &told["kind"]), (&json!(true), &json!("theft")));
        let end = json!({"result": "written_off", "reason": "未能追回"});
        keeper.post(&format!("{path}/endings"), end.clone()).refused(422, "signatures_required");
        let mut body = end;
        body["incident"] = json!(incident);
        let request = keeper.post("/api/v1/signing-requests", json!({"incident_ending": body})).expect(201);
        sign(keeper, &request, BOTH).expect(201);
        let gone = keeper.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json;
        assert_eq!((&gone["status"], &gone["amount"]), (&json!("lost"), &g("0")));
        assert_eq!(server.number("SELECT CAST(SUM(amount) AS BIGINT) FROM posting WHERE account = 'lost'"), 500_000_000);
        server.assert_balanced();
    }
}

/// What comes of applying the entries of institution 1, each changed or (false) left out.
fn applied(server: &TestServer, change: impl Fn(&mut Record) -> bool) -> String {
    let mut hand = Hand::to(&server.settings.database);
    let entries = format!(
        "SELECT {} AS value FROM entry WHERE institution_id = 1 AND log = 0 ORDER BY seq",
        hand.hex("bytes")
    );
    let mut facts = Facts {
        default_policies: defaults(),
        ..Facts::of(InstitutionId::try_from(1).unwrap())
    };
    for hex in hand.values(&entries) {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let mut record = Entry::parse(&bytes).unwrap().record().clone();
        if change(&mut record)
            && let Err(error) = facts.apply(&record, Hash([0; 32]))
        {
            return error.to_string();
        }
    }
    "nothing".to_owned()
}

/// A line that takes the last of what a receipt brought to a person.
fn carried_off(receipt: &Record) -> Vec<ContainerLine> {
    let line = receipt.containers.last().unwrap();
    let book = Prior {
        entry: receipt.seq,
        standing: line.after,
    };
    vec![ContainerLine {
        serial: line.serial,
        before: Some(book),
        identity: None,
        after: Standing {
            holder: Some(PersonId::try_from(3).unwrap()),
            ..line.after
        },
    }]
}

fn nth_count(record: &mut Record, nth: &Cell<u32>, wanted: u32) -> bool {
    if !matches!(record.act, Act::Count(_)) {
        return false;
    }
    nth.set(nth.get() + 1);
    nth.get() == wanted
}

on_both! {
    fn what_a_forger_writes_of_a_stocktake_does_not_follow(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let product = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        let receipt = json!({"product": product, "count": 2, "each": ml("500"), "place": room, "expires_on": "2028-05-01"});
        let made = hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        let bottles: Vec<&str> = made.json["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
        let stocktake = begun(&hospital.equipment, &room);
        for who in [&hospital.equipment, &hospital.safety] {
            scan(who, &stocktake, json!({"place": room, "code": bottles[0], "amount": ml("480")})).expect(201);
        }
        scan(&hospital.equipment, &stocktake, json!({"place": room, "code": bottles[1], "amount": ml("500")})).expect(201);
        scan(&hospital.equipment, &stocktake, json!({"place": room, "code": "690"})).expect(201);
        hospital.equipment.post(&format!("{stocktake}/resolutions"), json!({"code": "690", "reason": "外包装条码"})).expect(201);
        settle(&hospital.equipment, &stocktake, &[bottles[0]]).expect(201);
        hospital.equipment.post(&format!("{stocktake}/closings"), json!({})).expect(201);
        server.assert_balanced();
        assert_eq!(applied(server, |_| true), "nothing");

        let found = |code: &str, change: &dyn Fn(&mut Record) -> bool| {
            let what = applied(server, change);
            assert!(what.contains(code), "{code}: {what}");
        };
        let wrong = "inconsistent";
        // The list, and the sample of it.
        found(wrong, &|record| {
            if let Act::Stocktake(begun) = &mut record.act { begun.expected = 1; }
            true
        });
        found(wrong, &|record| {
            if let Act::Stocktake(begun) = &mut record.act { begun.expected_sha256 = "0".repeat(64); }
            true
        });
        let nth = Cell::new(0);
        let first = PersonId::try_from(2).unwrap();
        found("recount_by_another", &|record: &mut Record| {
            if matches!(record.act, Act::Count(_)) { record.actor.person = Some(first); }
            true
        });
        let in_count = |code: &str, wanted: u32, change: &dyn Fn(&mut Record)| {
            nth.set(0);
            found(code, &|record| {
                if nth_count(record, &nth, wanted) { change(record); }
                true
            });
        };
        let as_count = |record: &mut Record, change: &dyn Fn(&mut Count)| {
            if let Act::Count(count) = &mut record.act { change(count); }
        };
        in_count("count_amount_missing", 1, &|record| as_count(record, &|count| count.amount = None));
        in_count(wrong, 1, &|record| as_count(record, &|count| count.bucket = Bucket::Found));
        in_count(wrong, 1, &|record| as_count(record, &|count| count.amount = Some(500_000_000)));
        in_count(wrong, 1, &|record| as_count(record, &|count| count.seen.as_mut().unwrap().book.standing.amount -= 1));
        in_count(wrong, 1, &|record| as_count(record, &|count| count.put_here = true));
        // A scan that says nothing of it carries the bottle off.
        in_count(wrong, 3, &|record| {
            let Act::Count(count) = &record.act else { return };
            let sight = count.seen.unwrap();
            let mut after = sight.book.standing;
            after.amount = 0;
            record.containers = vec![ContainerLine { serial: sight.serial, before: Some(sight.book), identity: None, after }];
        });
        // One of the two counts never was.
        nth.set(0);
        found("recount_missing", &|record| !nth_count(record, &nth, 2));
        found("nothing_to_settle", &|record| !matches!(&record.act, Act::Count(count) if count.seen.is_some()));
        // What is missing of a watched class is no variance, and is what was counted.
        found(wrong, &|record| {
            if let Act::Loss(loss) = &record.act {
                record.act = Act::Variance(Settlement { stocktake: loss.stocktake });
                for posting in &mut record.postings {
                    if posting.account == Account::Lost { posting.account = Account::Variance; }
                }
            }
            true
        });
        found(wrong, &|record| {
            if matches!(record.act, Act::Loss(_)) {
                record.containers[0].after.amount -= 1;
                record.postings[0].amount -= 1;
                record.postings[1].amount += 1;
            }
            true
        });
        found(wrong, &|record| {
            if let Act::Loss(loss) = &mut record.act {
                loss.incident.discovered_at = record.recorded_at.plus_millis(-1);
            }
            true
        });
        found(wrong, &|record| {
            if let Act::Loss(loss) = &mut record.act { loss.incident.kind = IncidentKind::Leak; }
            true
        });
        in_count("amount_overflow", 3, &|record| as_count(record, &|count| count.amount = Some(1_000_000_000_000_001)));
        // What only says something carries nothing off.
        for kind in ["stocktake", "resolve", "close_stocktake"] {
            let receipt = RefCell::new(None);
            found("touches none", &|record| {
                if record.act == Act::Receive {
                    *receipt.borrow_mut() = Some(record.clone());
                }
                if record.act.kind().as_str() == kind {
                    record.containers = carried_off(receipt.borrow().as_ref().unwrap());
                }
                true
            });
        }
        found("nothing_to_resolve", &|record| {
            if let Act::Resolve(resolution) = &mut record.act { resolution.code = Some("691".to_owned()); }
            true
        });
        found("stocktake_unresolved", &|record| !matches!(record.act, Act::Resolve(_)));
        found("stocktake_unresolved", &|record| !matches!(record.act, Act::Loss(_)));
        found(wrong, &|record| {
            if let Act::CloseStocktake(closing) = &mut record.act { closing.totals.found += 1; }
            true
        });
    }

    fn what_a_forger_uses_of_evidence_does_not_follow(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let leak = json!({"kind": "leak", "what": "泄漏", "place": room, "labels": [bottles[0]]});
        hospital.safety.post("/api/v1/incidents", leak).expect(201);
        hospital.safety.post("/api/v1/uses", json!({"label": bottles[1], "amount": ml("1")})).expect(201);
        assert_eq!(applied(server, |_| true), "nothing");
        let used = RefCell::new(None);
        let forged = |record: &mut Record| {
            if record.act.kind() == Kind::Use {
                *used.borrow_mut() = Some(record.containers[0].serial);
            }
            if let (Act::Incident(incident), Some(serial)) = (&mut record.act, *used.borrow()) {
                incident.containers[0].serial = serial;
            }
            true
        };
        // The first walk finds which bottle was used, the second reports that one.
        assert_eq!(applied(server, forged), "nothing");
        let what = applied(server, forged);
        assert!(what.contains("taken out of evidence"), "{what}");
    }

    fn a_forged_balance_hides_nothing(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
        let product = hospital.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        let receipt = json!({"product": product, "count": 1, "each": ml("500"), "place": room, "expires_on": "2028-05-01", "tare": g("350"), "density": "0.79"});
        let made = hospital.equipment.post("/api/v1/receipts", receipt).expect(201);
        let stocktake = begun(&hospital.equipment, &room);
        let weighed = json!({"place": room, "code": made.json["labels"][0], "gross": g("705.5")});
        let found = scan(&hospital.equipment, &stocktake, weighed).expect(201);
        assert_eq!(found.json["bucket"], "difference");
        assert_eq!(applied(server, |_| true), "nothing");
        let forged = |code: &str, change: &dyn Fn(&mut Count, &mut Weighing)| {
            let what = applied(server, |record| {
                if let Act::Count(count) = &mut record.act {
                    let mut weighing = count.weighing.clone().unwrap();
                    count.bucket = Bucket::Found;
                    change(count, &mut weighing);
                    count.weighing = Some(weighing);
                }
                true
            });
            assert!(what.contains(code), "{code}: {what}");
        };
        // A tenth of a gram of next to nothing is a litre.
        forged("inconsistent", &|_, weighing| {
            weighing.density = Some("0.0001 g/mL".to_owned());
            weighing.gross_ug = weighing.tare_ug + 45_000;
        });
        forged("tare_recorded", &|count, weighing| {
            count.amount = Some(500_000_000);
            weighing.tare_ug -= 39_500_000;
        });
    }

    fn what_a_forger_writes_of_an_incident_does_not_follow(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let keeper = &hospital.equipment;
        let theft = json!({"kind": "theft", "what": "丢失", "place": room, "labels": [bottles[0]]});
        keeper.post("/api/v1/incidents", theft).expect(201);
        let report = json!({"text": "已报案", "report": {"to": "police", "at": "2026-06-01T00:00:00Z", "whom": "公安分局"}});
        keeper.post("/api/v1/incidents/1/follow-ups", report).expect(201);
        let end = json!({"result": "written_off", "reason": "未能追回"});
        keeper.post("/api/v1/incidents/1/endings", end).expect(201);
        server.assert_balanced();
        let found = |code: &str, change: &dyn Fn(&mut Record) -> bool| {
            let what = applied(server, change);
            assert!(what.contains(code), "{code}: {what}");
        };
        found("incident_unreported", &|record| !matches!(record.act, Act::FollowUp(_)));
        found("incident_unknown", &|record| !matches!(record.act, Act::Incident(_)));
        found("reported_before_discovery", &|record| {
            if let Act::FollowUp(sequel) = &mut record.act {
                sequel.report.as_mut().unwrap().at = record.recorded_at.plus_millis(-1);
            }
            true
        });
        found("inconsistent", &|record| {
            if let Act::Incident(incident) = &mut record.act { incident.containers[0].lost = 1; }
            true
        });
        // What was never told to the police, whatever kind it is called since.
        found("incident_unreported", &|record| {
            if let Act::FollowUp(sequel) = &mut record.act {
                sequel.kind = Some(IncidentKind::Leak);
                sequel.report.as_mut().unwrap().to = Authority::County;
            }
            true
        });
        // It ends with less gone than was there, or with nothing gone.
        found("inconsistent", &|record| {
            if matches!(record.act, Act::EndIncident(_)) { record.containers[0].after.amount = 1; }
            true
        });
        found("a posting is not where its container is", &|record| {
            if matches!(record.act, Act::EndIncident(_)) { record.containers.clear(); }
            true
        });
    }
}
