//! Who sees what is on the road, and when it is late.

use super::*;

fn listed(client: &Client, query: &str) -> Vec<(String, String)> {
    let list = client
        .get(&format!("/api/v1/transfers{query}"))
        .expect(200)
        .json;
    let items = list["items"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items
        .map(|item| {
            (
                format!("{}-{}", text(&item["from"]), text(&item["entry"])),
                text(&item["state"]),
            )
        })
        .collect()
}

on_both! {
    fn both_sides_list_what_is_on_the_road_by_direction_and_state(server) {
        let pair = Pair::of(server);
        let numbers: Vec<String> = pair.bottles[..3].iter().map(|label| pair.sent(&[label])).collect();
        let key = |at: usize| format!("1-{}", numbers[at]);
        pair.accept(&numbers[0], json!([pair.arrived(&pair.bottles[0])]), json!([])).expect(201);
        pair.accept(&numbers[1], json!([]), json!([{"label": pair.bottles[1], "reason": "不符"}])).expect(201);
        pair.deliver();
        let (a, b) = (&pair.a.safety, &pair.b.safety);
        let all = [(key(0), "settled".to_owned()), (key(1), "returning".to_owned()), (key(2), "announced".to_owned())];
        for (client, way, other) in [(a, "out", "in"), (b, "in", "out")] {
            assert_eq!(listed(client, ""), all);
            assert_eq!(listed(client, &format!("?direction={way}")), all);
            assert_eq!(listed(client, &format!("?direction={other}")), []);
            for (at, state) in ["settled", "returning", "announced"].iter().enumerate() {
                assert_eq!(listed(client, &format!("?state={state}")), [all[at].clone()]);
            }
            assert_eq!(listed(client, "?state=sent"), []);
            assert_eq!(listed(client, "?state=accepted&direction=in"), []);
            let first = client.get("/api/v1/transfers?limit=2").expect(200).json;
            let next = first["next"].as_str().unwrap();
            assert_eq!(listed(client, &format!("?limit=2&next={next}")), [all[2].clone()]);
            client.get("/api/v1/transfers?state=lost").refused(422, "fields_invalid");
        }
    }

    fn what_should_have_arrived_and_was_not_accepted_is_overdue(server) {
        let pair = Pair::of(server);
        let numbers: Vec<String> = pair.bottles[..2].iter().map(|label| pair.sent(&[label])).collect();
        pair.accept(&numbers[0], json!([pair.arrived(&pair.bottles[0])]), json!([])).expect(201);
        let overdue = |staff: &str, institution: &str| {
            let client = server.anonymous().sign_in_to(institution, staff);
            let one = pair.seen(&client, &numbers[1])["overdue"].clone();
            (listed(&client, "?overdue=true").len(), one)
        };
        server.pass(10 * 3_600_000);
        assert_eq!(overdue("S001", "1"), (0, json!(false)));
        server.pass(1);
        for institution in ["1", "2"] {
            assert_eq!(overdue("S001", institution), (1, json!(true)));
        }
        let late = server.sign_in("S001");
        assert_eq!(pair.seen(&late, &numbers[0])["overdue"], json!(false));
    }

    fn a_bureau_sees_what_is_on_the_road_in_its_region(server) {
        let pair = Pair::of(server);
        let far = server.another(hazledger::domain::institution::InstitutionKind::Hospital, "长春市人民医院", "12220300412756095N", "220102");
        let (_, county) = bureau(server, "12220300412756092D", "220302");
        let (_, city) = bureau(server, "12220300412756093G", "220300");
        let (_, capital) = bureau(server, "12220300412756094K", "220100");
        let number = pair.sent(&[&pair.bottles[0]]);
        let mut body = Pair::consignment(&[&pair.bottles[1]]);
        body["to"] = json!("3");
        let away = entry(&pair.a.equipment.post("/api/v1/transfers", body).expect(201));
        pair.deliver();
        let [near, crossing] = [(format!("1-{number}"), "announced".to_owned()), (format!("1-{away}"), "announced".to_owned())];
        let both = [near, crossing];
        assert_eq!(listed(&county, ""), both);
        assert_eq!(listed(&city, "?state=announced"), both);
        for client in [&capital, &far.safety] {
            assert_eq!(listed(client, ""), both[1..]);
        }
        let told = county.get("/api/v1/transfers").expect(200);
        assert!(!told.text.contains(&pair.bottles[0]));
        assert_eq!((&told.json["items"][0]["seal"], &told.json["items"][0]["quantities"][0]), (&json!("F-0017"), &ml("500")));
        // Container by container it is a look at an institution, which sees it.
        county.get(&format!("/api/v1/transfers/1/{number}")).refused(422, "institution_needed");
        for list in ["incidents", "stocktakes", "emergency-releases", "incidents/1", "stocktakes/1/findings"] {
            county.get(&format!("/api/v1/{list}")).refused(422, "institution_needed");
        }
        county.get("/api/v1/incidents?institution=1").expect(200);
        capital.get(&format!("/api/v1/transfers/1/{number}?institution=1")).refused(404, "institution_unknown");
        let one = county.get(&format!("/api/v1/transfers/1/{number}?institution=1")).expect(200).json;
        assert_eq!(one["lines"][0]["label"], json!(pair.bottles[0]));
        let look = server.audit(1).pop().unwrap();
        assert_eq!(look["act"]["audit"]["command"], format!("GET /transfers/1/{number}"));
        assert_eq!(listed(&city, "?institution=2"), [both[0].clone()]);
    }
}
