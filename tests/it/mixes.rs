//! 配制: what is made of what, how strong it is, and what it inherits.

use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::Hospital;
use crate::signing::{BOTH, RECEIVER, cyanide, sign};

/// nL in a mL, µg in a g.
const M: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

fn water(amount: Value) -> Value {
    json!({"name": "纯化水", "amount": amount, "density": "1.0"})
}

fn mix(client: &Client, body: Value) -> Answer {
    client.post("/api/v1/mixes", body)
}

fn labels(answer: &Answer) -> Vec<String> {
    serde_json::from_value(answer.json["labels"].clone()).unwrap()
}

fn seen(client: &Client, label: &str) -> Value {
    let path = format!("/api/v1/containers/{label}");
    client.get(&path).expect(200).json
}

/// What disinfects, booked in volume; nobody knows its density.
fn spirit(hospital: &Hospital) -> String {
    let product = hospital.product(json!({"name": "消毒酒精自配液", "dimension": "volume"}));
    identified(hospital, &product);
    product
}

/// What no list knows is identified by a document.
fn identified(hospital: &Hospital, product: &str) {
    let body = json!({"document": "鉴定报告 2026-17", "hazardous": true});
    let path = format!("/api/v1/products/{product}/identifications");
    let identified = hospital.equipment.post(&path, body);
    assert!(
        [201, 409].contains(&identified.status),
        "{}",
        identified.text
    );
}

/// 400 mL of each of two bottles and 200 mL of water give four bottles of 240 mL.
fn solution(product: &str, bottles: &[String]) -> Value {
    json!({
        "inputs": [{"label": bottles[0], "amount": ml("400")}, {"label": bottles[1], "amount": ml("400")}],
        "solvent": water(ml("200")), "product": product, "count": 4, "each": ml("240"),
        "expires_on": "2027-01-01", "lot": "P1", "reason": "消毒",
    })
}

fn amounts(hospital: &Hospital, flow: &str, side: &str) -> Vec<Value> {
    let table = hospital
        .equipment
        .get("/api/v1/usage-table?from=2026-06-01")
        .expect(200)
        .json;
    let lines = table["items"].as_array().unwrap();
    lines.iter().map(|line| line[side][flow].clone()).collect()
}

