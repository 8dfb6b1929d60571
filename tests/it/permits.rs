//! Permits and filings: what arrives is drawn off them, never more than they say.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET};
use crate::signing::{locked_up, sign};

/// The day on which every test begins.
const TODAY: &str = "2026-06-01";
const DAY: i64 = 24 * 3600 * 1000;

fn quantity(value: &str, unit: &str) -> Value {
    json!({"value": value, "unit": unit})
}

/// A filing for so much of a product, valid in June.
fn filing(product: &str, number: &str, amount: Value) -> Value {
    json!({
        "kind": "filing", "number": number, "issuer": "铁西区公安分局", "from": TODAY, "until": "2026-06-30",
        "lines": [{"product": product, "quantity": amount}],
    })
}

fn record(client: &Client, body: Value) -> String {
    let made = client.post("/api/v1/permits", body).expect(201);
    made.json["permit"].as_str().unwrap().to_owned()
}

fn correct(client: &Client, permit: &str, body: Value) -> Answer {
    let path = format!("/api/v1/permits/{permit}");
    client.send("PUT", &path, Some(&fresh_key()), Some(body.to_string()))
}

/// What is left of the first line of a permit, and how many receipts hold against it.
fn left(client: &Client, permit: &str) -> (String, i64) {
    let list = client.get("/api/v1/permits").expect(200);
    let items = list.json["items"].as_array().unwrap();
    let one = items.iter().find(|item| item["permit"] == permit).unwrap();
    let left = &one["lines"][0]["left"];
    let text = |name: &str| left[name].as_str().unwrap().to_owned();
    (
        format!("{} {}", text("value"), text("unit")),
        one["receipts"].as_i64().unwrap(),
    )
}

/// A room and a product that nobody has to sign for.
struct Bench {
    room: String,
    product: String,
}

impl Bench {
    fn of(hospital: &Hospital) -> Self {
        Self {
            room: hospital.place(json!({"kind": "room", "name": "试剂库"})),
            product: hospital
                .product(json!({"name": "乙醚", "cas": "60-29-7", "dimension": "volume"})),
        }
    }

    /// So many bottles of 500 mL.
    fn bottles(&self, count: u32, permit: Option<&str>) -> Value {
        json!({
            "product": self.product, "count": count, "each": quantity("500", "mL"), "place": self.room,
            "permits": permit.map(|permit| [permit]),
        })
    }
}

fn receive(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/receipts", body)
}

fn seq(answer: &Answer) -> String {
    answer.json["receipt"]["seq"].to_string()
}

/// Second-class drug precursors are received on a filing from today on.
fn ask_for_filings(hospital: &Hospital) {
    let policy = json!({
        "class": "drug_precursor_2", "from": TODAY, "permits": ["filing"], "source": "易制毒化学品管理条例第十七条", "second": {"staff_number": "E001", "secret": SECRET},
    });
    hospital
        .safety
        .post("/api/v1/purchase-policies", policy)
        .expect(201);
}

