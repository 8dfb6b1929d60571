//! What a name and a qualifier say, taken apart the same way for an entry of a list and for a bottle.

use super::condition::{Clause, Strength, clauses, normal, strength};
use crate::domain::search::fold;

/// Whether something is sold dry or dissolved, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unstated,
    Anhydrous,
    Solution,
}

/// A name taken apart.
#[derive(Clone, Debug)]
pub(super) struct Description {
    /// The folded name without bracket and strength.
    pub name: String,
    /// The same without the word for solution, anhydrous or hydrate.
    pub stem: String,
    pub state: State,
    /// Crystal water is named; the 目录 counts a hydrate of a salt as the salt (its note 3).
    pub hydrate: bool,
    pub strengths: Vec<Strength>,
    /// Parts of the qualifier that are no strength, grade or pack size.
    pub texts: Vec<String>,
    /// The folded qualifier as it was given.
    pub qualifier: String,
}

/// Words on a label that say nothing about what is in the bottle.
const GRADES: [&str; 22] = [
    "分析纯",
    "优级纯",
    "化学纯",
    "色谱纯",
    "光谱纯",
    "实验纯",
    "基准",
    "基准试剂",
    "工业级",
    "食品级",
    "试剂级",
    "医用",
    "消毒用",
    "药用",
    "试剂",
    "高纯",
    "ar",
    "gr",
    "cp",
    "lr",
    "hplc",
    "acs",
];

/// The longest name, in bytes, that is searched for remarks: far beyond any on a list, and short enough
/// that nobody can keep the program busy with one.
const LONGEST: usize = 1_000;

const DISSOLVED: [&str; 4] = ["标准滴定溶液", "标准溶液", "水溶液", "溶液"];

impl Description {
    /// Takes a bottle's name apart. `is_listed` tells which names are on a list: nothing is taken
    /// off a name that is.
    pub fn of_bottle(
        name: &str,
        qualifier: Option<&str>,
        is_listed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut bare = normal(name);
        let mut said = normal(qualifier.unwrap_or_default());
        while bare.len() <= LONGEST && !is_listed(&fold(&bare)) {
            let Some((rest, taken)) = without_remark(&bare) else {
                break;
            };
            said = if said.is_empty() {
                taken
            } else {
                format!("{taken},{said}")
            };
            bare = rest;
        }
        if let Some((_, inside)) = square(&bare).filter(|_| said.is_empty()) {
            said = inside.to_owned();
        }
        Self::of(&bare, &said)
    }

    /// Takes an entry of a list apart.
    pub fn of_entry(name: &str, qualifier: Option<&str>) -> Self {
        Self::of(&normal(name), &normal(qualifier.unwrap_or_default()))
    }

    fn of(name: &str, qualifier: &str) -> Self {
        let bare = square(name).map_or(name, |(rest, _)| rest);
        let (stem, mut state, mut hydrate) = stem(bare);
        let mut strengths = Vec::new();
        let mut texts = Vec::new();
        for clause in clauses(qualifier) {
            match clause {
                Clause::Strength(strength) => strengths.push(strength),
                Clause::Text(text) if text == "无水" => state = State::Anhydrous,
                Clause::Text(text) if DISSOLVED.contains(&text.as_str()) => state = State::Solution,
                Clause::Text(text) if is_remark(&text) => {}
                Clause::Text(text) if is_crystal_water(&text) => hydrate = true,
                Clause::Text(text) if is_boiling_range(&text) => {
                    texts.push(text.replace('-', "~"));
                }
                Clause::Text(text) => texts.push(text),
            }
        }
        Self {
            name: fold(bare),
            stem: fold(stem),
            state,
            hydrate,
            strengths,
            texts,
            qualifier: fold(qualifier),
        }
    }

    /// Whether neither strength nor form is given.
    pub const fn is_silent(&self) -> bool {
        matches!(self.state, State::Unstated) && self.strengths.is_empty() && self.texts.is_empty()
    }

    /// The strength of the substance itself.
    pub fn own_strength(&self) -> Option<&Strength> {
        self.strengths
            .iter()
            .find(|strength| self.is_itself(&strength.component))
    }

    /// Whether it gives two different strengths of one component.
    pub fn contradicts_itself(&self) -> bool {
        self.strengths.iter().any(|one| {
            self.strengths.iter().any(|other| {
                one.component == other.component
                    && one.basis == other.basis
                    && one.interval != other.interval
            })
        })
    }

    /// Whether a named component is the substance itself.
    pub fn is_itself(&self, component: &str) -> bool {
        component.is_empty() || fold(component) == self.stem
    }
}

