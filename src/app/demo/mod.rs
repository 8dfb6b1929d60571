//! The demo hospital (演示医院), half a year of a hospital's stock, and the demo county (演示县), a year of
//! thirty institutions: made through the same commands, secrets and signatures as real life, on a clock of
//! their own.
//!
//! The origin stands in the entry that founds an institution, so every label and export of it prints 演示 for
//! ever.

mod chance;
mod county;
mod hospital;
mod lot;
mod story;
mod tables;

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{App, AppError, Clock, Settings, StartError, migrate, session::SESSION_SECONDS};
use crate::{
    domain::{ids::InstitutionId, institution::Origin, time::Time},
    store::{Purpose, StoreError, lookups},
};
use chance::Chance;
pub use county::Extent;
use hospital::{Hospital, House};
pub use tables::{
    DemoInstitution, DemoPerson, SignIn, county_institutions, county_persons, county_sign_ins,
    demo_persons,
};

/// Weeks that the story lasts; it ends now.
const WEEKS: i64 = 26;

/// Why there is no demo hospital.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The program could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A command of the story was refused or failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fixture is damaged.
    #[error("a table of the demo hospital cannot be read: {0}")]
    Table(Box<dyn Error + Send + Sync>),
    /// Real data would stand beside made-up data.
    #[error(
        "institution {0} in this database is no demo; --demo fills an empty database only, so give it \
         another one: --data DIR or --database URL"
    )]
    NotEmpty(InstitutionId),
    /// The program was stopped while it made the demo.
    #[error(
        "the demo in this database was not finished, because the program was stopped; \
         remove the database and the data folder and start again"
    )]
    Unfinished,
}

/// What there is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoState {
    /// Nobody has been founded: the demo can be made.
    Empty,
    /// The demo hospital, complete.
    Hospital,
    /// The demo county, complete.
    County,
}

/// What is in the database, looked at without starting anything on it.
///
/// # Errors
/// [`DemoError::NotEmpty`] when there is real data, [`DemoError::Unfinished`].
pub fn demo_state(settings: &Settings) -> Result<DemoState, DemoError> {
    if !settings.database.is_there() {
        return Ok(DemoState::Empty);
    }
    if settings.create {
        migrate(&settings.database, None).map_err(StartError::from)?;
    }
    let connected = settings.database.connect(Purpose::Read);
    let mut conn = connected.map_err(StartError::from)?;
    let institutions = lookups::institutions(&mut conn)?;
    let Some(first) = institutions.first() else {
        return Ok(DemoState::Empty);
    };
    if let Some(live) = institutions.iter().find(|one| one.origin != Origin::Demo) {
        return Err(DemoError::NotEmpty(live.id));
    }
    if story::is_told(&mut conn, first.id)? {
        Ok(if institutions.len() > 1 {
            DemoState::County
        } else {
            DemoState::Hospital
        })
    } else {
        Err(DemoError::Unfinished)
    }
}

/// The time in the story: it stands still until somebody does something.
#[derive(Clone, Debug)]
pub struct StoryClock {
    millis: Arc<AtomicI64>,
    /// It is moved by others.
    stands: bool,
}

impl StoryClock {
    /// Begins half a year before `now`, at eight in the morning in China.
    #[must_use]
    pub fn before(now: Time) -> Self {
        Self::weeks_before(now, WEEKS)
    }

    /// Begins so many weeks before `now`, at eight in the morning in China.
    fn weeks_before(now: Time, weeks: i64) -> Self {
        let today = Time::start_of_china_day(now.china_day());
        let begin = today.plus_seconds((8 - weeks * 7 * 24) * 3600);
        Self {
            millis: Arc::new(AtomicI64::new(begin.millis())),
            stands: false,
        }
    }

    /// The same clock for somebody who does not move it: others do things at the same time.
    fn standing(&self) -> Self {
        Self {
            millis: Arc::clone(&self.millis),
            stands: true,
        }
    }

    /// As the program reads it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.millis);
        Arc::new(move || Time::from_millis(millis.load(Ordering::Relaxed)))
    }

    fn now(&self) -> Time {
        Time::from_millis(self.millis.load(Ordering::Relaxed))
    }

    fn pass_minutes(&self, minutes: i64) {
        if !self.stands {
            let millis = minutes.saturating_mul(60_000);
            self.millis.fetch_add(millis, Ordering::Relaxed);
        }
    }

    /// Goes on to a later moment; never back.
    fn pass_until(&self, moment: Time) {
        self.millis.fetch_max(moment.millis(), Ordering::Relaxed);
    }
}

impl App {
    /// Tells the story of a seed into an empty database, on the clock that this program runs on.
    /// `progress` is told the weeks that have passed, and how many there are.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn tell_demo(
        &self,
        clock: &StoryClock,
        seed: u64,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<(), DemoError> {
        let house = House::hospital()?;
        let found = Hospital::found(self, clock.clone(), &house, SESSION_SECONDS);
        let (mut hospital, codes) = found.await?;
        hospital.open(house, codes).await?;
        story::tell(hospital, Chance::of(seed), progress).await
    }

    /// Tells the story of a county of a seed in the same way.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn tell_county(
        &self,
        clock: &StoryClock,
        extent: &Extent,
        seed: u64,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<(), DemoError> {
        county::tell(self, clock, extent, seed, progress).await
    }
}
