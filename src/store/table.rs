//! Rows and the statements that read and write them.
//!
//! `tables!` (in `schema.rs`) declares each table once; the statements here are generic over it.
//! Their texts are fixed, so both backends prepare each of them once per connection, where diesel's
//! own UPDATE, `eq_any` and batch INSERT are prepared anew at every call.

use std::marker::PhantomData;

use diesel::{
    QueryResult, RunQueryDsl,
    pg::{Pg, PgConnection},
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error,
    sql_types::{Array, BigInt, Binary, Nullable, Text},
    sqlite::{Sqlite, SqliteConnection},
};

use super::conn::Db;

/// A column value or a bound parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'r> {
    Int(&'r i64),
    IntNull(&'r Option<i64>),
    Text(&'r String),
    TextNull(&'r Option<String>),
    Bytes(&'r Vec<u8>),
    /// A list, on PostgreSQL only.
    Ints(&'r Vec<i64>),
    /// A list, on PostgreSQL only.
    Texts(&'r Vec<String>),
    /// A list, on PostgreSQL only.
    Blobs(&'r Vec<Vec<u8>>),
}

/// A table: its columns, the primary key first, and how to read a row.
pub(crate) trait Table: Sized + Send + 'static {
    /// Name in the database.
    const NAME: &'static str;
    /// Column names; the first `KEY` are the primary key.
    const COLUMNS: &'static [&'static str];
    /// The columns as a selection names them, a comma before each: pushed one by one they were a
    /// twentieth of the time of a scan.
    const SELECTED: &'static str;
    /// How many columns the key has.
    const KEY: usize;
    /// The SQL types of the columns, as a tuple.
    type SqlType: 'static;
    /// The values in column order.
    fn cells(&self) -> Vec<Cell<'_>>;
    /// Runs a selection on SQLite.
    fn read_sqlite(conn: &mut SqliteConnection, select: Select<'_, Self>)
    -> QueryResult<Vec<Self>>;
    /// Runs a selection on PostgreSQL.
    fn read_pg(conn: &mut PgConnection, select: Select<'_, Self>) -> QueryResult<Vec<Self>>;
}

/// `SELECT <columns> FROM <table> <clause>`, where each `?` of the clause is one parameter.
pub(crate) struct Select<'p, T> {
    clause: &'static str,
    parameters: &'p [Cell<'p>],
    table: PhantomData<T>,
}

/// As [`Select`], each row of `A` beside the row of `B` with the same primary key.
pub(crate) struct Both<'p, A, B> {
    clause: &'static str,
    parameters: &'p [Cell<'p>],
    tables: PhantomData<(A, B)>,
}

impl<'p, A, B> Both<'p, A, B> {
    /// The clause names the table of each of its columns.
    pub(crate) const fn new(clause: &'static str, parameters: &'p [Cell<'p>]) -> Self {
        Self {
            clause,
            parameters,
            tables: PhantomData,
        }
    }
}

/// Rows by a clause with parameters. The clause may use one text on both backends or differ.
pub(crate) fn select<T: Table>(
    conn: &mut Db,
    clause: &'static str,
    parameters: &[Cell<'_>],
) -> QueryResult<Vec<T>> {
    let select = Select {
        clause,
        parameters,
        table: PhantomData,
    };
    match conn {
        Db::Sqlite(conn) => T::read_sqlite(conn, select),
        Db::Postgres(conn) => T::read_pg(conn, select),
    }
}

/// Inserts rows in their order.
pub(crate) fn insert<T: Table>(conn: &mut Db, rows: &[T]) -> QueryResult<()> {
    write::<T, INSERT>(conn, rows)
}

/// Changes rows that exist, each found by its primary key.
pub(crate) fn update<T: Table>(conn: &mut Db, rows: &[T]) -> QueryResult<()> {
    write::<T, UPDATE>(conn, rows)
}

fn write<T: Table, const MODE: u8>(conn: &mut Db, rows: &[T]) -> QueryResult<()> {
    match conn {
        _ if rows.is_empty() => Ok(()),
        Db::Sqlite(conn) => one_by_one::<T, MODE>(conn, rows),
        Db::Postgres(conn) => expect_written(Many::<T, MODE>::of(rows).execute(conn)?, rows.len()),
    }
}

/// Writes rows, one statement each.
pub(super) fn one_by_one<T: Table, const MODE: u8>(
    conn: &mut SqliteConnection,
    rows: &[T],
) -> QueryResult<()> {
    rows.iter().try_for_each(|row| {
        let row = One::<T, MODE>(row.cells(), PhantomData);
        expect_written(row.execute(conn)?, 1)
    })
}

/// A row that should have been there and was not is a damaged database, never a silent success.
pub(super) fn expect_written(written: usize, expected: usize) -> QueryResult<()> {
    if written == expected {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Adds rows.
pub(super) const INSERT: u8 = 0;
/// Changes rows that are there.
pub(super) const UPDATE: u8 = 1;
/// Adds the numbers of rows to those that are there, making rows that are not.
pub(super) const ACCUMULATE: u8 = 2;

/// One row written by one statement, the form SQLite likes best.
struct One<'r, T, const MODE: u8>(Vec<Cell<'r>>, PhantomData<T>);

/// Many rows written by one statement, a list a column: the form PostgreSQL likes best.
pub(super) struct Many<'r, T, const MODE: u8>(Vec<List<'r>>, PhantomData<T>);

impl<'r, T: Table, const MODE: u8> Many<'r, T, MODE> {
    pub(super) fn of(rows: &'r [T]) -> Self {
        let cells: Vec<_> = rows.iter().map(T::cells).collect();
        let columns = (0..T::COLUMNS.len()).map(|column| List::of(&cells, column));
        Self(columns.collect(), PhantomData)
    }
}

/// The values of one column.
enum List<'r> {
    Int(Vec<i64>),
    IntNull(Vec<Option<i64>>),
    Text(Vec<&'r str>),
    TextNull(Vec<Option<&'r str>>),
    Bytes(Vec<&'r [u8]>),
}

impl<'r> List<'r> {
    fn of(rows: &[Vec<Cell<'r>>], column: usize) -> Self {
        let cells = || rows.iter().filter_map(|row| row.get(column).copied());
        match cells().next() {
            Some(Cell::Text(_)) => Self::Text(cells().filter_map(text).collect()),
            Some(Cell::TextNull(_)) => Self::TextNull(cells().map(text).collect()),
            Some(Cell::Bytes(_)) => Self::Bytes(
                cells()
                    .filter_map(|cell| {
                        if let Cell::Bytes(bytes) = cell {
                            Some(bytes.as_slice())
                        } else {
                            None
                        }
                    })
                    .collect(),
            ),
            Some(Cell::IntNull(_)) => Self::IntNull(cells().map(int).collect()),
            Some(Cell::Int(_) | Cell::Ints(_) | Cell::Texts(_) | Cell::Blobs(_)) | None => {
                Self::Int(cells().filter_map(int).collect())
            }
        }
    }

    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Int(list) => out.push_bind_param::<Array<BigInt>, _>(list),
            Self::IntNull(list) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(list),
            Self::Text(list) => out.push_bind_param::<Array<Text>, _>(list),
            Self::TextNull(list) => out.push_bind_param::<Array<Nullable<Text>>, _>(list),
            Self::Bytes(list) => out.push_bind_param::<Array<Binary>, _>(list),
        }
    }
}

const fn int(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(*value),
        Cell::IntNull(value) => *value,
        Cell::Text(_)
        | Cell::TextNull(_)
        | Cell::Bytes(_)
        | Cell::Ints(_)
        | Cell::Texts(_)
        | Cell::Blobs(_) => None,
    }
}

fn text(cell: Cell<'_>) -> Option<&str> {
    match cell {
        Cell::Text(value) => Some(value.as_str()),
        Cell::TextNull(value) => value.as_deref(),
        Cell::Int(_)
        | Cell::IntNull(_)
        | Cell::Bytes(_)
        | Cell::Ints(_)
        | Cell::Texts(_)
        | Cell::Blobs(_) => None,
    }
}

fn columns<T: Table>() -> (&'static [&'static str], &'static [&'static str]) {
    T::COLUMNS
        .split_at_checked(T::KEY)
        .unwrap_or((T::COLUMNS, &[]))
}

/// Pushes names with commas between them.
fn listed<DB: diesel::backend::Backend>(out: &mut AstPass<'_, '_, DB>, names: &[&'static str]) {
    for (index, name) in names.iter().enumerate() {
        out.push_sql(if index == 0 { "" } else { ", " });
        out.push_sql(name);
    }
}

/// Pushes something for each of `items`, with `between` between them.
fn joined<DB: diesel::backend::Backend>(
    out: &mut AstPass<'_, '_, DB>,
    items: &[&'static str],
    between: &str,
    mut each: impl FnMut(&mut AstPass<'_, '_, DB>, &str),
) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_sql(between);
        }
        each(out, item);
    }
}

/// `ON CONFLICT … DO UPDATE` that adds the numbers that are not part of the key.
fn push_accumulate<T: Table, DB: diesel::backend::Backend>(out: &mut AstPass<'_, '_, DB>) {
    let (key, rest) = columns::<T>();
    out.push_sql(" ON CONFLICT (");
    listed(out, key);
    out.push_sql(") DO UPDATE SET ");
    joined(out, rest, ", ", |out, column| {
        out.push_sql(column);
        out.push_sql(" = ");
        out.push_sql(T::NAME);
        out.push_sql(".");
        out.push_sql(column);
        out.push_sql(" + excluded.");
        out.push_sql(column);
    });
}

impl<T: Table, const MODE: u8> QueryFragment<Sqlite> for One<'_, T, MODE> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let (key, rest) = columns::<T>();
        let mut cells = self.0.iter().collect::<Vec<_>>();
        if MODE == UPDATE {
            let values = cells.split_off(T::KEY.min(cells.len()));
            out.push_sql("UPDATE ");
            out.push_sql(T::NAME);
            out.push_sql(" SET ");
            push_pairs(&mut out, rest, &values, ", ")?;
            out.push_sql(" WHERE ");
            push_pairs(&mut out, key, &cells, " AND ")?;
        } else {
            out.push_sql("INSERT INTO ");
            out.push_sql(T::NAME);
            out.push_sql(" (");
            listed(&mut out, T::COLUMNS);
            out.push_sql(") VALUES (");
            for (index, cell) in cells.into_iter().enumerate() {
                out.push_sql(if index == 0 { "" } else { ", " });
                push_sqlite(*cell, &mut out)?;
            }
            out.push_sql(")");
            if MODE == ACCUMULATE {
                push_accumulate::<T, Sqlite>(&mut out);
            }
        }
        Ok(())
    }
}

