//! Closes the months of every ledger that are over (月结) and reckons its balances (结存), now and then and at
//! the start.

use std::{
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::{
    domain::ids::InstitutionId,
    store::{
        Database, StoreError,
        conn::{Db, Purpose, read_tx},
        months,
        writer::Writer,
    },
};

use super::{App, AppError};

/// How often it looks: reports reckon from the entries until a month is closed.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The thread that closes months.
pub(super) struct Closer {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Closer {
    pub(super) fn start(database: &Database, writer: &Writer) -> Result<Self, StoreError> {
        let (stop, stopped) = channel();
        let (database, writer) = (database.clone(), writer.clone());
        let run = move || {
            loop {
                if let Err(error) = close(&database, &writer) {
                    tracing::warn!(%error, "months were not closed; it is tried again");
                }
                if stopped.recv_timeout(LOOK_EVERY) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("closer".to_owned())
            .spawn(run)
            .map_err(|_| StoreError::Stopped)?;
        Ok(Self { stop, thread })
    }

    /// Ends it, before the writers end.
    pub(super) fn join(self) {
        drop(self.stop);
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}

/// Closes whatever is over; how many months that was. A ledger that cannot be closed does not stand in the
/// way of the others: it is tried again.
fn close(database: &Database, writer: &Writer) -> Result<usize, StoreError> {
    let mut conn = database.connect(Purpose::Read)?;
    let mut closed = 0;
    for institution in months::institutions(&mut conn)? {
        let (done, failed) = close_of(&mut conn, writer, institution);
        closed += done;
        if let Some(error @ (StoreError::Connect(_) | StoreError::Stopped)) = failed {
            return Err(error);
        }
        if let Some(error) = failed {
            tracing::error!(%error, %institution, "a ledger's months were not closed; it is tried again");
        }
    }
    Ok(closed)
}

/// Closes the months of one ledger; how many, and what stopped it.
fn close_of(
    conn: &mut Db,
    writer: &Writer,
    institution: InstitutionId,
) -> (usize, Option<StoreError>) {
    let next = |conn: &mut Db| read_tx(conn, |conn| months::next(conn, institution));
    let mut closed = 0;
    loop {
        let reckoned = match next(conn) {
            Ok(Some(reckoned)) => Arc::new(reckoned),
            Ok(None) => return (closed, None),
            Err(error) => return (closed, Some(error)),
        };
        match writer.store_reckoned(institution, reckoned.clone()) {
            Ok(()) => closed += usize::from(reckoned.is_month()),
            // Another server may have stored it at the same moment.
            Err(error) => match next(conn) {
                Ok(Some(still)) if still.is_as(&reckoned) => return (closed, Some(error)),
                Ok(Some(_) | None) => {}
                Err(error) => return (closed, Some(error)),
            },
        }
    }
}

impl App {
    /// Closes now what is over and not closed yet; how many months that was.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub fn close_months(&self) -> Result<usize, AppError> {
        Ok(close(&self.database, &self.writer)?)
    }
}
