//! What never arrives, and what never comes back.

use super::*;

/// A bottle of 500 g of cyanide on the road from the first hospital to the second; where it stood, where it
/// shall stand, its label and the number of the transfer.
fn on_the_road(server: &TestServer, a: &Hospital, b: &Hospital) -> (String, Vec<String>, String) {
    let (_, bottles) = poison(a);
    let (there, _) = locked(b);
    let both = Pair::consignment(&[&bottles[0], &bottles[1]]);
    let sent = signed(&a.equipment, json!({"transfer": both}), BOTH);
    server.app().deliver().unwrap();
    (there, bottles, entry(&sent))
}

fn incidents(by: &Client) -> Vec<Value> {
    let list = by.get("/api/v1/incidents").expect(200).json;
    list["items"].as_array().unwrap().clone()
}

on_both! {
    fn what_is_short_or_missing_of_a_watched_class_opens_an_incident_at_its_sender(server) {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (there, bottles, number) = on_the_road(server, &a, &b);
        let acceptance = json!({
            "from": "1", "entry": number, "acceptors": ["2", "3"],
            "accepted": [{"label": bottles[0], "place": there, "amount": g("499.5")}],
            "missing": [{"label": bottles[1], "reason": "封签完好，箱内无此瓶"}],
        });
        // Nobody misses it alone either.
        b.equipment.post("/api/v1/acceptances", acceptance.clone()).refused(422, "acceptance_unsigned");
        server.pass(1_000);
        signed(&b.equipment, json!({"acceptance": acceptance}), ACCEPT);
        server.app().deliver().unwrap();
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 500_500_000);
        let seen = a.equipment.get(&format!("/api/v1/transfers/1/{number}")).expect(200).json;
        assert_eq!((&seen["state"], &seen["lines"][0]["short"]), (&json!("settled"), &json!({"value": "500", "unit": "mg"})));
        assert_eq!((&seen["lines"][1]["outcome"], &seen["lines"][1]["short"], &seen["lines"][1]["reason"]),
            (&json!("missing"), &g("500"), &json!("封签完好，箱内无此瓶")));
        let [case] = &incidents(&a.safety)[..] else { panic!("one incident") };
        assert_eq!((&case["kind"], &case["duties"], &case["state"], &case["opened_by"]),
            (&json!("suspected_loss"), &json!(["police"]), &json!("open"), &Value::Null));
        assert_eq!(case["labels"], json!(bottles));
        assert_eq!(case["overdue"], false);
        assert!(incidents(&b.safety).is_empty());
        server.pass(3_600_001);
        assert_eq!(incidents(&server.sign_in("S001"))[0]["overdue"], true);
        // It ends like every incident: reported, then found again or written off.
        let (safety, keeper) = (server.sign_in("S001"), server.sign_in("E001"));
        let end = json!({"incident": case["incident"], "result": "found_again", "reason": "物流站寻回"});
        keeper.post("/api/v1/signing-requests", json!({"incident_ending": end})).refused(422, "incident_unreported");
        let told = json!({"report": {"to": "police", "at": "2026-06-01T01:00:01.000Z", "whom": "铁东派出所"}, "text": "已报警"});
        let path = format!("/api/v1/incidents/{}/follow-ups", case["incident"].as_str().unwrap());
        safety.post(&path, told).expect(201);
        signed(&keeper, json!({"incident_ending": end}), BOTH);
        let again = keeper.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json;
        assert_eq!((&again["status"], &again["amount"]), (&json!("in_stock"), &json!({"value": "500", "unit": "mg"})));
        let again = keeper.get(&format!("/api/v1/containers/{}", bottles[1])).expect(200).json;
        assert_eq!((&again["status"], &again["amount"]), (&json!("in_stock"), &g("500")));
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 0);
        server.assert_balanced();
    }

    fn what_is_missing_of_something_ordinary_is_a_difference(server) {
        let pair = Pair::of(server);
        let number = pair.sent(&[&pair.bottles[0]]);
        let missing = json!([{"label": pair.bottles[0], "reason": "未装车"}]);
        let b = &pair.b.equipment;
        b.post("/api/v1/acceptances", json!({"from": "1", "entry": number, "refused": missing, "missing": missing}))
            .refused(422, "container_named_twice");
        b.post("/api/v1/acceptances", json!({"from": "1", "entry": number, "missing": missing})).expect(201);
        pair.deliver();
        let a = &pair.a.equipment;
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'variance'"), 500_000_000);
        assert!(incidents(a).is_empty());
        assert_eq!(pair.scan(a, &pair.bottles[0])["status"], "lost");
        for by in [a, b] {
            assert_eq!(pair.seen(by, &number)["lines"][0]["outcome"], "missing");
        }
        server.assert_balanced();
    }

    fn what_never_comes_back_is_reported_before_it_is_booked(server) {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (_, bottles, number) = on_the_road(server, &a, &b);
        let refused = json!([{"label": bottles[0], "reason": "封签破损"}, {"label": bottles[1], "reason": "封签破损"}]);
        signed(&b.equipment, json!({"acceptance": {"from": "1", "entry": number, "acceptors": ["2", "3"], "refused": refused}}), ACCEPT);
        server.app().deliver().unwrap();
        let keeper = &a.equipment;
        let cabinet = keeper.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json["place"].clone();
        let reclaim = json!({"entry": number, "labels": [bottles[0]], "missing": [bottles[1]], "place": cabinet});
        keeper.post("/api/v1/signing-requests", json!({"reclaim": reclaim})).refused(422, "loss_unreported");
        let report = json!({"kind": "loss", "place": cabinet, "labels": [bottles[1]], "what": "退回途中丢失"});
        a.safety.post("/api/v1/incidents", report).expect(201);
        let mut reclaim = reclaim;
        keeper.post("/api/v1/signing-requests", json!({"reclaim": reclaim})).refused(422, "loss_unreported");
        reclaim["incident"] = json!("1");
        signed(keeper, json!({"reclaim": reclaim}), BOTH);
        let end = keeper.get(&format!("/api/v1/transfers/1/{number}")).expect(200).json;
        assert_eq!((&end["state"], &end["lines"][0]["outcome"], &end["lines"][1]["outcome"]), (&json!("settled"), &json!("reclaimed"), &json!("missing")));
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 500_000_000);
        keeper.post("/api/v1/signing-requests", json!({"reclaim": reclaim})).refused(422, "not_returning");
        // What was booked is part of the incident: found again, it is back.
        let case = keeper.get("/api/v1/incidents/1").expect(200).json;
        assert_eq!(case["steps"][1]["kind"], "reclaim");
        let told = json!({"report": {"to": "police", "at": "2026-06-01T00:00:00.000Z", "whom": "铁东派出所"}, "text": "已报警"});
        a.safety.post("/api/v1/incidents/1/follow-ups", told).expect(201);
        let end = json!({"incident": "1", "result": "found_again", "reason": "寻回"});
        signed(keeper, json!({"incident_ending": end}), BOTH);
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 0);
        server.assert_balanced();
    }

    fn a_part_of_what_was_refused_comes_back_and_the_rest_is_a_difference(server) {
        let pair = Pair::of(server);
        let number = pair.sent(&[&pair.bottles[0], &pair.bottles[1]]);
        let refused = json!([{"label": pair.bottles[0], "reason": "渗漏"}, {"label": pair.bottles[1], "reason": "渗漏"}]);
        pair.accept(&number, json!([]), refused).expect(201);
        pair.deliver();
        let a = &pair.a.equipment;
        let short = |label: &str, amount: &str| json!({
            "entry": number, "labels": [pair.bottles[0]], "place": pair.room,
            "short": [{"label": label, "amount": ml(amount)}],
        });
        a.post("/api/v1/reclaims", short(&pair.bottles[0], "500")).refused(422, "not_short");
        a.post("/api/v1/reclaims", short(&pair.bottles[0], "0")).refused(422, "amount_zero");
        a.post("/api/v1/reclaims", short(&pair.bottles[1], "450")).refused(422, "not_returning");
        a.post("/api/v1/reclaims", short(&pair.bottles[0], "450")).expect(201);
        let back = pair.scan(a, &pair.bottles[0]);
        assert_eq!((&back["status"], &back["amount"]), (&json!("in_stock"), &ml("450")));
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'variance'"), 50_000_000);
        a.post("/api/v1/reclaims", json!({"entry": number, "labels": [pair.bottles[1]], "place": pair.room})).expect(201);
        assert_eq!(pair.seen(a, &number)["state"], "settled");
        server.assert_balanced();
    }

    fn what_is_short_of_a_watched_class_when_it_comes_back_is_reported_first(server) {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (_, bottles, number) = on_the_road(server, &a, &b);
        let refused = json!([{"label": bottles[0], "reason": "封签破损"}, {"label": bottles[1], "reason": "封签破损"}]);
        signed(&b.equipment, json!({"acceptance": {"from": "1", "entry": number, "acceptors": ["2", "3"], "refused": refused}}), ACCEPT);
        server.app().deliver().unwrap();
        let keeper = &a.equipment;
        let cabinet = keeper.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json["place"].clone();
        let mut reclaim = json!({
            "entry": number, "labels": bottles, "place": cabinet,
            "short": [{"label": bottles[0], "amount": g("480")}],
        });
        keeper.post("/api/v1/signing-requests", json!({"reclaim": reclaim})).refused(422, "loss_unreported");
        let report = json!({"kind": "loss", "place": cabinet, "labels": [bottles[0]], "what": "退回时短少"});
        a.safety.post("/api/v1/incidents", report).expect(201);
        reclaim["incident"] = json!("1");
        signed(keeper, json!({"reclaim": reclaim}), BOTH);
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 20_000_000);
        let told = json!({"report": {"to": "police", "at": "2026-06-01T00:00:00.000Z", "whom": "铁东派出所"}, "text": "已报警"});
        a.safety.post("/api/v1/incidents/1/follow-ups", told).expect(201);
        // What was posted as lost before is written off by two, too, though nothing moves any more.
        let mut end = json!({"result": "written_off", "reason": "未能追回"});
        a.safety.post("/api/v1/incidents/1/endings", end.clone()).refused(422, "signatures_required");
        end["incident"] = json!("1");
        signed(keeper, json!({"incident_ending": end}), BOTH);
        assert_eq!(keeper.get("/api/v1/incidents/1").expect(200).json["result"], "written_off");
        assert_eq!(keeper.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json["amount"], g("480"));
        server.assert_balanced();
    }

    fn who_sent_it_does_not_accept_it(server) {
        let pair = Pair::of(server);
        let both = crate::harness::server::identity(40);
        let there = pair.a.enrol(server, "X001", 40);
        pair.a.appoint(&there, "equipment");
        let enrolled = pair.b.administrator.post("/api/v1/people", json!({
            "name": "职工40", "staff_number": "Y001", "identity_number": both,
        })).expect(201);
        server.set_secret("2", "Y001", enrolled.json["code"].as_str().unwrap());
        pair.b.appoint(enrolled.json["person"].as_str().unwrap(), "equipment");
        let sender = server.sign_in("X001");
        let body = Pair::consignment(&[&pair.bottles[0]]);
        let number = entry(&sender.post("/api/v1/transfers", body).expect(201));
        pair.deliver();
        let arrived = json!({"from": "1", "entry": number, "accepted": [pair.arrived(&pair.bottles[0])]});
        let receiver = server.anonymous().sign_in_to("2", "Y001");
        receiver.post("/api/v1/acceptances", arrived.clone()).refused(422, "sender_accepts");
        // Nor is it enough that somebody else types.
        let mut named = arrived.clone();
        named["acceptors"] = json!([enrolled.json["person"]]);
        pair.b.equipment.post("/api/v1/acceptances", named).refused(422, "sender_accepts");
        pair.b.equipment.post("/api/v1/acceptances", arrived).expect(201);
        pair.deliver();
        server.assert_balanced();
    }

    fn nothing_is_accepted_before_it_was_sent(server) {
        let pair = Pair::of(server);
        server.pass(60_000);
        let number = pair.sent(&[&pair.bottles[0]]);
        let early = json!({"from": "1", "entry": number, "accepted": [pair.arrived(&pair.bottles[0])], "occurred_at": "2026-06-01T00:00:59.999Z"});
        pair.b.equipment.post("/api/v1/acceptances", early).refused(422, "arrived_before_sent");
    }

    fn what_is_evidence_is_not_sent(server) {
        let pair = Pair::of(server);
        let report = json!({"kind": "theft", "place": pair.room, "labels": [pair.bottles[0]], "what": "疑似被盗"});
        pair.a.safety.post("/api/v1/incidents", report).expect(201);
        let body = Pair::consignment(&[&pair.bottles[0]]);
        pair.a.equipment.post("/api/v1/transfers", body).refused(422, "container_in_incident");
    }
}
