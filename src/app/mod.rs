//! The spine: what the program can do, whoever asks (web server, command line, jobs).
//!
//! `execute` sends a command to the writer; everything else here reads, or prepares a command.

mod audit;
pub mod backup;
pub mod classify;
mod closing;
pub mod demo;
mod denial;
pub mod export;
mod found;
mod hasher;
mod import;
mod importer;
mod metrics;
mod outbox;
mod people;
mod principal;
mod pull;
mod reach;
pub mod review;
pub mod roster;
mod session;
mod signing;
pub mod stocktake;

use std::{
    fs::File,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use crate::{
    auth::{
        keys::{KeyError, Keys},
        token::Tokens,
    },
    domain::{
        canonical::sha256,
        catalogue::{Catalogue, CatalogueError},
        checkpoint::{CheckpointError, LogKey, VerifierKey},
        facts::Facts,
        ids::{InstitutionId, Label},
        institution::Institution,
        ledger::{Act, Actor, Draft, Kind},
        people::Permission,
        policy,
        refusal::Refusal,
        verb::{Context, Decision, Needs, Verb},
    },
    report::{
        Query, Scope,
        container::{Scan, Scanned},
    },
    store::{
        ConnectError, Purpose, StoreError,
        conn::read_tx,
        guards, lookups,
        migrate::MigrateError,
        notes::Notes,
        readers::Readers,
        registers::Registers,
        signer,
        verify::{Kept, Report, Seals, check_recent, verify},
        writer::{self, Command, Writers},
    },
};

pub use crate::auth::secret::Cost;
pub use crate::store::{
    Database,
    migrate::migrate,
    writer::{Clock, Done, Key, Receipt, Reply, SubmitError},
};
pub use audit::{Evidence, Unready, Verified, verify_against, verify_database};
pub use denial::{Denied, Source, refusal_written};
pub use found::{FounderForm, Founding, FoundingForm};
pub use import::{Imported, OpeningEntry, OpeningRequest};
pub use metrics::{Metrics, Request};
pub use people::Profile;
pub use principal::Principal;
pub use reach::Looked;
pub use session::{Login, Secrets, SignedIn};
pub use signing::{Proof, Shown, Signing};

/// Where everything is.
#[derive(Clone)]
pub struct Settings {
    /// The database.
    pub database: Database,
    /// The folder for keys.
    pub data: PathBuf,
    /// The name that heads are signed under: a host name.
    pub name: String,
    /// The clock.
    pub clock: Clock,
    /// Make what is missing: schema, keys. `serve` does so only for the default folder.
    pub create: bool,
    /// Carry what one institution wrote to the other that it concerns. One of several servers on a
    /// database is enough; what none has carried waits in the ledgers.
    pub deliver: bool,
    /// What new secrets cost to try: those of a demo are printed on the screen.
    pub secrets: Cost,
}

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is the error it wraps")]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error("the system could not be set up: {0}")]
    Setup(String),
    #[error(
        "another process uses {0}; stop it first (two writers on one SQLite file would endanger the ledger)"
    )]
    InUse(PathBuf),
    #[error("there is no database at {0}; make it with: hazledger init --database {0}")]
    NoDatabase(Database),
    #[error("cannot use {0}: {1}")]
    File(PathBuf, std::io::Error),
}

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much is waiting.
    #[error("too many commands are waiting; try again in a second")]
    Busy,
    /// The program or the database failed.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl From<SubmitError> for AppError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Busy => Self::Busy,
            SubmitError::Store(error) => Self::Failed(error),
        }
    }
}

/// The running program without its web server.
pub struct App {
    writer: writer::Writer,
    readers: Arc<Readers>,
    registers: Arc<Registers>,
    keys: Keys,
    tokens: Tokens,
    clock: Clock,
    name: String,
    catalogue: Catalogue,
    known: session::KnownPersons,
    turns: session::Turns,
    hasher: hasher::Hasher,
    /// Files are made on the connections for long reads: some are left to others.
    exports: Semaphore,
    /// The code of the founding link, while nobody has been founded.
    founding_code: OnceLock<String>,
    progress: audit::Progress,
    left_out: Arc<denial::LeftOut>,
    metrics: Metrics,
    importer: importer::Importer,
    database: Database,
}

/// What has to be waited for when the program ends.
pub struct Threads {
    writers: Writers,
    signer: std::thread::JoinHandle<()>,
    checkpointer: Option<std::thread::JoinHandle<()>>,
    verifier: audit::Verifier,
    denials: denial::Flusher,
    imports: importer::ImportThread,
    outbox: Option<outbox::Outbox>,
    puller: pull::Puller,
    closer: closing::Closer,
    _lock: Option<File>,
}

impl Threads {
    /// Waits until the writers have done everything and the heads are signed.
    pub fn join(self) {
        self.verifier.join();
        self.denials.join();
        self.imports.join();
        if let Some(outbox) = self.outbox {
            outbox.join();
        }
        self.puller.join();
        self.closer.join();
        self.writers.join();
        // Both end when the writers are gone; a panic in them was logged by the panic hook.
        drop(self.signer.join());
        if let Some(thread) = self.checkpointer {
            drop(thread.join());
        }
    }
}

