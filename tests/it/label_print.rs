//! Labels are read back by programs that nobody here wrote, and looked at dot by dot.

pub mod decode;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use hazledger::domain::ids::{Generation, InstitutionId, Label, Serial};
use hazledger::label::{
    ClassMark, Code, Face, LabelError, Pictogram, Rgb, SheetTemplate, Template, calibration, png,
    sheet, svg,
};
use rxing::BarcodeFormat;

const FONT: &[u8] = include_bytes!("../../fixtures/font/NotoSansSC-Medium-subset.ttf");

fn label(institution: i64, serial: i64, generation: i64) -> Label {
    Label::new(
        InstitutionId::try_from(institution).unwrap(),
        Serial::try_from(serial).unwrap(),
        Generation::try_from(generation).unwrap(),
    )
}

/// 200 labels all over the range, with both ends.
fn labels() -> Vec<Label> {
    let mut state: u64 = 20_261_122;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from((state >> 20) % below).unwrap()
    };
    let mut labels = vec![label(0, 1, 0), label(9999, 99_999_999, 99)];
    labels.extend((0..198).map(|_| label(random(10_000), random(99_999_999) + 1, random(100))));
    labels
}

fn face(label: Label) -> Face {
    Face {
        label,
        name: "氰化钾".to_owned(),
        qualifier: Some("分析纯 AR".to_owned()),
        cas: Some("151-50-8".to_owned()),
        classes: vec![
            ClassMark {
                text: "剧毒".to_owned(),
                colour: Rgb(123, 31, 162),
            },
            ClassMark {
                text: "易制爆".to_owned(),
                colour: Rgb(255, 202, 40),
            },
        ],
        signal_word: Some("危险".to_owned()),
        pictograms: vec![Pictogram::Ghs06, Pictogram::Ghs08, Pictogram::Ghs09],
        amount: "500 g".to_owned(),
        contents: None,
        expires_on: NaiveDate::from_ymd_opt(2027, 5, 31),
        received_on: NaiveDate::from_ymd_opt(2026, 11, 2),
        opened_on: NaiveDate::from_ymd_opt(2026, 11, 20),
        place: "剧毒品库 1号柜 2层".to_owned(),
        custodian: Some("王小明、李堃".to_owned()),
        institution: "公主岭市中心医院".to_owned(),
        demo: false,
    }
}

fn plain() -> Face {
    face(label(1, 42, 0))
}

fn named(name: &str) -> Face {
    Face {
        name: name.to_owned(),
        ..plain()
    }
}

/// Everything as long as a user could make it.
fn crowded() -> Face {
    let class = |text: &str| ClassMark {
        text: text.to_owned(),
        colour: Rgb(198, 40, 40),
    };
    Face {
        name: "5-氨基-3-苯基-1-[双(N,N-二甲基氨基氧膦基)]-1,2,4-三唑".repeat(6),
        qualifier: Some("W".repeat(90)),
        classes: [
            "剧毒",
            "易制爆",
            "易制毒第二类",
            "医疗用毒性药品",
            "麻醉药品",
        ]
        .map(class)
        .to_vec(),
        signal_word: Some("危险危险危险危险".to_owned()),
        pictograms: Pictogram::ALL.to_vec(),
        amount: "12345.678901 kg".to_owned(),
        place: "门诊楼地下一层危险化学品专用仓库东侧第三排货架".repeat(4),
        custodian: Some("欧阳".repeat(40)),
        institution: "人民医院".repeat(40),
        demo: true,
        ..plain()
    }
}

/// A picture as one byte of grey a dot.
struct Picture {
    width: usize,
    height: usize,
    grey: Vec<u8>,
}

impl Picture {
    fn read(file: &[u8]) -> Self {
        let mut decoder = ::png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(::png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut data).unwrap();
        data.truncate(info.buffer_size());
        let grey = if info.color_type == ::png::ColorType::Rgb {
            data.chunks(3).map(|rgb| rgb[1]).collect()
        } else {
            data
        };
        Self {
            width: info.width as usize,
            height: info.height as usize,
            grey,
        }
    }

    fn dark(&self, x: usize, y: usize) -> bool {
        self.grey[y * self.width + x] < 128
    }

    fn ink(&self) -> usize {
        self.grey.iter().filter(|grey| **grey < 128).count()
    }

