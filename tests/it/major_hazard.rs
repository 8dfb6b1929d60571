//! 重大危险源 by hand: GB 18218-2018, RULES §3. Every case is worked out in its comment.

use std::sync::LazyLock;

use hazledger::domain::catalogue::{Catalogue, Thresholds};
use hazledger::domain::exact::Exact;
use hazledger::domain::hazard::{Celsius, Hazard, HazardClass};
use hazledger::domain::rule::major_hazard::{
    Basis, Evaluation, Item, Judged, Missing, Process, State, evaluate, judge,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::on_both;

static LISTS: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());

fn tables() -> &'static Thresholds {
    Thresholds::embedded().unwrap()
}

fn exact(text: &str) -> Exact {
    text.parse().unwrap()
}

/// So many tonnes of something by its name and CAS number.
fn item(name: &str, cas: &str, tonnes: &str) -> Item {
    Item {
        name: name.to_owned(),
        qualifier: None,
        cas: (!cas.is_empty()).then(|| cas.parse().unwrap()),
        quantity: exact(tonnes),
        hazards: None,
        state: None,
        boiling: None,
        process: Process::Storage,
    }
}

fn with(qualifier: &str, item: Item) -> Item {
    Item {
        qualifier: Some(qualifier.to_owned()),
        ..item
    }
}

/// Something of which only its hazards are known.
fn known(hazards: &[(HazardClass, &str)]) -> Item {
    let hazards = hazards.iter().map(|(class, category)| Hazard {
        class: *class,
        category: (*category).to_owned(),
    });
    Item {
        hazards: Some(hazards.collect()),
        ..item("自配混合物甲", "", "1")
    }
}

fn judged(item: &Item) -> Judged {
    judge(tables(), &LISTS, item)
}

/// Basis, line, Q and β.
fn told(item: &Item) -> (Basis, String, String, String) {
    let judged = judged(item);
    let text = |number: Option<Exact>| number.map_or_else(String::new, |one| one.to_string());
    (
        judged.basis,
        judged.line.unwrap_or_default(),
        text(judged.threshold),
        text(judged.beta),
    )
}

fn line(basis: Basis, line: &str, threshold: &str, beta: &str) -> (Basis, String, String, String) {
    (
        basis,
        line.to_owned(),
        threshold.to_owned(),
        beta.to_owned(),
    )
}

fn unit(items: &[Item], residents: Option<u32>) -> Evaluation {
    evaluate(tables(), &LISTS, items, residents)
}

#[test]
fn the_tables_have_every_line() {
    // 85 substances, 24 kinds of hazard, 14 gases, 5 bands, 4 levels.
    assert_eq!(tables().named().len(), 85);
    assert_eq!(tables().categories().count(), 24);
    let gases = tables().named().iter().flat_map(|line| &line.substances);
    // 13 of the 14 stand in table 1 by themselves; 一氧化碳 does not.
    assert_eq!(
        gases.filter(|id| tables().toxic_gas(id).is_some()).count(),
        13
    );
    for line in tables().named() {
        for id in &line.substances {
            assert!(LISTS.substance(id).is_some(), "{id}");
        }
    }
    // Only 硝酸铵肥料(含可燃物≤0.4%) has no entry of its own in the 危险化学品目录.
    let nameless = tables()
        .named()
        .iter()
        .filter(|line| line.substances.is_empty());
    assert_eq!(nameless.map(|line| line.no).collect::<Vec<_>>(), [45]);
}

