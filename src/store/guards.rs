//! What must hold before a database is served: the schema of this program, every guard of it in place,
//! and on PostgreSQL a role that can add to the ledger and never change it.

use std::collections::BTreeSet;

use diesel::{
    Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    migration::MigrationSource, result::Error, sql_query, sql_types::Text, sqlite::Sqlite,
};
use diesel_migrations::MigrationHarness;

use super::{
    conn::{ConnectError, Database, Db, Purpose},
    migrate::SQLITE,
};

/// Refuses a database that this program must not write to.
///
/// # Errors
/// [`ConnectError::Unsafe`] with what to do about it.
pub(crate) fn check(database: &Database) -> Result<(), ConnectError> {
    match database.connect(Purpose::Read)? {
        Db::Sqlite(mut conn) => {
            check_version(&versions(sqlite_versions(&mut conn))?)?;
            same_schema(&sqlite_schema(&mut conn)?)
        }
        Db::Postgres(mut conn) => {
            check_version(&versions(postgres_versions(&mut conn))?)?;
            check_role(&mut conn)?;
            check_triggers(&mut conn)
        }
    }
}

/// What of the schema is not as this program's migrations made it: a guard that is gone lets through what
/// no entry shows.
///
/// # Errors
/// When the database cannot be read.
pub(in crate::store) fn fault(conn: &mut Db) -> Result<Option<String>, ConnectError> {
    let checked = match conn {
        Db::Sqlite(conn) => check_version(&versions(sqlite_versions(conn))?)
            .and_then(|()| same_schema(&sqlite_schema(conn)?)),
        Db::Postgres(conn) => {
            check_version(&versions(postgres_versions(conn))?).and_then(|()| check_triggers(conn))
        }
    };
    match checked {
        Ok(()) => Ok(None),
        Err(ConnectError::Unsafe(why)) => Ok(Some(why)),
        Err(error) => Err(error),
    }
}

/// Refuses a schema that a newer program made; a new or older one is for the migrations.
///
/// # Errors
/// [`ConnectError::Unsafe`].
pub(super) fn refuse_newer(applied: QueryResult<Vec<OneText>>) -> Result<(), ConnectError> {
    let applied = versions(applied)?;
    match applied.difference(&known_versions()?).next() {
        Some(version) => Err(ConnectError::Unsafe(format!(
            "its schema {version} was made by a newer program; install that version or a later one"
        ))),
        None => Ok(()),
    }
}

fn check_version(applied: &BTreeSet<String>) -> Result<(), ConnectError> {
    let known = known_versions()?;
    let newer = applied.difference(&known).next();
    let pending = known.difference(applied).next();
    Err(ConnectError::Unsafe(match (newer, pending) {
        (None, None) => return Ok(()),
        (Some(version), _) => format!(
            "its schema {version} was made by a newer program; install that version or a later one"
        ),
        (None, Some(version)) => {
            format!("its schema lacks version {version}; run: hazledger migrate")
        }
    }))
}

/// A row of one text.
#[derive(QueryableByName)]
pub(super) struct OneText {
    #[diesel(sql_type = Text)]
    value: String,
}

const VERSIONS: &str = "SELECT version AS value FROM __diesel_schema_migrations";

pub(super) fn sqlite_versions(conn: &mut SqliteConnection) -> QueryResult<Vec<OneText>> {
    sql_query(VERSIONS).load(conn)
}

pub(super) fn postgres_versions(conn: &mut PgConnection) -> QueryResult<Vec<OneText>> {
    sql_query(VERSIONS).load(conn)
}

/// The versions in the database; none when nothing has been made there yet.
fn versions(found: QueryResult<Vec<OneText>>) -> QueryResult<BTreeSet<String>> {
    match found {
        Ok(rows) => Ok(rows.into_iter().map(|row| row.value).collect()),
        Err(Error::DatabaseError(_, info))
            if ["no such table", "does not exist"]
                .iter()
                .any(|text| info.message().contains(text)) =>
        {
            Ok(BTreeSet::new())
        }
        Err(error) => Err(error),
    }
}

/// The versions of this program; both backends have the same (a test of the tree sees to it).
fn known_versions() -> Result<BTreeSet<String>, ConnectError> {
    let migrations = MigrationSource::<Sqlite>::migrations(&SQLITE)
        .map_err(|error| ConnectError::Unsafe(error.to_string()))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect())
}

