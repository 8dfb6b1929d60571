//! The guards of the database itself: what was written stays, whoever tries to change it, and a database
//! whose guards are not in place is not served.

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use hazledger::app::App;
use hazledger::store::Database;
use hazledger::store::schema::TABLES;
use serde_json::json;

use crate::harness::cluster::{APP, OWNER};
use crate::harness::hand::Hand;
use crate::harness::on_both;
use crate::harness::server::TestServer;

/// The tables to which rows are only ever added.
const APPEND_ONLY: [&str; 8] = [
    "checkpoint",
    "container",
    "entry",
    "idempotency",
    "posting",
    "pulled_head",
    "reversal",
    "signature",
];

/// A stopped server whose every append-only table has a row.
fn filled(server: &mut TestServer) -> Hand {
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let part = json!({"label": labels[0], "amount": {"value": "120", "unit": "mL"}});
    hospital.safety.post("/api/v1/checkouts", part).expect(201);
    server.stop();
    let mut hand = Hand::to(&server.settings.database);
    hand.run("INSERT INTO reversal VALUES (1, 0, 1)").unwrap();
    hand.run(
        "INSERT INTO signature SELECT 1, 0, 1, 'issuer', 'b', 0, leaf_hash FROM entry
         WHERE institution_id = 1 AND log = 0 AND seq = 0",
    )
    .unwrap();
    hand.run("INSERT INTO checkpoint VALUES (1, 0, 1000000, 'x', 0)")
        .unwrap();
    hand.run(
        "INSERT INTO pulled_head SELECT 1, 2, 1, 'kept', NULL, 1, leaf_hash, 'x', leaf_hash, '', 0, NULL, 0
         FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0",
    )
    .unwrap();
    hand
}

/// Every row of a table, as text.
fn rows(hand: &mut Hand, table: &str) -> Vec<String> {
    let (_, columns, _) = TABLES.iter().find(|(name, ..)| *name == table).unwrap();
    let is_bytes = |column: &str| {
        matches!(
            column,
            "leaf_hash" | "subtrees" | "bytes" | "fingerprint" | "payload_hash" | "root" | "proof"
        )
    };
    let texts = columns.iter().map(|column| match is_bytes(column) {
        true => hand.hex(column),
        false => format!("CAST({column} AS TEXT)"),
    });
    let row = texts.collect::<Vec<_>>().join(", '|', ");
    hand.values(&format!(
        "SELECT concat({row}) AS value FROM {table} ORDER BY 1"
    ))
}

/// Every way to change or remove a row that is there.
fn changes(table: &str, is_sqlite: bool) -> Vec<String> {
    let (_, columns, key) = TABLES.iter().find(|(name, ..)| *name == table).unwrap();
    let (all, unique, last) = (
        columns.join(", "),
        columns[..*key].join(", "),
        columns.last().unwrap(),
    );
    let again = format!("INTO {table} ({all}) SELECT {all} FROM {table} WHERE true");
    let mut ways: Vec<String> = columns
        .iter()
        .map(|column| format!("UPDATE {table} SET {column} = {column}"))
        .collect();
    ways.push(format!("DELETE FROM {table}"));
    ways.push(format!(
        "INSERT {again} ON CONFLICT ({unique}) DO UPDATE SET {last} = excluded.{last}"
    ));
    if is_sqlite {
        ways.extend(["INSERT OR REPLACE", "REPLACE"].map(|how| format!("{how} {again}")));
        ways.extend(
            ["REPLACE", "IGNORE"].map(|how| format!("UPDATE OR {how} {table} SET {last} = {last}")),
        );
    } else {
        ways.push(format!("TRUNCATE {table}"));
        ways.push(format!("TRUNCATE {table} CASCADE"));
    }
    ways
}

