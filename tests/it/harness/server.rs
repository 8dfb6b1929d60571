//! A real server on a free port, with a hospital in it.

use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hazledger::app::{App, FounderForm, FoundingForm, Settings, Threads, verify_database};
use hazledger::auth::keys::Keys;
use hazledger::auth::secret::Cost;
use hazledger::domain::institution::{InstitutionKind, Origin};
use hazledger::domain::people::Role;
use hazledger::domain::time::Time;
use hazledger::http::server::{self, Serving};
use hazledger::store::Database;
use hazledger::store::migrate::migrate;
use hazledger::store::verify::Report;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::cluster::{self, cluster};

/// The first moment of every test: 2026-06-01 08:00 in China.
pub const START: &str = "2026-06-01T00:00:00.000Z";

/// The secret that everybody has in tests.
pub const SECRET: &str = "284917";

/// The three first persons: name, staff number, identity number, roles.
pub const FOUNDERS: [(&str, &str, &str, &[&str]); 3] = [
    ("林建国", "A001", "220302198001010013", &["administrator"]),
    ("周敏", "E001", "220302198503150024", &["equipment"]),
    ("陈安", "S001", "220302199007040031", &["safety", "staff"]),
];

/// A server of one test.
pub struct TestServer {
    pub settings: Settings,
    pub base: String,
    clock: Arc<AtomicI64>,
    handle: Option<ServerHandle>,
    thread: Option<JoinHandle<()>>,
    app: Option<Arc<App>>,
    threads: Option<Threads>,
    _folder: TempDir,
    pub postgres: Option<cluster::Database>,
}

