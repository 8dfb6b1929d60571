//! Each rule is a pure function over a path and a text, or over all paths.
//!
//! Words that are looked for stand here in two halves, so that this file does not find itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::code::{closing, code_of, has_word, is_word, line_at, names, production_code};

/// What each module under `src/` may name, besides itself. A module without a row is a breach.
const LAYERS: &[(&str, &str)] = &[
    ("main", "cli config telemetry"),
    (
        "cli",
        "http app import report label domain config telemetry",
    ),
    ("http", "app report domain label import config telemetry"),
    ("app", "domain store auth report config telemetry"),
    ("import", "app domain"),
    ("report", "store domain"),
    ("store", "domain"),
    ("auth", "domain"),
    ("label", "domain"),
    ("telemetry", "config"),
    ("config", ""),
    ("domain", ""),
];

/// What makes a function depend on anything but its arguments, or ties the domain to one technique.
const IMPURE: &[&str] = &[
    "diesel",
    "actix",
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Utc::now",
    "Local::now",
    "getrandom",
    "async",
];

const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "fixtures",
    "migrations",
    "src",
    "tests",
];

#[derive(Debug, PartialEq)]
pub struct Breach {
    pub path: String,
    pub line: usize,
    pub why: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.why)
    }
}

pub fn breach(path: &str, line: usize, why: impl Into<String>) -> Breach {
    Breach {
        path: path.to_owned(),
        line,
        why: why.into(),
    }
}

pub fn top_level(paths: &[String]) -> Vec<Breach> {
    let is_visible = |name: &&str| !name.starts_with('.') && !matches!(*name, "target" | "data");
    let found: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.split('/').next())
        .filter(is_visible)
        .collect();
    let wanted: BTreeSet<&str> = TOP_LEVEL.iter().copied().collect();
    let extra = found
        .difference(&wanted)
        .map(|name| breach(name, 1, "does not belong at the top level"));
    let missing = wanted
        .difference(&found)
        .map(|name| breach(name, 1, "is missing at the top level"));
    extra.chain(missing).collect()
}

pub fn layers(path: &str, text: &str) -> Vec<Breach> {
    let Some(module) = module_of(path) else {
        return Vec::new();
    };
    let Some((_, may_name)) = LAYERS.iter().find(|(name, _)| *name == module) else {
        return vec![breach(
            path,
            1,
            format!("module {module} has no row in LAYERS"),
        )];
    };
    let depth = path.trim_end_matches("/mod.rs").matches('/').count();
    let mut breaches = Vec::new();
    for (line, name) in names(&production_code(text)) {
        let ups = name.split("::").take_while(|part| *part == "super").count();
        if ups >= depth {
            breaches.push(breach(
                path,
                line,
                format!("{name} climbs out of its module: write crate::"),
            ));
        }
        let mut parts = name.split("::");
        if !matches!(parts.next(), Some("crate" | "hazledger")) {
            continue;
        }
        let Some(other) = parts.next() else { continue };
        if other == "*" {
            breaches.push(breach(
                path,
                line,
                "a glob over the whole crate hides what is used",
            ));
        } else if other != module && !may_name.split(' ').any(|name| name == other) {
            breaches.push(breach(
                path,
                line,
                format!("{module} must not name {other}"),
            ));
        }
    }
    breaches
}

pub fn only_the_store_and_reports_know_diesel(path: &str, text: &str) -> Vec<Breach> {
    match module_of(path) {
        None | Some("store" | "report") => Vec::new(),
        Some(module) => found_names(
            path,
            text,
            &["diesel"],
            &format!("in {module}: only store and report speak to the database"),
        ),
    }
}