/// `a = ?, b = ?` with the cells bound.
fn push_pairs<'b>(
    out: &mut AstPass<'_, 'b, Sqlite>,
    names: &[&'static str],
    cells: &[&'b Cell<'b>],
    between: &str,
) -> QueryResult<()> {
    for (index, (name, cell)) in names.iter().zip(cells).enumerate() {
        out.push_sql(if index == 0 { "" } else { between });
        out.push_sql(name);
        out.push_sql(" = ");
        push_sqlite(**cell, out)?;
    }
    Ok(())
}

fn push_sqlite<'b>(cell: Cell<'b>, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
    match cell {
        Cell::Int(value) => out.push_bind_param::<BigInt, _>(value),
        Cell::IntNull(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
        Cell::Text(value) => out.push_bind_param::<Text, _>(value),
        Cell::TextNull(value) => out.push_bind_param::<Nullable<Text>, _>(value),
        Cell::Bytes(value) => out.push_bind_param::<Binary, _>(value),
        Cell::Ints(_) | Cell::Texts(_) | Cell::Blobs(_) => {
            Err(Error::QueryBuilderError("lists are for PostgreSQL".into()))
        }
    }
}

impl<T: Table, const MODE: u8> QueryFragment<Pg> for Many<'_, T, MODE> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (key, rest) = columns::<T>();
        let lists = |out: &mut AstPass<'_, 'b, Pg>| -> QueryResult<()> {
            out.push_sql(" FROM UNNEST(");
            for (index, list) in self.0.iter().enumerate() {
                out.push_sql(if index == 0 { "" } else { ", " });
                list.push(out)?;
            }
            Ok(())
        };
        if MODE == UPDATE {
            out.push_sql("UPDATE ");
            out.push_sql(T::NAME);
            out.push_sql(" SET ");
            joined(&mut out, rest, ", ", |out, column| {
                out.push_sql(column);
                out.push_sql(" = u.");
                out.push_sql(column);
            });
            lists(&mut out)?;
            out.push_sql(") AS u (");
            listed(&mut out, T::COLUMNS);
            out.push_sql(") WHERE ");
            joined(&mut out, key, " AND ", |out, column| {
                out.push_sql(T::NAME);
                out.push_sql(".");
                out.push_sql(column);
                out.push_sql(" = u.");
                out.push_sql(column);
            });
        } else {
            out.push_sql("INSERT INTO ");
            out.push_sql(T::NAME);
            out.push_sql(" (");
            listed(&mut out, T::COLUMNS);
            out.push_sql(") SELECT ");
            listed(&mut out, T::COLUMNS);
            lists(&mut out)?;
            out.push_sql(") WITH ORDINALITY AS u (");
            listed(&mut out, T::COLUMNS);
            out.push_sql(", ordinal_) ORDER BY ordinal_");
            if MODE == ACCUMULATE {
                push_accumulate::<T, Pg>(&mut out);
            }
        }
        Ok(())
    }
}

