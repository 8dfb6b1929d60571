//! What two have found is not for one of them to take back; and what the book has been corrected for is counted anew.

use serde_json::json;

use crate::harness::client::Client;
use crate::harness::on_both;
use crate::signing::cyanide;

use super::settling::{absent, twice};
use super::{begun, findings, g, ml, scan, seen, settle, storeroom};

on_both! {
    fn nobody_of_two_who_found_a_shortage_takes_it_back_alone(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let (first, third) = (&hospital.equipment, &hospital.safety);
        let stocktake = begun(first, &room);
        let count = |who: &Client, label: &str, amount: &str| {
            scan(who, &stocktake, json!({"place": room, "code": label, "amount": ml(amount)}))
        };
        twice([first, &second], &stocktake, &room, &bottles[0], "450");
        for thief in [first, &second] {
            count(thief, &bottles[0], "500").refused(422, "recount_by_third");
        }
        count(third, &bottles[0], "450").expect(201);
        count(first, &bottles[0], "500").refused(422, "recount_by_third");
        settle(first, &stocktake, &[&bottles[0]]).expect(201);
        // Nor by coming upon it.
        absent([first, &second], &stocktake, &room, &bottles[1]);
        seen(first, &stocktake, &room, &bottles[1]).refused(422, "recount_by_third");
        assert_eq!(seen(third, &stocktake, &room, &bottles[1]).expect(201).json["bucket"], "found");
        server.assert_sound();
    }

    fn a_confirmation_is_of_the_same_book_and_says_the_same(server) {
        let (hospital, second, room, bottles) = storeroom(server);
        let (first, third) = (&hospital.equipment, &hospital.safety);
        let stocktake = begun(first, &room);
        server.pass(60_000);
        let count = |who: &Client, label: &str, amount: &str| {
            scan(who, &stocktake, json!({"place": room, "code": label, "amount": ml(amount)})).expect(201)
        };
        twice([first, &second], &stocktake, &room, &bottles[0], "400");
        server.pass(60_000);
        let late = json!({"label": bottles[0], "amount": ml("50"), "occurred_at": "2026-06-01T00:00:30Z"});
        third.post("/api/v1/uses", late).expect(201);
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "count_outdated");
        let again = json!({"place": room, "code": bottles[0], "amount": ml("450")});
        scan(first, &stocktake, again).refused(422, "recount_by_third");
        count(third, &bottles[0], "400");
        assert_eq!(findings(first, &stocktake, "difference")[0]["confirmed"], false);
        settle(first, &stocktake, &[&bottles[0]]).refused(422, "recount_missing");
        count(first, &bottles[0], "400");
        settle(first, &stocktake, &[&bottles[0]]).expect(201);
        // One finds less and another more: that is one of each.
        count(first, &bottles[1], "450");
        count(&second, &bottles[1], "510");
        settle(first, &stocktake, &[&bottles[1]]).refused(422, "recount_missing");
        count(third, &bottles[1], "510");
        settle(first, &stocktake, &[&bottles[1]]).expect(201);
        // That it is not there at all is another thing than that there is less in it.
        count(first, &bottles[2], "450");
        scan(&second, &stocktake, json!({"place": room, "code": bottles[2], "absent": true})).expect(201);
        settle(first, &stocktake, &[&bottles[2]]).refused(422, "recount_missing");
        server.assert_balanced();
    }

    fn a_sample_draws_one_at_least(server) {
        let (hospital, _, room, _) = storeroom(server);
        let body = |size: u32| json!({"place": room, "sample_size": size});
        hospital.equipment.post("/api/v1/stocktakes", body(0)).refused(422, "sample_empty");
        hospital.equipment.post("/api/v1/stocktakes", body(1)).expect(201);
    }

    fn all_of_a_small_vial_is_no_inaccuracy_of_a_balance(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        // Two tenths of a gram are left in it.
        let most = json!({"label": bottles[0], "amount": g("499.8"), "receiver": crate::signing::RECEIVER, "purpose": "标定"});
        let request = hospital.safety.post("/api/v1/signing-requests", json!({"checkout": most})).expect(201);
        crate::signing::sign(&hospital.safety, &request, crate::signing::BOTH).expect(201);
        let stocktake = begun(&hospital.equipment, &cabinet);
        let weighed = |who: &Client, gross: &str| {
            scan(who, &stocktake, json!({"place": cabinet, "code": bottles[0], "gross": g(gross)})).expect(201)
        };
        assert_eq!(weighed(&hospital.equipment, "150.11").json["bucket"], "difference");
        assert_eq!(weighed(&hospital.safety, "150.195").json["bucket"], "found");
    }
}
