//! Bad input of every kind is answered as a problem, and takes no more than it is given.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hazledger::http::server::Serving;
use serde_json::{Value, json};

use crate::harness::client::{Answer, fresh_key};
use crate::harness::on_both;
use crate::harness::server::TestServer;

/// Sends bytes as they are and reads until the server closes.
fn raw(server: &TestServer, sent: &[u8]) -> String {
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    // The server may close before everything is sent.
    let _sent = stream.write_all(sent);
    let mut answer = Vec::new();
    let _closed = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A POST to the desk where anybody may: its headers end here.
fn head(more: &str) -> String {
    format!("POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n")
}

/// The status and the code of a raw answer, which must be a problem.
#[track_caller]
fn problem(answer: &str) -> (u16, String) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    assert!(head.contains("application/problem+json"), "{head}");
    let begin = body.find('{').expect(answer);
    let end = body.rfind('}').expect(answer);
    let json: Value = serde_json::from_str(&body[begin..=end]).expect(body);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(json["status"], status);
    (status, json["code"].as_str().unwrap().to_owned())
}

#[track_caller]
fn is_problem(answer: Answer, status: u16, code: &str) {
    assert_eq!(answer.header("Content-Type"), "application/problem+json");
    assert!(answer.json["request_id"].is_string(), "{}", answer.text);
    answer.refused(status, code);
}