macro_rules! select_fragment {
    ($backend:ty, $push:path, $clause:ident) => {
        fn $clause<'b>(
            clause: &str,
            parameters: &'b [Cell<'b>],
            out: &mut AstPass<'_, 'b, $backend>,
        ) -> QueryResult<()> {
            let mut parameters = parameters.iter();
            for (index, piece) in clause.split('?').enumerate() {
                if index > 0 {
                    let parameter = parameters
                        .next()
                        .ok_or_else(|| Error::QueryBuilderError("more ? than parameters".into()))?;
                    $push(*parameter, out)?;
                }
                out.push_sql(piece);
            }
            Ok(())
        }

        impl<T: Table> QueryFragment<$backend> for Select<'_, T> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                out.push_sql("SELECT ");
                out.push_sql(T::SELECTED.trim_start_matches(", "));
                out.push_sql(" FROM ");
                out.push_sql(T::NAME);
                out.push_sql(" ");
                $clause(self.clause, self.parameters, &mut out)
            }
        }

        impl<A: Table, B: Table> QueryFragment<$backend> for Both<'_, A, B> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                out.push_sql("SELECT ");
                out.push_sql(A::SELECTED.trim_start_matches(", "));
                out.push_sql(B::SELECTED);
                out.push_sql(" FROM ");
                out.push_sql(A::NAME);
                out.push_sql(" JOIN ");
                out.push_sql(B::NAME);
                out.push_sql(" ON ");
                joined(&mut out, columns::<A>().0, " AND ", |out, column| {
                    out.push_sql(B::NAME);
                    out.push_sql(".");
                    out.push_sql(column);
                    out.push_sql(" = ");
                    out.push_sql(A::NAME);
                    out.push_sql(".");
                    out.push_sql(column);
                });
                out.push_sql(" ");
                $clause(self.clause, self.parameters, &mut out)
            }
        }
    };
}

