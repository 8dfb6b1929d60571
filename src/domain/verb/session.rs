//! Signing in and out, and setting one's secret.
//!
//! Argon2 runs before the writer: a try is counted first, the secret is checked outside, and only
//! then does [`SignIn`] come, which checks again that the secret checked is still the one in force.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    desk::{Attempts, Claimant, DeskChange, OneTimeCode, Session, SessionId, StoredSecret},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Credential, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    time::Time,
};

/// Wrong tries before a lock.
const MOST_FAILURES: i64 = 5;
/// Seconds of a lock: 15 min.
const LOCK_SECONDS: i64 = 15 * 60;

/// Counts a try before the secret is looked at, and refuses while locked: however many requests run
/// at once, no more than five guesses are ever made.
#[derive(Clone, Debug)]
pub struct CountAttempt {
    /// Who claims to be whom, and where.
    pub claimant: Claimant,
}

impl Verb for CountAttempt {
    fn name(&self) -> &'static str {
        "attempt"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            attempts: BTreeSet::from([self.claimant]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let mut attempts = facts
            .desk
            .attempts
            .get(self.claimant)
            .copied()
            .unwrap_or_default();
        if let Some(until) = attempts.locked_until {
            if cx.now < until {
                return Err(Refusal::Locked { until });
            }
            attempts = Attempts::default();
        }
        attempts.failures += 1;
        if attempts.failures >= MOST_FAILURES {
            attempts.locked_until = Some(cx.now.plus_seconds(LOCK_SECONDS));
        }
        let desk = vec![DeskChange::Attempts(self.claimant, attempts)];
        Ok(Decision { draft: None, desk })
    }
}

/// Forgives a claimant's tries after a right secret.
#[derive(Clone, Debug)]
pub struct ForgiveAttempts {
    /// Whose.
    pub claimant: Claimant,
}

impl Verb for ForgiveAttempts {
    fn name(&self) -> &'static str {
        "proof"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            attempts: BTreeSet::from([self.claimant]),
            ..Needs::default()
        }
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let desk = vec![DeskChange::Attempts(self.claimant, Attempts::default())];
        Ok(Decision { draft: None, desk })
    }
}

/// Begins a session for a person whose secret was just found right.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Who.
    pub person: PersonId,
    /// Whose tries are forgiven.
    pub claimant: Claimant,
    /// The version of the secret that was checked.
    pub secret_version: u32,
    /// The new session.
    pub session: SessionId,
    /// SHA-256 of its refresh code.
    pub refresh_digest: Vec<u8>,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// The workstation.
    pub terminal: String,
}

impl Verb for SignIn {
    fn name(&self) -> &'static str {
        "sign_in"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            secrets: BTreeSet::from([self.person]),
            attempts: BTreeSet::from([self.claimant]),
            sessions: BTreeSet::from([self.session]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let secret = facts
            .desk
            .secrets
            .get(self.person)
            .ok_or(Refusal::SignInRefused {})?;
        if secret.version != self.secret_version {
            return Err(Refusal::SignInRefused {});
        }
        let session = Session {
            person: self.person,
            created_at: cx.now,
            expires_at: self.expires_at,
            revoked: false,
            refresh_digest: self.refresh_digest.clone(),
            terminal: self.terminal.clone(),
        };
        let desk = vec![
            DeskChange::Attempts(self.claimant, Attempts::default()),
            DeskChange::Session(self.session, session),
        ];
        Ok(Decision { draft: None, desk })
    }
}

/// Ends a session.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// Which.
    pub session: SessionId,
}

impl Verb for SignOut {
    fn name(&self) -> &'static str {
        "sign_out"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            sessions: BTreeSet::from([self.session]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let session = facts
            .desk
            .sessions
            .get(self.session)
            .ok_or(Refusal::SessionInvalid {})?;
        let desk = vec![DeskChange::Session(
            self.session,
            Session {
                revoked: true,
                ..session.clone()
            },
        )];
        Ok(Decision { draft: None, desk })
    }
}

/// Sets one's own secret through a one-time code; nobody can set another's.
#[derive(Clone, Debug)]
pub struct SetSecret {
    /// Whose.
    pub person: PersonId,
    /// Whose tries are forgiven.
    pub claimant: Claimant,
    /// SHA-256 of the code presented.
    pub code_digest: Vec<u8>,
    /// The new secret, hashed.
    pub phc: String,
    /// SHA-256 of `phc`, hex: what the ledger keeps.
    pub digest: String,
}

impl Verb for SetSecret {
    fn name(&self) -> &'static str {
        Kind::Secret.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            secrets: BTreeSet::from([self.person]),
            attempts: BTreeSet::from([self.claimant]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let code = facts
            .desk
            .codes
            .get(self.person)
            .ok_or(Refusal::CodeRefused {})?;
        if code.used || cx.now >= code.expires_at || code.digest != self.code_digest {
            return Err(Refusal::CodeRefused {});
        }
        facts.person(self.person)?;
        let version = facts
            .register
            .secrets
            .get(self.person)
            .map_or(0, |known| known.version);
        let version = version.checked_add(1).ok_or(Refusal::Inconsistent {
            what: "versions of a secret",
        })?;
        let desk = vec![
            DeskChange::Code(
                self.person,
                OneTimeCode {
                    used: true,
                    ..code.clone()
                },
            ),
            DeskChange::Secret(
                self.person,
                StoredSecret {
                    version,
                    phc: self.phc.clone(),
                },
            ),
            DeskChange::Attempts(self.claimant, Attempts::default()),
        ];
        let act = Act::Secret(Credential {
            person: self.person,
            version,
            digest: self.digest.clone(),
        });
        Ok(Decision {
            draft: Some(Draft::of(act)),
            desk,
        })
    }
}
