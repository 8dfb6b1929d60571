//! The demo county (演示县): a year of the institutions of a city like 四平 and of the bureaus above them.
//!
//! All live by one clock, which moves on when everybody has done what there is to do at a moment. So the same
//! seed tells the same story, entry by entry, but for what is drawn at random in real life: salts, one-time
//! codes, the numbers and nonces of signing requests, and what follows of these (hashes, signatures).

mod acts;
mod desk;
mod events;
mod site;

use super::{
    DemoError, StoryClock,
    chance::Chance,
    hospital::{Hospital, House, table},
    lot::DAY_SECONDS,
    tables::{county_institutions, county_persons, county_places, products},
};
use crate::{
    app::{App, AppError},
    domain::{
        ids::{InstitutionId, PermitId},
        month::Month,
        submission::Period,
        time::Time,
    },
    store::StoreError,
};
use events::Differs;
use site::{Bottle, Site, all};

/// How long people of the story stay signed in, seconds: every session costs an argon2.
const SIGNED_IN: i64 = 91 * DAY_SECONDS;
/// Between two moments of a working day, minutes.
const MOMENT_MINUTES: i64 = 40;

/// How much of the county there is, and for how long.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Only these institutions.
    only: Option<&'static [&'static str]>,
    /// How many times as much stands there and is done as in an ordinary county.
    times: u32,
    weeks: i64,
    /// Working days of a week.
    days: i64,
    /// Moments of a working day.
    moments: i64,
}

impl Extent {
    /// The county for a year, with so many times as much in it.
    #[must_use]
    pub const fn county(times: u32) -> Self {
        Self {
            only: None,
            times,
            weeks: 52,
            days: 5,
            moments: 12,
        }
    }

    /// Six institutions, for twenty weeks in which hardly anything happens: everything that happens in a
    /// county happens there once.
    #[must_use]
    pub const fn sample() -> Self {
        Self {
            only: Some(&[
                "city-bureau",
                "tiexi-bureau",
                "hospital-1",
                "hospital-2",
                "cdc-1",
                "township-1",
            ]),
            times: 1,
            weeks: 20,
            days: 1,
            moments: 2,
        }
    }

    /// Its clock, before the story begins.
    #[must_use]
    pub fn clock(&self, now: Time) -> StoryClock {
        StoryClock::weeks_before(now, self.weeks)
    }
}

/// Something that somebody has to do on a day to come.
enum Duty {
    /// A controlled product comes, on its permit.
    Receive(usize, PermitId),
    /// A period is submitted, for a reason if again.
    Submit(Period, &'static str),
}

/// A submission that a bureau has not looked at.
struct Waiting {
    day: i64,
    site: usize,
    period: Period,
    entry: String,
    accepted: bool,
}

/// A consignment on the road.
struct Sent {
    from: usize,
    to: usize,
    entry: String,
    bottle: Bottle,
}

struct County<'a> {
    app: &'a App,
    clock: StoryClock,
    extent: Extent,
    begin: Time,
    chance: Chance,
    bureaus: Vec<Site<'a>>,
    sites: Vec<Site<'a>>,
    waiting: Vec<Waiting>,
    road: Vec<Sent>,
}

