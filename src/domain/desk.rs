//! What lies on the desk: sessions, attempts, one-time codes, requests waiting for signatures.
//!
//! None of it is stock or right; it is written by the same writer in the same transaction, leaves
//! its line in the audit log, and may be changed and forgotten.

use super::{
    facts::Table,
    ids::{ImportId, PersonId, RequestId, Serial},
    opening::Import,
    request::{Reservation, SigningRequest},
    time::Time,
};

/// A signed-in session. It never signs anything: signing needs the secret each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub person: PersonId,
    /// When it began.
    pub created_at: Time,
    /// When it ends at the latest.
    pub expires_at: Time,
    /// Signed out or revoked.
    pub revoked: bool,
    /// SHA-256 of the refresh code in force.
    pub refresh_digest: Vec<u8>,
    /// From which workstation.
    pub terminal: String,
}

/// A stored secret: Argon2id in PHC text, keyed also with a secret outside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// The version that the ledger knows.
    pub version: u32,
    /// The PHC text.
    pub phc: String,
}

/// A code that lets its owner set a secret, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeCode {
    /// Keyed digest of the code, bound to whom it was given.
    pub digest: Vec<u8>,
    /// Until when.
    pub expires_at: Time,
    /// Used or replaced.
    pub used: bool,
}

/// Seconds that a one-time code lives: 7 days.
const CODE_LIFE_SECONDS: i64 = 7 * 24 * 3600;

impl OneTimeCode {
    /// A code handed out now; the one before it is of no use any more.
    #[must_use]
    pub fn fresh(digest: &[u8], now: Time) -> Self {
        Self {
            digest: digest.to_vec(),
            expires_at: now.plus_seconds(CODE_LIFE_SECONDS),
            used: false,
        }
    }
}

/// Whose wrong tries are counted, and where: somebody who claims to be a person, at one workstation.
/// An unknown name has a subject too, so that it locks like a known one and cannot be told from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claimant {
    /// The person's number, or a negative number made from an unknown name.
    pub subject: i64,
    /// A number made from the workstation.
    pub terminal: i64,
}

/// Wrong secrets of a claimant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong tries since the last right one.
    pub failures: i64,
    /// Locked until then.
    pub locked_until: Option<Time>,
}

/// Wrong secrets of a subject, wherever they were typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongTries {
    /// When the counting began; it begins anew after a day.
    pub since: Time,
    /// How many since then.
    pub count: i64,
    /// Whether the alarm was raised for them.
    pub alerted: bool,
}

/// 128 random bits that name a session.
pub type SessionId = u128;

/// The desk of an institution, as far as loaded.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Sessions.
    pub sessions: Table<SessionId, Session>,
    /// Secrets.
    pub secrets: Table<PersonId, StoredSecret>,
    /// One-time codes.
    pub codes: Table<PersonId, OneTimeCode>,
    /// Signing requests.
    pub requests: Table<RequestId, SigningRequest>,
    /// What they hold back.
    pub reservations: Table<(RequestId, Serial), Reservation>,
    /// Attempts.
    pub attempts: Table<Claimant, Attempts>,
    /// Wrong secrets by [`Claimant::subject`].
    pub wrong_tries: Table<i64, WrongTries>,
    /// Imports.
    pub imports: Table<ImportId, Import>,
    /// Their parts, as JSON; kept, never loaded by a writer.
    pub import_parts: Table<(ImportId, u32), String>,
}

/// A change of the desk that a decision asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskChange {
    /// A session begins or changes.
    Session(SessionId, Session),
    /// A secret is set.
    Secret(PersonId, StoredSecret),
    /// A code is handed out or used.
    Code(PersonId, OneTimeCode),
    /// A try is counted or forgiven.
    Attempts(Claimant, Attempts),
    /// A request is made or moves on.
    Request(RequestId, SigningRequest),
    /// Something is held back or let go.
    Reservation(RequestId, Serial, Reservation),
    /// A wrong secret is counted for the day.
    WrongTries(i64, WrongTries),
    /// An import is proposed or moves on.
    Import(ImportId, Import),
    /// A part of a proposed import is kept.
    ImportPart(ImportId, u32, String),
}

impl Desk {
    /// Puts a change in place.
    pub fn apply(&mut self, change: DeskChange) {
        match change {
            DeskChange::Session(id, session) => self.sessions.put(id, session),
            DeskChange::Secret(person, secret) => self.secrets.put(person, secret),
            DeskChange::Code(person, code) => self.codes.put(person, code),
            DeskChange::Attempts(claimant, attempts) => self.attempts.put(claimant, attempts),
            DeskChange::Request(id, request) => self.requests.put(id, request),
            DeskChange::Reservation(request, serial, held) => {
                self.reservations.put((request, serial), held);
            }
            DeskChange::WrongTries(subject, tries) => self.wrong_tries.put(subject, tries),
            DeskChange::Import(id, import) => self.imports.put(id, import),
            DeskChange::ImportPart(id, part, body) => self.import_parts.put((id, part), body),
        }
    }
}