#[test]
fn what_hospitals_have_stands_in_table_1_by_its_name() {
    use Basis::Table1;
    for (name, cas, no, threshold, beta) in [
        // 3.10 of RULES, Q as printed. β: table 3 where it is named there, else table 4 by its hazard.
        ("氨", "7664-41-7", "1", "10", "2"),
        ("二氧化硫", "7446-09-5", "4", "20", "2"),
        ("环氧乙烷", "75-21-8", "7", "10", "2"),
        ("硫化氢", "7783-06-4", "10", "5", "5"),
        ("氯", "7782-50-5", "12", "5", "4"),
        ("碳酰氯", "75-44-5", "6", "0.3", "20"),
        ("氰化氢", "74-90-8", "25", "1", "10"),
        // Flammable gases of category 1: W2, β 1.5.
        ("氢", "1333-74-0", "51", "5", "1.5"),
        ("乙炔", "74-86-2", "54", "1", "1.5"),
        ("甲烷", "74-82-8", "49", "50", "1.5"),
        ("液化石油气", "68476-85-7", "52", "50", "1.5"),
        // Oxidising gas of category 1: W4, β 1.
        ("氧", "7782-44-7", "56", "200", "1"),
        // Flammable liquids of category 2: W5.3, β 1; of category 1 (乙醚, 二硫化碳 is 2): W5.1, β 1.5.
        ("丙酮", "67-64-1", "59", "500", "1"),
        ("甲苯", "108-88-3", "64", "500", "1"),
        ("苯", "71-43-2", "57", "50", "1"),
        ("乙酸乙酯", "141-78-6", "69", "500", "1"),
        ("正己烷", "110-54-3", "70", "500", "1"),
        ("乙醚", "60-29-7", "68", "10", "1.5"),
        // Oxidising solid of category 3: W9.2, β 1.
        ("硝酸钾", "7757-79-1", "46", "1000", "1"),
        // Gives off flammable gas, category 1: W11, β 1.
        ("钠", "7440-23-5", "85", "10", "1"),
    ] {
        assert_eq!(
            told(&item(name, cas, "1")),
            line(Table1, no, threshold, beta),
            "{name}"
        );
    }
}

#[test]
fn a_name_of_table_1_goes_before_any_hazard_of_table_2() {
    // 苯: flammable liquid of category 2, Q 1000 by table 2; table 1 says 50 (3.9).
    assert_eq!(told(&item("苯", "71-43-2", "1")).2, "50");
    // 乙醚: W5.1 says 10, and so does table 1; 硝酸钾: W9.2 says 200, table 1 says 1000.
    assert_eq!(told(&item("硝酸钾", "7757-79-1", "1")).2, "1000");
}

