//! What one row says: specification, quantity, unit, CAS number, expiry date.

use proptest::prelude::*;

use super::{codes, note_codes, only_row, row, sheet};

// Specification, quantity and unit.

#[test]
fn a_specification_is_read_in_all_its_spellings() {
    for (spec, quantity, unit, containers, each) in [
        ("500ml", "3", "", 3, "500 mL"),
        ("500 ML", "3", "瓶", 3, "500 mL"),
        ("５００ｍｌ", "３ 瓶", "", 3, "500 mL"),
        ("500㎖", "3.0", "瓶", 3, "500 mL"),
        ("500ml/瓶", "3瓶", "瓶", 3, "500 mL"),
        ("500毫升瓶装", "3", "瓶", 3, "500 mL"),
        ("2.5L", "4", "桶", 4, "2.5 L"),
        ("AR 500g", "1", "瓶", 1, "500 g"),
        ("AR500g", "1", "瓶", 1, "500 g"),
        ("500g 分析纯", "1", "瓶", 1, "500 g"),
        ("4L/桶", "2", "桶", 2, "4 L"),
        ("40L 钢瓶", "5", "瓶", 5, "40 L"),
        ("100片/盒", "2", "盒", 2, "100 支"),
        ("100片/盒", "200", "片", 2, "100 支"),
        ("500ml*20瓶", "1", "箱", 20, "500 mL"),
        ("500mL×20", "1箱", "", 20, "500 mL"),
        ("500ml x 20瓶/箱", "2", "箱", 40, "500 mL"),
        ("20瓶*500ml", "20", "瓶", 20, "500 mL"),
        ("500ml＊20瓶", "7", "瓶", 7, "500 mL"),
        ("2.5L×4/箱", "3", "箱", 12, "2.5 L"),
        ("20ml*5支/盒", "2", "盒", 10, "20 mL"),
        ("1ml:10mg*10支/盒", "5", "盒", 5, "10 支"),
        ("1ml:10mg*10支/盒", "50", "支", 5, "10 支"),
        ("1ml:10mg/支", "50", "", 1, "50 支"),
        ("0.5g*24片/盒", "3", "盒", 3, "24 支"),
        ("500g", "1.5", "kg", 3, "500 g"),
        ("500g", "\"1,500g\"", "", 3, "500 g"),
        ("", "1500ml", "", 1, "1.5 L"),
        ("", "1500", "毫升", 1, "1.5 L"),
        ("", "30", "支", 1, "30 支"),
        ("", "3", "500ml/瓶", 3, "500 mL"),
    ] {
        let found = only_row(&format!("甲醇,67-56-1,{spec},{quantity},{unit},,"));
        assert_eq!(
            (found.containers, found.each.to_string().as_str()),
            (containers, each),
            "{spec} {quantity} {unit}"
        );
    }
}

#[test]
fn what_is_no_amount_in_a_specification_becomes_the_qualifier() {
    for (spec, qualifier) in [
        ("500ml", None),
        ("AR 500g", Some("AR")),
        ("500g(分析纯)", Some("分析纯")),
        ("75% 500ml", Some("75%")),
        ("36-38% 500ml", Some("36-38%")),
        ("0.1mol/L 500ml", Some("0.1mol/L")),
        ("1ml：10mg×10支/盒", Some("1ml:10mg")),
        ("0.5g*24片/盒", Some("500mg")),
        ("片剂 24片/盒", Some("片剂")),
    ] {
        let found = only_row(&format!(
            "某品,,{spec},2,{},,",
            if spec.contains('盒') { "盒" } else { "瓶" }
        ));
        assert_eq!(found.qualifier.as_deref(), qualifier, "{spec}");
    }
}

#[test]
fn content_grade_and_specification_make_one_qualifier_without_repeating() {
    let proposal = sheet("品名,含量,级别,规格,数量\n盐酸,36%,AR,AR 500ml,2瓶\n");
    assert_eq!(proposal.rows[0].qualifier.as_deref(), Some("36%；AR"));
}

