//! Signing in and out, and setting one's secret.
//!
//! Argon2 runs before the writer: a try is counted first, the secret is checked outside, and only
//! then does [`SignIn`] come, which checks again that the secret checked is still the one in force.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    canonical::sha256,
    desk::{
        Attempts, Claimant, DeskChange, OneTimeCode, Session, SessionId, StoredSecret, WrongTries,
    },
    facts::Facts,
    ids::{PersonId, Seq},
    ledger::{Act, AuditLine, AuditOutcome, Credential, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    time::Time,
};

/// Wrong tries before a lock.
const MOST_FAILURES: i64 = 5;
/// Seconds of a lock: 15 min.
const LOCK_SECONDS: i64 = 15 * 60;
/// Wrong secrets of one person within [`DAY_SECONDS`] that raise an alarm.
pub const ALARM_AT: i64 = 20;
const DAY_SECONDS: i64 = 24 * 3600;

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

    fn claimed(&self) -> Option<PersonId> {
        PersonId::try_from(self.claimant.subject).ok()
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

/// Counts a secret that was found wrong, so that many tries at many workstations are noticed.
#[derive(Clone, Debug)]
pub struct CountWrong {
    /// [`Claimant::subject`].
    pub subject: i64,
}

impl Verb for CountWrong {
    fn name(&self) -> &'static str {
        "wrong_secret"
    }

    fn line(&self, _outcome: AuditOutcome, _code: Option<String>, entry: Option<Seq>) -> AuditLine {
        let code = Some(Refusal::SignInRefused {}.code().to_owned());
        AuditLine {
            claimed: self.claimed(),
            ..AuditLine::of(self.name().to_owned(), AuditOutcome::Refused, code, entry)
        }
    }

    fn claimed(&self) -> Option<PersonId> {
        PersonId::try_from(self.subject).ok()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            wrong_tries: BTreeSet::from([self.subject]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let today = facts
            .desk
            .wrong_tries
            .get(self.subject)
            .copied()
            .filter(|tries| cx.now < tries.since.plus_seconds(DAY_SECONDS));
        let mut tries = today.unwrap_or(WrongTries {
            since: cx.now,
            count: 0,
            alerted: false,
        });
        tries.count += 1;
        Ok(Decision {
            draft: None,
            desk: vec![DeskChange::WrongTries(self.subject, tries)],
        })
    }
}

/// Notes in the audit log that somebody's secret was guessed at too often today.
#[derive(Clone, Debug)]
pub struct RaiseAlarm {
    /// [`Claimant::subject`].
    pub subject: i64,
}

impl Verb for RaiseAlarm {
    fn name(&self) -> &'static str {
        "wrong_secret_alarm"
    }

    fn claimed(&self) -> Option<PersonId> {
        PersonId::try_from(self.subject).ok()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            wrong_tries: BTreeSet::from([self.subject]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let tries = facts.desk.wrong_tries.get(self.subject).copied();
        let desk = tries.map(|tries| {
            let alerted = WrongTries {
                alerted: true,
                ..tries
            };
            DeskChange::WrongTries(self.subject, alerted)
        });
        Ok(Decision {
            draft: None,
            desk: desk.into_iter().collect(),
        })
    }
}

/// Forgives the tries of somebody whose secret was just found right, when no session begins.
#[derive(Clone, Debug)]
pub struct Forgive {
    /// Who.
    pub person: PersonId,
    /// Whose tries are forgiven.
    pub claimant: Claimant,
    /// The version of the secret that was checked.
    pub secret_version: u32,
}

impl Verb for Forgive {
    fn name(&self) -> &'static str {
        "prove"
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

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        facts.secret_in_force(self.person, self.secret_version)?;
        Ok(Decision {
            draft: None,
            desk: vec![DeskChange::Attempts(self.claimant, Attempts::default())],
        })
    }
}

impl Facts {
    /// The secret checked is still the one in force, the one whose digest the ledger keeps, and its owner still in office.
    fn secret_in_force(&self, person: PersonId, version: u32) -> Result<(), Refusal> {
        let known = self.register.secrets.get(person);
        let stored = self.desk.secrets.get(person);
        let same = known.zip(stored).is_some_and(|(known, stored)| {
            stored.version == version
                && known.version == version
                && known.digest == sha256(stored.phc.as_bytes()).to_hex()
        });
        if same && self.person(person).is_ok() {
            Ok(())
        } else {
            Err(Refusal::SignInRefused {})
        }
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
        facts.secret_in_force(self.person, self.secret_version)?;
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

/// Goes on with a session: the refresh code is replaced, and a code used twice is refused.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Which.
    pub session: SessionId,
    /// SHA-256 of the code presented.
    pub presented: Vec<u8>,
    /// SHA-256 of the next code.
    pub next: Vec<u8>,
}

impl Verb for Refresh {
    fn name(&self) -> &'static str {
        "refresh"
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

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let session = facts
            .desk
            .sessions
            .get(self.session)
            .filter(|session| !session.revoked && cx.now < session.expires_at)
            .ok_or(Refusal::SessionInvalid {})?;
        if session.refresh_digest != self.presented {
            return Err(Refusal::RefreshReused {});
        }
        let session = Session {
            refresh_digest: self.next.clone(),
            ..session.clone()
        };
        Ok(Decision {
            draft: None,
            desk: vec![DeskChange::Session(self.session, session)],
        })
    }
}

/// Ends a session of one's own.
#[derive(Clone, Debug)]
pub struct SignOut {
    /// Which.
    pub session: SessionId,
    /// Whose it must be.
    pub person: PersonId,
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
            .filter(|session| session.person == self.person && !session.revoked)
            .ok_or(Refusal::SessionUnknown {})?;
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

/// Sets one's own secret through a one-time code; nobody can set another's. Every session of the
/// person ends: whoever knew the old secret is out.
#[derive(Clone, Debug)]
pub struct SetSecret {
    /// Whose.
    pub person: PersonId,
    /// Whose tries are forgiven: those with codes and those with secrets.
    pub claimants: [Claimant; 2],
    /// Keyed digest of the code presented.
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
            attempts: BTreeSet::from(self.claimants),
            sessions_of: BTreeSet::from([self.person]),
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
        facts
            .person(self.person)
            .map_err(|_| Refusal::CodeRefused {})?;
        let version = facts
            .register
            .secrets
            .get(self.person)
            .map_or(0, |known| known.version);
        let version = version.checked_add(1).ok_or(Refusal::Inconsistent {
            what: "versions of a secret",
        })?;
        let mut desk = facts.end_sessions(self.person);
        desk.extend([
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
        ]);
        desk.extend(
            self.claimants
                .map(|claimant| DeskChange::Attempts(claimant, Attempts::default())),
        );
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
