//! 会计月: a calendar month in China, the period in which books are closed.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

use super::time::Time;

/// A calendar month in China; printed as `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a moment.
    #[must_use]
    pub fn of(moment: Time) -> Self {
        let day = moment.china_day();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// The month that begins on that day, if one does.
    #[must_use]
    pub fn beginning(at: Time) -> Option<Self> {
        let month = Self::of(at);
        (month.begin() == at).then_some(month)
    }

    /// Its first moment.
    #[must_use]
    pub fn begin(self) -> Time {
        Time::start_of_china_day(self.0)
    }

    /// The first moment behind it.
    #[must_use]
    pub fn end(self) -> Time {
        self.next().begin()
    }

    /// The month behind it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    /// Its number in the database: 202611.
    #[must_use]
    pub fn number(self) -> i64 {
        i64::from(self.0.year()) * 100 + i64::from(self.0.month())
    }

    /// The month of a number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        let (year, month) = (number.div_euclid(100), number.rem_euclid(100));
        let first =
            NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, 1);
        first.map(Self)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}
