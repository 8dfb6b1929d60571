//! Signing in and out, and setting a secret: argon2 happens here, before the writer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
};

use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::{App, AppError, Principal, denial::mark_written};
use crate::{
    auth::{secret, token::LIFE_SECONDS},
    domain::{
        desk::{Claimant, Session, SessionId},
        ids::{InstitutionId, PersonId},
        ledger::Actor,
        merkle::Hash,
        people::{Person, Tenure, TenureKey},
        refusal::Refusal,
        verb::{
            ALARM_AT, CountAttempt, CountWrong, Forgive, RaiseAlarm, Refresh, Second, SetSecret,
            SignIn, SignOut, Verb,
        },
    },
    store::{StoreError, conn::Db, lookups, writer::Command},
};

/// Seconds that a session lives at most: 12 h (NIST SP 800-63B AAL2).
pub(super) const SESSION_SECONDS: i64 = 12 * 3600;

/// How somebody says who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// The staff number (工号) as typed.
    StaffNumber(String),
    /// The badge (胸牌) as scanned.
    Badge(String),
}

/// Somebody whose secret was just found right.
struct Proven {
    person: PersonId,
    secret_version: u32,
    claimant: Claimant,
    actor: Actor,
    /// Until the try is forgiven.
    _turn: Turn,
}

/// Held while somebody's secret is checked at a workstation.
pub(super) type Turn = OwnedMutexGuard<()>;

/// Those who wait for one turn; gone with the last of them.
type Queue = Weak<tokio::sync::Mutex<()>>;

/// Whose secrets are being checked, and where. A try counts until it is found right, so the next waits
/// for it: five right ones at once would lock their owner out.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<(InstitutionId, Claimant), Queue>>);

impl Turns {
    async fn take(&self, whose: (InstitutionId, Claimant)) -> Turn {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let taken = turns.get(&whose).and_then(Weak::upgrade);
            let turn = taken.unwrap_or_default();
            turns.insert(whose, Arc::downgrade(&turn));
            turn
        };
        turn.lock_owned().await
    }
}

/// What somebody presents to sign in.
#[derive(Clone)]
pub struct Secrets {
    /// The institution.
    pub institution: InstitutionId,
    /// Who it is said to be.
    pub login: Login,
    /// The secret; never logged.
    pub secret: String,
    /// Who sends it, as far as is known before it is checked: whoever is signed in, or nobody.
    pub asker: Actor,
}

/// A session that began.
#[derive(Clone)]
pub struct SignedIn {
    /// The access token.
    pub token: String,
    /// Seconds that it lives.
    pub expires_in: i64,
    /// The refresh code, for an `HttpOnly` cookie.
    pub refresh: String,
    /// Who.
    pub principal: Principal,
}

/// Random bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(bytes)
}

pub(super) fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// A person as the register had it after one of its entries.
struct Known {
    /// The last entry that had changed the register.
    register_seq: i64,
    person: Person,
    tenures: Vec<(TenureKey, Tenure)>,
}

/// Copies of persons who sent requests. Each request asks for its session and whether the register
/// still stands where the copy was made, in one read: a revoked session or a changed role counts from
/// the next request on, and nothing else has to be read.
#[derive(Default)]
pub(super) struct KnownPersons(RwLock<HashMap<(InstitutionId, PersonId), Arc<Known>>>);

impl KnownPersons {
    fn of(&self, institution: InstitutionId, person: PersonId) -> Option<Arc<Known>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&(institution, person)).cloned()
    }

    fn keep(&self, institution: InstitutionId, copy: Arc<Known>) {
        let person = copy.person.id;
        if self
            .of(institution, person)
            .is_none_or(|kept| kept.register_seq < copy.register_seq)
        {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.insert((institution, person), copy);
        }
    }
}

/// The session and its person as they are now.
fn read_now(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
    session: SessionId,
) -> Result<Option<(Session, Arc<Known>)>, StoreError> {
    let Some(row) = lookups::session(conn, institution, session)? else {
        return Ok(None);
    };
    // First: what changes after it makes the copy old, never wrong.
    let register_seq = lookups::register_seq(conn, institution)?;
    let tenures = lookups::tenures(conn, institution, person)?;
    let person = lookups::person(conn, institution, person)?;
    Ok(person.map(|person| {
        let known = Known {
            register_seq,
            person,
            tenures,
        };
        (row, Arc::new(known))
    }))
}

