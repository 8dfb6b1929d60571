//! The outbox: carries what one institution wrote into the ledger of another that it concerns. Its state
//! is nothing but the ledgers: a consignment that its receiver does not know is announced there, one that
//! was accepted is settled at its sender.
//!
//! Each command has a key derived from the consignment, so that a server that died in between goes on at
//! its next start, two servers may deliver the same, and each is written once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{App, AppError, Database, Key, session::digest};
use crate::{
    domain::{ids::InstitutionId, ledger::Actor, verb::Verb},
    store::{
        Purpose, StoreError,
        conn::Db,
        transfers::{Delivery, delivery, undelivered},
        writer::{Command, Reply, SubmitError, Writer},
    },
};

/// How long it sleeps at most: another server may have died before it delivered.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long it waits when the queue is full.
const WAIT_BUSY: Duration = Duration::from_millis(20);

/// The way to wake it.
#[derive(Clone)]
pub(super) struct Bell(SyncSender<()>);

/// Where it hears that.
pub(super) struct Ear(Receiver<()>);

/// The bell and who hears it.
pub(super) fn bell() -> (Bell, Ear) {
    let (ring, hear) = sync_channel(1);
    (Bell(ring), Ear(hear))
}

impl Bell {
    /// Something was written that another institution has to be told of.
    pub(super) fn ring(&self) {
        // One that waits already is enough.
        let (Ok(()) | Err(TrySendError::Full(()) | TrySendError::Disconnected(()))) =
            self.0.try_send(());
    }
}

/// The thread.
pub(super) struct Outbox {
    bell: Bell,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Outbox {
    /// Starts the thread, which first delivers what is waiting.
    pub(super) fn start(
        database: &Database,
        writer: &Writer,
        bell: Bell,
        ear: Ear,
    ) -> Result<Self, StoreError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut carrier = Carrier {
            conn: database.connect(Purpose::Read)?,
            writer: writer.clone(),
            stopping: Arc::clone(&stopping),
        };
        let database = database.clone();
        let thread = std::thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || {
                while !carrier.stopping.load(Ordering::Relaxed) {
                    if let Err(error) = carrier.deliver() {
                        tracing::error!(%error, "the outbox waits for the database");
                        if let Ok(conn) = database.connect(Purpose::Read) {
                            carrier.conn = conn;
                        }
                    }
                    if ear.0.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Disconnected) {
                        return;
                    }
                }
            })
            .map_err(|_| StoreError::Stopped)?;
        Ok(Self {
            bell,
            stopping,
            thread,
        })
    }

    /// Ends it after the delivery it is at.
    pub(super) fn join(self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.bell.ring();
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}

struct Carrier {
    conn: Db,
    writer: Writer,
    stopping: Arc<AtomicBool>,
}

impl Carrier {
    /// Delivers what is waiting; what is refused, which nobody but a defect does, does not stand in the
    /// way of the rest.
    fn deliver(&mut self) -> Result<(), StoreError> {
        let mut after = (-1, -1);
        loop {
            let page = undelivered(&mut self.conn, after)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = *last;
            for consignment in page {
                match delivery(&mut self.conn, consignment) {
                    Ok(Some(delivery)) => self.carry(consignment, delivery)?,
                    Ok(None) => {}
                    Err(error @ StoreError::Database(_)) => return Err(error),
                    Err(error) => {
                        tracing::error!(%error, ?consignment, "a transfer cannot be delivered");
                    }
                }
                if self.stopping.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
        }
    }

    fn carry(&self, (sender, entry): (i64, i64), delivery: Delivery) -> Result<(), StoreError> {
        let (institution, verb): (InstitutionId, Box<dyn Fn() -> Box<dyn Verb>>) = match delivery {
            Delivery::Announce(to, verb) => (to, Box::new(move || Box::new(verb.clone()))),
            Delivery::Settle(from, verb) => (from, Box::new(move || Box::new(verb.clone()))),
        };
        loop {
            let verb = verb();
            let key = format!("outbox-{}-{sender}-{entry}", verb.name());
            let fingerprint = digest(&key);
            let command = Command {
                institution,
                actor: Actor {
                    person: None,
                    name: "outbox".to_owned(),
                    terminal: None,
                },
                request: String::new(),
                key: Some(Key { key, fingerprint }),
                verb,
                answer: |_| String::new(),
            };
            match self.writer.submit_blocking(command) {
                Ok(Reply::Refused(refusal)) => {
                    tracing::error!(%refusal, sender, entry, "a transfer cannot be delivered");
                    return Ok(());
                }
                Err(SubmitError::Busy) if !self.stopping.load(Ordering::Relaxed) => {
                    std::thread::sleep(WAIT_BUSY);
                }
                Ok(Reply::Accepted { .. }) | Err(SubmitError::Busy) => return Ok(()),
                Err(SubmitError::Store(error)) => return Err(error),
            }
        }
    }
}

impl App {
    /// Delivers now, on this thread, what one institution has to be told of that another wrote.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub fn deliver(&self) -> Result<(), AppError> {
        let mut carrier = Carrier {
            conn: self
                .database
                .connect(Purpose::Read)
                .map_err(StoreError::from)?,
            writer: self.writer.clone(),
            stopping: Arc::default(),
        };
        Ok(carrier.deliver()?)
    }
}
