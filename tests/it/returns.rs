//! 归还: by amount or by weight, a part or the whole bottle.

use serde_json::{Value, json};

use crate::harness::client::{Client, fresh_key};
use crate::harness::on_both;
use crate::harness::server::Hospital;

/// nL in a mL.
const ML: i64 = 1_000_000;

fn ml(value: &str) -> Value {
    json!({"value": value, "unit": "mL"})
}

fn g(value: &str) -> Value {
    json!({"value": value, "unit": "g"})
}

/// One bottle received with these further fields: its label and its room.
fn bottle(hospital: &Hospital, product: Value, each: Value, more: Value) -> (String, String) {
    let room = hospital.place(json!({"kind": "room", "name": "试剂库"}));
    let product = hospital.product(product);
    let mut body = json!({"product": product, "count": 1, "each": each, "place": room});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let received = hospital
        .equipment
        .post("/api/v1/receipts", body)
        .expect(201);
    (
        received.json["labels"][0].as_str().unwrap().to_owned(),
        room,
    )
}

/// 500 mL of something without a listed density, in a bottle of 350 g, at 0.789 g/mL.
fn weighed_bottle(hospital: &Hospital) -> (String, String) {
    let product = json!({"name": "科室自配清洗液", "dimension": "volume"});
    bottle(
        hospital,
        product,
        ml("500"),
        json!({"tare": g("350"), "density": "0.789"}),
    )
}

fn seen(client: &Client, label: &str) -> Value {
    client
        .get(&format!("/api/v1/containers/{label}"))
        .expect(200)
        .json
}