impl App {
    pub(super) fn claimant(
        &self,
        person: Option<PersonId>,
        login: &str,
        terminal: &str,
    ) -> Claimant {
        Claimant {
            subject: person.map_or_else(|| -1 - self.number(b"login", login), PersonId::get),
            terminal: self.number(b"terminal", terminal),
        }
    }

    fn number(&self, purpose: &[u8], text: &str) -> i64 {
        let Hash(bytes) = self.keys.keyed(purpose, text.as_bytes());
        bytes
            .first_chunk::<8>()
            .map_or(0, |chunk| i64::from_be_bytes(*chunk) & i64::MAX)
    }

    /// Counts a try, when those before it at the same workstation have come to an end.
    ///
    /// # Errors
    /// [`Refusal::Locked`].
    pub(super) async fn count_try(
        &self,
        institution: InstitutionId,
        asker: Actor,
        claimant: Claimant,
    ) -> Result<Turn, AppError> {
        let turn = self.turns.take((institution, claimant)).await;
        self.desk(institution, asker, Box::new(CountAttempt { claimant }))
            .await?;
        Ok(turn)
    }

    pub(super) async fn desk(
        &self,
        institution: InstitutionId,
        actor: Actor,
        verb: Box<dyn Verb>,
    ) -> Result<(), AppError> {
        let command = Command {
            institution,
            actor,
            request: String::new(),
            key: None,
            verb,
            answer: |_| String::new(),
        };
        self.submit(command).await.map(drop)
    }

    /// Whoever a login stands for, and whose tries are counted.
    pub(super) async fn claimed(
        &self,
        given: &Secrets,
    ) -> Result<(Option<Person>, Claimant), AppError> {
        let institution = given.institution;
        let (typed, login) = match &given.login {
            Login::StaffNumber(number) => (number.clone(), given.login.clone()),
            Login::Badge(code) => (code.clone(), Login::Badge(self.badge_digest(code))),
        };
        let person = self
            .readers
            .point(move |conn| match &login {
                Login::StaffNumber(number) => {
                    lookups::person_by_staff_number(conn, institution, number)
                }
                Login::Badge(digest) => lookups::person_by_badge(conn, institution, digest),
            })
            .await?
            .filter(|person| !person.closed && !person.suspended);
        let claimant = self.claimant(
            person.as_ref().map(|person| person.id),
            &typed,
            given.asker.terminal.as_deref().unwrap_or_default(),
        );
        Ok((person, claimant))
    }

    /// Where tries are counted: in the institution that is named, if there is one; else nobody could
    /// begin logs of institutions that were never founded.
    pub(super) async fn counted_in(
        &self,
        institution: InstitutionId,
    ) -> Result<InstitutionId, AppError> {
        let founded = self
            .readers
            .point(move |conn| lookups::is_founded(conn, institution))
            .await?;
        Ok(if founded {
            institution
        } else {
            InstitutionId::MIN
        })
    }

    /// Who somebody is, proved with the secret. A wrong name and a wrong secret look, last, lock and
    /// are counted the same.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`], [`Refusal::Locked`].
    async fn prove(&self, given: Secrets) -> Result<Proven, AppError> {
        let institution = self.counted_in(given.institution).await?;
        let (person, claimant) = self.claimed(&given).await?;
        let asker = given.asker;
        let turn = self.count_try(institution, asker.clone(), claimant).await?;
        let stored = match person.as_ref().map(|person| person.id) {
            Some(person) => {
                self.readers
                    .point(move |conn| lookups::secret(conn, institution, person))
                    .await?
            }
            None => None,
        };
        let phc = stored.as_ref().map(|stored| stored.phc.clone());
        let pepper = self
            .keys
            .pepper_of(institution, person.as_ref().map(|person| person.id));
        let right = self.secret_matches(given.secret, phc, pepper).await?;
        if let (Some(person), Some(stored), true) = (person, stored, right) {
            return Ok(Proven {
                person: person.id,
                secret_version: stored.version,
                claimant,
                actor: Actor {
                    person: Some(person.id),
                    name: person.name,
                    terminal: asker.terminal,
                },
                _turn: turn,
            });
        }
        self.count_wrong(institution, asker, claimant.subject)
            .await?;
        Err(Refusal::SignInRefused {}.into())
    }

