//! The job of imports: posts the parts of an accepted one, and reverses those of one that is taken back,
//! through the ordinary writer and one command at a time, so that other people's commands go on in
//! between.
//!
//! Each command has a key derived from the import and the part. A server that died in the middle goes on
//! at its next start, and what was posted is not posted again. Two servers may run one job.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    Clock, Database, Done, Key,
    session::{digest, random},
};
use crate::{
    domain::{
        ids::{ImportId, InstitutionId, PersonId, PlaceId, ProductId, RequestId, Seq},
        ledger::{Act, Actor},
        opening::{Import, ImportState, Part, Stock, key_prefix, part_key, request_key, undo_key},
        place::Place,
        refusal::{Language, Refusal},
        request::{Proposal, RequestState},
        verb::{EndImport, Lot, Open, Request, Reverse, SetPlace, SetProduct, Verb, Withdraw},
    },
    store::{
        Purpose, StoreError,
        conn::Db,
        lookups,
        writer::{Command, Reply, SubmitError, Writer},
    },
};

/// How long the job waits when the queue is full.
const WAIT_BUSY: Duration = Duration::from_millis(20);
/// How long it waits before it tries again after the database failed.
const WAIT_FAILED: Duration = Duration::from_secs(1);

enum Message {
    Run(InstitutionId, ImportId),
    Stop,
}

/// The way to the job.
#[derive(Clone)]
pub(super) struct Importer(Sender<Message>);