on_both! {
    fn a_bottle_goes_out_is_used_and_comes_back_on_the_balance(server) {
        let hospital = server.hospital();
        let staff = &hospital.safety;
        println!("A bottle of 500 mL arrives; it weighs 350 g empty, and a mL weighs 0.789 g.");
        let (label, room) = weighed_bottle(&hospital);
        assert_eq!(server.assert_balanced(), [500 * ML, 0, 0]);

        println!("Chen An takes the whole bottle to the bench.");
        staff.post("/api/v1/checkouts", json!({"label": label, "whole": true, "purpose": "切片脱水"})).expect(201);
        assert_eq!(seen(staff, &label)["status"], "checked_out");

        println!("She uses 120 mL of it.");
        let used = staff.post("/api/v1/uses", json!({"label": label, "amount": ml("120")})).expect(201);
        assert_eq!(used.json["consumed"], ml("120"));
        assert_eq!(seen(staff, &label)["amount"], ml("380"));
        assert_eq!(server.assert_balanced(), [380 * ML, 0, 120 * ML]);

        println!("The bottle comes back and weighs 641.93 g: 291.93 g are left, 370 mL; 10 mL more are gone.");
        let back = staff.post("/api/v1/returns", json!({"label": label, "gross": g("641.93")})).expect(201);
        assert_eq!(back.json["consumed"], ml("10"));
        let stands = seen(staff, &label);
        assert_eq!((&stands["status"], &stands["amount"]), (&json!("in_stock"), &ml("370")));
        assert_eq!((&stands["place"], &stands["holder"]), (&json!(room), &Value::Null));
        println!("Nothing is missing: 370 mL in the bottle, nothing in hands, 130 mL used.");
        assert_eq!(server.assert_balanced(), [370 * ML, 0, 130 * ML]);
        let weighing = r#""weighing":{"density":"0.789 g/mL","density_source":"container","gross_ug":"641930000","tare_ug":"350000000"}"#;
        assert_eq!(server.entries_saying(weighing), 1);
    }

    fn a_part_comes_back_into_its_bottle_and_the_rest_is_used_up(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("500")})).expect(201);
        assert_eq!(seen(staff, &labels[0])["status"], "empty");
        staff.post("/api/v1/returns", json!({"label": labels[0], "amount": ml("501")})).refused(422, "returned_more_than_held");
        let back = staff.post("/api/v1/returns", json!({"label": labels[0], "amount": ml("380")})).expect(201);
        assert_eq!(back.json["consumed"], ml("120"));
        assert_eq!(seen(staff, &labels[0])["status"], "in_stock");
        assert_eq!(server.assert_balanced(), [2380 * ML, 0, 120 * ML]);
        staff.post("/api/v1/returns", json!({"label": labels[0], "amount": ml("1")})).refused(422, "nothing_checked_out");
    }

    fn nothing_of_a_part_and_all_of_a_bottle_can_come_back(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("20")})).expect(201);
        staff.post("/api/v1/returns", json!({"label": labels[0], "amount": ml("0")})).expect(201);
        staff.post("/api/v1/checkouts", json!({"label": labels[1], "whole": true})).expect(201);
        let all = staff.post("/api/v1/returns", json!({"label": labels[1], "amount": ml("500")})).expect(201);
        assert_eq!(all.json["consumed"], Value::Null);
        staff.post("/api/v1/checkouts", json!({"label": labels[2], "whole": true})).expect(201);
        staff.post("/api/v1/returns", json!({"label": labels[2], "amount": ml("0")})).expect(201);
        assert_eq!(seen(staff, &labels[2])["status"], "empty");
        assert_eq!(server.assert_balanced(), [1980 * ML, 0, 520 * ML]);
    }

    fn a_bottle_comes_back_to_another_place_that_is_open(server) {
        let hospital = server.hospital();
        let (room, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        let cabinet = hospital.place(json!({"kind": "cabinet", "name": "A柜", "parent": room}));
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        let to = |place: &str| json!({"label": labels[0], "amount": ml("400"), "place": place});
        staff.post("/api/v1/returns", to("77")).refused(404, "place_unknown");
        staff.post("/api/v1/returns", to(&cabinet)).expect(201);
        assert_eq!(seen(staff, &labels[0])["place"], json!(cabinet));
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("5")})).expect(201);
        staff
            .post("/api/v1/returns", json!({"label": labels[0], "amount": ml("5"), "place": room}))
            .refused(422, "only_part_returned");
        server.assert_balanced();
    }

    fn of_several_open_checkouts_the_one_that_comes_back_is_named(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        let taken = staff.post("/api/v1/checkouts", json!({"label": labels[0], "amount": ml("10")})).expect(201);
        let checkout = taken.json["receipt"]["seq"].to_string();
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        let with = |source: Value| json!({"label": labels[0], "amount": ml("10"), "source": source});
        staff.post("/api/v1/returns", with(Value::Null)).refused(422, "checkout_ambiguous");
        staff.post("/api/v1/returns", with(json!(checkout))).refused(422, "container_state");
        staff.post("/api/v1/returns", with(json!("container"))).expect(201);
        staff.post("/api/v1/returns", with(json!(checkout))).expect(201);
        assert_eq!(server.assert_balanced(), [2020 * ML, 0, 480 * ML]);
    }

    fn a_weight_is_converted_half_to_even(server) {
        let hospital = server.hospital();
        let product = json!({"name": "科室自配清洗液", "dimension": "volume"});
        let (label, _) = bottle(&hospital, product, ml("500"), json!({"tare": g("350"), "density": "2"}));
        let staff = &hospital.safety;
        for (gross, left) in [("350.000007", 4), ("350.000005", 2), ("350.000003", 2), ("350.000001", 0)] {
            staff.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201);
            staff.post("/api/v1/returns", json!({"label": label, "gross": g(gross)})).expect(201);
            assert_eq!(server.number("SELECT amount FROM standing"), left, "{gross} g");
        }
        assert_eq!(server.assert_balanced(), [0, 0, 500 * ML]);
    }

    fn an_untouched_bottle_may_weigh_a_little_more_than_the_book_says(server) {
        let hospital = server.hospital();
        let (label, _) = weighed_bottle(&hospital);
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201);
        let refused = staff.post("/api/v1/returns", json!({"label": label, "gross": g("746.5")}));
        assert_eq!(refused.refused(422, "returned_more_than_held").json["held"], "500 mL");
        staff.post("/api/v1/returns", json!({"label": label, "gross": g("746.4")})).expect(201);
        assert_eq!(server.assert_balanced(), [500 * ML, 0, 0]);
    }

    fn a_little_more_is_a_tenth_of_a_gram_for_small_bottles(server) {
        let hospital = server.hospital();
        let powder = json!({"name": "科室自配粉剂", "dimension": "mass"});
        let (label, _) = bottle(&hospital, powder, g("5"), json!({"tare": g("20")}));
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201);
        let gross = |gross: &str| staff.post("/api/v1/returns", json!({"label": label, "gross": g(gross)}));
        gross("25.100001").refused(422, "returned_more_than_held");
        gross("25.1").expect(201);
        assert_eq!(server.assert_balanced(), [5_000_000, 0, 0]);
    }

    fn without_a_density_of_its_own_a_bottle_has_that_of_its_product(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        let weighed = json!({"label": labels[0], "gross": g("428.9"), "tare": g("350")});
        staff.post("/api/v1/returns", weighed).expect(201);
        assert_eq!(server.entries_saying(r#""density":"0.789 g/mL","density_source":"product""#), 1);
        assert_eq!(server.assert_balanced(), [2100 * ML, 0, 400 * ML]);
    }

    fn a_weight_needs_a_tare_and_for_volumes_a_density(server) {
        let hospital = server.hospital();
        let product = json!({"name": "科室自配清洗液", "dimension": "volume"});
        let (label, _) = bottle(&hospital, product, ml("500"), json!({}));
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": label, "whole": true})).expect(201);
        let gross = |tare: Value| json!({"label": label, "gross": g("600"), "tare": tare});
        staff.post("/api/v1/returns", gross(Value::Null)).refused(422, "tare_unknown");
        staff.post("/api/v1/returns", gross(g("350"))).refused(422, "density_unknown");
        staff.post("/api/v1/returns", gross(ml("350"))).refused(422, "fields_invalid");
        server.assert_balanced();
    }

    fn a_part_is_weighed_in_a_vessel_of_its_own(server) {
        let hospital = server.hospital();
        let (label, _) = weighed_bottle(&hospital);
        let staff = &hospital.safety;
        staff.post("/api/v1/checkouts", json!({"label": label, "amount": ml("100")})).expect(201);
        let gross = |gross: &str, tare: Value| json!({"label": label, "gross": g(gross), "tare": tare});
        staff.post("/api/v1/returns", gross("89.45", Value::Null)).refused(422, "tare_unknown");
        staff.post("/api/v1/returns", gross("49", g("50"))).refused(422, "weight_below_tare");
        staff.post("/api/v1/returns", gross("89.45", g("50"))).expect(201);
        assert_eq!(server.assert_balanced(), [450 * ML, 0, 50 * ML]);
    }

    fn what_is_booked_in_mass_is_weighed_without_a_density_and_pieces_are_not_weighed(server) {
        let hospital = server.hospital();
        let staff = &hospital.safety;
        let powder = json!({"name": "科室自配粉剂", "dimension": "mass"});
        let (powder, _) = bottle(&hospital, powder, g("500"), json!({"tare": g("120")}));
        staff.post("/api/v1/checkouts", json!({"label": powder, "whole": true})).expect(201);
        staff.post("/api/v1/returns", json!({"label": powder, "gross": g("119")})).refused(422, "weight_below_tare");
        staff.post("/api/v1/returns", json!({"label": powder, "gross": g("495")})).expect(201);
        assert_eq!(seen(staff, &powder)["amount"], g("375"));
        let strips = json!({"name": "科室自配试纸", "dimension": "count"});
        let (strips, _) = bottle(&hospital, strips, json!({"value": "50", "unit": "支"}), json!({"tare": g("20")}));
        staff.post("/api/v1/checkouts", json!({"label": strips, "whole": true})).expect(201);
        staff.post("/api/v1/returns", json!({"label": strips, "gross": g("30")})).refused(422, "dimension_mismatch");
        staff.post("/api/v1/returns", json!({"label": strips, "amount": g("30")})).refused(422, "dimension_mismatch");
        server.assert_balanced();
    }

    fn either_the_amount_or_the_weight_is_given(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        for body in [
            json!({"label": labels[0]}),
            json!({"label": labels[0], "amount": ml("1"), "gross": g("1")}),
            json!({"label": labels[0], "amount": ml("1"), "tare": g("1")}),
            json!({"label": labels[0], "tare": g("1")}),
        ] {
            let refused = hospital.safety.post("/api/v1/returns", body).refused(422, "fields_invalid");
            assert_eq!(refused.json["errors"][0]["code"], "amount_or_gross");
        }
    }

    fn a_return_is_booked_once_and_by_those_who_may(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        hospital.safety.post("/api/v1/checkouts", json!({"label": labels[0], "whole": true})).expect(201);
        let (key, body) = (fresh_key(), json!({"label": labels[0], "amount": ml("400")}));
        hospital.equipment.post("/api/v1/returns", body.clone()).refused(403, "not_permitted");
        let first = hospital.safety.post_with("/api/v1/returns", &key, body.clone()).expect(201);
        let again = hospital.safety.post_with("/api/v1/returns", &key, body.clone()).expect(200);
        assert_eq!((first.text, true), (again.text, again.replayed));
        let other = json!({"label": labels[0], "amount": ml("300")});
        hospital.safety.post_with("/api/v1/returns", &key, other).refused(422, "idempotency_key_reused");
        hospital.safety.post("/api/v1/returns", body).refused(422, "nothing_checked_out");
        assert_eq!(server.assert_balanced(), [2400 * ML, 0, 100 * ML]);
    }
}
