//! The lists as data, and which listed substance a bottle is.

mod matching;

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Instant;

use chrono::NaiveDate;
use hazledger::domain::catalogue::{Catalogue, Matches};
use hazledger::domain::ids::{Cas, RegionLevel};
use hazledger::domain::substance::{
    ControlClass, Pictogram, Reliability, SignalWord, Substance, SubstanceId,
};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::embedded().unwrap());

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-22")
}

fn substance(id: &str) -> &'static Substance {
    CATALOGUE.substance(&id.parse().unwrap()).unwrap()
}

fn classes(id: &str, on: NaiveDate) -> Vec<ControlClass> {
    let id: SubstanceId = id.parse().unwrap();
    let on = CATALOGUE.classes_on(&id, on);
    on.iter().map(|on| on.class).collect()
}

fn ask(name: &str, qualifier: &str, cas: &str) -> Matches<'static> {
    let cas: Option<Cas> = (!cas.is_empty()).then(|| cas.parse().unwrap());
    let qualifier = (!qualifier.is_empty()).then_some(qualifier);
    CATALOGUE.candidates(name, qualifier, cas.as_ref())
}

#[track_caller]
fn exact(name: &str, qualifier: &str, cas: &str) -> String {
    let found = ask(name, qualifier, cas);
    let Matches::Exact(substance) = found else {
        panic!("{name} {qualifier} {cas}: {found:?}");
    };
    substance.id.to_string()
}

#[test]
fn catalogue_has_every_row_of_the_lists() {
    let serials: BTreeSet<u16> = CATALOGUE
        .substances()
        .iter()
        .filter_map(|substance| substance.serial_no)
        .collect();
    assert_eq!(serials.len(), 2833);
    assert_eq!(serials, (1..=2833).collect());
    let forms = CATALOGUE.substances().iter();
    assert_eq!(forms.filter(|s| s.serial_no.is_some()).count(), 3012 + 5);

    let entries = |class| -> BTreeSet<&str> {
        CATALOGUE
            .listings()
            .filter(|listing| listing.class == class)
            .map(|listing| listing.entry.as_str())
            .collect()
    };
    assert_eq!(entries(ControlClass::HighlyToxic).len(), 148);
    assert_eq!(entries(ControlClass::ExplosivePrecursor).len(), 74);
    let precursors = [
        ControlClass::DrugPrecursor1,
        ControlClass::DrugPrecursor1Medicinal,
        ControlClass::DrugPrecursor2,
        ControlClass::DrugPrecursor3,
    ];
    assert_eq!(precursors.map(|class| entries(class).len()), [14, 5, 20, 8]);
    assert_eq!(entries(ControlClass::MedicalToxic).len(), 41);
    let drugs = |list: &str| -> BTreeSet<&str> {
        CATALOGUE
            .listings()
            .filter(|listing| listing.list.starts_with(list))
            .map(|listing| listing.entry.as_str())
            .collect()
    };
    assert_eq!(drugs("麻醉药品品种目录").len(), 290);
    assert_eq!(drugs("药用类").len(), 128);
}

#[test]
fn catalogue_gives_every_substance_one_code_and_a_listing() {
    let codes: BTreeSet<&SubstanceId> = CATALOGUE.substances().iter().map(|s| &s.id).collect();
    assert_eq!(codes.len(), CATALOGUE.substances().len());
    for substance in CATALOGUE.substances() {
        let listings = CATALOGUE.listings_of(&substance.id);
        assert!(!listings.is_empty(), "{}", substance.id);
        assert!(listings.iter().all(|l| l.substance == substance.id));
    }
    assert!(CATALOGUE.listings_of(&"hc9999".parse().unwrap()).is_empty());
    assert!(CATALOGUE.substance(&"hc9999".parse().unwrap()).is_none());
}

#[test]
fn catalogue_holds_only_valid_cas_numbers() {
    let mut count = 0;
    for cas in CATALOGUE.substances().iter().flat_map(|s| &s.cas) {
        let digits: Vec<u32> = cas
            .as_str()
            .chars()
            .filter_map(|c| c.to_digit(10))
            .collect();
        let (check, rest) = digits.split_last().unwrap();
        let sum: u32 = rest.iter().rev().zip(1..).map(|(d, place)| d * place).sum();
        assert_eq!(sum % 10, *check, "{cas}");
        count += 1;
    }
    assert!(count > 2680, "{count}");
}

