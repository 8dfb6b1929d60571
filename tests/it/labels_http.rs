//! Labels over HTTP: every picture served is read by rxing as the 16 digits it was asked for.

use rxing::BarcodeFormat;
use serde_json::{Value, json};

use crate::harness::on_both;

const TEMPLATES: [&str; 6] = [
    "50x30-code128",
    "50x30-qr",
    "70x50-code128",
    "70x50-qr",
    "70x36-code128",
    "70x36-qr",
];

/// What rxing reads in a grey picture.
fn read(grey: Vec<u8>, width: u32, height: u32, template: &str) -> String {
    let format = if template.ends_with("qr") {
        BarcodeFormat::QR_CODE
    } else {
        BarcodeFormat::CODE_128
    };
    rxing::helpers::detect_in_luma(grey, width, height, Some(format))
        .map(|found| found.getText().to_owned())
        .unwrap_or_else(|error| format!("{error:?}"))
}

fn read_png(file: &[u8], template: &str) -> String {
    let mut decoder = ::png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(::png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    data.truncate(info.buffer_size());
    let samples = data.len() / (info.width * info.height) as usize;
    let grey = data.chunks(samples).map(|dot| dot[0]).collect();
    read(grey, info.width, info.height, template)
}

fn read_svg(text: &str, template: &str) -> String {
    let tree = resvg::usvg::Tree::from_str(text, &resvg::usvg::Options::default()).unwrap();
    let size = tree.size().to_int_size().scale_by(4.0).unwrap();
    let mut dots = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    let scale = resvg::tiny_skia::Transform::from_scale(4.0, 4.0);
    resvg::render(&tree, scale, &mut dots.as_mut());
    let grey = dots.pixels().iter().map(|dot| dot.green()).collect();
    read(grey, size.width(), size.height(), template)
}

on_both! {
    fn every_label_served_decodes_to_its_digits(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        for (label, template) in labels.iter().cycle().zip(TEMPLATES) {
            let path = format!("/api/v1/labels/{label}");
            let svg = hospital.safety.get(&format!("{path}.svg?template={template}")).expect(200);
            assert_eq!(read_svg(&svg.text, template), *label, "{template} svg");
            for options in ["", "&dpi=203&one_bit=true"] {
                let png = hospital.safety.get(&format!("{path}.png?template={template}{options}")).expect(200);
                assert_eq!(read_png(&png.bytes, template), *label, "{template} {options}");
            }
        }
    }

    fn a_label_says_what_the_lists_say_of_the_substance(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let large = hospital.safety.get(&format!("/api/v1/labels/{}.svg?template=70x50-qr", labels[0])).expect(200).text;
        for said in ["<title>乙醇", "<title>GHS02</title>"] {
            assert!(large.contains(said), "{said}");
        }
        let before = large.clone();
        let body = json!({"label": labels[0], "amount": {"value": "1", "unit": "mL"}});
        hospital.safety.post("/api/v1/checkouts", body).expect(201);
        let opened = hospital.safety.get(&format!("/api/v1/labels/{}.svg?template=70x50-qr", labels[0])).expect(200).text;
        assert_ne!(before, opened);
    }

    fn a_sheet_is_a_pdf_of_every_label_asked_for(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let a4 = json!({"labels": labels, "code": "qr", "start": 23, "dx_um": 1500, "dy_um": -700});
        let sheet = hospital.equipment.post("/api/v1/labels/sheets", a4).expect(200);
        assert!(sheet.bytes.starts_with(b"%PDF-"));
        let roll = json!({"labels": labels, "template": "70x50-code128"});
        let roll = hospital.equipment.post("/api/v1/labels/sheets", roll).expect(200);
        assert!(roll.bytes.starts_with(b"%PDF-"));
        hospital.safety.post("/api/v1/labels/sheets", json!({"labels": labels})).refused(403, "not_permitted");
    }

    fn what_cannot_be_drawn_names_the_parameter(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let pointers = |answer: &Value| -> Vec<String> {
            let errors = answer["errors"].as_array().unwrap().iter();
            errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
        };
        let path = format!("/api/v1/labels/{}.png", labels[0]);
        for (query, pointer) in [("dpi=100", "/dpi"), ("template=9x9", "/template"), ("one_bit=yes", "/one_bit"), ("x=1", "/x")] {
            let refused = hospital.safety.get(&format!("{path}?{query}")).refused(422, "fields_invalid");
            assert_eq!(pointers(&refused.json), [pointer]);
        }
        for (body, pointer) in [
            (json!({"labels": []}), "/labels"),
            (json!({"labels": labels, "start": 25}), "/start"),
            (json!({"labels": labels, "code": "ean"}), "/code"),
            (json!({"labels": ["1"]}), "/labels/0"),
        ] {
            let refused = hospital.equipment.post("/api/v1/labels/sheets", body).refused(422, "fields_invalid");
            assert_eq!(pointers(&refused.json), [pointer]);
        }
        hospital.equipment.post("/api/v1/labels/sheets", json!({"labels": vec![labels[0].clone(); 501]})).refused(422, "too_many_containers");
        hospital.safety.get(&format!("/api/v1/labels/{}.gif", labels[0])).refused(404, "not_found");
        hospital.safety.get("/api/v1/labels/123.svg").refused(404, "label_unknown");
    }
}
