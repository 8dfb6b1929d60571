//! What lets somebody doubt the ledger: verifying it, holding what was kept against it, and handing out
//! the signed head to keep.

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use super::{App, AppError, Principal, Settings, StartError};
use crate::{
    auth::keys::Keys,
    domain::{ledger::Log, refusal::Refusal},
    store::{
        Database, Purpose, StoreError,
        conn::read_tx,
        notes::Notes,
        signer,
        verify::{Kept, Report, Seals, verify},
    },
};

/// What the verification in the background has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is still reading.
    Running,
    /// Everything is as the entries say.
    Sound,
    /// Something is not, or could not be read; the log of the server names it.
    Broken,
}

impl Verified {
    /// The word in `/health/ready`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sound => "sound",
            Self::Broken => "broken",
        }
    }
}

/// Milliseconds for which a head may wait to be signed; the signer needs one second.
const LATEST_SIGNED_MILLIS: i64 = 10_000;

/// Why nobody should be sent to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// A writer thread is gone: some commands are never carried out.
    NotWriting,
    /// Heads are not signed: they do not extend what was signed, or the signer is gone.
    NotSigning,
    /// The database is not as its entries say.
    NotSound,
}

/// How far the verification in the background has come: its state, and the entries read.
pub(super) type Progress = Arc<Mutex<(Verified, u64)>>;

/// The thread of the verification in the background.
pub(super) struct Verifier {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Verifier {
    /// Verifies everything once, on a connection of its own.
    pub(super) fn start(database: &Database, seals: Seals) -> Result<(Self, Progress), StoreError> {
        let mut conn = database.connect(Purpose::Read)?;
        let progress: Progress = Arc::new(Mutex::new((Verified::Running, 0)));
        let stop = Arc::new(AtomicBool::new(false));
        let (told, stopped) = (Arc::clone(&progress), Arc::clone(&stop));
        let run = move || {
            let tell = |state, entries| {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = (state, entries);
            };
            let mut watch = |entries, _| {
                tell(Verified::Running, entries);
                if stopped.load(Ordering::Relaxed) {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            };
            let report = read_tx(&mut conn, |conn| {
                // On one thread: the others are for those who work.
                verify(conn, &seals, Vec::new(), 1, &mut watch)
            });
            match report {
                Ok(_) if stopped.load(Ordering::Relaxed) => {}
                Ok(report) if report.findings.is_empty() => tell(Verified::Sound, report.entries),
                Ok(report) => {
                    for finding in &report.findings {
                        tracing::error!(%finding, "the ledger is not as its entries say");
                    }
                    tell(Verified::Broken, report.entries);
                }
                Err(error) => {
                    tracing::error!(%error, "the ledger could not be verified");
                    tell(Verified::Broken, 0);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("verifier".to_owned())
            .spawn(run)
            .map_err(|_| StoreError::Stopped)?;
        Ok((Self { stop, thread }, progress))
    }

    /// Breaks off, if it is still reading, and waits for the end.
    pub(super) fn join(self) {
        self.stop.store(true, Ordering::Relaxed);
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}

impl App {
    /// What the verification in the background has found, and how many entries it has read.
    #[must_use]
    pub fn verified(&self) -> (Verified, u64) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nobody should be sent here, if so.
    #[must_use]
    pub fn unready(&self) -> Option<Unready> {
        if !self.writer.is_alive() {
            Some(Unready::NotWriting)
        } else if self.metrics.unsigned.for_ms(self.now().millis()) > LATEST_SIGNED_MILLIS {
            Some(Unready::NotSigning)
        } else if self.verified().0 == Verified::Broken {
            Some(Unready::NotSound)
        } else {
            None
        }
    }

    /// The head of the caller's log that was signed last, as a C2SP signed note: kept elsewhere, it
    /// shows every later change of what it covers.
    ///
    /// # Errors
    /// [`Refusal::HeadUnsigned`] in the first second of a log.
    pub async fn checkpoint(&self, who: &Principal, log: Log) -> Result<String, AppError> {
        let institution = who.reads;
        let signed = self
            .readers
            .point(move |conn| signer::latest(conn, institution, log))
            .await?;
        Ok(signed.ok_or(Refusal::HeadUnsigned { log })?.note)
    }
}

/// What an auditor brings along, read: where it is from, and its text.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Receipts as the API answers them.
    pub receipts: Vec<(String, String)>,
    /// Signed notes.
    pub checkpoints: Vec<(String, String)>,
}

/// Verifies a database that no server needs to run on, also against the signed heads kept in the data
/// folder and against what somebody else kept. `progress` is told the entries read and their number.
///
/// # Errors
/// [`StartError`] when something cannot be read or was not signed here; what is wrong in the database
/// is in the report.
pub fn verify_against(
    settings: &Settings,
    evidence: &Evidence,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, StartError> {
    let seals = seals(settings)?;
    // Before the database: it may only have grown since.
    let mut kept = Kept::beside_keys(&Notes::within(&settings.data), &seals.log)?;
    for (source, text) in &evidence.receipts {
        kept.push(Kept::receipt(source, text).map_err(StoreError::Kept)?);
    }
    for (source, note) in &evidence.checkpoints {
        kept.push(Kept::checkpoint(source, note, &seals.log).map_err(StoreError::Kept)?);
    }
    verify_against_kept(&settings.database, &seals, kept, progress)
}

/// Verifies a database by itself: whether everything in it fits together.
///
/// # Errors
/// [`StartError`] when it cannot be opened or read; what is wrong in it is in the report.
pub fn verify_database(
    settings: &Settings,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, StartError> {
    let seals = seals(settings)?;
    verify_against_kept(&settings.database, &seals, Vec::new(), &mut |entries, _| {
        progress(entries);
    })
}

pub(super) fn seals(settings: &Settings) -> Result<Seals, StartError> {
    if let Database::Sqlite(path) = &settings.database
        && !path.exists()
    {
        return Err(StartError::NoDatabase(settings.database.clone()));
    }
    let keys = Keys::open(&settings.data.join("keys"), false)?;
    let log = keys.log_key(&settings.name)?;
    Ok(super::seals(&keys, &log))
}

/// How many threads may verify where nothing else has to be done.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub(super) fn verify_against_kept(
    database: &Database,
    seals: &Seals,
    kept: Vec<Kept>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, StartError> {
    let mut conn = database.connect(Purpose::Read)?;
    let mut watch = |entries, total| {
        progress(entries, total);
        ControlFlow::Continue(())
    };
    Ok(read_tx(&mut conn, |conn| {
        verify(conn, seals, kept, cores(), &mut watch)
    })?)
}