#[test]
fn catalogue_is_read_fast_enough_for_start_up() {
    // The quickest of several, since other tests run beside this one.
    let (tries, limit) = if cfg!(debug_assertions) {
        (1, 3_000)
    } else {
        (20, 60)
    };
    let took = (0..tries).map(|_| {
        let start = Instant::now();
        drop(Catalogue::embedded().unwrap());
        start.elapsed().as_millis()
    });
    let took = took.min().unwrap();
    assert!(took < limit, "{took} ms");
}

#[test]
fn edition_names_the_files() {
    let edition = CATALOGUE.edition();
    assert_eq!(edition.id, "2026-11");
    assert_eq!(edition.effective_from, day("2026-01-01"));
    // What `LC_ALL=C sha256sum *.csv | sha256sum` prints in fixtures/catalogue.
    assert_eq!(
        edition.sha256,
        "aeca46c15b1a72dd55fbeba22192a208ad7c1eb46c94f6c7590715580c628e1e"
    );
    assert_eq!(*edition, *Catalogue::embedded().unwrap().edition());
}

#[test]
fn one_substance_carries_the_flags_of_several_lists() {
    use ControlClass::{
        DrugPrecursor2, DrugPrecursor3, ExplosivePrecursor, Hazardous, HighlyToxic, MedicalToxic,
        Narcotic,
    };
    for (name, expected) in [
        ("三氧化二砷", vec![HighlyToxic, MedicalToxic, Hazardous]),
        ("氯化汞", vec![HighlyToxic, MedicalToxic, Hazardous]),
        ("升汞", vec![HighlyToxic, MedicalToxic, Hazardous]),
        ("硝酸", vec![ExplosivePrecursor, Hazardous]),
        (
            "高锰酸钾",
            vec![ExplosivePrecursor, DrugPrecursor3, Hazardous],
        ),
        ("乙醚", vec![DrugPrecursor2, Hazardous]),
        ("三氯甲烷", vec![DrugPrecursor2, Hazardous]),
        ("氯仿", vec![DrugPrecursor2, Hazardous]),
        ("阿片", vec![Narcotic, Hazardous]),
        ("甲醇", vec![Hazardous]),
    ] {
        let id = exact(name, "", "");
        assert_eq!(classes(&id, today()), expected, "{name}");
    }
    let arsenic: SubstanceId = "hc1912".parse().unwrap();
    let toxic = CATALOGUE
        .listings_of(&arsenic)
        .iter()
        .filter(|listing| listing.class == MedicalToxic);
    assert_eq!(toxic.count(), 3, "砒石、砒霜、三氧化二砷");
}

#[test]
fn every_link_between_lists_agrees_in_name_or_cas() {
    // The links are written by hand: none may name a substance of another name.
    let names = |substance: &Substance| -> BTreeSet<String> {
        let mut names: BTreeSet<String> = substance.aliases.iter().cloned().collect();
        names.insert(substance.name.clone());
        names.extend(substance.name.split('[').next().map(str::to_owned));
        names
    };
    for file in ["explosive_precursors_2017", "drug_precursors"] {
        let path = format!("fixtures/catalogue/{file}.csv");
        let mut reader = csv::Reader::from_path(path).unwrap();
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|h| h == name).unwrap();
        let (name, cas, link) = (column("name_zh"), column("cas_all"), column("substances"));
        for row in reader.records() {
            let row = row.unwrap();
            for id in row[link].split('|') {
                let substance = substance(id);
                assert!(names(substance).contains(&row[name]), "{row:?}");
                let own: Vec<&str> = substance.cas.iter().map(Cas::as_str).collect();
                let listed: Vec<&str> = row[cas].split('；').filter(|c| !c.is_empty()).collect();
                let agrees = listed.is_empty() || listed.iter().any(|c| own.contains(c));
                assert!(agrees, "{row:?} {own:?}");
            }
        }
    }
}

#[test]
fn a_listing_counts_from_its_first_day_only() {
    let piperidone = exact("4-哌啶酮", "", "41661-47-6");
    assert_eq!(classes(&piperidone, day("2025-07-19")), []);
    assert_eq!(
        classes(&piperidone, day("2025-07-20")),
        [ControlClass::DrugPrecursor2]
    );
    let bromine = exact("溴素", "", "7726-95-6");
    assert_eq!(
        classes(&bromine, day("2018-01-31")),
        [ControlClass::Hazardous]
    );
    assert_eq!(
        classes(&bromine, day("2018-02-01")),
        [ControlClass::DrugPrecursor2, ControlClass::Hazardous]
    );
    assert_eq!(classes("hc2829", day("2025-12-31")), []);
}

