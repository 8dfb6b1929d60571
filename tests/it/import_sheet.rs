//! Opening-stock spreadsheets: what real ones look like, what is refused, and that nothing in a
//! file makes the reader use more memory than it should.

use std::path::PathBuf;

use hazledger::import::{
    CellError, Field, FileError, Limits, Mapping, Note, OpeningRow, Problem, Proposal, Severity,
    Table, propose, read,
};
use serde_json::{Value, json};

mod cells;
mod files;

pub use files::bombs;

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/import")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn table(bytes: &[u8]) -> Result<Table, FileError> {
    read(None, bytes, Limits::default())
}

/// A sheet of comma-separated lines, understood.
fn sheet(text: &str) -> Proposal {
    propose(&table(text.as_bytes()).unwrap(), None)
}

/// One row under a usual header: name, CAS, specification, quantity, unit, expiry.
fn row(line: &str) -> Proposal {
    sheet(&format!("品名,CAS号,规格,数量,单位,有效期,批号\n{line}\n"))
}

fn only_row(line: &str) -> OpeningRow {
    let proposal = row(line);
    assert_eq!(proposal.errors, [], "{line}");
    assert_eq!(proposal.rows.len(), 1, "{line}");
    proposal.rows[0].clone()
}

fn codes(errors: &[CellError]) -> Vec<(&str, &str)> {
    errors.iter().map(|e| (e.cell.as_str(), e.code)).collect()
}

fn note_codes(notes: &[Note]) -> Vec<&str> {
    notes.iter().map(|n| n.code).collect()
}

fn refusal(bytes: &[u8]) -> FileError {
    table(bytes).expect_err("the file must be refused")
}

/// Compares with the expected file; the sentences are pinned elsewhere.
fn reads_as_expected(file: &str, expected: &str) {
    let table = table(&fixture(file)).unwrap();
    let mut actual = serde_json::to_value(propose(&table, None)).unwrap();
    actual["sheet"] = json!(table.sheet);
    for list in ["notes", "errors"] {
        for item in actual[list].as_array_mut().unwrap() {
            let item = item.as_object_mut().unwrap();
            for detail in ["detail_zh", "detail_en"] {
                let text = item.remove(detail).unwrap();
                assert!(!text.as_str().unwrap().is_empty(), "{item:?}");
            }
        }
    }
    let expected: Value = serde_json::from_slice(&fixture(expected)).unwrap();
    for part in ["sheet", "header_row", "mapping", "rows", "notes", "errors"] {
        if let (Some(actual), Some(expected)) = (actual[part].as_array(), expected[part].as_array())
        {
            for (actual, expected) in actual.iter().zip(expected) {
                assert_eq!(actual, expected, "{file}, {part}");
            }
            assert_eq!(actual.len(), expected.len(), "{file}, {part}");
        } else {
            assert_eq!(actual[part], expected[part], "{file}, {part}");
        }
    }
}

#[test]
fn the_pharmacy_sheet_reads_as_expected() {
    reads_as_expected("pharmacy_2025.csv", "pharmacy_2025.expected.json");
}

#[test]
fn the_laboratory_workbook_reads_as_expected() {
    reads_as_expected("lab_reagents.xlsx", "lab_reagents.expected.json");
}

#[test]
fn the_equipment_office_sheet_reads_as_expected() {
    reads_as_expected("equipment_office.csv", "equipment_office.expected.json");
}

#[test]
fn every_bad_row_of_a_workbook_is_reported_at_once() {
    reads_as_expected("with_errors.xlsx", "with_errors.expected.json");
}

#[test]
fn only_warnings_leave_a_sheet_acceptable() {
    let accepted = |file| propose(&table(&fixture(file)).unwrap(), None).is_acceptable();
    assert!(accepted("pharmacy_2025.csv"));
    assert!(accepted("lab_reagents.xlsx"));
    assert!(accepted("equipment_office.csv"));
    assert!(!accepted("with_errors.xlsx"));
    assert!(
        !sheet("品名,规格,数量\n").is_acceptable(),
        "a sheet without rows"
    );
}

#[test]
fn every_problem_has_its_own_code_and_two_sentences() {
    let codes: std::collections::BTreeSet<_> = Problem::ALL.iter().map(|p| p.code()).collect();
    assert_eq!(codes.len(), Problem::ALL.len());
    for problem in Problem::ALL {
        assert!(problem.message(false).ends_with('。'), "{problem:?}");
        assert!(problem.message(true).ends_with('.'), "{problem:?}");
        assert!(
            problem.message(true).is_ascii() || problem.message(true).contains('瓶'),
            "{problem:?}"
        );
    }
    assert_eq!(
        Problem::DuplicateRow(7)
            .message(true)
            .matches("row 7")
            .count(),
        1
    );
    assert_eq!(Problem::DuplicateRow(7).severity(), Severity::Warning);
    assert_eq!(Problem::CasCheck.severity(), Severity::Error);
}