on_both! {
    fn what_is_no_route_and_no_method_of_one_is_a_problem(server) {
        let anonymous = server.anonymous();
        is_problem(anonymous.get("/api/v1/nothing"), 404, "not_found");
        is_problem(anonymous.get("/"), 404, "not_found");
        is_problem(anonymous.get("/api/docs/nothing.js"), 404, "not_found");
        is_problem(anonymous.send("PATCH", "/api/v1/checkouts", None, Some("{}".to_owned())), 405, "method_not_allowed");
        let answer = anonymous.send("PATCH", "/api/v1/people", None, None);
        assert_eq!(answer.header("Allow"), "GET, POST");
        is_problem(anonymous.send("DELETE", "/api/v1/people/1", None, None), 405, "method_not_allowed");
    }

    fn a_body_of_another_kind_is_a_problem(server) {
        let hospital = server.hospital();
        let send = |kind: &'static str, body: &str| {
            let key = fresh_key();
            let headers = [("Content-Type", kind), ("Idempotency-Key", &*key)];
            hospital.equipment.send_with("POST", "/api/v1/places", &headers, Some(body.to_owned())).unwrap()
        };
        let room = r#"{"kind": "room", "name": "试剂库"}"#;
        is_problem(send("text/xml", room), 415, "content_type_unsupported");
        is_problem(send("multipart/form-data; boundary=x", room), 415, "content_type_unsupported");
        send("application/json; charset=utf-8", room).expect(201);
        // What `curl -d` says of everything.
        send("application/x-www-form-urlencoded", room).expect(201);
        is_problem(send("application/json", "[1]"), 400, "body_not_json");
        is_problem(send("application/json", "\u{0}"), 400, "body_not_json");
        is_problem(hospital.equipment.get("/api/v1/people?limit=%FF"), 422, "fields_invalid");
        is_problem(hospital.equipment.get("/api/v1/entries/%FF"), 404, "not_found");
    }

    fn a_body_beyond_a_mebibyte_is_refused_without_being_kept(server) {
        let hospital = server.hospital();
        let name = "x".repeat(1024 * 1024);
        let answer = hospital.equipment.post("/api/v1/places", json!({"kind": "room", "name": name}));
        is_problem(answer, 413, "body_too_large");
        // Two gigabytes are announced, and never read.
        let answer = raw(server, head("Content-Length: 2147483648\r\nContent-Type: application/json\r\n").as_bytes());
        assert_eq!(problem(&answer), (413, "body_too_large".to_owned()));
        // Nothing is announced, and it goes on and on.
        let mut sent = head("Transfer-Encoding: chunked\r\n").into_bytes();
        for _ in 0..20 {
            sent.extend_from_slice(b"10000\r\n");
            sent.extend_from_slice(&[b'x'; 0x1_0000]);
            sent.extend_from_slice(b"\r\n");
        }
        assert_eq!(problem(&raw(server, &sent)), (413, "body_too_large".to_owned()));
    }

    fn a_body_that_does_not_come_is_not_waited_for(server) {
        server.serve_as(Serving { body_time: Duration::from_millis(100), workers: 1, ..Serving::default() });
        let answer = raw(server, head("Content-Length: 10\r\n").as_bytes());
        assert_eq!(problem(&answer), (408, "body_too_slow".to_owned()));
    }

    fn three_hundred_bodies_that_do_not_come_hold_nobody_up(server) {
        server.serve_as(Serving { body_time: Duration::from_millis(300), workers: 1, ..Serving::default() });
        let address = server.base.strip_prefix("http://").unwrap();
        let mut stalled: Vec<TcpStream> = (0..300).map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(head("Content-Length: 10\r\n").as_bytes()).unwrap();
            stream.write_all(b"{").unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            stream
        }).collect();
        server.anonymous().get("/health/live").expect(200);
        // Each is answered and closed, so that none keeps its socket.
        for stream in &mut stalled {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(problem(&answer), (408, "body_too_slow".to_owned()));
        }
    }

    fn a_sheet_that_does_not_come_is_not_waited_for(server) {
        let token = server.hospital().equipment.token.unwrap();
        server.serve_as(Serving { body_time: Duration::from_millis(20), workers: 1, ..Serving::default() });
        let sent = format!(
            "POST /api/v1/imports HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x\r\n"
        );
        assert_eq!(problem(&raw(server, sent.as_bytes())), (408, "body_too_slow".to_owned()));
    }

    fn what_is_somebodys_own_is_kept_nowhere(server) {
        let hospital = server.hospital();
        for path in ["/api/v1/sessions/current", "/api/v1/people", "/api/v1/nothing"] {
            let answer = hospital.administrator.get(path);
            assert_eq!((answer.header("Cache-Control"), answer.header("X-Content-Type-Options")), ("no-store", "nosniff"), "{path}");
        }
        let wrong = json!({"institution": "1", "staff_number": "E001", "secret": "000111"});
        let refused = server.anonymous().post("/api/v1/sessions", wrong).refused(401, "sign_in_refused");
        assert_eq!(refused.header("Cache-Control"), "no-store");
        // What is asked for again with its tag says so.
        assert_eq!(hospital.safety.get("/api/v1/storage-map").header("Cache-Control"), "private, no-cache");
    }

    fn only_a_trusted_proxy_says_where_a_request_comes_from(server) {
        let take = |server: &TestServer, label: &str, from: &str| {
            let key = fresh_key();
            let headers = [("Idempotency-Key", &*key), ("X-Forwarded-For", from)];
            let body = json!({"label": label, "whole": true}).to_string();
            let safety = server.sign_in("S001");
            safety.send_with("POST", "/api/v1/checkouts", &headers, Some(body)).unwrap().expect(201);
        };
        let (_, labels) = server.hospital().ethanol();
        take(server, &labels[0], "192.0.2.1, 192.0.2.2");
        assert_eq!(server.entries_saying(r#""terminal":"192.0.2.2""#), 0);
        let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        server.serve_as(Serving { trusted_proxies, workers: 1, ..Serving::default() });
        take(server, &labels[1], "192.0.2.1, 192.0.2.2");
        assert_eq!(server.entries_saying(r#""terminal":"192.0.2.2""#), 1);
        take(server, &labels[2], "nobody");
        assert_eq!(server.entries_saying(r#""terminal":"nobody""#), 0);
    }

    fn every_answer_tells_browsers_what_not_to_do(server) {
        let anonymous = server.anonymous();
        for path in ["/health/live", "/api/v1/nothing", "/api/v1/people", "/api/docs/"] {
            let answer = anonymous.get(path);
            assert_eq!(answer.header("X-Content-Type-Options"), "nosniff", "{path}");
            let policy = answer.header("Content-Security-Policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            // Not without TLS: the name would be lost to everything else on this machine.
            assert_eq!(answer.header("Strict-Transport-Security"), "", "{path}");
        }
    }
}