    /// Counts a wrong secret; from the twentieth in a day on, an alarm is raised, once a day.
    pub(super) async fn count_wrong(
        &self,
        institution: InstitutionId,
        actor: Actor,
        subject: i64,
    ) -> Result<(), AppError> {
        self.metrics.wrong_secrets.inc();
        self.desk(institution, actor.clone(), Box::new(CountWrong { subject }))
            .await?;
        mark_written();
        let tries = self
            .readers
            .point(move |conn| lookups::wrong_tries(conn, institution, subject))
            .await?;
        let Some(tries) = tries.filter(|tries| tries.count >= ALARM_AT && !tries.alerted) else {
            return Ok(());
        };
        tracing::warn!(
            %institution,
            subject,
            terminal = actor.terminal,
            wrong_tries = tries.count,
            "secrets are being guessed"
        );
        self.desk(institution, actor, Box::new(RaiseAlarm { subject }))
            .await
    }

    /// A second person, proved with their own secret, for a verb that needs one.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`], [`Refusal::Locked`].
    pub async fn second(&self, given: Secrets) -> Result<Second, AppError> {
        let institution = given.institution;
        let proven = self.prove(given).await?;
        let verb = Forgive {
            person: proven.person,
            claimant: proven.claimant,
            secret_version: proven.secret_version,
        };
        self.desk(institution, proven.actor, Box::new(verb)).await?;
        Ok(Second {
            person: proven.person,
            secret_version: proven.secret_version,
        })
    }

    /// Begins a session.
    ///
    /// # Errors
    /// [`Refusal::SignInRefused`], [`Refusal::Locked`].
    pub async fn sign_in(&self, given: Secrets) -> Result<SignedIn, AppError> {
        let institution = given.institution;
        let proven = self.prove(given).await?;
        let session = SessionId::from_be_bytes(random()?);
        let code = Hash(random()?).to_hex();
        let verb = SignIn {
            person: proven.person,
            claimant: proven.claimant,
            secret_version: proven.secret_version,
            session,
            refresh_digest: digest(&code),
            expires_at: self.now().plus_seconds(SESSION_SECONDS),
            terminal: proven.actor.terminal.clone().unwrap_or_default(),
        };
        self.desk(institution, proven.actor, Box::new(verb)).await?;
        self.signed_in(institution, proven.person, session, &code)
            .await
    }

    async fn signed_in(
        &self,
        institution: InstitutionId,
        person: PersonId,
        session: SessionId,
        code: &str,
    ) -> Result<SignedIn, AppError> {
        let token = self
            .tokens
            .issue(institution, person, session, self.now())
            .map_err(|error| StoreError::Row("token", error.to_string()))?;
        let principal = self.principal(&token).await?;
        Ok(SignedIn {
            token,
            expires_in: LIFE_SECONDS,
            refresh: format!("{institution}.{session:032x}.{code}"),
            principal,
        })
    }

    /// Goes on with a session: a new access token, and a new refresh code in place of `refresh`. A
    /// code that was used before ends the session: one of its two holders is a thief.
    ///
    /// # Errors
    /// [`Refusal::SessionInvalid`], [`Refusal::RefreshReused`].
    pub async fn refresh(&self, refresh: &str) -> Result<SignedIn, AppError> {
        let parts: Vec<&str> = refresh.split('.').collect();
        let [institution, session, presented] = parts.as_slice() else {
            return Err(Refusal::SessionInvalid {}.into());
        };
        let institution: InstitutionId = institution
            .parse()
            .map_err(|_| Refusal::SessionInvalid {})?;
        let session =
            SessionId::from_str_radix(session, 16).map_err(|_| Refusal::SessionInvalid {})?;
        let person = self
            .readers
            .point(move |conn| {
                let Some(row) = lookups::session(conn, institution, session)? else {
                    return Ok(None);
                };
                lookups::person(conn, institution, row.person)
            })
            .await?
            .ok_or(Refusal::SessionInvalid {})?;
        let actor = Actor {
            person: Some(person.id),
            name: person.name,
            terminal: None,
        };
        let code = Hash(random()?).to_hex();
        let verb = Refresh {
            session,
            presented: digest(presented),
            next: digest(&code),
        };
        let gone_on = self.desk(institution, actor.clone(), Box::new(verb)).await;
        if let Err(AppError::Refused(Refusal::RefreshReused {})) = gone_on {
            let end = SignOut {
                session,
                person: person.id,
            };
            self.desk(institution, actor, Box::new(end)).await?;
        }
        gone_on?;
        self.signed_in(institution, person.id, session, &code).await
    }

    /// Argon2 over the stored hash, or over one that nothing matches, so that both take as long.
    async fn secret_matches(
        &self,
        given: String,
        phc: Option<String>,
        pepper: [u8; 32],
    ) -> Result<bool, AppError> {
        let checked = self.hasher.run(move |cost| match phc {
            Some(phc) => secret::matches(&given, &phc, &pepper),
            None => secret::hash(&given, &pepper, cost).is_err(),
        });
        Ok(checked.await?)
    }

