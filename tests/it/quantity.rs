//! Amounts are read, printed, added and converted exactly, or refused.

use hazledger::domain::quantity::{Amount, Density, Dimension, Quantity, QuantityError, Unit};
use proptest::prelude::*;

fn mass(ug: i64) -> Quantity {
    Quantity::new(Dimension::Mass, ug).unwrap()
}

fn volume(nl: i64) -> Quantity {
    Quantity::new(Dimension::Volume, nl).unwrap()
}

fn count(pieces: i64) -> Quantity {
    Quantity::new(Dimension::Count, pieces).unwrap()
}

fn refused(text: &str) -> QuantityError {
    match Quantity::parse(text) {
        Err(error) => error,
        Ok(quantity) => panic!("{text:?} was read as {quantity}"),
    }
}

#[test]
fn mass_is_read_in_every_unit() {
    for (text, ug) in [
        ("2 t", 2_000_000_000_000),
        ("1.5吨", 1_500_000_000_000),
        ("1 kg", 1_000_000_000),
        ("1KG", 1_000_000_000),
        ("1 Kg", 1_000_000_000),
        ("1 kG", 1_000_000_000),
        ("2千克", 2_000_000_000),
        ("2 公斤", 2_000_000_000),
        ("1㎏", 1_000_000_000),
        ("3斤", 1_500_000_000),
        ("0.000000002 斤", 1),
        ("2两", 100_000_000),
        ("500g", 500_000_000),
        ("500 G", 500_000_000),
        ("500克", 500_000_000),
        ("0.000001 g", 1),
        ("250 mg", 250_000),
        ("250MG", 250_000),
        ("250 毫克", 250_000),
        ("7 µg", 7),
        ("7 μg", 7),
        ("7ug", 7),
        ("7 mcg", 7),
        ("7微克", 7),
    ] {
        assert_eq!(Quantity::parse(text), Ok(mass(ug)), "{text}");
    }
}

#[test]
fn volume_is_read_in_every_unit() {
    for (text, nl) in [
        ("1 m3", 1_000_000_000_000),
        ("1 M³", 1_000_000_000_000),
        ("1立方米", 1_000_000_000_000),
        ("2.5 L", 2_500_000_000),
        ("2.5l", 2_500_000_000),
        ("2.5升", 2_500_000_000),
        ("2.5 公升", 2_500_000_000),
        ("500 mL", 500_000_000),
        ("500ml", 500_000_000),
        ("500 ML", 500_000_000),
        ("500 Ml", 500_000_000),
        ("500毫升", 500_000_000),
        ("500 CC", 500_000_000),
        ("5 cm3", 5_000_000),
        ("1 dL", 100_000_000),
        ("1 cL", 10_000_000),
        ("20 µL", 20_000),
        ("20μl", 20_000),
        ("20 uL", 20_000),
        ("20 微升", 20_000),
        ("3 nL", 3),
    ] {
        assert_eq!(Quantity::parse(text), Ok(volume(nl)), "{text}");
    }
}

#[test]
fn count_is_read_with_every_counting_word() {
    let words = "个 支 瓶 片 盒 包 袋 管 粒 贴 安瓿 丸 板 枚 件 罐 桶 piece pcs PCS";
    for word in words.split(' ') {
        assert_eq!(Quantity::parse(&format!("10 {word}")), Ok(count(10)));
        assert_eq!(Quantity::parse(&format!("10{word}")), Ok(count(10)));
    }
    assert_eq!(Quantity::parse("2.0 瓶"), Ok(count(2)));
}

