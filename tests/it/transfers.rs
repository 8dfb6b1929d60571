//! 调拨 between institutions: what one sends, the other accepts; each step shows on both sides.

use hazledger::domain::ids::Label;
use serde_json::{Value, json};

use crate::crash::until;
use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::oversight::bureau;
use crate::signing::{BOTH, sign};
use crate::tamper::forge::rewriting_of;

mod forged;
mod killed;
mod missing;
mod refused;
mod seen;

pub const ACCEPT: &[(&str, &str)] = &[("E001", "acceptor"), ("S001", "acceptor")];
/// When the consignments of these tests are expected: ten hours after they leave.
pub const EXPECTED: &str = "2026-06-01T10:00:00.000Z";

pub fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

pub fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

pub fn labels(answer: &Answer) -> Vec<String> {
    let labels = answer.json["labels"].as_array().unwrap().iter();
    labels
        .map(|label| label.as_str().unwrap().to_owned())
        .collect()
}

pub fn entry(answer: &Answer) -> String {
    answer.json["receipt"]["seq"].to_string()
}

/// Two hospitals that both know ethanol; the first has five bottles of 500 mL.
pub struct Pair<'s> {
    pub server: &'s TestServer,
    pub a: Hospital,
    pub b: Hospital,
    pub room: String,
    pub bottles: Vec<String>,
    /// Where the second one puts things, and its ethanol.
    pub there: String,
    pub product: String,
}

impl<'s> Pair<'s> {
    pub fn of(server: &'s TestServer) -> Self {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (room, bottles) = a.ethanol();
        let there = b.place(json!({"kind": "room", "name": "危化品库"}));
        let product = b.product(json!({"name": "无水乙醇", "qualifier": "无 水", "cas": "64-17-5", "dimension": "volume"}));
        Self {
            server,
            a,
            b,
            room,
            bottles,
            there,
            product,
        }
    }

    pub fn consignment(labels: &[&String]) -> Value {
        json!({
            "to": "2", "labels": labels, "carrier": "四平危运公司", "vehicle": "吉C12345", "escorts": ["李强"],
            "seal": "F-0017", "expected_at": EXPECTED, "purpose": "支援",
        })
    }

    /// Sent and announced; the number of the transfer.
    pub fn sent(&self, labels: &[&String]) -> String {
        let sent = self
            .a
            .equipment
            .post("/api/v1/transfers", Self::consignment(labels))
            .expect(201);
        self.deliver();
        entry(&sent)
    }

    pub fn deliver(&self) {
        self.server.app().deliver().unwrap();
    }

    pub fn arrived(&self, label: &str) -> Value {
        json!({"label": label, "place": self.there})
    }

    pub fn accept(&self, entry: &str, accepted: Value, refused: Value) -> Answer {
        let body = json!({"from": "1", "entry": entry, "accepted": accepted, "refused": refused});
        self.b.equipment.post("/api/v1/acceptances", body)
    }

    /// The transfer as one of them sees it.
    pub fn seen(&self, by: &Client, entry: &str) -> Value {
        by.get(&format!("/api/v1/transfers/1/{entry}"))
            .expect(200)
            .json
    }

    pub fn scan(&self, by: &Client, label: &str) -> Value {
        by.get(&format!("/api/v1/containers/{label}"))
            .expect(200)
            .json
    }
}

/// Litres at places, as the stock says.
pub fn stocked(by: &Client) -> Value {
    by.get("/api/v1/stock?by=product").expect(200).json["items"][0]["quantities"][0].clone()
}