impl TestServer {
    /// On SQLite.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let database = Database::Sqlite(folder.path().join("ledger.sqlite"));
        Self::start(folder, database, None)
    }

    /// On PostgreSQL, or nothing when there is none here.
    pub fn postgres() -> Option<Self> {
        let made = cluster()?.fresh_from("schema", |fresh| {
            migrate(
                &Database::Postgres(fresh.owner_url.clone()),
                Some(cluster::APP),
            )
            .unwrap();
        });
        let folder = TempDir::new().unwrap();
        let database = Database::Postgres(made.app_url.clone());
        Some(Self::start(folder, database, Some(made)))
    }

    fn start(folder: TempDir, database: Database, postgres: Option<cluster::Database>) -> Self {
        let clock = Arc::new(AtomicI64::new(START.parse::<Time>().unwrap().millis()));
        let ticking = Arc::clone(&clock);
        let settings = Settings {
            create: database.is_sqlite(),
            deliver: true,
            database,
            data: folder.path().to_owned(),
            name: "test.example".to_owned(),
            clock: Arc::new(move || Time::from_millis(ticking.load(Ordering::Relaxed))),
            // Servers that run as a process of their own hash dearly.
            secrets: Cost::Public,
        };
        Keys::open(&settings.data.join("keys"), true).unwrap();
        let mut server = Self {
            settings,
            base: String::new(),
            clock,
            handle: None,
            thread: None,
            app: None,
            threads: None,
            _folder: folder,
            postgres,
        };
        server.open(two_workers());
        server
    }

    fn open(&mut self, serving: Serving) {
        let (app, threads) = App::start(&self.settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.base = format!("http://{}", listener.local_addr().unwrap());
        let (send, receive) = mpsc::channel();
        let served = Arc::clone(&app);
        self.thread = Some(std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::serve(&served, listener, serving).unwrap();
                send.send(server.handle()).unwrap();
                drop(served);
                server.await.unwrap();
            });
        }));
        self.handle = Some(receive.recv().unwrap());
        self.app = Some(app);
        self.threads = Some(threads);
    }

    /// Stops the server; everything accepted is written and signed.
    pub fn stop(&mut self) {
        if let Some(handle) = self.handle.take() {
            drop(handle.stop(false));
            self.thread.take().unwrap().join().unwrap();
            self.app = None;
            self.threads.take().unwrap().join();
        }
    }

    /// Starts again on the same data.
    pub fn restart(&mut self) {
        self.serve_as(two_workers());
    }

    /// Starts again on the same data, answering in another way.
    pub fn serve_as(&mut self, serving: Serving) {
        self.stop();
        self.open(serving);
    }

    pub fn app(&self) -> &Arc<App> {
        self.app.as_ref().unwrap()
    }

    /// Lets time pass.
    pub fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Runs statements as somebody who has the whole database in hand: the file, or the superuser.
    /// Triggers are out of the way for them; the server must be stopped.
    pub fn tamper(&self, sql: &str) {
        match (&self.settings.database, &self.postgres) {
            (Database::Sqlite(path), _) => tamper_file(path, sql),
            (Database::Postgres(_), Some(database)) => {
                let switch = |how: &str| {
                    let each = "SELECT string_agg(format('ALTER TABLE %s HOW TRIGGER %I', tgrelid::regclass, \
                        tgname), '; ') FROM pg_trigger WHERE NOT tgisinternal";
                    database.as_superuser(&each.replace("HOW", how))
                };
                database.as_superuser(&format!(
                    "{}; {sql}; {}",
                    switch("DISABLE"),
                    switch("ENABLE ALWAYS")
                ));
            }
            (Database::Postgres(_), None) => panic!("a PostgreSQL test without its database"),
        }
    }

    /// Why the program does not start on the database as it is; the server must be stopped.
    #[track_caller]
    pub fn start_error(&self) -> String {
        match App::start(&self.settings) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it started"),
        }
    }

    /// A copy of the database as it is; the server must be stopped.
    pub fn copy(&self) -> Copy {
        match (&self.settings.database, &self.postgres) {
            (Database::Sqlite(path), _) => {
                let copy = path.with_file_name("copy.sqlite");
                std::fs::copy(path, &copy).unwrap();
                Copy {
                    database: Database::Sqlite(copy),
                    postgres: None,
                }
            }
            (Database::Postgres(_), postgres) => {
                let copy = postgres.as_ref().unwrap().copy();
                Copy {
                    database: Database::Postgres(copy.app_url.clone()),
                    postgres: Some(copy),
                }
            }
        }
    }

    /// Goes on with a copy in the place of the database; keys and kept heads stay.
    pub fn restore(&mut self, copy: Copy) {
        self.stop();
        self.settings.database = copy.database;
        self.postgres = copy.postgres;
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        Client {
            base: self.base.clone(),
            token: None,
        }
    }

    /// Runs `verify` on the database as it is.
    pub fn verify(&self) -> Report {
        verify_database(&self.settings, &mut |_| {}).unwrap()
    }

    /// Nothing is wrong in the database.
    #[track_caller]
    pub fn assert_sound(&self) {
        assert_eq!(self.verify().findings, vec![]);
    }

    /// A whole number out of the database.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        match (&self.settings.database, &self.postgres) {
            (Database::Sqlite(path), _) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                let found: Number = sql_query(format!("SELECT ({sql}) AS number"))
                    .get_result(&mut conn)
                    .unwrap();
                found.number
            }
            (Database::Postgres(_), Some(database)) => database.as_superuser(sql).parse().unwrap(),
            (Database::Postgres(_), None) => panic!("a PostgreSQL test without its database"),
        }
    }

    /// How many ledger entries say this, word for word in canonical JSON.
    pub fn entries_saying(&self, json: &str) -> i64 {
        let bytes = if self.settings.database.is_sqlite() {
            "CAST(bytes AS TEXT)"
        } else {
            "convert_from(bytes, 'UTF8')"
        };
        self.number(&format!(
            "SELECT COUNT(*) FROM entry WHERE log = 0 AND {bytes} LIKE '%{json}%'"
        ))
    }

    /// Nothing is wrong in the database, and what was received and neither disposed of nor lost on the road is
    /// in containers, with people or used up, to the last unit; answers these three.
    #[track_caller]
    pub fn assert_balanced(&self) -> [i64; 3] {
        self.assert_sound();
        let sum = |of: &str| self.number(&format!("SELECT COALESCE(SUM(amount), 0) FROM {of}"));
        let found = [
            sum("standing"),
            sum("holding"),
            sum("posting WHERE account = 'consumed'"),
        ];
        let received = -sum("posting WHERE account IN \
            ('supplier', 'opening', 'disposed', 'peer', 'lost', 'variance', 'vessel')");
        assert_eq!(
            found.iter().sum::<i64>(),
            received,
            "in containers, held, consumed: {found:?}"
        );
        found
    }

    /// Founds a hospital and signs its three first persons in.
    pub fn hospital(&self) -> Hospital {
        let code = actix_web::rt::System::new()
            .block_on(self.app().founding_code())
            .unwrap()
            .unwrap();
        Hospital::found(&self.anonymous(), &code)
    }

    /// Founds another hospital.
    pub fn second_hospital(&self) -> Hospital {
        let (name, uscc) = ("四平市第二人民医院", "12220300412756091A");
        self.another(InstitutionKind::Hospital, name, uscc, "220302")
    }

    /// Founds another institution, as somebody at the server does, with three persons of the same names who are
    /// not the same persons.
    pub fn another(&self, kind: InstitutionKind, name: &str, uscc: &str, region: &str) -> Hospital {
        let own = 500 + uscc.bytes().map(u32::from).sum::<u32>() % 160 * 3;
        let mut nth = own..;
        let form = FoundingForm {
            name: name.to_owned(),
            uscc: uscc.parse().unwrap(),
            region: region.parse().unwrap(),
            kind,
            founders: FOUNDERS
                .map(|(name, staff_number, _, roles)| FounderForm {
                    name: name.to_owned(),
                    staff_number: staff_number.to_owned(),
                    identity: identity(nth.next().unwrap()).parse().unwrap(),
                    roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
                })
                .into(),
        };
        let founded = actix_web::rt::System::new()
            .block_on(self.app().found_as(form, Origin::Live, ""))
            .unwrap();
        let codes = founded.codes.iter();
        Hospital::begin(
            &self.anonymous(),
            &founded.institution.to_string(),
            codes.map(|(staff_number, code)| (staff_number.as_str(), code.as_str())),
        )
    }

    /// Sets [`SECRET`] with a one-time code.
    pub fn set_secret(&self, institution: &str, staff_number: &str, code: &str) {
        self.anonymous().set_secret(institution, staff_number, code);
    }

    /// The audit log of an institution: what every line says was done.
    pub fn audit(&self, institution: i64) -> Vec<Value> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Binary)]
            bytes: Vec<u8>,
        }
        let sql = format!(
            "SELECT bytes FROM entry WHERE institution_id = {institution} AND log = 1 ORDER BY seq"
        );
        let lines: Vec<Line> = match &self.settings.database {
            Database::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                sql_query(sql).load(&mut conn).unwrap()
            }
            Database::Postgres(url) => {
                let mut conn = PgConnection::establish(url).unwrap();
                sql_query(sql).load(&mut conn).unwrap()
            }
        };
        lines
            .iter()
            .map(|line| serde_json::from_slice(&line.bytes).unwrap())
            .collect()
    }

    /// Signs somebody in with [`SECRET`].
    pub fn sign_in(&self, staff_number: &str) -> Client {
        self.anonymous().sign_in(staff_number)
    }
}