#[test]
fn stock_that_is_not_whole_containers_is_refused() {
    for (spec, quantity, unit, code) in [
        ("500ml", "2.5", "瓶", "part_container"),
        ("500ml", "2.5瓶", "", "part_container"),
        ("500ml*20瓶", "0.5", "箱", "part_container"),
        ("", "2.5", "支", "part_container"),
        ("500ml", "1300", "ml", "amount_not_whole"),
        ("10支/盒", "25", "支", "spec_form"),
        ("1ml:1mg*10支/盒", "25", "支", "amount_not_whole"),
        ("500ml", "2", "kg", "dimension_conflict"),
        ("500ml", "-2", "瓶", "quantity_negative"),
        ("500ml", "三", "瓶", "quantity_form"),
        ("500ml", "3+1", "瓶", "quantity_form"),
        ("500ml", "\"1,00\"", "瓶", "quantity_form"),
        ("500ml", "", "瓶", "quantity_missing"),
        ("500ml", "10001", "瓶", "quantity_too_large"),
        ("500ml", "99999999999", "瓶", "quantity_too_large"),
        ("500ml*20瓶", "501", "箱", "quantity_too_large"),
        ("1g", "20", "kg", "quantity_too_large"),
        ("500ml*20瓶", "3", "", "case_or_container"),
        ("100片/盒", "3", "", "case_or_container"),
        ("500ml", "3", "箱", "case_size_unknown"),
        ("500ml", "3", "坨", "unit_unknown"),
        ("500ml", "3瓶", "箱", "unit_conflict"),
        ("", "3", "瓶", "content_unknown"),
        ("AR", "3", "瓶", "content_unknown"),
        ("大瓶", "3", "瓶", "content_unknown"),
        ("20瓶", "3", "箱", "spec_form"),
        ("500", "3", "瓶", "spec_form"),
        ("500ml*0", "3", "箱", "spec_form"),
        ("0ml", "3", "瓶", "spec_form"),
        ("0.0000001g", "3", "瓶", "spec_form"),
        ("500ml 400g", "3", "瓶", "spec_ambiguous"),
        ("10片*20片/盒", "3", "盒", "spec_ambiguous"),
    ] {
        let proposal = row(&format!("甲醇,67-56-1,{spec},{quantity},{unit},,"));
        let found: Vec<_> = proposal.errors.iter().map(|e| e.code).collect();
        assert_eq!(found, [code], "{spec} {quantity} {unit}");
        assert_eq!(proposal.rows, [], "{spec} {quantity} {unit}");
    }
}

#[test]
fn millilitres_in_the_quantity_agree_with_haosheng_in_the_unit_column() {
    assert_eq!(only_row("甲醇,,500ml,1500ml,毫升,,").containers, 3);
}

#[test]
fn units_in_the_header_complete_bare_numbers() {
    let proposal = sheet("品名,规格（ml）,库存数量（箱）\n甲醇,500*20,2\n乙醇,500,3瓶\n");
    assert_eq!(codes(&proposal.errors), [("B2", "spec_form")]);
    assert_eq!(proposal.rows[0].each.to_string(), "500 mL");
    assert_eq!(proposal.rows[0].containers, 3);
}

#[test]
fn no_stock_is_noted_and_not_proposed() {
    for zero in ["0", "0.00", "0瓶", "０"] {
        let proposal = row(&format!("甲醇,错误,看不懂,{zero},,三年,"));
        assert_eq!(proposal.rows, [], "{zero}");
        assert_eq!(note_codes(&proposal.notes), ["empty_stock"], "{zero}");
        assert_eq!(proposal.errors, [], "{zero}");
    }
}

// CAS numbers and dates.

#[test]
fn a_cas_number_is_read_in_all_its_spellings() {
    for text in [
        "7647-01-0",
        "７６４７－０１－０",
        "7647—01—0",
        "CAS 7647-01-0",
        "CAS号：7647-01-0",
        " 7647 - 01 - 0 ",
    ] {
        let found = only_row(&format!("盐酸,{text},500ml,1,瓶,,"));
        assert_eq!(found.cas.unwrap().as_str(), "7647-01-0", "{text}");
    }
    for text in ["", "/", "—", "无", "N/A"] {
        assert_eq!(
            only_row(&format!("混合物,{text},500ml,1,瓶,,")).cas,
            None,
            "{text}"
        );
    }
}

#[test]
fn a_cas_number_that_became_a_date_is_restored_and_noted() {
    for (text, cas) in [
        ("1975/9/2", "75-09-2"),
        ("1975-09-02", "75-09-2"),
        ("1975-9-2", "75-09-2"),
        ("1975-05-08 00:00:00", "75-05-8"),
        ("1975年5月8日", "75-05-8"),
        ("75/5/8", "75-05-8"),
        ("7440/6/4", "7440-06-4"),
        ("7775-9-9", "7775-09-9"),
        ("1996/12/8", "96-12-8"),
    ] {
        let proposal = row(&format!("某品,{text},500g,1,瓶,,"));
        assert_eq!(proposal.errors, [], "{text}");
        assert_eq!(
            proposal.rows[0].cas.as_ref().unwrap().as_str(),
            cas,
            "{text}"
        );
        assert_eq!(note_codes(&proposal.notes), ["cas_repaired"], "{text}");
        assert_eq!(proposal.notes[0].cell.as_deref(), Some("B2"));
    }
}