#[test]
fn every_file_error_has_its_own_code_and_two_sentences() {
    let term = hazledger::import::Term("甲", "one");
    let all = [
        FileError::Empty,
        FileError::TooLarge(1 << 20),
        FileError::NotASpreadsheet(term),
        FileError::OtherFormat(term),
        FileError::PasswordProtected,
        FileError::Damaged,
        FileError::Inflates(term),
        FileError::TooManyRows(1),
        FileError::TooManyColumns(1),
        FileError::TooManyCells(1),
        FileError::CellTooLong("A1".into(), 1),
        FileError::Undecodable("UTF-8", 1),
        FileError::OtherEncoding("Big5"),
        FileError::SheetMissing("x".into(), vec!["y".into()]),
    ];
    let codes: std::collections::BTreeSet<_> = all.iter().map(FileError::code).collect();
    assert_eq!(codes.len(), all.len());
    for error in all {
        assert!(error.message(false).ends_with('。'), "{error:?}");
        assert!(
            error.message(true).is_ascii() && error.message(true).ends_with('.'),
            "{error:?}"
        );
        assert_eq!(error.to_string(), error.message(false));
    }
}
// Header and columns.

#[test]
fn the_header_is_found_below_titles_and_its_words_in_many_spellings() {
    let proposal = sheet(
        "××医院2025年危险化学品台账\n单位：瓶,,\n\n序号, 试 剂 名 称 ,ＣＡＳ Ｎｏ．,包装规格：,结存（瓶）,品 牌\n1,甲醇,67-56-1,500ml,2,国产\n",
    );
    assert_eq!(proposal.header_row, Some(4));
    let columns: Vec<_> = proposal.mapping.0.iter().map(|(f, c)| (*f, *c)).collect();
    assert_eq!(
        columns,
        [
            (Field::Name, 1),
            (Field::Cas, 2),
            (Field::Spec, 3),
            (Field::Quantity, 4),
            (Field::Maker, 5)
        ]
    );
    assert_eq!(proposal.rows[0].row, 5);
}

#[test]
fn a_header_of_two_lines_is_one_header() {
    let proposal =
        sheet("品名,规格,库存,,存放地点,\n,,数量,单位,房间,柜\n甲醇,500ml,2,瓶,301,A柜\n");
    assert_eq!(proposal.errors, []);
    assert_eq!(proposal.header_row, Some(1));
    assert_eq!(proposal.rows[0].place.as_deref(), Some("301/A柜"));
    let below = sheet("品名,规格,数量\n（中文）,（每瓶）,（瓶）\n甲醇,500ml,2\n");
    assert_eq!((below.errors, below.rows.len()), (vec![], 1));
}

#[test]
fn a_sheet_without_a_header_says_so() {
    let proposal = sheet("甲醇,500ml,2\n乙醇,500ml,3\n");
    assert_eq!(codes(&proposal.errors), [("A1", "header_missing")]);
    assert_eq!(proposal.header_row, None);
}

#[test]
fn a_missing_column_is_named() {
    let proposal = sheet("CAS号,规格,数量\n67-56-1,500ml,2\n");
    assert_eq!(codes(&proposal.errors), [("A1", "column_missing")]);
    assert_eq!(proposal.errors[0].field, Some(Field::Name));
    let proposal = sheet("\n品名,规格\n甲醇,500ml\n");
    assert_eq!(codes(&proposal.errors), [("A2", "column_missing")]);
    assert_eq!(proposal.errors[0].field, Some(Field::Quantity));
}

#[test]
fn two_columns_for_one_field_are_reported_and_a_mapping_decides() {
    let text = "品名,规格,数量,结存\n甲醇,500ml,9,2\n";
    let proposal = sheet(text);
    assert_eq!(codes(&proposal.errors), [("D1", "column_ambiguous")]);
    assert_eq!(proposal.rows, []);
    assert_eq!(proposal.mapping.column(Field::Spec), Some(1));
    let table = table(text.as_bytes()).unwrap();
    for (column, containers) in [(2, 9), (3, 2)] {
        let mapping = Mapping([(Field::Quantity, column)].into());
        let proposal = propose(&table, Some(&mapping));
        assert_eq!(proposal.errors, []);
        assert_eq!(proposal.rows[0].containers, containers);
    }
}

#[test]
fn a_column_given_by_hand_is_not_used_for_what_its_header_says() {
    let table = table("品名,别名,规格,数量,备注\n甲,乙,500ml,2,K-1\n".as_bytes()).unwrap();
    let mapping = Mapping([(Field::Name, 1), (Field::Lot, 4)].into());
    let proposal = propose(&table, Some(&mapping));
    assert_eq!(proposal.errors, []);
    let row = &proposal.rows[0];
    assert_eq!(
        (row.name.as_str(), row.lot.as_deref(), row.remark.as_deref()),
        ("乙", Some("K-1"), None)
    );
}

#[test]
fn columns_given_by_hand_make_up_for_a_header_that_is_not_there() {
    let table = table("甲醇,500ml,2\n乙醇,500ml,3\n".as_bytes()).unwrap();
    let mapping = Mapping([(Field::Name, 0), (Field::Spec, 1), (Field::Quantity, 2)].into());
    let proposal = propose(&table, Some(&mapping));
    assert_eq!((proposal.header_row, proposal.rows.len()), (None, 2));
    let outside = Mapping([(Field::Name, 0), (Field::Quantity, 3)].into());
    assert_eq!(
        codes(&propose(&table, Some(&outside)).errors),
        [("D1", "column_outside")]
    );
}