#[test]
fn of_several_hazards_of_table_2_the_lowest_quantity_counts() {
    use HazardClass as H;
    for (hazards, state, expected) in [
        // 易燃液体2 (1000, β 1) and 急性毒性2 (J5: 500, β 1).
        (
            vec![(H::FlammableLiquid, "类别2"), (H::ToxicSwallowed, "类别2")],
            None,
            ("J5", "500", "1"),
        ),
        // 易燃气体1 (10, β 1.5) and 急性毒性-吸入2 as a gas (J3: 50, β 2): Q of the one, β of the other.
        (
            vec![(H::FlammableGas, "类别1"), (H::ToxicInhaled, "类别2")],
            None,
            ("W2", "10", "2"),
        ),
        // 氧化性固体2 (200) and 急性毒性1 as a solid (J2: 50).
        (
            vec![(H::OxidisingSolid, "类别2"), (H::ToxicSwallowed, "类别1")],
            None,
            ("J2", "50", "1"),
        ),
        // The same poison as a gas: J1, 5.
        (
            vec![(H::ToxicInhaled, "类别1")],
            Some(State::Gas),
            ("J1", "5", "4"),
        ),
        (
            vec![(H::ToxicInhaled, "类别1")],
            Some(State::Liquid),
            ("J2", "50", "1"),
        ),
        (
            vec![(H::ToxicOnSkin, "类别3")],
            Some(State::Gas),
            ("J3", "50", "2"),
        ),
        (
            vec![(H::ToxicOnSkin, "类别2")],
            Some(State::Solid),
            ("J5", "500", "1"),
        ),
        (vec![(H::Explosive, "1.1项")], None, ("W1.1", "1", "2")),
        (
            vec![(H::Explosive, "不稳定爆炸物")],
            None,
            ("W1.1", "1", "2"),
        ),
        (vec![(H::Explosive, "1.3项")], None, ("W1.2", "10", "2")),
        (vec![(H::Explosive, "1.4项")], None, ("W1.3", "50", "2")),
        (vec![(H::FlammableGas, "类别2")], None, ("W2", "10", "1.5")),
        (vec![(H::Aerosol, "类别2")], None, ("W3", "150", "1")),
        (vec![(H::OxidisingGas, "类别1")], None, ("W4", "50", "1")),
        (
            vec![(H::FlammableLiquid, "类别1")],
            None,
            ("W5.1", "10", "1.5"),
        ),
        (
            vec![(H::FlammableLiquid, "类别2")],
            None,
            ("W5.3", "1000", "1"),
        ),
        (
            vec![(H::FlammableLiquid, "类别3")],
            None,
            ("W5.4", "5000", "1"),
        ),
        (vec![(H::SelfReactive, "B型")], None, ("W6.1", "10", "1.5")),
        (vec![(H::SelfReactive, "E型")], None, ("W6.2", "50", "1")),
        (
            vec![(H::OrganicPeroxide, "A型")],
            None,
            ("W7.1", "10", "1.5"),
        ),
        (vec![(H::OrganicPeroxide, "F型")], None, ("W7.2", "50", "1")),
        (vec![(H::PyrophoricSolid, "类别1")], None, ("W8", "50", "1")),
        (
            vec![(H::OxidisingLiquid, "类别1")],
            None,
            ("W9.1", "50", "1"),
        ),
        (
            vec![(H::OxidisingSolid, "类别3")],
            None,
            ("W9.2", "200", "1"),
        ),
        (
            vec![(H::FlammableSolid, "类别1")],
            None,
            ("W10", "200", "1"),
        ),
        (vec![(H::WaterReactive, "类别2")], None, ("W11", "200", "1")),
    ] {
        let item = Item {
            state,
            ..known(&hazards)
        };
        let (symbol, threshold, beta) = expected;
        assert_eq!(
            told(&item),
            line(Basis::Table2, symbol, threshold, beta),
            "{hazards:?}"
        );
    }
}

#[test]
fn a_flammable_liquid_counts_by_how_it_is_handled() {
    let liquid = known(&[(HazardClass::FlammableLiquid, "类别3")]);
    for (process, symbol, threshold) in [
        (Process::Storage, "W5.4", "5000"),
        (Process::Special, "W5.2", "50"),
        (Process::AboveBoiling, "W5.1", "10"),
    ] {
        let (_, line, told, _) = told(&Item {
            process,
            ..liquid.clone()
        });
        assert_eq!((line.as_str(), told.as_str()), (symbol, threshold));
    }
}

#[test]
fn a_toxic_liquid_that_boils_below_35_degrees_counts_nearly_as_a_gas() {
    let liquid = Item {
        state: Some(State::Liquid),
        ..known(&[(HazardClass::ToxicInhaled, "类别3")])
    };
    let at = |degrees: &str| {
        let boiling = Some(degrees.parse::<Celsius>().unwrap());
        told(&Item {
            boiling,
            ..liquid.clone()
        })
    };
    assert_eq!(at("35"), line(Basis::Table2, "J4", "50", "2"));
    // Above it, category 3 is in no line.
    assert_eq!(at("35.000001").0, Basis::NotCounted);
    assert_eq!(judged(&liquid).missing, [Missing::BoilingPoint]);
}

