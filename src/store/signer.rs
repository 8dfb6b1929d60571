//! Signing the heads: after a commit the head is read back, shown to extend the one signed last, and
//! signed. A log never signs two heads of which one does not extend the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::domain::{
    checkpoint::{Checkpoint, LogKey, open, sign},
    ids::InstitutionId,
    ledger::Log,
    merkle::{Hash, consistency_plan, verify_consistency},
};

use super::{
    StoreError,
    conn::{Database, Db, Purpose},
    notes::Notes,
    proof::read_nodes,
    rows,
    schema::{CheckpointRow, LogHeadRow},
    table::{Cell, select},
    writer::{Clock, Writer},
};

/// How long heads may grow before they are signed again.
const EVERY: Duration = Duration::from_millis(500);

/// The name of a log for ever: the name of the deployment, the institution, the log.
#[must_use]
pub fn origin(name: &str, institution: InstitutionId, log: Log) -> String {
    format!("{name}/inst/{institution}/{log}")
}

/// The log that an origin names.
pub(crate) fn log_of(name: &str, of: &str) -> Option<(InstitutionId, Log)> {
    let (institution, log) = of
        .strip_prefix(name)?
        .strip_prefix("/inst/")?
        .split_once('/')?;
    let (institution, log) = (institution.parse().ok()?, log.parse().ok()?);
    (origin(name, institution, log) == of).then_some((institution, log))
}

/// Since when something written has not been signed, Unix ms; 0 when everything is.
#[derive(Clone, Debug, Default)]
pub struct Unsigned(Arc<AtomicI64>);

impl Unsigned {
    /// For how long, ms.
    #[must_use]
    pub fn for_ms(&self, now: i64) -> i64 {
        match self.0.load(Ordering::Relaxed) {
            0 => 0,
            since => now.saturating_sub(since).max(0),
        }
    }

    /// Something is unsigned since then, unless something else is for longer.
    fn since(&self, moment: i64) {
        let earlier = |held: i64| Some(if held == 0 { moment } else { held.min(moment) });
        // The closure always answers something.
        let _held = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
    }

    fn take(&self) -> i64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// Tells the signer which institutions' logs grew.
#[derive(Clone, Debug)]
pub struct Grown(Sender<BTreeSet<InstitutionId>>, Unsigned);

impl Grown {
    /// Their heads are to be signed, from now (Unix ms) on.
    pub fn tell(&self, institutions: &BTreeSet<InstitutionId>, now: i64) {
        self.1.since(now);
        // When the signer is gone the server is stopping; the heads are signed at the next start.
        drop(self.0.send(institutions.clone()));
    }

