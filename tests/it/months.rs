//! 月结: a month that is over is reckoned once, and says what the entries say.

use hazledger::app::demo::demo_persons;
use hazledger::store::Database;
use serde_json::{Value, json};

use crate::demo::filled;
use crate::harness::client::Client;
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::TestServer;
use crate::oversight::bureau;
use crate::tamper::signed_note;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Closes everything that is over, as the program does by itself once a minute; how many months.
fn close(server: &TestServer) -> usize {
    server.app().close_months().unwrap()
}

/// Somebody who has the whole database in hand.
fn hand(server: &TestServer) -> Hand {
    let url = server
        .postgres
        .as_ref()
        .map(|database| database.superuser_url());
    Hand::to(&url.map_or_else(|| server.settings.database.clone(), Database::Postgres))
}

fn closed(server: &TestServer) -> Vec<String> {
    let all = "SELECT CAST(month * 1000 + size AS TEXT) AS value FROM month_end WHERE institution_id = 1 ORDER BY 1";
    hand(server).values(all)
}

fn answers(client: &Client, paths: &[String]) -> Vec<Value> {
    let ask = |path: &String| client.get(&format!("/api/v1/{path}")).expect(200).json;
    paths.iter().map(ask).collect()
}

on_both! {
    fn a_ledger_that_cannot_be_read_does_not_stand_in_the_way_of_the_others(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        bureau(server, "12220300412756092D", "220302");
        signed_note(&hospital.safety, "ledger", 1);
        server.pass(31 * DAY_MS);
        server.sign_in("E001").post("/api/v1/places", json!({"kind": "room", "name": "新库"})).expect(201);
        let own = hand(server).values("SELECT CAST(institution_id AS TEXT) AS value FROM institution WHERE kind = 'bureau'").remove(0);
        let officer = server.anonymous().sign_in_to(&own, "B001");
        officer.post("/api/v1/checkpoint-pulls", json!({"site": "1"})).expect(200);
        server.tamper("UPDATE entry SET bytes = leaf_hash WHERE institution_id = 1 AND log = 0 AND seq > 0");
        close(server);
        let closed = |of: &str| server.number(&format!("SELECT COUNT(*) FROM month_end WHERE institution_id = {of}"));
        assert_eq!((closed("1"), closed(&own)), (0, 1));
    }

    fn a_closed_month_is_said_as_its_entries_say_it(server) {
        filled(server);
        let persons = demo_persons().unwrap();
        let safety = persons.iter().find(|person| person.staff_number == "S001").unwrap();
        let staff = server.anonymous().sign_in_with("1", "S001", &safety.secret);
        close(server);
        assert_eq!(closed(server).len(), 5);
        server.assert_sound();

        let periods = [
            "from=2025-12-01&to=2025-12-31", "from=2026-02-01&to=2026-02-28", "from=2026-02-01&to=2026-04-30",
            "from=2026-02-01&to=2026-04-12", "from=2026-02-10&to=2026-03-31", "from=2026-05-01", "from=2025-01-01&to=2026-01-15",
        ];
        let moments = ["2025-12-31", "2026-01-15", "2026-03-31", "2026-03-31T16:00:00.000Z", "2026-04-01", "2026-05-31"];
        let mut paths: Vec<String> = periods.iter().map(|period| format!("usage-table?limit=200&{period}")).collect();
        paths.extend(moments.iter().map(|moment| format!("counts?by=place,product&limit=200&as_of={moment}")));
        let said = answers(&staff, &paths);
        // What is said of a month comes from its lines: what they hold too much shows, and verify finds it.
        let mut hand = hand(server);
        let end = "(SELECT size FROM month_end WHERE institution_id = 1 AND month = 202602)";
        hand.run(&format!("UPDATE balance_line SET amount = amount + 1000000 WHERE size = {end}")).unwrap();
        let (february, march) = (&paths[1], &paths[2]);
        staff.get(&format!("/api/v1/{february}")).refused(500, "fault");
        staff.get(&format!("/api/v1/{march}")).expect(200);
        // A period that begins within a month takes the months behind it, too.
        staff.get(&format!("/api/v1/{}", paths[4])).refused(500, "fault");
        assert!(!server.verify().findings.is_empty());
        hand.run("DELETE FROM month_line; DELETE FROM month_end; DELETE FROM balance_line; DELETE FROM balance").unwrap();
        assert_eq!(answers(&staff, &paths), said);
        server.assert_sound();
        close(server);
        assert_eq!(closed(server).len(), 5);
        assert_eq!(answers(&staff, &paths), said);
        server.assert_sound();
    }

    fn a_month_is_closed_when_an_entry_of_a_later_one_is_there(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        close(server);
        server.pass(40 * DAY_MS);
        close(server);
        assert_eq!(closed(server), [""; 0], "something may still come to June, by a slow clock");
        let entry = |name: &str| {
            let equipment = server.sign_in("E001");
            let made = equipment.post("/api/v1/places", json!({"kind": "room", "name": name})).expect(201);
            made.json["receipt"]["seq"].as_i64().unwrap()
        };
        let july = entry("二库");
        close(server);
        assert_eq!(closed(server), [(202_606_000 + july).to_string()]);
        // Months without an entry are closed with those around them.
        server.pass(90 * DAY_MS);
        let october = entry("三库");
        close(server);
        let ends = [202_606_000 + july, 202_607_000 + october, 202_608_000 + october, 202_609_000 + october];
        assert_eq!(closed(server), ends.map(|end| end.to_string()));
        server.assert_sound();
        // What was there is kept once for months that end with the same entry.
        let lines = "SELECT CAST(size * 10 + COUNT(*) AS TEXT) AS value FROM balance_line WHERE institution_id = 1 GROUP BY size ORDER BY size";
        assert_eq!(hand(server).values(lines), [july, october].map(|size| (size * 10 + 1).to_string()));
    }

    fn a_month_that_two_servers_close_is_closed_once(server) {
        server.hospital().ethanol();
        server.pass(40 * DAY_MS);
        server.sign_in("E001").post("/api/v1/places", json!({"kind": "room", "name": "二库"})).expect(201);
        let months: usize = std::thread::scope(|scope| {
            let closers: Vec<_> = (0..4).map(|_| scope.spawn(|| close(server))).collect();
            closers.into_iter().map(|closer| closer.join().unwrap()).sum()
        });
        assert!(months <= 1);
        assert_eq!(closed(server).len(), 1);
        server.assert_sound();
    }

    fn a_past_moment_within_a_month_is_reached_from_the_nearest_balance(server) {
        let hospital = server.hospital();
        let (room, _) = hospital.ethanol();
        let (equipment, store) = (&hospital.equipment, hospital.place(json!({"kind": "room", "name": "二库"})));
        let product = hospital.product(json!({"name": "异丙醇", "cas": "67-63-0", "dimension": "volume"}));
        let mut moments = Vec::new();
        for _ in 0..6 {
            let lot = json!({"product": product, "count": 450, "each": {"value": "500", "unit": "mL"}, "place": room});
            let received = equipment.post("/api/v1/receipts", lot).expect(201).json;
            equipment.post("/api/v1/moves", json!({"labels": [received["labels"][0]], "to": store})).expect(201);
            moments.push(received["receipt"]["seq"].as_i64().unwrap());
        }
        let ask = || moments.iter().map(|seq| {
            let path = format!("/api/v1/counts?by=place,product&size={seq}");
            equipment.get(&path).expect(200).json
        }).collect::<Vec<_>>();
        let said = ask();
        let table = "/api/v1/usage-table?from=2026-06-01&limit=200";
        let used = equipment.get(table).expect(200).json;
        // The month is not over.
        assert_eq!(close(server), 0);
        let known = "SELECT CAST(size AS TEXT) AS value FROM balance WHERE institution_id = 1 ORDER BY size";
        let known: Vec<i64> = hand(server).values(known).iter().map(|size| size.parse().unwrap()).collect();
        assert_eq!(known.len(), 2, "{known:?}: some 900 postings a receipt, 2,000 between two");
        assert_eq!(ask(), said);
        assert_eq!(equipment.get(table).expect(200).json, used);
        server.assert_sound();
        close(server);
        assert_eq!(hand(server).values("SELECT CAST(size AS TEXT) AS value FROM balance").len(), 2);

        // It is what they are reckoned from, forward and backward; and verify finds it wrong.
        let mut hand = hand(server);
        hand.run(&format!("UPDATE balance_line SET amount = amount + 1000000 WHERE size = {}", known[0])).unwrap();
        let wrong = ask().iter().zip(&said).filter(|(now, before)| now != before).count();
        assert!(wrong >= 2, "{wrong}");
        assert!(!server.verify().findings.is_empty());
        hand.run("DELETE FROM balance_line; DELETE FROM balance").unwrap();
        assert_eq!(ask(), said);
        server.assert_sound();
    }
}
