//! Files as bytes: encodings, limits, what is refused, and that no file costs more memory than it
//! should.

use std::io::{Cursor, Write as _};
use std::process::Command;

use hazledger::import::{FileError, Limits, propose, read};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::{codes, fixture, refusal, row, sheet, table};

// Text files.

#[test]
fn the_same_text_is_read_in_every_encoding() {
    let text = "品名,规格,数量\n高锰酸钾,500g,3瓶\n盐酸吗啡注射液,1ml:10mg,50支\n";
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(bytes))
            .collect()
    };
    let (gbk, _, failed) = encoding_rs::GBK.encode(text);
    assert!(!failed);
    let rows = |bytes: &[u8]| propose(&table(bytes).unwrap(), None).rows;
    let expected = rows(text.as_bytes());
    assert_eq!(expected.len(), 2);
    assert_eq!(rows(&["\u{feff}", text].concat().into_bytes()), expected);
    assert_eq!(rows(&utf16([0xFF, 0xFE], u16::to_le_bytes)), expected);
    assert_eq!(rows(&utf16([0xFE, 0xFF], u16::to_be_bytes)), expected);
    assert_eq!(rows(&gbk), expected);
    let (gb18030, _, _) = encoding_rs::GB18030.encode("品名,规格,数量\n𬭼合物,500g,3瓶\n");
    assert_eq!(
        rows(&gb18030)[0].name,
        "𬭼合物",
        "a character outside of GBK"
    );
}

#[test]
fn a_byte_that_does_not_belong_is_named_by_its_position() {
    let (gbk, _, _) = encoding_rs::GBK.encode("品名,规格,数量\n高锰酸钾,500g,3瓶\n");
    let mut gbk = gbk.into_owned();
    let position = gbk.iter().position(|b| *b == b'\n').unwrap();
    // The second byte of 量, whose character begins one byte before.
    gbk[position - 1] = 0xFF;
    assert_eq!(
        refusal(&gbk),
        FileError::Undecodable("GB18030", position - 1)
    );
    let mut utf8 = "品名,规格,数量\n高锰酸钾,500g,3瓶\n".as_bytes().to_vec();
    utf8.push(0xFF);
    assert_eq!(refusal(&utf8), FileError::Undecodable("UTF-8", utf8.len()));
    let marked = [b"\xEF\xBB\xBF".as_slice(), b"ab\xFFcd"].concat();
    assert_eq!(refusal(&marked), FileError::Undecodable("UTF-8", 6));
    assert_eq!(
        refusal(b"\xFF\xFEa\0\x00\xD8"),
        FileError::Undecodable("UTF-16", 5)
    );
}

#[test]
fn traditional_chinese_in_big5_is_refused_instead_of_read_as_garbage() {
    let text = "品名,規格,數量\n高錳酸鉀,五百公克,三瓶\n氰化鉀溶液,五百毫升,兩瓶\n這是藥劑科的危險化學品臺帳\n";
    let (big5, _, failed) = encoding_rs::BIG5.encode(text);
    assert!(!failed);
    assert_eq!(refusal(&big5), FileError::OtherEncoding("Big5"));
}

#[test]
fn commas_semicolons_and_tabs_separate() {
    for separator in [",", ";", "\t"] {
        let text =
            "品名|规格|数量\n1-氯-2,4-二硝基苯|500g|3瓶\n甲醇|500ml|2瓶\n".replace('|', separator);
        let text = if separator == "," {
            text.replace("2,4", "2‚4")
        } else {
            text
        };
        assert_eq!(sheet(&text).rows.len(), 2, "{separator:?}");
    }
}

#[test]
fn cells_keep_their_address_past_blank_lines_and_line_breaks_in_cells() {
    for newline in ["\n", "\r\n", "\r"] {
        let text =
            "题目\n\n\n品名,\"规\n格\",数量\n\n甲醇,500ml,x\n\n乙醇,500ml,y".replace('\n', newline);
        assert_eq!(
            codes(&sheet(&text).errors),
            [("C6", "quantity_form"), ("C8", "quantity_form")],
            "{newline:?}"
        );
    }
}

#[test]
fn columns_are_lettered_as_in_a_spreadsheet() {
    let wide = format!("{}甲", ",".repeat(99));
    let table = table(wide.as_bytes()).unwrap();
    let addresses: Vec<_> = table.rows[0].iter().map(|cell| cell.address()).collect();
    assert_eq!(
        (
            &*addresses[0],
            &*addresses[25],
            &*addresses[26],
            &*addresses[99]
        ),
        ("A1", "Z1", "AA1", "CV1")
    );
}

// Limits and foreign files.

