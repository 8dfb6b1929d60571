//! Strengths and forms as the lists and the labels of bottles write them: "含量＞8%",
//! "20%≤含量＜60%", "含有效氯＞5%", "36%～38%", "无水".

use crate::domain::canonical::nfkc;
use crate::domain::search::is_plain;

/// A share of a whole in ten-thousandths of a percent, so that four decimals of a percent are exact.
type Share = i64;

const WHOLE: Share = 1_000_000;

/// A range of shares. Both ends are kept doubled, an open end moved inward by one, so that open and
/// closed ends compare as plain integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    low: i64,
    high: i64,
}

impl Interval {
    /// From nothing to all: what an unstated strength may be.
    pub const ANY: Self = Self {
        low: 0,
        high: 2 * WHOLE,
    };

    /// Whether every share in `self` lies in `other`.
    pub const fn is_within(self, other: Self) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    /// Whether no share lies in both.
    pub const fn is_apart_from(self, other: Self) -> bool {
        self.high < other.low || other.high < self.low
    }

    /// Whether every share is at least `tenths` of a percent.
    pub const fn is_at_least(self, tenths: i64) -> bool {
        self.low >= 2 * tenths * 1_000
    }

    /// Whether every share is at most `tenths` of a percent.
    pub const fn is_at_most(self, tenths: i64) -> bool {
        self.high <= 2 * tenths * 1_000
    }

    const fn point(share: Share) -> Self {
        Self {
            low: 2 * share,
            high: 2 * share,
        }
    }

    fn bounded(self, bound: Bound, share: Share) -> Self {
        let at = 2 * share;
        match bound {
            Bound::Less => Self {
                high: self.high.min(at - 1),
                ..self
            },
            Bound::AtMost => Self {
                high: self.high.min(at),
                ..self
            },
            Bound::More => Self {
                low: self.low.max(at + 1),
                ..self
            },
            Bound::AtLeast => Self {
                low: self.low.max(at),
                ..self
            },
        }
    }
}

/// Whether a share is of the mass or of the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    Unstated,
    Mass,
    Volume,
}

/// How much of something there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strength {
    /// Of what; empty for the substance itself.
    pub component: String,
    pub interval: Interval,
    pub basis: Basis,
}

/// One part of a qualifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    Strength(Strength),
    Text(String),
}

/// One spelling for the many of a keyboard: NFKC, lower case, no spaces, words of comparison as signs.
pub(super) fn normal(text: &str) -> String {
    let mut out: String = if text.chars().all(is_plain) {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_lowercase())
            .collect()
    } else {
        nfkc(text)
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect()
    };
    if !out.contains(|c: char| "大小不高低>=<≧≦—–至".contains(c)) {
        return out;
    }
    for (word, sign) in [
        ("大于等于", "≥"),
        ("小于等于", "≤"),
        (">=", "≥"),
        ("<=", "≤"),
        ("≧", "≥"),
        ("≦", "≤"),
        ("不低于", "≥"),
        ("不小于", "≥"),
        ("不少于", "≥"),
        ("不超过", "≤"),
        ("不高于", "≤"),
        ("不大于", "≤"),
        ("大于", ">"),
        ("高于", ">"),
        ("小于", "<"),
        ("低于", "<"),
        ("—", "~"),
        ("–", "~"),
        ("至", "~"),
    ] {
        if out.contains(word) {
            out = out.replace(word, sign);
        }
    }
    out
}

/// The parts of a qualifier that is already [`normal`].
pub(super) fn clauses(qualifier: &str) -> Vec<Clause> {
    qualifier
        .split([',', ';', '。'])
        .filter(|part| !part.is_empty())
        .map(|part| strength(part).map_or_else(|| Clause::Text(part.to_owned()), Clause::Strength))
        .collect()
}

#[derive(Clone, Copy)]
enum Bound {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Bound {
    const fn turned(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
        }
    }
}

enum Token {
    Number(Share, bool),
    Bound(Bound),
    To,
    Text(String),
}