#[test]
fn no_more_than_one_cas_number_explains_a_date() {
    for (year, month, day) in (1900..2100)
        .flat_map(|y| (1..=12).flat_map(move |m| (1..=28).map(move |d| (y, m, d))))
        .step_by(13)
    {
        let proposal = row(&format!("某品,{year}/{month}/{day},500g,1,瓶,,"));
        match proposal.rows.first().map(|row| row.cas.clone().unwrap()) {
            Some(cas) => assert!(
                day < 10
                    && (cas.as_str() == format!("{year}-{month:02}-{day}")
                        || cas.as_str() == format!("{:02}-{month:02}-{day}", year % 100)),
                "{cas}"
            ),
            None => assert_eq!(codes(&proposal.errors), [("B2", "cas_is_date")]),
        }
    }
}

#[test]
fn a_wrong_cas_number_is_refused_by_its_kind_of_mistake() {
    for (text, code) in [
        ("7647-01-1", "cas_check"),
        ("71-43-1", "cas_check"),
        ("7647-1-0", "cas_form"),
        ("7647010", "cas_form"),
        ("27639", "cas_form"),
        ("盐酸", "cas_form"),
        ("7647-01-0/7664-93-9", "cas_form"),
        ("2026/3/5", "cas_is_date"),
        ("1975/9/12", "cas_is_date"),
    ] {
        let proposal = row(&format!("某品,{text},500g,1,瓶,,"));
        assert_eq!(codes(&proposal.errors), [("B2", code)], "{text}");
    }
}

#[test]
fn an_expiry_date_is_read_in_all_its_spellings_and_a_month_lasts_to_its_end() {
    for (text, date) in [
        ("2026-03", "2026-03-31"),
        ("2026.3.5", "2026-03-05"),
        ("20260305", "2026-03-05"),
        ("202602", "2026-02-28"),
        ("2028/2", "2028-02-29"),
        ("2026年3月", "2026-03-31"),
        ("2026年03月05日", "2026-03-05"),
        ("2026-03-05 00:00:00", "2026-03-05"),
        ("２０２６－１２", "2026-12-31"),
    ] {
        let found = only_row(&format!("甲醇,,500ml,1,瓶,{text},"));
        assert_eq!(found.expires_on.unwrap().to_string(), date, "{text}");
    }
    for text in ["", "/", "-", "无"] {
        assert_eq!(
            only_row(&format!("甲醇,,500ml,1,瓶,{text},")).expires_on,
            None,
            "{text}"
        );
    }
}

#[test]
fn an_expiry_that_is_no_date_is_refused_by_its_kind_of_mistake() {
    for (text, code) in [
        ("三年", "expiry_period"),
        ("3年", "expiry_period"),
        ("36个月", "expiry_period"),
        ("长期有效", "expiry_period"),
        ("2026", "expiry_form"),
        ("26-3-5", "expiry_form"),
        ("3/5/2026", "expiry_form"),
        ("46086", "expiry_form"),
        ("待定", "expiry_form"),
        ("2026-02-30", "expiry_impossible"),
        ("2026-13", "expiry_impossible"),
        ("20261301", "expiry_impossible"),
        ("2206-03-05", "expiry_out_of_range"),
        ("1926-03", "expiry_out_of_range"),
    ] {
        let proposal = row(&format!("甲醇,,500ml,1,瓶,{text},"));
        assert_eq!(codes(&proposal.errors), [("F2", code)], "{text}");
    }
}

proptest! {
    #[test]
    fn random_cells_never_panic_and_never_lose_a_row(
        cells in proptest::collection::vec("[0-9a-zA-Z*×/:.,()瓶箱支片盒装升克年月日上同-]{0,12}", 7)
    ) {
        let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{cell}\"")).collect();
        let proposal = row(&quoted.join(","));
        let told = proposal.rows.len() + proposal.errors.len() + proposal.notes.len();
        prop_assert!(told > 0 || cells.concat().is_empty() || cells.iter().all(|c| c.is_empty() || c.bytes().all(|b| b.is_ascii_digit())));
    }
}