#[test]
fn what_input_methods_and_spreadsheets_write_is_read() {
    for (text, quantity) in [
        ("５００ｍｌ", volume(500_000_000)),
        ("２．５\u{3000}Ｌ", volume(2_500_000_000)),
        ("\u{a0} 500\u{a0}g \t", mass(500_000_000)),
        ("1,000 mL", volume(1_000_000_000)),
        ("1，000 mL", volume(1_000_000_000)),
        ("12,345,678.5 g", mass(12_345_678_500_000)),
        ("1E+3 mL", volume(1_000_000_000)),
        ("1e3mL", volume(1_000_000_000)),
        ("2.5e-3 L", volume(2_500_000)),
        ("1.50000000000000000000000 g", mass(1_500_000)),
        ("0000000000000000000000000001 g", mass(1_000_000)),
        ("0 g", mass(0)),
    ] {
        assert_eq!(Quantity::parse(text), Ok(quantity), "{text}");
    }
}

#[test]
fn the_largest_amount_is_read_and_one_more_is_refused() {
    let largest = Quantity::parse("9223372036854775807 ug");
    assert_eq!(largest, Ok(mass(i64::MAX)));
    assert_eq!(Quantity::parse("9223372.036854775807 t"), largest);
    for text in [
        "9223372036854775808 ug",
        "9223372.036854775808 t",
        "99999999999999999999 nL",
        "1e18 t",
        "999999999999999999999999999999999999999999999999 g",
        "9999999999999999999.999999999999999999e18 t",
    ] {
        assert_eq!(refused(text), QuantityError::TooLarge, "{text}");
    }
}