#[test]
fn a_listing_ends_on_the_day_it_is_replaced() {
    let modafinil = exact("莫达非尼", "", "");
    assert_eq!(
        classes(&modafinil, day("2023-09-30")),
        [ControlClass::Psychotropic1]
    );
    assert_eq!(
        classes(&modafinil, day("2023-10-01")),
        [ControlClass::Psychotropic2]
    );
    let midazolam: SubstanceId = exact("咪达唑仑", "", "").parse().unwrap();
    let on = CATALOGUE.classes_on(&midazolam, today());
    assert_eq!(on[0].class, ControlClass::Psychotropic1);
    assert_eq!(on[0].listing.condition.as_deref(), Some("原料药和注射剂"));
    assert_eq!(on[1].class, ControlClass::Psychotropic2);
}

#[test]
fn uncertain_rows_stay_marked() {
    let mark = |id: &str, class| {
        let id: SubstanceId = id.parse().unwrap();
        let found = CATALOGUE.listings_of(&id).iter().find(|l| l.class == class);
        found.unwrap().reliability
    };
    use ControlClass as C;
    assert_eq!(mark("hc2568", C::Hazardous), Reliability::Seen);
    assert_eq!(mark("hc2829", C::Hazardous), Reliability::Secondary);
    assert_eq!(mark("dp13", C::DrugPrecursor1), Reliability::Known);
    assert_eq!(mark("dp38", C::DrugPrecursor2), Reliability::Seen);
    assert_eq!(mark("np1", C::Narcotic), Reliability::Known);
    assert_eq!(mark("hc1912", C::MedicalToxic), Reliability::Secondary);
    assert_eq!(mark("td41", C::MedicalToxic), Reliability::Known);
}

#[test]
fn label_elements_belong_to_the_strength() {
    let acid = substance("hc2630");
    assert_eq!(acid.pictograms, [Pictogram::Ghs02, Pictogram::Ghs05]);
    assert_eq!(acid.signal_word, Some(SignalWord::Danger));
    assert_eq!(acid.h_codes, ["H226", "H314"]);
    let weak = substance("hc2630-2");
    assert_eq!(weak.pictograms, [Pictogram::Ghs07]);
    assert_eq!(weak.signal_word, Some(SignalWord::Warning));
    assert_eq!(weak.name, "乙酸溶液[10%＜含量≤25%]");
    assert_eq!(weak.qualifier.as_deref(), Some("10%＜含量≤25%"));
}

#[test]
fn pictograms_are_named_as_in_the_list() {
    let mut rows = csv::Reader::from_path("fixtures/catalogue/ghs_pictograms.csv").unwrap();
    for (row, pictogram) in rows.records().zip(Pictogram::ALL) {
        let row = row.unwrap();
        assert_eq!((&row[0], &row[1]), (pictogram.code(), pictogram.name_zh()));
        assert_eq!(row[0].parse(), Ok(pictogram));
    }
    assert!("GHS10".parse::<Pictogram>().is_err());
}

#[test]
fn control_class_codes_survive_text_and_json() {
    let mut sorted = ControlClass::ALL;
    sorted.sort_unstable();
    assert_eq!(sorted, ControlClass::ALL);
    assert_eq!(sorted[0], ControlClass::HighlyToxic);
    assert_eq!(sorted[12], ControlClass::Hazardous);
    for class in ControlClass::ALL {
        assert_eq!(class.code().parse(), Ok(class));
        let json = serde_json::to_string(&class).unwrap();
        assert_eq!(json, format!("\"{}\"", class.code()));
        assert_eq!(serde_json::from_str::<ControlClass>(&json).unwrap(), class);
        assert!(class.colour().starts_with('#') && class.colour().len() == 7);
    }
    assert!("toxic".parse::<ControlClass>().is_err());
    let controlled = ControlClass::ALL
        .into_iter()
        .filter(|c| c.is_controlled_by_default());
    assert_eq!(controlled.count(), 6);
}

