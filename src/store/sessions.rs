//! Whether sessions live, asked by every request. On PostgreSQL one thread answers all that wait with two
//! queries: a round trip for each would cost more than the reads themselves.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::domain::{
    desk::{Session, SessionId},
    ids::InstitutionId,
};

use super::{
    StoreError,
    conn::{Database, Db, Purpose},
    lookups,
};

/// Most questions of one query.
const MOST: usize = 256;

/// How long a request waits: one connection that hangs must not hold up everybody.
const PATIENCE: Duration = Duration::from_secs(2);

/// A session, and the last entry that had changed the register when the asker's copy of it was made.
type Question = (InstitutionId, SessionId, i64);

type Asked = (Question, oneshot::Sender<Option<Session>>);

/// The way to ask.
#[derive(Clone)]
pub(super) struct Sessions(Sender<Asked>);

impl Sessions {
    /// Starts the thread, which ends with the last of those who may ask.
    pub(super) fn open(database: &Database) -> Result<Self, StoreError> {
        let (ask, asked) = channel();
        let database = database.clone();
        std::thread::Builder::new()
            .name("sessions".to_owned())
            .spawn(move || answer_all(&database, &asked))
            .map_err(|_| StoreError::Stopped)?;
        Ok(Self(ask))
    }

    /// The session, whatever its state, if the copy of the register is still right. Nothing, too, when the
    /// database failed: whoever gets nothing reads for themselves, and learns why.
    pub(super) async fn at(&self, question: Question) -> Option<Session> {
        let (tell, told) = oneshot::channel();
        self.0.send((question, tell)).ok()?;
        tokio::time::timeout(PATIENCE, told).await.ok()?.ok()?
    }
}

fn answer_all(database: &Database, asked: &Receiver<Asked>) {
    let mut open = None;
    while let Ok(first) = asked.recv() {
        let waiting = std::iter::once(first).chain(asked.try_iter().take(MOST - 1));
        let (questions, askers): (Vec<Question>, Vec<_>) = waiting.unzip();
        let mut answers = ask(database, open.take(), &questions);
        // The server may have closed the connection since the last question.
        if answers.as_ref().is_err_and(StoreError::is_lost_connection) {
            answers = ask(database, None, &questions);
        }
        match answers {
            Ok((answers, conn)) => {
                open = Some(conn);
                for (asker, answer) in askers.into_iter().zip(answers) {
                    // Whoever has gone needs no answer.
                    drop(asker.send(answer));
                }
            }
            Err(error) => tracing::warn!(%error, "sessions are read one by one"),
        }
    }
}

/// The answers in order, and the connection, which an error closes.
fn ask(
    database: &Database,
    open: Option<Db>,
    questions: &[Question],
) -> Result<(Vec<Option<Session>>, Db), StoreError> {
    let mut conn = match open {
        Some(conn) => conn,
        None => database.connect(Purpose::Keys)?,
    };
    let sessions: Vec<_> = questions.iter().map(|(of, id, _)| (*of, *id)).collect();
    let institutions: Vec<_> = questions.iter().map(|(of, ..)| *of).collect();
    // The register first: what changes after it counts from the next request on.
    let registers = lookups::register_seqs(&mut conn, &institutions)?;
    let found = lookups::sessions_of(&mut conn, &sessions)?;
    let answers = questions.iter().map(|(institution, session, register)| {
        let is_right = registers.get(institution) == Some(register);
        let session = found.get(&(*institution, *session));
        session.filter(|_| is_right).cloned()
    });
    Ok((answers.collect(), conn))
}