/// Reads one clause as a strength; `None` when it is anything else.
pub(super) fn strength(clause: &str) -> Option<Strength> {
    use Token::{Bound as B, Number as N, Text as T, To};
    let (text, basis) = without_basis(clause);
    let tokens = tokens(&text)?;
    let percent = tokens
        .iter()
        .any(|token| matches!(token, Token::Number(_, true)));
    if !percent {
        return None;
    }
    let (name, interval) = match tokens.as_slice() {
        [N(low, _), B(left), T(name), B(right), N(high, _)] => (
            name.as_str(),
            Interval::ANY
                .bounded(left.turned(), *low)
                .bounded(*right, *high),
        ),
        [T(name), B(bound), N(share, _)] => (name.as_str(), Interval::ANY.bounded(*bound, *share)),
        [B(bound), N(share, _)] => ("", Interval::ANY.bounded(*bound, *share)),
        [N(share, _), B(bound), T(name)] => {
            (name.as_str(), Interval::ANY.bounded(bound.turned(), *share))
        }
        [N(share, _)] => ("", Interval::point(*share)),
        [N(share, _), T(name)] | [T(name), N(share, _)] => (name.as_str(), Interval::point(*share)),
        [N(low, _), To, N(high, _)] => ("", between(*low, *high)),
        [N(low, _), To, N(high, _), T(name)] | [T(name), N(low, _), To, N(high, _)] => {
            (name.as_str(), between(*low, *high))
        }
        _ => return None,
    };
    (interval.low <= interval.high).then(|| Strength {
        component: component(name),
        interval,
        basis,
    })
}

fn between(low: Share, high: Share) -> Interval {
    Interval::ANY
        .bounded(Bound::AtLeast, low)
        .bounded(Bound::AtMost, high)
}

fn without_basis(clause: &str) -> (String, Basis) {
    const VOLUME: [&str; 6] = ["体积分数", "体积比", "按体积", "体积", "v/v", "vol"];
    const MASS: [&str; 6] = ["质量分数", "质量比", "按质量", "质量", "w/w", "wt"];
    let mut text = clause.to_owned();
    let mut basis = Basis::Unstated;
    for (words, found) in [(VOLUME, Basis::Volume), (MASS, Basis::Mass)] {
        for word in words {
            if text.contains(word) {
                text = text.replace(word, "");
                basis = found;
            }
        }
    }
    (text.replace("()", ""), basis)
}

/// What the strength is of: "含有效氯" is 有效氯, "含量" and "浓度" are the substance itself.
fn component(text: &str) -> String {
    let text = text.trim_matches([':', '为', '的', '(', ')']);
    let text = text
        .strip_suffix("含量")
        .or_else(|| text.strip_suffix("浓度"))
        .unwrap_or(text);
    text.strip_prefix('含').unwrap_or(text).to_owned()
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let bound = match first {
            '<' => Some(Bound::Less),
            '≤' => Some(Bound::AtMost),
            '>' => Some(Bound::More),
            '≥' => Some(Bound::AtLeast),
            _ => None,
        };
        if let Some(bound) = bound {
            out.push(Token::Bound(bound));
            rest = rest.get(first.len_utf8()..)?;
        } else if first == '~' || (first == '-' && matches!(out.last(), Some(Token::Number(..)))) {
            out.push(Token::To);
            rest = rest.get(1..)?;
        } else if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            let percent = after.starts_with('%');
            out.push(Token::Number(share(number)?, percent));
            rest = after.strip_prefix('%').unwrap_or(after);
        } else {
            let end = rest
                .find(|c: char| c.is_ascii_digit() || "<≤>≥~".contains(c))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            out.push(Token::Text(word.to_owned()));
            rest = after;
        }
    }
    Some(out)
}

/// A decimal percentage as a share; `None` above 100 %, beyond four decimals, or malformed.
fn share(number: &str) -> Option<Share> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.len() > 4 || whole.len() > 3 || number.ends_with('.') || decimals.contains('.') {
        return None;
    }
    let share: Share = format!("{whole}{decimals:0<4}").parse().ok()?;
    (share <= WHOLE).then_some(share)
}
