//! The rules of the tree that no compiler knows.

mod breaches;
mod clauses;
mod code;
mod rules;

use std::fs;
use std::path::Path;
use std::process::Command;

use rules::Breach;

const SOURCES: &[&str] = &[
    "rs", "ts", "vue", "js", "mjs", "css", "html", "sql", "sh", "py",
];

/// The files of the repository, as git sees them, or by walking where there is no git.
fn tree() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success() && root.join(".git").exists());
    let paths: Vec<String> = match listed {
        Some(output) => String::from_utf8(output.stdout)
            .unwrap()
            .split_terminator('\0')
            .map(str::to_owned)
            .collect(),
        None => walk(root, ""),
    };
    paths
        .into_iter()
        .filter(|path| root.join(path).is_file())
        .collect()
}

fn walk(root: &Path, under: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root.join(under)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if under.is_empty() {
            name.clone()
        } else {
            format!("{under}/{name}")
        };
        let is_built =
            name == "node_modules" || matches!(path.as_str(), "target" | "data" | ".git");
        if entry.path().is_dir() && !is_built {
            paths.extend(walk(root, &path));
        } else if !is_built {
            paths.push(path);
        }
    }
    paths
}

fn assert_tidy(rule: impl Fn(&str, &str) -> Vec<Breach>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = tree().into_iter().filter(|path| {
        ["src/", "tests/", "migrations/"]
            .iter()
            .any(|dir| path.starts_with(dir))
    });
    let sources = paths.filter(|path| {
        path.rsplit('.')
            .next()
            .is_some_and(|ending| SOURCES.contains(&ending))
    });
    let breaches =
        sources.flat_map(|path| rule(&path, &fs::read_to_string(root.join(&path)).unwrap()));
    assert_none(breaches.collect());
}

fn assert_none(breaches: Vec<Breach>) {
    let lines: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

#[test]
fn the_top_level_holds_the_seven_names_and_no_other() {
    assert_none(rules::top_level(&tree()));
}

#[test]
fn modules_name_only_the_layers_below_them() {
    assert_tidy(rules::layers);
}

#[test]
fn only_store_and_report_name_diesel() {
    assert_tidy(rules::only_the_store_and_reports_know_diesel);
}

#[test]
fn the_domain_is_pure() {
    assert_tidy(rules::domain_is_pure);
}

#[test]
fn files_are_short() {
    assert_tidy(rules::length);
}

#[test]
fn modules_are_named_after_what_they_hold() {
    assert_tidy(rules::module_names);
}

#[test]
fn every_migration_has_its_twin_and_its_way_back() {
    assert_none(rules::migrations(&tree()));
}

#[test]
fn no_work_is_left_unfinished() {
    assert_tidy(rules::unfinished_words);
}

#[test]
fn production_code_never_panics_on_purpose() {
    assert_tidy(rules::no_panic_in_production_code);
}

#[test]
fn no_float_comes_near_a_quantity() {
    assert_tidy(rules::no_floats_near_quantities);
}

#[test]
fn sql_is_made_of_strings_in_one_file_only() {
    assert_tidy(rules::no_sql_made_of_strings);
}

#[test]
fn no_statement_reads_the_entries_of_everybody() {
    assert_tidy(clauses::no_clause_begins_with_the_log);
}

#[test]
fn statements_stand_in_the_store_and_in_reports() {
    assert_tidy(clauses::only_the_store_and_reports_write_sql);
}
