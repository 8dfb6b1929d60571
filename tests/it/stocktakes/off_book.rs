//! What the book has no more and stands on the shelf all the same.

use serde_json::json;

use crate::harness::on_both;
use crate::signing::cyanide;

use super::settling::{absent, disposal, watchers};
use super::{begun, close, findings, scan, seen, settle, status, storeroom};

on_both! {
    fn what_was_disposed_of_and_is_there_is_named_in_the_close(server) {
        let (hospital, _, room, bottles) = storeroom(server);
        let first = &hospital.equipment;
        let wasted = json!({"labels": [bottles[0]], "code": "900-402-06", "reason": "变质"});
        first.post("/api/v1/wastes", wasted).expect(201);
        watchers(server, &hospital);
        first.post("/api/v1/disposals", disposal(&bottles[0])).expect(201);
        let stocktake = begun(first, &room);
        for label in &bottles[1..] {
            seen(first, &stocktake, &room, label).expect(201);
        }
        let put = json!({"place": room, "code": bottles[0], "put_here": true});
        scan(first, &stocktake, put).refused(422, "container_state");
        assert_eq!(seen(first, &stocktake, &room, &bottles[0]).expect(201).json["bucket"], "off_book");
        assert_eq!(findings(first, &stocktake, "off_book").len(), 1);
        assert!(findings(first, &stocktake, "misplaced").is_empty());
        assert_eq!(status(first, &stocktake)["open"]["off_book"], 1);
        let refused = close(first, &stocktake).refused(422, "stocktake_unresolved");
        assert_eq!((&refused.json["off_book"], &refused.json["misplaced"]), (&json!("1"), &json!("0")));
        let said = json!({"code": bottles[0], "reason": "处置单位未装车，已补装"});
        first.post(&format!("{stocktake}/resolutions"), said).expect(201);
        let totals = close(first, &stocktake).expect(201).json["totals"].clone();
        assert_eq!((&totals["off_book"], &totals["found"]), (&json!(1), &json!(4)));
        server.assert_sound();
    }

    fn of_a_watched_class_that_is_an_incident_first_and_another_person_says_what_became_of_it(server) {
        let hospital = server.hospital();
        let (cabinet, bottles) = cyanide(&hospital);
        let (first, second) = (&hospital.equipment, &hospital.safety);
        let lost = begun(first, &cabinet);
        absent([first, second], &lost, &cabinet, &bottles[0]);
        let incident = settle(first, &lost, &[&bottles[0]]).expect(201).json["incident"].clone();
        assert_eq!(incident, "1");
        let told = scan(first, &lost, json!({"place": cabinet, "code": bottles[1], "amount": super::g("500")})).expect(201);
        assert_eq!(told.json["bucket"], "found");
        close(first, &lost).expect(201);
        let stocktake = begun(first, &cabinet);
        let told = scan(first, &stocktake, json!({"place": cabinet, "code": bottles[0]})).expect(201);
        assert_eq!(told.json["bucket"], "off_book");
        let resolve = |who: &crate::harness::client::Client, incident: &str| {
            let said = json!({"code": bottles[0], "reason": "在柜内找到", "incident": incident});
            who.post(&format!("{stocktake}/resolutions"), said)
        };
        let silent = json!({"code": bottles[0], "reason": "在柜内找到"});
        second.post(&format!("{stocktake}/resolutions"), silent).refused(422, "off_book_unreported");
        resolve(second, "2").refused(422, "off_book_unreported");
        resolve(first, "1").refused(422, "off_book_by_another");
        resolve(second, "1").expect(201);
        server.assert_sound();
    }
}