    fn decode(&self, template: Template) -> String {
        let format = match template.code() {
            Code::Code128 => BarcodeFormat::CODE_128,
            Code::Qr => BarcodeFormat::QR_CODE,
        };
        let (width, height) = (self.width as u32, self.height as u32);
        rxing::helpers::detect_in_luma(self.grey.clone(), width, height, Some(format))
            .map(|result| result.getText().to_owned())
            .unwrap_or_else(|error| format!("{template}: {error:?}"))
    }
}

/// The glyphs that a label uses, as the SVG names them.
fn glyphs(face: &Face, template: Template) -> BTreeSet<String> {
    let svg = svg(face, template).unwrap();
    let uses = svg.split("<use href=\"#g").skip(1);
    uses.map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

fn glyph(ch: char) -> String {
    let font = ttf_parser::Face::parse(FONT, 0).unwrap();
    font.glyph_index(ch)
        .unwrap_or_else(|| panic!("{ch} is not in the font"))
        .0
        .to_string()
}

#[test]
fn chinese_prints_its_own_shapes_and_not_boxes() {
    let drawn = |name: &str| {
        Picture::read(&png(&named(name), Template::Roll50x30Code128, 203, true).unwrap())
    };
    let used = glyphs(&named("氰化钾"), Template::Roll50x30Code128);
    for ch in "氰化钾".chars() {
        assert!(used.contains(&glyph(ch)), "{ch}");
    }
    assert!(!used.contains("0"), "the missing-glyph box");
    // The dots themselves: each character has ink of its own, unlike that of a missing one.
    let missing = drawn("\u{E000}");
    let blank = drawn("-").ink();
    let shapes = ["氰", "化", "钾"].map(drawn);
    for (n, shape) in shapes.iter().enumerate() {
        assert!(shape.ink() > blank + 100);
        assert_ne!(shape.grey, missing.grey);
        assert_ne!(shape.grey, shapes[(n + 1) % 3].grey);
    }
}

#[test]
fn font_has_rare_characters_of_chemistry_and_of_names() {
    let text = "铊碲肼膦䓬㗁𬭊胩茚蒎锇鿬鿫堃犇淼㙍砷氰镉铍汞锑·°℃≥≤＞％‰µαβγΔⅠⅡ①（）【】、。";
    let used = glyphs(&named(text), Template::Roll70x50Code128);
    for ch in text.chars() {
        assert!(used.contains(&glyph(ch)), "{ch}");
    }
    assert!(!used.contains(&glyph('〓')));
}

#[test]
fn a_character_without_glyph_shows_as_a_geta_mark() {
    let used = glyphs(&named("甲\u{E000}乙"), Template::Roll50x30Qr);
    assert!(used.contains(&glyph('〓')));
}

#[test]
fn subscripts_are_small_digits_below_the_line() {
    let small = svg(&named("H₂SO₄"), Template::Roll50x30Qr).unwrap();
    let two = glyph('2');
    assert!(
        small.contains(&format!("href=\"#g{two}\" transform=\"translate(")),
        "{two}"
    );
    assert!(small.contains(" -130) scale(0.62)"));
    assert!(!glyphs(&named("H₂SO₄"), Template::Roll50x30Qr).contains(&glyph('〓')));
}

#[test]
fn svg_is_exact_in_millimetres_and_asks_for_no_font() {
    for template in Template::ALL {
        let svg = svg(&plain(), template).unwrap();
        let (width, height) = template.size_um();
        let (width, height) = (width / 1000, height / 1000);
        assert!(svg.contains(&format!(
            "width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\""
        )));
        assert!(!svg.contains("<text") && !svg.contains("font") && !svg.contains("<image"));
        assert_eq!(svg.matches("http").count(), 1, "only the name space");
    }
}

#[test]
fn markup_and_control_characters_cannot_break_the_svg() {
    let name = "</title><script>alert(1)</script>&\"'\u{0}\u{1B}[2J\u{202E}\u{FFFE}甲\n乙";
    let mut hostile = named(name);
    hostile.place = name.to_owned();
    hostile.amount = name.to_owned();
    for template in Template::ALL {
        let svg = svg(&hostile, template).unwrap();
        assert!(!svg.contains("<script"));
        assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"));
        assert!(!svg.trim_end().chars().any(char::is_control));
        assert!(resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).is_ok());
        assert!(png(&hostile, template, 203, true).is_ok());
    }
    assert!(sheet(&[hostile], SheetTemplate::Roll(Template::Roll70x50Qr)).is_ok());
}

