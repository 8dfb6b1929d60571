//! 报送: what an institution states of a period of its ledger, and what its bureau says of that.
//!
//! Nothing is typed: the figures of a period are those of the entries before the statement, which names
//! the head of the ledger as every entry does. What is recorded afterwards of an earlier period stands
//! beside it as a correction.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    facts::Table,
    ids::{InstitutionId, PersonId, Seq},
    merkle::Hash,
    month::Month,
    time::Time,
    words::words,
};

/// The month's ledger is due so many days after its end. Ours: the notices ask for a monthly ledger
/// (每月形成台账, RULES row 23) and name no day.
const MONTH_DUE_DAYS: u64 = 5;

/// The summary of a year is due on 10 December of that year (RULES row 67).
const YEAR_DUE: (u32, u32) = (12, 10);

/// What is reported at a time: a month, or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// 月度台账, printed as `2026-11`.
    Month(Month),
    /// 年度总结, printed as `2026`.
    Year(i32),
}

/// The text is no month such as 2026-11 and no year such as 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a month such as 2026-11, nor a year such as 2026")]
pub struct PeriodError;

impl Period {
    /// Its first moment.
    #[must_use]
    pub fn begin(self) -> Time {
        match self {
            Self::Month(month) => month.begin(),
            Self::Year(year) => Time::start_of_china_day(first_of(year, 1)),
        }
    }

    /// The first moment behind it.
    #[must_use]
    pub fn end(self) -> Time {
        match self {
            Self::Month(month) => month.end(),
            Self::Year(year) => Time::start_of_china_day(first_of(year.saturating_add(1), 1)),
        }
    }

    /// From when it can be submitted: a month when it is over, a year when its last month begins.
    #[must_use]
    pub fn opens(self) -> Time {
        match self {
            Self::Month(month) => month.end(),
            Self::Year(year) => Time::start_of_china_day(first_of(year, 12)),
        }
    }

    /// The last day on which it is in time.
    #[must_use]
    pub fn due_on(self) -> NaiveDate {
        match self {
            Self::Month(month) => {
                let next = month.end().china_day();
                next.checked_add_days(Days::new(MONTH_DUE_DAYS - 1))
                    .unwrap_or(next)
            }
            Self::Year(year) => {
                NaiveDate::from_ymd_opt(year, YEAR_DUE.0, YEAR_DUE.1).unwrap_or(NaiveDate::MAX)
            }
        }
    }

    /// The periods of a ledger that began at `since` which can be submitted by now, latest first.
    #[must_use]
    pub fn all(since: Time, now: Time) -> Vec<Self> {
        let mut month = Month::of(since);
        let mut periods = Vec::new();
        while month.begin() <= now {
            if month.begin().china_day().month() == 12 {
                periods.push(Self::Year(month.begin().china_day().year()));
            }
            if month.end() <= now {
                periods.push(Self::Month(month));
            }
            if month.next() == month {
                break;
            }
            month = month.next();
        }
        periods.reverse();
        periods
    }
}

fn first_of(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(NaiveDate::MAX)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let digits = |text: &str, length: usize| {
            let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| text.parse::<i64>().ok()).flatten()
        };
        let (year, month) = match text.split_once('-') {
            Some((year, month)) => (year, Some(digits(month, 2).ok_or(PeriodError)?)),
            None => (text, None),
        };
        let year = digits(year, 4).filter(|year| (1900..9999).contains(year));
        let year = year.ok_or(PeriodError)?;
        let period = match month {
            Some(month) => Month::from_number(year * 100 + month).map(Self::Month),
            None => i32::try_from(year).ok().map(Self::Year),
        };
        period.ok_or(PeriodError)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// 报送: the ledger up to here says everything of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Of what.
    pub period: Period,
}

/// 审核 of a submission by a bureau, in the bureau's own ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whose submission.
    pub institution: InstitutionId,
    /// Of what.
    pub period: Period,
    /// The entry that made it, in that institution's ledger.
    pub entry: Seq,
    /// That entry's leaf hash: what was looked at can be proven, whatever becomes of that ledger.
    pub leaf_hash: Hash,
    /// Whether it is accepted; else it is returned, for the reason of this entry.
    pub accepted: bool,
}

words! {
    /// What has become of a period.
    SubmissionState {
        /// 待报送.
        Missing = "missing" "待报送",
        /// 待审核.
        Submitted = "submitted" "待审核",
        /// 已退回.
        Returned = "returned" "已退回",
        /// 已接收: the period is closed (锁定); what comes later is a correction.
        Accepted = "accepted" "已接收",
    }
}

/// A submission as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Of what.
    pub period: Period,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Time,
}

/// A review as the bureau's ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// What it says.
    pub review: Review,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Time,
}

/// What was submitted and reviewed, as far as it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Filings {
    /// Submissions by their entries.
    pub submissions: Table<Seq, Submitted>,
    /// Reviews by their entries.
    pub reviews: Table<Seq, Reviewed>,
    /// What bureaus have said in their ledgers of what was submitted here, in the order of time.
    pub said: Vec<Reviewed>,
    /// Entries that claim to have happened in an earlier month than they were recorded in, with the
    /// moment claimed.
    pub late: Table<Seq, Time>,
}

impl Filings {
    /// The entry that submitted a period last.
    #[must_use]
    pub fn last_submission(&self, period: Period) -> Option<Seq> {
        let submissions = self.submissions.iter();
        let of_period = submissions.filter(|(_, one)| one.period == period);
        of_period.map(|(seq, _)| *seq).max()
    }

    /// The submission of a period which a bureau has accepted and not returned since: the period is
    /// closed (锁定).
    #[must_use]
    pub fn accepted(&self, period: Period) -> Option<Seq> {
        let last = self.last_submission(period)?;
        let of_last = self.said.iter().filter(|said| said.review.entry == last);
        let word = of_last.last()?;
        word.review.accepted.then_some(last)
    }
}
