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
    connection::SimpleConnection,
    r2d2::{ManageConnection, Pool},
};

use super::{
    StoreError,
    conn::{ConnectError, Database, Db, Purpose, read_tx},
};

/// Connections for point reads on PostgreSQL.
const POINT_CONNECTIONS: u32 = 16;
/// Connections for long reads.
const LONG_CONNECTIONS: u32 = 4;

thread_local! {
    /// The read-only SQLite connections of this thread, by [`Readers::id`].
    static INLINE: RefCell<HashMap<u64, Db>> = RefCell::new(HashMap::new());
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

struct Manager(Database);

/// A pooled connection, and whether the last work on it failed.
struct Held {
    conn: Db,
    failed: bool,
}

impl ManageConnection for Manager {
    type Connection = Held;
    type Error = ConnectError;

    fn connect(&self) -> Result<Held, ConnectError> {
        let conn = self.0.connect(Purpose::Read)?;
        Ok(Held {
            conn,
            failed: false,
        })
    }

    fn is_valid(&self, held: &mut Held) -> Result<(), ConnectError> {
        Ok(held.conn.batch_execute("SELECT 1")?)
    }

    // Asked after every use: the question costs as much as a read, so only a failure brings it up.
    fn has_broken(&self, held: &mut Held) -> bool {
        held.failed && held.conn.batch_execute("SELECT 1").is_err()
    }
}

/// The way to read.
#[derive(Clone)]
pub struct Readers {
    database: Database,
    id: u64,
    point: Option<Pool<Manager>>,
    long: Pool<Manager>,
}

impl Readers {
    /// Readers of a database.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn open(database: &Database) -> Result<Arc<Self>, StoreError> {
        database.connect(Purpose::Read)?;
        let pool = |most: u32| {
            Pool::builder()
                .max_size(most)
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(Duration::from_secs(5))
                .build_unchecked(Manager(database.clone()))
        };
        Ok(Arc::new(Self {
            database: database.clone(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            point: (!database.is_sqlite()).then(|| pool(POINT_CONNECTIONS)),
            long: pool(LONG_CONNECTIONS),
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
            Some(pool) => on_pool(pool.clone(), work).await,
        }
    }

    /// A read of many rows, over one instant of the database.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        on_pool(self.long.clone(), |conn| read_tx(conn, work)).await
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

async fn on_pool<T: Send + 'static>(
    pool: Pool<Manager>,
    work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let task = tokio::task::spawn_blocking(move || {
        let mut held = pool
            .get()
            .map_err(|error| StoreError::Pool(error.to_string()))?;
        // Set before the work, so that a panic in it counts as a failure too.
        held.failed = true;
        let result = work(&mut held.conn);
        held.failed = result.is_err();
        result
    });
    task.await.map_err(|_| StoreError::Stopped)?
}