    /// How far behind the signer is.
    #[must_use]
    pub fn unsigned(&self) -> Unsigned {
        self.1.clone()
    }
}

/// A signer that has not been started: its sender is needed before the writer exists, which it needs.
pub struct Waiting(Receiver<BTreeSet<InstitutionId>>, Unsigned);

/// The two ends of the signer's queue.
#[must_use]
pub fn queue() -> (Grown, Waiting) {
    let (sender, receiver) = channel();
    let unsigned = Unsigned::default();
    (Grown(sender, unsigned.clone()), Waiting(receiver, unsigned))
}

/// Starts the signer.
///
/// # Errors
/// When the database cannot be reached.
pub fn start(
    waiting: Waiting,
    database: &Database,
    writer: Writer,
    key: LogKey,
    clock: &Clock,
    kept: Notes,
) -> Result<JoinHandle<()>, StoreError> {
    let mut conn = database.connect(Purpose::Read)?;
    let (database, clock) = (database.clone(), clock.clone());
    // An institution is in here until its heads are seen to be signed. At first all are: the last
    // server may have been killed before it signed.
    let mut dirty = institutions(&mut conn)?;
    // What was last said of an institution that cannot be signed: twice a second would drown the log.
    let mut said: BTreeMap<InstitutionId, String> = BTreeMap::new();
    let run = move || {
        loop {
            match waiting.0.recv_timeout(EVERY) {
                Ok(institutions) => {
                    dirty.extend(institutions);
                    // Heads that grow every millisecond are signed twice a second.
                    std::thread::sleep(EVERY);
                    while let Ok(more) = waiting.0.try_recv() {
                        dirty.extend(more);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let since = waiting.1.take();
            for institution in std::mem::take(&mut dirty) {
                match notes(&mut conn, institution, &key, clock().millis()) {
                    Ok(notes) if notes.is_empty() => drop(said.remove(&institution)),
                    Ok(notes) => {
                        keep(&kept, institution, &notes);
                        writer.store_checkpoints(institution, notes);
                        dirty.insert(institution);
                    }
                    Err(error) => {
                        let why = error.to_string();
                        if said.get(&institution) != Some(&why) {
                            tracing::error!(%error, %institution, "the head was not signed");
                            said.insert(institution, why);
                        }
                        dirty.insert(institution);
                        if let Ok(fresh) = database.connect(Purpose::Read) {
                            conn = fresh;
                        }
                    }
                }
            }
            if since != 0 && !dirty.is_empty() {
                waiting.1.since(since);
            }
        }
    };
    std::thread::Builder::new()
        .name("signer".to_owned())
        .spawn(run)
        .map_err(|_| StoreError::Stopped)
}

/// The institutions that have a log.
fn institutions(conn: &mut Db) -> Result<BTreeSet<InstitutionId>, StoreError> {
    let heads: Vec<LogHeadRow> = select(conn, "WHERE size > 0", &[])?;
    heads
        .into_iter()
        .map(|head| rows::number("log_head", head.institution_id))
        .collect()
}

/// Keeps the notes outside the database too.
fn keep(kept: &Notes, institution: InstitutionId, notes: &[CheckpointRow]) {
    for row in notes {
        if let Some(log) = Log::from_number(row.log)
            && let Err(error) = kept.keep(institution, log, &row.note)
        {
            tracing::error!(%error, "a signed head was not kept outside the database");
        }
    }
}

/// Shows that the log begins with what was signed of it.
///
/// # Errors
/// [`StoreError::Proof`] when it does not, or its stored hashes contradict each other.
pub(crate) fn extends(
    conn: &mut Db,
    (institution, log): (InstitutionId, Log),
    (signed_size, signed_root): (u64, Hash),
    (size, root): (u64, Hash),
) -> Result<(), StoreError> {
    let plan = consistency_plan(signed_size, size)?;
    let stored = read_nodes(conn, institution, log, plan.nodes())?;
    let proof = plan.assemble(|node| stored.get(&node).copied())?;
    Ok(verify_consistency(
        signed_size,
        signed_root,
        size,
        root,
        &proof,
    )?)
}

/// Signed notes for the heads of an institution that grew since they were signed last.
fn notes(
    conn: &mut Db,
    institution: InstitutionId,
    key: &LogKey,
    signed_at: i64,
) -> Result<Vec<CheckpointRow>, StoreError> {
    let id = institution.get();
    let mut notes = Vec::new();
    let heads: Vec<LogHeadRow> = select(conn, "WHERE institution_id = ?", &[Cell::Int(&id)])?;
    for head in heads.into_iter().filter(|head| head.size > 0) {
        let log = Log::from_number(head.log)
            .ok_or_else(|| StoreError::Row("log_head", "log".to_owned()))?;
        let size = rows::number("log_head", head.size)?;
        let root = Hash::try_from(head.root.as_slice())
            .map_err(|error| StoreError::Row("log_head", error.to_string()))?;
        let origin = origin(key.verifier().name(), institution, log);
        if let Some(last) = latest(conn, institution, log)? {
            let signed = open(&last.note, key.verifier())?;
            if signed.origin() != origin {
                return Err(StoreError::Fork(format!(
                    "the last checkpoint is of {}",
                    signed.origin()
                )));
            }
            if signed.size() == size && signed.root() == root {
                continue;
            }
            extends(
                conn,
                (institution, log),
                (signed.size(), signed.root()),
                (size, root),
            )?;
        }
        let checkpoint = Checkpoint::new(&origin, size, root)?;
        notes.push(CheckpointRow {
            institution_id: id,
            log: head.log,
            size: head.size,
            note: sign(&checkpoint, key),
            signed_at,
        });
    }
    Ok(notes)
}

/// The checkpoint signed last.
pub(crate) fn latest(
    conn: &mut Db,
    institution: InstitutionId,
    log: Log,
) -> Result<Option<CheckpointRow>, StoreError> {
    let rows: Vec<CheckpointRow> = select(
        conn,
        "WHERE institution_id = ? AND log = ? ORDER BY size DESC LIMIT 1",
        &[Cell::Int(&institution.get()), Cell::Int(&log.number())],
    )?;
    Ok(rows.into_iter().next())
}