#[test]
fn long_texts_never_touch_the_frame_nor_leave_it() {
    for template in Template::ALL {
        let cell = template.size_um() == (70_000, 36_000);
        let margin = if cell { (4_500, 1_500) } else { (1_000, 1_000) };
        let dots = |um: usize| um * 8 / 1000;
        let crowd = Picture::read(&png(&crowded(), template, 203, true).unwrap());
        let (left, top) = (dots(margin.0), dots(margin.1));
        for y in 0..crowd.height {
            for x in 0..crowd.width {
                let beyond = x + 2 < left
                    || y + 2 < top
                    || x > crowd.width - left + 1
                    || y > crowd.height - top + 1;
                assert!(!beyond || !crowd.dark(x, y), "{template}: ink at {x}, {y}");
            }
        }
        // A quarter of a millimetre inside the frame on the right, below its round corner.
        let inner = crowd.width - left - 3;
        for y in top + dots(1_000)..crowd.height - top - dots(1_000) {
            assert!(!crowd.dark(inner, y), "{template}: ink at {inner}, {y}");
        }
        assert_eq!(crowd.decode(template), plain().label.to_string());
    }
}

#[test]
fn long_amount_is_made_smaller_but_never_cut() {
    for template in Template::ALL {
        let mut long = plain();
        long.pictograms = Pictogram::ALL.to_vec();
        long.demo = true;
        long.amount = "12345.678901 mL".to_owned();
        assert!(!glyphs(&long, template).contains(&glyph('…')), "{template}");
        long.name = "很长的名称".repeat(40);
        assert!(glyphs(&long, template).contains(&glyph('…')), "{template}");
    }
}

#[test]
fn every_label_says_that_it_does_not_replace_the_safety_label() {
    for template in Template::ALL {
        let used = glyphs(&plain(), template);
        for ch in "不替代GB15258安全标签".chars() {
            assert!(used.contains(&glyph(ch)), "{template} {ch}");
        }
    }
}

#[test]
fn a_demonstration_says_so_on_every_label() {
    for template in Template::ALL {
        let mut demo = plain();
        assert!(
            !glyphs(&demo, template).contains(&glyph('演')),
            "{template}"
        );
        demo.demo = true;
        for ch in "演示".chars() {
            assert!(
                glyphs(&demo, template).contains(&glyph(ch)),
                "{template} {ch}"
            );
        }
    }
}

#[test]
fn larger_label_adds_pictograms_dates_custodian_and_institution() {
    for template in [Template::Roll70x50Code128, Template::Roll70x50Qr] {
        let used = glyphs(&plain(), template);
        for ch in "入库开封保管人堃岭".chars() {
            assert!(used.contains(&glyph(ch)), "{template} {ch}");
        }
        let svg = svg(&plain(), template).unwrap();
        for pictogram in Pictogram::ALL {
            let shown = svg.contains(&format!("<title>{pictogram}</title>"));
            assert_eq!(
                shown,
                plain().pictograms.contains(&pictogram),
                "{pictogram}"
            );
        }
    }
}

#[test]
fn the_nine_pictograms_look_different() {
    let mut seen = BTreeSet::new();
    for pictogram in Pictogram::ALL {
        let mut one = plain();
        one.pictograms = vec![pictogram];
        let file = png(&one, Template::Roll70x50Code128, 203, true).unwrap();
        assert!(seen.insert(file), "{pictogram}");
        assert_eq!(pictogram.as_str().parse(), Ok(pictogram));
    }
}

#[test]
fn classes_without_room_are_counted() {
    let used = glyphs(&crowded(), Template::Roll50x30Code128);
    assert!(used.contains(&glyph('+')));
    assert!(!glyphs(&plain(), Template::Roll50x30Code128).contains(&glyph('+')));
}

#[test]
fn png_states_its_size_and_resolution() {
    let file = png(&plain(), Template::Roll50x30Qr, 203, true).unwrap();
    let reader = ::png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height), (400, 240));
    assert_eq!(info.bit_depth, ::png::BitDepth::One);
    let dims = info.pixel_dims.unwrap();
    assert_eq!(
        (dims.xppu, dims.yppu, dims.unit),
        (8000, 8000, ::png::Unit::Meter)
    );

    let file = png(&plain(), Template::Roll70x50Qr, 300, false).unwrap();
    let reader = ::png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    assert_eq!((reader.info().width, reader.info().height), (827, 591));
    assert_eq!(reader.info().pixel_dims.unwrap().xppu, 11_811);
}

fn page_sizes(pdf: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(pdf);
    let boxes = text.split("/MediaBox[").skip(1);
    boxes
        .map(|rest| rest.split(']').next().unwrap().to_owned())
        .collect()
}