on_both! {
    fn what_was_written_can_be_neither_changed_nor_removed(server) {
        let mut hand = filled(server);
        let guarded = if hand.is_sqlite() {
            "SELECT tbl_name AS value FROM sqlite_schema WHERE name = tbl_name || '_stays' ORDER BY 1"
        } else {
            "SELECT tgrelid::regclass::text AS value FROM pg_trigger WHERE tgname = tgrelid::regclass::text || '_stays'
             ORDER BY 1"
        };
        assert_eq!(hand.values(guarded), APPEND_ONLY);
        let mut people = vec![("", hand)];
        if let Some(postgres) = &server.postgres {
            people.push(("", Hand::to(&Database::Postgres(postgres.owner_url.clone()))));
            let superuser = Hand::to(&Database::Postgres(postgres.superuser_url()));
            people.push(("SET session_replication_role = replica; ", superuser));
        }
        for (first, hand) in &mut people {
            for table in APPEND_ONLY {
                let before = rows(hand, table);
                assert!(!before.is_empty(), "{table} has no row to try it on");
                for way in changes(table, hand.is_sqlite()) {
                    let said = hand.run(&format!("{first}{way}")).expect_err(&way);
                    let reasons = ["append-only", "permission denied", "once", "key used", "does not"];
                    assert!(reasons.iter().any(|reason| said.contains(reason)), "{way}: {said}");
                }
                assert_eq!(rows(hand, table), before);
            }
        }
    }

    fn an_entry_follows_the_one_before_it(server) {
        let mut hand = filled(server);
        let add = |log: u8, seq: &str, time: &str| format!(
            "INSERT INTO entry SELECT institution_id, {log}, {seq}, kind, {time}, leaf_hash, subtrees, bytes FROM entry
             WHERE institution_id = 1 AND log = 0 AND seq = 0");
        let of_last = |what: &str| format!("(SELECT {what} FROM entry WHERE institution_id = 1 AND log = 0)");
        let (last, time) = (of_last("MAX(seq)"), of_last("MAX(recorded_at)"));
        for seq in [format!("{last} + 2"), last.clone(), "0".to_owned(), "-1".to_owned()] {
            hand.run(&add(0, &seq, &time)).expect_err(&seq);
        }
        hand.run(&add(0, &format!("{last} + 1"), &format!("{time} - 1"))).expect_err("an earlier time");
        hand.run("INSERT INTO checkpoint VALUES (1, 0, 999999, 'x', 0)").expect_err("a smaller head");
        let of_another = |seq: u8| format!(
            "INSERT INTO entry SELECT 77, log, {seq}, kind, recorded_at, leaf_hash, subtrees, bytes FROM entry
             WHERE institution_id = 1 AND log = 0 AND seq = 0");
        hand.run(&of_another(0)).expect_err("a log without a head");
        hand.run(&add(0, &format!("{last} + 1"), &time)).unwrap();
    }

    fn entries_added_together_follow_each_other(server) {
        let mut hand = filled(server);
        let two = |step: u8, later: i8| format!(
            "INSERT INTO entry SELECT e.institution_id, 0, last.seq + n.n, e.kind, last.at + n.later, e.leaf_hash, e.subtrees, e.bytes
             FROM entry e, (SELECT MAX(seq) AS seq, MAX(recorded_at) AS at FROM entry WHERE institution_id = 1 AND log = 0) last,
                (SELECT 1 AS n, 0 AS later UNION ALL SELECT 1 + {step}, {later}) n
             WHERE e.institution_id = 1 AND e.log = 0 AND e.seq = 0 ORDER BY n.n");
        hand.run(&two(2, 0)).expect_err("a gap");
        hand.run(&two(1, -1)).expect_err("an earlier time");
        hand.run(&two(1, 0)).unwrap();
    }

    fn a_head_is_not_removed(server) {
        let mut hand = filled(server);
        for way in ["DELETE FROM log_head", "UPDATE log_head SET institution_id = 4242 WHERE institution_id = 1",
            "UPDATE log_head SET log = 1 - log WHERE institution_id = 1"] {
            hand.run(way).expect_err(way);
        }
        if let Some(postgres) = &server.postgres {
            let mut superuser = Hand::to(&Database::Postgres(postgres.superuser_url()));
            for way in ["DELETE FROM log_head", "TRUNCATE log_head", "TRUNCATE log_head CASCADE"] {
                let said = superuser.run(&format!("SET session_replication_role = replica; {way}")).expect_err(way);
                assert!(said.contains("append-only"), "{said}");
            }
        }
    }

    fn no_amount_is_below_zero(server) {
        let mut hand = filled(server);
        for table in ["standing", "holding"] {
            let said = hand.run(&format!("UPDATE {table} SET amount = -1")).expect_err(table);
            assert!(said.to_lowercase().contains("check constraint"), "{said}");
            hand.run(&format!("UPDATE {table} SET amount = amount")).unwrap();
        }
    }

    fn verify_sees_that_a_guard_is_gone(server) {
        let hand = filled(server);
        drop(hand);
        let gone = "DROP TRIGGER entry_stays";
        match &server.postgres {
            Some(postgres) => drop(postgres.as_superuser(&format!("{gone} ON entry"))),
            None => Hand::to(&server.settings.database).run(gone).unwrap(),
        }
        let findings = server.verify().findings;
        assert!(findings.iter().any(|finding| finding.what.contains("entry_stays")), "{findings:?}");
    }

    fn a_database_of_a_newer_program_is_not_served(server) {
        server.stop();
        server.tamper("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101')");
        assert!(server.start_error().contains("newer program"), "{}", server.start_error());
    }
}

#[test]
fn no_entry_is_replaced_through_another_unique_column() {
    let server = &mut TestServer::sqlite();
    let mut hand = filled(server);
    for table in APPEND_ONLY {
        let others = format!(
            "SELECT name AS value FROM pragma_index_list('{table}') WHERE \"unique\" AND origin <> 'pk'"
        );
        assert_eq!(hand.values(&others), [""; 0], "try {table} by these too");
    }
    let before = rows(&mut hand, "entry");
    let said = hand
        .run(
            "INSERT OR REPLACE INTO entry (rowid, institution_id, log, seq, kind, recorded_at, leaf_hash, subtrees, bytes)
             SELECT 2, institution_id, log, seq + 1, kind, recorded_at, leaf_hash, subtrees, bytes FROM entry
             WHERE institution_id = 1 AND log = 0 ORDER BY seq DESC LIMIT 1",
        )
        .unwrap_err();
    assert!(said.contains("append-only"), "{said}");
    assert_eq!(rows(&mut hand, "entry"), before);
}

#[test]
fn sqlite_is_not_served_with_a_changed_schema() {
    let server = &mut TestServer::sqlite();
    server.stop();
    let Database::Sqlite(path) = server.settings.database.clone() else {
        unreachable!()
    };
    let mut hand = Hand::to(&server.settings.database);
    let triggers = "SELECT name AS value FROM sqlite_schema WHERE type = 'trigger'";
    let names = hand.values(triggers);
    assert!(names.len() > APPEND_ONLY.len());
    for name in names {
        let sql = format!("SELECT sql AS value FROM sqlite_schema WHERE name = '{name}'");
        let sql = hand.values(&sql).remove(0);
        let weaker = sql.replace("ABORT", "FAIL");
        for instead in ["", weaker.as_str()] {
            hand.run(&format!("DROP TRIGGER {name}; {instead}"))
                .unwrap();
            let said = server.start_error();
            assert!(said.contains(&format!("trigger {name}")), "{said}");
            hand.run(&format!("DROP TRIGGER IF EXISTS {name}; {sql}"))
                .unwrap();
        }
    }
    hand.run("CREATE TRIGGER quiet BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END")
        .unwrap();
    assert!(server.start_error().contains("trigger quiet"));
    hand.run("DROP TRIGGER quiet; PRAGMA journal_mode = DELETE")
        .unwrap();
    drop(hand);
    server.restart();
    let header = std::fs::read(path).unwrap();
    assert_eq!(
        header[18..20],
        [2, 2],
        "the journal is a write-ahead log again"
    );
}

#[test]
fn a_second_process_on_an_sqlite_file_is_refused() {
    let server = TestServer::sqlite();
    let said = server.start_error();
    assert!(said.contains("another process uses"), "{said}");
}

#[test]
fn migrating_refuses_what_a_newer_program_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let database = Database::Sqlite(path.clone());
    hazledger::app::migrate(&database, None).unwrap();
    SqliteConnection::establish(path.to_str().unwrap())
        .unwrap()
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101')")
        .unwrap();
    let said = hazledger::app::migrate(&database, None)
        .unwrap_err()
        .to_string();
    assert!(said.contains("newer program"), "{said}");
}

#[test]
fn postgres_is_not_served_with_a_changed_guard() {
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    server.stop();
    let mut settings = server.settings.clone();
    let off = [
        "ALTER TABLE entry DISABLE TRIGGER entry_stays",
        "ALTER TABLE posting ENABLE TRIGGER posting_stays",
        "ALTER TABLE posting ENABLE REPLICA TRIGGER posting_stays",
        "DROP TRIGGER entry_follows ON entry",
        "DROP TRIGGER checkpoint_stays ON checkpoint; CREATE TRIGGER checkpoint_stays BEFORE UPDATE ON checkpoint \
         FOR EACH STATEMENT EXECUTE FUNCTION refuse_change(); \
         ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_stays",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    ];
    let first = include_str!("../../migrations/postgres/0001_ledger/up.sql");
    let (_, superseded) = first.split_once("CREATE FUNCTION entry_follows").unwrap();
    let (superseded, _) = superseded.split_once("CREATE TRIGGER").unwrap();
    let superseded = format!("CREATE OR REPLACE FUNCTION entry_follows{superseded}");
    for sql in off.into_iter().chain([superseded.as_str()]) {
        let copy = server.copy();
        copy.postgres.as_ref().unwrap().as_superuser(sql);
        settings.database = copy.database.clone();
        let said = App::start(&settings).map(drop).unwrap_err().to_string();
        assert!(said.contains("changed the schema by hand"), "{sql}: {said}");
    }
}

/// What the service role may do: make temporary tables, which come first where no schema is named.
#[test]
fn no_temporary_table_stands_in_for_a_table_of_the_ledger() {
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    let mut hand = filled(&mut server);
    let last = "(SELECT MAX(seq) FROM entry WHERE institution_id = 1 AND log = 0)";
    let seq: i64 = hand
        .values(&format!("SELECT {last}::text AS value"))
        .remove(0)
        .parse()
        .unwrap();
    hand.run(
        "CREATE TEMP TABLE log_head AS SELECT 4242 AS institution_id, 0 AS log, 0 AS size;
         CREATE TEMP TABLE entry AS SELECT * FROM public.entry;
         CREATE TEMP TABLE checkpoint AS SELECT * FROM public.checkpoint WHERE false;",
    )
    .unwrap();
    let add = |institution: i64, seq: i64| {
        format!(
            "INSERT INTO public.entry SELECT {institution}, 0, {seq}, kind, recorded_at, leaf_hash, subtrees, bytes
             FROM public.entry WHERE institution_id = 1 AND log = 0 ORDER BY seq DESC LIMIT 1"
        )
    };
    hand.run(&add(4242, 0)).expect_err("a log without a head");
    hand.run(&format!(
        "UPDATE entry SET seq = {seq} + 1 WHERE institution_id = 1 AND log = 0 AND seq = {seq}"
    ))
    .unwrap();
    hand.run(&add(1, seq + 2)).expect_err("a gap");
    hand.run("INSERT INTO public.checkpoint VALUES (1, 0, 999999, 'x', 0)")
        .expect_err("a smaller head");
    hand.run(&add(1, seq + 1)).unwrap();
}

#[test]
fn postgres_is_not_served_by_a_role_that_may_change_the_ledger() {
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    server.stop();
    let postgres = server.postgres.as_ref().unwrap();
    let mut settings = server.settings.clone();
    let mut start_as = |url: &str| {
        settings.database = Database::Postgres(url.to_owned());
        App::start(&settings).map(drop).unwrap_err().to_string()
    };
    assert!(start_as(&postgres.superuser_url()).contains("is a superuser"));
    assert!(start_as(&postgres.owner_url).contains("owns tables"));

    let (user, password) = postgres
        .app_url
        .split("//")
        .nth(1)
        .unwrap()
        .split_once(':')
        .unwrap();
    let password = password.split('@').next().unwrap();
    assert_eq!(user, APP);
    for (right, problem) in [
        ("BYPASSRLS", "bypasses row-level security".to_owned()),
        (&format!("IN ROLE {OWNER}"), "owns tables".to_owned()),
    ] {
        let role = format!("{}_{}", postgres.name, right.len());
        postgres.as_superuser(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{password}' {right}"
        ));
        postgres.as_superuser(&format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ));
        let said = start_as(&postgres.app_url.replace(APP, &role));
        postgres.as_superuser(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        assert!(said.contains(&problem), "{said}");
    }
    for right in ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "UPDATE (kind)"] {
        postgres.as_superuser(&format!("GRANT {right} ON entry TO {APP}"));
        let said = start_as(&postgres.app_url);
        postgres.as_superuser(&format!("REVOKE {right} ON entry FROM {APP}"));
        assert!(said.contains("may change entries"), "{right}: {said}");
    }
    postgres.as_superuser(&format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        postgres.name
    ));
    assert!(start_as(&postgres.app_url).contains("synchronous_commit is off"));
}

#[test]
fn postgres_is_not_served_before_it_is_migrated() {
    let Some(mut server) = TestServer::postgres() else {
        return;
    };
    server.stop();
    server.tamper("DELETE FROM __diesel_schema_migrations");
    assert!(server.start_error().contains("run: hazledger migrate"));
}

#[test]
#[cfg(unix)]
fn a_database_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = TestServer::sqlite();
    let Database::Sqlite(path) = &server.settings.database else {
        unreachable!()
    };
    let wal = path.with_extension("sqlite-wal");
    for file in [path, &wal] {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}
