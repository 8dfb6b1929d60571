//! 全辖区管理使用一张表: the tables of all institutions of a bureau's region for one period, one after the
//! other, so that no more than one of them is in memory.

use serde::Serialize;

use super::{
    Page, Query, Scope,
    counts::AsOf,
    county::{County, CountyOf, Site, within},
    lists::{Paged, Stamp, days},
    usage_table::{LineKey, UsageLine, UsageTable},
};
use crate::{
    domain::{
        ids::{IdError, InstitutionId},
        refusal::Refusal,
        time::{Time, When},
    },
    store::{StoreError, conn::Db},
};
use std::{fmt, str::FromStr};

/// Asks for part of the table of a region.
#[derive(Clone, Debug)]
pub struct CountyUsage {
    /// Which region; its moment is the end of the period.
    pub of: CountyOf,
    /// The period, and what is told of each institution.
    pub table: UsageTable,
    /// Only behind this line.
    pub after: Option<CountyLineKey>,
    /// Most lines.
    pub limit: usize,
}

/// Where a line stands: institution by institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountyLineKey(InstitutionId, LineKey);

/// What stands between an institution and the line in its table.
const OF: char = '.';

impl fmt::Display for CountyLineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{OF}{}", self.0, self.1)
    }
}

impl FromStr for CountyLineKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (institution, line) = text.split_once(OF).unwrap_or((text, ""));
        Ok(Self(institution.parse()?, line.parse()?))
    }
}

/// A line of an institution.
#[derive(Clone, Debug, Serialize)]
pub struct CountyUsageLine {
    /// Whose.
    pub institution: InstitutionId,
    /// Its full name.
    pub institution_name: String,
    /// The line.
    #[serde(flatten)]
    pub line: UsageLine,
}

/// Part of the table of a region.
#[derive(Clone, Debug)]
pub struct CountyTable {
    /// The lines.
    pub page: Page<CountyUsageLine>,
    /// The institutions with their ledgers at the end of the period.
    pub county: County,
    /// Where the period begins.
    pub from: Time,
    /// The first moment behind it.
    pub to: Option<Time>,
}

impl CountyUsage {
    /// The moment at which a period ends, as moments of the past are asked for: its last millisecond.
    #[must_use]
    pub fn end(to: Option<When>) -> AsOf {
        let last = |to: When| match to {
            When::Day(_) => to,
            When::Moment(moment) => When::Moment(moment.plus_millis(-1)),
        };
        AsOf {
            when: to.map(last),
            size: None,
        }
    }

    /// The table of one institution up to the entries that count.
    #[must_use]
    pub fn of_site(&self, site: &Site) -> UsageTable {
        UsageTable {
            end: Some(site.size()),
            after: None,
            limit: None,
            ..self.table.clone()
        }
    }
}

impl Query for CountyUsage {
    type Answer = Result<CountyTable, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        if let Err(refusal) = self.table.check_period(scope) {
            return Ok(Err(refusal));
        }
        let county = match self.of.resolved(conn, scope)? {
            Ok(county) => county,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut items: Vec<CountyUsageLine> = Vec::new();
        let mut last = None;
        let mut next = None;
        let begin = self.after.map_or(InstitutionId::MIN, |after| after.0);
        let sites = county.sites.iter();
        for site in sites.filter(|site| begin <= site.institution) {
            if items.len() >= self.limit {
                // Whether something comes is only known when it is read: the next page may be empty.
                next = last;
                break;
            }
            let after = self.after.filter(|after| after.0 == site.institution);
            let ask = UsageTable {
                after: after.map(|after| after.1),
                limit: Some(self.limit - items.len()),
                ..self.of_site(site)
            };
            let table = match ask.run(conn, &within(scope, site.institution))? {
                Ok(table) => table,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let more = table.page.next;
            for line in table.page.items {
                last = Some(CountyLineKey(site.institution, line.key()));
                items.push(CountyUsageLine {
                    institution: site.institution,
                    institution_name: site.name.clone(),
                    line,
                });
            }
            if more.is_some() {
                next = last;
                break;
            }
        }
        Ok(Ok(CountyTable {
            page: Page {
                items,
                next: next.map(|key| key.to_string()),
                total: None,
                as_of_seq: None,
            },
            county,
            from: self.table.from.begin(),
            to: self.table.to.map(When::end),
        }))
    }
}

impl Paged for CountyTable {
    type Item = CountyUsageLine;

    fn stamp(&self) -> Option<Stamp> {
        let days = days(self.from, self.to);
        Some(self.county.stamp(&days))
    }

    fn page(self) -> Result<Page<CountyUsageLine>, Refusal> {
        Ok(self.page)
    }
}