#[test]
fn sheet_begins_at_the_first_free_label() {
    let faces: Vec<Face> = labels().into_iter().take(24).map(face).collect();
    let a4 = |start| SheetTemplate::A4 {
        code: Code::Qr,
        start,
        dx_um: 0,
        dy_um: 0,
    };
    assert_eq!(
        page_sizes(&sheet(&faces, a4(1)).unwrap()),
        ["0 0 595.2756 841.8898"]
    );
    assert_eq!(page_sizes(&sheet(&faces, a4(2)).unwrap()).len(), 2);
    assert_eq!(page_sizes(&sheet(&faces[..1], a4(24)).unwrap()).len(), 1);
    let roll = SheetTemplate::Roll(Template::Roll50x30Qr);
    assert_eq!(
        page_sizes(&sheet(&faces, roll).unwrap()),
        ["0 0 141.73228 85.03937"; 24]
    );
    assert_eq!(page_sizes(&calibration().unwrap()).len(), 1);
}

#[test]
fn the_same_face_gives_the_same_bytes() {
    let faces = [plain(), crowded()];
    let roll = SheetTemplate::Roll(Template::Roll70x50Code128);
    assert_eq!(sheet(&faces, roll), sheet(&faces, roll));
    for template in Template::ALL {
        assert_eq!(svg(&plain(), template), svg(&plain(), template));
        assert_eq!(
            png(&plain(), template, 300, false),
            png(&plain(), template, 300, false)
        );
    }
}

#[test]
fn label_refuses_a_blank_name() {
    for name in ["", " ", "\u{0}\n\u{3000}", "\u{200B}"] {
        let face = named(name);
        let template = Template::Roll50x30Qr;
        assert_eq!(svg(&face, template), Err(LabelError::Nameless));
        assert_eq!(png(&face, template, 300, false), Err(LabelError::Nameless));
        let faces = [plain(), face];
        let roll = SheetTemplate::Roll(template);
        assert_eq!(sheet(&faces, roll), Err(LabelError::Nameless));
    }
}

#[test]
fn png_refuses_a_resolution_that_no_head_has() {
    for dpi in [0, 202, 1201, u32::MAX] {
        let refused = png(&plain(), Template::Roll50x30Qr, dpi, false);
        assert_eq!(refused, Err(LabelError::Resolution(dpi)));
    }
}

#[test]
fn sheet_refuses_no_label_a_start_off_the_page_and_a_far_offset() {
    let a4 = |start, dx_um, dy_um| SheetTemplate::A4 {
        code: Code::Qr,
        start,
        dx_um,
        dy_um,
    };
    assert_eq!(sheet(&[], a4(1, 0, 0)), Err(LabelError::Empty));
    let faces = [plain()];
    for start in [0, 25, 255] {
        assert_eq!(
            sheet(&faces, a4(start, 0, 0)),
            Err(LabelError::Start(start))
        );
    }
    for offset in [10_001, -10_001, i32::MAX, i32::MIN] {
        assert_eq!(
            sheet(&faces, a4(1, offset, 0)),
            Err(LabelError::Offset(offset))
        );
        assert_eq!(
            sheet(&faces, a4(1, 0, offset)),
            Err(LabelError::Offset(offset))
        );
    }
    assert!(sheet(&faces, a4(1, 10_000, -10_000)).is_ok());
}

#[test]
fn names_of_templates_and_pictograms_are_read_back_and_others_refused() {
    for template in Template::ALL {
        assert_eq!(template.to_string().parse(), Ok(template));
    }
    assert_eq!("50x30".parse::<Template>(), Err(LabelError::Template));
    assert_eq!("GHS10".parse::<Pictogram>(), Err(LabelError::Pictogram));
}

#[test]
fn every_refusal_has_a_code_and_two_sentences() {
    let refusals = [
        LabelError::Nameless,
        LabelError::Template,
        LabelError::Pictogram,
        LabelError::Resolution(1),
        LabelError::Start(0),
        LabelError::Offset(99_999),
        LabelError::Empty,
        LabelError::Drawing("the cause stays inside".to_owned()),
    ];
    let codes: BTreeSet<&str> = refusals.iter().map(LabelError::code).collect();
    assert_eq!(codes.len(), refusals.len());
    for refusal in refusals {
        assert!(refusal.message(true).is_ascii() || refusal.message(true).contains('µ'));
        assert!(refusal.message(false).ends_with('。'));
        assert!(!refusal.to_string().contains("cause"));
    }
}
