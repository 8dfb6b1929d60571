//! The one write path: dedicated threads that take whatever is waiting, decide it in memory, and
//! commit once.
//!
//! One thread on SQLite, several on PostgreSQL, sharded by institution. For each batch: lock the heads
//! of its institutions in order, load the union of its needs, decide command after command over the
//! facts (each sees the effects of those before it), write in bulk, commit, answer all. An unexpected
//! database error runs the batch again one by one, looking every idempotency key up again.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
};

use diesel::QueryResult;
use prometheus_client::metrics::{
    gauge::Gauge,
    histogram::{Histogram, exponential_buckets},
};
use tokio::sync::oneshot;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, RequestId},
    ledger::{Actor, Entry},
    merkle::Hash,
    refusal::Refusal,
    time::Time,
    verb::Verb,
};

use super::{
    StoreError,
    batch::{self, Copies},
    conn::{Database, Db, Purpose, write_tx},
    log_file::{self, LogLimit},
    months::Reckoned,
    schema::CheckpointRow,
    table::insert,
};

/// Most commands in one batch.
const MOST_IN_BATCH: usize = 256;
/// Most containers that the commands of one batch may touch together, so that a long import does not
/// keep a checkout waiting.
const MOST_WEIGHT: usize = 600;
/// Commands that may wait for one writer; beyond it the answer is 503 with Retry-After.
const QUEUE: usize = 1024;

/// The moment now, as a value.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// What a commit added.
#[derive(Clone, Debug, Default)]
pub struct Growth {
    /// Whose logs grew.
    pub institutions: BTreeSet<InstitutionId>,
    /// Whether another institution has to be told of any of it.
    pub crosses: bool,
}

/// Told after each commit what it added.
pub type Written = Arc<dyn Fn(&Growth) + Send + Sync>;

/// Proof that an entry was written: keep it, and any later change of the entry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose ledger.
    pub institution: InstitutionId,
    /// The entry.
    pub seq: u64,
    /// The leaf hash of its bytes.
    pub leaf_hash: Hash,
    /// The size of the log with it.
    pub size: u64,
    /// The root of the log with it.
    pub root: Hash,
}

/// What was carried out: the entry if the ledger was concerned, and its receipt.
#[derive(Clone, Copy, Debug)]
pub struct Done<'d> {
    /// The entry and its receipt.
    pub entry: Option<(&'d Entry, Receipt)>,
    /// The signing request that was made or moved on.
    pub request: Option<RequestId>,
    /// How things stand after it, as far as it needed them.
    pub facts: &'d Facts,
}

/// The idempotency key of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// 16 to 64 visible ASCII characters from a client, or a derived one.
    pub key: String,
    /// SHA-256 over method, route and the canonical body without secret fields.
    pub fingerprint: Vec<u8>,
}

