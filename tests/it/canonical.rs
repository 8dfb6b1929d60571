//! The canonical form: what it writes, what it refuses, and that independent readers agree with it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use hazledger::domain::canonical::{
    CanonicalError, Fault, ForbiddenChar, canonical_bytes, is_canonical, nfc,
};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

fn text<T: Serialize>(value: &T) -> String {
    String::from_utf8(canonical_bytes(value).expect("canonical")).expect("UTF-8")
}

fn refused<T: Serialize>(value: &T) -> (String, Fault) {
    let CanonicalError { path, fault } = canonical_bytes(value).expect_err("refused");
    (path, fault)
}

fn at(path: &str, fault: Fault) -> (String, Fault) {
    (path.to_owned(), fault)
}

#[derive(Serialize)]
struct Line {
    substance: &'static str,
    amount: &'static str,
}

#[derive(Serialize)]
struct Entry {
    v: u32,
    purpose: &'static str,
    postings: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<&'static str>,
    actor: &'static str,
}

fn entry() -> Entry {
    let amounts = ["-500000", "500000"];
    let line = |amount| Line {
        substance: "151-50-8",
        amount,
    };
    Entry {
        v: 1,
        purpose: "水样检测 \"A\\B\" 1/2",
        postings: amounts.map(line).into(),
        late: None,
        actor: "42",
    }
}

#[test]
fn canonical_bytes_are_sorted_at_every_level_and_compact() {
    assert_eq!(
        text(&entry()),
        concat!(
            r#"{"actor":"42","postings":[{"amount":"-500000","substance":"151-50-8"},"#,
            r#"{"amount":"500000","substance":"151-50-8"}],"purpose":"水样检测 \"A\\B\" 1/2","v":1}"#
        )
    );
}

#[test]
fn canonical_bytes_write_every_shape_the_ledger_uses() {
    assert_eq!(text(&json!({})), "{}");
    assert_eq!(text(&json!([])), "[]");
    assert_eq!(
        text(&json!({"b": {}, "a": [[], {}]})),
        r#"{"a":[[],{}],"b":{}}"#
    );
    assert_eq!(text(&"x"), r#""x""#);
    assert_eq!(
        text(&(true, -7_i8, 7_u16, "中", false)),
        r#"[true,-7,7,"中",false]"#
    );
    assert_eq!(
        text(&HashMap::from([(3_u8, 1), (10, 2)])),
        r#"{"10":2,"3":1}"#
    );
    let keys = ["a", "a_b", "ab", "a0", "_", "0"];
    let map: HashMap<_, _> = keys.into_iter().map(|key| (key, 0_u8)).collect();
    assert_eq!(text(&map), r#"{"0":0,"_":0,"a":0,"a0":0,"a_b":0,"ab":0}"#);
}

#[test]
fn integers_are_exact_up_to_the_last_that_every_reader_keeps() {
    const LAST: i64 = 9_007_199_254_740_991;
    assert_eq!(text(&[LAST, -LAST]), format!("[{LAST},-{LAST}]"));
    assert_eq!(text(&[u64::try_from(LAST).unwrap()]), format!("[{LAST}]"));
    assert_eq!(text(&[i128::from(LAST)]), format!("[{LAST}]"));
    assert_eq!(refused(&[0, LAST + 1]), at("/1", Fault::Integer));
    assert_eq!(refused(&[-LAST - 1]), at("/0", Fault::Integer));
    assert_eq!(refused(&[u64::MAX]), at("/0", Fault::Integer));
    assert_eq!(refused(&[i128::MIN]), at("/0", Fault::Integer));
    assert_eq!(refused(&[u128::MAX]), at("/0", Fault::Integer));
}

#[test]
fn floats_are_refused_with_their_path() {
    let value = json!({"postings": [{"amount": 1}, {"amount": 1.5}]});
    assert_eq!(refused(&value), at("/postings/1/amount", Fault::Float));
    assert_eq!(refused(&1.0_f32), at("", Fault::Float));
    assert_eq!(refused(&[f64::NAN]), at("/0", Fault::Null));
}

#[test]
fn nulls_are_refused_with_their_path() {
    let value = json!({"b": {"c": null}, "a": 1});
    assert_eq!(refused(&value), at("/b/c", Fault::Null));
    assert_eq!(
        refused(&BTreeMap::from([("late", None::<u8>)])),
        at("/late", Fault::Null)
    );
    assert_eq!(refused(&()), at("", Fault::Null));
}

#[test]
fn keys_outside_the_plain_alphabet_are_refused() {
    for key in ["", "Amount", "a-b", "a b", "量", "a.b", "a\"b"] {
        let (path, fault) = refused(&json!({"a": {key: 1}}));
        assert_eq!(fault, Fault::Key, "{key}");
        assert!(path.starts_with("/a/"), "{key}: {path}");
    }
    assert_eq!(refused(&json!({"a\n": 1})).1, ForbiddenChar('\n').into());
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    #[derive(Serialize)]
    struct Outer {
        amount: u8,
        #[serde(flatten)]
        inner: BTreeMap<&'static str, u8>,
    }
    let outer = Outer {
        amount: 1,
        inner: BTreeMap::from([("amount", 2)]),
    };
    assert_eq!(refused(&[outer]), at("/0", Fault::Duplicate));
}

#[test]
fn text_that_is_not_in_normal_form_c_is_refused() {
    assert_eq!(refused(&json!({"a": "e\u{301}"})), at("/a", Fault::NotNfc));
    assert_eq!(refused(&"\u{212b}"), at("", Fault::NotNfc));
    assert_eq!(refused(&"丽\u{2f800}"), at("", Fault::NotNfc));
    assert_eq!(text(&"é"), "\"é\"");
}

#[test]
fn exactly_the_forbidden_characters_are_refused() {
    for c in '\0'..=char::MAX {
        let forbidden = matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let around = format!("a{c}b");
        let composed: String = around.nfc().collect();
        let expected = match (forbidden, composed == around) {
            (true, _) => Err(Fault::from(ForbiddenChar(c))),
            (false, false) => Err(Fault::NotNfc),
            (false, true) => Ok(()),
        };
        let found = canonical_bytes(&around).map(drop).map_err(|e| e.fault);
        assert_eq!(found, expected, "U+{:04X}", u32::from(c));
        let cleaned = nfc(&around).map(Cow::into_owned);
        let wanted = if forbidden {
            Err(ForbiddenChar(c))
        } else {
            Ok(composed)
        };
        assert_eq!(cleaned, wanted, "U+{:04X}", u32::from(c));
    }
}

#[test]
fn a_value_that_cannot_be_serialised_is_refused() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }
    let fault = Fault::Unserializable("broken".to_owned());
    assert_eq!(refused(&Broken), at("", fault));
}

