//! What people write: texts that show something.

/// Code points that show nothing beside white space and control characters: the property
/// `Default_Ignorable_Code_Point` of the Unicode Character Database (`DerivedCoreProperties.txt`, Unicode 17),
/// and the empty Braille pattern.
const UNSEEN: [(char, char); 19] = [
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{202A}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFF8}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
    ('\u{0}', '\u{1F}'),
];

/// Whether a text shows nothing: a reason nobody can read is none.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_unseen = |ch: char| {
        UNSEEN
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&ch))
    };
    text.chars().all(|ch| ch.is_whitespace() || is_unseen(ch))
}