#[test]
fn each_limit_refuses_what_exceeds_it() {
    let small = Limits {
        bytes: 1_000,
        rows: 3,
        columns: 4,
        cells: 9,
        cell_chars: 5,
        text_bytes: 30,
        ..Limits::default()
    };
    let outcome = |text: &str| read(None, text.as_bytes(), small).map(|table| table.rows.len());
    assert_eq!(outcome("a,b,c\na,b,c\na,b,c"), Ok(3));
    assert_eq!(outcome("a\n\n\nb"), Err(FileError::TooManyRows(3)));
    assert_eq!(outcome("a,,,,b"), Err(FileError::TooManyColumns(4)));
    assert_eq!(
        outcome("a,,,b\na,,,b\na,,,b"),
        Err(FileError::TooManyCells(9))
    );
    assert_eq!(outcome("a,b\nc,五个字符了"), Ok(2));
    assert_eq!(
        outcome("a,b\nc,六个字符了啊"),
        Err(FileError::CellTooLong("B2".into(), 5))
    );
    assert_eq!(
        outcome("汉字汉字,汉字汉字\n汉字汉字"),
        Err(FileError::TooManyCells(9))
    );
    assert_eq!(outcome(&"a".repeat(1_001)), Err(FileError::TooLarge(1_000)));
}

#[test]
fn blanks_outside_the_limits_do_no_harm() {
    let text = format!("甲{}\n{}", ", ".repeat(150), "\n".repeat(300_000));
    assert_eq!(table(text.as_bytes()).unwrap().rows.len(), 1);
}

#[test]
fn an_unclosed_quote_is_a_cell_that_is_too_long() {
    let text = format!("品名,规格\n\"甲醇,500ml\n{}", "乙醇,500ml\n".repeat(500));
    assert_eq!(
        refusal(text.as_bytes()),
        FileError::CellTooLong("A2".into(), 2_000)
    );
}

#[test]
fn files_that_are_no_spreadsheets_are_refused_by_kind() {
    for (bytes, code) in [
        (b"".as_slice(), "file_empty"),
        (b" \r\n\t\n", "file_empty"),
        (b"\xEF\xBB\xBF", "file_empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_spreadsheet"),
        (b"\xFF\xD8\xFF\xE0", "not_a_spreadsheet"),
        (b"MZ\x90\0\x03\0\0\0", "not_a_spreadsheet"),
        (b"%PDF-1.7", "not_a_spreadsheet"),
        (b"\x7FELF\x02\x01", "not_a_spreadsheet"),
        (b"\r\n <!DOCTYPE html><html><table>", "not_a_spreadsheet"),
        (b"<table border=1><tr><td>", "not_a_spreadsheet"),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com\">",
            "format_not_read",
        ),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 Workbook",
            "format_not_read",
        ),
        (b"PK\x03\x04", "file_damaged"),
        (b"a,b\x01c\n", "not_a_spreadsheet"),
    ] {
        assert_eq!(
            refusal(bytes).code(),
            code,
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(
        sheet("MZ,品名\n1,2").header_row,
        None,
        "a CSV may begin like a program"
    );
}

#[test]
fn an_encrypted_workbook_asks_for_the_password_to_be_removed() {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.extend([0; 1_016]);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(refusal(&bytes), FileError::PasswordProtected);
}

// Workbooks made by hand.

const CONTENT_TYPES: &str =
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="一" sheetId="1" r:id="s1"/></sheets></workbook>"#;
const WORKBOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of one sheet with these rows, and parts that replace or join the usual ones.
fn workbook(sheet_data: &str, other: &[(&str, &[u8])]) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{sheet_data}</sheetData></worksheet>");
    let usual: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    let mut parts: Vec<_> = usual
        .into_iter()
        .filter(|(name, _)| other.iter().all(|(o, _)| o != name))
        .collect();
    parts.extend(other);
    zipped(&parts)
}

#[test]
fn a_workbook_made_by_hand_is_read() {
    let bytes = workbook(
        r#"<row r="2"><c r="B2" t="inlineStr"><is><t>甲</t></is></c><c r="C2"><v>0.30000000000000004</v></c><c r="D2"><v>1E+21</v></c><c r="E2"><v>-0.00012</v></c><c r="F2"><v>2500</v></c></row>"#,
        &[],
    );
    let table = table(&bytes).unwrap();
    let texts: Vec<_> = table.rows[1].iter().map(|cell| cell.text()).collect();
    assert_eq!(
        texts,
        [
            "",
            "甲",
            "0.3",
            "1000000000000000000000",
            "-0.00012",
            "2500"
        ]
    );
    assert_eq!(
        (table.sheet.as_str(), table.rows[1][2].address().as_str()),
        ("一", "C2")
    );
}

