//! Connections: SQLite or PostgreSQL, chosen by the scheme of the URL.

use std::{fmt, path::PathBuf, str::FromStr};

use diesel::{
    Connection, ConnectionError, QueryResult, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    pg::PgConnection,
    sql_query,
    sql_types::Text,
    sqlite::SqliteConnection,
};

pub(crate) use super::backend::Db;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A libpq URL.
    Postgres(String),
}

/// A database that cannot be used, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL names no backend.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    Scheme,
    /// The backend does not answer.
    #[error("cannot connect to {0}: {1}")]
    Refused(String, ConnectionError),
    /// A setting with which acknowledged entries could be lost or forged.
    #[error("refusing to use this database: {0}")]
    Unsafe(String),
    /// A statement of the set-up failed.
    #[error("cannot set up the connection: {0}")]
    Setup(#[from] diesel::result::Error),
}

impl FromStr for Database {
    type Err = ConnectError;

    fn from_str(url: &str) -> Result<Self, ConnectError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            Ok(Self::Sqlite(PathBuf::from(path)))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(url.to_owned()))
        } else {
            Err(ConnectError::Scheme)
        }
    }
}

/// Without user and password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let rest = url.rsplit_once('@').map_or_else(
                    || url.split_once("//").map_or("", |(_, rest)| rest),
                    |(_, rest)| rest,
                );
                write!(
                    f,
                    "postgres://{}",
                    rest.split('?').next().unwrap_or_default()
                )
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The writer: the only connection that changes anything.
    Write,
    /// Reads rows by their keys only (PostgreSQL).
    Keys,
    /// Reads only; on SQLite the file is opened so that nothing else is possible.
    Read,
    /// Moves the write-ahead log into the file, off the commit path (SQLite).
    Checkpoint,
}

impl Database {
    /// Connects and sets the connection up; SQLite files are created only by `migrate`.
    ///
    /// # Errors
    /// [`ConnectError`]: no answer, or settings under which an acknowledged entry could be lost.
    pub(crate) fn connect(&self, purpose: Purpose) -> Result<Db, ConnectError> {
        match self {
            Self::Sqlite(path) => {
                let mode = match purpose {
                    Purpose::Read | Purpose::Keys => "ro",
                    Purpose::Write | Purpose::Checkpoint => "rw",
                };
                let url = format!("file:{}?mode={mode}", escaped(&path.to_string_lossy()));
                let mut conn = self.answered(SqliteConnection::establish(&url))?;
                set_up_sqlite(&mut conn, purpose)?;
                Ok(Db::Sqlite(conn))
            }
            Self::Postgres(url) => {
                let mut conn = self.answered(PgConnection::establish(url))?;
                set_up_postgres(&mut conn, purpose)?;
                Ok(Db::Postgres(conn))
            }
        }
    }

    /// Whether it is the embedded backend.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Whether there is a file, empty or not; a server is always there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.exists(),
            Self::Postgres(_) => true,
        }
    }

    fn answered<C>(&self, result: Result<C, ConnectionError>) -> Result<C, ConnectError> {
        result.map_err(|error| ConnectError::Refused(self.to_string(), error))
    }
}

/// A path within a SQLite `file:` URI.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

