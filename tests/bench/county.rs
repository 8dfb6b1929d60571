//! (f) What a bureau asks of a county of 50 institutions, at 10,000 containers and at 1,000,000: the more
//! there is to add up, the less it may show.
//!
//! Everything comes through the commands of real life, in acts of up to 500 containers, over a year on a
//! clock of its own. Both counties have the same places and products; the large one has a hundred times
//! the containers at each, and a hundred times the postings.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use hazledger::app::{App, Done, Key, Principal};
use hazledger::domain::container::Identity;
use hazledger::domain::ids::{Generation, InstitutionId, Label, PlaceId, ProductId, Serial};
use hazledger::domain::institution::InstitutionKind;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::verb::{Claim, Lot, Move, Receive, Verb};
use serde_json::json;

use super::checkout::on_this_thread;
use super::figure::{at_most, quick, report};
use super::harness::client::{Client, fresh_key};
use super::harness::server::{Hospital, TestServer, identity};

const INSTITUTIONS: usize = 50;
const PLACES: usize = 20;
const PRODUCTS: usize = 10;
const MONTHS: usize = 12;
const MONTH_MS: i64 = 31 * 24 * 3600 * 1000;

/// Containers in the small county; as many postings to a container in both.
const SMALL: usize = INSTITUTIONS * PLACES * PRODUCTS;
const POSTINGS: usize = 10;

/// How often each question is asked.
const TIMES: usize = 200;

/// In how many parts of a month things move.
const PARTS: usize = 8;

/// Counties in the district of a city.
const REGIONS: [&str; 5] = ["220302", "220303", "220322", "220323", "220382"];

pub fn run() {
    let times = if quick() { 10 } else { 100 };
    for backend in ["SQLite", "PostgreSQL"] {
        let make = || match backend {
            "SQLite" => Some(TestServer::sqlite()),
            _ => TestServer::postgres(),
        };
        let (Some(small), Some(large)) = (make(), make()) else {
            report("county", json!({"skipped": "PostgreSQL is not installed"}));
            continue;
        };
        let small = County::fill(small, SMALL);
        let large = County::fill(large, SMALL * times);
        small.is_sound();
        for (name, path, limit) in questions() {
            let [few, many] = asked([&small, &large], path);
            let ms = |micros: u32| f64::from(micros) / 1000.0;
            at_most(
                &format!("{name}, {backend}"),
                f64::from(many.0) / f64::from(few.0),
                limit,
                json!({
                    "containers": SMALL * times, "postings": large.postings(),
                    "p50_ms": ms(many.0), "p99_ms": ms(many.1),
                    "against": format!("{SMALL} containers, {} postings", small.postings()),
                    "against_p50_ms": ms(few.0), "against_p99_ms": ms(few.1),
                }),
            );
        }
        large.is_sound();
    }
}

/// Name, path and how many times longer it may take in the large county: now and of a month that is over, and
/// at a past moment.
fn questions() -> Vec<(&'static str, &'static str, f64)> {
    let now = [
        ("map of a city by region", "storage-map?level=region"),
        (
            "map of a county by institution",
            "storage-map?level=institution&parent=220322",
        ),
        ("map of an institution", "storage-map?institution=7"),
        (
            "usage table of an institution-month",
            "usage-table?institution=7&from=2026-07-01&to=2026-07-31&limit=200",
        ),
        (
            "usage table of a city, a page",
            "usage-table?from=2026-07-01&to=2026-07-31&limit=200",
        ),
        ("counts of a city by institution", "counts?by=institution"),
        ("counts of a city by class", "counts?by=class"),
        ("counts of a city by substance", "counts?by=substance"),
        (
            "counts of a county by institution",
            "counts?by=institution&region=220322",
        ),
        ("counts of an institution", "counts?institution=7&by=class"),
    ];
    let past = [
        (
            "counts of a city at the end of a past month",
            "counts?by=institution&as_of=2026-08-31",
        ),
        (
            "map of a city at the end of a past month",
            "storage-map?level=region&as_of=2026-08-31",
        ),
        (
            "counts of a city at a past moment",
            "counts?by=institution&as_of=2026-08-17",
        ),
        (
            "counts of a county at a past moment",
            "counts?by=institution&region=220322&as_of=2026-08-17",
        ),
        (
            "counts of an institution at the end of a past month",
            "counts?institution=7&by=class&as_of=2026-08-31",
        ),
        (
            "counts of an institution at a past moment",
            "counts?institution=7&by=class&as_of=2026-08-17",
        ),
    ];
    let of = |limit: f64| move |(name, path): (&'static str, &'static str)| (name, path, limit);
    let now = now.into_iter().map(of(2.0));
    now.chain(past.into_iter().map(of(10.0))).collect()
}

