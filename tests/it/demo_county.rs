//! The demo county: everything in it is sound and happens again from the same seed, and every count of it
//! opens to its entries.

use std::collections::{BTreeMap, HashMap};
use std::env;

use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::demo::{Extent, county_institutions, county_persons, county_sign_ins};
use hazledger::app::{App, Settings};
use hazledger::domain::ids::Label;
use hazledger::domain::quantity::Quantity;
use hazledger::store::Database;
use serde_json::{Value, json};

use crate::counts::base;
use crate::harness::client::Client;
use crate::harness::on_both;
use crate::harness::server::{START, TestServer};

/// The whole county with `FULL=1`, else a sample of it.
fn extent() -> Extent {
    if env::var_os("FULL").is_some_and(|value| value == "1") {
        Extent::county(1)
    } else {
        Extent::sample()
    }
}

/// Puts a demo county into an empty server.
fn filled(server: &mut TestServer, extent: &Extent) {
    server.stop();
    let clock = extent.clock(START.parse().unwrap());
    let settings = Settings {
        clock: clock.clock(),
        deliver: false,
        ..server.settings.clone()
    };
    let (app, threads) = App::start(&settings).unwrap();
    let mut progress = |_, _| {};
    let telling = app.tell_county(&clock, extent, 7, &mut progress);
    let told = actix_web::rt::System::new().block_on(telling);
    drop(app);
    threads.join();
    told.unwrap();
    server.restart();
}

/// The officer of the bureau of the city, which is founded first.
fn officer(server: &TestServer) -> Client {
    let persons = county_persons().unwrap();
    let key = |name: &str| {
        persons.iter().find(|one| {
            one.institution.as_deref() == Some("city-bureau") && one.staff_number == name
        })
    };
    let secret = &key("B001").unwrap().secret;
    server.anonymous().sign_in_with("1", "B001", secret)
}

/// Lines of one text column.
fn lines(server: &TestServer, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    if let Database::Sqlite(path) = &server.settings.database {
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let found: Vec<Line> = sql_query(sql).load(&mut conn).unwrap();
        return found.into_iter().map(|one| one.line).collect();
    }
    let text = server.postgres.as_ref().unwrap().as_superuser(sql);
    text.lines().map(str::to_owned).collect()
}

/// What the postings of each container add up to, by institution and serial: each with its entry, whether it is
/// of what is held, and the amount.
type Postings = HashMap<(i64, i64), Vec<(i64, bool, i64)>>;

fn postings(server: &TestServer) -> Postings {
    let sql = "SELECT institution_id || ' ' || serial || ' ' || seq || ' ' || account || ' ' || amount AS line \
        FROM posting WHERE account IN ('container', 'held')";
    let mut all = Postings::new();
    for line in lines(server, sql) {
        let fields: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| fields[at].parse::<i64>().unwrap();
        let of = all.entry((number(0), number(1))).or_default();
        of.push((number(2), fields[3] == "held", number(4)));
    }
    all
}

/// A parameter of an address.
fn parameter<'a>(address: &'a str, name: &str) -> &'a str {
    let mut pieces = address.split(['?', '&']);
    let found = pieces.find_map(|piece| piece.strip_prefix(name)?.strip_prefix('='));
    found.unwrap()
}

/// So many containers, and so much by dimension.
type Sum = (i64, BTreeMap<&'static str, i64>);

fn dimension(quantity: &Value) -> &'static str {
    let unit = quantity["unit"].as_str().unwrap();
    Quantity::parse(&format!("1 {unit}"))
        .unwrap()
        .dimension()
        .as_str()
}

fn figure(of: &Value) -> Sum {
    let quantities = of["quantities"].as_array().unwrap().iter();
    let quantities = quantities.filter(|quantity| base(quantity) != 0);
    (
        of["containers"].as_i64().unwrap(),
        quantities.map(|one| (dimension(one), base(one))).collect(),
    )
}

/// Follows figures down to entries; what an address came to is kept, since many figures share it.
struct Descent<'s> {
    officer: &'s Client,
    postings: &'s Postings,
    known: HashMap<String, (Sum, u32)>,
    lists: u32,
    histories: u32,
}