#[test]
fn what_the_base_unit_cannot_hold_is_refused_not_rounded() {
    for text in [
        "0.0000001 g",
        "0.5 ug",
        "2.5 支",
        "0.1 nL",
        "1e-18 t",
        "0.000000001 斤",
        "0.00000000000000000000001 t",
        "0.00000000000000000000000000000001e-18 t",
    ] {
        assert_eq!(refused(text), QuantityError::TooFine, "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    for text in ["", "  ", "\u{3000}"] {
        assert_eq!(refused(text), QuantityError::Empty, "{text:?}");
    }
    for text in [
        "NaN g",
        "inf mL",
        "g",
        "十支",
        "约500 g",
        "+5 g",
        "- g",
        "--5 g",
        ".5 g",
        "5. g",
        "1.2.3 g",
        "1e19 g",
        "1e99999999999 g",
        "٣ g",
    ] {
        assert_eq!(refused(text), QuantityError::NotANumber, "{text}");
    }
    for text in ["-5 g", "－5 g", "−0.5 mL", "- 5 g"] {
        assert_eq!(refused(text), QuantityError::Negative, "{text}");
    }
}

#[test]
fn a_comma_that_could_be_a_decimal_point_is_refused() {
    for text in [
        "1,5 L",
        "2,50 g",
        "0,123 g",
        "1234,567 g",
        "1,00,000 g",
        "1.234,5 g",
        "1,000, g",
        ",5 g",
    ] {
        assert_eq!(refused(text), QuantityError::Grouping, "{text}");
    }
}

#[test]
fn what_is_no_unit_is_refused() {
    for text in ["500", "1e3", "5 "] {
        assert_eq!(refused(text), QuantityError::NoUnit, "{text}");
    }
    for text in [
        "5 m",
        "5 M",
        "0.1 mol/L",
        "75 %",
        "5 NL",
        "5 Nl",
        "5 箱",
        "5 x",
        "1 000 mL",
        "1 .5 g",
        "5e g",
    ] {
        assert_eq!(refused(text), QuantityError::UnknownUnit, "{text}");
    }
    for text in [
        "1 kg 500 g",
        "500 mL/瓶",
        "500ml*20瓶",
        "5 mg/mL",
        "1L500mL",
        "1 m³ 5 L",
    ] {
        assert_eq!(refused(text), QuantityError::TwoUnits, "{text}");
    }
}

#[test]
fn an_amount_prints_in_the_largest_unit_that_gives_at_least_one() {
    for (quantity, text) in [
        (volume(2_500_000_000), "2.5 L"),
        (volume(500_000_000), "500 mL"),
        (volume(1_000_000_000), "1 L"),
        (volume(1_000_000), "1 mL"),
        (volume(999_999), "999.999 μL"),
        (volume(1_000), "1 μL"),
        (volume(1), "1 nL"),
        (volume(0), "0 mL"),
        (mass(1_000_000_000), "1 kg"),
        (mass(999_999_999), "999.999999 g"),
        (mass(123_456_700), "123.4567 g"),
        (mass(1_000_000), "1 g"),
        (mass(250_000), "250 mg"),
        (mass(1_000), "1 mg"),
        (mass(999), "999 μg"),
        (mass(0), "0 g"),
        (mass(i64::MAX), "9223372036.854775807 kg"),
        (count(10), "10 支"),
        (count(0), "0 支"),
    ] {
        assert_eq!(quantity.to_string(), text);
    }
}

#[test]
fn every_symbol_is_read_as_its_own_unit() {
    for unit in Unit::ALL {
        assert_eq!(Unit::parse(unit.symbol()), Ok(*unit));
        assert_eq!(Unit::parse(&format!(" {unit} ")), Ok(*unit));
    }
}

#[test]
fn dimensions_are_named_in_text() {
    for dimension in [Dimension::Mass, Dimension::Volume, Dimension::Count] {
        assert_eq!(dimension.as_str().parse(), Ok(dimension));
        let json = serde_json::to_string(&dimension).unwrap();
        assert_eq!(json, format!("\"{dimension}\""));
    }
    let refusal = "Mass".parse::<Dimension>();
    assert_eq!(refusal, Err(QuantityError::UnknownDimension));
}

#[test]
fn an_amount_below_zero_cannot_be_made() {
    assert_eq!(
        Quantity::new(Dimension::Mass, -1),
        Err(QuantityError::Negative)
    );
}

#[test]
fn mass_volume_and_count_do_not_add_up() {
    let (grams, litres, pieces) = (mass(5), volume(5), count(5));
    assert_eq!(grams.checked_add(litres), Err(QuantityError::MassNeeded));
    assert_eq!(litres.checked_sub(pieces), Err(QuantityError::VolumeNeeded));
    assert_eq!(pieces.checked_add(grams), Err(QuantityError::CountNeeded));
}

#[test]
fn more_than_there_is_cannot_be_taken_away() {
    assert_eq!(mass(5).checked_sub(mass(6)), Err(QuantityError::BelowZero));
    assert_eq!(
        mass(5).checked_sub(mass(5)),
        Ok(Quantity::zero(Dimension::Mass))
    );
    assert_eq!(
        mass(i64::MAX).checked_add(mass(1)),
        Err(QuantityError::TooLarge)
    );
}

#[test]
fn json_holds_a_value_and_a_unit() {
    let json = serde_json::to_string(&volume(2_500_000_000)).unwrap();
    assert_eq!(json, r#"{"value":"2.5","unit":"L"}"#);
    let read = |json| serde_json::from_str::<Quantity>(json);
    assert_eq!(read(&json).unwrap(), volume(2_500_000_000));
    assert_eq!(
        read(r#"{"value":"2500","unit":"毫升"}"#).unwrap(),
        volume(2_500_000_000)
    );
    for bad in [
        r#"{"value":2.5,"unit":"L"}"#,
        r#"{"value":"2.5","unit":"M"}"#,
        r#"{"value":"","unit":"L"}"#,
        r#"{"value":"-1","unit":"L"}"#,
        r#"{"value":"5k","unit":"g"}"#,
        r#"{"value":"5 g","unit":"g"}"#,
        r#"{"value":"0.5","unit":"支"}"#,
        r#"{"value":"1","unit":"g","remark":""}"#,
        r#"{"value":"1"}"#,
        r#""1 g""#,
        "null",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn density_is_read_in_grams_per_millilitre() {
    for (text, ug_per_ml) in [
        ("0.789", 789_000),
        ("０．７８９", 789_000),
        ("1.84 g/mL", 1_840_000),
        ("1.84g/cm³", 1_840_000),
        ("1.84 g/cm3", 1_840_000),
        ("1.84 kg/L", 1_840_000),
        ("0.000001", 1),
        ("30", 30_000_000),
    ] {
        let density = Density::parse(text).unwrap();
        assert_eq!(density.ug_per_ml(), ug_per_ml, "{text}");
        assert_eq!(Density::parse(&density.to_string()), Ok(density));
    }
    let ethanol = Density::new(789_000).unwrap();
    assert_eq!(ethanol.to_string(), "0.789 g/mL");
    assert_eq!(serde_json::to_string(&ethanol).unwrap(), r#""0.789 g/mL""#);
    assert_eq!(
        serde_json::from_str::<Density>(r#""0.789""#).unwrap(),
        ethanol
    );
}

#[test]
fn density_that_no_substance_has_is_refused() {
    for text in [
        "",
        "0",
        "0.0",
        "-0.789",
        "30.000001",
        "31",
        "0.0000001",
        "1e30",
        "NaN",
        "0,789",
        "789 g/L",
        "0.789 g",
        "g/mL",
        ".789",
    ] {
        assert_eq!(Density::parse(text), Err(QuantityError::Density), "{text}");
    }
    assert_eq!(Density::new(0), Err(QuantityError::Density));
    assert_eq!(Density::new(30_000_001), Err(QuantityError::Density));
}

#[test]
fn mass_and_volume_convert_by_density() {
    let ethanol = Density::parse("0.789").unwrap();
    let half_litre = volume(500_000_000);
    let weight = Quantity::parse("394.5 g").unwrap();
    assert_eq!(ethanol.mass_from_volume(half_litre), Ok(weight));
    assert_eq!(ethanol.volume_from_mass(weight), Ok(half_litre));
    assert_eq!(
        ethanol.mass_from_volume(weight),
        Err(QuantityError::VolumeNeeded)
    );
    assert_eq!(
        ethanol.volume_from_mass(half_litre),
        Err(QuantityError::MassNeeded)
    );
    assert_eq!(
        ethanol.volume_from_mass(count(1)),
        Err(QuantityError::MassNeeded)
    );
}

#[test]
fn conversion_rounds_half_to_even() {
    let light = Density::parse("0.5").unwrap();
    for (nl, ug) in [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)] {
        assert_eq!(light.mass_from_volume(volume(nl)), Ok(mass(ug)), "{nl} nL");
    }
    let heavy = Density::parse("16").unwrap();
    for (ug, nl) in [(8, 0), (24, 2), (40, 2), (56, 4), (9, 1), (7, 0)] {
        assert_eq!(heavy.volume_from_mass(mass(ug)), Ok(volume(nl)), "{ug} µg");
    }
}

#[test]
fn conversion_beyond_the_range_is_refused() {
    let heavy = Density::parse("30").unwrap();
    let light = Density::parse("0.000001").unwrap();
    assert_eq!(
        heavy.mass_from_volume(volume(i64::MAX)),
        Err(QuantityError::TooLarge)
    );
    assert_eq!(
        light.volume_from_mass(mass(i64::MAX)),
        Err(QuantityError::TooLarge)
    );
    let water = Density::parse("1").unwrap();
    assert_eq!(water.mass_from_volume(volume(i64::MAX)), Ok(mass(i64::MAX)));
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    let all = [
        QuantityError::Empty,
        QuantityError::NotANumber,
        QuantityError::Grouping,
        QuantityError::Negative,
        QuantityError::NoUnit,
        QuantityError::UnknownUnit,
        QuantityError::TwoUnits,
        QuantityError::TooFine,
        QuantityError::TooLarge,
        QuantityError::BelowZero,
        QuantityError::MassNeeded,
        QuantityError::VolumeNeeded,
        QuantityError::CountNeeded,
        QuantityError::UnknownDimension,
        QuantityError::Density,
    ];
    for error in all {
        assert_eq!(error.message(false), error.to_string());
        assert!(error.message(false).contains('请') && error.message(false).ends_with('。'));
        assert!(error.message(true).contains(';') && error.message(true).ends_with('.'));
    }
    let codes: std::collections::BTreeSet<_> = all.map(QuantityError::code).into();
    assert_eq!(codes.len(), all.len());
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    let amount = prop_oneof![0..=i64::MAX, 0..=5_000_000_000_i64, 0..=2_000_i64];
    let dimension = prop_oneof![
        Just(Dimension::Mass),
        Just(Dimension::Volume),
        Just(Dimension::Count)
    ];
    (dimension, amount).prop_map(|(dimension, amount)| Quantity::new(dimension, amount).unwrap())
}

proptest! {
    // A test that is meant to go red under sabotage must leave nothing in the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(quantity in any_quantity()) {
        prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
        prop_assert_eq!(Quantity::try_from(Amount::from(quantity)), Ok(quantity));
        let json = serde_json::to_string(&quantity).unwrap();
        prop_assert_eq!(serde_json::from_str::<Quantity>(&json).unwrap(), quantity);
    }

    #[test]
    fn a_sum_is_exact_or_refused(a in any_quantity(), b in any_quantity()) {
        let b = Quantity::new(a.dimension(), b.amount()).unwrap();
        let exact = i128::from(a.amount()) + i128::from(b.amount());
        match a.checked_add(b) {
            Ok(sum) => {
                prop_assert_eq!(i128::from(sum.amount()), exact);
                prop_assert_eq!(sum.checked_sub(b), Ok(a));
            }
            Err(error) => {
                prop_assert_eq!(error, QuantityError::TooLarge);
                prop_assert!(exact > i128::from(i64::MAX));
            }
        }
    }

    #[test]
    fn a_difference_is_exact_or_refused(a in any_quantity(), b in any_quantity()) {
        let b = Quantity::new(a.dimension(), b.amount()).unwrap();
        match a.checked_sub(b) {
            Ok(rest) => prop_assert_eq!(rest.checked_add(b), Ok(a)),
            Err(error) => {
                prop_assert_eq!(error, QuantityError::BelowZero);
                prop_assert!(b.amount() > a.amount());
            }
        }
    }

    #[test]
    fn conversion_is_the_nearest_whole_and_even_on_a_tie(
        nl in prop_oneof![0..=i64::MAX / 30, 0..=1_000_000_i64],
        ug_per_ml in prop_oneof![1..=30_000_000_i64, (1..=60_i64).prop_map(|n| n * 500_000)],
    ) {
        let density = Density::new(ug_per_ml).unwrap();
        let near = |result: i64, product: i128, over: i64| {
            let over = i128::from(over);
            let twice_off = 2 * (i128::from(result) * over - product).abs();
            twice_off < over || (twice_off == over && result % 2 == 0)
        };
        let weight = density.mass_from_volume(volume(nl)).unwrap().amount();
        let product = i128::from(nl) * i128::from(ug_per_ml);
        prop_assert!(near(weight, product, 1_000_000));
        if let Ok(back) = density.volume_from_mass(mass(nl)) {
            let product = i128::from(nl) * 1_000_000;
            prop_assert!(near(back.amount(), product, ug_per_ml));
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in r"[-+0-9.,eE ]{0,30}(g|mL|L|支|斤|M| kg)?|\PC{0,40}") {
        if let Ok(quantity) = Quantity::parse(&text) {
            prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
        }
        let _ = Density::parse(&text);
    }

    #[test]
    fn a_decimal_is_read_digit_for_digit(whole in 0..=9_000_000_000_i64, millionths in 0..1_000_000_i64) {
        let text = format!("{whole}.{millionths:06} g");
        prop_assert_eq!(Quantity::parse(&text), Ok(mass(whole * 1_000_000 + millionths)));
    }
}
