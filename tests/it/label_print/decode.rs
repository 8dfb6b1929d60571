//! The codes: read by rxing and zbar, and measured in dots.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use hazledger::domain::ids::Label;
use hazledger::label::{Code, Face, SheetTemplate, Template, png, sheet};

use super::{Picture, face, labels, plain};
use crate::harness::installed;

/// Every label takes its turn at one template; with FULL=1 every label takes every template.
fn turns() -> impl Iterator<Item = (Label, Template)> {
    let full = std::env::var_os("FULL").is_some();
    labels()
        .into_iter()
        .enumerate()
        .flat_map(move |(n, label)| {
            let turn = n % Template::ALL.len();
            (0..Template::ALL.len())
                .filter(move |place| full || *place == turn)
                .map(move |place| (label, Template::ALL[place]))
        })
}

/// What zbarimg reads in each file, in order.
pub fn zbarimg(files: &[impl AsRef<Path>]) -> Vec<String> {
    let output = Command::new("zbarimg")
        .args([
            "--quiet",
            "--raw",
            "-Sdisable",
            "-Scode128.enable",
            "-Sqrcode.enable",
        ])
        .args(files.iter().map(AsRef::as_ref))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn label_is_read_by_two_programs_in_colour_and_from_a_thermal_head() {
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut digits) = (Vec::new(), Vec::new());
    for (n, (label, template)) in turns().enumerate() {
        for (dpi, one_bit) in [(300, false), (203, true)] {
            let file = png(&face(label), template, dpi, one_bit).unwrap();
            let read = Picture::read(&file).decode(template);
            assert_eq!(read, label.to_string(), "rxing, {template} at {dpi} dpi");
            let path = folder.path().join(format!("{n}-{dpi}.png"));
            std::fs::write(&path, file).unwrap();
            files.push(path);
            digits.push(label.to_string());
        }
    }
    if installed("zbarimg") {
        let read: Vec<String> = files.chunks(100).flat_map(zbarimg).collect();
        assert_eq!(read, digits, "zbarimg");
    }
}

#[test]
fn sheet_is_read_by_zbar_from_its_printed_pages() {
    if !installed("zbarimg") || !installed("pdftoppm") {
        return;
    }
    let labels = labels();
    let faces: Vec<Face> = labels.iter().take(30).copied().map(face).collect();
    let wanted: BTreeSet<String> = labels.iter().take(30).map(Label::to_string).collect();
    let a4 = |code| SheetTemplate::A4 {
        code,
        start: 5,
        dx_um: 1_500,
        dy_um: -700,
    };
    for template in [
        a4(Code::Code128),
        a4(Code::Qr),
        SheetTemplate::Roll(Template::Roll50x30Code128),
        SheetTemplate::Roll(Template::Roll70x50Qr),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.pdf");
        std::fs::write(&path, sheet(&faces, template).unwrap()).unwrap();
        let printed = Command::new("pdftoppm")
            .args(["-r", "600", "-mono"])
            .arg(&path)
            .arg(folder.path().join("page"))
            .status()
            .unwrap();
        assert!(printed.success());
        let pages: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "pbm"))
            .collect();
        let read: BTreeSet<String> = zbarimg(&pages).into_iter().collect();
        assert_eq!(read, wanted, "{template:?}");
    }
}

/// The widths of the bars and gaps from a dot on, and the dots they cover.
fn runs(picture: &Picture, y: usize, from: usize) -> Vec<usize> {
    let mut runs = vec![1];
    for x in from + 1..picture.width {
        if picture.dark(x, y) == picture.dark(x - 1, y) {
            *runs.last_mut().unwrap() += 1;
        } else {
            runs.push(1);
        }
    }
    runs
}

#[test]
fn bars_stand_on_whole_dots_with_ten_blank_modules_on_either_side() {
    // START C is 2 1 1 2 3 2 modules; every symbol has 6 runs, the stop 7: 10 × 6 + 7.
    for (dpi, dots) in [(203, 2), (300, 3), (600, 6)] {
        let start = [2, 1, 1, 2, 3, 2].map(|modules| modules * dots);
        for template in Template::ALL {
            if template.code() != Code::Code128 {
                continue;
            }
            let picture = Picture::read(&png(&plain(), template, dpi, true).unwrap());
            let mut rows = 0;
            for y in 0..picture.height {
                let quiet = 10 * dots;
                let first = (quiet..picture.width).find(|x| {
                    picture.dark(*x, y)
                        && !(x - quiet..*x).any(|x| picture.dark(x, y))
                        && runs(&picture, y, *x).starts_with(&start)
                });
                let Some(first) = first else { continue };
                let bars = runs(&picture, y, first);
                assert!(
                    bars[..67].iter().all(|run| run % dots == 0),
                    "{template} {dpi}"
                );
                assert_eq!(
                    bars[..67].iter().sum::<usize>(),
                    123 * dots,
                    "{template} {dpi}"
                );
                assert!(bars[67] >= quiet, "{template} {dpi}");
                assert_eq!(first % dots, 0, "{template} {dpi}");
                rows += 1;
            }
            // 5 mm of bars at least: 15 % of their width, and what a hand scanner can follow.
            assert!(
                rows * 254 >= 50 * usize::try_from(dpi).unwrap(),
                "{template} {dpi}: {rows}"
            );
        }
    }
}

#[test]
fn qr_code_has_four_blank_modules_on_every_side() {
    for template in Template::ALL {
        if template.code() != Code::Qr {
            continue;
        }
        let dots = if template == Template::Roll70x50Qr {
            6
        } else {
            4
        };
        let picture = Picture::read(&png(&plain(), template, 203, true).unwrap());
        // The upper edge of a finder is 7 dark modules between light ones.
        let edge = |x: usize, y: usize| {
            (0..7 * dots).all(|n| picture.dark(x + n, y))
                && !picture.dark(x + 7 * dots, y)
                && (0..7 * dots).all(|n| picture.dark(x, y + n))
                && !picture.dark(x + dots, y + dots)
                && picture.dark(x + 2 * dots, y + 2 * dots)
        };
        let (side, quiet) = (21 * dots, 4 * dots);
        let (x, y) = (quiet..picture.height - side - quiet)
            .flat_map(|y| (quiet..picture.width - side - quiet).map(move |x| (x, y)))
            .find(|(x, y)| edge(*x, *y) && edge(x + 14 * dots, *y))
            .unwrap();
        assert_eq!((x % dots, y % dots), (0, 0), "{template}");
        for down in y - quiet..y + side + quiet {
            for across in x - quiet..x + side + quiet {
                let inside = (x..x + side).contains(&across) && (y..y + side).contains(&down);
                assert!(
                    inside || !picture.dark(across, down),
                    "{template} {across} {down}"
                );
            }
        }
    }
}