/// A command on its way to the writer.
pub struct Command {
    /// Whose log it goes to.
    pub institution: InstitutionId,
    /// Who sends it.
    pub actor: Actor,
    /// The request it came with.
    pub request: String,
    /// The idempotency key; absent for commands that may be repeated.
    pub key: Option<Key>,
    /// What to do.
    pub verb: Box<dyn Verb>,
    /// Makes the answer, which is stored with the key.
    pub answer: fn(Done<'_>) -> String,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Carried out, now or when the key was first used.
    Accepted {
        /// The answer.
        answer: String,
        /// The key had been used for the same command before.
        replayed: bool,
    },
    /// Not carried out.
    Refused(Refusal),
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full.
    #[error("the writer's queue is full; try again in a second")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Answer = oneshot::Sender<Result<Reply, StoreError>>;

type Stored = oneshot::Sender<QueryResult<()>>;

enum Job {
    Command(Box<Command>, Answer),
    Checkpoints(Vec<CheckpointRow>),
    Reckoned(Arc<Reckoned>, Stored),
    Stop,
}

/// What the writers are doing, for the metrics.
#[derive(Clone, Debug)]
pub struct Meters {
    /// Commands that wait for a writer.
    pub waiting: Gauge,
    /// Commands of each batch.
    pub batches: Histogram,
}

/// The way to the writers.
#[derive(Clone)]
pub struct Writer {
    queues: Arc<[SyncSender<Job>]>,
    /// One a thread, which lives as long as it.
    living: Arc<[Weak<()>]>,
    meters: Meters,
}

/// The writer threads.
pub struct Writers {
    writer: Writer,
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    /// Waits until everything queued is done, and stops them.
    pub fn join(self) {
        for queue in self.writer.queues.iter() {
            // A queue whose writer is gone needs no stopping.
            drop(queue.send(Job::Stop));
        }
        for thread in self.threads {
            // A writer that panicked has answered nobody; its callers were told that it stopped.
            drop(thread.join());
        }
    }
}

/// Starts the writers of a database. `written` is told after each commit which ledgers grew.
///
/// # Errors
/// When the database cannot be reached or is set up unsafely.
pub fn start(
    database: &Database,
    clock: &Clock,
    written: &Written,
) -> Result<(Writer, Writers), StoreError> {
    let shards = if database.is_sqlite() { 1 } else { 2 };
    let (mut queues, mut living, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    let meters = Meters {
        waiting: Gauge::default(),
        batches: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
    };
    for shard in 0..shards {
        let (queue, jobs) = sync_channel(QUEUE);
        let alive = Arc::new(());
        living.push(Arc::downgrade(&alive));
        let state = State {
            _alive: alive,
            conn: database.connect(Purpose::Write)?,
            log: LogLimit::of(database, log_file::MOST),
            database: database.clone(),
            clock: Arc::clone(clock),
            written: Arc::clone(written),
            copies: Copies::default(),
            meters: meters.clone(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("writer-{shard}"))
            .spawn(move || state.run(&jobs))
            .map_err(|_| StoreError::Stopped)?;
        queues.push(queue);
        threads.push(thread);
    }
    let writer = Writer {
        queues: queues.into(),
        living: living.into(),
        meters,
    };
    let writers = Writers {
        writer: writer.clone(),
        threads,
    };
    Ok((writer, writers))
}

impl Writer {
    /// What the writers are doing.
    #[must_use]
    pub const fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Whether every writer thread runs: one that panicked is gone for good.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.living.iter().all(|thread| thread.strong_count() > 0)
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    /// [`SubmitError::Busy`] at once when the queue is full; [`SubmitError::Store`] when the database
    /// failed, in which case the command may or may not have been written: send it again with its key.
    pub async fn submit(&self, command: Command) -> Result<Reply, SubmitError> {
        let receive = self.send(command)?;
        receive
            .await
            .map_err(|_| StoreError::Stopped)?
            .map_err(SubmitError::Store)
    }

    /// As [`Writer::submit`], from a thread that is not asynchronous.
    ///
    /// # Errors
    /// As [`Writer::submit`].
    pub fn submit_blocking(&self, command: Command) -> Result<Reply, SubmitError> {
        let receive = self.send(command)?;
        receive
            .blocking_recv()
            .map_err(|_| StoreError::Stopped)?
            .map_err(SubmitError::Store)
    }

    /// Stores signed heads. They are dropped when the queue is full: the next ones say more.
    pub(crate) fn store_checkpoints(&self, institution: InstitutionId, notes: Vec<CheckpointRow>) {
        if let Some(queue) = self.queue(institution) {
            drop(queue.try_send(Job::Checkpoints(notes)));
        }
    }

    /// Stores a month that was closed or a balance, and waits for it.
    ///
    /// # Errors
    /// [`StoreError::Stopped`], and when it cannot be written, also because it is there already.
    pub(crate) fn store_reckoned(
        &self,
        institution: InstitutionId,
        reckoned: Arc<Reckoned>,
    ) -> Result<(), StoreError> {
        let queue = self.queue(institution).ok_or(StoreError::Stopped)?;
        let (answer, receive) = oneshot::channel();
        let sent = queue.send(Job::Reckoned(reckoned, answer));
        sent.map_err(|_| StoreError::Stopped)?;
        let stored = receive.blocking_recv().map_err(|_| StoreError::Stopped)?;
        Ok(stored?)
    }

    fn queue(&self, institution: InstitutionId) -> Option<&SyncSender<Job>> {
        let shard = usize::try_from(institution.get()).unwrap_or(0) % self.queues.len().max(1);
        self.queues.get(shard)
    }

    fn send(
        &self,
        command: Command,
    ) -> Result<oneshot::Receiver<Result<Reply, StoreError>>, SubmitError> {
        let queue = self.queue(command.institution).ok_or(StoreError::Stopped)?;
        let (answer, receive) = oneshot::channel();
        self.meters.waiting.inc();
        queue
            .try_send(Job::Command(Box::new(command), answer))
            .map_err(|error| {
                self.meters.waiting.dec();
                match error {
                    TrySendError::Full(_) => SubmitError::Busy,
                    TrySendError::Disconnected(_) => SubmitError::Store(StoreError::Stopped),
                }
            })?;
        Ok(receive)
    }
}

struct State {
    _alive: Arc<()>,
    conn: Db,
    log: Option<LogLimit>,
    database: Database,
    clock: Clock,
    written: Written,
    copies: Copies,
    meters: Meters,
}

impl State {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let (mut commands, mut answers, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
            let mut reckoned = Vec::new();
            let mut weight = 0_usize;
            let mut stopping = false;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Command(command, answer) => {
                        self.meters.waiting.dec();
                        weight = weight.saturating_add(command.verb.weight());
                        commands.push(*command);
                        answers.push(answer);
                    }
                    Job::Checkpoints(rows) => checkpoints.extend(rows),
                    Job::Reckoned(rows, answer) => reckoned.push((rows, answer)),
                    Job::Stop => stopping = true,
                }
                let room = commands.len() < MOST_IN_BATCH && weight < MOST_WEIGHT && !stopping;
                next = room.then(|| jobs.try_recv().ok()).flatten();
            }
            if let Ok(size) = u32::try_from(commands.len())
                && size > 0
            {
                self.meters.batches.observe(size.into());
            }
            match self.carry_out(&commands) {
                Ok(replies) => {
                    for (answer, reply) in answers.into_iter().zip(replies) {
                        // Nobody waits any more when the client has gone; the entry stands.
                        drop(answer.send(Ok(reply)));
                    }
                }
                Err(error) => self.one_by_one(&commands, answers, &error),
            }
            self.store_checkpoints(&checkpoints);
            for (rows, answer) in reckoned {
                let stored = write_tx(&mut self.conn, |conn| rows.insert(conn));
                // Whoever reckoned it has gone: it is there, or will be reckoned again.
                drop(answer.send(stored));
            }
            if let Some(log) = &mut self.log {
                log.keep(&mut self.conn);
            }
            if stopping {
                return;
            }
        }
    }

    /// A transaction of its own: a note that cannot be stored must not undo anybody's entry.
    fn store_checkpoints(&mut self, notes: &[CheckpointRow]) {
        if notes.is_empty() {
            return;
        }
        let stored = write_tx(&mut self.conn, |conn| insert(conn, notes));
        if let Err(error) = stored {
            tracing::warn!(%error, "signed heads were not stored; they are signed again later");
        }
    }

    /// After an unexpected error: each command alone, so that one bad command fails alone.
    fn one_by_one(&mut self, commands: &[Command], answers: Vec<Answer>, error: &StoreError) {
        tracing::warn!(%error, commands = commands.len(), "batch failed; running its commands one by one");
        for (command, answer) in commands.iter().zip(answers) {
            self.reconnect_if_lost();
            let reply = self
                .carry_out(std::slice::from_ref(command))
                .and_then(|replies| replies.into_iter().next().ok_or(StoreError::Stopped));
            if let Err(error) = &reply {
                tracing::error!(%error, command = command.verb.name(), "command failed");
            }
            drop(answer.send(reply));
        }
    }

    fn reconnect_if_lost(&mut self) {
        use diesel::connection::SimpleConnection;
        if self.conn.batch_execute("SELECT 1").is_err()
            && let Ok(conn) = self.database.connect(Purpose::Write)
        {
            self.conn = conn;
        }
    }

    fn carry_out(&mut self, commands: &[Command]) -> Result<Vec<Reply>, StoreError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let now = (self.clock)();
        let (replies, grown) = batch::carry_out(&mut self.conn, &mut self.copies, commands, now)?;
        (self.written)(&grown);
        Ok(replies)
    }
}