/// The last bracket of a name and what stands before it.
fn bracket(name: &str) -> Option<(&str, &str)> {
    let inner = name.strip_suffix([']', ')'])?;
    let mut depth = 1;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ']' | ')' => depth += 1,
            '[' | '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let rest = name.get(..at)?;
            let inside = inner.get(at + 1..)?;
            return (!rest.is_empty() && !inside.is_empty()).then_some((rest, inside));
        }
    }
    None
}

/// The same for the square bracket in which the lists write a qualifier.
fn square(name: &str) -> Option<(&str, &str)> {
    bracket(name).filter(|_| name.ends_with(']'))
}

/// Takes one strength, grade or bracket off either end of a name.
fn without_remark(name: &str) -> Option<(String, String)> {
    let ends: Vec<usize> = name.char_indices().map(|(at, _)| at).skip(1).collect();
    for &at in &ends {
        let (front, back) = name.split_at(at);
        let cut_inside = front.ends_with(is_inner)
            || front.matches(['(', '[']).count() != front.matches([')', ']']).count();
        if !cut_inside && strength(back).is_some_and(|s| is_plain(&s.component)) {
            return Some((front.to_owned(), back.to_owned()));
        }
        if GRADES.contains(&back) {
            return Some((front.to_owned(), back.to_owned()));
        }
    }
    if let Some((rest, inside)) = bracket(name) {
        return Some((rest.to_owned(), inside.to_owned()));
    }
    for &at in ends.iter().rev() {
        let (front, back) = name.split_at(at);
        let sized = front.ends_with(['%', ')', 'v', 'w', 'l']);
        if sized && strength(front).is_some_and(|s| is_plain(&s.component)) {
            let back = back.strip_prefix('的').unwrap_or(back);
            return Some((back.to_owned(), front.to_owned()));
        }
        if GRADES.contains(&front) {
            return Some((back.to_owned(), front.to_owned()));
        }
    }
    None
}

fn is_plain(component: &str) -> bool {
    component.is_empty() || component == "有效氯"
}

/// A character after which a number belongs to the strength that began before it.
fn is_inner(c: char) -> bool {
    c.is_ascii_digit() || "<≤>≥~-.".contains(c)
}

/// "60~90℃" tells one petroleum ether from another, and never whether it is listed.
pub(super) fn is_boiling_range(text: &str) -> bool {
    text.strip_suffix("°c").is_some_and(|range| {
        range.starts_with(|c: char| c.is_ascii_digit())
            && range
                .chars()
                .all(|c| c.is_ascii_digit() || "~-.".contains(c))
    })
}

fn is_remark(text: &str) -> bool {
    let pack = text
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
        .split('/')
        .next()
        .is_some_and(|unit| ["ml", "l", "g", "kg", "mg"].contains(&unit));
    GRADES.contains(&text) || (pack && text.starts_with(|c: char| c.is_ascii_digit()))
}

const COUNTS: [&str; 13] = [
    "十二", "十", "一", "二", "三", "四", "五", "六", "七", "八", "九", "半", "倍半",
];

fn is_crystal_water(text: &str) -> bool {
    COUNTS.iter().any(|count| {
        text.strip_prefix(count)
            .is_some_and(|rest| ["水", "水合物", "结晶水", "水合"].contains(&rest))
    })
}

fn stem(name: &str) -> (&str, State, bool) {
    let (name, hydrate) = without_water(name);
    if let Some(rest) = name.strip_prefix("无水").filter(|rest| !rest.is_empty()) {
        return (rest, State::Anhydrous, hydrate);
    }
    let dissolved = DISSOLVED
        .into_iter()
        .find_map(|word| name.strip_suffix(word))
        .filter(|rest| !rest.is_empty());
    match dissolved {
        Some(rest) => (rest, State::Solution, hydrate),
        None => (name, State::Unstated, hydrate),
    }
}

/// Takes "六水合", "五水合物" and "·6H2O" off a name.
fn without_water(name: &str) -> (&str, bool) {
    for count in COUNTS {
        let rest = name
            .strip_prefix(count)
            .and_then(|rest| rest.strip_prefix("水合"))
            .or_else(|| name.strip_suffix("水合物")?.strip_suffix(count));
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            return (rest, true);
        }
    }
    match name.rsplit_once(['·', '.']) {
        Some((rest, water)) if water.trim_start_matches(|c: char| c.is_ascii_digit()) == "h2o" => {
            (rest, true)
        }
        _ => (name, false),
    }
}