    /// Who a token stands for, if its session lives.
    ///
    /// # Errors
    /// [`Refusal::SessionInvalid`].
    pub async fn principal(&self, token: &str) -> Result<Principal, AppError> {
        let now = self.now();
        let claims = self
            .tokens
            .read(token, now)
            .ok_or(Refusal::SessionInvalid {})?;
        let session = claims.session().ok_or(Refusal::SessionInvalid {})?;
        let (institution, person) = (claims.inst, claims.sub);
        let mut found = None;
        if let Some(copy) = self.known.of(institution, person) {
            let lives = self
                .readers
                .session_at(institution, session, copy.register_seq);
            found = lives.await.map(|row| (row, copy));
        }
        if found.is_none() {
            found = self
                .readers
                .point(move |conn| read_now(conn, institution, person, session))
                .await?;
        }
        let (row, known) = found.ok_or(Refusal::SessionInvalid {})?;
        if row.revoked || row.expires_at <= now || row.person != claims.sub {
            return Err(Refusal::SessionInvalid {}.into());
        }
        let roles = known
            .tenures
            .iter()
            .filter(|(_, tenure)| tenure.holds_at(now))
            .map(|(_, tenure)| tenure.appointment.role)
            .collect();
        let principal = Principal {
            institution,
            reads: institution,
            is_named: false,
            person: known.person.id,
            name: known.person.name.clone(),
            roles,
            session,
            terminal: row.terminal,
        };
        self.known.keep(institution, known);
        Ok(principal)
    }

    /// The live sessions of whoever asks.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn sessions(&self, who: &Principal) -> Result<Vec<(SessionId, Session)>, AppError> {
        let (institution, person, now) = (who.institution, who.person, self.now());
        let mut sessions = self
            .readers
            .point(move |conn| lookups::sessions(conn, institution, person))
            .await?;
        sessions.retain(|(_, session)| now < session.expires_at);
        Ok(sessions)
    }

    /// Ends a session of one's own.
    ///
    /// # Errors
    /// [`Refusal::SessionUnknown`].
    pub async fn sign_out(&self, who: &Principal, session: SessionId) -> Result<(), AppError> {
        let verb = SignOut {
            session,
            person: who.person,
        };
        self.desk(who.institution, who.actor(), Box::new(verb))
            .await
    }

    /// Sets one's own secret with a one-time code.
    ///
    /// # Errors
    /// [`Refusal::SecretTooWeak`], [`Refusal::CodeRefused`], [`Refusal::Locked`].
    pub async fn set_secret(&self, given: Secrets, code: &str) -> Result<(), AppError> {
        if !secret::is_acceptable(&given.secret) {
            return Err(Refusal::SecretTooWeak {}.into());
        }
        let institution = self.counted_in(given.institution).await?;
        let (person, forgiven) = self.claimed(&given).await?;
        let asker = given.asker;
        // Codes are counted by themselves: whoever types wrong ones locks nobody out who has a secret.
        let terminal = asker.terminal.as_deref().unwrap_or_default();
        let claimant = Claimant {
            terminal: self.number(b"code terminal", terminal),
            ..forgiven
        };
        let _turn = self.count_try(institution, asker.clone(), claimant).await?;
        // Hashed for nobody too: a staff number that exists is not told by the time it takes.
        let known = person.as_ref().map(|person| person.id);
        let pepper = self.keys.pepper_of(institution, known);
        let hashed = move |cost| secret::hash(&given.secret, &pepper, cost);
        let hashed = self.hasher.run(hashed).await?;
        let phc = hashed.map_err(|error| StoreError::Row("secret", error.to_string()))?;
        let Some(person) = person else {
            self.count_wrong(institution, asker, claimant.subject)
                .await?;
            return Err(Refusal::CodeRefused {}.into());
        };
        let actor = Actor {
            person: Some(person.id),
            name: person.name,
            terminal: asker.terminal.clone(),
        };
        let verb = SetSecret {
            person: person.id,
            claimants: [claimant, forgiven],
            code_digest: self.keys.code(institution, &person.staff_number, code),
            digest: Hash(Sha256::digest(phc.as_bytes()).into()).to_hex(),
            phc,
        };
        let set = self.desk(institution, actor, Box::new(verb)).await;
        if let Err(AppError::Refused(Refusal::CodeRefused {})) = set {
            self.count_wrong(institution, asker, claimant.subject)
                .await?;
        }
        set
    }
}