/// A flow of the first line of the usage table that is at a place, and what is left there.
pub fn flow(by: &Client, way: &str, name: &str) -> (Value, Value) {
    let table = by
        .get("/api/v1/usage-table?from=2026-06-01")
        .expect(200)
        .json;
    let line = table["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| !line["place"].is_null())
        .unwrap()
        .clone();
    (line[way][name].clone(), line["closing"].clone())
}

/// A cabinet that keeps what is highly toxic, its two custodians, and the product.
pub fn locked(hospital: &Hospital) -> (String, String) {
    let cabinet =
        hospital.place(json!({"kind": "cabinet", "name": "剧毒柜", "permitted": ["highly_toxic"]}));
    for (person, second) in [("2", "S001"), ("3", "E001")] {
        let custodian = json!({
            "person": person, "role": "custodian", "place": cabinet,
            "second": {"staff_number": second, "secret": SECRET},
        });
        hospital
            .administrator
            .post("/api/v1/appointments", custodian)
            .expect(201);
    }
    let product =
        hospital.product(json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"}));
    (cabinet, product)
}

/// Something is asked for and signed.
pub fn signed(client: &Client, body: Value, signers: &[(&str, &str)]) -> Answer {
    let request = client.post("/api/v1/signing-requests", body).expect(201);
    sign(client, &request, signers).expect(201)
}

/// Two bottles of cyanide, 500 g each, in a cabinet.
pub fn poison(hospital: &Hospital) -> (String, Vec<String>) {
    let (cabinet, product) = locked(hospital);
    let receipt = json!({
        "product": product, "count": 2, "each": g("500"), "place": cabinet, "acceptors": ["2", "3"],
        "expires_on": "2028-01-01", "tare": g("150"),
    });
    let came = signed(&hospital.equipment, json!({"receipt": receipt}), ACCEPT);
    (cabinet, labels(&came))
}

on_both! {
    fn bottles_are_sent_accepted_short_refused_and_taken_back(server) {
        let pair = Pair::of(server);
        let (a, b) = (&pair.a.equipment, &pair.b.equipment);
        let [one, two, three] = [&pair.bottles[0], &pair.bottles[1], &pair.bottles[2]];
        let key = fresh_key();
        let body = Pair::consignment(&[one, two, three]);
        let sent = a.post_with("/api/v1/transfers", &key, body.clone()).expect(201);
        assert!(a.post_with("/api/v1/transfers", &key, body).expect(200).replayed);
        assert_eq!(labels(&sent), [one.as_str(), two, three]);
        let number = entry(&sent);
        // Nobody has to do anything: the program tells the receiver.
        until("it is announced", || pair.seen(a, &number)["state"] == "announced");

        // Out of stock at once, in the book all the same, and not at the receiver yet.
        assert_eq!(stocked(a), json!({"value": "1", "unit": "L"}));
        assert_eq!(flow(a, "out", "transferred_out"), (json!({"value": "1.5", "unit": "L"}), json!({"value": "1", "unit": "L"})));
        assert_eq!(b.get("/api/v1/stock?by=product").expect(200).json["items"], json!([]));
        server.assert_balanced();
        let seen = pair.scan(a, one);
        assert_eq!((&seen["status"], &seen["actions"]), (&json!("in_transit"), &json!([])));
        let going = &seen["transfer"];
        assert_eq!((&going["to"], &going["entry"], &going["is_returning"]), (&json!("2"), &json!(number), &json!(false)));
        assert_eq!((&going["to_name"], &going["sent_at"]), (&json!("四平市第二人民医院"), &json!("2026-06-01T00:00:00.000Z")));
        let coming = pair.seen(b, &number);
        for (field, value) in [("state", "announced"), ("carrier", "四平危运公司"), ("vehicle", "吉C12345"), ("seal", "F-0017"),
            ("expected_at", EXPECTED), ("purpose", "支援"), ("from_name", "四平市中心人民医院")] {
            assert_eq!(coming[field], value, "{field}");
        }
        assert_eq!((&coming["escorts"], &coming["overdue"]), (&json!(["李强"]), &json!(false)));
        let line = &coming["lines"][2];
        assert_eq!((&line["label"], &line["name"], &line["amount"], &line["lot"]), (&json!(three), &json!("乙醇"), &ml("500"), &json!("20260501")));
        assert_eq!(line["outcome"], "on_the_road");

        let accepted = pair.accept(&number, json!([pair.arrived(one),
            {"label": two, "place": pair.there, "product": pair.product, "amount": ml("480")}]),
            json!([{"label": three, "reason": "瓶口破损"}])).expect(201);
        let own = labels(&accepted);
        assert_eq!(own.len(), 2);
        pair.deliver();
        // One litre and what is short: at one of them, never at both.
        assert_eq!((stocked(a), stocked(b)), (json!({"value": "1", "unit": "L"}), ml("980")));
        assert_eq!(flow(b, "in", "transferred_in"), (ml("980"), ml("980")));
        let arrived = pair.scan(b, &own[1]);
        assert_eq!((&arrived["came_from"], &arrived["amount"], &arrived["lot"], &arrived["expires_on"]),
            (&json!(two), &ml("480"), &json!("20260501"), &json!("2028-05-01")));
        assert_eq!(pair.scan(a, one)["status"], "sent");
        let settled = pair.seen(a, &number);
        assert_eq!(settled["state"], "returning");
        let [first, second, third] = [0, 1, 2].map(|at| settled["lines"][at].clone());
        assert_eq!((&first["outcome"], &first["accepted"], &first["short"]), (&json!("accepted"), &ml("500"), &Value::Null));
        assert_eq!((&second["accepted"], &second["short"], &second["received_as"]), (&ml("480"), &ml("20"), &Value::Null));
        assert_eq!((&third["outcome"], &third["reason"]), (&json!("refused"), &json!("瓶口破损")));
        assert_eq!(pair.seen(b, &number)["lines"][1]["received_as"], json!(own[1]));
        // What is short of something ordinary is a difference.
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'variance'"), 20_000_000);
        assert_eq!(server.number("SELECT COUNT(*) FROM posting WHERE account = 'lost'"), 0);
        server.assert_balanced();

        let back = pair.scan(a, three);
        assert_eq!((&back["status"], &back["transfer"]["is_returning"], &back["actions"]), (&json!("in_transit"), &json!(true), &json!(["reclaim"])));
        let reclaim = json!({"entry": number, "labels": [three], "place": pair.room, "reason": "退回"});
        let reclaimed = a.post("/api/v1/reclaims", reclaim.clone()).expect(201);
        assert_eq!(labels(&reclaimed), [three.as_str()]);
        a.post("/api/v1/reclaims", reclaim).refused(422, "not_returning");
        let end = pair.seen(a, &number);
        assert_eq!((&end["state"], &end["lines"][2]["outcome"]), (&json!("settled"), &json!("reclaimed")));
        assert_eq!(stocked(a), json!({"value": "1.5", "unit": "L"}));
        assert_eq!(flow(a, "in", "reclaimed"), (ml("500"), json!({"value": "1.5", "unit": "L"})));
        let counts = a.get("/api/v1/counts?by=product").expect(200).json;
        assert_eq!(counts["all"]["in_places"]["containers"], 3);
        // It goes on like any other bottle: to the other one once more, and from there back again.
        let again = pair.sent(&[three]);
        let came = labels(&pair.accept(&again, json!([pair.arrived(three)]), json!([])).expect(201));
        pair.deliver();
        let home = json!({"to": "1", "labels": [came[0]], "carrier": "自提", "expected_at": EXPECTED, "purpose": "归还"});
        let home = entry(&b.post("/api/v1/transfers", home).expect(201));
        pair.deliver();
        let body = json!({"from": "2", "entry": home, "accepted": [{"label": came[0], "place": pair.room}]});
        let own = labels(&a.post("/api/v1/acceptances", body).expect(201));
        pair.deliver();
        assert_eq!(pair.scan(a, &own[0])["came_from"], json!(came[0]));
        assert_eq!(server.assert_balanced()[0], 2_480_000_000);
    }

    fn what_is_controlled_is_signed_for_by_two_on_both_sides(server) {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (cabinet, bottles) = poison(&a);
        let (there, _) = locked(&b);
        let (a, b) = (&a.equipment, &b.equipment);
        let mut body = Pair::consignment(&[&bottles[0], &bottles[1]]);
        a.post("/api/v1/transfers", body.clone()).refused(422, "signatures_required");
        body["escorts"] = json!([]);
        a.post("/api/v1/signing-requests", json!({"transfer": body})).refused(422, "escort_missing");
        body["escorts"] = json!(["李强"]);
        let request = a.post("/api/v1/signing-requests", json!({"transfer": body})).expect(201);
        // What is asked for is held back whole.
        let held = a.get(&format!("/api/v1/containers/{}", bottles[0])).expect(200).json;
        assert_eq!(held["reserved"], g("500"));
        let sent = sign(a, &request, BOTH).expect(201);
        server.app().deliver().unwrap();
        let number = entry(&sent);

        let acceptance = json!({
            "from": "1", "entry": number, "acceptors": ["2", "3"],
            "accepted": [{"label": bottles[0], "place": there, "amount": g("499.5")}],
            "refused": [{"label": bottles[1], "reason": "封签破损"}],
        });
        b.post("/api/v1/acceptances", acceptance.clone()).refused(422, "acceptance_unsigned");
        // Nobody refuses it alone either.
        let alone = json!({"from": "1", "entry": number, "refused": [{"label": bottles[0], "reason": "否"}, {"label": bottles[1], "reason": "否"}]});
        b.post("/api/v1/acceptances", alone.clone()).refused(422, "acceptance_unsigned");
        b.post("/api/v1/signing-requests", json!({"acceptance": alone})).refused(422, "acceptors_missing");
        let accepted = signed(b, json!({"acceptance": acceptance}), ACCEPT);
        server.app().deliver().unwrap();
        assert_eq!(labels(&accepted).len(), 1);
        // What is short of it is lost, and somebody will ask for it.
        assert_eq!(server.number("SELECT SUM(amount) FROM posting WHERE account = 'lost'"), 500_000);
        assert_eq!(server.number("SELECT COUNT(*) FROM posting WHERE account = 'variance'"), 0);
        let reclaim = json!({"entry": number, "labels": [bottles[1]], "place": cabinet});
        a.post("/api/v1/reclaims", reclaim.clone()).refused(422, "signatures_required");
        signed(a, json!({"reclaim": reclaim}), BOTH);
        let end = a.get(&format!("/api/v1/transfers/1/{number}")).expect(200).json;
        assert_eq!((&end["state"], &end["classes"][0]), (&json!("settled"), &json!("highly_toxic")));
        assert_eq!(server.assert_balanced()[0], 999_500_000);
    }

    fn what_came_from_elsewhere_is_split_like_any_other_bottle(server) {
        let pair = Pair::of(server);
        let number = pair.sent(&[&pair.bottles[0]]);
        let came = labels(&pair.accept(&number, json!([pair.arrived(&pair.bottles[0])]), json!([])).expect(201));
        pair.deliver();
        let split = json!({"label": came[0], "count": 2, "each": ml("50")});
        let b = &pair.b.safety;
        let filled = labels(&b.post("/api/v1/splits", split).expect(201));
        let small = pair.scan(b, filled.last().unwrap());
        assert_eq!((&small["came_from"], &small["amount"]), (&Value::Null, &ml("50")));
        server.assert_balanced();
    }

    fn all_of_a_controlled_consignment_is_refused_by_two(server) {
        let (a, b) = (server.hospital(), server.second_hospital());
        let (cabinet, bottles) = poison(&a);
        locked(&b);
        let sent = signed(&a.equipment, json!({"transfer": Pair::consignment(&[&bottles[0]])}), BOTH);
        server.app().deliver().unwrap();
        let number = entry(&sent);
        let refusal = json!({"from": "1", "entry": number, "acceptors": ["2", "3"], "refused": [{"label": bottles[0], "reason": "封签破损"}]});
        b.equipment.post("/api/v1/acceptances", refusal.clone()).refused(422, "acceptance_unsigned");
        signed(&b.equipment, json!({"acceptance": refusal}), ACCEPT);
        server.app().deliver().unwrap();
        let reclaim = json!({"entry": number, "labels": [bottles[0]], "place": cabinet});
        signed(&a.equipment, json!({"reclaim": reclaim}), BOTH);
        assert_eq!(server.assert_balanced()[0], 1_000_000_000);
    }

    fn what_was_not_delivered_before_a_stop_is_delivered_once_after_it(server) {
        server.settings.deliver = false;
        server.restart();
        let pair = Pair::of(server);
        let body = Pair::consignment(&[&pair.bottles[0]]);
        let number = entry(&pair.a.equipment.post("/api/v1/transfers", body).expect(201));
        assert_eq!(pair.seen(&pair.a.equipment, &number)["state"], "sent");
        let Pair { a, b, there, bottles, .. } = pair;
        let path = format!("/api/v1/transfers/1/{number}");
        b.equipment.get(&path).refused(404, "transfer_unknown");
        let entries = |institution: i64, kind: &str| format!(
            "SELECT COUNT(*) FROM entry WHERE institution_id = {institution} AND log = 0 AND kind = '{kind}'");
        let carry = |server: &mut TestServer, kind: (i64, &str)| {
            server.settings.deliver = true;
            server.restart();
            until("it is delivered", || server.number(&entries(kind.0, kind.1)) == 1);
            server.settings.deliver = false;
            server.restart();
        };
        carry(server, (2, "announce"));
        let (a, b) = (a.equipment.at(&server.base), b.equipment.at(&server.base));
        let body = json!({"from": "1", "entry": number, "accepted": [{"label": bottles[0], "place": there}]});
        b.post("/api/v1/acceptances", body).expect(201);
        assert_eq!(a.get(&path).expect(200).json["state"], "accepted");
        carry(server, (1, "settle"));
        for _ in 0..2 {
            server.app().deliver().unwrap();
        }
        assert_eq!(server.number(&entries(2, "announce")) + server.number(&entries(1, "settle")), 2);
        assert_eq!(a.at(&server.base).get(&path).expect(200).json["state"], "settled");
        server.assert_balanced();
    }
}