fn push_pg<'b>(cell: Cell<'b>, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    match cell {
        Cell::Int(value) => out.push_bind_param::<BigInt, _>(value),
        Cell::IntNull(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
        Cell::Text(value) => out.push_bind_param::<Text, _>(value),
        Cell::TextNull(value) => out.push_bind_param::<Nullable<Text>, _>(value),
        Cell::Bytes(value) => out.push_bind_param::<Binary, _>(value),
        Cell::Ints(value) => out.push_bind_param::<Array<BigInt>, _>(value),
        Cell::Texts(value) => out.push_bind_param::<Array<Text>, _>(value),
        Cell::Blobs(value) => out.push_bind_param::<Array<Binary>, _>(value),
    }
}

select_fragment!(Sqlite, push_sqlite, push_clause_sqlite);
select_fragment!(Pg, push_pg, push_clause_pg);

impl<T: Table> Query for Select<'_, T> {
    type SqlType = T::SqlType;
}

impl<T: Table, Conn> RunQueryDsl<Conn> for Select<'_, T> {}
impl<A: Table, B: Table> Query for Both<'_, A, B> {
    type SqlType = (A::SqlType, B::SqlType);
}

impl<A: Table, B: Table, Conn> RunQueryDsl<Conn> for Both<'_, A, B> {}
impl<T: Table, const MODE: u8> RunQueryDsl<SqliteConnection> for One<'_, T, MODE> {}
impl<T: Table, const MODE: u8> RunQueryDsl<PgConnection> for Many<'_, T, MODE> {}

// The text of a selection is its cache key; the others are known by their type alone.
impl<T: Table> QueryId for Select<'_, T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<A: Table, B: Table> QueryId for Both<'_, A, B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
impl<T: Table, const MODE: u8> QueryId for One<'_, T, MODE> {
    type QueryId = One<'static, T, MODE>;
    const HAS_STATIC_QUERY_ID: bool = true;
}
impl<T: Table, const MODE: u8> QueryId for Many<'_, T, MODE> {
    type QueryId = Many<'static, T, MODE>;
    const HAS_STATIC_QUERY_ID: bool = true;
}
