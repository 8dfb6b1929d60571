//! What a person types into the one search box, and what it finds.

use hazledger::domain::catalogue::Catalogue;
use hazledger::domain::search::{SearchKeys, fold, keys, matches, needles};

fn of(name: &str) -> SearchKeys {
    keys(name, [], [])
}

#[test]
fn folding_makes_one_spelling_of_many() {
    assert_eq!(fold("Ｎ，Ｎ－二甲基 甲酰胺"), "n,n二甲基甲酰胺");
    assert_eq!(fold("64‐17–5"), "64175");
    assert_eq!(fold("３０％ 过氧化氢"), "30%过氧化氢");
    assert_eq!(fold("DMF"), fold("ｄｍｆ"));
    assert_eq!(fold("a|b#c"), "abc");
}

#[test]
fn two_characters_find_every_name_that_holds_them() {
    for name in ["无水乙醇", "乙醇溶液", "75%乙醇", "乙醇"] {
        assert!(matches("乙醇", &of(name)), "{name}");
    }
    assert!(!matches("乙醇", &of("乙酸醇")));
    assert!(!matches("乙醇", &of("甲醇")));
    assert!(matches("醇", &of("甲醇")));
}

#[test]
fn initials_find_under_every_reading() {
    let dichromate = of("重铬酸钾");
    for query in [
        "cgsj",
        "zgsj",
        "gsj",
        "chonggesuanjia",
        "zhonggesuanjia",
        "CGSJ",
    ] {
        assert!(matches(query, &dichromate), "{query}");
    }
    assert!(matches("yc", &of("乙醇")));
    assert!(matches("yichun", &of("乙醇")));
    assert!(matches("qfs", &of("氢氟酸")));
    assert!(matches("lst", &of("硫酸铊")));
    assert!(matches("qhj", &of("氰化钾")));
    assert!(matches("yq", &of("乙炔")));
    assert!(matches("yique", &of("乙炔")));
    assert!(matches("bl", &of("吡咯")));
    assert!(matches("bxj", &of("2-丙烯腈")));
    assert!(matches("eyhl", &of("二氧化氯")));
    assert!(!matches("yc", &of("甲醛")));
}

#[test]
fn cas_numbers_are_found_from_their_beginning() {
    let ethanol = keys("乙醇", ["酒精"], &["64-17-5".parse().unwrap()]);
    for query in ["64-17-5", "64175", "64-1", "６４－１７－５", "64"] {
        assert!(matches(query, &ethanol), "{query}");
    }
    assert!(!matches("17-5", &ethanol));
    assert!(!matches("175", &ethanol));
}

#[test]
fn aliases_and_latin_names_are_found() {
    let dmf = keys("N,N-二甲基甲酰胺", ["DMF", "甲酰二甲胺"], []);
    assert!(matches("dmf", &dmf));
    assert!(matches("n,n二甲基", &dmf));
    assert!(matches("甲酰二", &dmf));
    assert!(matches("ejjjxa", &dmf));
}

#[test]
fn every_word_of_a_query_must_be_found() {
    let peroxide = keys("30%过氧化氢", [], &["7722-84-1".parse().unwrap()]);
    assert!(matches("30%过氧化氢", &peroxide));
    assert!(matches("过氧化氢 30%", &peroxide));
    assert!(matches("gyhq 7722", &peroxide));
    assert!(!matches("过氧化氢 乙醇", &peroxide));
}

#[test]
fn a_query_without_letter_or_digit_finds_nothing() {
    for query in ["", "  ", "|", "#", "-", "%", "_", "|#"] {
        assert!(needles(query).is_empty(), "{query}");
        assert!(!matches(query, &of("乙醇")), "{query}");
    }
}

#[test]
fn readings_of_a_name_stay_few() {
    let long = of("重重重重重重重重重重重重重重重重重重重重重重重重重重重重重重重重");
    assert!(long.as_str().matches('|').count() <= 16 + 4 + 3);
}

#[test]
fn every_listed_name_has_pinyin_for_all_its_characters() {
    let catalogue = Catalogue::embedded().unwrap();
    for substance in catalogue.substances() {
        for name in substance.aliases.iter().chain([&substance.name]) {
            for c in fold(name)
                .chars()
                .filter(|c| ('\u{3400}'..='\u{9fff}').contains(c))
            {
                let keys = of(&c.to_string());
                assert!(keys.as_str().matches('|').count() > 2, "{c} in {name}");
            }
        }
    }
}

#[test]
fn every_substance_is_found_by_name_and_cas() {
    let catalogue = Catalogue::embedded().unwrap();
    for substance in catalogue.substances() {
        let aliases = substance.aliases.iter().map(String::as_str);
        let keys = keys(&substance.name, aliases, &substance.cas);
        let name = substance.name.split_whitespace().next().unwrap();
        assert!(matches(name, &keys), "{}", substance.name);
        for cas in &substance.cas {
            assert!(matches(cas.as_str(), &keys), "{cas}");
        }
    }
}