/// A county with a bureau.
struct County {
    server: TestServer,
    bureau: Client,
}

impl County {
    fn fill(server: TestServer, containers: usize) -> Self {
        let began = Instant::now();
        let mut hospitals: Vec<Hospital> = vec![server.hospital()];
        hospitals.extend((1..INSTITUTIONS).map(|nth| {
            let region = REGIONS[nth % REGIONS.len()];
            let name = format!("第{nth}医院");
            // No faster than people may sign in from one address.
            server.pass(7_000);
            server.another(InstitutionKind::Hospital, &name, &uscc(nth), region)
        }));
        let bureau = officer(&server);
        let mut stores: Vec<Store> = hospitals
            .iter()
            .enumerate()
            .map(|(nth, hospital)| Store::of(hospital, nth))
            .collect();
        let each = containers / SMALL;
        let moved = containers / INSTITUTIONS * (POSTINGS - 2) / 2 / MONTHS / PARTS;
        on_this_thread(async {
            let app = server.app();
            for (store, hospital) in stores.iter_mut().zip(&hospitals) {
                let token = hospital.equipment.token.as_ref().unwrap();
                store.who = Some(app.principal(token).await.unwrap());
            }
            let mut stores: Vec<Rc<Store>> = stores.into_iter().map(Rc::new).collect();
            all(&mut stores, app, move |store, app| async move {
                store.receive(&app, each).await;
            })
            .await;
            for part in 0..MONTHS * PARTS {
                server.pass(MONTH_MS / PARTS as i64);
                all(&mut stores, app, move |store, app| async move {
                    store.shift(&app, part, each, moved).await;
                })
                .await;
            }
        });
        let filled = began.elapsed().as_secs_f64();
        let began = Instant::now();
        server.app().close_months().unwrap();
        if let Some(database) = &server.postgres {
            // As autovacuum does by itself, some time later.
            database.as_superuser("VACUUM ANALYZE");
        }
        let bureau = server.anonymous().sign_in_to(&bureau, "B001");
        let county = Self { server, bureau };
        let postings = county.postings();
        report(
            "a county is made",
            json!({
                "containers": containers, "postings": postings, "seconds": filled.round(),
                "postings_per_s": (postings as f64 / filled).round(),
                "months_closed_in_s": began.elapsed().as_secs(),
            }),
        );
        county
    }

    /// Everything in it is what its entries say.
    fn is_sound(&self) {
        let began = Instant::now();
        assert_eq!(self.server.verify().findings, vec![]);
        let seconds = began.elapsed().as_secs_f64();
        let postings = self.postings();
        report(
            "a county is verified",
            json!({
                "postings": postings, "seconds": seconds.round(),
                "postings_per_s": (postings as f64 / seconds).round(),
            }),
        );
    }

    fn postings(&self) -> i64 {
        self.server.number("SELECT COUNT(*) FROM posting")
    }

    /// How long one question takes, µs.
    fn ask(&self, path: &str) -> u32 {
        let sent = Instant::now();
        self.bureau.get(path).expect(200);
        u32::try_from(sent.elapsed().as_micros()).unwrap()
    }
}

/// Median and 99th percentile of each county, µs. They are asked in turns, so that whatever else the machine does
/// slows down both.
fn asked(counties: [&County; 2], path: &str) -> [(u32, u32); 2] {
    let path = format!("/api/v1/{path}");
    let mut micros = [Vec::new(), Vec::new()];
    for _ in 0..=TIMES {
        for (county, micros) in counties.iter().zip(&mut micros) {
            micros.push(county.ask(&path));
        }
    }
    micros.map(|mut micros| {
        // The first time nothing is prepared.
        micros.remove(0);
        micros.sort_unstable();
        (micros[TIMES / 2], micros[TIMES * 99 / 100])
    })
}

/// Founds the bureau of the city; its number. Its officer is B001.
fn officer(server: &TestServer) -> String {
    let bureau = server.another(InstitutionKind::Bureau, "市卫健局", &uscc(999), "220300");
    let administrator = &bureau.administrator;
    let own = administrator.get("/api/v1/sessions/current").expect(200);
    let institution = own.json["institution"].as_str().unwrap().to_owned();
    let officer =
        json!({"name": "马局长", "staff_number": "B001", "identity_number": identity(50)});
    let enrolled = administrator.post("/api/v1/people", officer).expect(201);
    let code = enrolled.json["code"].as_str().unwrap();
    server.anonymous().set_secret(&institution, "B001", code);
    let role = json!({"person": enrolled.json["person"], "role": "bureau"});
    administrator.post("/api/v1/appointments", role).expect(201);
    institution
}

