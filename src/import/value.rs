//! CAS numbers and dates as spreadsheets leave them.

use chrono::{Datelike as _, Months, NaiveDate};

use crate::domain::ids::Cas;

use super::finding::Problem;
use super::text::{key, simplify};

/// A CAS number, and whether it had to be restored from a date.
///
/// Excel takes 7440-06-4 for the 4th of June 7440, and 75-09-2 for the 2nd of September 1975. It
/// is restored when exactly one CAS number with a valid check digit gives that date.
///
/// # Errors
/// `CasForm`, `CasCheck`, or `CasIsDate` when a date has no such number behind it.
pub(super) fn cas(text: &str) -> Result<(Cas, bool), Problem> {
    let simple = simplify(text).to_ascii_uppercase();
    let number = match simple.strip_prefix("CAS") {
        Some(rest) => rest.trim_start_matches(|c: char| !c.is_ascii_digit()),
        None => simple.as_str(),
    };
    // Digits alone may just as well be a date's serial number.
    if number.contains('-')
        && let Ok(cas) = number.parse()
    {
        return Ok((cas, false));
    }
    let Some((year, month, day)) = year_month_day(number) else {
        return Err(if looks_like_cas(number) {
            Problem::CasCheck
        } else {
            Problem::CasForm
        });
    };
    let mut found = year_spellings(year).into_iter().filter_map(|year| {
        let spelt = format!("{year}-{month:02}-{day}");
        spelt.parse::<Cas>().ok().filter(|_| day < 10)
    });
    match (found.next(), found.next()) {
        (Some(cas), None) => Ok((cas, true)),
        _ if looks_like_cas(number) => Err(Problem::CasCheck),
        _ => Err(Problem::CasIsDate),
    }
}

fn looks_like_cas(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [first, middle, last]
        if (2..=7).contains(&first.len()) && middle.len() == 2 && last.len() == 1)
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

/// What may have been typed for a year: itself, and for 1930 to 2029 its last two digits, which
/// is how Excel reads them.
fn year_spellings(year: u32) -> Vec<String> {
    let mut spellings = vec![year.to_string()];
    if (1930..=2029).contains(&year) && year % 100 >= 10 {
        spellings.push((year % 100).to_string());
    }
    spellings
}

/// Year, month and day of a text such as `7440/6/4`, `1975-09-02 00:00:00` or `2026年3月5日`.
fn year_month_day(text: &str) -> Option<(u32, u32, u32)> {
    let (numbers, _) = date_numbers(text)?;
    match numbers.as_slice() {
        [year, month, day] if (1..=12).contains(month) && (1..=31).contains(day) => {
            Some((*year, *month, *day))
        }
        _ => None,
    }
}

/// The numbers of a date with separators, and how many digits its first one has.
fn date_numbers(text: &str) -> Option<(Vec<u32>, usize)> {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let date = date.trim_end_matches(['日', '号', '月', '.', '。']);
    let parts: Vec<&str> = date.split(['-', '/', '.', '年', '月', '、']).collect();
    let numbers = parts.iter().map(|part| {
        let short = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        short.then(|| part.parse().ok()).flatten()
    });
    Some((numbers.collect::<Option<_>>()?, parts.first()?.len()))
}

/// The last day on which something may be used. A month alone means its last day
/// (药品说明书和标签管理规定 第二十三条: a label that stops at the month runs through that month).
///
/// # Errors
/// `ExpiryForm`, `ExpiryPeriod`, `ExpiryImpossible`, `ExpiryOutOfRange`.
pub(super) fn expiry(text: &str) -> Result<NaiveDate, Problem> {
    let simple = simplify(text);
    if is_period(&simple) {
        return Err(Problem::ExpiryPeriod);
    }
    let digits_only = simple.bytes().all(|b| b.is_ascii_digit());
    let numbers = if digits_only && matches!(simple.len(), 6 | 8) {
        [simple.get(..4), simple.get(4..6), simple.get(6..)]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .filter_map(|part| part.parse().ok())
            .collect()
    } else {
        match date_numbers(&simple) {
            Some((numbers, 4)) => numbers,
            _ => return Err(Problem::ExpiryForm),
        }
    };
    let (year, month, day) = match numbers.as_slice() {
        [year, month] => (*year, *month, None),
        [year, month, day] => (*year, *month, Some(*day)),
        _ => return Err(Problem::ExpiryForm),
    };
    let year = i32::try_from(year).map_err(|_| Problem::ExpiryForm)?;
    let date = NaiveDate::from_ymd_opt(year, month, day.unwrap_or(1));
    let mut date = date.ok_or(Problem::ExpiryImpossible)?;
    if day.is_none() {
        let next_month = date.checked_add_months(Months::new(1));
        let last = next_month.and_then(|first| first.pred_opt());
        date = last.ok_or(Problem::ExpiryImpossible)?;
    }
    if (1990..=2100).contains(&date.year()) {
        Ok(date)
    } else {
        Err(Problem::ExpiryOutOfRange)
    }
}

/// Whether the text is a length of time: `3年`, `三年`, `36个月`, `长期`.
fn is_period(text: &str) -> bool {
    let text = key(text);
    let counts = |number: &str| {
        number.chars().count() <= 3
            && number
                .chars()
                .all(|c| c.is_ascii_digit() || "一二两三四五六七八九十半".contains(c))
    };
    let ends = ["个月", "年", "月", "天", "日"];
    text.contains("长期")
        || ends
            .iter()
            .any(|end| text.strip_suffix(end).is_some_and(counts))
}