impl Descent<'_> {
    /// All pages of a list.
    fn pages(&self, address: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = Some(address.to_owned());
        while let Some(address) = next {
            let page = self.officer.get(&address).expect(200).json;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let base = address.split("&next=").next().unwrap();
            next = page["next"]
                .as_str()
                .map(|cursor| format!("{base}&next={cursor}"));
        }
        items
    }

    /// What a figure is made of, and how many calls it takes to see an entry.
    fn open(&mut self, address: &str, persons: bool) -> (Sum, u32) {
        if let Some(known) = self.known.get(address) {
            return known.clone();
        }
        let mut sum = Sum::default();
        let mut calls = 0;
        let items = self.pages(address);
        if address.contains("/containers?") {
            calls = 3;
            self.lists += 1;
            let institution: i64 = parameter(address, "institution").parse().unwrap();
            let size: i64 = parameter(address, "size").parse().unwrap();
            for item in &items {
                self.container(item, (institution, size), persons, &mut sum);
            }
            // One in so many is opened to the end; the amounts of all are held against the postings.
            if self.lists % 25 == 1 {
                self.entries(&items[0], institution);
            }
        } else {
            let side = if persons { "with_persons" } else { "in_places" };
            for line in &items {
                let Some(down) = line[side]["down"].as_str() else {
                    continue;
                };
                let (below, more) = self.open(down, persons);
                assert_eq!(figure(&line[side]), below, "{down}");
                sum.0 += below.0;
                for (of, amount) in below.1 {
                    *sum.1.entry(of).or_default() += amount;
                }
                calls = calls.max(more + 1);
            }
        }
        self.known.insert(address.to_owned(), (sum.clone(), calls));
        (sum, calls)
    }

    /// Adds a container, whose amounts are what its postings up to the moment add up to.
    fn container(
        &self,
        item: &Value,
        (institution, size): (i64, i64),
        persons: bool,
        sum: &mut Sum,
    ) {
        let label: Label = item["label"].as_str().unwrap().parse().unwrap();
        let posted = |held: bool| -> i64 {
            let all = self
                .postings
                .get(&(institution, label.serial().get()))
                .into_iter()
                .flatten();
            all.filter(|(seq, of, _)| *seq < size && *of == held)
                .map(|(.., amount)| amount)
                .sum()
        };
        let said = (base(&item["amount"]), base(&item["held"]));
        assert_eq!(said, (posted(false), posted(true)), "{item}");
        let wanted = if persons { "checked_out" } else { "in_stock" };
        let mut amount = 0;
        if item["status"] == wanted {
            sum.0 += 1;
            amount = said.0;
        }
        if persons {
            amount += said.1;
        }
        if amount != 0 {
            *sum.1.entry(dimension(&item["amount"])).or_default() += amount;
        }
    }

    /// The history of a container, and the entry it begins with.
    fn entries(&mut self, item: &Value, institution: i64) {
        let history = self
            .officer
            .get(item["down"].as_str().unwrap())
            .expect(200)
            .json;
        let latest = &history["items"][0];
        assert_eq!(
            (&latest["seq"], &latest["after"]),
            (&item["entry"], &item["amount"])
        );
        let entry = format!(
            "/api/v1/entries/{}?institution={institution}",
            latest["seq"].as_str().unwrap()
        );
        self.officer.get(&entry).expect(200);
        self.histories += 1;
    }
}

/// Three moments of the story: the end of a month, in the middle of one, and of a day.
const MOMENTS: [&str; 3] = ["2026-03-31", "2026-04-16", "2026-05-13T03:00:00.000Z"];