/// The thread of the job.
pub(super) struct ImportThread {
    importer: Importer,
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Importer {
    /// Starts the thread, which first goes on with what was not finished.
    pub(super) fn start(
        database: &Database,
        writer: &Writer,
        clock: &Clock,
    ) -> Result<(Self, ImportThread), StoreError> {
        let (send, messages) = channel();
        let mut conn = database.connect(Purpose::Read)?;
        let unfinished = lookups::open_imports(&mut conn)?;
        let importer = Self(send);
        for (institution, import) in unfinished {
            importer.run(institution, import);
        }
        let stopping = Arc::new(AtomicBool::new(false));
        let job = Job {
            database: database.clone(),
            conn,
            writer: writer.clone(),
            clock: Arc::clone(clock),
            stopping: Arc::clone(&stopping),
        };
        let thread = std::thread::Builder::new()
            .name("importer".to_owned())
            .spawn(move || job.run(&messages))
            .map_err(|_| StoreError::Stopped)?;
        let thread = ImportThread {
            importer: importer.clone(),
            stopping,
            thread,
        };
        Ok((importer, thread))
    }

    /// Lets an import go on.
    pub(super) fn run(&self, institution: InstitutionId, import: ImportId) {
        // A job that has stopped goes on when the program starts again.
        drop(self.0.send(Message::Run(institution, import)));
    }
}

impl ImportThread {
    /// Ends the job after the command it is at.
    pub(super) fn join(self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(self.importer.0.send(Message::Stop));
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}

/// Why an import does not go on.
enum Halt {
    /// The program ends.
    Stopping,
    /// A rule says no.
    Refused(Refusal),
    /// The database failed.
    Failed(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

struct Job {
    database: Database,
    conn: Db,
    writer: Writer,
    clock: Clock,
    stopping: Arc<AtomicBool>,
}

impl Job {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(Message::Run(institution, id)) = messages.recv() {
            while let Err(error) = self.carry_out(institution, id) {
                tracing::error!(%error, %institution, import = %id, "an import waits for the database");
                self.wait(WAIT_FAILED);
                if let Ok(conn) = self.database.connect(Purpose::Read) {
                    self.conn = conn;
                }
                if self.stopping.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }

    /// One import to its end, or to what refuses it; an error when it has to be tried again.
    fn carry_out(&mut self, institution: InstitutionId, id: ImportId) -> Result<(), StoreError> {
        let Some(import) = lookups::import(&mut self.conn, institution, id)? else {
            return Ok(());
        };
        let halted = match import.state {
            ImportState::Importing => self.take_in(institution, id, &import),
            ImportState::Undoing => self.take_back(institution, id, &import),
            ImportState::Proposed | ImportState::Imported | ImportState::Undone => return Ok(()),
        };
        let stopped = match halted {
            Ok(()) => None,
            Err(Halt::Stopping) => return Ok(()),
            Err(Halt::Failed(error)) => return Err(error),
            Err(Halt::Refused(refusal)) => {
                tracing::warn!(%refusal, %institution, import = %id, "an import stopped");
                let sentence = refusal.detail(Language::Chinese);
                Some(format!("{}: {sentence}", refusal.code()))
            }
        };
        let nobody = Actor {
            person: None,
            name: "import".to_owned(),
            terminal: None,
        };
        let was = import.state;
        let verb = Box::new(EndImport { id, was, stopped });
        match self.send(institution, &nobody, None, &|| verb.clone(), |_| {
            String::new()
        }) {
            Ok(_) | Err(Halt::Stopping | Halt::Refused(_)) => Ok(()),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    fn take_in(
        &mut self,
        institution: InstitutionId,
        id: ImportId,
        import: &Import,
    ) -> Result<(), Halt> {
        let poster = self.poster(institution, import.person, &key_prefix(id))?;
        let mut numbers = Numbers::default();
        for (number, part) in lookups::import_parts(&mut self.conn, institution, id)? {
            let key = part_key(id, number);
            match part {
                Part::Place(place) => {
                    let made = numbers.place(&place);
                    let verb = SetPlace {
                        id: None,
                        place: made,
                        second: None,
                    };
                    let answer = self.post(&poster, key, &|| Box::new(verb.clone()), place_made)?;
                    numbers.places.insert(place.id, read(&answer)?);
                }
                Part::Product(product) => {
                    let provisional = product.id;
                    let verb = SetProduct { id: None, product };
                    let made = self.post(&poster, key, &|| Box::new(verb.clone()), product_made);
                    let real = match made {
                        Err(Halt::Refused(Refusal::ProductExists { product })) => product,
                        made => read(&made?)?,
                    };
                    numbers.products.insert(provisional, real);
                }
                Part::Stock(stock) => {
                    let open = numbers.open(import, &stock, Vec::new());
                    let began = Instant::now();
                    self.post(&poster, key, &|| Box::new(open.clone()), opened)?;
                    // Half of the time is other people's.
                    self.wait(began.elapsed());
                }
                Part::Signed(stock) => {
                    let open = numbers.open(import, &stock, import.acceptors.clone());
                    self.ask(&poster, id, number, &Proposal::Open(open))?;
                }
            }
        }
        Ok(())
    }

    /// Makes the signing request of a part, anew if the last one can be signed no more.
    fn ask(
        &mut self,
        poster: &Poster,
        id: ImportId,
        part: u32,
        proposal: &Proposal,
    ) -> Result<(), Halt> {
        for round in 0.. {
            let key = request_key(id, part, round);
            let Some(answer) = poster.answered.get(&key) else {
                let verb = Request {
                    id: RequestId::try_from(i64::from_be_bytes(random()?) & i64::MAX)
                        .unwrap_or(RequestId::MAX),
                    proposal: proposal.clone(),
                    nonce: format!("{:032x}", u128::from_be_bytes(random()?)),
                };
                self.post(poster, key, &|| Box::new(verb.clone()), requested)?;
                return Ok(());
            };
            let request = read(answer)?;
            let found = lookups::signing_request(&mut self.conn, poster.institution, request)?;
            let stands = found.is_some_and(|found| {
                found.state == RequestState::Posted
                    || (found.state.is_open() && (self.clock)() < found.expires_at)
            });
            if stands {
                return Ok(());
            }
        }
        Ok(())
    }

    fn take_back(
        &mut self,
        institution: InstitutionId,
        id: ImportId,
        import: &Import,
    ) -> Result<(), Halt> {
        let who = import.undone_by.unwrap_or(import.person);
        let poster = self.poster(institution, who, &key_prefix(id))?;
        let made = lookups::answers(&mut self.conn, institution, import.person, &key_prefix(id))?;
        let made: BTreeMap<String, String> = made.into_iter().collect();
        for (number, part) in lookups::import_parts(&mut self.conn, institution, id)?
            .into_iter()
            .rev()
        {
            let entry = match part {
                Part::Place(_) | Part::Product(_) => None,
                Part::Stock(_) => made
                    .get(&part_key(id, number))
                    .and_then(|answer| serde_json::from_str::<super::OpeningEntry>(answer).ok())
                    .map(|entry| entry.seq),
                Part::Signed(_) => self.withdraw(&poster, id, number, &made)?,
            };
            let Some(entry) = entry else { continue };
            let verb = Reverse {
                entry,
                reason: import.reason.clone(),
            };
            let key = undo_key(id, number);
            match self.post(&poster, key, &|| Box::new(verb.clone()), opened) {
                Ok(_) | Err(Halt::Refused(Refusal::AlreadyReversed { .. })) => {}
                Err(halt) => return Err(halt),
            }
        }
        Ok(())
    }

    /// Withdraws what nobody has signed for a part; the entry, if it was signed.
    fn withdraw(
        &mut self,
        poster: &Poster,
        id: ImportId,
        part: u32,
        made: &BTreeMap<String, String>,
    ) -> Result<Option<Seq>, Halt> {
        let first = format!("{}-", part_key(id, part));
        let rounds = made
            .range(first.clone()..)
            .take_while(|(key, _)| key.starts_with(&first));
        for (_, answer) in rounds {
            let request = read(answer)?;
            let verb = Withdraw {
                request,
                refuse: true,
            };
            let sent = self.send(
                poster.institution,
                &poster.actor,
                None,
                &|| Box::new(verb.clone()),
                |_| String::new(),
            );
            match sent {
                Ok(_)
                | Err(Halt::Refused(
                    Refusal::RequestClosed { .. } | Refusal::RequestExpired { .. },
                )) => {}
                Err(halt) => return Err(halt),
            }
            let found = lookups::signing_request(&mut self.conn, poster.institution, request)?;
            if let Some(posted) = found.filter(|found| found.state == RequestState::Posted) {
                let hash = posted.payload_hash;
                return Ok(lookups::signed_entry(
                    &mut self.conn,
                    poster.institution,
                    hash,
                )?);
            }
        }
        Ok(None)
    }

    fn poster(
        &mut self,
        institution: InstitutionId,
        person: PersonId,
        prefix: &str,
    ) -> Result<Poster, Halt> {
        let found = lookups::person(&mut self.conn, institution, person)?;
        let answered = lookups::answers(&mut self.conn, institution, person, prefix)?;
        Ok(Poster {
            institution,
            actor: Actor {
                person: Some(person),
                name: found.map_or_else(String::new, |person| person.name),
                terminal: None,
            },
            answered: answered.into_iter().collect(),
        })
    }

    /// Carries out a command under a derived key, unless that was done before; its answer.
    fn post(
        &self,
        poster: &Poster,
        key: String,
        verb: &dyn Fn() -> Box<dyn Verb>,
        answer: fn(Done<'_>) -> String,
    ) -> Result<String, Halt> {
        if let Some(answered) = poster.answered.get(&key) {
            return Ok(answered.clone());
        }
        let fingerprint = digest(&key);
        let key = Key { key, fingerprint };
        self.send(poster.institution, &poster.actor, Some(&key), verb, answer)
    }

    /// Sends a command until the queue has room for it.
    fn send(
        &self,
        institution: InstitutionId,
        actor: &Actor,
        key: Option<&Key>,
        verb: &dyn Fn() -> Box<dyn Verb>,
        answer: fn(Done<'_>) -> String,
    ) -> Result<String, Halt> {
        loop {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(Halt::Stopping);
            }
            let command = Command {
                institution,
                actor: actor.clone(),
                request: String::new(),
                key: key.cloned(),
                verb: verb(),
                answer,
            };
            match self.writer.submit_blocking(command) {
                Ok(Reply::Accepted { answer, .. }) => return Ok(answer),
                Ok(Reply::Refused(refusal)) => return Err(Halt::Refused(refusal)),
                Err(SubmitError::Busy) => self.wait(WAIT_BUSY),
                Err(SubmitError::Store(StoreError::Stopped)) => return Err(Halt::Stopping),
                Err(SubmitError::Store(error)) => return Err(Halt::Failed(error)),
            }
        }
    }

    fn wait(&self, long: Duration) {
        if !self.stopping.load(Ordering::Relaxed) {
            std::thread::sleep(long.min(WAIT_FAILED));
        }
    }
}

/// In whose name commands are sent, and the answers they have had so far.
struct Poster {
    institution: InstitutionId,
    actor: Actor,
    answered: BTreeMap<String, String>,
}

/// The real numbers of the places and products that the import made, by those they have within it.
#[derive(Default)]
struct Numbers {
    places: HashMap<PlaceId, PlaceId>,
    products: HashMap<ProductId, ProductId>,
}

impl Numbers {
    fn place(&self, place: &Place) -> Place {
        Place {
            parent: place
                .parent
                .map(|up| self.places.get(&up).copied().unwrap_or(up)),
            ..place.clone()
        }
    }

    fn open(&self, import: &Import, stock: &Stock, acceptors: Vec<PersonId>) -> Open {
        let real = |lot: &Lot| {
            let (mut lot, product) = (lot.clone(), lot.identity.product);
            lot.place = self.places.get(&lot.place).copied().unwrap_or(lot.place);
            lot.identity.product = self.products.get(&product).copied().unwrap_or(product);
            lot
        };
        Open {
            lots: stock.lots.iter().map(real).collect(),
            acceptors,
            reason: stock.reason(import),
        }
    }
}

/// A number in an answer that was stored with its key.
fn read<T: std::str::FromStr>(answer: &str) -> Result<T, Refusal> {
    answer.parse().map_err(|_| Refusal::Inconsistent {
        what: "answer to an import",
    })
}

fn opened(done: Done<'_>) -> String {
    done.entry.map_or_else(String::new, |(entry, _)| {
        let record = entry.record();
        serde_json::json!({"seq": record.seq, "containers": record.containers.len()}).to_string()
    })
}

fn place_made(done: Done<'_>) -> String {
    match done.entry.map(|(entry, _)| &entry.record().act) {
        Some(Act::Place(place)) => place.id.to_string(),
        Some(_) | None => String::new(),
    }
}

fn product_made(done: Done<'_>) -> String {
    match done.entry.map(|(entry, _)| &entry.record().act) {
        Some(Act::Product(product)) => product.id.to_string(),
        Some(_) | None => String::new(),
    }
}

fn requested(done: Done<'_>) -> String {
    let number = |request: RequestId| request.to_string();
    done.request.map_or_else(String::new, number)
}