#[test]
fn substance_code_refuses_what_no_list_uses() {
    for good in ["hc2568", "hc1026-2", "ep1.4", "dp9", "np12", "cm62", "td3"] {
        let id: SubstanceId = good.parse().unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{good}\""));
    }
    for bad in ["", "hc", "xx1", "hc1-", "hc1-2-3", "hc-1", "2568", "hc１"] {
        assert!(bad.parse::<SubstanceId>().is_err(), "{bad}");
        assert!(serde_json::from_str::<SubstanceId>(&format!("\"{bad}\"")).is_err());
    }
}

#[test]
fn densities_fit_name_and_strength() {
    let density = |name: &str, qualifier: &str, cas: &str| {
        let cas: Option<Cas> = (!cas.is_empty()).then(|| cas.parse().unwrap());
        CATALOGUE
            .density_for(
                name,
                (!qualifier.is_empty()).then_some(qualifier),
                cas.as_ref(),
            )
            .map(|listed| (listed.density.ug_per_ml(), listed.reliability))
    };
    let known = |ug_per_ml| Some((ug_per_ml, Reliability::Known));
    assert_eq!(density("无水乙醇", "", "64-17-5"), known(789_000));
    assert_eq!(density("75%乙醇", "", ""), known(873_000));
    assert_eq!(density("酒精", "95%", "64-17-5"), known(811_000));
    assert_eq!(density("盐酸", "37%", "7647-01-0"), known(1_180_000));
    assert_eq!(density("浓硫酸", "", ""), known(1_840_000));
    assert_eq!(density("过氧化氢", "30%", ""), known(1_110_000));
    assert_eq!(density("双氧水", "3%", ""), known(1_010_000));
    assert_eq!(density("甲醇", "AR", "67-56-1"), known(792_000));
    assert_eq!(density("氯仿", "", "67-66-3"), known(1_490_000));
    assert_eq!(density("汞", "", ""), known(13_546_000));
    assert_eq!(density("液氮", "", ""), known(808_000));
    assert_eq!(density("氮", "", ""), None);
    assert_eq!(density("石油醚(60-90℃)", "", ""), known(660_000));
    assert_eq!(density("石油醚", "30~60℃", ""), None);
    assert_eq!(density("二甲苯", "", "1330-20-7"), known(865_000));
    assert_eq!(density("2-丙醇", "", ""), known(786_000));
    assert_eq!(
        density("丙酸", "", "79-09-4"),
        Some((988_200, Reliability::Seen))
    );
    assert_eq!(
        density("邻二甲苯", "", "95-47-6"),
        Some((875_900, Reliability::Seen))
    );
    assert_eq!(density("盐酸", "", "7647-01-0"), None);
    assert_eq!(density("盐酸", "20%", ""), None);
    assert_eq!(density("乙醇", "", "64-17-5"), None);
    assert_eq!(density("丙酸", "20%", ""), None);
    assert_eq!(density("甲醇", "0.1mol/L", ""), None);
    assert_eq!(density("甲醇", "", "64-17-5"), None);
    assert_eq!(density("氯化钠", "", ""), None);
}

#[test]
fn regions_form_the_tree_of_the_country() {
    let count = |level| CATALOGUE.regions().filter(|r| r.level == level).count();
    assert_eq!(count(RegionLevel::Province), 34);
    assert_eq!(count(RegionLevel::City), 333);
    assert_eq!(count(RegionLevel::County), 2847);
    let lishu = CATALOGUE.region("220322".parse().unwrap()).unwrap();
    assert_eq!(lishu.name, "梨树县");
    assert_eq!(lishu.full_name, "吉林省四平市梨树县");
    assert_eq!(lishu.parent, Some("220300".parse().unwrap()));
    let point = lishu.point.unwrap();
    assert!((123_000_000..125_500_000).contains(&point.lon_udeg));
    assert!((42_500_000..44_500_000).contains(&point.lat_udeg));
    for region in CATALOGUE.regions() {
        assert_eq!(region.parent, region.code.parent(), "{}", region.code);
        if let Some(parent) = region.parent {
            assert!(CATALOGUE.region(parent).is_some(), "{}", region.code);
        }
    }
    assert_eq!(CATALOGUE.regions().filter(|r| r.point.is_none()).count(), 9);
    assert_eq!(CATALOGUE.regions_below(None).count(), 34);
    let siping = "220300".parse().unwrap();
    assert!(
        CATALOGUE
            .regions_below(Some(siping))
            .any(|r| r.code == lishu.code)
    );
    assert!(CATALOGUE.region("220399".parse().unwrap()).is_none());
}
