//! Rules over the clauses that statements are made with.

use super::rules::{Breach, breach, module_of};

const WORDS: &[&str] = &["WHERE", "SELECT", "INSERT", "UPDATE", "DELETE", "ORDER BY"];

/// Statements and parts of them stand in the store and in reports: a string in capitals that begins as one.
pub fn only_the_store_and_reports_write_sql(path: &str, text: &str) -> Vec<Breach> {
    if matches!(module_of(path), None | Some("store" | "report")) {
        return Vec::new();
    }
    let begins = |line: &str| {
        let mut strings = line.match_indices('"').map(|(at, _)| &line[at + 1..]);
        strings.any(|string| {
            let mut rests = WORDS.iter().filter_map(|word| string.strip_prefix(word));
            rests.any(|rest| rest.starts_with([' ', '\\']) || rest.is_empty())
        })
    };
    let lines = text.lines().enumerate().filter(|(_, line)| begins(line));
    lines
        .map(|(n, _)| breach(path, n + 1, "SQL outside the store and reports"))
        .collect()
}

/// The key of entries begins with the institution: a clause that begins with the log reads all of them.
pub fn no_clause_begins_with_the_log(path: &str, text: &str) -> Vec<Breach> {
    if !matches!(module_of(path), Some("store" | "report")) {
        return Vec::new();
    }
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("WHERE log =") && line.contains("seq"))
        .map(|(n, _)| breach(path, n + 1, "reads the entries of everybody"))
        .collect()
}

#[test]
fn clauses_elsewhere_are_found() {
    let text = "let a = select(conn, \"WHERE x = ?\");\nlet b = \"SELECT 1\";\nlet c = \"where\";\nlet d = \"WHEREVER\";\n";
    let found = only_the_store_and_reports_write_sql("src/app/a.rs", text);
    let lines: Vec<usize> = found.iter().map(|breach| breach.line).collect();
    assert_eq!(lines, [1, 2]);
    assert_eq!(
        only_the_store_and_reports_write_sql("src/store/a.rs", text),
        []
    );
}

#[test]
fn a_clause_over_the_entries_of_everybody_is_found() {
    let text = "\"WHERE log = 0 AND seq = 0\"\n\"WHERE log = 0 AND size > 0\"\n\"WHERE institution_id = ? AND log = 0\"";
    let found = no_clause_begins_with_the_log("src/report/a.rs", text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 1);
}
