//! 报送: a month is stated as the ledger has it, a bureau accepts or returns it, and what comes later shows.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};
use crate::oversight::bureau;
use crate::stocktakes::begun;

const DAY_MS: i64 = 24 * 3600 * 1000;

fn submit(client: &Client, period: &str, reason: Option<&str>) -> Answer {
    let mut body = json!({"period": period});
    if let Some(reason) = reason {
        body["reason"] = json!(reason);
    }
    client.post("/api/v1/submissions", body)
}

fn entry(answer: &Answer) -> String {
    answer.json["receipt"]["seq"].to_string()
}

fn review(officer: &Client, period: &str, body: Value) -> Answer {
    officer.post(&format!("/api/v1/submissions/{period}/reviews"), body)
}

fn lines(client: &Client, query: &str) -> Vec<Value> {
    let list = client
        .get(&format!("/api/v1/submissions{query}"))
        .expect(200);
    list.json["items"].as_array().unwrap().clone()
}

/// Period, state, whether it is late.
fn states(lines: &[Value]) -> Vec<String> {
    let each = lines.iter().map(|line| {
        let late = if line["late"] == true { " late" } else { "" };
        format!(
            "{} {}{late}",
            line["period"].as_str().unwrap(),
            line["state"].as_str().unwrap()
        )
    });
    each.collect()
}

/// The hospital's first bottles, on 1 June, and its people a month later.
fn in_july(server: &TestServer) -> (Hospital, Vec<String>, Client) {
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let (_, officer) = bureau(server, "12220300412756092D", "220302");
    let own = officer.get("/api/v1/sessions/current").expect(200).json;
    server.pass(31 * DAY_MS);
    let officer = server
        .anonymous()
        .sign_in_to(own["institution"].as_str().unwrap(), "B001");
    let hospital = Hospital {
        administrator: server.sign_in("A001"),
        equipment: server.sign_in("E001"),
        safety: server.sign_in("S001"),
    };
    (hospital, labels, officer)
}

