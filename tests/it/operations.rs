//! What whoever runs the server sees: metrics, logs, TLS.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hazledger::app::{App, AppError, Done, Principal};
use hazledger::domain::facts::Facts;
use hazledger::domain::people::Permission;
use hazledger::domain::refusal::Refusal;
use hazledger::domain::verb::{Context, Decision, Needs, Verb};
use hazledger::http::server::Serving;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::harness::on_both;
use crate::harness::process::Site;
use crate::harness::server::{Hospital, SECRET, TestServer, identity};

/// The value of the line that begins like this.
#[track_caller]
fn counted(metrics: &str, line: &str) -> f64 {
    let found = metrics.lines().find_map(|text| text.strip_prefix(line));
    let value = found.unwrap_or_else(|| panic!("no {line} in {metrics}"));
    value.trim().parse().unwrap()
}

fn metrics(server: &TestServer) -> String {
    server.anonymous().get("/metrics").expect(200).text
}

/// A command that breaks the thread that carries it out.
#[derive(Debug)]
struct Breaks;

/// Sends a command as somebody of the first institution.
async fn execute(app: Arc<App>, verb: impl Verb + 'static) -> Result<(), AppError> {
    let who = Principal {
        institution: 1.try_into().unwrap(),
        reads: 1.try_into().unwrap(),
        is_named: false,
        person: 1.try_into().unwrap(),
        name: String::new(),
        roles: Vec::new(),
        session: 0,
        terminal: String::new(),
    };
    let answer = |_: Done<'_>| String::new();
    app.execute(&who, "", None, Box::new(verb), answer)
        .await
        .map(drop)
}

impl Verb for Breaks {
    fn name(&self) -> &'static str {
        "breaks"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _: &Facts, _: &Context) -> Result<Decision, Refusal> {
        panic!("a defect")
    }
}

