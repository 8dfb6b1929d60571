//! Reading the text of a cell as a person does, who sees no difference between `３` and `3`.

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::{canonical::is_forbidden, ids::plain};

/// The text as it is kept: composed, without invisible characters, runs of blanks made one, none
/// at the ends, and none between two Chinese characters (硝　酸 is how tables are padded).
#[must_use]
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.nfc().filter(|c| !invisible(*c)) {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let padding = out.chars().next_back().is_none_or(is_han) && is_han(c);
        if blank && !out.is_empty() && !padding {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    out
}

/// The cleaned text in plain keyboard characters: full-width forms, ligatures as `㎖` and every
/// kind of dash brought to one form. For numbers, units and comparisons, not for names.
#[must_use]
pub fn simplify(text: &str) -> String {
    let folded: String = text.nfkc().map(plain).collect();
    clean(&folded)
}

/// The simplified text in small letters without any blanks, for looking up words.
#[must_use]
pub fn key(text: &str) -> String {
    simplify(text)
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The cleaned text, or nothing where the cell is blank or says that there is nothing.
#[must_use]
pub fn present(text: &str) -> Option<String> {
    const NOTHING: [&str; 12] = [
        "", "-", "--", "/", "\\", "无", "暂无", "不详", "未知", "n/a", "none", "null",
    ];
    let cleaned = clean(text);
    (!NOTHING.contains(&key(&cleaned).as_str())).then_some(cleaned)
}

/// Whether the cell repeats the one above it: 同上 and its signs.
#[must_use]
pub fn is_ditto(text: &str) -> bool {
    matches!(
        key(text).as_str(),
        "同上" | "同前" | "〃" | "\"" | "″" | "''" | "′′"
    )
}

fn invisible(c: char) -> bool {
    // A line separator is a blank.
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        || (is_forbidden(c) && !c.is_whitespace())
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}
