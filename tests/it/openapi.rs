//! The OpenAPI document: it says what the program does, all of it, and its pages need no internet.
//!
//! `harness::conformance` holds every answer of every test against it besides.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hazledger::domain::refusal::Refusal;
use hazledger::http::problem::Problem;
use hazledger::http::{Access, ROUTES, api::document};
use hazledger::import::FileError;
use serde_json::Value;

use crate::harness::on_both;

/// Method, path below `/api/v1` and operation of everything in the document.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        let path = path.strip_prefix("/api/v1").unwrap();
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_uppercase(), path.to_owned(), operation))
    });
    each.collect()
}

#[test]
fn every_route_is_in_the_document_and_the_reverse() {
    let document = document();
    let documented: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let routes = ROUTES.iter();
    let routes = routes.map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(documented, routes.collect());
}

#[test]
fn the_document_is_what_it_was() {
    insta::assert_json_snapshot!("openapi", document());
}

#[test]
fn every_problem_code_stands_in_the_document() {
    let document = document();
    let responses = document["components"]["responses"].as_object().unwrap();
    let codes: BTreeSet<&str> = responses
        .values()
        .flat_map(|response| {
            let parts = &response["content"]["application/problem+json"]["schema"]["allOf"];
            parts[1]["properties"]["code"]["enum"].as_array().unwrap()
        })
        .map(|code| code.as_str().unwrap())
        .collect();
    let refusals = Refusal::CODES.iter().map(|(code, _)| *code);
    let plain = Problem::PLAIN.into_iter().map(|problem| problem.code());
    let files = FileError::ALL;
    let files = files.iter().map(FileError::code);
    assert_eq!(codes, refusals.chain(plain).chain(files).collect());
}

#[test]
fn every_operation_is_explained_and_named_once() {
    let document = document();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{method} {path} is not explained");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let found = document.pointer(reference.strip_prefix('#').unwrap());
                    assert!(found.is_some(), "{reference}");
                }
                object.values().for_each(|value| walk(document, value));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

/// Method, path and text of every handler in the sources of `http`.
fn handlers() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut handlers = Vec::new();
    for file in files.filter(|file| file.is_file()) {
        let text = fs::read_to_string(file).unwrap();
        for method in ["get", "post", "put", "delete"] {
            for part in text.split(&format!("#[{method}(\"")).skip(1) {
                let (path, rest) = part.split_once('"').unwrap();
                let text = rest.split("\n}\n").next().unwrap();
                handlers.push((method.to_uppercase(), path.to_owned(), text.to_owned()));
            }
        }
    }
    handlers
}

/// What stands in angle brackets after a word.
fn inside<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    Some(text.split_once(&format!("{word}<"))?.1.split_once('>')?.0)
}

#[test]
fn what_a_handler_reads_and_needs_is_what_the_document_says() {
    let document = document();
    let handlers = handlers();
    for (method, path, operation) in operations(&document) {
        let case = format!("{method} {path}");
        let handler = handlers.iter().find(|(m, p, _)| (m, p) == (&method, &path));
        let (_, _, text) = handler.unwrap();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let body = body.as_str().map(|name| name.rsplit('/').next().unwrap());
        assert_eq!(body, inside(text, ": Body"), "{case}");
        let parameters = operation["parameters"].as_array();
        // Whose data are read, and in which form, is taken off before the handler sees its parameters.
        let own = |one: &&Value| one["name"] != "institution" && one["name"] != "format";
        let has = |place: &str| {
            let mut own = parameters.into_iter().flatten().filter(own);
            own.any(|one| one["in"] == place)
        };
        assert_eq!(has("path"), path.contains('{'), "{case}");
        assert_eq!(has("query"), text.contains(": Query<"), "{case}");
        let writes = [
            "write(",
            "accept(",
            "key(&request, &app",
            " set(None,",
            " set(Some(",
        ];
        let has_key = writes.iter().any(|call| text.contains(call));
        assert_eq!(has("header"), has_key, "{case}");
        let (_, _, access) = ROUTES
            .iter()
            .find(|(m, p, _)| (*m, *p) == (&*method, &*path))
            .unwrap();
        let permission = inside(text, ": Permit").map(|name| name.strip_prefix("may::").unwrap());
        match access {
            Access::Needs(needed) => {
                assert_eq!(permission, Some(&*format!("{needed:?}")), "{case}")
            }
            Access::SignedIn => assert!(text.contains(": SignedIn"), "{case}"),
            Access::Anyone => assert_eq!(permission, None, "{case}"),
        }
    }
}

on_both! {
    fn the_document_and_its_pages_are_served_and_load_nothing_from_elsewhere(server) {
        let anonymous = server.anonymous();
        let served = anonymous.get("/api/openapi.json").expect(200);
        assert_eq!(served.json, document());
        let page = anonymous.get("/api/docs/").expect(200);
        let addresses = |word: &str| -> Vec<String> {
            let word = format!("{word}=\"");
            let parts = page.text.split(&word).skip(1);
            parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
        };
        let loaded = [addresses("src"), addresses("href")].concat();
        assert!(loaded.len() >= 5, "{loaded:?}");
        for address in loaded {
            assert!(!address.contains(':') && !address.starts_with("//"), "{address}");
            anonymous.get(&format!("/api/docs/{}", address.trim_start_matches("./"))).expect(200);
        }
        let set_up = anonymous.get("/api/docs/swagger-initializer.js").expect(200).text;
        assert!(set_up.contains("\"/api/openapi.json\"") && set_up.contains("\"validatorUrl\": \"none\""), "{set_up}");
        // The browser itself is told to load nothing else.
        let policy = page.header("Content-Security-Policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"), "{policy}");
        assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
    }
}

/// A second body of one name would silently stand for the first.
#[test]
fn every_body_and_answer_has_a_name_of_its_own() {
    let mut named = BTreeSet::new();
    let mut twice = Vec::new();
    for folder in ["src/http", "src/http/answers"] {
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = file.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            // In `body!` and `answers!` a name stands alone between its words and its fields.
            let names = text
                .lines()
                .zip(text.lines().skip(1))
                .filter_map(|(words, line)| {
                    let name = line.strip_prefix("    ")?.strip_suffix(" {")?;
                    let is_name = words.starts_with("    ///")
                        && name.starts_with(|ch: char| ch.is_ascii_uppercase())
                        && name.chars().all(|ch| ch.is_ascii_alphanumeric());
                    is_name.then(|| name.to_owned())
                });
            twice.extend(names.filter(|name| !named.insert(name.clone())));
        }
    }
    assert!(named.len() > 200, "{}", named.len());
    assert_eq!(twice, Vec::<String>::new());
}
