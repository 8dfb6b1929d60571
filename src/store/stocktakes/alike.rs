//! What a stocktake holds, summed by the database: how much there is to read depends on how differently
//! things stand, not on how many they are.

use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Nullable, Text},
};

use crate::{
    domain::{
        container::Standing,
        ids::{Generation, InstitutionId, StocktakeId},
        stocktake::Alike,
    },
    store::{
        StoreError,
        conn::Db,
        rows::{maybe, number, parsed},
        schema::TallyRow,
    },
};

/// Containers that differ in nothing that the rule of the buckets asks for. Of what is only asked whether
/// it is there, the greatest stands for all: an entry behind a count stays behind it.
const ALIKE: &str = "
SELECT s.status AS status, s.place_id AS place_id, MAX(s.holder_id) AS holder_id,
    MAX(s.last_entry) AS last_entry, t.counted_place AS counted_place,
    MAX(t.expected_at) AS expected_at, MAX(t.counted_seq) AS counted_seq,
    MAX(t.counted_by) AS counted_by, MAX(t.counted_at) AS counted_at, t.absent AS absent,
    t.misplaced AS misplaced, MAX(t.difference) AS difference, MAX(t.confirmed) AS confirmed,
    MAX(t.settled_by) AS settled_by, MAX(t.put_right_by) AS put_right_by, t.off_book AS off_book,
    COUNT(*) AS containers
FROM tally t JOIN standing s ON s.institution_id = t.institution_id AND s.serial = t.serial
WHERE t.institution_id = $1 AND t.stocktake_id = $2
GROUP BY s.status, s.place_id, t.counted_place, t.absent, t.misplaced, t.off_book,
    CASE WHEN s.holder_id IS NULL THEN 0 ELSE 1 END,
    CASE WHEN s.last_entry > t.counted_seq THEN 1 ELSE 0 END,
    CASE WHEN t.expected_at IS NULL THEN 0 ELSE 1 END,
    CASE WHEN t.counted_seq IS NULL THEN 0 ELSE 1 END,
    CASE WHEN t.difference = 0 THEN 0 ELSE 1 END,
    CASE WHEN t.settled_by IS NULL THEN 0 ELSE 1 END,
    CASE WHEN t.put_right_by IS NULL THEN 0 ELSE 1 END";

/// Codes that nobody knows, those of which it is known what became of them apart.
const STRAYS: &str = "
SELECT MAX(resolved_by) AS resolved_by, COUNT(*) AS codes FROM stray
WHERE institution_id = $1 AND stocktake_id = $2
GROUP BY CASE WHEN resolved_by IS NULL THEN 0 ELSE 1 END";

#[derive(QueryableByName)]
struct AlikeRow {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    place_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    holder_id: Option<i64>,
    #[diesel(sql_type = BigInt)]
    last_entry: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    counted_place: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    expected_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    counted_seq: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    counted_by: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    counted_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    absent: i64,
    #[diesel(sql_type = BigInt)]
    misplaced: i64,
    #[diesel(sql_type = BigInt)]
    difference: i64,
    #[diesel(sql_type = BigInt)]
    confirmed: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    settled_by: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    put_right_by: Option<i64>,
    #[diesel(sql_type = BigInt)]
    off_book: i64,
    #[diesel(sql_type = BigInt)]
    containers: i64,
}

#[derive(QueryableByName)]
struct StraysRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    resolved_by: Option<i64>,
    #[diesel(sql_type = BigInt)]
    codes: i64,
}

/// The containers of a stocktake, those together that stand alike in it.
pub(crate) fn alike(
    conn: &mut Db,
    institution: InstitutionId,
    stocktake: StocktakeId,
) -> Result<Vec<Alike>, StoreError> {
    const TABLE: &str = "tally";
    let (id, of) = (institution.get(), stocktake.get());
    let query = sql_query(ALIKE).bind::<BigInt, _>(id).bind::<BigInt, _>(of);
    let rows: Vec<AlikeRow> = match conn {
        Db::Sqlite(conn) => query.load(conn)?,
        Db::Postgres(conn) => query.load(conn)?,
    };
    let alike = rows.into_iter().map(|row| {
        let tally = TallyRow {
            institution_id: id,
            stocktake_id: of,
            // Whichever: nothing asks which of them it is.
            serial: 1,
            expected_at: row.expected_at,
            counted_seq: row.counted_seq,
            counted_by: row.counted_by,
            counted_at: row.counted_at,
            counted_place: row.counted_place,
            absent: row.absent,
            misplaced: row.misplaced,
            difference: row.difference,
            confirmed: row.confirmed,
            settled_by: row.settled_by,
            put_right_by: row.put_right_by,
            off_book: row.off_book,
            // Nothing asks who.
            doubted_by: "[]".to_owned(),
        };
        Ok(Alike {
            tally: tally.parse()?.1,
            standing: Standing {
                status: parsed(TABLE, &row.status)?,
                place: number(TABLE, row.place_id)?,
                holder: maybe(TABLE, row.holder_id)?,
                generation: Generation::MIN,
                amount: 0,
            },
            last_entry: number(TABLE, row.last_entry)?,
            containers: number(TABLE, row.containers)?,
        })
    });
    alike.collect()
}

/// The codes of a stocktake that nobody knew: whether that is resolved, and how many.
pub(crate) fn strays(
    conn: &mut Db,
    institution: InstitutionId,
    stocktake: StocktakeId,
) -> Result<Vec<(bool, u32)>, StoreError> {
    let (id, of) = (institution.get(), stocktake.get());
    let query = sql_query(STRAYS)
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(of);
    let rows: Vec<StraysRow> = match conn {
        Db::Sqlite(conn) => query.load(conn)?,
        Db::Postgres(conn) => query.load(conn)?,
    };
    let strays = rows.into_iter().map(|row| {
        let codes = number("stray", row.codes)?;
        Ok((row.resolved_by.is_some(), codes))
    });
    strays.collect()
}