on_both! {
    fn a_month_is_submitted_returned_submitted_again_and_accepted(server) {
        let (hospital, _, officer) = in_july(server);
        let staff = &hospital.equipment;
        assert_eq!(states(&lines(staff, "")), ["2026-06 missing"]);
        assert_eq!(states(&lines(&officer, "?period=2026-06")), ["2026-06 missing"]);
        // Without a word a bureau is told of the last month.
        assert_eq!(lines(&officer, ""), lines(&officer, "?period=2026-06"));

        let first = submit(staff, "2026-06", None).expect(201);
        assert_eq!(states(&lines(staff, "")), ["2026-06 submitted"]);
        submit(staff, "2026-06", None).refused(409, "already_submitted");
        let returned = json!({"institution": "1", "entry": entry(&first), "accepted": false});
        review(&officer, "2026-06", returned.clone()).refused(422, "return_reason_missing");
        let mut with_reason = returned;
        with_reason["reason"] = json!("二库未盘");
        review(&officer, "2026-06", with_reason).expect(201);
        let line = lines(staff, "").remove(0);
        assert_eq!((&line["state"], &line["reviews"][0]["reason"]), (&json!("returned"), &json!("二库未盘")));

        let second = submit(staff, "2026-06", Some("已补盘")).expect(201);
        assert_eq!(states(&lines(&officer, "")), ["2026-06 submitted"]);
        // What was replaced is not accepted any more.
        let accepted = |entry: String| json!({"institution": "1", "entry": entry, "accepted": true});
        let refused = review(&officer, "2026-06", accepted(entry(&first))).refused(409, "submission_superseded");
        assert_eq!(refused.json["entry"], entry(&second));
        assert_eq!(states(&lines(&officer, "")), ["2026-06 submitted"]);
        review(&officer, "2026-06", accepted(entry(&second))).expect(201);
        assert_eq!(states(&lines(staff, "")), ["2026-06 accepted"]);
        assert_eq!(lines(staff, "")[0]["submitted_at"].as_array().unwrap().len(), 2);
        server.assert_sound();
    }

    fn what_was_accepted_is_closed_until_the_bureau_returns_it(server) {
        let (hospital, _, officer) = in_july(server);
        let staff = &hospital.equipment;
        let first = submit(staff, "2026-06", None).expect(201);
        let say = |entry: &Answer, accepted: bool, reason: &str| {
            let said = json!({"institution": "1", "entry": self::entry(entry), "accepted": accepted, "reason": reason});
            review(&officer, "2026-06", said).expect(201)
        };
        say(&first, true, "相符");
        let refused = submit(staff, "2026-06", Some("漏报")).refused(409, "period_accepted");
        assert_eq!(refused.json["entry"], entry(&first));
        assert_eq!(states(&lines(staff, "")), ["2026-06 accepted"]);
        // The bureau takes back what it said; then it is submitted again.
        say(&first, false, "单位来函更正");
        let second = submit(staff, "2026-06", Some("漏报")).expect(201);
        let third = submit(staff, "2026-06", Some("再次更正")).expect(201);
        say(&second, false, "已有新报");
        say(&third, true, "相符");
        submit(staff, "2026-06", Some("漏报")).refused(409, "period_accepted");
        server.assert_sound();
    }

    fn a_year_shows_what_its_last_month_brought_after_it_was_submitted(server) {
        let (_, labels, _) = in_july(server);
        // 4 December.
        server.pass(155 * DAY_MS);
        let (equipment, safety) = (server.sign_in("E001"), server.sign_in("S001"));
        submit(&equipment, "2026", None).expect(201);
        let lend = |who: &Client| {
            let lent = json!({"label": labels[0], "amount": {"value": "20", "unit": "mL"}});
            entry(&who.post("/api/v1/checkouts", lent).expect(201))
        };
        let (first, second) = (lend(&safety), lend(&safety));
        // It moves nothing.
        equipment.post("/api/v1/places", json!({"kind": "room", "name": "新库"})).expect(201);
        let file = |client: &Client, query: &str| client.get(&format!("/api/v1/submissions/2026{query}")).expect(200).json;
        let entries = |file: &Value| -> Vec<Value> { file["corrections"].as_array().unwrap().iter().map(|one| one["entry"].clone()).collect() };
        let all = file(&safety, "");
        assert_eq!(entries(&all), [json!(first), json!(second)]);
        assert_eq!(all["next"], Value::Null);
        let page = file(&safety, "?limit=1");
        assert_eq!(entries(&page), [json!(first)]);
        let rest = file(&safety, &format!("?limit=1&next={}", page["next"].as_str().unwrap()));
        assert_eq!((entries(&rest), &rest["next"]), (vec![json!(second)], &Value::Null));
        // What comes next year is none of it.
        server.pass(30 * DAY_MS);
        let safety = server.sign_in("S001");
        lend(&safety);
        assert_eq!(entries(&file(&safety, "")), [json!(first), json!(second)]);
    }

    fn what_is_recorded_of_a_submitted_month_stands_beside_it(server) {
        let (hospital, labels, officer) = in_july(server);
        let lent = json!({"label": labels[0], "amount": {"value": "20", "unit": "mL"}});
        let lent = hospital.safety.post("/api/v1/checkouts", lent).expect(201);
        let submission = submit(&hospital.equipment, "2026-06", None).expect(201);
        let file = |client: &Client, query: &str| client.get(&format!("/api/v1/submissions/2026-06{query}")).expect(200).json;
        assert_eq!(file(&hospital.safety, "")["corrections"], json!([]));
        assert_eq!(lines(&officer, "?period=2026-06")[0]["corrected"], 0);
        assert_eq!(file(&hospital.safety, "")["head"]["size"], submission.json["receipt"]["seq"]);

        // Of July: no correction of June, whatever it does.
        hospital.equipment.post("/api/v1/reversals", json!({"entry": entry(&lent), "reason": "误记"})).expect(201);
        let late = json!({"label": labels[1], "amount": {"value": "10", "unit": "mL"}, "occurred_at": "2026-06-20T02:00:00.000Z",
            "late": {"reason": "停电，按纸单补记", "form": "P-7"}});
        let late = hospital.safety.post("/api/v1/checkouts", late).expect(201);
        let received = "SELECT seq AS n FROM entry WHERE institution_id = 1 AND log = 0 AND kind = 'receive'";
        let received = server.number(received);
        hospital.equipment.post("/api/v1/reversals", json!({"entry": received.to_string(), "reason": "误收"})).refused(422, "later_entries_exist");
        let found = file(&officer, "?institution=1");
        let corrections = found["corrections"].as_array().unwrap();
        assert_eq!(corrections.len(), 1, "{corrections:?}");
        assert_eq!((corrections[0]["entry"].to_string(), &corrections[0]["kind"]), (format!("{:?}", entry(&late)), &json!("checkout")));
        assert_eq!(corrections[0]["occurred_at"], "2026-06-20T02:00:00.000Z");
        assert_eq!(found["state"], "submitted");
        // The list of the bureau says so, too.
        for line in [lines(&officer, "?period=2026-06"), lines(&hospital.safety, "")] {
            assert_eq!((&line[0]["state"], &line[0]["corrected"]), (&json!("submitted"), &json!(1)));
        }
        server.assert_sound();
    }

    fn a_reversal_of_a_submitted_month_is_a_correction_of_it(server) {
        let (hospital, _, _) = in_july(server);
        submit(&hospital.equipment, "2026-06", None).expect(201);
        let received = "SELECT seq AS n FROM entry WHERE institution_id = 1 AND log = 0 AND kind = 'receive'";
        let received = server.number(received);
        let taken_back = hospital.equipment.post("/api/v1/reversals", json!({"entry": received.to_string(), "reason": "误收"})).expect(201);
        let file = hospital.safety.get("/api/v1/submissions/2026-06").expect(200).json;
        assert_eq!(file["corrections"].as_array().unwrap().len(), 1);
        assert_eq!((&file["corrections"][0]["reverses"], &file["corrections"][0]["entry"]), (&json!(received.to_string()), &json!(entry(&taken_back))));
    }

    fn what_is_not_over_or_was_before_the_ledger_is_not_submitted(server) {
        let hospital = server.hospital();
        let staff = &hospital.equipment;
        submit(staff, "2026-06", None).refused(422, "period_not_over");
        submit(staff, "2026", None).refused(422, "period_not_over");
        submit(staff, "2026-05", None).refused(422, "period_before_ledger");
        for wrong in ["2026-13", "2026-6", "06-2026", "26", ""] {
            submit(staff, wrong, None).expect(422);
        }
        staff.get("/api/v1/submissions/2026-13").refused(404, "not_found");
        submit(&hospital.safety, "2026-06", None).refused(403, "not_permitted");
        assert_eq!(lines(staff, ""), Vec::<Value>::new());

        // Five days after June it is late, and stays so; the year can be submitted from December on.
        server.pass(36 * DAY_MS);
        assert_eq!(states(&lines(&server.sign_in("E001"), "")), ["2026-06 missing late"]);
        server.pass(150 * DAY_MS);
        let staff = server.sign_in("E001");
        let all = ["2026 missing", "2026-11 missing", "2026-10 missing late", "2026-09 missing late", "2026-08 missing late", "2026-07 missing late", "2026-06 missing late"];
        assert_eq!(states(&lines(&staff, "")), all);
        submit(&staff, "2026-06", None).expect(201);
        submit(&staff, "2026", None).expect(201);
        let mut now = all.map(str::to_owned);
        now[6] = "2026-06 submitted late".to_owned();
        now[0] = "2026 submitted".to_owned();
        assert_eq!(states(&lines(&staff, "")), now);
        let page = staff.get("/api/v1/submissions?limit=3").expect(200).json;
        let rest = staff.get(&format!("/api/v1/submissions?limit=200&next={}", page["next"].as_str().unwrap())).expect(200).json;
        assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (3, 4));
        server.assert_sound();
    }

    fn a_month_is_not_submitted_while_a_count_of_it_is_open(server) {
        let hospital = server.hospital();
        let room = hospital.place(json!({"kind": "room", "name": "空库"}));
        let stocktake = begun(&hospital.equipment, &room);
        server.pass(31 * DAY_MS);
        let staff = server.sign_in("E001");
        let refused = submit(&staff, "2026-06", None).refused(422, "period_being_counted");
        assert_eq!(stocktake, format!("/api/v1/stocktakes/{}", refused.json["stocktake"].as_str().unwrap()));
        staff.post(&format!("{stocktake}/closings"), json!({})).expect(201);
        // What is begun in July holds up nothing of June.
        begun(&staff, &room);
        submit(&staff, "2026-06", None).expect(201);
        server.assert_sound();
    }

    fn a_bureau_reviews_what_was_submitted_in_its_region_only(server) {
        let (hospital, _, officer) = in_july(server);
        let submission = submit(&hospital.equipment, "2026-06", None).expect(201);
        let (other_bureau, elsewhere) = bureau(server, "12220300412756094K", "220303");
        let accepted = json!({"institution": "1", "entry": entry(&submission), "accepted": true});
        review(&elsewhere, "2026-06", accepted.clone()).refused(404, "institution_unknown");
        review(&officer, "2026-06", json!({"institution": "9", "entry": "1", "accepted": true})).refused(404, "institution_unknown");
        review(&officer, "2026-07", accepted.clone()).refused(404, "submission_unknown");
        review(&officer, "2026-06", json!({"institution": "1", "entry": "3", "accepted": true})).refused(404, "submission_unknown");
        review(&hospital.equipment, "2026-06", accepted.clone()).refused(403, "not_permitted");
        submit(&officer, "2026-06", None).refused(403, "not_permitted");
        submit(&other_bureau.equipment, "2026-06", None).refused(422, "nothing_to_submit");
        assert_eq!(lines(&elsewhere, "?period=2026-06"), Vec::<Value>::new());
        elsewhere.get("/api/v1/submissions?institution=1").refused(404, "institution_unknown");
        review(&officer, "2026-06", accepted).expect(201);
        assert_eq!(states(&lines(&officer, "?institution=1")), ["2026-06 accepted"]);
    }

    fn a_review_of_what_is_not_there_is_found(server) {
        let (hospital, _, officer) = in_july(server);
        let submission = submit(&hospital.equipment, "2026-06", None).expect(201);
        review(&officer, "2026-06", json!({"institution": "1", "entry": entry(&submission), "accepted": true})).expect(201);
        server.assert_sound();
        server.stop();
        // The hospital's ledger is another one now: what the bureau accepted is gone from it.
        server.tamper("UPDATE entry SET leaf_hash = (SELECT leaf_hash FROM entry e WHERE e.institution_id = 1 AND e.log = 0 AND e.seq = 0) \
            WHERE institution_id = 1 AND log = 0 AND kind = 'submit'");
        let found = server.verify().findings;
        assert!(found.iter().any(|finding| finding.what.starts_with("review: entry")), "{found:?}");
    }
}
