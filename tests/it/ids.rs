//! Numbers and codes are taken in the forms people write, and refused when one character is wrong.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use hazledger::domain::ids::{
    Cas, Generation, IdError, IdentityNumber, InstitutionId, Label, PersonId, PlaceId, ProductId,
    RegionCode, RegionLevel, Seq, Serial, Uscc,
};
use proptest::prelude::*;

fn label(institution: i64, serial: i64, generation: i64) -> Label {
    Label::new(
        institution.try_into().unwrap(),
        serial.try_into().unwrap(),
        generation.try_into().unwrap(),
    )
}

/// Labels from every corner of the range, and some between.
fn sample() -> Vec<Label> {
    let mut labels = Vec::new();
    for institution in [0, 1, 42, 1234, 9999] {
        for serial in [1, 42, 10_000_000, 12_345_678, 55_555_555, 99_999_999] {
            for generation in [0, 1, 50, 99] {
                labels.push(label(institution, serial, generation));
            }
        }
    }
    labels
}

#[test]
fn ids_keep_within_their_range() {
    assert_eq!(InstitutionId::try_from(0).unwrap(), InstitutionId::MIN);
    assert_eq!(InstitutionId::try_from(9_999).unwrap(), InstitutionId::MAX);
    assert_eq!(Serial::try_from(1).unwrap(), Serial::MIN);
    assert_eq!(Serial::try_from(99_999_999).unwrap(), Serial::MAX);
    assert_eq!(Generation::try_from(99).unwrap().get(), 99);
    assert_eq!(Seq::try_from(i64::MAX).unwrap().get(), i64::MAX);
    assert!(InstitutionId::try_from(10_000).is_err());
    assert!(InstitutionId::try_from(-1).is_err());
    assert!(Serial::try_from(0).is_err());
    assert!(Serial::try_from(100_000_000).is_err());
    assert!(Generation::try_from(100).is_err());
    assert!(Generation::try_from(-1).is_err());
    assert!(PersonId::try_from(-1).is_err());
    assert!(PlaceId::try_from(-1).is_err());
    assert!(ProductId::try_from(-1).is_err());
    assert!(Seq::try_from(-1).is_err());
}

#[test]
fn an_id_has_one_text_only() {
    assert_eq!("42".parse(), PersonId::try_from(42));
    assert_eq!("0".parse(), PersonId::try_from(0));
    assert_eq!("9223372036854775807".parse(), PersonId::try_from(i64::MAX));
    for text in [
        "",
        "-1",
        "+1",
        "042",
        "00",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "４２",
        "abc",
        "9223372036854775808",
        "99999999999999999999999",
    ] {
        assert!(text.parse::<PersonId>().is_err(), "{text}");
    }
    assert!("10000".parse::<InstitutionId>().is_err());
}

