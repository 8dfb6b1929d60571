//! A connection of one's own to the database of a test.

use diesel::connection::SimpleConnection;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types,
};
use hazledger::store::Database;

/// Somebody who writes SQL by hand.
pub enum Hand {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    value: Option<String>,
}

impl Hand {
    /// As whoever the URL names.
    pub fn to(database: &Database) -> Self {
        match database {
            Database::Sqlite(path) => {
                Self::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            }
            Database::Postgres(url) => Self::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    /// Runs statements; what the database says when it refuses.
    pub fn run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        }
        .map_err(|error| error.to_string())
    }

    /// The texts of the column `value`.
    pub fn values(&mut self, sql: &str) -> Vec<String> {
        let rows: Vec<Value> = match self {
            Self::Sqlite(conn) => sql_query(sql).load(conn),
            Self::Postgres(conn) => sql_query(sql).load(conn),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.into_iter()
            .map(|row| row.value.unwrap_or_default())
            .collect()
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Bytes as SQL writes them.
    pub fn blob(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.is_sqlite() {
            format!("X'{hex}'")
        } else {
            format!("'\\x{hex}'::bytea")
        }
    }

    /// An expression for the hexadecimal text of a column of bytes.
    pub fn hex(&self, column: &str) -> String {
        if self.is_sqlite() {
            format!("hex({column})")
        } else {
            format!("encode({column}, 'hex')")
        }
    }
}
