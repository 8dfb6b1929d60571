//! A hospital with much in it.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;

use super::harness::client::Client;
use super::harness::server::{Hospital, TestServer};

/// How many bottles.
pub const BOTTLES: usize = 100_000;

/// The SQLite ledger that several figures are taken of, one after the other.
pub struct Ledger {
    pub server: TestServer,
    pub stock: Rc<Stock>,
}

impl Ledger {
    pub fn fill() -> Self {
        let server = TestServer::sqlite();
        let stock = Rc::new(Stock::fill(&server, BOTTLES));
        Self { server, stock }
    }
}

/// Receipts of 500 bottles until there are `count`.
pub struct Stock {
    /// The labels, 16 digits each.
    pub labels: Vec<String>,
    /// Its people.
    pub hospital: Hospital,
}

impl Stock {
    /// Fills a server in which nobody has been founded.
    pub fn fill(server: &TestServer, count: usize) -> Self {
        let hospital = server.hospital();
        let places: Vec<String> = (0..20)
            .map(|number| {
                hospital.place(json!({"kind": "cabinet", "name": format!("试剂柜 {number}")}))
            })
            .collect();
        let products: Vec<String> = (0..10)
            .map(|number| {
                let name = format!("缓冲液 {number}");
                hospital.product(json!({"name": name, "dimension": "volume"}))
            })
            .collect();
        let mut labels = Vec::with_capacity(count);
        for act in 0..count / 500 {
            let received = hospital
                .equipment
                .post(
                    "/api/v1/receipts",
                    json!({
                        "product": products[act % products.len()], "place": places[act % places.len()],
                        "count": 500, "each": {"value": "500", "unit": "mL"}, "lot": "20260501",
                        "expires_on": "2028-05-01",
                    }),
                )
                .expect(201);
            let given = received.json["labels"].as_array().unwrap();
            labels.extend(given.iter().map(|label| label.as_str().unwrap().to_owned()));
        }
        Self { labels, hospital }
    }

    /// A member of staff, who may scan and check out.
    pub fn staff(&self) -> &Client {
        &self.hospital.safety
    }

    /// A label picked at random.
    pub fn any(&self, chance: &Chance) -> &str {
        &self.labels[chance.below(self.labels.len())]
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
#[derive(Clone)]
pub struct Chance(Rc<Cell<u64>>);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(Rc::new(Cell::new(seed)))
    }

    pub fn below(&self, bound: usize) -> usize {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}