pub fn domain_is_pure(path: &str, text: &str) -> Vec<Breach> {
    if module_of(path) != Some("domain") {
        return Vec::new();
    }
    let mut breaches = found_names(path, text, IMPURE, "has no place in the domain");
    if path != "src/domain/canonical.rs" {
        let canonical = ["serde_json", "unicode_normalization"];
        breaches.extend(found_names(
            path,
            text,
            &canonical,
            "belongs in domain/canonical.rs alone",
        ));
    }
    breaches
}

fn found_names(path: &str, text: &str, unwanted: &[&str], why: &str) -> Vec<Breach> {
    let names = names(&production_code(text));
    let is_unwanted = |name: &str| {
        let name = format!("::{name}::");
        unwanted.iter().any(|word| match *word {
            "actix" => name.contains("::actix_") || name.contains("::actix::"),
            word => name.contains(&format!("::{word}::")),
        })
    };
    names
        .into_iter()
        .filter(|(_, name)| is_unwanted(name))
        .map(|(line, name)| breach(path, line, format!("{name} {why}")))
        .collect()
}

pub fn length(path: &str, text: &str) -> Vec<Breach> {
    let file = path.strip_prefix("src/http/").unwrap_or_default();
    let is_shared = matches!(
        file,
        "" | "mod.rs"
            | "problem.rs"
            | "page.rs"
            | "actor.rs"
            | "body.rs"
            | "server.rs"
            | "idempotency.rs"
            | "schema.rs"
            | "api.rs"
    ) || file.starts_with("answers/");
    let limit = if is_shared { 600 } else { 150 };
    let lines = text.lines().count();
    let is_source = path.starts_with("src/") || path.starts_with("tests/");
    if is_source && lines > limit {
        vec![breach(
            path,
            lines,
            format!("{lines} lines, more than {limit}"),
        )]
    } else {
        Vec::new()
    }
}

pub fn module_names(path: &str, text: &str) -> Vec<Breach> {
    let is_vague = |name: &str| {
        matches!(
            name,
            "util" | "utils" | "common" | "helper" | "helpers" | "types"
        )
    };
    let in_path = path
        .split('/')
        .map(|part| part.split('.').next().unwrap_or_default());
    let in_path = in_path
        .filter(|name| is_vague(name))
        .map(|name| breach(path, 1, format!("{name} names nothing")));
    let code = if path.ends_with(".rs") {
        code_of(text)
    } else {
        String::new()
    };
    let declared = code.lines().enumerate().filter_map(|(line, code)| {
        let name = code
            .split("mod ")
            .nth(1)?
            .split(|c: char| !is_word(c))
            .next()?;
        is_vague(name).then(|| breach(path, line + 1, format!("module {name} names nothing")))
    });
    in_path.chain(declared).collect()
}

pub fn migrations(paths: &[String]) -> Vec<Breach> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut breaches = Vec::new();
    for path in paths.iter().filter(|path| path.starts_with("migrations/")) {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            [_, "sqlite" | "postgres", name, "up.sql" | "down.sql"] => {
                folders
                    .entry(name)
                    .or_default()
                    .insert(path.trim_start_matches("migrations/"));
            }
            _ => breaches.push(breach(
                path,
                1,
                "is not migrations/{sqlite,postgres}/<name>/{up,down}.sql",
            )),
        }
    }
    for (name, found) in folders {
        for backend in ["sqlite", "postgres"] {
            for file in ["up.sql", "down.sql"] {
                let wanted = format!("{backend}/{name}/{file}");
                if !found.contains(wanted.as_str()) {
                    breaches.push(breach(&format!("migrations/{wanted}"), 1, "is missing"));
                }
            }
        }
    }
    breaches
}

pub fn unfinished_words(path: &str, text: &str) -> Vec<Breach> {
    // In the web app an input may have one.
    let is_web = !path.ends_with(".rs") && !path.ends_with(".sql");
    let empty_seat = if is_web {
        None
    } else {
        Some(concat!("place", "holder"))
    };
    let words = [
        concat!("todo", "!"),
        concat!("unimple", "mented!"),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("XX", "X"),
        concat!("HA", "CK"),
        concat!("#[ign", "ore"),
        concat!("for ", "now"),
        concat!("dum", "my"),
    ];
    let words: Vec<&str> = words.into_iter().chain(empty_seat).collect();
    found_words(path, text, &words, "is not finished work")
}