fn two_workers() -> Serving {
    Serving {
        workers: 2,
        ..Serving::default()
    }
}

/// A copy of a database.
pub struct Copy {
    pub database: Database,
    pub postgres: Option<cluster::Database>,
}

/// The triggers are dropped for the statements and put back after them.
fn tamper_file(path: &Path, sql: &str) {
    #[derive(QueryableByName)]
    struct Trigger {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        sql: String,
    }
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let triggers: Vec<Trigger> =
        sql_query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .load(&mut conn)
            .unwrap();
    for trigger in &triggers {
        conn.batch_execute(&format!("DROP TRIGGER {}", trigger.name))
            .unwrap();
    }
    conn.batch_execute(sql).unwrap();
    for trigger in &triggers {
        conn.batch_execute(&trigger.sql).unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The first people of a hospital, signed in.
pub struct Hospital {
    pub administrator: Client,
    pub equipment: Client,
    pub safety: Client,
}

impl Hospital {
    /// Founds a hospital with the code of the link and signs its three first persons in.
    pub fn found(anonymous: &Client, code: &str) -> Self {
        let founders = FOUNDERS.map(|(name, staff_number, identity_number, roles)| {
            json!({"name": name, "staff_number": staff_number, "identity_number": identity_number, "roles": roles})
        });
        let founded = anonymous
            .post("/api/v1/institutions", json!({
                "code": code, "name": "四平市中心人民医院", "uscc": "122203004127560907", "region": "220302",
                "kind": "hospital", "founders": founders,
            }))
            .expect(201);
        let codes = founded.json["codes"].as_array().unwrap().iter();
        let text = |line: &'_ Value, name: &str| line[name].as_str().unwrap().to_owned();
        let codes: Vec<_> = codes
            .map(|line| (text(line, "staff_number"), text(line, "code")))
            .collect();
        let codes = codes.iter();
        Self::begin(
            anonymous,
            founded.json["institution"].as_str().unwrap(),
            codes.map(|(staff_number, code)| (staff_number.as_str(), code.as_str())),
        )
    }

    /// The founders set their secrets and sign in.
    pub fn begin<'c>(
        anonymous: &Client,
        institution: &str,
        codes: impl Iterator<Item = (&'c str, &'c str)>,
    ) -> Self {
        let clients: Vec<Client> = codes
            .map(|(staff_number, code)| {
                anonymous.set_secret(institution, staff_number, code);
                anonymous.sign_in_to(institution, staff_number)
            })
            .collect();
        let [administrator, equipment, safety] = clients.try_into().ok().unwrap();
        Self {
            administrator,
            equipment,
            safety,
        }
    }

    /// Makes a place and answers its number.
    pub fn place(&self, body: Value) -> String {
        self.equipment.post("/api/v1/places", body).expect(201).json["place"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Enrols somebody who sets [`SECRET`], and answers the number; `nth` makes the identity.
    pub fn enrol(&self, server: &TestServer, staff_number: &str, nth: u32) -> String {
        let enrolled = self
            .administrator
            .post("/api/v1/people", json!({
                "name": format!("职工{nth}"), "staff_number": staff_number, "identity_number": identity(nth),
            }))
            .expect(201);
        server.set_secret("1", staff_number, enrolled.json["code"].as_str().unwrap());
        enrolled.json["person"].as_str().unwrap().to_owned()
    }

    /// Appoints somebody for the whole institution and answers the appointment.
    pub fn appoint(&self, person: &str, role: &str) -> String {
        let confirms = role.parse::<Role>().unwrap().may_confirm();
        let second = confirms.then(|| json!({"staff_number": "S001", "secret": SECRET}));
        let answer = self
            .administrator
            .post(
                "/api/v1/appointments",
                json!({"person": person, "role": role, "second": second}),
            )
            .expect(201);
        answer.json["appointment"].as_str().unwrap().to_owned()
    }

    /// Makes a product, identifies it where no list knows it, and answers its number.
    pub fn product(&self, body: Value) -> String {
        let made = self.equipment.post("/api/v1/products", body).expect(201);
        let product = made.json["product"].as_str().unwrap().to_owned();
        if made.json["classes"].to_string().contains("unidentified") {
            self.equipment
                .post(
                    &format!("/api/v1/products/{product}/identifications"),
                    json!({"document": "SDS", "hazardous": false}),
                )
                .expect(201);
        }
        product
    }

    /// A room with five bottles of ethanol, 500 mL each: the labels.
    pub fn ethanol(&self) -> (String, Vec<String>) {
        let room = self.place(json!({"kind": "room", "name": "试剂库"}));
        let product = self.product(
            json!({"name": "乙醇", "qualifier": "无水", "cas": "64-17-5", "dimension": "volume"}),
        );
        let received = self
            .equipment
            .post("/api/v1/receipts", json!({
                "product": product, "count": 5, "each": {"value": "500", "unit": "mL"}, "place": room,
                "lot": "20260501", "expires_on": "2028-05-01",
            }))
            .expect(201);
        let labels = received.json["labels"].as_array().unwrap();
        (
            room,
            labels
                .iter()
                .map(|label| label.as_str().unwrap().to_owned())
                .collect(),
        )
    }
}

/// A valid identity number that nobody else in a test has.
pub fn identity(nth: u32) -> String {
    let body = format!("22030219910101{nth:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .chars()
        .zip(weights)
        .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
        .sum();
    format!(
        "{body}{}",
        ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize]
    )
}