on_both! {
    fn every_count_of_the_demo_county_opens_to_its_entries(server) {
        filled(server, &extent());
        server.assert_balanced();
        for kind in [
            "opening", "receive", "purchase", "move", "checkout", "use", "give_back", "split", "waste", "dispose", "send",
            "announce", "accept", "settle", "stocktake", "count", "variance", "loss", "follow_up", "close_stocktake",
            "permit", "requisition", "approve", "order", "submit", "review", "reprint", "reverse",
        ] {
            let found = server.number(&format!("SELECT COUNT(*) FROM entry WHERE log = 0 AND kind = '{kind}'"));
            assert!(found > 0, "{kind}");
        }
        let officer = officer(server);
        let postings = postings(server);
        let (mut figures, mut lists, mut histories) = (0, 0, 0);
        for moment in MOMENTS {
            let mut descent = Descent {
                officer: &officer,
                postings: &postings,
                known: HashMap::new(),
                lists: 0,
                histories: 0,
            };
            let mut whole = None;
            for by in ["region", "institution", "class", "substance", "place"] {
                let address = format!("/api/v1/counts?by={by}&limit=200&as_of={moment}");
                let all = officer.get(&address).expect(200).json["all"].clone();
                // Places are many: every seventh of them, and what all of them are together.
                let each = if by == "place" { 7 } else { 1 };
                let lines = descent.pages(&address);
                assert!(lines.len() >= 2 || by == "region", "{by}");
                for line in lines.iter().step_by(each).chain([&all]) {
                    for (side, persons) in [("in_places", false), ("with_persons", true)] {
                        let shown = figure(&line[side]);
                        let Some(down) = line[side]["down"].as_str() else {
                            assert_eq!(shown, Sum::default(), "{line}");
                            continue;
                        };
                        let (sum, calls) = descent.open(down, persons);
                        assert_eq!(shown, sum, "{by} at {moment}: {line}");
                        assert!(calls <= 4, "{calls} calls from {line}");
                        figures += 1;
                    }
                }
                // However they are grouped, they are the same.
                let sums = ["in_places", "with_persons"].map(|side| figure(&all[side]));
                assert_eq!(*whole.get_or_insert(sums.clone()), sums, "{by}");
            }
            lists += descent.lists;
            histories += descent.histories;
        }
        assert!(figures > 200 && lists > 300 && histories > 10, "{figures} {lists} {histories}");
    }

    fn the_same_seed_tells_the_same_county_entry_by_entry(server) {
        if server.settings.database.is_sqlite() {
            return;
        }
        let mut twin = TestServer::sqlite();
        filled(server, &Extent::sample());
        filled(&mut twin, &Extent::sample());
        let (told, again) = (story(server), story(&twin));
        assert!(told.len() > 1_000, "{}", told.len());
        for (one, other) in told.iter().zip(&again) {
            assert_eq!(one, other);
        }
        assert_eq!(told.len(), again.len());
    }
}

/// Every entry without what is drawn at random in real life, and what follows of that.
fn story(server: &TestServer) -> Vec<Value> {
    let bytes = if server.settings.database.is_sqlite() {
        "CAST(bytes AS TEXT)"
    } else {
        "convert_from(bytes, 'UTF8')"
    };
    let sql = format!(
        "SELECT {bytes} AS line FROM entry WHERE log = 0 AND institution_id > 0 ORDER BY institution_id, seq"
    );
    let entries = lines(server, &sql).into_iter().map(|line| {
        let mut entry: Value = serde_json::from_str(&line).unwrap();
        told(&mut entry);
        entry
    });
    entries.collect()
}

/// Random: salts, heads, leaf hashes of others, keyed digests, what was signed and with which key.
const DRAWN: [&str; 16] = [
    "senders",
    "salt",
    "prev",
    "leaf_hash",
    "identity",
    "code",
    "code_digest",
    "digest",
    "payload_hash",
    "payload",
    "signatures",
    "request",
    "seal",
    "expected_sha256",
    "sha256",
    "secret",
];

fn told(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !DRAWN.contains(&name.as_str()));
            fields.values_mut().for_each(told);
        }
        Value::Array(items) => items.iter_mut().for_each(told),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_demo_county_is_thirty_institutions_that_are_somebody() {
    let institutions = county_institutions().unwrap();
    assert_eq!(institutions.len(), 30);
    let persons = county_persons().unwrap();
    let mut names: Vec<&str> = persons.iter().map(|person| person.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), persons.len());
    let readme = include_str!("../../README.md");
    let sign_ins = county_sign_ins().unwrap();
    assert_eq!(sign_ins.len(), 5);
    for one in sign_ins {
        let (number, person) = (one.number, one.person);
        let row = format!(
            "| {number} {} | {} | {} | {} |",
            one.institution.name, person.staff_number, person.secret, person.name
        );
        assert!(readme.contains(&row), "{row}");
    }
    assert_eq!(json!(institutions[0].kind), json!("bureau"));
}