fn set_up_sqlite(conn: &mut SqliteConnection, purpose: Purpose) -> Result<(), ConnectError> {
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;
         PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
    )?;
    match purpose {
        // The writer never moves the write-ahead log: that page copying is a third of its work and
        // makes every thousandth commit wait (measured); a thread of its own does it.
        Purpose::Write => conn.batch_execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA cache_size = -65536; PRAGMA journal_size_limit = 67108864;",
        )?,
        Purpose::Checkpoint => {
            conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")?;
        }
        Purpose::Read | Purpose::Keys => {
            conn.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -8192;")?;
        }
    }
    #[cfg(sabotage = "no_trigger")]
    if purpose == Purpose::Write {
        conn.batch_execute(
            "DROP TRIGGER IF EXISTS entry_stays; DROP TRIGGER IF EXISTS posting_signed",
        )?;
    }
    #[cfg(sabotage = "synchronous_normal")]
    conn.batch_execute("PRAGMA synchronous = NORMAL;")?;
    #[cfg(not(sabotage = "synchronous_normal"))]
    if purpose == Purpose::Write {
        let journal: Setting =
            sql_query("SELECT journal_mode AS value FROM pragma_journal_mode").get_result(conn)?;
        let sync: Setting =
            sql_query("SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous")
                .get_result(conn)?;
        if journal.value != "wal" || sync.value != "2" {
            return Err(ConnectError::Unsafe(format!(
                "journal_mode is {} and synchronous is {}, but wal and 2 (FULL) are needed",
                journal.value, sync.value
            )));
        }
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

fn set_up_postgres(conn: &mut PgConnection, purpose: Purpose) -> Result<(), ConnectError> {
    conn.batch_execute(
        "SET default_transaction_isolation = 'read committed'; SET timezone = 'UTC';
         SET client_min_messages = 'warning'; SET lock_timeout = '20s';",
    )?;
    match purpose {
        Purpose::Read | Purpose::Keys => {
            conn.batch_execute("SET default_transaction_read_only = on")?;
        }
        // A server that hangs, or whose machine lost its power, must not keep the heads locked until
        // TCP notices: less than `lock_timeout`, so that the writers that wait get on.
        Purpose::Write | Purpose::Checkpoint => {
            conn.batch_execute("SET idle_in_transaction_session_timeout = '10s'")?;
        }
    }
    if matches!(purpose, Purpose::Write | Purpose::Keys) {
        // Every row is found by its key. The statements are planned once (anew for each batch
        // costs a third of the batch), often while the tables are still empty: a scan or a hash join
        // chosen then would stay when they have grown.
        conn.batch_execute(
            "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
             SET enable_hashjoin = off; SET enable_mergejoin = off;",
        )?;
    }
    for (name, wrong) in [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
    ] {
        let setting: Setting = sql_query("SELECT current_setting($1) AS value")
            .bind::<Text, _>(name)
            .get_result(conn)?;
        if setting.value == wrong {
            return Err(ConnectError::Unsafe(format!(
                "{name} is off on this server: acknowledged entries could be lost; turn it on"
            )));
        }
    }
    Ok(())
}

/// Runs `work` in one write transaction: BEGIN IMMEDIATE on SQLite (a deferred one fails with
/// "locked" in spite of the busy timeout), READ COMMITTED on PostgreSQL.
pub(crate) fn write_tx<T, E: From<diesel::result::Error>>(
    conn: &mut Db,
    work: impl FnOnce(&mut Db) -> Result<T, E>,
) -> Result<T, E> {
    begin(
        conn,
        "BEGIN IMMEDIATE",
        "BEGIN ISOLATION LEVEL READ COMMITTED",
    )?;
    finish(conn, work)
}

/// Runs `work` over one instant of the database.
pub(crate) fn read_tx<T, E: From<diesel::result::Error>>(
    conn: &mut Db,
    work: impl FnOnce(&mut Db) -> Result<T, E>,
) -> Result<T, E> {
    begin(
        conn,
        "BEGIN DEFERRED",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    )?;
    finish(conn, work)
}

fn begin(conn: &mut Db, sqlite: &str, postgres: &str) -> QueryResult<()> {
    match conn {
        Db::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sqlite),
        Db::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, postgres),
    }
}

fn finish<T, E: From<diesel::result::Error>>(
    conn: &mut Db,
    work: impl FnOnce(&mut Db) -> Result<T, E>,
) -> Result<T, E> {
    match work(conn) {
        Ok(value) => {
            match conn {
                Db::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn)?,
                Db::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn)?,
            }
            Ok(value)
        }
        Err(error) => {
            let rolled_back = match conn {
                Db::Sqlite(conn) => AnsiTransactionManager::rollback_transaction(conn),
                Db::Postgres(conn) => AnsiTransactionManager::rollback_transaction(conn),
            };
            // The cause is what matters; a connection whose rollback fails is thrown away by its
            // owner because the next statement on it fails.
            drop(rolled_back);
            Err(error)
        }
    }
}
