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

use super::{
    StoreError,
    conn::{ConnectError, Database, Db, Purpose, read_tx},
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

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = ConnectError;

    fn connect(&self) -> Result<Db, ConnectError> {
        self.0.connect(Purpose::Read)
    }

    fn is_valid(&self, conn: &mut Db) -> Result<(), ConnectError> {
        Ok(conn.batch_execute("SELECT 1")?)
    }

    /// Without asking the server: it is asked when the connection is taken out, since it may lose the
    /// connection in between.
    fn has_broken(&self, conn: &mut Db) -> bool {
        match conn {
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
    long: Lane,
}

/// A few connections, and as many permits: whoever has to wait waits as a task. Without them each
/// would wait on a thread of its own, and dozens of threads would fight over the connections.
#[derive(Clone)]
struct Lane {
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
            pool: Pool::builder()
                .max_size(most.into())
                .min_idle(Some(0))
                .test_on_check_out(true)
                .connection_timeout(Duration::from_secs(5))
                .build_unchecked(Manager(database.clone())),
            permits: Arc::new(Semaphore::new(most.into())),
        };
        Ok(Arc::new(Self {
            database: database.clone(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
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
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        std::fs::metadata(log).ok().map(|file| file.len())
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
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
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
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.point {
            None => self.inline(|conn| read_tx(conn, work)),
            Some(lane) => lane.run(work).await,
        }
    }

    /// A read of many rows, over one instant of the database.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.long.run(|conn| read_tx(conn, work)).await
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
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Stopped)?;
        let pool = self.pool.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut conn = pool
                .get()
                .map_err(|error| StoreError::Pool(error.to_string()))?;
            let result = work(&mut conn);
            // The connection first: whoever gets the permit finds it free.
            drop(conn);
            drop(permit);
            result
        });
        task.await.map_err(|_| StoreError::Stopped)?
    }
}
