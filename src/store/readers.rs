//! Reading: point reads inline on a connection that the thread keeps (SQLite) or on a pooled one
//! (PostgreSQL); long reads on their own few connections, over one instant.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::{ManageConnection, Pool},
};
use tokio::sync::Semaphore;

use crate::domain::{
    desk::{Session, SessionId},
    ids::InstitutionId,
};

use super::{
    StoreError,
    conn::{ConnectError, Database, Db, Purpose, read_tx},
    log_file, lookups,
    sessions::Sessions,
};

/// Connections for point reads on PostgreSQL.
const POINT_CONNECTIONS: u16 = 8;
/// Connections for long reads.
const LONG_CONNECTIONS: u16 = 4;

thread_local! {
    /// The read-only SQLite connections of this thread, by [`Readers::id`].
    static INLINE: RefCell<HashMap<u64, Db>> = RefCell::new(HashMap::new());
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

struct Manager(Database);

/// A pooled connection, and whether the server has closed it.
struct Held {
    conn: Db,
    is_lost: bool,
}

impl ManageConnection for Manager {
    type Connection = Held;
    type Error = ConnectError;

    fn connect(&self) -> Result<Held, ConnectError> {
        let conn = self.0.connect(Purpose::Read)?;
        Ok(Held {
            conn,
            is_lost: false,
        })
    }

    fn is_valid(&self, held: &mut Held) -> Result<(), ConnectError> {
        Ok(held.conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, held: &mut Held) -> bool {
        held.is_lost
            || match &mut held.conn {
                Db::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
                Db::Postgres(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
            }
    }
}

/// The way to read.
#[derive(Clone)]
pub struct Readers {
    database: Database,
    id: u64,
    point: Option<Lane>,
    sessions: Option<Sessions>,
    long: Lane,
}

/// A few connections, and as many permits: whoever has to wait waits as a task. Without them each
/// would wait on a thread of its own, and dozens of threads would fight over the connections.
#[derive(Clone)]
struct Lane {
    database: Database,
    pool: Pool<Manager>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Readers of a database.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(database: &Database) -> Result<Arc<Self>, StoreError> {
        database.connect(Purpose::Read)?;
        let lane = |most: u16| Lane {
            database: database.clone(),
            pool: Pool::builder()
                .max_size(most.into())
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(Duration::from_secs(5))
                .build_unchecked(Manager(database.clone())),
            permits: Arc::new(Semaphore::new(most.into())),
        };
        Ok(Arc::new(Self {
            database: database.clone(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            sessions: (!database.is_sqlite())
                .then(|| Sessions::open(database))
                .transpose()?,
            point: (!database.is_sqlite()).then(|| lane(POINT_CONNECTIONS)),
            long: lane(LONG_CONNECTIONS),
        }))
    }

    /// Bytes of the write-ahead log that are not yet in the SQLite file.
    #[must_use]
    pub fn wal_bytes(&self) -> Option<u64> {
        let Database::Sqlite(path) = &self.database else {
            return None;
        };
        std::fs::metadata(log_file::beside(path))
            .ok()
            .map(|file| file.len())
    }

    /// Connections in use for point reads (PostgreSQL) and for long reads.
    #[must_use]
    pub fn in_use(&self) -> [(&'static str, u32); 2] {
        let used = |lane: &Lane| {
            let pool = &lane.pool;
            let state = pool.state();
            state.connections.saturating_sub(state.idle_connections)
        };
        [
            ("point", self.point.as_ref().map_or(0, used)),
            ("long", used(&self.long)),
        ]
    }

    /// A read of a few rows by key. On SQLite it runs at once on this thread: a hop to another thread
    /// costs four times the read itself (measured).
    pub(crate) async fn point<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.point {
            None => self.inline(work),
            Some(lane) => lane.run(work).await,
        }
    }

    /// Some such reads, on SQLite over one instant: they then take its locks once, not once each. On
    /// PostgreSQL a transaction would cost two more round trips.
    pub(crate) async fn points<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.point {
            None => self.inline(|conn| read_tx(conn, &work)),
            Some(lane) => lane.run(work).await,
        }
    }

    /// The session, whatever its state, if no entry after `register_seq` has changed the register.
    /// Nothing, too, when the database did not answer; another read says why.
    pub(crate) async fn session_at(
        &self,
        institution: InstitutionId,
        session: SessionId,
        register_seq: i64,
    ) -> Option<Session> {
        match &self.sessions {
            Some(sessions) => sessions.at((institution, session, register_seq)).await,
            None => self
                .inline(|conn| lookups::session_at(conn, institution, session, register_seq))
                .ok()
                .flatten(),
        }
    }

    /// A read of many rows, over one instant of the database.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.long.run(move |conn| read_tx(conn, &work)).await
    }

    fn inline<T>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        INLINE.with_borrow_mut(|connections| {
            let conn = match connections.entry(self.id) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(self.database.connect(Purpose::Read)?)
                }
            };
            work(conn)
        })
    }
}

impl Lane {
    /// Reads on a pooled connection. The server may have closed it since it was used last: then the
    /// read is done again on a new one, which costs less than to ask before every read.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Stopped)?;
        let lane = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut held = lane
                .pool
                .get()
                .map_err(|error| StoreError::Pool(error.to_string()))?;
            let mut result = work(&mut held.conn);
            if result.as_ref().is_err_and(StoreError::is_lost_connection) {
                held.is_lost = true;
                result = work(&mut lane.database.connect(Purpose::Read)?);
            }
            // The connection first: whoever gets the permit finds it free.
            drop(held);
            drop(permit);
            result
        });
        task.await.map_err(|_| StoreError::Stopped)?
    }
}