#[test]
fn a_sheet_is_chosen_by_name() {
    let bytes = fixture("lab_reagents.xlsx");
    let named = read(Some("下拉"), &bytes, Limits::default()).unwrap();
    assert_eq!(named.rows[0][0].text(), "品名");
    let missing = read(Some("三"), &bytes, Limits::default());
    assert_eq!(
        missing,
        Err(FileError::SheetMissing(
            "三".into(),
            vec!["下拉".into(), "检验科".into()]
        ))
    );
}

#[test]
fn two_cells_in_opposite_corners_cost_nothing() {
    let bytes = workbook(
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#,
        &[],
    );
    assert_eq!(refusal(&bytes), FileError::TooManyRows(200_000));
    let bytes = workbook(r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#, &[]);
    assert_eq!(refusal(&bytes), FileError::TooManyColumns(100));
}

#[test]
fn one_long_text_shared_by_many_cells_is_refused() {
    let strings = format!(
        "<sst uniqueCount=\"1\"><si><t>{}</t></si></sst>",
        "毒".repeat(2_000)
    );
    let cells: String = (1..=12_000)
        .map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#))
        .collect();
    let bytes = workbook(&cells, &[("xl/sharedStrings.xml", strings.as_bytes())]);
    assert_eq!(refusal(&bytes), FileError::TooManyCells(2_000_000));
}

#[test]
fn what_a_workbook_only_declares_is_not_reserved() {
    let strings = br#"<sst uniqueCount="99999999999"><si><t>x</t></si></sst>"#;
    let bytes = workbook("", &[("xl/sharedStrings.xml", strings)]);
    assert_eq!(refusal(&bytes).code(), "file_inflates");
}

#[test]
fn floods_of_strings_styles_and_long_pieces_are_refused() {
    let flood = |part: &str, text: String| {
        refusal(&workbook("", &[(part, text.as_bytes())]))
            .code()
            .to_owned()
    };
    let strings = format!("<sst>{}</sst>", "<si/>".repeat(1_000_001));
    let formats = format!(
        "<styleSheet><cellXfs>{}</cellXfs></styleSheet>",
        "<xf/>".repeat(65_537)
    );
    let long_format = format!(
        r#"<styleSheet><numFmts><numFmt numFmtId="1" formatCode="{}"/></numFmts></styleSheet>"#,
        "0".repeat(2_000)
    );
    let long_text = format!("<a>{}</a>", "x".repeat(2 << 20));
    let long_comment = format!("<a><!--{}--></a>", "<".repeat(2 << 20));
    for (part, text) in [
        ("xl/sharedStrings.xml", strings),
        ("xl/styles.xml", formats),
        ("xl/styles.xml", long_format),
        ("docProps/app.xml", long_text),
        ("xl/any.xml", long_comment),
    ] {
        let size = text.len();
        assert_eq!(flood(part, text), "file_inflates", "{part}, {size} bytes");
    }
}

#[test]
fn a_sheet_that_hides_under_another_extension_is_refused() {
    let rels = WORKBOOK_RELS.replace("sheet1.xml", "sheet1.png");
    let bytes = workbook("", &[("xl/_rels/workbook.xml.rels", rels.as_bytes())]);
    assert_eq!(refusal(&bytes), FileError::Damaged);
}

#[test]
fn other_zipped_files_are_named() {
    let kinds: [(&str, &str); 3] = [
        ("word/document.xml", "not_a_spreadsheet"),
        ("readme.txt", "not_a_spreadsheet"),
        ("xl/workbook.bin", "format_not_read"),
    ];
    for (part, code) in kinds {
        assert_eq!(refusal(&zipped(&[(part, b"x")])).code(), code, "{part}");
    }
    let many: Vec<String> = (0..5_000).map(|n| format!("{n}")).collect();
    let parts: Vec<(&str, &[u8])> = many
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    assert_eq!(refusal(&zipped(&parts)).code(), "file_inflates");
}

#[test]
fn an_open_document_sheet_shows_what_its_cells_show() {
    let content = r#"<office:document-content><office:body><office:spreadsheet><table:table table:name="空"><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table><table:table table:name="库存 &amp; 表"><table:table-row><table:table-cell><text:p>品名</text:p></table:table-cell><table:table-cell><text:p>规格</text:p></table:table-cell><table:table-cell><text:p>数量</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row><table:table-row><table:table-cell><office:annotation><text:p>见批注</text:p></office:annotation><text:p>甲醇<text:s/>&amp;<text:s/>乙醇</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>500ml</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/></table:table-row><table:table-row><table:table-cell><text:p>乙醚</text:p></table:table-cell><table:table-cell/><table:table-cell><text:p>2瓶</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
    let document = |content: &str| {
        zipped(&[
            (
                "mimetype",
                b"application/vnd.oasis.opendocument.spreadsheet",
            ),
            ("content.xml", content.as_bytes()),
        ])
    };
    let read_table = table(&document(content)).unwrap();
    assert_eq!(read_table.sheet, "库存 & 表");
    let proposal = propose(&read_table, None);
    assert_eq!(proposal.rows[0].name, "甲醇 & 乙醇");
    assert_eq!(codes(&proposal.errors), [("B5", "content_unknown")]);
    let bomb = content.replace(
        "<table:table-cell><text:p>乙醚",
        "<table:table-cell table:number-columns-repeated=\"16384\"><text:p>乙醚",
    );
    assert_eq!(refusal(&document(&bomb)), FileError::TooManyColumns(100));
    let bomb = content.replace(
        "number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"2\"/>",
        "number-rows-repeated=\"1000000\"><table:table-cell><text:p>x</text:p></table:table-cell>",
    );
    assert_eq!(refusal(&document(&bomb)), FileError::TooManyRows(200_000));
    let locked = zipped(&[
        ("mimetype", b"x"),
        ("content.xml", b"x"),
        ("META-INF/manifest.xml", b"<manifest:encryption-data/>"),
    ]);
    assert_eq!(refusal(&locked), FileError::PasswordProtected);
}

// Memory.

/// A gigabyte of blanks in a megabyte of zip, as sheet and as text of a cell.
pub fn bombs() -> Vec<Vec<u8>> {
    let blanks = vec![b' '; 1 << 20];
    let bomb = |head: &[u8]| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [("xl/workbook.xml", WORKBOOK), ("_rels/.rels", RELS)] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(head).unwrap();
        for _ in 0..1_024 {
            zip.write_all(&blanks).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let head = b"<worksheet><sheetData><row><c t=\"str\"><v>";
    let honest = bomb(head);
    // The same, but its directory says that every part is small.
    let mut lying = honest.clone();
    let size = u32::try_from((1_usize << 30) + head.len())
        .unwrap()
        .to_le_bytes();
    let places: Vec<usize> = lying
        .windows(4)
        .enumerate()
        .filter(|(_, w)| *w == size)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        lying[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
    }
    vec![honest, lying]
}

#[test]
fn zip_bombs_are_refused_in_bounded_memory() {
    const CHILD: &str = "HAZLEDGER_TEST_BOMB";
    if let Some(path) = std::env::var_os(CHILD) {
        let bytes = std::fs::read(path).unwrap();
        let code = refusal(&bytes).code();
        assert!(["file_inflates", "file_damaged"].contains(&code), "{code}");
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap_or("0 kB");
        println!("peak {}", peak.trim());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (number, bomb) in bombs().into_iter().enumerate() {
        assert!(bomb.len() < 8 << 20);
        let path = folder.path().join(number.to_string());
        std::fs::write(&path, bomb).unwrap();
        let (_, module) = module_path!().split_once("::").unwrap();
        let name = format!("{module}::zip_bombs_are_refused_in_bounded_memory");
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(CHILD, &path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let peak = text
            .split("peak ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .unwrap();
        assert!(
            peak.parse::<u64>().unwrap() < 256 << 10,
            "bomb {number}: {peak} kB"
        );
        println!("bomb {number}: {peak} kB");
    }
}

#[test]
fn a_workbook_cut_anywhere_is_refused_and_never_panics() {
    let bytes = fixture("lab_reagents.xlsx");
    for end in (0..bytes.len()).step_by(7) {
        assert!(table(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_workbook_with_any_byte_changed_never_panics() {
    let bytes = fixture("with_errors.xlsx");
    for at in (0..bytes.len()).step_by(11) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x55;
        if let Ok(table) = table(&changed) {
            let _ = propose(&table, None);
        }
    }
}

#[test]
fn twenty_thousand_rows_are_read_in_one_go() {
    let lines: String = (0..20_000)
        .map(|n| format!("甲醇,67-56-1,500ml,2,瓶,2027-05,L{n}\n"))
        .collect();
    let proposal = row(lines.trim_end());
    assert_eq!((proposal.rows.len(), proposal.errors.len()), (20_000, 0));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        if let Ok(table) = table(&bytes) {
            let _ = propose(&table, None);
        }
    }

    #[test]
    fn random_bytes_after_a_zip_mark_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let zip = [b"PK\x03\x04".as_slice(), &bytes].concat();
        prop_assert!(table(&zip).is_err());
    }
}
