//! Token buckets: how fast one source may sign in, and how fast it may fill the audit log.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DashMapStateStore,
};

use super::problem::Problem;
use crate::{
    app::{App, Principal},
    domain::ids::{InstitutionId, PersonId},
};

/// Tries to sign in from one address at once; a whole hospital may stand behind one.
const SIGN_INS: u32 = 120;
/// Tries a minute after that.
const SIGN_INS_A_MINUTE: u32 = 60;
/// Denials of one source that are written at once.
const DENIALS: u32 = 60;
/// Denials written a minute after that; the others are counted.
const DENIALS_A_MINUTE: u32 = 6;
/// Sources remembered before those that have been quiet are forgotten.
const MOST_SOURCES: usize = 10_000;

/// Where a request comes from: the address, and the person if known.
pub type Source = (String, Option<(InstitutionId, PersonId)>);

/// The clock of the program, for the buckets.
struct Ticking(Arc<App>);

impl Clock for Ticking {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let millis = u64::try_from(self.0.now().millis()).unwrap_or(0);
        Duration::from_millis(millis).into()
    }
}

impl Clone for Ticking {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

type Buckets<K> = RateLimiter<K, DashMapStateStore<K>, Ticking, NoOpMiddleware<Nanos>>;

/// The buckets of a server.
pub struct Limits {
    clock: Ticking,
    sign_ins: Buckets<String>,
    denials: Buckets<Source>,
    left_out: Mutex<HashMap<Source, u64>>,
}

impl Limits {
    /// Full buckets.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        let clock = Ticking(Arc::clone(app));
        let quota = |a_minute: u32, at_once: u32| {
            Quota::per_minute(NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN))
                .allow_burst(NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN))
        };
        Self {
            sign_ins: RateLimiter::new(
                quota(SIGN_INS_A_MINUTE, SIGN_INS),
                DashMapStateStore::default(),
                clock.clone(),
            ),
            denials: RateLimiter::new(
                quota(DENIALS_A_MINUTE, DENIALS),
                DashMapStateStore::default(),
                clock.clone(),
            ),
            clock,
            left_out: Mutex::default(),
        }
    }

    /// Takes one try to sign in from an address.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub fn sign_in(&self, address: &str) -> Result<(), Problem> {
        if self.sign_ins.len() > MOST_SOURCES {
            self.sign_ins.retain_recent();
        }
        self.sign_ins
            .check_key(&address.to_owned())
            .map_err(|until| Problem::TooManyRequests {
                retry_after: until.wait_time_from(self.clock.now()).as_secs() + 1,
            })
    }

    /// Whether a denial of this source is written now, and how many were left out before it.
    pub fn denial(&self, source: &Source) -> Option<u64> {
        if self.denials.len() > MOST_SOURCES {
            self.denials.retain_recent();
        }
        // Held over the check, so that a count taken is exactly what was left out before it.
        let mut left_out = self.left_out();
        if self.denials.check_key(source).is_ok() {
            return Some(left_out.remove(source).unwrap_or(0));
        }
        *left_out.entry(source.clone()).or_default() += 1;
        None
    }

    /// Gives a count back that could not be written.
    pub fn give_back(&self, source: Source, count: u64) {
        *self.left_out().entry(source).or_default() += count;
    }

    fn left_out(&self) -> MutexGuard<'_, HashMap<Source, u64>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The source of a request.
#[must_use]
pub fn source(address: &str, who: Option<&Principal>) -> Source {
    let person = who.map(|who| (who.institution, who.person));
    (address.to_owned(), person)
}
