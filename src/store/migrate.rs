//! Making and upgrading the database.

use std::{fs::File, io, path::Path};

use diesel::{
    Connection, RunQueryDsl, connection::SimpleConnection, pg::PgConnection, sql_query,
    sqlite::SqliteConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    conn::{ConnectError, Database},
    guards,
};

pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The key of the advisory lock that one migration at a time holds on PostgreSQL.
const MIGRATION_LOCK: i64 = 0x6861_7A6C;

/// Why the schema could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A statement failed.
    #[error("cannot migrate: {0}")]
    Statement(#[from] diesel::result::Error),
    /// A migration failed, or the database is newer than this program.
    #[error("cannot migrate: {0}")]
    Migration(String),
    /// The folder of the file does not exist.
    #[error("the folder {0} does not exist; create it, or leave out --database to use ./data")]
    Folder(String),
    /// The file cannot be made.
    #[error("cannot make {0}: {1}")]
    File(String, io::Error),
}

/// Brings the schema up to this program's version, creating an SQLite file if there is none.
/// `service` is the PostgreSQL role that the server will use; it gets the rights it needs and no more.
///
/// # Errors
/// [`MigrateError`].
pub fn migrate(database: &Database, service: Option<&str>) -> Result<(), MigrateError> {
    match database {
        Database::Sqlite(path) => migrate_sqlite(path),
        Database::Postgres(url) => migrate_postgres(url, service),
    }
}

fn migrate_sqlite(path: &Path) -> Result<(), MigrateError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(MigrateError::Folder(folder.display().to_string()));
    }
    private(path).map_err(|error| MigrateError::File(path.display().to_string(), error))?;
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|error| ConnectError::Refused(path.display().to_string(), error))?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
    )?;
    guards::refuse_newer(guards::sqlite_versions(&mut conn))?;
    conn.run_pending_migrations(SQLITE)
        .map(drop)
        .map_err(|error| MigrateError::Migration(error.to_string()))
}

/// Makes the file for its owner only: names and digests of secrets are in it. SQLite gives its companions
/// the same rights. One that is there is not touched: closing it would let go of SQLite's locks on it.
fn private(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn migrate_postgres(url: &str, service: Option<&str>) -> Result<(), MigrateError> {
    let mut conn = PgConnection::establish(url).map_err(|error| {
        ConnectError::Refused(Database::Postgres(url.to_owned()).to_string(), error)
    })?;
    sql_query("SELECT pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(&mut conn)?;
    guards::refuse_newer(guards::postgres_versions(&mut conn))?;
    conn.run_pending_migrations(POSTGRES)
        .map_err(|error| MigrateError::Migration(error.to_string()))?;
    if let Some(service) = service {
        let role = format!("\"{}\"", service.replace('"', "\"\""));
        conn.batch_execute(&GRANTS.replace("{service}", &role))?;
    }
    Ok(())
}

/// The rights of the service role: it can add to the ledger and never change or remove a line.
const GRANTS: &str = "
GRANT USAGE ON SCHEMA public TO {service};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {service};
GRANT INSERT ON ALL TABLES IN SCHEMA public TO {service};
GRANT UPDATE ON log_head, person, tenure, known_secret, badge, department, place, product, standing, holding, book_gap,
    emergency, permit, requisition, purchase_order, outgoing, incoming, place_total, product_total, session, stored_secret, one_time_code, attempts, wrong_tries, signing_request,
    reservation, import_job, stocktake, tally, stray, incident,
    waste_container, waste_line TO {service};
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON __diesel_schema_migrations FROM {service};
";