on_both! {
    fn a_receipt_draws_its_permit_down_and_a_reversal_gives_it_back(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let permit = record(&hospital.equipment, filing(&bench.product, "备2026-017", quantity("2", "L")));
        assert_eq!(left(&hospital.safety, &permit), ("2 L".to_owned(), 0));

        let received = receive(&hospital.equipment, bench.bottles(3, Some(&permit))).expect(201);
        assert_eq!(left(&hospital.safety, &permit), ("500 mL".to_owned(), 1));
        let over = receive(&hospital.equipment, bench.bottles(2, Some(&permit)));
        let over = over.refused(422, "permit_exceeded");
        assert_eq!((&over.json["left"], &over.json["asked"]), (&json!("500 mL"), &json!("1 L")));
        receive(&hospital.equipment, bench.bottles(1, Some(&permit))).expect(201);
        receive(&hospital.equipment, bench.bottles(1, Some(&permit))).refused(422, "permit_exceeded");
        assert_eq!(left(&hospital.safety, &permit), ("0 mL".to_owned(), 2));

        let back = json!({"entry": seq(&received), "reason": "送错货"});
        hospital.equipment.post("/api/v1/reversals", back.clone()).expect(201);
        hospital.equipment.post("/api/v1/reversals", back).refused(409, "already_reversed");
        assert_eq!(left(&hospital.safety, &permit), ("1.5 L".to_owned(), 1));
        receive(&hospital.equipment, bench.bottles(3, Some(&permit))).expect(201);
        assert_eq!(left(&hospital.safety, &permit), ("0 mL".to_owned(), 2));
        server.assert_balanced();
    }

    fn a_repeated_receipt_draws_once(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let body = filing(&bench.product, "备2026-017", quantity("2", "L"));
        let made = hospital.equipment.post_with("/api/v1/permits", "permit-key-000001", body.clone()).expect(201);
        let again = hospital.equipment.post_with("/api/v1/permits", "permit-key-000001", body).expect(200);
        assert_eq!(made.text, again.text);
        let permit = made.json["permit"].as_str().unwrap();
        let receipt = bench.bottles(1, Some(permit));
        let first = hospital.equipment.post_with("/api/v1/receipts", "receipt-key-000001", receipt.clone()).expect(201);
        let again = hospital.equipment.post_with("/api/v1/receipts", "receipt-key-000001", receipt).expect(200);
        assert_eq!(first.text, again.text);
        assert_eq!(left(&hospital.safety, permit), ("1.5 L".to_owned(), 1));
        server.assert_sound();
    }

    fn a_permit_holds_on_its_days_for_its_goods_and_as_often_as_it_says(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let equipment = &hospital.equipment;
        let amount = quantity("10", "L");
        let mut later = filing(&bench.product, "备-1", amount.clone());
        later["from"] = json!("2026-06-02");
        let later = record(equipment, later);
        receive(equipment, bench.bottles(1, Some(&later))).refused(422, "permit_not_yet_valid");

        let once = json!({"single_use": true});
        let mut single = filing(&bench.product, "备-2", amount.clone());
        single["single_use"] = once["single_use"].clone();
        let single = record(equipment, single);
        let first = receive(equipment, bench.bottles(1, Some(&single))).expect(201);
        receive(equipment, bench.bottles(1, Some(&single))).refused(422, "permit_used");
        equipment.post("/api/v1/reversals", json!({"entry": seq(&first), "reason": "退货"})).expect(201);
        receive(equipment, bench.bottles(1, Some(&single))).expect(201);

        let other = hospital.product(json!({"name": "三氯甲烷", "cas": "67-66-3", "dimension": "volume"}));
        let other = record(equipment, filing(&other, "备-3", amount.clone()));
        receive(equipment, bench.bottles(1, Some(&other))).refused(422, "permit_other_goods");

        let mut revoked = filing(&bench.product, "备-4", amount.clone());
        let number = record(equipment, revoked.clone());
        revoked["revoked"] = json!(true);
        correct(equipment, &number, revoked).expect(201);
        receive(equipment, bench.bottles(1, Some(&number))).refused(422, "permit_revoked");

        server.pass(30 * DAY);
        let equipment = server.sign_in("E001");
        receive(&equipment, bench.bottles(1, Some(&later))).refused(422, "permit_expired");
        // What came on its last day and is recorded the day after still counts.
        let mut yesterday = bench.bottles(1, Some(&later));
        yesterday["occurred_at"] = json!("2026-06-30T08:00:00Z");
        receive(&equipment, yesterday).expect(201);
        server.assert_sound();
    }

    fn a_permit_by_weight_or_for_a_substance_covers_what_is_booked_by_volume(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let equipment = &hospital.equipment;
        let found = equipment.get("/api/v1/substances?q=60-29-7").expect(200);
        let substance = found.json["items"][0]["substance"].clone();
        let mut by_substance = filing(&bench.product, "备-1", quantity("1", "kg"));
        by_substance["lines"] = json!([{"substance": substance, "quantity": quantity("1", "kg")}]);
        let by_substance = record(equipment, by_substance);
        let mut bottle = bench.bottles(1, Some(&by_substance));
        // Stated to the receiver's own advantage; the lists say 0.714 g/mL.
        bottle["density"] = json!("0.001");
        receive(equipment, bottle).expect(201);
        assert_eq!(left(equipment, &by_substance), ("643 g".to_owned(), 1));

        let diluent = hospital.product(json!({"name": "专用稀释液", "dimension": "volume"}));
        let by_weight = record(equipment, filing(&diluent, "备-2", quantity("1", "kg")));
        let mut bottle = bench.bottles(1, Some(&by_weight));
        bottle["product"] = json!(diluent);
        receive(equipment, bottle.clone()).refused(422, "permit_density_unknown");
        bottle["density"] = json!("1.2");
        receive(equipment, bottle).expect(201);
        assert_eq!(left(equipment, &by_weight), ("400 g".to_owned(), 1));
        server.assert_sound();
    }

    fn a_permit_is_recorded_once_and_corrected_within_what_was_drawn(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let equipment = &hospital.equipment;
        let body = filing(&bench.product, "备-1", quantity("2", "L"));
        let permit = record(equipment, body.clone());
        equipment.post("/api/v1/permits", body.clone()).refused(409, "permit_exists");
        receive(equipment, bench.bottles(2, Some(&permit))).expect(201);

        let with = |name: &str, value: Value| {
            let mut body = body.clone();
            body[name] = value;
            body
        };
        let line = |amount: Value| json!([{"product": bench.product, "quantity": amount}]);
        let less = correct(equipment, &permit, with("lines", line(quantity("900", "mL"))));
        assert_eq!(less.refused(422, "permit_below_drawn").json["drawn"], "1 L");
        correct(equipment, &permit, with("lines", line(quantity("5", "kg")))).refused(422, "permit_below_drawn");
        // What was drawn on is no longer corrected by one person, but revoked by one.
        let shorter = with("lines", line(quantity("1", "L")));
        correct(equipment, &permit, shorter.clone()).refused(422, "second_person_required");
        for (name, value) in [("number", json!("备-9")), ("until", json!("2027-06-30")), ("issuer", json!("市局"))] {
            correct(equipment, &permit, with(name, value)).refused(422, "second_person_required");
        }
        let confirmed = |mut body: Value, second: &str| {
            body["second"] = json!({"staff_number": second, "secret": SECRET});
            body["reason"] = json!("数量抄错");
            correct(equipment, &permit, body)
        };
        confirmed(shorter.clone(), "E001").refused(422, "second_person_unfit");
        confirmed(with("kind", json!("licence")), "S001").refused(422, "permit_fixed");
        confirmed(with("single_use", json!(true)), "S001").refused(422, "permit_fixed");
        confirmed(shorter, "S001").expect(201);
        assert_eq!(left(equipment, &permit), ("0 mL".to_owned(), 1));
        let history = hospital.safety.get(&format!("/api/v1/permits/{permit}/history")).expect(200).json;
        let said = |at: usize, name: &str| history["items"][at][name].clone();
        assert_eq!(history["items"].as_array().unwrap().len(), 2);
        assert_eq!((said(0, "second"), said(1, "second"), said(1, "reason")), (Value::Null, json!("3"), json!("数量抄错")));
        assert_eq!((&said(0, "lines")[0]["quantity"], &said(1, "lines")[0]["quantity"]), (&quantity("2", "L"), &quantity("1", "L")));
        hospital.safety.get("/api/v1/permits/77/history").refused(404, "permit_unknown");
        correct(equipment, &permit, with("lines", line(quantity("3", "支")))).refused(422, "product_dimension");
        let mut gone = with("lines", line(quantity("1", "L")));
        gone["revoked"] = json!(true);
        correct(equipment, &permit, gone).expect(201);
        for (amount, unit) in [("0", "L"), ("1000.000001", "t")] {
            let mut absurd = with("lines", line(quantity(amount, unit)));
            absurd["number"] = json!("备-7");
            let refused = equipment.post("/api/v1/permits", absurd).refused(422, "permit_quantity");
            assert_eq!(refused.json["line"], "1");
        }
        // Revoked, too, it has been drawn on: the same document is not recorded afresh.
        equipment.post("/api/v1/permits", body.clone()).refused(409, "permit_exists");
        equipment.post("/api/v1/permits", with("number", json!("备－1"))).refused(409, "permit_exists");
        let unused = record(equipment, with("number", json!("备-1a")));
        let mut other = with("number", json!("备-1A"));
        equipment.post("/api/v1/permits", other.clone()).refused(409, "permit_exists");
        other["revoked"] = json!(true);
        correct(equipment, &unused, other.clone()).expect(201);
        // Of one that nobody drew on, the number is free for the document that replaces it.
        other["revoked"] = json!(false);
        record(equipment, other);

        for (bad, code) in [
            (with("until", json!("2026-05-01")), "period_reversed"),
            (with("lines", json!([])), "empty"),
            (with("lines", json!([{"quantity": quantity("1", "L")}])), "one_expected"),
            (with("lines", json!([{"substance": "nothing", "quantity": quantity("1", "L")}])), "substance_unknown"),
            (with("lines", json!([body["lines"][0], body["lines"][0]])), "given_twice"),
            (with("kind", json!("letter")), "unknown_word"),
        ] {
            let refused = equipment.post("/api/v1/permits", bad).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["code"], code, "{}", refused.text);
        }
        let mut unknown = with("lines", json!([{"product": "99", "quantity": quantity("1", "L")}]));
        unknown["number"] = json!("备-2");
        equipment.post("/api/v1/permits", unknown).refused(404, "product_unknown");
        hospital.safety.post("/api/v1/permits", body).refused(403, "not_permitted");
        server.assert_sound();
    }

    fn what_a_policy_asks_for_is_received_on_such_a_document_only(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let equipment = &hospital.equipment;
        receive(equipment, bench.bottles(1, None)).expect(201);
        ask_for_filings(&hospital);
        let refused = receive(equipment, bench.bottles(1, None)).refused(422, "permit_required");
        assert_eq!(refused.json["kinds"], "备案证明");
        let mut licence = filing(&bench.product, "证-1", quantity("9", "L"));
        licence["kind"] = json!("licence");
        let licence = record(equipment, licence);
        receive(equipment, bench.bottles(1, Some(&licence))).refused(422, "permit_required");
        let permit = record(equipment, filing(&bench.product, "备-1", quantity("9", "L")));
        receive(equipment, bench.bottles(1, Some(&permit))).expect(201);

        let policy = |from: &str, permits: Value| json!({
            "class": "drug_precursor_2", "from": from, "permits": permits, "source": "本院规定", "second": {"staff_number": "E001", "secret": SECRET},
        });
        let post = |body: Value| hospital.safety.post("/api/v1/purchase-policies", body);
        post(policy("2026-05-31", json!([]))).refused(422, "policy_in_the_past");
        // Nobody does away with the permits of a class alone.
        let mut alone = policy("2026-06-03", json!([]));
        alone["second"] = json!({"staff_number": "S001", "secret": SECRET});
        post(alone.clone()).refused(422, "second_person_unfit");
        alone.as_object_mut().unwrap().remove("second");
        post(alone).refused(422, "second_person_required");
        post(policy("2026-06-03", json!([]))).expect(201);
        hospital.administrator.post("/api/v1/purchase-policies", policy(TODAY, json!([]))).refused(403, "not_permitted");
        receive(equipment, bench.bottles(1, None)).refused(422, "permit_required");
        server.pass(2 * DAY);
        let equipment = server.sign_in("E001");
        receive(&equipment, bench.bottles(1, None)).expect(201);
        // What came while the policy held is received under it, whenever it is recorded.
        let mut earlier = bench.bottles(1, None);
        earlier["occurred_at"] = json!("2026-06-02T08:00:00Z");
        receive(&equipment, earlier).refused(422, "permit_required");
        let list = equipment.get("/api/v1/purchase-policies?limit=1").expect(200);
        assert_eq!(list.json["items"][0]["permits"], json!(["filing"]));
        let next = format!("/api/v1/purchase-policies?limit=1&next={}", list.json["next"].as_str().unwrap());
        assert_eq!(equipment.get(&next).expect(200).json["items"][0]["from"], "2026-06-03");
        server.assert_sound();
    }

    fn what_has_two_classes_is_received_on_the_documents_of_both(server) {
        let hospital = server.hospital();
        let product = json!({"name": "高锰酸钾", "cas": "7722-64-7", "dimension": "mass"});
        let (cabinet, _) = locked_up(&hospital, "explosive_precursor", product);
        for (class, kind) in [("explosive_precursor", "use_statement"), ("drug_precursor_3", "filing")] {
            let policy = json!({"class": class, "from": TODAY, "permits": [kind], "source": "危险化学品安全法第五十八条", "second": {"staff_number": "E001", "secret": SECRET}});
            hospital.safety.post("/api/v1/purchase-policies", policy).expect(201);
        }
        let filed = record(&hospital.equipment, filing("1", "备-1", quantity("2", "kg")));
        let mut statement = filing("1", "说明-1", quantity("1", "kg"));
        statement["kind"] = json!("use_statement");
        let stated = record(&hospital.equipment, statement);
        let ask = |permits: &[&String]| {
            let receipt = json!({
                "product": "1", "count": 2, "each": quantity("500", "g"), "place": cabinet,
                "acceptors": ["2", "3"], "permits": permits,
            });
            hospital.equipment.post("/api/v1/signing-requests", json!({"receipt": receipt}))
        };
        assert_eq!(ask(&[]).refused(422, "permit_required").json["kinds"], "合法用途说明");
        assert_eq!(ask(&[&stated]).refused(422, "permit_required").json["kinds"], "备案证明");
        // Named twice it is drawn once.
        let asked = ask(&[&filed, &stated, &filed]).expect(201);
        let posted = sign(&hospital.equipment, &asked, &[("E001", "acceptor"), ("S001", "acceptor")]).expect(201);
        let both = || [left(&hospital.safety, &filed), left(&hospital.safety, &stated)];
        assert_eq!(both(), [("1 kg".to_owned(), 1), ("0 g".to_owned(), 1)]);
        ask(&[&filed, &stated]).refused(422, "permit_exceeded");
        let back = json!({"reversal": {"entry": seq(&posted), "reason": "退货"}});
        let back = hospital.equipment.post("/api/v1/signing-requests", back).expect(201);
        sign(&hospital.equipment, &back, &[("E001", "issuer"), ("S001", "issuer")]).expect(201);
        assert_eq!(both(), [("2 kg".to_owned(), 0), ("1 kg".to_owned(), 0)]);
        server.assert_balanced();
    }

    fn a_signed_receipt_is_refused_when_the_permit_ran_out_before_the_signature(server) {
        let hospital = server.hospital();
        let product = json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"});
        let (cabinet, _) = locked_up(&hospital, "highly_toxic", product);
        let mut licence = filing("1", "吉公剧购2026-3", quantity("1", "kg"));
        licence["kind"] = json!("licence");
        let permit = record(&hospital.equipment, licence);
        let ask = |count: u32| {
            let receipt = json!({
                "product": "1", "count": count, "each": quantity("500", "g"), "place": cabinet,
                "acceptors": ["2", "3"], "permits": [permit],
            });
            hospital.equipment.post("/api/v1/signing-requests", json!({"receipt": receipt}))
        };
        ask(3).refused(422, "permit_exceeded");
        let (first, second) = (ask(1).expect(201), ask(2).expect(201));
        assert!(first.json["payload"].as_str().unwrap().contains(&format!("\"permits\":[\"{permit}\"]")));
        let signers = &[("E001", "acceptor"), ("S001", "acceptor")];
        let posted = sign(&hospital.equipment, &first, signers).expect(201);
        assert_eq!(left(&hospital.equipment, &permit), ("500 g".to_owned(), 1));
        let late = sign(&hospital.equipment, &second, signers).refused(422, "permit_exceeded");
        assert_eq!(late.json["left"], "500 g");
        let back = json!({"reversal": {"entry": seq(&posted), "reason": "退货"}});
        let back = hospital.equipment.post("/api/v1/signing-requests", back).expect(201);
        sign(&hospital.equipment, &back, &[("E001", "issuer"), ("S001", "issuer")]).expect(201);
        sign(&hospital.equipment, &second, signers).expect(201);
        assert_eq!(left(&hospital.equipment, &permit), ("0 g".to_owned(), 1));
        server.assert_balanced();
    }

    fn of_two_receipts_at_once_one_gets_the_last_of_a_permit(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let permit = record(&hospital.equipment, filing(&bench.product, "备-1", quantity("500", "mL")));
        let barrier = Barrier::new(8);
        let answers: Vec<Answer> = thread::scope(|scope| {
            let one = || {
                barrier.wait();
                receive(&hospital.equipment, bench.bottles(1, Some(&permit)))
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let (got, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!(got.len(), 1);
        for answer in refused {
            answer.refused(422, "permit_exceeded");
        }
        assert_eq!(left(&hospital.safety, &permit), ("0 mL".to_owned(), 1));
        server.assert_sound();
    }

    fn another_institution_does_not_know_the_permit(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let body = filing(&bench.product, "备-1", quantity("500", "mL"));
        let permit = record(&hospital.equipment, body.clone());
        let other = server.second_hospital();
        let theirs = Bench::of(&other);
        let bare = |mut answer: Answer| {
            answer.json.as_object_mut().unwrap().remove("request_id");
            (answer.status, answer.json)
        };
        let foreign = bare(receive(&other.equipment, theirs.bottles(1, Some(&permit))));
        assert_eq!((foreign.0, &foreign.1["code"]), (404, &json!("permit_unknown")));
        assert_eq!(foreign, bare(receive(&other.equipment, theirs.bottles(1, Some("77")))));
        let foreign = bare(correct(&other.equipment, &permit, body.clone()));
        assert_eq!((foreign.0, &foreign.1["code"]), (404, &json!("permit_unknown")));
        assert_eq!(foreign, bare(correct(&other.equipment, "77", body)));
        assert_eq!(other.equipment.get("/api/v1/permits").expect(200).json["items"], json!([]));
        server.assert_sound();
    }

    fn a_remainder_changed_by_hand_is_found(server) {
        let hospital = server.hospital();
        let bench = Bench::of(&hospital);
        let permit = record(&hospital.equipment, filing(&bench.product, "备-1", quantity("500", "mL")));
        receive(&hospital.equipment, bench.bottles(1, Some(&permit))).expect(201);
        ask_for_filings(&hospital);
        server.stop();
        server.assert_sound();
        for (table, change, restored) in [
            ("permit", "drawn = '[0]'", "drawn = '[500000000]'"),
            ("permit", "receipts = 0", "receipts = 1"),
            ("permit", "valid_until = '2027-06-30'", "valid_until = '2026-06-30'"),
            (
                "drawing",
                "permits = '[]'",
                r#"permits = '[{"permit":"1","line":0,"amount":500000000}]'"#,
            ),
            ("purchase_policy", "class = 'hazardous'", "class = 'drug_precursor_2'"),
        ] {
            server.tamper(&format!("UPDATE {table} SET {change}"));
            let findings = server.verify().findings;
            assert!(findings.iter().any(|found| found.what.starts_with(table)), "{change}: {findings:?}");
            server.tamper(&format!("UPDATE {table} SET {restored}"));
        }
        server.assert_sound();
    }
}