#[test]
fn a_refusal_says_where_and_why() {
    let error = canonical_bytes(&json!({"purpose": "a\u{202e}b"})).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "the character U+202E is not allowed in text (at \"/purpose\")"
    );
}

#[test]
fn nfc_trims_and_normalises_and_borrows_when_nothing_changes() {
    assert!(matches!(
        nfc("  氰化钾\u{3000}\r\n"),
        Ok(Cow::Borrowed("氰化钾"))
    ));
    assert!(matches!(nfc("Ångström"), Ok(Cow::Borrowed("Ångström"))));
    assert_eq!(nfc("A\u{30a}ngstro\u{308}m").unwrap(), "Ångström");
    assert_eq!(nfc(" \t ").unwrap(), "");
    assert_eq!(nfc("a\tb"), Err(ForbiddenChar('\t')));
    assert_eq!(nfc("a\u{2067}b"), Err(ForbiddenChar('\u{2067}')));
}

#[test]
fn is_canonical_knows_every_way_to_write_the_same_value_otherwise() {
    assert!(is_canonical(&canonical_bytes(&entry()).unwrap()));
    assert!(is_canonical(br#"{"a":[1,-2,{"b":"\"\\/"}],"c":true}"#));
    let others: [&[u8]; 17] = [
        b"",
        b"{",
        br#"{"b":1,"a":1}"#,
        br#"{"a":1,"a":1}"#,
        br#"{"a": 1}"#,
        br#"{"a":1} "#,
        b"\xef\xbb\xbf{}",
        br#"{"a":1.0}"#,
        br#"{"a":1e2}"#,
        br#"{"a":-0}"#,
        br#"{"a":null}"#,
        br#"{"a":9007199254740992}"#,
        br#"{"a":"\u0041"}"#,
        br#"{"a":"\/"}"#,
        br#"{"a":"\n"}"#,
        "{\"a\":\"e\u{301}\"}".as_bytes(),
        b"\"\xff\"",
    ];
    for bytes in others {
        assert!(!is_canonical(bytes), "{}", String::from_utf8_lossy(bytes));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~一-龥（）。é\u{301}\u{3099}\u{ac00}\u{1100}\u{1161}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-z0-9_]{1,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Every text of the value made storable, as input text is.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let printable: String = text
                .chars()
                .filter(|&c| nfc(&format!("a{c}a")).is_ok())
                .collect();
            Value::from(nfc(&printable).expect("printable").into_owned())
        }
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, cleaned(v))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

proptest! {
    #[test]
    fn any_cleaned_value_is_written_once_and_read_back(value in any_value()) {
        let value = cleaned(value);
        let bytes = canonical_bytes(&value).expect("canonical");
        prop_assert!(is_canonical(&bytes));
        prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), value);
    }

    #[test]
    fn any_text_is_refused_exactly_when_normalising_would_change_it(text in "\\PC{0,12}") {
        let forbidden = text.chars().any(|c| nfc(&format!("a{c}a")).is_err());
        let normal = text.nfc().eq(text.chars());
        prop_assert_eq!(canonical_bytes(&text).is_ok(), normal && !forbidden);
    }

    #[test]
    fn one_changed_byte_is_another_value_or_not_canonical(value in any_value(), at: prop::sample::Index, bit in 0..8) {
        let value = cleaned(value);
        let mut bytes = canonical_bytes(&value).expect("canonical");
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        if is_canonical(&bytes) {
            prop_assert_ne!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), value);
        }
    }
}
