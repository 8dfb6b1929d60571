//! Reading: point reads inline on a connection that the thread keeps (SQLite) or on a pooled one
//! (PostgreSQL); long reads on their own few connections, over one instant.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
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
/// A connection that did well within this time is taken for alive: asking costs as much as a read.
const ALIVE: Duration = Duration::from_secs(1);

thread_local! {
    /// The read-only SQLite connections of this thread, by [`Readers::id`].
    static INLINE: RefCell<HashMap<u64, Db>> = RefCell::new(HashMap::new());
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

struct Manager(Database);

/// A pooled connection.
struct Held {
    conn: Db,
    /// When the last work on it went well; nothing when it did not.
    well: Option<Instant>,
}

impl ManageConnection for Manager {
    type Connection = Held;
    type Error = ConnectError;

    fn connect(&self) -> Result<Held, ConnectError> {
        let conn = self.0.connect(Purpose::Read)?;
        Ok(Held { conn, well: None })
    }

    /// Asked when the connection is taken out, since the server may lose it in between.
    fn is_valid(&self, held: &mut Held) -> Result<(), ConnectError> {
        if held.well.is_some_and(|well| well.elapsed() < ALIVE) {
            return Ok(());
        }
        Ok(held.conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, held: &mut Held) -> bool {
        match &mut held.conn {
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
            let mut held = pool
                .get()
                .map_err(|error| StoreError::Pool(error.to_string()))?;
            // Before the work, so that a panic in it counts too.
            held.well = None;
            let result = work(&mut held.conn);
            held.well = result.is_ok().then(Instant::now);
            // The connection first: whoever gets the permit finds it free.
            drop(held);
            drop(permit);
            result
        });
        task.await.map_err(|_| StoreError::Stopped)?
    }
}