/// One task for each institution, at the same time.
async fn all<F: Future<Output = ()> + 'static>(
    stores: &mut [Rc<Store>],
    app: &Arc<App>,
    work: impl Fn(Rc<Store>, Arc<App>) -> F,
) {
    let tasks: Vec<_> = stores
        .iter()
        .map(|store| tokio::task::spawn_local(work(store.clone(), app.clone())))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// The stock of an institution: so many containers of each product at each place, numbered in this order.
struct Store {
    institution: InstitutionId,
    places: Vec<PlaceId>,
    products: Vec<ProductId>,
    who: Option<Principal>,
}

impl Store {
    fn of(hospital: &Hospital, nth: usize) -> Self {
        let place = |number: usize| {
            let body = json!({"kind": "cabinet", "name": format!("试剂柜 {number}"),
                "longitude": format!("124.{:03}", 300 + nth), "latitude": format!("43.{:03}", 100 + number)});
            hospital.place(body).parse().unwrap()
        };
        let product = |number: usize| {
            let body = json!({"name": format!("缓冲液 {number}"), "dimension": "volume"});
            hospital.product(body).parse().unwrap()
        };
        Self {
            institution: InstitutionId::try_from(nth as i64 + 1).unwrap(),
            places: (0..PLACES).map(place).collect(),
            products: (0..PRODUCTS).map(product).collect(),
            who: None,
        }
    }

    async fn receive(&self, app: &App, each: usize) {
        for place in &self.places {
            for product in &self.products {
                let lot = Lot {
                    identity: Identity {
                        product: *product,
                        dimension: Dimension::Volume,
                        lot: None,
                        maker: None,
                        supplier: None,
                        expires_on: None,
                        sds: None,
                        tare_ug: None,
                        density: None,
                        parent: None,
                        came_from: None,
                        mixed: false,
                    },
                    count: each as u32,
                    each: Quantity::parse("500 mL").unwrap(),
                    place: *place,
                };
                let receive = Receive {
                    lot,
                    acceptors: Vec::new(),
                    permits: Default::default(),
                    order: None,
                    reason: String::new(),
                    claim: Claim::default(),
                };
                self.execute(app, receive).await;
            }
        }
    }

    /// Moves `count` containers, each group of one place to the next one.
    async fn shift(&self, app: &App, part: usize, each: usize, count: usize) {
        let group = each * PRODUCTS;
        for act in 0..count.div_ceil(group.min(500)) {
            // The containers that began at a place go round together, one place a time.
            let size = group.min(500);
            let slots = PLACES * group / size;
            let slot = (part * count.div_ceil(size) + act) % slots;
            let turn = (part * count.div_ceil(size) + act) / slots;
            let first = slot * size;
            let from = (first / group + turn) % PLACES;
            let label = |nth: usize| {
                let serial = Serial::try_from(nth as i64 + 1).unwrap();
                Label::new(self.institution, serial, Generation::MIN)
            };
            let to = self.places[(from + 1) % PLACES];
            let r#move = Move {
                labels: (first..first + size).map(label).collect(),
                to,
                reason: String::new(),
                claim: Claim::default(),
            };
            self.execute(app, r#move).await;
        }
    }

    async fn execute(&self, app: &App, verb: impl Verb + 'static) {
        let key = Key {
            key: fresh_key(),
            fingerprint: vec![7; 32],
        };
        let done = app.execute(
            self.who.as_ref().unwrap(),
            "5b1f7b2e-6f0c-4f3a-9a52-0a7c1d5e2b11",
            Some(key),
            Box::new(verb),
            |done: Done<'_>| done.entry.unwrap().1.seq.to_string(),
        );
        done.await.unwrap();
    }
}

/// A 统一社会信用代码 with its check character (GB 32100-2015).
fn uscc(nth: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("12220300{nth:09}");
    let mut weight = 1;
    let mut sum = 0;
    for character in body.bytes() {
        let value = ALPHABET.iter().position(|one| *one == character).unwrap();
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    format!("{body}{}", char::from(ALPHABET[(31 - sum % 31) % 31]))
}