impl App {
    /// Opens (or makes) the database and starts the threads.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: &Settings) -> Result<(Arc<Self>, Threads), StartError> {
        let lock = lock_file(&settings.database, settings.create)?;
        // Keys are made before the database and never beside one: there a missing key is lost, and a
        // new one would not match the ledger.
        let is_new = settings.create && !settings.database.is_there();
        let keys = Keys::open(&settings.data.join("keys"), is_new)?;
        if settings.create {
            migrate(&settings.database, None)?;
        }
        guards::check(&settings.database)?;
        let log_key = keys.log_key(&settings.name)?;
        let notes = Notes::within(&settings.data);
        check_signed(&settings.database, log_key.verifier(), &notes)?;
        let (verifier, progress) =
            audit::Verifier::start(&settings.database, seals(&keys, &log_key))?;
        let (grown, waiting) = signer::queue();
        let unsigned = grown.unsigned();
        let ticking = Arc::clone(&settings.clock);
        let (bell, ear) = outbox::bell();
        let ringing = bell.clone();
        let written: writer::Written = Arc::new(move |growth| {
            grown.tell(&growth.institutions, ticking().millis());
            if growth.crosses {
                ringing.ring();
            }
        });
        let (writer, writers) = writer::start(&settings.database, &settings.clock, &written)?;
        let signer = signer::start(
            waiting,
            &settings.database,
            writer.clone(),
            log_key,
            &settings.clock,
            notes,
        )?;
        let left_out = Arc::new(denial::LeftOut::default());
        let denials = denial::Flusher::start(&left_out, &writer, &settings.clock)?;
        let metrics = Metrics::new(writer.meters(), unsigned);
        let (importer, imports) =
            importer::Importer::start(&settings.database, &writer, &settings.clock)?;
        let delivering = writer.clone();
        let closer = closing::Closer::start(&settings.database, &writer)?;
        let app = Arc::new(Self {
            readers: Readers::open(&settings.database)?,
            registers: Arc::default(),
            tokens: Tokens::new(keys.token()),
            writer,
            keys,
            clock: Arc::clone(&settings.clock),
            name: settings.name.clone(),
            catalogue: Catalogue::embedded()?,
            known: session::KnownPersons::default(),
            turns: session::Turns::default(),
            hasher: hasher::Hasher::new(settings.secrets),
            exports: Semaphore::new(2),
            founding_code: OnceLock::new(),
            progress,
            left_out,
            metrics,
            importer,
            database: settings.database.clone(),
        });
        app.set_up_system()?;
        let checkpointer = crate::store::checkpointer::start(&settings.database, &app)?;
        let outbox = if settings.deliver {
            let database = &settings.database;
            Some(outbox::Outbox::start(database, &delivering, bell, ear)?)
        } else {
            None
        };
        let puller = pull::Puller::start(&app)?;
        Ok((
            app,
            Threads {
                writers,
                signer,
                checkpointer,
                verifier,
                denials,
                imports,
                outbox,
                puller,
                closer,
                _lock: lock,
            },
        ))
    }

    /// The moment now.
    #[must_use]
    pub fn now(&self) -> crate::domain::time::Time {
        (self.clock)()
    }

    /// The substances and regulated lists.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Writes the default policies into the system institution's ledger, each once: one that a later
    /// release changes or adds is another.
    fn set_up_system(&self) -> Result<(), StartError> {
        let defaults = policy::defaults();
        let at_first = defaults.len();
        for policy in defaults {
            let content = format!("{policy:?}");
            let command = Command {
                institution: InstitutionId::MIN,
                actor: Actor {
                    person: None,
                    name: "hazledger".to_owned(),
                    terminal: None,
                },
                request: String::new(),
                key: Some(Key {
                    key: format!("default-policy-{}", sha256(content.as_bytes()).to_hex()),
                    fingerprint: self.keys.keyed(b"setup", b"policy").0.to_vec(),
                }),
                verb: Box::new(DefaultPolicy { policy, at_first }),
                answer: |_| "{}".to_owned(),
            };
            match self.writer.submit_blocking(command) {
                Ok(Reply::Accepted { .. }) => {}
                Ok(Reply::Refused(refusal)) => return Err(StartError::Setup(refusal.to_string())),
                Err(error) => return Err(StartError::Setup(error.to_string())),
            }
        }
        Ok(())
    }

    /// Sends a command to the writer.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn execute(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        verb: Box<dyn Verb>,
        answer: fn(Done<'_>) -> String,
    ) -> Result<(String, bool), AppError> {
        let command = Command {
            institution: who.institution,
            actor: who.actor(),
            request: request.to_owned(),
            key,
            verb,
            answer,
        };
        match self.submit(command).await {
            Err(error) => Err(self.explained(who, error).await?),
            done => done,
        }
    }

    /// A refusal with what only a read can tell: when and by whom a label was replaced.
    async fn explained(&self, who: &Principal, error: AppError) -> Result<AppError, AppError> {
        let AppError::Refused(Refusal::LabelReplaced { label, .. }) = error else {
            return Ok(error);
        };
        let scanned = self.scan(who, label).await;
        Ok(scanned.err().unwrap_or(error))
    }

    async fn submit(&self, command: Command) -> Result<(String, bool), AppError> {
        let kind = command.verb.name();
        let reply = self.writer.submit(command).await;
        self.metrics.command(kind, &reply);
        match reply? {
            Reply::Accepted { answer, replayed } => Ok((answer, replayed)),
            Reply::Refused(refusal) => {
                denial::mark_written();
                Err(refusal.into())
            }
        }
    }

    /// What is counted.
    #[must_use]
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What a label stands for: the scan.
    ///
    /// # Errors
    /// [`Refusal::LabelUnknown`] alike for unknown and foreign labels, [`Refusal::LabelReplaced`].
    pub async fn scan(&self, who: &Principal, label: Label) -> Result<Scanned, AppError> {
        let roles = who.roles.clone();
        Ok(self.read(who, Scan { label, roles }).await??)
    }

    /// Answers a report for the institution that asks.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub(crate) async fn read<Q: Query>(
        &self,
        who: &Principal,
        query: Q,
    ) -> Result<Q::Answer, AppError> {
        let scope = Scope {
            institution: who.reads,
            now: self.now(),
            registers: Arc::clone(&self.registers),
            is_passing: false,
            withheld: who.withheld(),
        };
        Ok(if Q::POINT {
            self.readers
                .points(move |conn| query.clone().run(conn, &scope))
                .await?
        } else {
            self.readers
                .long(move |conn| query.clone().run(conn, &scope))
                .await?
        })
    }

    /// The institutions that have been founded.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub async fn institutions(&self) -> Result<Vec<Institution>, AppError> {
        Ok(self.readers.point(lookups::institutions).await?)
    }

    /// Verifies everything.
    ///
    /// # Errors
    /// Only when the database cannot be read.
    pub async fn verify(&self) -> Result<Report, AppError> {
        let key = self.keys.log_key(&self.name).map_err(StoreError::from)?;
        let seals = seals(&self.keys, &key);
        Ok(self
            .readers
            .long(move |conn| {
                verify(conn, &seals, Vec::new(), 1, &mut |_, _| {
                    ControlFlow::Continue(())
                })
            })
            .await?)
    }
}

