//! Every rule with a breach planted: a rule that finds nothing guards nothing.

use super::code::{code_of, names};
use super::rules::{
    Breach, domain_is_pure, layers, length, migrations, module_names, no_floats_near_quantities,
    no_panic_in_production_code, no_sql_made_of_strings, only_the_store_and_reports_know_diesel,
    top_level, unfinished_words,
};

fn lines_of(breaches: &[Breach]) -> Vec<usize> {
    breaches.iter().map(|breach| breach.line).collect()
}

fn owned(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn top_level_finds_a_stray_and_a_missing_name() {
    let seven = owned(&[
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "fixtures/a",
        "migrations/a",
        "src/a",
        "tests/a",
    ]);
    assert_eq!(
        top_level(&[seven.clone(), owned(&[".ci/run", "target/x", "data/x"])].concat()),
        []
    );
    assert_eq!(
        top_level(&[seven.clone(), owned(&["docs/a"])].concat())[0].path,
        "docs"
    );
    assert_eq!(top_level(&seven[1..])[0].path, "Cargo.lock");
}

#[test]
fn layers_finds_every_way_to_name_a_forbidden_module() {
    let text = "use crate::store::Rows;\nuse crate::{\n app::run,\n store::{self, a as b},\n};\n\
        fn f() { crate::store::load() }\nuse super::super::store;\nuse hazledger::store;\n\
        use crate::*;\n";
    assert_eq!(
        lines_of(&layers("src/http/checkout.rs", text)),
        [1, 4, 4, 6, 7, 8, 9]
    );
    assert_eq!(
        lines_of(&layers(
            "src/domain/verb/checkout.rs",
            "use crate::app::run;"
        )),
        [1]
    );
    assert_eq!(
        lines_of(&layers("src/config.rs", "use super::domain::x;")),
        [1]
    );
    assert_eq!(lines_of(&layers("src/unheard_of.rs", "")), [1]);
}

#[test]
fn layers_lets_pass_what_is_allowed_and_what_is_no_code() {
    let text = "//! Not [`crate::store`].\nuse crate::app::run;\nuse crate::http::page;\n\
        use super::page;\n\
        const A: &str = \"crate::store\";\n#[cfg(test)]\nmod tests {\n    use crate::store;\n}\n";
    assert_eq!(layers("src/http/checkout.rs", text), []);
    assert_eq!(
        layers("src/domain/verb/checkout.rs", "use super::super::ids;"),
        []
    );
    assert_eq!(layers("src/main.rs", "hazledger::cli::run()"), []);
    assert_eq!(layers("src/lib.rs", "pub use crate::store::x;"), []);
}

#[test]
fn the_diesel_rule_finds_it_in_http_and_not_in_the_store() {
    let text = "use diesel::prelude::*;\n";
    assert_eq!(
        lines_of(&only_the_store_and_reports_know_diesel(
            "src/http/a.rs",
            text
        )),
        [1]
    );
    assert_eq!(
        only_the_store_and_reports_know_diesel("src/store/a.rs", text),
        []
    );
}

#[test]
fn purity_finds_input_output_clocks_and_foreign_crates() {
    let impure = [
        "use std::{fmt, fs};",
        "std::net::lookup()",
        "use actix_web::web;",
        "chrono::Utc::now()",
        "std::time::SystemTime::now()",
        "async fn f() {}",
        "#[derive(diesel::Queryable)]",
        "serde_json::to_vec(x)",
        "use unicode_normalization::X;",
    ];
    for line in impure {
        assert_eq!(
            lines_of(&domain_is_pure("src/domain/place.rs", line)),
            [1],
            "{line}"
        );
        assert_eq!(domain_is_pure("src/app/place.rs", line), [], "{line}");
    }
    assert_eq!(
        domain_is_pure("src/domain/canonical.rs", "serde_json::to_vec(x)"),
        []
    );
    assert_eq!(
        domain_is_pure(
            "src/domain/place.rs",
            "use std::fmt; // not std::fs\nchrono::Utc"
        ),
        []
    );
}

#[test]
fn length_finds_the_line_too_many() {
    let lines = |n| "x\n".repeat(n);
    assert_eq!(length("src/domain/place.rs", &lines(600)), []);
    assert_eq!(lines_of(&length("tests/it/place.rs", &lines(601))), [601]);
    assert_eq!(length("src/http/checkout.rs", &lines(150)), []);
    assert_eq!(
        lines_of(&length("src/http/checkout.rs", &lines(151))),
        [151]
    );
    assert_eq!(length("src/http/problem.rs", &lines(151)), []);
}

#[test]
fn module_names_finds_a_vague_file_folder_and_module() {
    assert_eq!(lines_of(&module_names("src/store/utils.rs", "")), [1]);
    assert_eq!(lines_of(&module_names("src/common/mod.rs", "")), [1]);
    assert_eq!(
        lines_of(&module_names("tests/it/a.rs", "\npub mod helpers {}")),
        [2]
    );
    assert_eq!(
        module_names("src/store/rows.rs", "// mod types\nmod typeset;"),
        []
    );
}

#[test]
fn migrations_finds_the_missing_twin_and_the_stray_file() {
    let pair = [
        "sqlite/01_a/up.sql",
        "sqlite/01_a/down.sql",
        "postgres/01_a/up.sql",
        "postgres/01_a/down.sql",
    ];
    let pair: Vec<String> = pair
        .iter()
        .map(|path| format!("migrations/{path}"))
        .collect();
    assert_eq!(migrations(&pair), []);
    assert_eq!(
        migrations(&pair[1..])[0].path,
        "migrations/sqlite/01_a/up.sql"
    );
    assert_eq!(migrations(&pair[..2]).len(), 2);
    assert_eq!(migrations(&owned(&["migrations/notes.md"])).len(), 1);
}

#[test]
fn unfinished_words_finds_each_of_them() {
    let left = [
        "to,do!()",
        "unimple,mented!()",
        "// FIX,ME",
        "// XX,X",
        "// HA,CK",
        "#[ign,ore]",
        "// For, now,",
        "du,mmy",
    ];
    for line in left.map(|line| line.replacen(',', "", 1)) {
        assert_eq!(
            lines_of(&unfinished_words("src/a.rs", &line)),
            [1],
            "{line}"
        );
    }
    let input = concat!("<input place", "holder=\"CAS\">");
    assert_eq!(unfinished_words("src/web/a.vue", input), []);
    assert_eq!(lines_of(&unfinished_words("src/a.rs", input)), [1]);
    assert_eq!(
        unfinished_words("src/a.rs", "HACKS XXXL informed nowhere"),
        []
    );
}

#[test]
fn the_panic_rule_finds_code_and_spares_tests_and_comments() {
    let text = "/// x.unwrap()\nfn f() {\n x.unwrap();\n y\n .expect(\"z\");\n panic!(\"\");\n}\n\
        #[cfg(test)]\nmod tests {\n    fn g() { x.unwrap() }\n}\nfn h() { x.unwrap() }\n";
    assert_eq!(
        lines_of(&no_panic_in_production_code("src/app/a.rs", text)),
        [3, 5, 6, 12]
    );
    assert_eq!(no_panic_in_production_code("tests/it/a.rs", text), []);
}

#[test]
fn the_float_rule_finds_types_and_suffixes() {
    for line in ["fn f(x: f64)", "1.0_f32", "2f64", "x.to_f64()"] {
        assert_eq!(
            lines_of(&no_floats_near_quantities("src/domain/a.rs", line)),
            [1],
            "{line}"
        );
        assert_eq!(
            no_floats_near_quantities("src/label/a.rs", line),
            [],
            "{line}"
        );
    }
    assert_eq!(
        no_floats_near_quantities("src/domain/canonical.rs", "fn f(x: f64)"),
        []
    );
    assert_eq!(
        no_floats_near_quantities("src/domain/a.rs", "buf32; // f64\n\"f64\""),
        []
    );
}

#[test]
fn the_sql_rule_finds_made_sql_and_spares_fixed_sql() {
    let made = [
        "format!(\"SELECT {}\", f(x))",
        "write!(\n s, \"DELETE FROM {t}\")",
        "s.push_str(\"insert into t\")",
    ];
    for text in made {
        assert_eq!(
            lines_of(&no_sql_made_of_strings("src/report/a.rs", text)),
            [1],
            "{text}"
        );
        assert_eq!(
            no_sql_made_of_strings("src/store/table.rs", text),
            [],
            "{text}"
        );
    }
    let fixed = "sql_query(\"SELECT 1\"); format!(\"no UPDATED row\"); // format!(SELECT)";
    assert_eq!(no_sql_made_of_strings("src/store/a.rs", fixed), []);
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a /* b /* c */ d */ e \"f\\\"g\" 'h' '\\'' r#\"i\"j\"# &'k l b\"m\" '字' n // o\n\
        p";
    let words: Vec<String> = names(&code_of(text))
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(words, ["a", "e", "k", "l", "b", "n", "p"]);
    assert_eq!(code_of(text).len(), text.len());
}