#[test]
fn a_mixture_counts_by_the_hazard_that_it_has() {
    // 4.2.3. 75 % alcohol is in the category of ethanol (易燃液体2): all of it counts as ethanol, 500 t.
    let spirit = with("体积分数75%", item("乙醇溶液", "64-17-5", "1"));
    assert_eq!(told(&spirit), line(Basis::Table1Mixture, "67", "500", "1"));
    // 盐酸 is neither a gas nor acutely toxic: not counted, whatever 氯化氢(无水) is.
    assert_eq!(told(&item("盐酸", "7647-01-0", "1")).0, Basis::NotCounted);
    // 氢氟酸 is acutely toxic through the skin, category 1, and a liquid: J2, not the 1 t of 氟化氢.
    assert_eq!(
        told(&item("氢氟酸", "7664-39-3", "1")),
        line(Basis::Table2, "J2", "50", "1")
    );
    // Formalin is not 甲醛(含量>90%): by its own hazards.
    let formalin = with("含量37%", item("甲醛溶液", "50-00-0", "1"));
    assert_ne!(told(&formalin).0, Basis::Table1);
    // 硝酸: more than 70 % is line 81, 65 % is an oxidising liquid of category 3.
    let acid = |strength: &str| told(&with(strength, item("硝酸", "7697-37-2", "1")));
    assert_eq!(acid("含量98%"), line(Basis::Table1, "81", "100", "1"));
    assert_eq!(acid("含量65%"), line(Basis::Table2, "W9.2", "200", "1"));
    assert_eq!(
        judged(&item("硝酸", "7697-37-2", "1")).missing,
        [Missing::Strength]
    );
}

#[test]
fn what_cannot_be_told_is_never_taken_for_nothing() {
    let stranger = item("某某未知试剂", "", "1");
    assert_eq!(judged(&stranger).basis, Basis::Unknown);
    // 0.5 of toluene and something unknown: not "no".
    let some = unit(
        &[item("甲苯", "108-88-3", "250"), stranger.clone()],
        Some(0),
    );
    assert_eq!(
        (some.is_major_hazard, some.s.to_string(), some.r),
        (None, "0.5".to_owned(), None)
    );
    assert_eq!(some.missing, [Missing::Classification]);
    // With S = 1 already the unknown changes nothing of the answer.
    let all = unit(&[item("甲苯", "108-88-3", "500"), stranger], Some(0));
    assert_eq!((all.is_major_hazard, all.r), (Some(true), None));
    // Nothing of it is nothing.
    let none = unit(&[item("某某未知试剂", "", "0")], Some(0));
    assert_eq!(none.s, Exact::whole(0));
    // Below a listed strength: what it is then is told by nobody.
    assert_eq!(
        judged(&with("含量3%", item("过氧化氢溶液", "7722-84-1", "1"))).basis,
        Basis::Unknown
    );
    // A poison of which nobody knows whether it is a gas.
    let poison = known(&[(HazardClass::ToxicInhaled, "类别1")]);
    assert_eq!(judged(&poison).missing, [Missing::State]);
}

#[test]
fn s_is_summed_exactly_and_reaches_one_exactly() {
    // 250/500 = 0.5.
    let half = unit(&[item("甲苯", "108-88-3", "250")], Some(80));
    assert_eq!(
        (half.s.to_string(), half.is_major_hazard, half.level),
        ("0.5".to_owned(), Some(false), None)
    );
    // 0.1/0.3 = 1/3 of phosgene, three times: exactly 1, where decimals would leave 0.999…
    let thirds = vec![item("碳酰氯", "75-44-5", "0.1"); 3];
    let one = unit(&thirds, Some(0));
    assert_eq!(
        (one.s.to_string(), one.is_major_hazard),
        ("1".to_owned(), Some(true))
    );
    let two = unit(&thirds[..2], Some(0));
    assert_eq!(
        (two.s.to_string(), two.s.rounded(4), two.is_major_hazard),
        ("2/3".to_owned(), "0.6667".to_owned(), Some(false))
    );
    // One microgram less than 500 t is not 1.
    let less = unit(&[item("甲苯", "108-88-3", "499.999999999999")], Some(0));
    assert_eq!(less.is_major_hazard, Some(false));
    // A single substance: q ≥ Q (3.6).
    assert_eq!(
        unit(&[item("甲苯", "108-88-3", "500")], Some(0)).is_major_hazard,
        Some(true)
    );
    // 200 t of oxygen; 22.8 t, which is 20 m³, is 0.114.
    let tank = unit(&[item("氧", "7782-44-7", "22.8")], Some(200));
    assert_eq!(
        (tank.s.to_string(), tank.is_major_hazard),
        ("0.114".to_owned(), Some(false))
    );
    // Nothing at all is no source: the county says 0.
    assert_eq!(unit(&[], None).is_major_hazard, Some(false));
}

