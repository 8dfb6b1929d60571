//! What is refused before it reaches the writer, so that it is in the audit log as well.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{App, AppError, Clock, Principal};
use crate::{
    domain::{
        facts::Facts,
        ids::{InstitutionId, PersonId, Seq},
        ledger::{Actor, AuditLine, AuditOutcome},
        people::Permission,
        refusal::Refusal,
        time::Time,
        verb::{Context, Decision, Needs, Verb},
    },
    store::{
        StoreError,
        writer::{Command, Writer},
    },
};

/// How long a source is quiet before the denials left out of it are written, seconds.
const QUIET: i64 = 60;
/// How often it is looked for such sources.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where a request comes from: the address, and the person if known.
pub type Source = (String, Option<(InstitutionId, PersonId)>);

tokio::task_local! {
    /// Whether the audit log has a refusal of the request being answered.
    static WRITTEN: Cell<bool>;
}

/// Runs the answering of a request; tells besides whether the writer has noted a refusal of it.
pub async fn refusal_written<F: Future>(answering: F) -> (F::Output, bool) {
    WRITTEN
        .scope(Cell::new(false), async {
            let answer = answering.await;
            (answer, WRITTEN.with(Cell::get))
        })
        .await
}

/// Notes that the audit log has a refusal of the request being answered.
pub(super) fn mark_written() {
    // Outside of a request there is nobody to tell.
    let _outside = WRITTEN.try_with(|written| written.set(true));
}

/// A request that was refused without a command.
#[derive(Clone, Debug)]
pub struct Denied {
    /// Who asked, if known.
    pub who: Option<Principal>,
    /// From which workstation.
    pub terminal: String,
    /// The identifier of the request.
    pub request: String,
    /// Method and route: `GET /containers/{label}`.
    pub route: String,
    /// The code of the problem answered.
    pub code: &'static str,
}

impl Denied {
    fn source(&self) -> Source {
        let person = self.who.as_ref().map(|who| (who.institution, who.person));
        (self.terminal.clone(), person)
    }

    /// Its line in the audit log of the person's institution, or of the system institution when
    /// nobody knows whose it is; `suppressed` others of the same source were left out.
    fn command(&self, suppressed: u64) -> Command {
        let actor = self.who.as_ref().map_or_else(
            || Actor {
                person: None,
                name: "unknown".to_owned(),
                terminal: Some(self.terminal.clone()),
            },
            Principal::actor,
        );
        Command {
            institution: (self.who.as_ref()).map_or(InstitutionId::MIN, |who| who.institution),
            actor,
            request: self.request.clone(),
            key: None,
            verb: Box::new(Denial {
                route: self.route.clone(),
                code: self.code,
                suppressed,
            }),
            answer: |_| String::new(),
        }
    }
}

/// The denials of a source that were not written.
struct Held {
    /// How many.
    count: u64,
    /// The last of them.
    last: Denied,
    /// When it came.
    at: Time,
}

/// What was left out of the audit log, by source.
#[derive(Default)]
pub(super) struct LeftOut(Mutex<HashMap<Source, Held>>);

impl LeftOut {
    fn lock(&self) -> MutexGuard<'_, HashMap<Source, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, count: u64, last: Denied, at: Time) {
        hold(&mut self.lock(), count, last, at);
    }

    /// Writes what was left out of the sources that `is_due`: the last denial of each, which tells how
    /// many stand behind it.
    fn flush(&self, writer: &Writer, is_due: impl Fn(&Held) -> bool) {
        let due: Vec<Held> = self
            .lock()
            .extract_if(|_, held| is_due(held))
            .map(|(_, held)| held)
            .collect();
        for held in due {
            let command = held.last.command(held.count.saturating_sub(1));
            if let Err(error) = writer.submit_blocking(command) {
                tracing::warn!(%error, count = held.count, "denials were not written; it is tried again");
                self.add(held.count, held.last, held.at);
            }
        }
    }
}

fn hold(held: &mut HashMap<Source, Held>, count: u64, last: Denied, at: Time) {
    let before = held.get(&last.source()).map_or(0, |held| held.count);
    let count = before.saturating_add(count);
    held.insert(last.source(), Held { count, last, at });
}

/// The thread that writes what was left out when a source has gone quiet, and when the program ends.
pub(super) struct Flusher {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Flusher {
    pub(super) fn start(
        left_out: &Arc<LeftOut>,
        writer: &Writer,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let (left_out, writer, clock) = (Arc::clone(left_out), writer.clone(), Arc::clone(clock));
        let run = move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let now = clock();
                left_out.flush(&writer, |held| held.at.plus_seconds(QUIET) <= now);
            }
            left_out.flush(&writer, |_| true);
        };
        let thread = std::thread::Builder::new()
            .name("denials".to_owned())
            .spawn(run)
            .map_err(|_| StoreError::Stopped)?;
        Ok(Self { stop, thread })
    }

    /// Writes what was left out, and ends.
    pub(super) fn join(self) {
        drop(self.stop);
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}

/// The audit line of a denial.
#[derive(Debug)]
struct Denial {
    route: String,
    code: &'static str,
    suppressed: u64,
}

impl Verb for Denial {
    fn name(&self) -> &'static str {
        "denial"
    }

    fn line(
        &self,
        _outcome: AuditOutcome,
        _code: Option<String>,
        _entry: Option<Seq>,
    ) -> AuditLine {
        let code = Some(self.code.to_owned());
        AuditLine {
            suppressed: (self.suppressed > 0).then_some(self.suppressed),
            ..AuditLine::of(self.route.clone(), AuditOutcome::Refused, code, None)
        }
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        Ok(Decision::default())
    }
}

impl App {
    /// Writes a denial into the audit log if it `is_due`, with how many of its source were left out
    /// before it; otherwise counts it.
    ///
    /// # Errors
    /// [`AppError::Busy`], [`AppError::Failed`].
    pub async fn deny(
        &self,
        denied: Denied,
        is_due: impl FnOnce(&Source) -> bool,
    ) -> Result<(), AppError> {
        let suppressed = {
            let source = denied.source();
            // Held over the question, so that a count taken is exactly what was left out before it.
            let mut held = self.left_out.lock();
            if !is_due(&source) {
                self.metrics.suppressed.inc();
                hold(&mut held, 1, denied, self.now());
                return Ok(());
            }
            held.remove(&source).map_or(0, |held| held.count)
        };
        let written = self.submit(denied.command(suppressed)).await;
        if written.is_err() && suppressed > 0 {
            self.left_out.add(suppressed, denied, self.now());
        }
        written.map(drop)
    }
}
