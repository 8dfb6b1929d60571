//! Moments and days.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone, Timelike,
    Utc,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds that Chinese standard time (北京时间) is ahead of UTC.
const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 in UTC with exactly three decimals (`2026-05-01T08:00:00.000Z`) in entries
/// and in the API, as a plain integer in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: outside of these years RFC 3339 has no form,
/// and what has been written could not be read again.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;

/// The text is no RFC 3339 moment between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-05-01T08:00:00.000Z")]
pub struct TimeError;

impl Time {
    /// A moment from Unix milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Unix milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `milliseconds`, which may be negative; stops at the ends of the years 1
    /// and 9999.
    #[must_use]
    pub const fn plus_millis(self, milliseconds: i64) -> Self {
        let moved = self.0.saturating_add(milliseconds);
        if moved < FIRST {
            Self(FIRST)
        } else if moved > LAST {
            Self(LAST)
        } else {
            Self(moved)
        }
    }

    /// This moment moved by whole seconds.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }

    /// The calendar day in China: expiry dates, filing deadlines and daily counts are Chinese days.
    #[must_use]
    pub fn china_day(self) -> NaiveDate {
        self.in_china().date()
    }

    /// Day and time in China for a person to read, such as 2026-11-21 16:05:00.
    #[must_use]
    pub fn china_clock(self) -> String {
        let clock = self.in_china();
        clock.with_nanosecond(0).unwrap_or(clock).to_string()
    }

    /// Day and time as a clock in China shows them.
    #[must_use]
    pub fn in_china(self) -> NaiveDateTime {
        let utc = self.utc();
        FixedOffset::east_opt(CHINA_OFFSET_SECONDS).map_or(utc.naive_utc(), |china| {
            utc.with_timezone(&china).naive_local()
        })
    }

    /// The first moment of a calendar day in China.
    #[must_use]
    pub fn start_of_china_day(day: NaiveDate) -> Self {
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Self(midnight.timestamp_millis()).plus_seconds(-i64::from(CHINA_OFFSET_SECONDS))
    }

    /// The same in chrono's terms.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0)
            .single()
            .unwrap_or(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::zero())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError)?;
        let millis = moment.timestamp_millis();
        // The offset can lead out of the years that were written.
        (FIRST..=LAST)
            .contains(&millis)
            .then_some(Self(millis))
            .ok_or(TimeError)
    }
}

/// When something was, as people say it: a moment, or a whole calendar day in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `2026-05-01T08:00:00Z`.
    Moment(Time),
    /// `2026-05-01`: from 00:00 to 24:00 in China.
    Day(NaiveDate),
}

impl When {
    /// Its first moment.
    #[must_use]
    pub fn begin(self) -> Time {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => Time::start_of_china_day(day),
        }
    }

    /// The first moment that is no longer part of what goes up to here: a day counts in full, a moment
    /// is where it ends.
    #[must_use]
    pub fn end(self) -> Time {
        match self {
            Self::Moment(moment) => moment,
            Self::Day(day) => Time::start_of_china_day(day.succ_opt().unwrap_or(day)),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moment(moment) => moment.fmt(f),
            Self::Day(day) => day.fmt(f),
        }
    }
}

impl FromStr for When {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        // chrono takes years of any length and months of one digit too.
        if text.len() == 10 {
            text.parse().map(Self::Day).map_err(|_| TimeError)
        } else {
            text.parse().map(Self::Moment)
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
