//! Purchase: a department asks, its head approves, the equipment department orders, and never more comes
//! than was ordered.

use std::sync::atomic::{AtomicU32, Ordering};

use hazledger::app::export::{Format, Subject};
use hazledger::domain::requisition::{OrderEvent, OrderState, RequisitionEvent, RequisitionState};
use serde_json::{Value, json};

use crate::demo::exported;
use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, SECRET, TestServer};
use crate::signing::sign;

fn put(client: &Client, path: &str, body: Value) -> Answer {
    client.send("PUT", path, Some(&fresh_key()), Some(body.to_string()))
}

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

/// A laboratory with its head H001 and L001, who asks; ethanol, of which 2.5 L stand in the store.
struct Laboratory {
    hospital: Hospital,
    department: String,
    room: String,
    staff: Client,
    head: Client,
    head_id: String,
    /// The number of the next order.
    orders: AtomicU32,
}

impl Laboratory {
    fn of(server: &TestServer) -> Self {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let department = Self::department(&hospital, "检验科");
        Self::person(server, &hospital, ("L001", 1), &department, "staff");
        let head_id = Self::person(server, &hospital, ("H001", 2), &department, "head");
        Self {
            department,
            room,
            staff: server.sign_in("L001"),
            head: server.sign_in("H001"),
            head_id,
            orders: AtomicU32::new(17),
            hospital,
        }
    }