on_both! {
    fn a_mixture_tells_what_it_is_made_of_and_how_strong_it_is(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let spirit = spirit(&hospital);
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        let key = fresh_key();
        let made = staff.post_with("/api/v1/mixes", &key, solution(&spirit, &bottles)).expect(201);
        let again = staff.post_with("/api/v1/mixes", &key, solution(&spirit, &bottles)).expect(200);
        assert!(again.replayed && again.json == made.json);
        let filled = labels(&made);
        assert_eq!(filled.len(), 4);
        let one = seen(staff, &filled[0]);
        assert_eq!((&one["amount"], &one["place"], &one["lot"], &one["expires_on"]), (&ml("240"), &json!(room), &json!("P1"), &json!("2027-01-01")));
        let composition = &one["composition"];
        assert_eq!(composition["entry"], made.json["receipt"]["seq"].to_string());
        let components = composition["components"].as_array().unwrap();
        assert_eq!((components.len(), &components[0]["name"], &components[0]["qualifier"]), (2, &json!("乙醇"), &json!("无水")));
        // 400 mL at 0.789 g/mL are 315.6 g, of 831.2 g in all, in 960 mL.
        let first = &components[0];
        assert_eq!(first["mass"], g("315.6"));
        assert_eq!((&first["mass_percent"], &first["mg_per_l"]), (&json!("37.9692012"), &json!("328750")));
        assert_eq!(composition["solvent"]["name"], "纯化水");
        assert_eq!(seen(staff, &bottles[0])["amount"], ml("100"));
        assert_eq!(seen(staff, &bottles[0])["composition"], Value::Null);

        // What went in was used, and what was made came in.
        assert_eq!(amounts(&hospital, "used", "out"), [json!({"value": "800", "unit": "mL"}), ml("0")]);
        assert_eq!(amounts(&hospital, "made", "in"), [ml("0"), ml("960")]);
        let made_sum = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM posting WHERE account = 'made'";
        assert_eq!(server.number(made_sum), (800 - 960) * M);
        server.assert_sound();

        // Who fills from it asks what it was mixed of, too.
        let split = staff.post("/api/v1/splits", json!({"label": filled[0], "count": 1, "each": ml("40")})).expect(201);
        assert_eq!(&seen(staff, &labels(&split)[0])["composition"], composition);
        let reverse = |of: &Answer| {
            let body = json!({"entry": of.json["receipt"]["seq"].to_string(), "reason": "误操作"});
            equipment.post("/api/v1/reversals", body)
        };
        reverse(&made).refused(422, "later_entries_exist");
        reverse(&split).expect(201);
        reverse(&made).expect(201);
        assert_eq!((&seen(staff, &filled[1])["status"], server.number(made_sum)), (&json!("void"), 0));
        assert_eq!(seen(staff, &bottles[1])["amount"], ml("500"));
        server.assert_balanced();

        // What somebody has in hand goes in as well; without densities nothing is guessed.
        let taken = staff.post("/api/v1/checkouts", json!({"label": bottles[2], "amount": ml("30")})).expect(201);
        let powder = hospital.product(json!({"name": "自配粉", "dimension": "mass"}));
        identified(&hospital, &powder);
        let body = json!({
            "inputs": [{"label": bottles[2], "source": taken.json["receipt"]["seq"].to_string(), "amount": ml("20")}],
            "solvent": {"name": "载体", "amount": ml("10")},
            "product": powder, "count": 1, "each": g("900"), "expires_on": "2027-01-01",
        });
        let made = mix(staff, body).expect(201);
        let component = seen(staff, &labels(&made)[0])["composition"]["components"][0].clone();
        assert_eq!((&component["mass"], &component["mass_percent"], &component["mg_per_l"]), (&g("15.78"), &Value::Null, &Value::Null));
        let held = seen(staff, &bottles[2])["held"].clone();
        assert_eq!(held[0]["amount"], ml("10"));
        server.assert_sound();
    }

    fn what_may_not_be_mixed_is_refused(server) {
        let hospital = server.hospital();
        let (room, bottles) = hospital.ethanol();
        let spirit = spirit(&hospital);
        let staff = &hospital.safety;
        let with = |field: &str, value: Value| {
            let mut body = solution(&spirit, &bottles);
            body[field] = value;
            mix(staff, body)
        };
        with("inputs", json!([])).refused(422, "amount_zero");
        let twice = json!([{"label": bottles[0], "amount": ml("1")}, {"label": bottles[0], "amount": ml("1")}]);
        with("inputs", twice).refused(422, "container_named_twice");
        with("inputs", json!([{"label": bottles[0], "amount": ml("501")}])).refused(422, "not_enough");
        with("inputs", json!([{"label": bottles[0], "amount": g("1")}])).refused(422, "dimension_mismatch");
        with("inputs", json!([{"label": bottles[0], "source": "9", "amount": ml("1")}])).refused(422, "nothing_checked_out");
        with("count", json!(0)).refused(422, "amount_zero");
        with("product", json!("77")).refused(404, "product_unknown");
        with("each", g("1")).refused(422, "product_dimension");
        with("expires_on", json!("2028-05-02")).refused(422, "outlives_source");
        with("expires_on", json!("2020-01-01")).refused(422, "expired_when_filled");
        with("solvent", water(ml("0"))).refused(422, "solvent_unfit");
        with("solvent", water(json!({"value": "1", "unit": "支"}))).refused(422, "solvent_unfit");
        // 1.2 L of ethanol weigh more than what went in, water and all.
        let mut body = solution("1", &bottles);
        body["each"] = ml("300");
        let refused = mix(staff, body).refused(422, "made_more_than_mixed");
        assert_eq!((&refused.json["made"], &refused.json["mixed"]), (&json!("946.8 g"), &json!("831.2 g")));
        with("place", json!("77")).refused(403, "split_elsewhere");
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        let mut body = solution(&spirit, &bottles);
        body["place"] = json!(cabinet);
        mix(&server.sign_in("L001"), body).refused(403, "split_elsewhere");
        // What is hazardous does not become something that no list names; a weaker one of the same may be outside.
        let weak = |name: &str, cas: &str| hospital.product(json!({
            "name": name, "qualifier": "含量3%", "cas": cas, "dimension": "volume",
        }));
        let weak = [weak("过氧化氢溶液", "7722-84-1"), weak("氨溶液", "1336-21-6")];
        let refused = with("product", json!(weak[0])).refused(422, "mix_class_not_covered");
        assert_eq!(refused.json["class"], "危险化学品");
        let ammonia = hospital.product(json!({"name": "氨溶液", "qualifier": "含氨>10%", "cas": "1336-21-6", "dimension": "volume"}));
        let came = hospital.equipment.post("/api/v1/receipts", json!({
            "product": ammonia, "count": 1, "each": ml("500"), "place": room, "expires_on": "2028-01-01",
        })).expect(201);
        let diluted = json!({
            "inputs": [{"label": labels(&came)[0], "amount": ml("10")}], "solvent": water(ml("90")),
            "product": weak[1], "count": 1, "each": ml("100"), "expires_on": "2027-01-01",
        });
        mix(staff, diluted).expect(201);
        let made = hospital.equipment.post("/api/v1/products", json!({"name": "来历不明的溶液", "dimension": "volume"})).expect(201);
        let unknown = made.json["product"].as_str().unwrap();
        mix(staff, solution(unknown, &bottles)).refused(422, "product_unidentified");
        let leak = json!({"kind": "leak", "what": "泄漏", "place": room, "labels": [bottles[0]]});
        hospital.equipment.post("/api/v1/incidents", leak).expect(201);
        with("count", json!(4)).refused(422, "container_in_incident");
        server.pass(3 * 366 * 86_400_000);
        let later = server.sign_in("S001");
        let body = json!({
            "inputs": [{"label": bottles[2], "amount": ml("1")}], "product": spirit, "count": 1, "each": ml("1"), "expires_on": "2030-01-01",
        });
        mix(&later, body).refused(422, "container_expired");
        server.assert_sound();
    }

    fn a_mixture_of_poison_is_poison_and_signed_for(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        let (staff, equipment) = (&hospital.safety, &hospital.equipment);
        let (poison, plain) = ("1", hospital.product(json!({"name": "氢氧化钠", "cas": "1310-73-2", "dimension": "mass"})));
        let harmless = hospital.product(json!({"name": "自配标准粉", "dimension": "mass"}));
        identified(&hospital, &harmless);
        let body = |product: &str| json!({
            "inputs": [{"label": bottles[0], "amount": g("10")}], "solvent": {"name": "氯化钠", "amount": g("990")},
            "product": product, "count": 2, "each": g("500"), "place": cabinet, "expires_on": "2027-01-01", "reason": "标准物质",
        });
        let ask = |body: Value| staff.post("/api/v1/signing-requests", json!({"mix": body}));
        mix(staff, body(poison)).refused(422, "signatures_required");
        let refused = ask(body(&plain)).refused(422, "mix_class_not_covered");
        assert_eq!((&refused.json["product"], &refused.json["class"]), (&json!(plain), &json!("剧毒")));
        // What a document has identified is what the document says.
        ask(body(&harmless)).expect(201);
        let held_back = ask(body(poison)).expect(201);
        staff.delete(&format!("/api/v1/signing-requests/{}", held_back.json["request"].as_str().unwrap())).expect(204);
        let request = ask(body(poison)).expect(201);
        sign(staff, &request, &BOTH[..1]).expect(202);
        let posted = sign(staff, &request, &BOTH[1..]).expect(201);
        let one = seen(staff, &labels(&posted)[0]);
        let component = &one["composition"]["components"][0];
        assert_eq!((&component["mass_percent"], &component["mg_per_l"]), (&json!("1"), &Value::Null));
        // What a receiver holds of it: the custodians sign for that as well.
        let taking = json!({"checkout": {"label": bottles[1], "amount": g("10"), "receiver": RECEIVER, "purpose": "标准物质"}});
        let taking = staff.post("/api/v1/signing-requests", taking).expect(201);
        let taken = sign(staff, &taking, BOTH).expect(201);
        let mut held = body(poison);
        held["inputs"] = json!([{"label": bottles[1], "source": taken.json["receipt"]["seq"].to_string(), "amount": g("10")}]);
        sign(staff, &ask(held).expect(201), BOTH).expect(201);
        assert_eq!(seen(equipment, &bottles[1])["held"], json!([]));
        server.assert_sound();
    }
}
