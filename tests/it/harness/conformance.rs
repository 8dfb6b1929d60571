//! Every answer that a test gets is held against the OpenAPI document: its status, its code, its shape.

use std::sync::LazyLock;

use hazledger::http::api::document;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The operation of a request, if it is one.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let asked: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let same = |(a, b): (&&str, &&str)| a == b || a.starts_with('{');
        pattern.len() == asked.len() && pattern.iter().zip(&asked).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut found: Vec<_> = paths.iter().filter(|(pattern, _)| fits(pattern)).collect();
    // A word before a parameter, as the router has it.
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    found
        .into_iter()
        .find_map(|(_, item)| item.get(method.to_lowercase()))
}

/// An answer is one that the document knows.
#[track_caller]
pub fn assert_documented(method: &str, path: &str, status: u16, media: &str, json: &Value) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    let case = format!("{method} {path} answered {status} {json}");
    let response = &operation["responses"][status.to_string()];
    assert!(
        !response.is_null(),
        "{case}: no such status in the document"
    );
    let response = resolved(response);
    let Some(content) = response["content"].as_object() else {
        assert!(json.is_null(), "{case}: no content in the document");
        return;
    };
    let media = media.split(';').next().unwrap();
    if !media.ends_with("json") && content.contains_key(media) {
        return;
    }
    let json_content = content.iter().find(|(media, _)| media.contains("json"));
    if let Some((_, content)) = json_content {
        let mut wrong = Vec::new();
        compare(&content["schema"], json, "", &mut wrong);
        assert!(wrong.is_empty(), "{case}: {wrong:?}");
    }
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(&reference[1..]).unwrap(),
        None => value,
    }
}

fn compare(schema: &'static Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let is_problem = schema["$ref"] == "#/components/schemas/Problem";
    let schema = resolved(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        compare(part, value, at, wrong);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let fits = |schema| {
            let mut wrong = Vec::new();
            compare(schema, value, at, &mut wrong);
            wrong.is_empty()
        };
        if !either.iter().any(fits) {
            wrong.push(format!("{at}: {value} fits none of {schema}"));
        }
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of the words"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if schema["type"].as_str().is_some_and(|wanted| wanted != kind) {
        wrong.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            compare(schema, item, &format!("{at}/{index}"), wrong);
        }
    }
    let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            wrong.push(format!("{at}: {name} is missing"));
        }
    }
    // A problem carries members of its own, and its parts describe one another's.
    let is_open = is_problem
        || at.is_empty()
            && schema
                .get("properties")
                .is_some_and(|all| all.get("code").is_some() && all.get("status").is_some());
    for (name, value) in fields {
        match known.get(name) {
            Some(schema) => compare(schema, value, &format!("{at}/{name}"), wrong),
            None if is_open => {}
            None => wrong.push(format!("{at}/{name} is not in the document")),
        }
    }
}