#[test]
fn r_is_graded_by_residents_and_beta() {
    // 10 t of ammonia: q/Q = 1, β 2; α of each band.
    for (residents, alpha, r) in [
        (0, "0.5", "1"),
        (1, "1", "2"),
        (29, "1", "2"),
        (30, "1.2", "2.4"),
        (49, "1.2", "2.4"),
        (50, "1.5", "3"),
        (99, "1.5", "3"),
        (100, "2", "4"),
        (1_000_000, "2", "4"),
    ] {
        let one = unit(&[item("氨", "7664-41-7", "10")], Some(residents));
        assert_eq!(one.alpha, Some(exact(alpha)), "{residents}");
        assert_eq!(
            (one.r, one.level.as_deref()),
            (Some(exact(r)), Some("四级")),
            "{residents}"
        );
    }
    // 500 t of toluene and nobody near: R = 0.5 · 1 = 0.5, below 1 and still 四级 (3.8).
    let alone = unit(&[item("甲苯", "108-88-3", "500")], Some(0));
    assert_eq!(
        (alone.r, alone.level.as_deref()),
        (Some(exact("0.5")), Some("四级"))
    );
    // Ammonia with α 2 and β 2: R = 4 q/10. 25 t: 10; 125 t: 50; 250 t: 100; a little less: the level below.
    for (tonnes, level) in [
        ("24.999", "四级"),
        ("25", "三级"),
        ("124.999", "三级"),
        ("125", "二级"),
        ("249.999", "二级"),
        ("250", "一级"),
    ] {
        let one = unit(&[item("氨", "7664-41-7", tonnes)], Some(100));
        assert_eq!(one.level.as_deref(), Some(level), "{tonnes}");
    }
    // Below S = 1 there is no grade, whatever R would be: 4 t of phosgene… 0.29 t: 0.29/0.3 · 20 · 2 = 38.7.
    let below = unit(&[item("碳酰氯", "75-44-5", "0.29")], Some(100));
    assert_eq!(
        (below.is_major_hazard, below.r, below.level),
        (Some(false), None, None)
    );
    // Nobody said how many live there.
    let unsaid = unit(&[item("氨", "7664-41-7", "10")], None);
    assert_eq!(
        (unsaid.is_major_hazard, unsaid.r, unsaid.missing),
        (Some(true), None, vec![Missing::Residents])
    );
}

#[test]
fn every_gas_of_table_3_has_its_beta() {
    for (name, cas, beta) in [
        ("一氧化碳", "630-08-0", "2"),
        ("二氧化硫", "7446-09-5", "2"),
        ("氨", "7664-41-7", "2"),
        ("环氧乙烷", "75-21-8", "2"),
        ("氯化氢[无水]", "7647-01-0", "3"),
        ("溴甲烷", "74-83-9", "3"),
        ("氯", "7782-50-5", "4"),
        ("硫化氢", "7783-06-4", "5"),
        ("氟化氢[无水]", "7664-39-3", "5"),
        ("二氧化氮", "10102-44-0", "10"),
        ("氰化氢", "74-90-8", "10"),
        ("碳酰氯", "75-44-5", "20"),
        ("磷化氢", "7803-51-2", "20"),
        ("异氰酸甲酯", "624-83-9", "20"),
    ] {
        assert_eq!(told(&item(name, cas, "1")).3, beta, "{name}");
    }
}