#[test]
fn an_id_is_text_in_json() {
    let id = ProductId::try_from(9_007_199_254_740_993).unwrap();
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, r#""9007199254740993""#);
    assert_eq!(serde_json::from_str::<ProductId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<ProductId>("5").is_err());
    assert!(serde_json::from_str::<Serial>(r#""0""#).is_err());
}

#[test]
fn label_prints_sixteen_digits_that_leave_one_by_97() {
    for label in sample() {
        let text = label.to_string();
        assert_eq!(text.len(), 16);
        assert_eq!(text.parse::<i64>().unwrap() % 97, 1);
        assert_eq!(label.grouped().replace(' ', ""), text);
        assert_eq!(text.parse(), Ok(label));
    }
    let first = label(1, 42, 0);
    assert_eq!(first.to_string(), "0001000000420058");
    assert_eq!(first.grouped(), "0001 0000 0042 0058");
    let parts = (
        first.institution().get(),
        first.serial().get(),
        first.generation().get(),
    );
    assert_eq!(parts, (1, 42, 0));
}

#[test]
fn label_is_read_as_people_and_scanners_write_it() {
    let expected = Ok(label(1, 42, 0));
    for text in [
        "0001 0000 0042 0058",
        "0001-0000-0042-0058",
        " 0001000000420058\r\n",
        "０００１　００００　００４２　００５８",
        "0001—0000—0042—0058",
    ] {
        assert_eq!(text.parse(), expected, "{text}");
    }
}

#[test]
fn label_refuses_what_is_not_sixteen_digits() {
    for text in [
        "",
        "1",
        "000100000042005",
        "00010000004200580",
        "00010000004200x8",
        "٠001000000420058",
    ] {
        assert_eq!(text.parse::<Label>(), Err(IdError::LabelForm), "{text}");
    }
}

#[test]
fn label_refuses_one_wrong_digit() {
    for label in sample() {
        let right = label.to_string().into_bytes();
        for place in 0..16 {
            for digit in b'0'..=b'9' {
                let mut wrong = right.clone();
                wrong[place] = digit;
                let read = String::from_utf8(wrong.clone()).unwrap().parse::<Label>();
                if wrong == right {
                    assert_eq!(read, Ok(label));
                } else {
                    assert_eq!(read, Err(IdError::LabelCheck), "{label}: {wrong:?}");
                }
            }
        }
    }
}

#[test]
fn label_refuses_two_neighbours_swapped() {
    for label in sample() {
        let right = label.to_string().into_bytes();
        for place in 0..15 {
            let mut wrong = right.clone();
            wrong.swap(place, place + 1);
            if wrong != right {
                let read = String::from_utf8(wrong).unwrap().parse::<Label>();
                assert_eq!(read, Err(IdError::LabelCheck), "{label}: {place}");
            }
        }
    }
}

#[test]
fn label_refuses_a_second_spelling_of_the_same_remainder() {
    let mut seen = BTreeSet::new();
    for serial in 1..=500 {
        let text = label(1, serial, 0).to_string();
        let check: i64 = text[14..].parse().unwrap();
        seen.insert(check);
        for other in [check - 97, check + 97] {
            if (0..=99).contains(&other) {
                let wrong = format!("{}{other:02}", &text[..14]);
                assert_eq!(wrong.parse::<Label>(), Err(IdError::LabelCheck), "{wrong}");
            }
        }
    }
    assert_eq!((seen.first(), seen.last()), (Some(&2), Some(&98)));
}

#[test]
fn label_refuses_container_number_zero() {
    let payload: i64 = 10_000_000_000;
    let check = 98 - payload * 100 % 97;
    let refusal = format!("{payload:014}{check:02}").parse::<Label>();
    assert_eq!(refusal.unwrap_err().code(), "number_form");
}

#[test]
fn cas_is_kept_in_one_form() {
    for (text, kept) in [
        ("7647-01-0", "7647-01-0"),
        ("7647010", "7647-01-0"),
        (" 7647 - 01 - 0 ", "7647-01-0"),
        ("７６４７－０１－０", "7647-01-0"),
        ("7647–01—0", "7647-01-0"),
        ("50-00-0", "50-00-0"),
        ("64-17-5", "64-17-5"),
        ("7732-18-5", "7732-18-5"),
        ("1327-53-3", "1327-53-3"),
    ] {
        assert_eq!(text.parse::<Cas>().unwrap().as_str(), kept, "{text}");
    }
    let cas: Cas = "7647-01-0".parse().unwrap();
    assert_eq!(cas.to_string(), "7647-01-0");
    assert_eq!(serde_json::to_string(&cas).unwrap(), r#""7647-01-0""#);
    assert!(serde_json::from_str::<Cas>(r#""7647-01-1""#).is_err());
}

#[test]
fn cas_refuses_what_has_another_form() {
    for text in [
        "",
        "-",
        "7647",
        "0-00-0",
        "76-4701-0",
        "7647-010",
        "7647-01-0-0",
        "7647-01-",
        "764x-01-0",
        "07647-01-0",
        "12345678-01-0",
        "CAS7647-01-0",
        "2026-03-05",
    ] {
        assert_eq!(text.parse::<Cas>(), Err(IdError::CasForm), "{text}");
    }
}

#[test]
fn cas_refuses_one_wrong_digit_at_the_end() {
    for check in 1..=9 {
        let refusal = format!("7647-01-{check}").parse::<Cas>();
        assert_eq!(refusal, Err(IdError::CasCheck));
    }
    for swapped in ["6747-01-0", "46-17-5", "7647-10-0"] {
        assert_eq!(swapped.parse::<Cas>(), Err(IdError::CasCheck), "{swapped}");
    }
}

/// Codes that their holders publish.
const CREDIT_CODES: [&str; 5] = [
    "91350100M000100Y43",
    "914403001922038216",
    "9144030071526726XG",
    "91330100799655058B",
    "91110108551385082Q",
];

#[test]
fn credit_codes_in_use_are_read() {
    for code in CREDIT_CODES {
        let uscc: Uscc = code.parse().unwrap();
        assert_eq!(uscc.as_str(), code);
        assert!(uscc.organisation_check(), "{code}");
        assert_eq!(serde_json::to_string(&uscc).unwrap(), format!("\"{code}\""));
    }
    let loose: Uscc = " 9144 0300 7152 6726 xg".parse().unwrap();
    assert_eq!(loose.as_str(), "9144030071526726XG");
    assert_eq!(loose.region(), "440300".parse().ok());
}

#[test]
fn credit_code_refuses_one_wrong_character() {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for code in CREDIT_CODES {
        for place in 0..18 {
            for c in alphabet.chars() {
                let mut wrong = code.to_owned();
                wrong.replace_range(place..=place, &c.to_string());
                assert_eq!(wrong.parse::<Uscc>().is_ok(), wrong == code, "{wrong}");
            }
        }
    }
    let refusal = "914403001922038217".parse::<Uscc>();
    assert_eq!(refusal, Err(IdError::UsccCheck));
}

#[test]
fn credit_code_refuses_what_has_another_form() {
    for text in [
        "",
        "91440300192203821",
        "9144030019220382166",
        "91440300I922038216",
        "9144O3001922038216",
        "91A403001922038216",
        "9144030019220382医",
    ] {
        assert_eq!(text.parse::<Uscc>(), Err(IdError::UsccForm), "{text}");
    }
}

#[test]
fn credit_code_with_an_odd_organisation_code_is_accepted_with_a_warning() {
    let with_any_check = |body: &str| {
        let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        let codes = alphabet.chars().map(|c| format!("{body}{c}"));
        let valid: Vec<Uscc> = codes.filter_map(|code| code.parse().ok()).collect();
        assert_eq!(valid.len(), 1, "{body}");
        valid[0].clone()
    };
    assert!(!with_any_check("91440300192203822").organisation_check());
    assert!(with_any_check("91440300192203821").organisation_check());
    let central = with_any_check("12100000400000000");
    assert_eq!(central.region(), None);
}

#[test]
fn region_codes_know_their_level_and_what_is_above() {
    for (code, level, parent) in [
        ("220000", RegionLevel::Province, None),
        ("220300", RegionLevel::City, Some("220000")),
        ("220322", RegionLevel::County, Some("220300")),
        ("110101", RegionLevel::County, Some("110000")),
        ("500119", RegionLevel::County, Some("500000")),
        ("500229", RegionLevel::County, Some("500000")),
        ("419001", RegionLevel::County, Some("410000")),
        ("659013", RegionLevel::County, Some("650000")),
        ("441900", RegionLevel::City, Some("440000")),
        ("820000", RegionLevel::Province, None),
    ] {
        let region: RegionCode = code.parse().unwrap();
        assert_eq!(region.to_string(), code);
        assert_eq!(region.level(), level, "{code}");
        assert_eq!(
            region.parent().map(|parent| parent.to_string()).as_deref(),
            parent,
            "{code}"
        );
        assert_eq!(
            serde_json::to_string(&region).unwrap(),
            format!("\"{code}\"")
        );
    }
    assert_eq!(
        serde_json::to_string(&RegionLevel::County).unwrap(),
        r#""county""#
    );
}

#[test]
fn region_code_refuses_what_is_none() {
    for text in [
        "", "22030", "2203000", "22O300", "220001", "000000", "100000", "990000", "-20300",
    ] {
        assert_eq!(
            text.parse::<RegionCode>(),
            Err(IdError::RegionForm),
            "{text}"
        );
    }
}

/// The example of GB 11643-1999.
const CITIZEN: &str = "11010519491231002X";

#[test]
fn identity_number_is_read_and_its_x_made_large() {
    for text in [
        CITIZEN,
        "11010519491231002x",
        "110105 19491231 002X",
        "１１０１０５１９４９１２３１００２ｘ",
    ] {
        let number: IdentityNumber = text.parse().unwrap();
        assert_eq!(number.expose(), CITIZEN);
        assert_eq!(
            Some(number.birth_date()),
            NaiveDate::from_ymd_opt(1949, 12, 31)
        );
    }
    let foreign: IdentityNumber = "911124198108030024".parse().unwrap();
    assert_eq!(
        Some(foreign.birth_date()),
        NaiveDate::from_ymd_opt(1981, 8, 3)
    );
    assert!(serde_json::from_str::<IdentityNumber>(&format!("\"{CITIZEN}\"")).is_ok());
}

#[test]
fn identity_number_is_never_printed_in_full() {
    let number: IdentityNumber = CITIZEN.parse().unwrap();
    assert_eq!(number.masked(), "1****************X");
    assert_eq!(format!("{number:?}"), "IdentityNumber(1****************X)");
    assert_eq!(
        format!("{:#?}", Some(&number))
            .matches(|c: char| c.is_ascii_digit())
            .count(),
        1
    );
    let wrong = "110105194912310021";
    let refusal = serde_json::from_str::<IdentityNumber>(&format!("\"{wrong}\"")).unwrap_err();
    assert!(!refusal.to_string().contains("1949"));
}

#[test]
fn identity_number_refuses_one_wrong_character() {
    for place in 0..18 {
        for c in "0123456789X".chars() {
            let mut wrong = CITIZEN.to_owned();
            wrong.replace_range(place..=place, &c.to_string());
            assert_eq!(
                wrong.parse::<IdentityNumber>().is_ok(),
                wrong == CITIZEN,
                "{wrong}"
            );
        }
    }
    assert_eq!(
        "110105194912310021".parse::<IdentityNumber>(),
        Err(IdError::IdentityCheck)
    );
}

#[test]
fn identity_number_refuses_each_fault_by_name() {
    for (text, error) in [
        ("", IdError::IdentityForm),
        ("110105491231002", IdError::IdentityForm),
        ("11010519491231002XX", IdError::IdentityForm),
        ("11010519491231X02X", IdError::IdentityForm),
        ("11010519491231002Y", IdError::IdentityForm),
        ("1101051949123100医", IdError::IdentityForm),
        ("990105194912310028", IdError::IdentityRegion),
        ("100105194912310028", IdError::IdentityRegion),
        ("110105194902300028", IdError::IdentityDate),
        ("110105190002290028", IdError::IdentityDate),
        ("110105194913010028", IdError::IdentityDate),
        ("440524188001010014", IdError::IdentityDate),
    ] {
        assert_eq!(text.parse::<IdentityNumber>(), Err(error), "{text}");
    }
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    let all = [
        IdError::LabelForm,
        IdError::LabelCheck,
        IdError::CasForm,
        IdError::CasCheck,
        IdError::UsccForm,
        IdError::UsccCheck,
        IdError::RegionForm,
        IdError::IdentityForm,
        IdError::IdentityRegion,
        IdError::IdentityDate,
        IdError::IdentityCheck,
        Serial::try_from(0).unwrap_err(),
    ];
    for error in all {
        assert_eq!(error.message(false), error.to_string());
        assert!(error.message(false).contains('请') && error.message(false).ends_with('。'));
        assert!(error.message(true).contains(';') && error.message(true).ends_with('.'));
    }
    assert_eq!(
        all.map(IdError::code)
            .into_iter()
            .collect::<BTreeSet<_>>()
            .len(),
        all.len()
    );
    assert_eq!(
        Serial::try_from(0).unwrap_err().message(false),
        "容器流水号应为1至99999999的整数，不带符号和前导零，请核对后重新输入。"
    );
}

proptest! {
    // A test that is meant to go red under sabotage must leave nothing in the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_print_and_read_back(institution in 0..=9_999_i64, serial in 1..=99_999_999_i64, generation in 0..=99_i64) {
        let label = label(institution, serial, generation);
        prop_assert_eq!(label.to_string().parse(), Ok(label));
        prop_assert_eq!(label.grouped().parse(), Ok(label));
        let json = serde_json::to_string(&label).unwrap();
        prop_assert_eq!(json.len(), 18);
        prop_assert_eq!(serde_json::from_str::<Label>(&json).unwrap(), label);
    }

    #[test]
    fn no_text_breaks_a_reader(text in r"[-0-9A-Zx ]{0,24}|\PC{0,30}") {
        if let Ok(label) = text.parse::<Label>() {
            prop_assert_eq!(label.to_string().parse(), Ok(label));
        }
        if let Ok(cas) = text.parse::<Cas>() {
            prop_assert_eq!(cas.as_str().parse(), Ok(cas.clone()));
        }
        let _ = text.parse::<Uscc>().map(|uscc| (uscc.region(), uscc.organisation_check()));
        let _ = text.parse::<RegionCode>();
        let _ = text.parse::<IdentityNumber>();
        let _ = text.parse::<Seq>();
    }
}