/// Tells the story.
pub(super) async fn tell(
    app: &App,
    clock: &StoryClock,
    extent: &Extent,
    seed: u64,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<(), DemoError> {
    let mut county = County::found(app, clock, extent, seed).await?;
    let weeks = extent.weeks;
    let mut month = Month::of(clock.now());
    for week in 0..weeks {
        for day in 0..extent.days {
            let today = week * 7 + day;
            county.clock.pass_until(county.at(today, 0));
            county.morning(today).await?;
            if day == 0 {
                county.week(week).await?;
            }
            let this = Month::of(county.clock.now());
            if this != month {
                county.month_is_over(Period::Month(month), today);
                month = this;
            }
            for moment in 0..extent.moments {
                county.clock.pass_until(county.at(today, moment + 1));
                let tick = today * extent.moments + moment;
                all(county.sites.iter_mut().map(|site| site.work(tick))).await?;
            }
        }
        progress(week.unsigned_abs() + 1, weeks.unsigned_abs());
    }
    // What is sent on the last day is expected on the next, and nobody has accepted it.
    if let Some(first) = county.bureaus.first_mut() {
        first.hospital.appoint_auditor().await?;
    }
    apart(|| app.close_months())?;
    Ok(())
}

impl<'a> County<'a> {
    /// Founds everybody in turn, then staffs and fits out all at the same time.
    async fn found(
        app: &'a App,
        clock: &StoryClock,
        extent: &Extent,
        seed: u64,
    ) -> Result<Self, DemoError> {
        let mut chance = Chance::of(seed);
        let (persons, places, products) = (county_persons()?, county_places()?, products()?);
        let mut opening = Vec::new();
        for row in county_institutions()? {
            let is_there = |only: &[&str]| only.contains(&row.key.as_str());
            if !extent.only.is_none_or(is_there) {
                continue;
            }
            let of = |layout: &Option<String>| layout.as_deref() == Some(&row.layout);
            let mut own = places.clone();
            own.retain(|place| of(&place.layout));
            for place in own.iter_mut().filter(|place| place.parent.is_none()) {
                (place.longitude, place.latitude) = (row.longitude, row.latitude);
            }
            let mut kept = products.clone();
            kept.retain(|product| own.iter().any(|place| place.key == product.place));
            let (acts, times) = match row.layout.as_str() {
                "hospital" => (3, 2),
                "cdc" => (2, 3),
                _ => (1, 1),
            };
            let mut persons = persons.clone();
            persons.retain(|person| person.institution.as_ref() == Some(&row.key));
            let house = House {
                name: row.name,
                uscc: row.uscc,
                region: row.region.clone(),
                kind: row.kind,
                persons,
                places: own,
                products: kept,
            };
            let found = Hospital::found(app, clock.standing(), &house, SIGNED_IN);
            let (hospital, codes) = found.await?;
            let site = Site {
                hospital,
                region: row.region,
                chance: Chance::of(chance.between(0, i64::MAX).unsigned_abs()),
                bottles: Vec::new(),
                due: Vec::new(),
                signed_out: Vec::new(),
                wasted: Vec::new(),
                yesterday: None,
                acts: acts * extent.times,
                times: times * extent.times,
                duties: Vec::new(),
            };
            opening.push((site, house, codes, row.layout == "bureau"));
        }
        let opened = opening
            .into_iter()
            .map(|(mut site, house, codes, is_bureau)| async move {
                site.hospital.open(house, codes).await?;
                if !is_bureau {
                    site.open().await?;
                    site.permits().await?;
                }
                Ok((site, is_bureau))
            });
        let opened = all(opened).await?;
        let (bureaus, sites): (Vec<_>, Vec<_>) =
            opened.into_iter().partition(|(_, is_bureau)| *is_bureau);
        Ok(Self {
            app,
            clock: clock.clone(),
            extent: extent.clone(),
            begin: clock.now(),
            chance,
            bureaus: bureaus.into_iter().map(|(site, _)| site).collect(),
            sites: sites.into_iter().map(|(site, _)| site).collect(),
            waiting: Vec::new(),
            road: Vec::new(),
        })
    }

    /// A moment of a day.
    fn at(&self, day: i64, moment: i64) -> Time {
        let seconds = day * DAY_SECONDS + moment * MOMENT_MINUTES * 60;
        self.begin.plus_seconds(seconds)
    }

    fn id(&self, site: usize) -> Option<InstitutionId> {
        Some(self.sites.get(site)?.hospital.institution)
    }

    /// A month is over: everybody submits it in the first days of the next one, but for some.
    fn month_is_over(&mut self, period: Period, today: i64) {
        for site in &mut self.sites {
            let die = site.chance.between(1, 30);
            let after = match die {
                1 => continue,
                2 | 3 => 14,
                _ => site.chance.between(0, 3),
            };
            site.duties.push((today + after, Duty::Submit(period, "")));
        }
    }

    /// What was left for this day: deliveries under two signatures, submissions, reviews, arrivals.
    async fn morning(&mut self, today: i64) -> Result<(), DemoError> {
        let each = self.sites.iter_mut().map(|site| async move {
            let mut submitted = Vec::new();
            for duty in site.due_on(today) {
                match duty {
                    Duty::Receive(product, permit) => {
                        site.receive_controlled(product, permit).await?;
                    }
                    Duty::Submit(period, reason) => {
                        let entry = site.submit(period, reason).await?;
                        // The second time it is accepted.
                        let accepted = !reason.is_empty() || site.chance.between(1, 12) > 1;
                        submitted.push((period, entry, accepted));
                    }
                }
            }
            Ok(submitted)
        });
        for (site, submitted) in all(each).await?.into_iter().enumerate() {
            for (period, entry, accepted) in submitted {
                self.waiting.push(Waiting {
                    day: today + 2,
                    site,
                    period,
                    entry,
                    accepted,
                });
            }
        }
        for sent in std::mem::take(&mut self.road) {
            apart(|| self.app.deliver())?;
            let from = self.id(sent.from).ok_or_else(|| table("nobody sent it"))?;
            let is_short = self.chance.between(1, 6) == 1;
            if let Some(to) = self.sites.get_mut(sent.to) {
                to.accept(from, &sent.entry, &sent.bottle, is_short).await?;
            }
            apart(|| self.app.deliver())?;
        }
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.day <= today);
        self.waiting = later;
        for one in now {
            let Some(site) = self.sites.get_mut(one.site) else {
                continue;
            };
            let bureau = self
                .bureaus
                .iter_mut()
                .find(|bureau| bureau.region == site.region);
            if let Some(bureau) = bureau {
                let what = (one.period, one.entry.as_str());
                bureau
                    .review(site.hospital.institution, what, one.accepted)
                    .await?;
            }
            if !one.accepted {
                let again = Duty::Submit(one.period, "已核对并更正");
                site.duties.push((today + 2, again));
            }
        }
        Ok(())
    }

    /// What happens once a week or less often.
    async fn week(&mut self, week: i64) -> Result<(), DemoError> {
        let weeks = self.extent.weeks;
        let each = self
            .sites
            .iter_mut()
            .zip(0..)
            .map(|(site, nth)| async move {
                // In the first week there is nothing to be late with.
                if site.chance.between(1, 8) == 1 && week > 0 {
                    site.mishap().await?;
                }
                site.replenish().await?;
                site.controlled().await?;
                // Everybody in a week of their own.
                let turn = week + nth;
                if turn % 4 == 0 {
                    site.discard().await?;
                    site.split(week).await?;
                }
                if turn % 2 == 0 {
                    let rooms = rooms_without_keeper(site);
                    site.supply(&rooms).await?;
                }
                if turn % 12 == 11 {
                    site.dispose().await?;
                }
                if turn % 13 == 5 {
                    site.purchase(week).await?;
                }
                if turn % 26 == 9 {
                    let differs = match site.chance.between(0, 1) {
                        0 => Differs::Nothing,
                        _ => Differs::Missing,
                    };
                    site.stocktake("sterile", differs).await?;
                }
                if nth == 1 && week == weeks * 3 / 4 {
                    site.stocktake("store", Differs::Short).await?;
                }
                Ok(())
            });
        all(each).await?;
        if week % 2 == 1 || week == weeks - 1 {
            self.send(week == weeks - 1).await?;
        }
        Ok(())
    }

    /// One institution helps another out; nobody waits for what is sent last.
    async fn send(&mut self, is_last: bool) -> Result<(), DemoError> {
        let last = i64::try_from(self.sites.len()).unwrap_or(i64::MAX) - 1;
        let from = usize::try_from(self.chance.between(0, last)).unwrap_or(0);
        let step = usize::try_from(self.chance.between(1, last)).unwrap_or(1);
        let to = (from + step) % self.sites.len();
        let (Some(receiver), Some(sender)) = (self.id(to), self.sites.get_mut(from)) else {
            return Ok(());
        };
        let Some(bottle) = sender.spare() else {
            return Ok(());
        };
        let entry = sender.send(&bottle, receiver).await?;
        apart(|| self.app.deliver())?;
        if !is_last {
            self.road.push(Sent {
                from,
                to,
                entry,
                bottle,
            });
        }
        Ok(())
    }
}

/// What waits for the writer must not do so on the thread of the story.
fn apart<T: Send>(work: impl FnOnce() -> Result<T, AppError> + Send) -> Result<T, DemoError> {
    let done = std::thread::scope(|scope| scope.spawn(work).join());
    Ok(done.unwrap_or(Err(AppError::Failed(StoreError::Stopped)))?)
}

/// Rooms where people are treated: nobody keeps anything there.
fn rooms_without_keeper(site: &Site<'_>) -> Vec<String> {
    let rooms = site.hospital.rooms.iter();
    let free = rooms.filter(|room| site.hospital.keepers(room).is_empty());
    free.cloned().collect()
}
