//! One bottle of each control class through its life, from the request to the disposal. After every step
//! the hospital and its bureau see the same stock, map, counts and table; these agree with each other,
//! with what was received, and with the entries.

use serde_json::{Value, json};

use crate::counts::base;
use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::oversight::bureau;
use crate::signing::{BOTH, sign};
use crate::stocktakes::{begun, scan, settle};
use crate::transfers::{ACCEPT, EXPECTED, entry, labels, signed};

/// µg in a g.
const G: i64 = 1_000_000;

fn g(value: i64) -> Value {
    json!({"value": value.to_string(), "unit": "g"})
}

/// A hospital with a laboratory (L001 takes, H001 approves) and a bureau that looks on.
struct Life<'s> {
    server: &'s TestServer,
    hospital: Hospital,
    /// Another hospital of the county, to which something is sent.
    second: Hospital,
    head: Client,
    staff: Client,
    officer: Client,
    department: String,
    receiver: String,
    approver: String,
    /// Base units that came in so far, and those that left for good.
    received: i64,
    disposed: i64,
    /// And those that went to the other hospital.
    sent: i64,
    /// And those that went into a mixture, which is as much.
    mixed: i64,
}

impl<'s> Life<'s> {
    fn begin(server: &'s TestServer) -> Self {
        let hospital = server.hospital();
        let second = server.second_hospital();
        let (_, officer) = bureau(server, "12220300412756092D", "220302");
        let made = hospital
            .administrator
            .post("/api/v1/departments", json!({"name": "检验科"}))
            .expect(201);
        let department = made.json["department"].as_str().unwrap().to_owned();
        let people = [("L001", 1, "staff"), ("H001", 2, "head")];
        let [receiver, approver] = people.map(|(login, nth, role)| {
            let person = hospital.enrol(server, login, nth);
            let path = format!("/api/v1/people/{person}/department");
            let body = json!({"department": department}).to_string();
            let assigned =
                hospital
                    .administrator
                    .send("PUT", &path, Some(&fresh_key()), Some(body));
            assigned.expect(201);
            hospital.appoint(&person, role);
            person
        });
        Self {
            server,
            head: server.sign_in("H001"),
            staff: server.sign_in("L001"),
            hospital,
            second,
            officer,
            department,
            receiver,
            approver,
            received: 0,
            disposed: 0,
            sent: 0,
            mixed: 0,
        }
    }

    /// A cabinet of its own for a class, kept by E001 and S001.
    fn cabinet(hospital: &Hospital, class: &str) -> String {
        let permitted = if class == "hazardous" {
            json!([])
        } else {
            json!([class])
        };
        let name = format!("{class}柜");
        let cabinet =
            hospital.place(json!({"kind": "cabinet", "name": name, "permitted": permitted}));
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
        cabinet
    }

    /// A step that is signed for where the class asks for it, and agrees with everything afterwards.
    fn step(
        &mut self,
        controlled: bool,
        path: &str,
        field: &str,
        body: Value,
        part: &str,
    ) -> Answer {
        let clients = [&self.hospital.equipment, &self.staff];
        let [keeper, staff] = clients;
        let client = if ["/uses", "/checkouts", "/splits", "/mixes"].contains(&path) {
            staff
        } else {
            keeper
        };
        let done = if controlled {
            client
                .post(&format!("/api/v1{path}"), body.clone())
                .refused(
                    422,
                    if part == "acceptor" {
                        "acceptance_unsigned"
                    } else {
                        "signatures_required"
                    },
                );
            let request = client
                .post("/api/v1/signing-requests", json!({field: body}))
                .expect(201);
            let mut signers: Vec<_> = BOTH.iter().map(|(login, _)| (*login, part)).collect();
            if path == "/disposals" {
                signers.extend([("L001", "witness"), ("H001", "witness")]);
            }
            sign(client, &request, &signers).expect(201)
        } else {
            let mut body = body;
            if path == "/disposals" {
                let proof = |login: &str| json!({"login": login, "secret": SECRET});
                body["proofs"] = json!(["L001", "H001"].map(proof));
            }
            client.post(&format!("/api/v1{path}"), body).expect(201)
        };
        self.agree();
        done
    }