/// What tells what was made with these keys.
fn seals(keys: &Keys, log: &LogKey) -> Seals {
    Seals {
        log: log.verifier().clone(),
        signatures: keys.signatures(),
    }
}

/// Refuses an older or a rewritten ledger before anything is written to it.
fn check_signed(database: &Database, key: &VerifierKey, notes: &Notes) -> Result<(), StoreError> {
    // Before the database: another server may be writing to it.
    let kept = Kept::beside_keys(notes, key)?;
    let mut conn = database.connect(Purpose::Read)?;
    read_tx(&mut conn, |conn| check_recent(conn, key, kept))
}

/// Makes the keys of a new deployment, unless they are there.
///
/// # Errors
/// [`KeyError`].
pub fn create_keys(data: &Path) -> Result<(), KeyError> {
    Keys::open(&data.join("keys"), true).map(drop)
}

/// A policy of the system institution.
#[derive(Debug)]
struct DefaultPolicy {
    policy: policy::Policy,
    /// How many are written when the ledger begins.
    at_first: usize,
}

impl Verb for DefaultPolicy {
    fn name(&self) -> &'static str {
        Kind::Policy.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let mut policy = self.policy.clone();
        // What comes with a later release holds from the next day on: entries made before, today as well,
        // knew nothing of it.
        if usize::try_from(cx.head.size).is_ok_and(|size| size >= self.at_first) {
            policy.from = policy.from.max(cx.now.plus_seconds(24 * 3600).china_day());
        }
        Ok(Draft::of(Act::Policy(policy)).into())
    }
}

/// Keeps a second process off an SQLite file.
fn lock_file(database: &Database, create: bool) -> Result<Option<File>, StartError> {
    let Database::Sqlite(path) = database else {
        return Ok(None);
    };
    if !create && !path.exists() {
        return Err(StartError::NoDatabase(database.clone()));
    }
    let path = beside(path, ".lock");
    if create && let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| StartError::File(folder.to_owned(), error))?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| StartError::File(path.clone(), error))?;
    // A server that is being restarted may still be closing; a child of it that is being started has the
    // file for a moment, too.
    let deadline = Instant::now() + Duration::from_secs(1);
    while file.try_lock().is_err() {
        if deadline < Instant::now() {
            return Err(StartError::InUse(path));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Some(file))
}

/// The path with an ending added.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