on_both! {
    fn a_server_whose_writer_is_gone_is_not_ready(server) {
        let hospital = server.hospital();
        server.anonymous().get("/health/ready").expect(200);
        let app = Arc::clone(server.app());
        let broken = actix_web::rt::System::new().block_on(execute(app, Breaks));
        assert!(broken.is_err());
        // The thread has answered before it is gone.
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.anonymous().get("/health/ready").status == 200 {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(10));
        }
        let answer = server.anonymous().get("/health/ready").refused(503, "not_ready");
        assert!(answer.json["detail"].as_str().unwrap().contains("writer"), "{}", answer.text);
        drop(hospital);
    }

    fn what_happens_is_counted_under_labels_of_closed_lists(server) {
        let hospital = server.hospital();
        hospital.ethanol();
        hospital.safety.get("/api/v1/containers/0001000000010077").refused(404, "label_unknown");
        let wrong = json!({"institution": "1", "staff_number": "E001", "secret": "000111"});
        server.anonymous().post("/api/v1/sessions", wrong).refused(401, "sign_in_refused");
        server.anonymous().get("/api/v1/9f8e7d").refused(404, "not_found");
        let text = metrics(server);
        let at = |line: &str| counted(&text, line);
        assert_eq!(at(r#"hazledger_commands_total{kind="receive",outcome="accepted"}"#), 1.0);
        assert_eq!(at(r#"hazledger_problems_total{code="label_unknown"}"#), 1.0);
        assert_eq!(at("hazledger_wrong_secrets_total"), 1.0);
        assert_eq!(at("hazledger_queue_length"), 0.0);
        assert!(at("hazledger_batch_commands_sum") >= at("hazledger_batch_commands_count"));
        assert_eq!(at(r#"hazledger_requests_seconds_count{route="/api/v1/containers/{label}",method="GET",status="4xx"}"#), 1.0);
        let states: f64 = ["running", "sound", "broken"].iter().map(|state| at(&format!("hazledger_verification{{state=\"{state}\"}}"))).sum();
        assert_eq!(states, 1.0);
        assert_eq!(at("hazledger_sqlite_wal_bytes") > 0.0, server.settings.database.is_sqlite());
        at("hazledger_signer_lag_ms");
        at(r#"hazledger_connections_in_use{pool="long"}"#);
        // Addresses are no labels: anybody could make as many as they like.
        assert!(!text.contains("9f8e7d") && !text.contains("0001000000010077"), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    fn metrics_are_for_this_machine_and_for_who_has_the_token(server) {
        let token = "a-token-of-somebody-who-watches";
        let proxied = |more: &[(&str, &str)]| {
            let headers = [&[("X-Forwarded-For", "192.0.2.7")], more].concat();
            server.anonymous().send_with("GET", "/metrics", &headers, None).unwrap()
        };
        proxied(&[]).refused(404, "not_found");
        proxied(&[("Authorization", "Bearer ")]).refused(404, "not_found");
        let serving = Serving { metrics_token: Some(token.to_owned()), workers: 1, ..Serving::default() };
        server.serve_as(serving);
        let proxied = |token: &str| {
            let headers = [("X-Forwarded-For", "192.0.2.7"), ("Authorization", token)];
            server.anonymous().send_with("GET", "/metrics", &headers, None).unwrap()
        };
        proxied(&format!("Bearer {token}")).expect(200);
        proxied("Bearer a-token-of-somebody-who-guesses").refused(404, "not_found");
    }

    fn the_founding_link_is_dead_after_the_founding(server) {
        let code = actix_web::rt::System::new().block_on(server.app().founding_code()).unwrap().unwrap();
        server.hospital();
        let again = json!({
            "code": code, "name": "四平市第二人民医院", "uscc": "12220300412756091A", "region": "220302", "kind": "hospital",
            "founders": [
                {"name": "赵一", "staff_number": "A001", "identity_number": identity(1), "roles": ["administrator"]},
                {"name": "赵二", "staff_number": "A002", "identity_number": identity(2), "roles": ["equipment"]},
                {"name": "赵三", "staff_number": "A003", "identity_number": identity(3), "roles": ["safety"]},
            ],
        });
        server.anonymous().post("/api/v1/institutions", again).refused(401, "code_refused");
    }
}

#[test]
fn the_log_names_requests_and_nobody_and_no_secret() {
    let site = Site::sqlite();
    let mut server = site.serve_with(&["--log-json"], &[("RUST_LOG", "trace")]);
    let code = server.code.take().unwrap();
    let hospital = Hospital::found(&server.anonymous(), &code);
    let (_, labels) = hospital.ethanol();
    hospital
        .safety
        .get("/api/v1/search?q=yichun&limit=7")
        .expect(200);
    let wrong = json!({"institution": "1", "staff_number": "E001", "secret": "739120"});
    server
        .anonymous()
        .post("/api/v1/sessions", wrong)
        .refused(401, "sign_in_refused");
    let take = json!({"label": labels[0], "amount": {"value": "9000", "unit": "mL"}});
    hospital
        .safety
        .post("/api/v1/checkouts", take)
        .refused(422, "not_enough");
    server.kill();
    let log = fs::read_to_string(site.folder().join("log")).unwrap();
    let token = hospital.safety.token.as_deref().unwrap();
    for hidden in [
        SECRET,
        "739120",
        token,
        &code,
        "林建国",
        "周敏",
        "220302198001010013",
        "yichun",
    ] {
        // Six digits may well stand in the microseconds of a line, which begins with its time.
        let said = |line: &&str| {
            line.split_once(',')
                .is_some_and(|(_, said)| said.contains(hidden))
        };
        let line = log.lines().find(said);
        assert_eq!(line, None, "{hidden}");
    }
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line));
    let answered: Vec<Value> = lines
        .filter(|line| line["fields"]["message"] == "answered")
        .collect();
    let checkout = answered
        .iter()
        .find(|line| line["span"]["route"] == "/api/v1/checkouts");
    let span = &checkout.unwrap()["span"];
    assert_eq!(
        (
            &span["method"],
            &span["status"],
            &span["institution"],
            &span["person"]
        ),
        (&json!("POST"), &json!(422), &json!(1), &json!(3))
    );
    assert!(
        span["duration_us"].is_number() || span["duration_us"].is_string(),
        "{span}"
    );
    assert_eq!(span["request_id"].as_str().unwrap().len(), 36);
}

/// A certificate for 127.0.0.1 and its key, made here; nothing when there is no program to make them.
fn certificate(site: &Site) -> Option<[std::path::PathBuf; 2]> {
    let files = ["cert.pem", "key.pem"].map(|name| site.folder().join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
        .args([
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-subj",
            "/CN=hazledger test",
        ])
        .args([
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args([
            "-out",
            files[0].to_str().unwrap(),
            "-keyout",
            files[1].to_str().unwrap(),
        ])
        .output();
    match made {
        Ok(made) => {
            assert!(made.status.success(), "{made:?}");
            Some(files)
        }
        Err(_) if std::env::var_os("REQUIRE_ALL").is_some() => panic!("openssl is not installed"),
        Err(_) => {
            eprintln!("SKIPPED: openssl is not installed");
            None
        }
    }
}

#[test]
fn with_a_certificate_everything_is_encrypted_and_cookies_stay_so() {
    let site = Site::sqlite();
    let Some([cert, key]) = certificate(&site) else {
        return;
    };
    let arguments = [
        "--tls-cert",
        cert.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let server = site.serve_with(&arguments, &[]);
    let address = server.base.strip_prefix("https://").unwrap();
    let mut trusted = RootCertStore::empty();
    trusted
        .add(CertificateDer::from_pem_file(&cert).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let config = Arc::new(config);
    let ask = |request: &str, body: &str| {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let tls = ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut stream = StreamOwned::new(tls, TcpStream::connect(address).unwrap());
        let length = body.len();
        write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = Vec::new();
        // The server may close without saying so.
        let _closed = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    };
    let live = ask("GET /health/live", "");
    assert!(live.starts_with("HTTP/1.1 200"), "{live}");
    assert!(
        live.to_lowercase()
            .contains("strict-transport-security: max-age="),
        "{live}"
    );
    let founders = json!([
        {"name": "林建国", "staff_number": "A001", "identity_number": "220302198001010013", "roles": ["administrator"]},
        {"name": "周敏", "staff_number": "E001", "identity_number": "220302198503150024", "roles": ["equipment"]},
        {"name": "陈安", "staff_number": "S001", "identity_number": "220302199007040031", "roles": ["safety"]},
    ]);
    let founded = ask("POST /api/v1/institutions", &json!({
        "code": server.code, "name": "四平市中心人民医院", "uscc": "122203004127560907", "region": "220302",
        "kind": "hospital", "founders": founders,
    }).to_string());
    let founded: Value =
        serde_json::from_str(founded.split("\r\n\r\n").nth(1).unwrap()).expect(&founded);
    let code = &founded["codes"][0]["code"];
    let set = json!({"institution": "1", "staff_number": "A001", "code": code, "secret": SECRET});
    assert!(ask("POST /api/v1/secrets", &set.to_string()).starts_with("HTTP/1.1 204"));
    let sign_in = json!({"institution": "1", "staff_number": "A001", "secret": SECRET});
    let session = ask("POST /api/v1/sessions", &sign_in.to_string());
    let cookie = session
        .lines()
        .find(|line| line.to_lowercase().starts_with("set-cookie"))
        .expect(&session);
    assert!(
        ["Secure", "HttpOnly", "SameSite=Strict"]
            .iter()
            .all(|word| cookie.contains(word)),
        "{cookie}"
    );
    // Somebody who speaks no TLS gets nothing.
    let mut plain = TcpStream::connect(address).unwrap();
    plain
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    plain
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _closed = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn without_a_certificate_the_network_is_not_listened_to() {
    let site = Site::sqlite();
    let said = site.refuses_to_serve_with(&["--listen", "0.0.0.0:0"]);
    assert!(
        said.contains("--tls-cert") && said.contains("--insecure-lan"),
        "{said}"
    );
}