/// Type, name and text of everything in an SQLite schema.
fn sqlite_schema(conn: &mut SqliteConnection) -> Result<BTreeSet<String>, ConnectError> {
    let rows: Vec<OneText> = sql_query(
        "SELECT type || ' ' || name || ': ' || COALESCE(sql, '') AS value FROM sqlite_schema
         WHERE substr(name, 1, 7) <> 'sqlite_'",
    )
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Compares a schema with what the migrations make of an empty database.
fn same_schema(found: &BTreeSet<String>) -> Result<(), ConnectError> {
    let mut fresh = SqliteConnection::establish(":memory:")
        .map_err(|error| ConnectError::Refused(":memory:".to_owned(), error))?;
    fresh
        .run_pending_migrations(SQLITE)
        .map_err(|error| ConnectError::Unsafe(error.to_string()))?;
    match sqlite_schema(&mut fresh)?
        .symmetric_difference(found)
        .next()
    {
        Some(object) => Err(changed(object.split(':').next().unwrap_or_default())),
        None => Ok(()),
    }
}

fn changed(object: &str) -> ConnectError {
    ConnectError::Unsafe(format!(
        "its {object} is not as the migrations made it: somebody changed the schema by hand. Run hazledger verify, \
         find out who and why, and put it back as it was"
    ))
}

/// What is wrong with the role, worst first; nothing when it may only add.
const ROLE: &str = "
    SELECT problem AS value FROM (VALUES
        (1, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), 'is a superuser'),
        (2, (SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user), 'bypasses row-level security'),
        (3, EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = current_schema() AND pg_has_role(c.relowner, 'MEMBER')), 'owns tables of the ledger'),
        (4, EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgname = t.tgrelid::regclass::text || '_stays'
            AND (has_table_privilege(t.tgrelid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                OR has_any_column_privilege(t.tgrelid, 'UPDATE'))), 'may change entries that were written')
    ) AS checks (place, wrong, problem) WHERE wrong ORDER BY place LIMIT 1";

fn check_role(conn: &mut PgConnection) -> Result<(), ConnectError> {
    let problems: Vec<OneText> = sql_query(ROLE).load(conn)?;
    match problems.first() {
        Some(problem) => Err(ConnectError::Unsafe(format!(
            "the role that serves {}; serve as the role that `hazledger migrate --owner-url … --service-role …` \
             gives its rights to",
            problem.value
        ))),
        None => Ok(()),
    }
}

/// The migrations as they are written: the text of each trigger and function is looked up in them.
#[derive(rust_embed::RustEmbed)]
#[folder = "migrations/postgres"]
struct Migrations;

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    function: String,
    #[diesel(sql_type = Text)]
    definition: String,
    #[diesel(sql_type = Text)]
    body: String,
}

/// Every trigger of the migrations must be there, enabled ALWAYS, with the function it was made with.
fn check_triggers(conn: &mut PgConnection) -> Result<(), ConnectError> {
    let source = migrations_text();
    let mut expected: BTreeSet<Vec<&str>> = source
        .split("CREATE TRIGGER")
        .skip(1)
        .filter_map(|rest| rest.split(';').next())
        .map(words)
        .collect();
    let triggers: Vec<Trigger> = sql_query(
        "SELECT t.tgname::text AS name, p.proname::text AS function, p.prosrc AS body, CASE WHEN t.tgenabled = 'A'
            THEN substr(pg_get_triggerdef(t.oid, true), length('CREATE TRIGGER ')) ELSE '' END AS definition
         FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND NOT t.tgisinternal",
    )
    .load(conn)?;
    for trigger in &triggers {
        let body = last_body(&source, &trigger.function);
        if !expected.remove(&words(&trigger.definition)) || body != Some(trigger.body.as_str()) {
            return Err(changed(&format!("trigger {}", trigger.name)));
        }
    }
    match expected.first() {
        Some(words) => Err(changed(&format!("trigger ({})", words.join(" ")))),
        None => Ok(()),
    }
}

/// The body that the latest migration gave a function.
fn last_body<'s>(source: &'s str, function: &str) -> Option<&'s str> {
    let (_, latest) = source.rsplit_once(&format!("FUNCTION {function}() RETURNS"))?;
    latest.split("$$").nth(1)
}

/// The migrations in their order.
fn migrations_text() -> String {
    let paths: BTreeSet<_> = Migrations::iter()
        .filter(|path| path.ends_with("up.sql"))
        .collect();
    paths
        .iter()
        .filter_map(|path| Migrations::get(path))
        .map(|file| String::from_utf8_lossy(&file.data).into_owned())
        .collect()
}

/// The words in an order of their own: PostgreSQL prints `DELETE OR UPDATE` for `UPDATE OR DELETE`.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<_> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}
