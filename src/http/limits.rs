//! Token buckets: how fast one source may sign in, and how fast it may fill the audit log.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    NotUntil, Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DashMapStateStore,
};

use super::problem::Problem;
use crate::{
    app::{App, Principal, Source},
    domain::ids::{InstitutionId, PersonId},
};

/// Tries to sign in from one address at once; a whole hospital may stand behind one.
const SIGN_INS: u32 = 120;
/// Tries a minute after that.
const SIGN_INS_A_MINUTE: u32 = 60;
/// Secrets that one person may have checked at once, their own and those of who sign with them.
const SIGNATURES: u32 = 60;
/// Such secrets a minute after that.
const SIGNATURES_A_MINUTE: u32 = 30;
/// Denials of one source that are written at once.
const DENIALS: u32 = 60;
/// Denials written a minute after that; the others are counted.
const DENIALS_A_MINUTE: u32 = 6;
/// Sources remembered before those that have been quiet are forgotten.
const MOST_SOURCES: usize = 10_000;

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
    signatures: Buckets<(InstitutionId, PersonId)>,
    denials: Buckets<Source>,
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
            signatures: RateLimiter::new(
                quota(SIGNATURES_A_MINUTE, SIGNATURES),
                DashMapStateStore::default(),
                clock.clone(),
            ),
            denials: RateLimiter::new(
                quota(DENIALS_A_MINUTE, DENIALS),
                DashMapStateStore::default(),
                clock.clone(),
            ),
            clock,
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
        let taken = self.sign_ins.check_key(&address.to_owned());
        taken.map_err(|until| self.full(&until))
    }

    /// Takes one secret that somebody who is signed in has checked, to sign with.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub fn signature(&self, who: &Principal) -> Result<(), Problem> {
        if self.signatures.len() > MOST_SOURCES {
            self.signatures.retain_recent();
        }
        let taken = self.signatures.check_key(&(who.institution, who.person));
        taken.map_err(|until| self.full(&until))
    }

    fn full(&self, until: &NotUntil<Nanos>) -> Problem {
        Problem::TooManyRequests {
            retry_after: until.wait_time_from(self.clock.now()).as_secs() + 1,
        }
    }

    /// Whether a denial of this source is written now.
    #[must_use]
    pub fn denial(&self, source: &Source) -> bool {
        if self.denials.len() > MOST_SOURCES {
            self.denials.retain_recent();
        }
        self.denials.check_key(source).is_ok()
    }
}
