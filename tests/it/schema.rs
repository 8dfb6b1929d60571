//! The one list of tables is what both databases have, and the migrations lead there and back.

use std::collections::BTreeSet;

use diesel::{Connection, PgConnection, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use hazledger::app::migrate;
use hazledger::store::Database;
use hazledger::store::schema::TABLES;

use crate::harness::cluster::{APP, cluster};
use crate::harness::hand::Hand;
use crate::harness::on_both;

/// Every table with its columns in order.
fn columns(hand: &mut Hand) -> BTreeSet<String> {
    let sql = if hand.is_sqlite() {
        "SELECT name || ' ' || (SELECT group_concat(c.name, ',') FROM pragma_table_info(t.name) c) AS value
         FROM sqlite_schema t WHERE type = 'table'"
    } else {
        "SELECT table_name || ' ' || string_agg(column_name, ',' ORDER BY ordinal_position) AS value
         FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"
    };
    of_ours(hand.values(sql))
}

/// Every table with the columns of its primary key in order.
fn keys(hand: &mut Hand) -> BTreeSet<String> {
    let sql = if hand.is_sqlite() {
        "SELECT name || ' ' || (SELECT group_concat(name, ',') FROM
            (SELECT c.name FROM pragma_table_info(t.name) c WHERE c.pk > 0 ORDER BY c.pk)) AS value
         FROM sqlite_schema t WHERE type = 'table'"
    } else {
        "SELECT table_name || ' ' || string_agg(column_name, ',' ORDER BY ordinal_position) AS value
         FROM information_schema.key_column_usage JOIN information_schema.table_constraints
            USING (constraint_schema, constraint_name, table_name)
         WHERE constraint_type = 'PRIMARY KEY' GROUP BY table_name"
    };
    of_ours(hand.values(sql))
}

fn of_ours(tables: Vec<String>) -> BTreeSet<String> {
    tables
        .into_iter()
        .filter(|table| !table.starts_with("__diesel"))
        .collect()
}

on_both! {
    fn the_list_of_tables_is_the_live_schema(server) {
        let mut hand = Hand::to(&server.settings.database);
        let listed = |most: fn(usize, usize) -> usize| -> BTreeSet<String> {
            let tables = TABLES.iter();
            tables.map(|(name, columns, key)| format!("{name} {}", columns[..most(columns.len(), *key)].join(","))).collect()
        };
        assert_eq!(columns(&mut hand), listed(|all, _| all));
        // The list does not know which columns are unique in what order: the key comes first, as declared.
        let live = keys(&mut hand);
        assert_eq!(live, listed(|_, key| key));
        assert!(live.iter().all(|key| key.split(' ').nth(1).unwrap().starts_with("institution_id")), "{live:?}");
    }
}

#[test]
fn every_text_on_postgres_is_compared_by_its_bytes() {
    let Some(cluster) = cluster() else { return };
    let database = cluster.fresh();
    migrate(&Database::Postgres(database.owner_url.clone()), Some(APP)).unwrap();
    let other = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'
        AND data_type NOT IN ('bigint', 'bytea')
        AND NOT (data_type = 'text' AND collation_name IS NOT DISTINCT FROM 'C')";
    assert_eq!(database.as_superuser(other), "");
}

#[test]
fn sqlite_migrations_lead_back_and_forth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let database = Database::Sqlite(path.clone());
    migrate(&database, None).unwrap();
    let schema =
        "SELECT type || name || coalesce(sql, '') AS value FROM sqlite_schema ORDER BY name";
    let made = Hand::to(&database).values(schema);
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.revert_all_migrations(migrations("sqlite")).unwrap();
    let left = "SELECT name AS value FROM sqlite_schema WHERE name NOT LIKE '%diesel%'";
    assert_eq!(Hand::to(&database).values(left), [""; 0]);
    migrate(&database, None).unwrap();
    assert_eq!(Hand::to(&database).values(schema), made);
}

#[test]
fn postgres_migrations_lead_back_and_forth() {
    let Some(cluster) = cluster() else { return };
    let fresh = cluster.fresh();
    let database = Database::Postgres(fresh.owner_url.clone());
    let schema = "SELECT concat(c.relkind, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
            a.attnotnull, a.attnum) AS value
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat(proname, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        ORDER BY value";
    migrate(&database, Some(APP)).unwrap();
    let made = Hand::to(&database).values(schema);
    let mut conn = PgConnection::establish(&fresh.owner_url).unwrap();
    conn.revert_all_migrations(migrations("postgres")).unwrap();
    let left =
        "SELECT relname::text AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relname NOT LIKE '%diesel%'
        UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            AND proname NOT LIKE 'diesel%'";
    assert_eq!(Hand::to(&database).values(left), [""; 0]);
    drop(conn);
    migrate(&database, Some(APP)).unwrap();
    assert_eq!(Hand::to(&database).values(schema), made);
}

fn migrations(backend: &str) -> FileBasedMigrations {
    FileBasedMigrations::from_path(format!(
        "{}/migrations/{backend}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}
