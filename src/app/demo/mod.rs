//! The demo hospital (演示医院): half a year of a hospital's stock, made through the same commands,
//! secrets and signatures as real life, on a clock of its own.
//!
//! Its origin stands in the entry that founds it, so every label and export of it prints 演示 for ever.

mod chance;
mod hospital;
mod story;
mod tables;

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use super::{App, AppError, Clock, Settings, StartError, migrate};
use crate::{
    domain::{ids::InstitutionId, institution::Origin, time::Time},
    store::{Purpose, StoreError, lookups},
};
use chance::Chance;
use hospital::Hospital;
pub use tables::{DemoPerson, demo_persons};

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
        "the demo hospital in this database was not finished, because the program was stopped; \
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
    There,
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
        Ok(DemoState::There)
    } else {
        Err(DemoError::Unfinished)
    }
}

/// The time in the story: it stands still until somebody does something.
#[derive(Clone, Debug)]
pub struct StoryClock(Arc<AtomicI64>);

impl StoryClock {
    /// Begins half a year before `now`, at eight in the morning in China.
    #[must_use]
    pub fn before(now: Time) -> Self {
        let today = Time::start_of_china_day(now.china_day());
        let begin = today.plus_seconds((8 - WEEKS * 7 * 24) * 3600);
        Self(Arc::new(AtomicI64::new(begin.millis())))
    }

    /// As the program reads it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.0);
        Arc::new(move || Time::from_millis(millis.load(Ordering::Relaxed)))
    }

    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn pass_minutes(&self, minutes: i64) {
        self.0
            .fetch_add(minutes.saturating_mul(60_000), Ordering::Relaxed);
    }

    /// Goes on to a later moment; never back.
    fn pass_until(&self, moment: Time) {
        self.0.fetch_max(moment.millis(), Ordering::Relaxed);
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
        let hospital = Hospital::open(self, clock.clone()).await?;
        story::tell(hospital, Chance::of(seed), progress).await
    }
}
