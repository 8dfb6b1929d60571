//! The two backends behind one type.

use diesel::{MultiConnection, pg::PgConnection, sqlite::SqliteConnection};

/// A connection to either backend.
///
/// Never call `Db::establish`: it tries one backend after the other and turns a PostgreSQL that is
/// down into an empty SQLite file. `Database::connect` goes by the scheme of the URL.
#[derive(MultiConnection)]
pub(crate) enum Db {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// Server.
    Postgres(PgConnection),
}
