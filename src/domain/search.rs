//! The one search box: what a person types, and the text in which it is looked for.
//!
//! A stored column holds every way to name a thing: the folded names, their pinyin, their initials,
//! their CAS numbers. A query is folded the same way and looked for as a plain substring, so that the
//! answer is the same in Rust, in both databases, and two characters are enough.

use std::collections::BTreeSet;

use pinyin::{Pinyin, ToPinyin, ToPinyinMulti};

use super::canonical::nfkc;
use super::ids::Cas;

/// The most spellings by initials of one name that are kept.
const INITIALS: usize = 16;

/// The most spellings in full of one name that are kept.
const FULL: usize = 4;

/// Characters that chemistry reads otherwise than the dictionary's first reading, or that the dictionary
/// does not have.
const CHEMICAL: [(char, &str); 7] = [
    ('重', "chong"),
    ('炔', "que"),
    ('咯', "luo"),
    ('芐', "bian"),
    ('壳', "qiao"),
    ('䓬', "zhuo"),
    ('䓝', "meng"),
];

/// The text of a search column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchKeys(String);

impl SearchKeys {
    /// The column: keys between bars, CAS digits behind `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One spelling for the many of a keyboard: NFKC (so full width becomes plain), lower case, without
/// spaces, hyphens, and the two signs that part the keys of a column.
#[must_use]
pub fn fold(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !is_hyphen(*c) && *c != '|' && *c != '#';
    if text.chars().all(is_plain) {
        return text
            .chars()
            .filter(kept)
            .map(|c| c.to_ascii_lowercase())
            .collect();
    }
    nfkc(text)
        .flat_map(char::to_lowercase)
        .filter(kept)
        .collect()
}

/// Whether NFKC leaves a character alone, for the many that it does.
pub(super) const fn is_plain(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{4e00}'..='\u{9fff}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The search column of something with a name, other names and CAS numbers.
#[must_use]
pub fn keys<'a>(
    name: &'a str,
    aliases: impl IntoIterator<Item = &'a str>,
    cas: impl IntoIterator<Item = &'a Cas>,
) -> SearchKeys {
    let mut keys: Vec<String> = Vec::new();
    for name in [name].into_iter().chain(aliases) {
        let folded = fold(name);
        keys.extend(readings(&folded));
        keys.push(folded);
    }
    keys.extend(
        cas.into_iter()
            .map(|cas| format!("#{}", fold(cas.as_str()))),
    );
    let mut seen = BTreeSet::new();
    keys.retain(|key| !key.is_empty() && seen.insert(key.clone()));
    SearchKeys(format!("|{}|", keys.join("|")))
}

/// What to look for: for every word of the query the substrings of which the column must contain one.
/// Empty for a query without a letter or digit, which finds nothing.
///
/// A number looks for the names and CAS numbers that begin with it. A store asks the same of its database
/// with `LIKE '%…%'`, escaping `%`, `_` and the escape character.
#[must_use]
pub fn needles(query: &str) -> Vec<Vec<String>> {
    query
        .split_whitespace()
        .map(fold)
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| {
            if word.chars().all(|c| c.is_ascii_digit()) {
                // Digits in the middle of a CAS number or a systematic name find too much.
                vec![format!("#{word}"), format!("|{word}")]
            } else {
                vec![word]
            }
        })
        .collect()
}

/// Whether a query finds something with these keys.
#[must_use]
pub fn matches(query: &str, keys: &SearchKeys) -> bool {
    let needles = needles(query);
    !needles.is_empty()
        && needles
            .iter()
            .all(|any| any.iter().any(|needle| keys.0.contains(needle)))
}

/// Pinyin in full and its initials, for every reading of the Chinese characters of a name.
fn readings(folded: &str) -> Vec<String> {
    let syllables: Vec<Vec<&str>> = folded
        .chars()
        .map(syllables)
        .filter(|s| !s.is_empty())
        .collect();
    let initials: Vec<Vec<&str>> = syllables
        .iter()
        .map(|readings| {
            let mut letters: Vec<&str> = Vec::new();
            for letter in readings.iter().filter_map(|reading| reading.get(..1)) {
                if !letters.contains(&letter) {
                    letters.push(letter);
                }
            }
            letters
        })
        .collect();
    let mut out = combinations(&syllables, FULL);
    out.extend(combinations(&initials, INITIALS));
    out
}

/// The readings of one character, the chemical one first; none for what is not Chinese.
fn syllables(c: char) -> Vec<&'static str> {
    let chemical = CHEMICAL.iter().find(|(own, _)| *own == c).map(|(_, r)| *r);
    let first = c.to_pinyin().map(Pinyin::plain);
    let others = c.to_pinyin_multi().into_iter().flatten();
    let mut out: Vec<&'static str> = Vec::new();
    for reading in chemical
        .into_iter()
        .chain(first)
        .chain(others.map(Pinyin::plain))
    {
        if !out.contains(&reading) {
            out.push(reading);
        }
    }
    out
}

/// The first reading of every character, then the same with one character read otherwise.
fn combinations(choices: &[Vec<&str>], most: usize) -> Vec<String> {
    let first: Vec<&str> = choices.iter().filter_map(|c| c.first().copied()).collect();
    if first.is_empty() {
        return Vec::new();
    }
    let mut out = vec![first.concat()];
    for (place, readings) in choices.iter().enumerate() {
        for other in readings.iter().skip(1) {
            if out.len() == most {
                return out;
            }
            let mut changed = first.clone();
            if let Some(slot) = changed.get_mut(place) {
                *slot = *other;
            }
            out.push(changed.concat());
        }
    }
    out
}
