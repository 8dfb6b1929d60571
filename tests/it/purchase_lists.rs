//! A purchase list as purchase requests: shown first with every bad cell, then taken as it was shown.

use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};

use crate::harness::client::{Answer, Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::{Hospital, TestServer};

const LISTS: &str = "/api/v1/purchase-lists";

/// A hospital with 乙醇 by volume, 硝酸 of two grades, 氰化钾 and 采血管 by piece; L001 of the laboratory, who asks.
struct Laboratory {
    hospital: Hospital,
    staff: Client,
    /// The number of its person.
    person: String,
}

impl Laboratory {
    fn of(server: &TestServer) -> Self {
        let hospital = server.hospital();
        hospital.ethanol();
        for product in [
            json!({"name": "硝酸", "qualifier": "GR", "cas": "7697-37-2", "dimension": "volume"}),
            json!({"name": "硝酸", "qualifier": "AR", "cas": "7697-37-2", "dimension": "volume"}),
            json!({"name": "氰化钾", "cas": "151-50-8", "dimension": "mass"}),
            json!({"name": "叠氮化钠片", "dimension": "count"}),
        ] {
            hospital.product(product);
        }
        let person = hospital.enrol(server, "L001", 1);
        hospital.appoint(&person, "staff");
        let lab = Self {
            staff: server.sign_in("L001"),
            hospital,
            person,
        };
        lab.works_in("检验科");
        lab
    }

    /// Its person works in a new department from now on: the number of that.
    fn works_in(&self, name: &str) -> Value {
        let administrator = &self.hospital.administrator;
        let made = administrator.post("/api/v1/departments", json!({"name": name}));
        let department = made.expect(201).json["department"].clone();
        let member = json!({"department": department}).to_string();
        let path = format!("/api/v1/people/{}/department", self.person);
        let moved = administrator.send("PUT", &path, Some(&fresh_key()), Some(member));
        moved.expect(201);
        department
    }

    fn read(&self, text: &str, parts: &[(&str, &str)]) -> Answer {
        self.staff
            .upload(LISTS, ("采购清单.csv", text.as_bytes()), parts)
    }

    fn take(&self, key: &str, text: &str, parts: &[(&str, &str)]) -> Answer {
        let path = format!("{LISTS}/acceptance");
        let headers = [("Idempotency-Key", key)];
        self.staff
            .upload_with(&path, &headers, ("采购清单.csv", text.as_bytes()), parts)
    }

    fn requests(&self) -> Vec<Value> {
        let listed = self.staff.get("/api/v1/purchase-requests").expect(200).json;
        listed["items"].as_array().unwrap().clone()
    }
}

/// What a list got wrong: cell and code.
fn wrong(read: &Answer) -> Vec<(String, String)> {
    let errors = read.json["errors"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors
        .map(|error| {
            for sentence in ["detail_zh", "detail_en"] {
                assert!(text(&error[sentence]).chars().count() > 8, "{error}");
            }
            (text(&error["cell"]), text(&error["code"]))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = expected
        .iter()
        .map(|(cell, code)| ((*cell).to_owned(), (*code).to_owned()));
    owned.collect()
}

const GOOD: &str = "检验科2026年6月危险化学品采购计划,,,,,,,,\n\
    序号,品名,CAS号,规格,现有库存,申请数量,单位,用途,备注\n\
    1,乙 醇,64-17-5,500ml*20瓶,2.5L,2,箱,消毒擦拭,\n\
    2,硝酸,7697-37-2,500mL GR,0,6,瓶,样品消解,急\n\
    3,氰化钾,151-50-8,,0,1.5kg,,水质检验,\n\
    4,叠氮化钠片,,,,200,片,标准液配制,\n\
    合计,,,,,,,,\n\
    申请人：,,,科主任：,,,,,\n";

on_both! {
    fn each_row_of_a_list_becomes_a_request_as_it_was_shown(server) {
        let lab = Laboratory::of(server);
        let read = lab.read(GOOD, &[]).expect(200);
        assert_eq!(wrong(&read), pairs(&[]), "{}", read.text);
        assert_eq!((&read.json["acceptable"], &read.json["header_row"]), (&json!(true), &json!(2)));
        let lines = read.json["lines"].as_array().unwrap();
        let quantities: Vec<&Value> = lines.iter().map(|line| &line["quantity"]).collect();
        let expected = [("20", "L"), ("3", "L"), ("1.5", "kg"), ("200", "支")].map(|(value, unit)| json!({"value": value, "unit": unit}));
        assert_eq!(quantities[..3], expected.iter().collect::<Vec<_>>()[..3]);
        assert_eq!(quantities[3]["value"], "200");
        assert_eq!((&lines[1]["qualifier"], &lines[2]["classes"][0]), (&json!("GR"), &json!("highly_toxic")));
        // Nothing is in the book yet, and what was not shown is not taken.
        assert_eq!(lab.requests(), Vec::<Value>::new());
        let key = fresh_key();
        lab.take(&key, GOOD, &[]).refused(409, "purchase_list_changed");
        let shown = read.json["list_sha256"].as_str().unwrap();
        lab.take(&key, &GOOD.replace("6,瓶", "60,瓶"), &[("list_sha256", shown)]).refused(409, "purchase_list_changed");
        let taken = lab.take(&key, GOOD, &[("list_sha256", shown)]).expect(201);
        let made = taken.json["requests"].as_array().unwrap();
        assert_eq!(made.iter().map(|one| &one["row"]).collect::<Vec<_>>(), [&json!(3), &json!(4), &json!(5), &json!(6)]);
        assert_eq!(made[0]["on_hand"], json!({"value": "2.5", "unit": "L"}));
        // Once more it is the same, with another key it is a new list.
        let again = lab.take(&key, GOOD, &[("list_sha256", shown)]).expect(200);
        assert!(again.replayed && again.json == taken.json);
        let stand: Vec<(Value, Value)> = lab.requests().iter().map(|one| (one["name"].clone(), one["purpose"].clone())).collect();
        assert_eq!(stand.len(), 4);
        assert_eq!(stand[2], (json!("氰化钾"), json!("水质检验")));
        lab.take(&fresh_key(), GOOD, &[("list_sha256", shown)]).expect(201);
        assert_eq!(lab.requests().len(), 8);
        server.assert_sound();
    }

    fn what_was_shown_for_one_department_is_not_taken_for_another(server) {
        let lab = Laboratory::of(server);
        let read = lab.read(GOOD, &[]).expect(200);
        assert_eq!(read.json["lines"][0]["department"], "1");
        let shown = read.json["list_sha256"].as_str().unwrap();
        let other = lab.works_in("病理科");
        lab.take(&fresh_key(), GOOD, &[("list_sha256", shown)]).refused(409, "purchase_list_changed");
        assert_eq!(lab.requests(), Vec::<Value>::new());
        // The department that a row leaves out is the same as the one that another names.
        let twice = "品名,数量,单位,申请科室,用途\n乙醇,1,L,,消毒\n乙醇,1,L,病理科,消毒\n";
        let read = lab.read(twice, &[]).expect(200);
        assert_eq!((wrong(&read), &read.json["lines"][0]["department"]), (pairs(&[("A3", "asked_twice")]), &other));
    }

    fn every_bad_cell_of_a_list_is_named_and_nothing_of_it_is_taken(server) {
        let lab = Laboratory::of(server);
        let bad = "品名,CAS号,规格,申购数量,单位,申请科室,用途\n\
            乙醇,64-17-5,500g,4,瓶,检验科,消毒\n\
            乙醇,64-17-5,500ml,4,车,检验科,消毒\n\
            乙醇,64-17-5,500ml,0,瓶,检验科,消毒\n\
            乙醇,64-17-5,500ml,-3,瓶,检验科,消毒\n\
            乙醇,64-17-5,500ml,2.5,瓶,检验科,消毒\n\
            乙醇,64-17-5,500ml,99999999999,瓶,检验科,消毒\n\
            乙醇,64-17-6,500ml,1,瓶,检验科,消毒\n\
            高锰酸钾,7722-64-7,500g,1,瓶,检验科,消毒\n\
            硝酸,7697-37-2,500ml,1,瓶,检验科,消解\n\
            氰化钾,151-50-8,500g,1,瓶,化验室,检验\n\
            氰化钾,151-50-8,500g,1,瓶,检验科,\n\
            氰化钾,,25g,2,瓶,检验科,检验\n\
            氰化钾,151-50-8,50g,2,瓶,检验科,检验\n\
            氰化钾,151-50-8,1kg/瓶,5L,,检验科,检验\n\
            氰化钾,151-50-8,,#VALUE!,g,检验科,检验\n\
            氰化钾,151-50-8,,=1+1,g,检验科,检验\n\
            ,151-50-8,,1,kg,检验科,检验\n\
            氰化钾,151-50-8,,2000000,kg,检验科,大量\n";
        let read = lab.read(bad, &[]).expect(200);
        let mut found = wrong(&read);
        found.sort();
        let mut expected = pairs(&[
            ("C2", "product_measured_otherwise"),
            ("E3", "unit_unknown"),
            ("D4", "quantity_zero"),
            ("D5", "quantity_negative"),
            ("D6", "packages_not_whole"),
            ("D7", "quantity_too_large"),
            ("B8", "cas_check"),
            ("A9", "product_name_unknown"),
            ("A10", "product_name_ambiguous"),
            ("F11", "department_name_unknown"),
            ("G12", "purpose_missing"),
            ("A14", "asked_twice"),
            ("D15", "dimension_conflict"),
            ("D16", "formula_error"),
            ("D17", "quantity_form"),
            ("A18", "name_missing"),
            ("D19", "quantity_too_large"),
        ]);
        expected.sort();
        assert_eq!(found, expected, "{}", read.text);
        assert_eq!(read.json["acceptable"], false);
        let shown = read.json["list_sha256"].as_str().unwrap();
        lab.take(&fresh_key(), bad, &[("list_sha256", shown)]).refused(422, "purchase_list_wrong");
        assert_eq!(lab.requests(), Vec::<Value>::new());
        // What a person decides mends some of it.
        let choices = [("products", r#"{"硝酸": "2"}"#), ("purpose", "日常检验"), ("department", "1")];
        let one = "品名,数量,规格\n硝酸,1瓶,500ml\n";
        let read = lab.read(one, &choices).expect(200);
        assert_eq!((wrong(&read), &read.json["lines"][0]["purpose"]), (pairs(&[]), &json!("日常检验")));
        lab.read(one, &[("department", "x")]).refused(422, "fields_invalid");
        lab.read("品名,CAS号\n乙醇,64-17-5\n", &[]).expect(200);
        assert_eq!(wrong(&lab.read("品名,CAS号\n乙醇,64-17-5\n", &[])), pairs(&[("A1", "column_missing")]));
        let long: String = (0..501).map(|nth| format!("乙醇,1L,用途{nth}\n")).collect();
        lab.read(&format!("品名,数量,用途\n{long}"), &[]).refused(422, "purchase_list_too_long");
        // Who may not ask for anything may not ask with a list.
        let file = ("采购清单.csv", GOOD.as_bytes());
        lab.hospital.administrator.upload(LISTS, file, &[]).refused(403, "not_permitted");
    }

    fn a_workbook_gives_the_values_of_its_formulas(server) {
        let lab = Laboratory::of(server);
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, heading) in (0..).zip(["名称", "计划采购数量", "计量单位", "使用用途"]) {
            sheet.write(0, column, heading).unwrap();
        }
        sheet.write(1, 0, "乙醇").unwrap();
        sheet.write_formula(1, 1, Formula::new("=2*3").set_result("6")).unwrap();
        sheet.write(1, 2, "L").unwrap();
        sheet.write(1, 3, "=消毒").unwrap();
        sheet.write(2, 0, "氰化钾").unwrap();
        sheet.write_formula(2, 1, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
        sheet.write(2, 2, "g").unwrap();
        let bytes = book.save_to_buffer().unwrap();
        let read = lab.staff.upload(LISTS, ("清单.xlsx", &bytes), &[]).expect(200);
        let errors = wrong(&read);
        assert!(errors.contains(&("B3".to_owned(), "formula_error".to_owned())), "{errors:?}");
        let line = &read.json["lines"][0];
        assert_eq!((&line["quantity"], &line["purpose"]), (&json!({"value": "6", "unit": "L"}), &json!("=消毒")));
    }

    fn opening_stock_in_another_measure_is_no_second_product(server) {
        let lab = Laboratory::of(server);
        let sheet = "品名,CAS号,规格,级别,数量,单位,存放地点\n乙醇,64-17-5,500g,无水,4,瓶,试剂库\n";
        let file = ("期初.csv", sheet.as_bytes());
        let parts = [("make_places", "true")];
        let read = lab.hospital.equipment.upload("/api/v1/imports", file, &parts).expect(201);
        assert_eq!(wrong(&read), pairs(&[("C2", "product_measured_otherwise")]), "{}", read.text);
        assert_eq!(read.json["acceptable"], false);
        // Nor within one sheet.
        let sheet = "品名,规格,数量,单位,存放地点\n丁酮,500ml,4,瓶,试剂库\n丁酮,500g,4,瓶,试剂库\n";
        let file = ("期初.csv", sheet.as_bytes());
        let read = lab.hospital.equipment.upload("/api/v1/imports", file, &parts).expect(201);
        assert_eq!(wrong(&read), pairs(&[("B3", "product_measured_otherwise")]), "{}", read.text);
    }
}