    /// Whether everybody sees the same, and the sums are what came less what left.
    fn agree(&self) {
        let both = |path: &str| {
            let own = self
                .hospital
                .safety
                .get(&format!("/api/v1{path}"))
                .expect(200)
                .json;
            let mark = if path.contains('?') { '&' } else { '?' };
            let seen = self
                .officer
                .get(&format!("/api/v1{path}{mark}institution=1"))
                .expect(200);
            // The officer's ways down lead into the same institution.
            let seen: Value =
                serde_json::from_str(&seen.text.replace("&institution=1\"", "\"")).unwrap();
            assert_eq!(own, seen, "{path}");
            own
        };
        let sum = |quantities: &Value| quantities.as_array().unwrap().iter().map(base).sum::<i64>();
        let counts = both("/counts?by=class")["all"].clone();
        let [places, persons] =
            ["in_places", "with_persons"].map(|side| sum(&counts[side]["quantities"]));
        let stock = both("/stock?by=place");
        let stock: i64 = stock["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| sum(&line["quantities"]))
            .sum();
        let map = both("/storage-map");
        let map: i64 = map["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| sum(&place["properties"]["quantities"]))
            .sum();
        let table = both("/usage-table?from=2026-06-01&limit=200");
        let lines = table["items"].as_array().unwrap().iter();
        let [made, closing, used, wasted, lost, sent] =
            lines.fold([0; 6], |[made, closing, used, wasted, lost, sent], line| {
                let out = &line["out"];
                [
                    made + base(&line["in"]["made"]),
                    closing + base(&line["closing"]),
                    used + base(&out["used"]),
                    wasted + base(&out["wasted"]),
                    lost + base(&out["lost"]) + base(&out["variance"]),
                    sent + base(&out["transferred_out"]),
                ]
            });
        self.balances(&both, closing, used);
        assert_eq!((stock, map), (places, places));
        assert_eq!(closing, places + persons);
        // Received and made = stored + with persons + used + waste + lost + sent to others.
        assert_eq!(self.received + made, closing + used + wasted + lost + sent);
        assert_eq!((self.sent, self.mixed), (sent, made));
        let [_, _, consumed] = self.server.assert_balanced();
        assert_eq!(consumed + self.mixed, used);
        let gone = self.server.number("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM posting WHERE account = 'disposed'");
        assert_eq!(gone, self.disposed);
    }

    /// Whether the mass balance leaves no gap, drawn by whatever, and says what the table says.
    fn balances(&self, both: &dyn Fn(&str) -> Value, closing: i64, used: i64) {
        for by in ["institution", "class", "substance", "place"] {
            let drawn = both(&format!("/mass-balance?from=2026-06-01&by={by}"));
            assert_eq!(drawn["gaps"], 0, "{drawn}");
            let lines = drawn["items"].as_array().unwrap().iter();
            let sum = |of: &dyn Fn(&Value) -> i64| lines.clone().map(of).sum::<i64>();
            // What has two classes stands in two lines.
            if by != "class" {
                assert_eq!(sum(&|line| base(&line["closing"])), closing, "{by}");
                assert_eq!(sum(&|line| base(&line["out"]["used"])), used, "{by}");
            }
        }
    }

    /// Two bottles of 500 g are asked for, approved, ordered on a permit and received by two.
    fn bought(&mut self, class: &str, product: Value) -> (Vec<String>, String) {
        let controlled = class != "hazardous";
        let cabinet = Self::cabinet(&self.hospital, class);
        let product = self.hospital.product(product);
        let asked = json!({"product": product, "quantity": g(1000), "purpose": "标准溶液"});
        let asked = self
            .staff
            .post("/api/v1/purchase-requests", asked)
            .expect(201);
        let request = asked.json["request"].as_str().unwrap();
        let decision = json!({"version": 1, "approved": true, "reason": "同意"});
        self.head
            .post(
                &format!("/api/v1/purchase-requests/{request}/approvals"),
                decision,
            )
            .expect(201);
        let order = json!({
            "number": format!("PO-{class}"), "supplier": "四平化学试剂公司",
            "lines": [{"request": request, "quantity": g(1000)}],
        });
        let equipment = &self.hospital.equipment;
        let order = equipment
            .post("/api/v1/purchase-orders", order)
            .expect(201)
            .json["order"]
            .clone();
        let permit = json!({
            "kind": "licence", "number": format!("许可-{class}"), "issuer": "铁西区公安分局", "from": "2026-06-01",
            "until": "2026-06-30", "lines": [{"product": product, "quantity": g(1000)}],
        });
        let permit = equipment.post("/api/v1/permits", permit).expect(201).json["permit"].clone();
        let receipt = json!({
            "product": product, "count": 2, "each": g(500), "place": cabinet, "expires_on": "2028-01-01",
            "acceptors": if controlled { json!(["2", "3"]) } else { json!([]) },
            "tare": g(150), "permits": [permit], "order": order,
        });
        self.received += 1000 * G;
        let came = self.step(controlled, "/receipts", "receipt", receipt, "acceptor");
        let labels = came.json["labels"].as_array().unwrap().iter();
        (
            labels
                .map(|label| label.as_str().unwrap().to_owned())
                .collect(),
            cabinet,
        )
    }

    /// A bottle of 50 g goes to the other hospital, signed for by two here and by two there.
    fn travels(&mut self, class: &str, product: Value, label: &Value) {
        let controlled = class != "hazardous";
        let there = Self::cabinet(&self.second, class);
        self.second.product(product);
        let transfer = json!({
            "to": "2", "labels": [label], "carrier": "四平危运公司", "vehicle": "吉C12345", "escorts": ["李强"],
            "seal": "F-0017", "expected_at": EXPECTED, "purpose": "支援",
        });
        self.sent += 50 * G;
        let sent = self.step(controlled, "/transfers", "transfer", transfer, "issuer");
        self.server.app().deliver().unwrap();
        self.agree();
        let acceptance = json!({
            "from": "1", "entry": entry(&sent), "accepted": [{"label": label, "place": there}],
            "acceptors": if controlled { json!(["2", "3"]) } else { json!([]) },
        });
        let keeper = &self.second.equipment;
        let came = if controlled {
            signed(keeper, json!({"acceptance": acceptance}), ACCEPT)
        } else {
            keeper.post("/api/v1/acceptances", acceptance).expect(201)
        };
        let path = format!("/api/v1/containers/{}", labels(&came)[0]);
        let arrived = keeper.get(&path).expect(200).json;
        assert_eq!((&arrived["came_from"], &arrived["amount"]), (label, &g(50)));
        // Accepted there and not yet settled here, and after that: at one of them alone.
        self.agree();
        self.server.app().deliver().unwrap();
        self.agree();
        let stock = keeper.get("/api/v1/counts?by=class").expect(200).json;
        let there = stock["all"]["in_places"]["quantities"]
            .as_array()
            .unwrap()
            .iter();
        assert_eq!(there.map(base).sum::<i64>(), self.sent);
    }

    /// 20 g of a bottle are weighed out as a reagent of their own.
    fn mixes(&mut self, controlled: bool, product: Value, bottle: &str) -> String {
        let mut reagent = product;
        reagent["qualifier"] = json!("分析纯");
        let reagent = self.hospital.product(reagent);
        let mix = json!({
            "inputs": [{"label": bottle, "amount": g(20)}], "product": reagent, "count": 1, "each": g(20),
            "expires_on": "2027-01-01", "reason": "标准品",
        });
        self.mixed += 20 * G;
        let made = self.step(controlled, "/mixes", "mix", mix, "issuer");
        let mut labels = made.json["labels"].as_array().unwrap().iter();
        labels.next_back().unwrap().as_str().unwrap().to_owned()
    }

    /// H001 keeps the cabinet for a while beside E001 and S001, and hands it over to S001.
    fn handed_over(&self, cabinet: &str, there: &[(&str, i64)]) {
        let custodian = json!({
            "person": self.approver, "role": "custodian", "place": cabinet,
            "second": {"staff_number": "S001", "secret": SECRET},
        });
        let administrator = &self.hospital.administrator;
        administrator
            .post("/api/v1/appointments", custodian)
            .expect(201);
        let counted = there.iter();
        let counted = counted.map(|(label, amount)| json!({"label": label, "amount": g(*amount)}));
        let counted: Value = counted.collect();
        let handover =
            json!({"place": cabinet, "from": self.approver, "to": "3", "counted": counted});
        let keeper = &self.hospital.equipment;
        let request = keeper.post("/api/v1/handovers", handover).expect(201);
        self.agree();
        let parts = [("H001", "hands_over"), ("S001", "takes_over")];
        sign(keeper, &request, &parts).expect(201);
        self.agree();
    }

    /// A bottle from its receipt to its disposal.
    fn whole(&mut self, class: &str, product: Value) {
        let controlled = class != "hazardous";
        // One person signs no more than 30 times a minute for long.
        self.server.pass(2 * 60_000);
        let (bottles, cabinet) = self.bought(class, product.clone());
        let bottle = &bottles[0];
        let taken = json!({"label": bottle, "amount": g(100), "receiver": self.receiver, "purpose": "标准溶液"});
        self.step(controlled, "/checkouts", "checkout", taken, "issuer");
        let used = json!({"label": bottle, "amount": g(30), "purpose": "标准溶液"});
        self.step(controlled, "/uses", "use", used, "issuer");
        // 70 g are still out; the vessel with what comes back weighs 210 g, itself 150 g.
        let back = json!({"label": bottle, "gross": g(210), "tare": g(150)});
        self.step(controlled, "/returns", "give_back", back, "issuer");
        let poured = json!({"label": bottle, "count": 2, "each": g(50), "reason": "小瓶发放"});
        let filled = self.step(controlled, "/splits", "split", poured, "issuer");
        let label = filled.json["labels"]
            .as_array()
            .unwrap()
            .iter()
            .next_back()
            .unwrap()
            .clone();
        self.travels(class, product.clone(), &filled.json["labels"][0]);
        let mixture = self.mixes(controlled, product, bottle);
        let shelf = self
            .hospital
            .place(json!({"kind": "shelf", "name": format!("{class}上层"), "parent": cabinet}));
        let moved = json!({"labels": [bottle, label], "to": shelf});
        self.step(controlled, "/moves", "move", moved, "issuer");
        if controlled {
            let label = label.as_str().unwrap();
            let there = [
                (bottle.as_str(), 340),
                (&bottles[1], 500),
                (label, 50),
                (&mixture, 20),
            ];
            self.handed_over(&cabinet, &there);
        }
        let wasted =
            json!({"labels": [bottle, label, mixture], "code": "900-999-49", "reason": "过期"});
        self.step(controlled, "/wastes", "waste", wasted, "issuer");
        let left = self
            .hospital
            .safety
            .get(&format!("/api/v1/containers/{bottle}"))
            .expect(200)
            .json;
        assert_eq!(
            (&left["status"], &left["amount"]),
            (&json!("waste"), &g(340)),
            "{class}"
        );
        let gone = json!({
            "items": [
                {"label": bottle, "gross": g(490)}, {"label": label, "gross": g(80), "tare": g(30)},
                {"label": mixture, "gross": g(50), "tare": g(30)},
            ],
            "witnesses": [self.receiver, self.approver],
            "handler": "吉林省固体废物处置中心", "manifest": "20262203000001",
        });
        self.disposed += 410 * G;
        self.step(controlled, "/disposals", "disposal", gone, "issuer");
        self.counted(controlled, &cabinet, &bottles[1]);
    }

    /// What is left is counted: 10 g of the full bottle are missing, which is a loss of what is controlled.
    fn counted(&mut self, controlled: bool, cabinet: &str, bottle: &str) {
        let (first, second) = (&self.hospital.equipment, &self.hospital.safety);
        let stocktake = begun(first, cabinet);
        let seen = |label: &str, amount: i64| json!({"place": cabinet, "code": label, "amount": g(amount)});
        for who in [first, second] {
            scan(who, &stocktake, seen(bottle, 490)).expect(201);
        }
        self.agree();
        let posted = settle(first, &stocktake, &[bottle]).expect(201);
        assert_eq!(posted.json["incident"].is_string(), controlled);
        self.agree();
        let closing = format!("{stocktake}/closings");
        first.post(&closing, json!({})).expect(201);
        self.agree();
    }
}

on_both! {
    fn one_bottle_of_each_class_is_followed_from_the_request_to_the_disposal(server) {
        // What is on the road is looked at before it is delivered, too.
        server.settings.deliver = false;
        server.restart();
        let mut life = Life::begin(server);
        life.whole("hazardous", json!({"name": "氯化钡", "cas": "10361-37-2", "dimension": "mass"}));
        life.whole("highly_toxic", json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"}));
        life.whole("explosive_precursor", json!({"name": "硝酸钾", "cas": "7757-79-1", "dimension": "mass"}));
        life.whole("drug_precursor_1", json!({"name": "胡椒醛", "cas": "120-57-0", "dimension": "mass"}));
        life.whole("narcotic", json!({"name": "吗啡", "dimension": "mass"}));
        assert_eq!((life.received, life.disposed), (5000 * G, 2050 * G));
        // What is left of it all stands in five cabinets here, a bottle of 490 g each, and in five there, a small
        // one of 50 g each.
        assert_eq!(life.sent, 250 * G);
        let counts = life.officer.get("/api/v1/counts?by=class&institution=1").expect(200).json;
        assert_eq!(counts["all"]["in_places"]["containers"], 5);
        assert!(!life.department.is_empty());
    }
}
