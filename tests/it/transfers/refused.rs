//! What is not sent, not accepted and not taken back, each for a reason of its own.

use super::*;

fn send(pair: &Pair<'_>, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = Pair::consignment(&[&pair.bottles[0]]);
    change(&mut body);
    pair.a.equipment.post("/api/v1/transfers", body)
}

on_both! {
    fn a_transfer_is_refused_for_what_is_wrong_with_it(server) {
        let pair = Pair::of(server);
        bureau(server, "12220300412756092D", "220302");
        send(&pair, |body| body["to"] = json!("1")).refused(422, "transfer_to_self");
        send(&pair, |body| body["to"] = json!("3")).refused(422, "transfer_to_bureau");
        send(&pair, |body| body["to"] = json!("77")).refused(404, "receiver_unknown");
        send(&pair, |body| body["to"] = json!("0")).refused(404, "receiver_unknown");
        send(&pair, |body| body["labels"] = json!([])).refused(422, "amount_zero");
        let twice = json!([pair.bottles[0], pair.bottles[0]]);
        send(&pair, |body| body["labels"] = twice).refused(422, "container_named_twice");
        send(&pair, |body| body["expected_at"] = json!("2026-05-31T23:59:59.999Z")).refused(422, "expected_too_early");
        for field in ["carrier", "purpose", "expected_at", "to", "labels"] {
            let refused = send(&pair, |body| drop(body.as_object_mut().unwrap().remove(field))).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["pointer"], format!("/{field}"));
        }
        let staff = &pair.a.safety;
        staff.post("/api/v1/transfers", Pair::consignment(&[&pair.bottles[0]])).refused(403, "not_permitted");
        staff.post("/api/v1/checkouts", json!({"label": pair.bottles[0], "amount": ml("10")})).expect(201);
        send(&pair, |_| ()).refused(422, "part_with_person");
        staff.post("/api/v1/uses", json!({"label": pair.bottles[0], "amount": ml("10")})).expect(201);
        staff.post("/api/v1/checkouts", json!({"label": pair.bottles[1], "whole": true})).expect(201);
        send(&pair, |body| body["labels"] = json!([pair.bottles[1]])).refused(422, "container_state");
        send(&pair, |body| body["labels"] = json!(["0002000000010031"])).refused(422, "fields_invalid");
        // It is on the road: nothing else is done with it.
        let sent = send(&pair, |_| ()).expect(201);
        send(&pair, |_| ()).refused(422, "container_state");
        let (label, keeper) = (&pair.bottles[0], &pair.a.equipment);
        staff.post("/api/v1/checkouts", json!({"label": label, "amount": ml("1")})).refused(422, "container_state");
        keeper.post("/api/v1/moves", json!({"labels": [label], "to": pair.room})).refused(422, "container_state");
        keeper.post("/api/v1/labels/reprints", json!({"label": label, "reason": "磨损"})).refused(422, "container_state");
        keeper.post("/api/v1/wastes", json!({"labels": [label], "code": "900-402-06", "reason": "过期"})).refused(422, "container_state");
        // The way back is another transfer.
        let reversal = json!({"entry": entry(&sent), "reason": "误操作"});
        let refused = keeper.post("/api/v1/reversals", reversal).refused(422, "transfer_not_reversible");
        assert!(refused.json["detail"].as_str().unwrap().contains("another transfer"), "{}", refused.text);
        let reclaim = json!({"entry": entry(&sent), "labels": [label], "place": pair.room});
        keeper.post("/api/v1/reclaims", reclaim).refused(422, "not_returning");
        server.assert_balanced();
    }

    fn what_has_expired_is_neither_sent_nor_accepted_but_comes_back(server) {
        let pair = Pair::of(server);
        let number = pair.sent(&[&pair.bottles[0]]);
        // 2028-05-02 in China.
        server.pass(701 * 86_400_000);
        let (a, b) = (server.sign_in("E001"), server.anonymous().sign_in_to("2", "E001"));
        let mut body = Pair::consignment(&[&pair.bottles[1]]);
        body["expected_at"] = json!("2028-06-01T00:00:00.000Z");
        a.post("/api/v1/transfers", body).refused(422, "container_expired");
        let take = json!({"from": "1", "entry": number, "accepted": [pair.arrived(&pair.bottles[0])]});
        b.post("/api/v1/acceptances", take).refused(422, "expired_on_arrival");
        let refuse = json!({"from": "1", "entry": number, "refused": [{"label": pair.bottles[0], "reason": "过期"}]});
        b.post("/api/v1/acceptances", refuse).expect(201);
        pair.deliver();
        let reclaim = json!({"entry": number, "labels": [pair.bottles[0]], "place": pair.room});
        a.post("/api/v1/reclaims", reclaim).expect(201);
        server.assert_balanced();
    }

    fn an_acceptance_is_refused_for_what_is_wrong_with_it(server) {
        let pair = Pair::of(server);
        let [one, two, three] = [&pair.bottles[0], &pair.bottles[1], &pair.bottles[2]];
        let other = pair.sent(&[three]);
        let number = pair.sent(&[one, two]);
        let accept = |lines: Value| pair.accept(&number, lines, json!([]));
        let both = json!([pair.arrived(one), pair.arrived(two)]);
        accept(json!([])).refused(422, "consignment_incomplete");
        let refused = accept(json!([pair.arrived(one)])).refused(422, "consignment_incomplete");
        assert_eq!((&refused.json["missing"], &refused.json["label"]), (&json!("1"), &json!(two)));
        accept(json!([pair.arrived(one), pair.arrived(two), pair.arrived(one)])).refused(422, "container_named_twice");
        pair.accept(&number, both.clone(), json!([{"label": one, "reason": "破损"}])).refused(422, "container_named_twice");
        // A label resolves inside its own consignment alone, and one that nobody has is no different.
        let (strange, nobody) = (accept(json!([pair.arrived(three)])), Label::new(1.try_into().unwrap(), 77.try_into().unwrap(), 0.try_into().unwrap()));
        let nobody = accept(json!([pair.arrived(&nobody.to_string())])).refused(422, "not_in_consignment");
        let told = |answer: &Answer| answer.json["title"].clone();
        assert_eq!(told(&strange.refused(422, "not_in_consignment")), told(&nobody));
        let scan = |label: &str| pair.b.equipment.get(&format!("/api/v1/containers/{label}")).refused(404, "label_unknown");
        scan(one);
        let with = |change: Value| {
            let mut line = pair.arrived(one);
            line.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            accept(json!([line, pair.arrived(two)]))
        };
        let refused = with(json!({"amount": ml("500.001")})).refused(422, "more_than_sent");
        assert_eq!((&refused.json["sent"], &refused.json["given"]), (&json!("500 mL"), &json!("500.001 mL")));
        with(json!({"amount": ml("0")})).refused(422, "amount_zero");
        with(json!({"amount": g("10")})).refused(422, "dimension_mismatch");
        with(json!({"place": "77"})).refused(404, "place_unknown");
        with(json!({"product": "77"})).refused(404, "product_unknown");
        let acetone = pair.b.product(json!({"name": "丙酮", "cas": "67-64-1", "dimension": "volume"}));
        with(json!({"product": acetone})).refused(422, "product_not_same");
        let weak = pair.b.product(json!({"name": "乙醇", "qualifier": "75%", "cas": "64-17-5", "dimension": "volume"}));
        with(json!({"product": weak})).refused(422, "product_not_same");
        let weighed = pair.b.product(json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "mass"}));
        with(json!({"product": weighed})).refused(422, "product_not_same");
        // A second one that is the same: somebody has to say which.
        pair.b.product(json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"}));
        let refused = accept(both).refused(422, "product_not_matched");
        assert_eq!(refused.json["found"], "2");
        let named = json!([{"label": one, "place": pair.there, "product": pair.product}, {"label": two, "place": pair.there, "product": pair.product}]);
        accept(named.clone()).expect(201);
        let refused = accept(named).refused(409, "transfer_accepted");
        assert!(refused.json["by"].is_string());
        pair.b.equipment.post("/api/v1/acceptances", json!({"from": "1", "entry": "77"})).refused(404, "transfer_unknown");
        let _ = other;
        pair.deliver();
        server.assert_balanced();
    }

    fn an_institution_that_is_neither_knows_nothing_of_it(server) {
        let pair = Pair::of(server);
        let third = server.another(hazledger::domain::institution::InstitutionKind::Cdc, "四平市疾控中心", "12220300412756092D", "220302");
        let number = pair.sent(&[&pair.bottles[0]]);
        let there = third.place(json!({"kind": "room", "name": "库"}));
        third.product(json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"}));
        let body = |entry: &str| json!({"from": "1", "entry": entry, "accepted": [{"label": pair.bottles[0], "place": there}]});
        let bare = |answer: Answer| {
            let mut json = answer.json;
            json.as_object_mut().unwrap().remove("request_id");
            (answer.status, json)
        };
        let accept = |entry: &str| bare(third.equipment.post("/api/v1/acceptances", body(entry)).refused(404, "transfer_unknown"));
        assert_eq!(accept(&number), accept("9999"));
        let seen = |entry: &str| bare(third.equipment.get(&format!("/api/v1/transfers/1/{entry}")).refused(404, "transfer_unknown"));
        let instance = |(status, mut json): (u16, Value)| { json.as_object_mut().unwrap().remove("instance"); (status, json) };
        assert_eq!(instance(seen(&number)), instance(seen("9999")));
        assert_eq!(third.equipment.get("/api/v1/transfers").expect(200).json["items"], json!([]));
        third.equipment.get(&format!("/api/v1/containers/{}", pair.bottles[0])).refused(404, "label_unknown");
        // The sender cannot accept what it has sent.
        let own = json!({"from": "1", "entry": number, "accepted": [{"label": pair.bottles[0], "place": pair.room}]});
        pair.a.equipment.post("/api/v1/acceptances", own).refused(404, "transfer_unknown");
        pair.b.equipment.post("/api/v1/reclaims", json!({"entry": number, "labels": [pair.bottles[0]], "place": pair.there})).refused(404, "transfer_unknown");
        server.assert_sound();
    }
}