pub fn no_panic_in_production_code(path: &str, text: &str) -> Vec<Breach> {
    if module_of(path).is_none() {
        return Vec::new();
    }
    let code = production_code(text);
    let calls = [".unwrap()", ".expect(", "panic!("];
    let in_line = |line: &str| {
        calls
            .iter()
            .copied()
            .find(|call| line.contains(call))
            .map(str::to_owned)
    };
    let lines = code.lines().enumerate();
    lines
        .filter_map(|(n, line)| {
            Some(breach(
                path,
                n + 1,
                format!("{} outside tests", in_line(line)?),
            ))
        })
        .collect()
}

pub fn no_floats_near_quantities(path: &str, text: &str) -> Vec<Breach> {
    // The canonical form names the floats in order to refuse them.
    let is_canonical = path == "src/domain/canonical.rs";
    if is_canonical || !matches!(module_of(path), Some("domain" | "store")) {
        return Vec::new();
    }
    let code = code_of(text);
    let is_float = |line: &str| {
        ["f32", "f64"]
            .iter()
            .flat_map(|float| line.match_indices(float))
            .any(|(at, float)| {
                let before = line[..at].chars().next_back();
                let after = line[at + float.len()..].chars().next();
                !before.is_some_and(char::is_alphabetic) && !after.is_some_and(is_word)
            })
    };
    let lines = code.lines().enumerate().filter(|(_, line)| is_float(line));
    lines
        .map(|(n, _)| breach(path, n + 1, "a float can touch a quantity here"))
        .collect()
}

pub fn no_sql_made_of_strings(path: &str, text: &str) -> Vec<Breach> {
    if !matches!(module_of(path), Some("store" | "report")) || path == "src/store/table.rs" {
        return Vec::new();
    }
    let code = code_of(text);
    let mut breaches = Vec::new();
    for maker in [
        "format!(",
        "format_args!(",
        "write!(",
        "writeln!(",
        ".push_str(",
    ] {
        for (at, _) in code.match_indices(maker) {
            let open = at + maker.len();
            // The brackets are counted in the code without strings, the words sought in the text
            // with them.
            let made = &text[open..closing(&code, open)];
            let lower = made.to_lowercase();
            let is_sql = ["SELECT", "INSERT", "UPDATE", "DELETE"]
                .iter()
                .any(|word| has_word(made, word))
                || ["insert into ", "delete from "]
                    .iter()
                    .any(|words| lower.contains(words))
                || (has_word(&lower, "select") && has_word(&lower, "from"));
            if is_sql {
                breaches.push(breach(
                    path,
                    line_at(text, at),
                    "SQL made of strings outside store/table.rs",
                ));
            }
        }
    }
    breaches
}

/// The module directly under `src/` that a file of ours belongs to.
pub fn module_of(path: &str) -> Option<&str> {
    let inside = path
        .strip_prefix("src/")
        .filter(|path| path.ends_with(".rs"))?;
    let module = inside.split('/').next()?.trim_end_matches(".rs");
    (!matches!(module, "lib" | "build" | "web")).then_some(module)
}

fn found_words(path: &str, text: &str, words: &[&str], why: &str) -> Vec<Breach> {
    let has = |line: &str, word: &str| has_word(line, word) || has_word(&line.to_lowercase(), word);
    let lines = text.lines().enumerate();
    let found = lines.flat_map(|(n, line)| {
        words
            .iter()
            .filter(move |word| has(line, word))
            .map(move |word| (n + 1, word))
    });
    found
        .map(|(line, word)| breach(path, line, format!("{word:?} {why}")))
        .collect()
}