#[test]
fn every_entry_of_the_catalogue_gets_an_answer() {
    let mut unknown = 0;
    for substance in LISTS.substances() {
        let own = Item {
            qualifier: substance.qualifier.clone(),
            cas: substance.cas.first().cloned(),
            ..item(&substance.name, "", "1")
        };
        let judged = judged(&own);
        let is_told = judged.basis != Basis::Unknown;
        assert_eq!(
            is_told,
            judged.ratio.is_some(),
            "{}: {judged:?}",
            substance.id
        );
        let is_graded = judged.beta.is_some() || judged.basis == Basis::NotCounted;
        assert_eq!(
            is_graded,
            judged.missing.is_empty(),
            "{}: {judged:?}",
            substance.id
        );
        unknown += usize::from(!is_told);
    }
    println!(
        "{unknown} of {} entries are asked about",
        LISTS.substances().len()
    );
}

proptest! {
    #[test]
    fn more_stock_never_lowers_s_and_the_order_changes_nothing(
        picks in prop::collection::vec((0..3_000_usize, 0..1_000_000_u32), 1..12),
        more in 0..1_000_u32,
    ) {
        let all = LISTS.substances();
        let of = |(at, kilograms): &(usize, u32)| {
            let substance = &all[at % all.len()];
            Item {
                qualifier: substance.qualifier.clone(),
                cas: substance.cas.first().cloned(),
                ..item(&substance.name, "", &format!("{}.{:03}", kilograms / 1_000, kilograms % 1_000))
            }
        };
        let items: Vec<Item> = picks.iter().map(of).collect();
        let before = unit(&items, Some(60));
        let mut turned = items.clone();
        turned.reverse();
        let after = unit(&turned, Some(60));
        prop_assert_eq!((&before.s, &before.r, &before.level), (&after.s, &after.r, &after.level));
        let mut grown = items;
        let (at, kilograms) = picks[0];
        grown[0] = of(&(at, kilograms + more));
        prop_assert!(unit(&grown, Some(60)).s >= before.s);
    }
}

on_both! {
    fn anybody_who_is_signed_in_asks_for_a_unit(server) {
        let hospital = server.hospital();
        let ask = |body: Value| hospital.safety.post("/api/v1/rules/major-hazard-evaluations", body);
        let told = ask(json!({
            "population_500m": 80, "items": [{"cas": "108-88-3", "name": "甲苯", "quantity_t": "250"}],
        })).expect(200).json;
        assert_eq!((&told["s"], &told["is_major_hazard"]), (&json!("0.5"), &json!(false)));
        assert_eq!((&told["r"], &told["level"], &told["source"]), (&Value::Null, &Value::Null, &json!("GB 18218-2018")));
        let first = &told["items"][0];
        assert_eq!((&first["threshold_t"], &first["beta"], &first["basis"]), (&json!("500"), &json!("1"), &json!("表1")));
        let thirds = ask(json!({"population_500m": 100, "items": [
            {"name": "碳酰氯", "cas": "75-44-5", "quantity_t": "0.5"},
            {"name": "自配标准物", "quantity_t": "3", "hazards": [{"class": "AO", "category": "类别1"}], "state": "solid"},
        ]})).expect(200).json;
        // 0.5/0.3 + 3/50 = 5/3 + 3/50 = 259/150; R = 2 (20 · 5/3 + 3/50) = 5009/75.
        assert_eq!((&thirds["s"], &thirds["s_rounded"]), (&json!("259/150"), &json!("1.7266666667")));
        assert_eq!((&thirds["r"], &thirds["r_rounded"], &thirds["level"]), (&json!("5009/75"), &json!("66.7866666667"), &json!("二级")));
        let wrong = ask(json!({"items": [{"name": "甲苯", "quantity_t": "-1", "state": "plasma", "boiling_point_c": "hot"}]}));
        let errors = wrong.refused(422, "fields_invalid").json["errors"].clone();
        let codes: Vec<&str> = errors.as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["number_malformed", "unknown_word", "temperature_malformed"]);
        let many = vec![json!({"name": "甲苯", "quantity_t": "1"}); 1_001];
        ask(json!({"items": many})).refused(422, "fields_invalid");
    }
}