#[test]
fn a_mapping_travels_as_field_names() {
    let mapping: Mapping = serde_json::from_str(r#"{"name":1,"cas":2}"#).unwrap();
    assert_eq!(mapping.column(Field::Cas), Some(2));
    assert!(serde_json::from_str::<Mapping>(r#"{"colour":1}"#).is_err());
}

// Rows.

#[test]
fn names_lose_padding_and_nothing_else() {
    for (written, name) in [
        ("硝　　酸", "硝酸"),
        ("\u{a0}硝 酸 ", "硝酸"),
        ("Tris  HCl", "Tris HCl"),
        ("氨溶液[含氨＞10%]", "氨溶液[含氨＞10%]"),
        ("\u{200b}乙醇（无水）", "乙醇（无水）"),
        ("\"N,N-二甲基甲酰胺\"", "N,N-二甲基甲酰胺"),
    ] {
        assert_eq!(only_row(&format!("{written},,500ml,1,瓶,,")).name, name);
    }
}

#[test]
fn a_blank_place_repeats_the_row_above_and_a_new_room_does_not_keep_the_old_cabinet() {
    let proposal = sheet(
        "品名,规格,数量,房间,柜,保管人\n甲,1L,1瓶,301,A,张\n乙,1L,1瓶,,,\n丙,1L,1瓶,302,,\n丁,1L,1瓶,同上,〃,/\n戊,1L,1瓶,,B,\n",
    );
    let places: Vec<_> = proposal
        .rows
        .iter()
        .map(|r| (r.place.as_deref(), r.custodian.as_deref()))
        .collect();
    assert_eq!(codes(&proposal.errors), [("E5", "ditto_without_row")]);
    assert_eq!(
        places,
        [
            (Some("301/A"), Some("张")),
            (Some("301/A"), Some("张")),
            (Some("302"), Some("张")),
            (Some("302/B"), None),
        ]
    );
}

#[test]
fn ditto_is_refused_where_cells_are_not_usually_merged() {
    let proposal = row("同上,〃,同上,1,瓶,,同上");
    assert_eq!(
        codes(&proposal.errors),
        [
            ("A2", "ditto_here"),
            ("B2", "ditto_here"),
            ("G2", "ditto_here"),
            ("C2", "ditto_here")
        ]
    );
}

#[test]
fn totals_signatures_sections_and_repeated_headers_are_skipped_and_noted() {
    let proposal = sheet(
        "台账\n序号,品名,规格,数量\n一、酸类,,,\n1,盐酸,500ml,2瓶\n,小 计,,2\n台账,,,\n序号,品名,规格,数量\n2,硫酸,500ml,1瓶\n3,,,\n总计：,,,3\n审核人：,,日期：,\n备注：以上含空瓶,,,\n",
    );
    assert_eq!(proposal.errors, []);
    assert_eq!(
        proposal.rows.iter().map(|r| r.row).collect::<Vec<_>>(),
        [4, 8]
    );
    let notes: Vec<_> = proposal.notes.iter().map(|n| (n.row, n.code)).collect();
    assert_eq!(
        notes,
        [
            (3, "section_row"),
            (5, "totals_row"),
            (6, "repeated_header"),
            (7, "repeated_header"),
            (10, "totals_row"),
            (11, "signature_row"),
            (12, "signature_row"),
        ]
    );
}

#[test]
fn a_chemical_whose_name_begins_like_a_signature_is_not_skipped() {
    let proposal = sheet("品名,规格,数量\n注射用水,500ml,\n");
    assert_eq!(codes(&proposal.errors), [("C2", "quantity_missing")]);
}

#[test]
fn like_rows_are_a_warning_unless_lot_or_place_tells_them_apart() {
    let proposal = sheet(
        "品名,规格,数量,批号,地点\n甲醇,1L,1瓶,L1,库\n甲醇,1L,1瓶,L2,库\n甲醇,1L,1瓶,L1,室\n甲醇,1L,1瓶,L1,库\n甲醇,1L,1瓶,L1,库\n",
    );
    assert_eq!(
        codes(&proposal.errors),
        [("A5", "duplicate_row"), ("A6", "duplicate_row")]
    );
    assert!(
        proposal
            .errors
            .iter()
            .all(|e| e.detail_zh.contains("第2行"))
    );
    assert_eq!(proposal.rows.len(), 5);
    assert!(proposal.is_acceptable());
}

#[test]
fn a_failed_formula_is_reported_wherever_it_stands() {
    let proposal = sheet("品名,规格,数量,地点\n#N/A,#VALUE!,#DIV/0!,#REF!\n");
    assert_eq!(
        codes(&proposal.errors),
        [
            ("D2", "formula_error"),
            ("A2", "formula_error"),
            ("B2", "formula_error"),
            ("C2", "formula_error")
        ]
    );
}