    fn department(hospital: &Hospital, name: &str) -> String {
        let made = hospital
            .administrator
            .post("/api/v1/departments", json!({"name": name}));
        made.expect(201).json["department"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn person(
        server: &TestServer,
        hospital: &Hospital,
        (login, nth): (&str, u32),
        department: &str,
        role: &str,
    ) -> String {
        let person = hospital.enrol(server, login, nth);
        let path = format!("/api/v1/people/{person}/department");
        put(
            &hospital.administrator,
            &path,
            json!({"department": department}),
        )
        .expect(201);
        hospital.appoint(&person, role);
        person
    }

    /// Asks for so much ethanol.
    fn ask(&self, quantity: Value) -> String {
        let asked = json!({"product": "1", "quantity": quantity, "purpose": "本月擦拭"});
        let asked = self
            .staff
            .post("/api/v1/purchase-requests", asked)
            .expect(201);
        asked.json["request"].as_str().unwrap().to_owned()
    }

    fn decide(&self, who: &Client, request: &str, version: u32, approved: bool) -> Answer {
        let body = json!({"version": version, "approved": approved, "reason": "本月预算"});
        who.post(
            &format!("/api/v1/purchase-requests/{request}/approvals"),
            body,
        )
    }

    /// Asks for so much and has it approved.
    fn approved(&self, quantity: Value) -> String {
        let request = self.ask(quantity);
        self.decide(&self.head, &request, 1, true).expect(201);
        request
    }

    fn order(&self, lines: &[(&str, Value)]) -> Answer {
        let lines: Vec<_> = lines
            .iter()
            .map(|(request, quantity)| json!({"request": request, "quantity": quantity}))
            .collect();
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        self.order_as(&format!("PO-2026-{number}"), &lines)
    }

    fn order_as(&self, number: &str, lines: &[Value]) -> Answer {
        let order = json!({"number": number, "supplier": "四平化学试剂公司", "lines": lines});
        self.hospital
            .equipment
            .post("/api/v1/purchase-orders", order)
    }

    fn ordered(&self, lines: &[(&str, Value)]) -> String {
        self.order(lines).expect(201).json["order"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// So many bottles of 500 mL arrive.
    fn receive(&self, count: u32, order: &str) -> Answer {
        self.hospital.equipment.post("/api/v1/receipts", json!({
            "product": "1", "count": count, "each": ml("500"), "place": self.room, "order": order,
        }))
    }

    fn close(&self, order: &str) -> Answer {
        let path = format!("/api/v1/purchase-orders/{order}/closings");
        self.hospital
            .equipment
            .post(&path, json!({"reason": "供货单位停产"}))
    }

    fn take_back(&self, receipt: &Answer) -> Answer {
        let back = json!({"entry": receipt.json["receipt"]["seq"].to_string(), "reason": "送错货"});
        self.hospital.equipment.post("/api/v1/reversals", back)
    }

    /// State, ordered and received of a purchase request.
    fn stands(&self, request: &str) -> String {
        let seen = self
            .head
            .get(&format!("/api/v1/purchase-requests/{request}"))
            .expect(200)
            .json;
        format!(
            "{} {} {}",
            seen["state"].as_str().unwrap(),
            amount(&seen["ordered"]),
            amount(&seen["received"])
        )
    }

    /// State and what has come of each line of an order.
    fn came(&self, order: &str) -> String {
        let list = self.head.get("/api/v1/purchase-orders").expect(200);
        let items = list.json["items"].as_array().unwrap();
        let one = items.iter().find(|item| item["order"] == order).unwrap();
        let lines = one["lines"].as_array().unwrap().iter();
        let came: Vec<_> = lines.map(|line| amount(&line["received"])).collect();
        format!("{}: {}", one["state"].as_str().unwrap(), came.join(", "))
    }
}

fn amount(quantity: &Value) -> String {
    format!(
        "{} {}",
        quantity["value"].as_str().unwrap(),
        quantity["unit"].as_str().unwrap()
    )
}

on_both! {
    fn a_supplier_has_one_order_under_a_number_unless_it_was_closed(server) {
        let lab = Laboratory::of(server);
        let line = |request: &str| vec![json!({"request": request, "quantity": ml("500")})];
        let [first, second, third] = [(), (), ()].map(|()| lab.approved(ml("500")));
        let made = lab.order_as("PO-2026-17", &line(&first)).expect(201);
        let order = made.json["order"].as_str().unwrap();
        // However it is typed.
        let refused = lab.order_as("ｐｏ 2026-17", &line(&second)).refused(409, "order_exists");
        assert_eq!(refused.json["order"], order);
        let elsewhere = json!({"number": "PO-2026-17", "supplier": "另一家公司", "lines": line(&second)});
        lab.hospital.equipment.post("/api/v1/purchase-orders", elsewhere).expect(201);
        lab.close(order).expect(201);
        lab.order_as("PO-2026-17", &line(&third)).expect(201);
        server.assert_sound();
    }

    fn what_was_asked_for_and_approved_is_ordered_and_received_in_parts(server) {
        let lab = Laboratory::of(server);
        let asked = json!({"product": "1", "quantity": ml("2000"), "purpose": "本月擦拭"});
        let asked = lab.staff.post("/api/v1/purchase-requests", asked).expect(201);
        assert_eq!((&asked.json["version"], amount(&asked.json["on_hand"])), (&json!(1), "2.5 L".to_owned()));
        let request = asked.json["request"].as_str().unwrap();
        let seen = lab.head.get(&format!("/api/v1/purchase-requests/{request}")).expect(200).json;
        assert_eq!((&seen["applicant_name"], &seen["name"], &seen["purpose"]), (&json!("职工1"), &json!("乙醇"), &json!("本月擦拭")));
        assert_eq!((&seen["department"], amount(&seen["on_hand"])), (&json!(lab.department), "2.5 L".to_owned()));
        lab.decide(&lab.head, request, 1, true).expect(201);
        assert_eq!(lab.stands(request), "approved 0 mL 0 mL");

        let order = lab.ordered(&[(request, ml("2000"))]);
        assert_eq!(lab.stands(request), "ordered 2 L 0 mL");
        let first = lab.receive(1, &order).expect(201);
        assert_eq!((lab.stands(request), lab.came(&order)), ("ordered 2 L 500 mL".to_owned(), "open: 500 mL".to_owned()));
        let over = lab.receive(4, &order).refused(422, "order_exceeded");
        assert_eq!((&over.json["left"], &over.json["asked"]), (&json!("1.5 L"), &json!("2 L")));
        lab.receive(3, &order).expect(201);
        assert_eq!((lab.stands(request), lab.came(&order)), ("received 2 L 2 L".to_owned(), "complete: 2 L".to_owned()));
        lab.receive(1, &order).refused(409, "order_state");

        lab.take_back(&first).expect(201);
        assert_eq!((lab.stands(request), lab.came(&order)), ("ordered 2 L 1.5 L".to_owned(), "open: 1.5 L".to_owned()));
        lab.receive(1, &order).expect(201);
        assert_eq!(lab.stands(request), "received 2 L 2 L");
        let seen = lab.head.get(&format!("/api/v1/purchase-requests/{request}")).expect(200).json;
        assert_eq!((amount(&seen["on_hand_then"]), amount(&seen["on_hand"])), ("2.5 L".to_owned(), "4.5 L".to_owned()));
        server.assert_balanced();
    }

    fn the_head_of_the_department_decides_over_what_was_read(server) {
        let lab = Laboratory::of(server);
        let other = Laboratory::department(&lab.hospital, "药剂科");
        Laboratory::person(server, &lab.hospital, ("H002", 3), &other, "head");
        let request = lab.ask(ml("2000"));
        lab.decide(&server.sign_in("H002"), &request, 1, true).refused(403, "not_head_of_department");
        lab.decide(&lab.staff, &request, 1, true).refused(403, "not_permitted");
        lab.decide(&lab.head, "77", 1, true).refused(404, "purchase_request_unknown");
        let path = format!("/api/v1/purchase-requests/{request}");
        let silent = json!({"version": 1, "approved": false});
        lab.head.post(&format!("{path}/approvals"), silent).refused(422, "fields_invalid");

        let more = json!({"product": "1", "quantity": ml("3000"), "purpose": "本月擦拭"});
        put(&lab.head, &path, more.clone()).refused(403, "not_the_applicant");
        assert_eq!(put(&lab.staff, &path, more.clone()).expect(201).json["version"], 2);
        let late = lab.decide(&lab.head, &request, 1, true).refused(409, "purchase_request_changed");
        assert_eq!(late.json["version"], "2");
        lab.decide(&lab.head, &request, 2, true).expect(201);
        lab.decide(&lab.head, &request, 2, true).refused(409, "purchase_request_state");
        // A change of what was approved voids the approval.
        put(&lab.staff, &path, more.clone()).expect(201);
        assert_eq!(lab.stands(&request), "requested 0 mL 0 mL");
        lab.order(&[(&request, ml("3000"))]).refused(409, "purchase_request_state");
        lab.decide(&lab.head, &request, 3, false).expect(201);
        assert_eq!(lab.stands(&request), "refused 0 mL 0 mL");
        assert_eq!(lab.head.get(&path).expect(200).json["decision"], "本月预算");
        put(&lab.staff, &path, more.clone()).expect(201);
        lab.decide(&lab.head, &request, 4, true).expect(201);
        let mut withdrawn = more.clone();
        withdrawn["withdrawn"] = json!(true);
        put(&lab.staff, &path, withdrawn.clone()).expect(201);
        assert_eq!(lab.stands(&request), "withdrawn 0 mL 0 mL");
        put(&lab.staff, &path, more.clone()).refused(409, "purchase_request_state");
        put(&lab.staff, &path, withdrawn).refused(409, "purchase_request_state");
        lab.order(&[(&request, ml("3000"))]).refused(409, "purchase_request_state");
        server.assert_sound();
    }

    fn nobody_approves_what_they_asked_for_and_a_delegate_may_approve(server) {
        let lab = Laboratory::of(server);
        let asked = json!({"product": "1", "quantity": ml("500"), "purpose": "主任用"});
        let asked = lab.head.post("/api/v1/purchase-requests", asked).expect(201);
        let request = asked.json["request"].as_str().unwrap();
        lab.decide(&lab.head, request, 1, true).refused(403, "own_purchase_request");
        let delegate = lab.hospital.enrol(server, "D001", 5);
        let delegation = json!({
            "person": delegate, "role": "head", "stands_in_for": lab.head_id, "from": "2026-06-01T00:00:00Z",
            "until": "2026-06-03T00:00:00Z", "second": {"staff_number": "S001", "secret": SECRET},
        });
        lab.hospital.administrator.post("/api/v1/delegations", delegation).expect(201);
        lab.decide(&server.sign_in("D001"), request, 1, true).expect(201);
        server.assert_sound();
    }

    fn a_request_is_refused_for_what_is_wrong_with_it(server) {
        let lab = Laboratory::of(server);
        let body = json!({"product": "1", "quantity": ml("500"), "purpose": "擦拭"});
        let with = |name: &str, value: Value| {
            let mut body = body.clone();
            body[name] = value;
            lab.staff.post("/api/v1/purchase-requests", body)
        };
        with("product", json!("99")).refused(404, "product_unknown");
        with("quantity", json!({"value": "1", "unit": "kg"})).refused(422, "product_dimension");
        with("quantity", ml("0")).refused(422, "amount_zero");
        with("department", json!("99")).refused(404, "department_unknown");
        lab.hospital.safety.post("/api/v1/purchase-requests", body.clone()).refused(422, "applicant_without_department");
        lab.hospital.administrator.post("/api/v1/purchase-requests", body.clone()).refused(403, "not_permitted");
        let first = lab.staff.post_with("/api/v1/purchase-requests", "request-key-000001", body.clone()).expect(201);
        let again = lab.staff.post_with("/api/v1/purchase-requests", "request-key-000001", body).expect(200);
        assert_eq!(first.text, again.text);
        let page = lab.head.get("/api/v1/purchase-requests?state=requested&limit=1").expect(200);
        assert_eq!((page.json["items"].as_array().unwrap().len(), &page.json["next"]), (1, &Value::Null));
        assert_eq!(lab.head.get("/api/v1/purchase-requests?state=approved").expect(200).json["items"], json!([]));
        lab.head.get("/api/v1/purchase-requests?state=lost").refused(422, "fields_invalid");
        server.assert_sound();
    }

    fn nothing_is_ordered_beyond_what_was_approved_nor_received_beyond_what_was_ordered(server) {
        let lab = Laboratory::of(server);
        let (waiting, request, more) = (lab.ask(ml("500")), lab.approved(ml("2000")), lab.approved(ml("1000")));
        lab.order(&[(&waiting, ml("500"))]).refused(409, "purchase_request_state");
        lab.order(&[("77", ml("500"))]).refused(404, "purchase_request_unknown");
        let over = lab.order(&[(&request, ml("2500"))]).refused(422, "order_exceeds_request");
        assert_eq!((&over.json["left"], &over.json["asked"]), (&json!("2 L"), &json!("2.5 L")));
        lab.order(&[(&request, ml("1500")), (&request, ml("1000"))]).refused(422, "order_exceeds_request");
        lab.order(&[(&request, json!({"value": "1", "unit": "kg"}))]).refused(422, "order_exceeds_request");
        lab.order(&[(&request, ml("0"))]).refused(422, "amount_zero");
        lab.order(&[]).refused(422, "fields_invalid");
        let order = json!({"number": "1", "supplier": "x", "lines": [{"request": request, "quantity": ml("500")}]});
        lab.staff.post("/api/v1/purchase-orders", order).refused(403, "not_permitted");

        // One request in two orders, and one order for two requests: what comes fills its lines in turn.
        let first = lab.ordered(&[(&request, ml("500"))]);
        let second = lab.ordered(&[(&request, ml("1500")), (&more, ml("1000"))]);
        lab.order(&[(&request, ml("1"))]).refused(422, "order_exceeds_request");
        assert_eq!(lab.stands(&request), "ordered 2 L 0 mL");
        let filled = lab.receive(4, &second).expect(201);
        assert_eq!(lab.came(&second), "open: 1.5 L, 500 mL");
        assert_eq!((lab.stands(&request), lab.stands(&more)), ("ordered 2 L 1.5 L".to_owned(), "ordered 1 L 500 mL".to_owned()));
        lab.receive(1, &first).expect(201);
        assert_eq!(lab.stands(&request), "received 2 L 2 L");
        let asked = json!({"product": "1", "quantity": ml("500"), "purpose": "擦拭"});
        put(&lab.staff, &format!("/api/v1/purchase-requests/{request}"), asked).refused(409, "purchase_request_state");
        lab.take_back(&filled).expect(201);
        assert_eq!((lab.came(&first), lab.came(&second)), ("complete: 500 mL".to_owned(), "open: 0 mL, 0 mL".to_owned()));

        let salt = lab.hospital.product(json!({"name": "氯化钠", "cas": "7647-14-5", "dimension": "mass"}));
        let other = json!({"product": salt, "count": 1, "each": {"value": "1", "unit": "kg"}, "place": lab.room, "order": second});
        lab.hospital.equipment.post("/api/v1/receipts", other).refused(422, "order_other_product");
        lab.receive(1, "77").refused(404, "order_unknown");
        let open = lab.head.get("/api/v1/purchase-orders?state=open").expect(200).json;
        assert_eq!(open["items"].as_array().unwrap().len(), 1);
        server.assert_balanced();
    }

    fn a_receipt_is_taken_back_whatever_became_of_the_other_lines_of_its_order(server) {
        let lab = Laboratory::of(server);
        let (first, second) = (lab.approved(ml("1000")), lab.approved(ml("500")));
        let order = lab.ordered(&[(&first, ml("1000")), (&second, ml("500"))]);
        let came = lab.receive(1, &order).expect(201);
        lab.close(&order).expect(201);
        let withdrawn = |request: &str, quantity: Value| {
            let body = json!({"product": "1", "quantity": quantity, "purpose": "本月擦拭", "withdrawn": true});
            put(&lab.staff, &format!("/api/v1/purchase-requests/{request}"), body).expect(201);
        };
        withdrawn(&second, ml("500"));
        lab.take_back(&came).expect(201);
        assert_eq!(lab.stands(&first), "approved 0 mL 0 mL");
        assert_eq!(lab.stands(&second), "withdrawn 0 mL 0 mL");
        // A request of which something has come is no more withdrawn, so what comes back finds it.
        let third = lab.approved(ml("1000"));
        let order = lab.ordered(&[(&third, ml("1000"))]);
        let came = lab.receive(1, &order).expect(201);
        lab.close(&order).expect(201);
        let path = format!("/api/v1/purchase-requests/{third}");
        let body = json!({"product": "1", "quantity": ml("1000"), "purpose": "本月擦拭", "withdrawn": true});
        put(&lab.staff, &path, body).refused(409, "purchase_request_state");
        lab.take_back(&came).expect(201);
        assert_eq!(lab.stands(&third), "approved 0 mL 0 mL");
        server.assert_sound();
    }

    fn what_a_closed_order_did_not_bring_can_be_ordered_again(server) {
        let lab = Laboratory::of(server);
        let request = lab.approved(ml("2000"));
        let order = lab.ordered(&[(&request, ml("2000"))]);
        let came = lab.receive(1, &order).expect(201);
        lab.close("77").refused(404, "order_unknown");
        lab.hospital.equipment.post(&format!("/api/v1/purchase-orders/{order}/closings"), json!({})).refused(422, "fields_invalid");
        lab.close(&order).expect(201);
        lab.close(&order).refused(409, "order_state");
        lab.receive(1, &order).refused(409, "order_state");
        assert_eq!((lab.stands(&request), lab.came(&order)), ("ordered 500 mL 500 mL".to_owned(), "closed: 500 mL".to_owned()));
        lab.take_back(&came).expect(201);
        assert_eq!((lab.stands(&request), lab.came(&order)), ("approved 0 mL 0 mL".to_owned(), "closed: 0 mL".to_owned()));
        let again = lab.ordered(&[(&request, ml("2000"))]);
        lab.receive(4, &again).expect(201);
        lab.close(&again).refused(409, "order_state");
        assert_eq!(lab.stands(&request), "received 2 L 2 L");
        server.assert_balanced();
    }

    fn a_signed_receipt_fills_its_order_and_draws_its_permit(server) {
        let lab = Laboratory::of(server);
        let product = json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"});
        let cabinet = lab.hospital.place(json!({"kind": "cabinet", "name": "剧毒品专柜", "permitted": ["highly_toxic"]}));
        for (person, second) in [("2", "S001"), ("3", "E001")] {
            let custodian = json!({
                "person": person, "role": "custodian", "place": cabinet, "second": {"staff_number": second, "secret": SECRET},
            });
            lab.hospital.administrator.post("/api/v1/appointments", custodian).expect(201);
        }
        let cyanide = lab.hospital.product(product);
        let kilogram = json!({"value": "1", "unit": "kg"});
        let asked = json!({"product": cyanide, "quantity": kilogram, "purpose": "标准溶液"});
        let asked = lab.staff.post("/api/v1/purchase-requests", asked).expect(201);
        let request = asked.json["request"].as_str().unwrap();
        lab.decide(&lab.head, request, 1, true).expect(201);
        let order = lab.ordered(&[(request, kilogram.clone())]);
        let policy = json!({
            "class": "highly_toxic", "from": "2026-06-01", "permits": ["licence"], "source": "危险化学品安全法第五十八条", "second": {"staff_number": "S001", "secret": SECRET},
        });
        lab.hospital.equipment.post("/api/v1/purchase-policies", policy).expect(201);
        let permit = json!({
            "kind": "licence", "number": "吉公剧购2026-3", "issuer": "铁西区公安分局", "from": "2026-06-01",
            "lines": [{"product": cyanide, "quantity": kilogram}],
        });
        let permit = lab.hospital.equipment.post("/api/v1/permits", permit).expect(201).json["permit"].clone();
        let ask = |permits: &Value| {
            let receipt = json!({
                "product": cyanide, "count": 2, "each": {"value": "500", "unit": "g"}, "place": cabinet,
                "acceptors": ["2", "3"], "permits": permits, "order": order,
            });
            lab.hospital.equipment.post("/api/v1/signing-requests", json!({"receipt": receipt}))
        };
        ask(&Value::Null).refused(422, "permit_required");
        let permits = json!([permit]);
        let (first, second) = (ask(&permits).expect(201), ask(&permits).expect(201));
        let signers = &[("E001", "acceptor"), ("S001", "acceptor")];
        sign(&lab.hospital.equipment, &first, signers).expect(201);
        sign(&lab.hospital.equipment, &second, signers).refused(422, "permit_exceeded");
        assert_eq!((lab.stands(request), lab.came(&order)), ("received 1 kg 1 kg".to_owned(), "complete: 1 kg".to_owned()));
        server.assert_balanced();
    }

    fn the_purchase_table_has_a_line_for_every_request(server) {
        let lab = Laboratory::of(server);
        let header = exported(&server.settings, Subject::Purchases, Format::Csv).1;
        assert!(header.starts_with("\u{FEFF}数据性质,申请编号,申请时间,"), "{header}");
        assert_eq!(header.lines().count(), 1);
        let request = lab.approved(ml("2000"));
        let order = lab.ordered(&[(&request, ml("500")), (&request, ml("1500"))]);
        lab.receive(1, &order).expect(201);
        lab.ask(ml("500"));
        let (name, table) = exported(&server.settings, Subject::Purchases, Format::Csv);
        assert!(name.starts_with("purchases-1-"), "{name}");
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(lines, [
            "正式,1,2026-06-01 08:00:00,检验科,职工1,乙醇,无水,64-17-5,危险化学品,2 L,2.5 L,本月擦拭,已订购,职工2,\
             2026-06-01 08:00:00,本月预算,PO-2026-17,四平化学试剂公司,2 L,500 mL",
            "正式,2,2026-06-01 08:00:00,检验科,职工1,乙醇,无水,64-17-5,危险化学品,500 mL,3 L,本月擦拭,待审批,,,,,,0 mL,0 mL",
        ]);
    }

    fn another_institution_knows_neither_request_nor_order(server) {
        let lab = Laboratory::of(server);
        let request = lab.approved(ml("2000"));
        let order = lab.ordered(&[(&request, ml("2000"))]);
        let other = server.second_hospital();
        let (room, _) = other.ethanol();
        let bare = |mut answer: Answer| {
            answer.json.as_object_mut().unwrap().remove("request_id");
            assert_eq!(answer.status, 404, "{}", answer.text);
            answer.json
        };
        let each = |of: &dyn Fn(&str) -> Answer, theirs: &str| assert_eq!(bare(of(theirs)), bare(of("77")));
        let see = |id: &str| other.safety.get(&format!("/api/v1/purchase-requests/{id}"));
        each(&see, &request);
        let body = json!({"product": "1", "quantity": ml("1"), "purpose": "擦拭", "department": "1"});
        let change = |id: &str| put(&other.safety, &format!("/api/v1/purchase-requests/{id}"), body.clone());
        each(&change, &request);
        let line = |id: &str| json!({"number": "1", "supplier": "x", "lines": [{"request": id, "quantity": ml("1")}]});
        let buy = |id: &str| other.equipment.post("/api/v1/purchase-orders", line(id));
        each(&buy, &request);
        let receive = |id: &str| other.equipment.post("/api/v1/receipts", json!({
            "product": "1", "count": 1, "each": ml("500"), "place": room, "order": id,
        }));
        each(&receive, &order);
        let close = |id: &str| other.equipment.post(&format!("/api/v1/purchase-orders/{id}/closings"), json!({"reason": "x"}));
        each(&close, &order);
        for list in ["purchase-requests", "purchase-orders"] {
            assert_eq!(other.safety.get(&format!("/api/v1/{list}")).expect(200).json["items"], json!([]));
        }
        server.assert_sound();
    }

    fn a_step_changed_by_hand_is_found(server) {
        let lab = Laboratory::of(server);
        let request = lab.approved(ml("2000"));
        let order = lab.ordered(&[(&request, ml("2000"))]);
        lab.receive(1, &order).expect(201);
        server.stop();
        server.assert_sound();
        for (table, change, restored) in [
            ("requisition", "received = 0", "received = 500000000"),
            ("requisition", "decided_by = 1", "decided_by = 5"),
            ("requisition", "amount = 9000000000", "amount = 2000000000"),
            ("purchase_order", "received = '[0]'", "received = '[500000000]'"),
            ("purchase_order", "state = 'closed'", "state = 'open'"),
            ("drawing", "order_amounts = '[1]'", "order_amounts = '[500000000]'"),
        ] {
            server.tamper(&format!("UPDATE {table} SET {change}"));
            let findings = server.verify().findings;
            assert!(findings.iter().any(|found| found.what.starts_with(table)), "{change}: {findings:?}");
            server.tamper(&format!("UPDATE {table} SET {restored}"));
        }
        server.assert_sound();
    }
}

#[test]
fn only_these_events_happen_to_a_purchase_request() {
    use RequisitionEvent::{Approve, Change, Complete, Free, Order, Refuse, Withdraw};
    use RequisitionState::{Approved, Ordered, Received, Refused, Requested, Withdrawn};
    let possible = [
        (Requested, Change, Requested),
        (Requested, Approve, Approved),
        (Requested, Refuse, Refused),
        (Requested, Withdraw, Withdrawn),
        (Approved, Change, Requested),
        (Approved, Refuse, Refused),
        (Approved, Withdraw, Withdrawn),
        (Approved, Free, Approved),
        (Approved, Order, Ordered),
        (Approved, Complete, Received),
        (Refused, Change, Requested),
        (Refused, Withdraw, Withdrawn),
        (Ordered, Free, Approved),
        (Ordered, Order, Ordered),
        (Ordered, Complete, Received),
        (Received, Free, Approved),
        (Received, Order, Ordered),
        (Received, Complete, Received),
    ];
    for state in RequisitionState::ALL {
        for event in RequisitionEvent::ALL {
            let expected = possible
                .iter()
                .find(|(from, by, _)| (from, by) == (state, event));
            assert_eq!(
                state.after(*event),
                expected.map(|(_, _, to)| *to),
                "{state} {event}"
            );
        }
    }
}

#[test]
fn only_these_events_happen_to_an_order() {
    use OrderEvent::{Close, Complete as Fill, Lack, Return};
    use OrderState::{Closed, Complete, Open};
    let possible = [
        (Open, Lack, Open),
        (Open, Fill, Complete),
        (Open, Return, Open),
        (Open, Close, Closed),
        (Complete, Return, Open),
        (Closed, Return, Closed),
    ];
    for state in OrderState::ALL {
        for event in OrderEvent::ALL {
            let expected = possible
                .iter()
                .find(|(from, by, _)| (from, by) == (state, event));
            assert_eq!(
                state.after(*event),
                expected.map(|(_, _, to)| *to),
                "{state} {event}"
            );
        }
    }
}
