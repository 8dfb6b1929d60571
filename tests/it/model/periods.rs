//! What is submitted to the bureau: the rules, and how it is invented.

use chrono::NaiveDate;
use hazledger::domain::submission::Period;
use hazledger::domain::time::Time;
use hazledger::domain::verb::Submit;

use super::act::Act;
use super::invent::Author;
use super::reference::{Done, Hospital, Reasons, china_day, day_number, unless};

/// The day behind the last, and the day from which it can be submitted; days since 1970 in China.
fn days(period: Period) -> (i64, i64) {
    let said = period.to_string();
    let first = |year: i32, month: u32| {
        let next = (year + i32::from(month > 12), (month - 1) % 12 + 1);
        day_number(NaiveDate::from_ymd_opt(next.0, next.1, 1).unwrap())
    };
    match said.split_once('-') {
        Some((year, month)) => {
            let (year, month) = (year.parse().unwrap(), month.parse::<u32>().unwrap());
            (first(year, month + 1), first(year, month + 1))
        }
        None => {
            let year = said.parse().unwrap();
            (first(year, 13), first(year, 12))
        }
    }
}

impl Hospital {
    pub fn submit(&mut self, submit: &Submit, now: i64, mut no: Reasons) -> Result<Done, Reasons> {
        let (end, opens) = days(submit.period);
        if china_day(now) < opens {
            no.insert("period_not_over");
        }
        // It ends at midnight.
        let is_before = |moment: i64| china_day(moment) < end;
        if !is_before(self.founded_at) {
            no.insert("period_before_ledger");
        }
        let mut taken = self.stocktakes.iter();
        if taken.any(|one| !one.closed && is_before(one.begun_at)) {
            no.insert("period_being_counted");
        }
        let period = submit.period.to_string();
        let again = self.submissions.iter().any(|(_, of)| *of == period);
        if again && submit.reason.is_empty() {
            no.insert("already_submitted");
        }
        unless(no)?;
        self.submissions.push((self.entries, period));
        Ok((vec![], None))
    }

    pub fn submission_lines(&self, id: i64, lines: &mut Vec<String>) {
        for (entry, period) in &self.submissions {
            lines.push(format!("submission|{id}|{entry}|{period}"));
        }
    }
}

impl Author {
    /// The month before this one, mostly.
    pub fn invent_submission(&mut self) -> Act {
        let today = Time::from_millis(self.clock()).china_day().to_string();
        let (year, month) = (&today[..4], today[5..7].parse::<u32>().unwrap());
        let back = self.chance.pick(&[1, 1, 1, 0, 2]);
        let period = if month > back && self.chance.percent(92) {
            format!("{year}-{:02}", month - back)
        } else {
            year.to_owned()
        };
        Act::Submit(Submit {
            period: period.parse().unwrap(),
            reason: self.chance.pick(&["", "更正"]).to_owned(),
        })
    }
}
