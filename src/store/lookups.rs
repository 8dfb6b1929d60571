//! Reads of a few rows by key, for requests.

use std::collections::BTreeMap;

use diesel::RunQueryDsl;

use crate::domain::{
    container::Container,
    desk::{Session, SessionId, StoredSecret, WrongTries},
    facts::{Facts, ProductTotal},
    ids::{ImportId, InstitutionId, PersonId, RequestId, Seq, Serial},
    institution::Institution,
    merkle::Hash,
    opening::{Import, ImportState, Part},
    people::{Person, Tenure, TenureKey},
    product::Product,
    request::SigningRequest,
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    facts, rows,
    schema::{
        AttemptsRow, BadgeRow, EntryRow, IdempotencyRow, ImportPartRow, ImportRow, InstitutionRow,
        LogHeadRow, PersonRow, ProductRow, ProductTotalRow, SessionRow, SignatureRow,
        SigningRequestRow, StoredSecretRow, TenureRow, WrongTriesRow,
    },
    table::{Both, Cell, Table, select},
};

fn one<T: Table>(
    conn: &mut Db,
    clause: &'static str,
    parameters: &[Cell<'_>],
) -> Result<Option<T>, StoreError> {
    Ok(select(conn, clause, parameters)?.into_iter().next())
}

/// The session, whatever its state.
pub(crate) fn session(
    conn: &mut Db,
    institution: InstitutionId,
    id: SessionId,
) -> Result<Option<Session>, StoreError> {
    let key = id.to_be_bytes().to_vec();
    let row: Option<SessionRow> = one(
        conn,
        "WHERE institution_id = ? AND session_id = ?",
        &[Cell::Int(&institution.get()), Cell::Bytes(&key)],
    )?;
    Ok(row
        .map(SessionRow::parse)
        .transpose()?
        .map(|(_, session)| session))
}

/// The last entry that changed the register; −1 for none.
pub(crate) fn register_seq(conn: &mut Db, institution: InstitutionId) -> Result<i64, StoreError> {
    let row: Option<LogHeadRow> = one(
        conn,
        "WHERE institution_id = ? AND log = 0",
        &[Cell::Int(&institution.get())],
    )?;
    Ok(row.map_or(-1, |head| head.register_seq))
}

/// The session, whatever its state, if no entry after `register_seq` has changed the register: one
/// statement, so one instant.
pub(crate) fn session_at(
    conn: &mut Db,
    institution: InstitutionId,
    id: SessionId,
    register_seq: i64,
) -> Result<Option<Session>, StoreError> {
    let key = id.to_be_bytes().to_vec();
    let row: Option<SessionRow> = one(
        conn,
        "WHERE institution_id = ? AND session_id = ? AND EXISTS (SELECT 1 FROM log_head \
         WHERE log_head.institution_id = session.institution_id AND log = 0 AND register_seq = ?)",
        &[
            Cell::Int(&institution.get()),
            Cell::Bytes(&key),
            Cell::Int(&register_seq),
        ],
    )?;
    Ok(row
        .map(SessionRow::parse)
        .transpose()?
        .map(|(_, session)| session))
}

/// Sessions, whatever their state (PostgreSQL).
pub(crate) fn sessions_of(
    conn: &mut Db,
    wanted: &[(InstitutionId, SessionId)],
) -> Result<BTreeMap<(InstitutionId, SessionId), Session>, StoreError> {
    let institutions = wanted.iter().map(|(of, _)| of.get()).collect();
    let keys = wanted.iter().map(|(_, id)| id.to_be_bytes().to_vec());
    let rows: Vec<SessionRow> = select(
        conn,
        "WHERE (institution_id, session_id) IN (SELECT * FROM UNNEST(?, ?))",
        &[Cell::Ints(&institutions), Cell::Blobs(&keys.collect())],
    )?;
    rows.into_iter()
        .map(|row| {
            let institution = rows::number("session", row.institution_id)?;
            let (id, session) = row.parse()?;
            Ok(((institution, id), session))
        })
        .collect()
}

/// The last entries that changed the registers (PostgreSQL).
pub(crate) fn register_seqs(
    conn: &mut Db,
    institutions: &[InstitutionId],
) -> Result<BTreeMap<InstitutionId, i64>, StoreError> {
    let ids = institutions.iter().map(|id| id.get()).collect();
    let rows: Vec<LogHeadRow> = select(
        conn,
        "WHERE institution_id = ANY(?) AND log = 0",
        &[Cell::Ints(&ids)],
    )?;
    rows.into_iter()
        .map(|row| {
            Ok((
                rows::number("log_head", row.institution_id)?,
                row.register_seq,
            ))
        })
        .collect()
}

/// What the person is or was appointed to be.
pub(crate) fn tenures(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Vec<(TenureKey, Tenure)>, StoreError> {
    let rows: Vec<TenureRow> = select(
        conn,
        "WHERE institution_id = ? AND person_id = ? ORDER BY seq, line",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    rows.into_iter().map(TenureRow::parse).collect()
}

/// Appointments after a certain one, in the order in which they were made.
pub(crate) fn tenures_after(
    conn: &mut Db,
    institution: InstitutionId,
    (seq, line): (i64, i64),
    limit: i64,
) -> Result<Vec<(TenureKey, Tenure)>, StoreError> {
    let rows: Vec<TenureRow> = select(
        conn,
        "WHERE institution_id = ? AND (seq, line) > (?, ?) ORDER BY seq, line LIMIT ?",
        &[
            Cell::Int(&institution.get()),
            Cell::Int(&seq),
            Cell::Int(&line),
            Cell::Int(&limit),
        ],
    )?;
    rows.into_iter().map(TenureRow::parse).collect()
}

/// Persons after a certain one, by number.
pub(crate) fn persons_after(
    conn: &mut Db,
    institution: InstitutionId,
    after: i64,
    limit: i64,
) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<PersonRow> = select(
        conn,
        "WHERE institution_id = ? AND person_id > ? ORDER BY person_id LIMIT ?",
        &[
            Cell::Int(&institution.get()),
            Cell::Int(&after),
            Cell::Int(&limit),
        ],
    )?;
    rows.into_iter().map(PersonRow::parse).collect()
}

/// The live sessions of a person.
pub(crate) fn sessions(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Vec<(SessionId, Session)>, StoreError> {
    let rows: Vec<SessionRow> = select(
        conn,
        "WHERE institution_id = ? AND person_id = ? AND revoked = 0 ORDER BY created_at, session_id",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    rows.into_iter().map(SessionRow::parse).collect()
}

/// Whether the person has a badge.
pub(crate) fn has_badge(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<bool, StoreError> {
    let row: Option<BadgeRow> = one(
        conn,
        "WHERE institution_id = ? AND person_id = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    Ok(row.is_some())
}

/// The person who wears the badge with that keyed digest.
pub(crate) fn person_by_badge(
    conn: &mut Db,
    institution: InstitutionId,
    digest: &String,
) -> Result<Option<Person>, StoreError> {
    let row: Option<BadgeRow> = one(
        conn,
        "WHERE institution_id = ? AND digest = ?",
        &[Cell::Int(&institution.get()), Cell::Text(digest)],
    )?;
    match row {
        Some(row) => person(conn, institution, row.parse()?.0),
        None => Ok(None),
    }
}

/// Until when the person is locked at the workstation that is locked longest.
pub(crate) fn locked_until(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Option<Time>, StoreError> {
    let rows: Vec<AttemptsRow> = select(
        conn,
        "WHERE institution_id = ? AND subject = ? AND locked_until IS NOT NULL",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    let latest = rows.into_iter().filter_map(|row| row.locked_until).max();
    Ok(latest.map(Time::from_millis))
}

/// The wrong secrets of a subject.
pub(crate) fn wrong_tries(
    conn: &mut Db,
    institution: InstitutionId,
    subject: i64,
) -> Result<Option<WrongTries>, StoreError> {
    let row: Option<WrongTriesRow> = one(
        conn,
        "WHERE institution_id = ? AND subject = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&subject)],
    )?;
    Ok(row.map(|row| row.parse().1))
}

/// The person.
pub(crate) fn person(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Option<Person>, StoreError> {
    let row: Option<PersonRow> = one(
        conn,
        "WHERE institution_id = ? AND person_id = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    row.map(PersonRow::parse).transpose()
}

/// The person with that staff number.
pub(crate) fn is_founded(conn: &mut Db, institution: InstitutionId) -> Result<bool, StoreError> {
    let row: Option<InstitutionRow> = one(
        conn,
        "WHERE institution_id = ?",
        &[Cell::Int(&institution.get())],
    )?;
    Ok(row.is_some())
}

/// The person with that staff number.
pub(crate) fn person_by_staff_number(
    conn: &mut Db,
    institution: InstitutionId,
    staff_number: &String,
) -> Result<Option<Person>, StoreError> {
    let row: Option<PersonRow> = one(
        conn,
        "WHERE institution_id = ? AND staff_number = ?",
        &[Cell::Int(&institution.get()), Cell::Text(staff_number)],
    )?;
    row.map(PersonRow::parse).transpose()
}

/// The person with that keyed digest of an identity number.
pub(crate) fn person_by_identity(
    conn: &mut Db,
    institution: InstitutionId,
    identity: &String,
) -> Result<Option<Person>, StoreError> {
    let row: Option<PersonRow> = one(
        conn,
        "WHERE institution_id = ? AND identity = ?",
        &[Cell::Int(&institution.get()), Cell::Text(identity)],
    )?;
    row.map(PersonRow::parse).transpose()
}

/// The secret of a person.
pub(crate) fn secret(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
) -> Result<Option<StoredSecret>, StoreError> {
    let row: Option<StoredSecretRow> = one(
        conn,
        "WHERE institution_id = ? AND person_id = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&person.get())],
    )?;
    Ok(row
        .map(StoredSecretRow::parse)
        .transpose()?
        .map(|(_, secret)| secret))
}

/// The institutions that have been founded, the system one left out.
pub(crate) fn institutions(conn: &mut Db) -> Result<Vec<Institution>, StoreError> {
    let rows: Vec<InstitutionRow> = select(
        conn,
        "WHERE institution_id > 0 ORDER BY institution_id",
        &[],
    )?;
    rows.into_iter().map(InstitutionRow::parse).collect()
}

/// When the ledger of an institution began; none that was not founded.
pub(crate) fn founded_at(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Option<Time>, StoreError> {
    let clause = "WHERE institution_id = ? AND log = 0 AND seq = 0";
    let first: Option<EntryRow> = one(conn, clause, &[Cell::Int(&institution.get())])?;
    Ok(first.map(|row| Time::from_millis(row.recorded_at)))
}

/// The institution.
pub(crate) fn institution(
    conn: &mut Db,
    id: InstitutionId,
) -> Result<Option<Institution>, StoreError> {
    let key = [Cell::Int(&id.get())];
    let row: Option<InstitutionRow> = one(conn, "WHERE institution_id = ?", &key)?;
    row.map(InstitutionRow::parse).transpose()
}

/// What there is of each product that ever was in a container.
pub(crate) fn product_totals(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Vec<(Product, ProductTotal)>, StoreError> {
    type Rows<'p> = Both<'p, ProductTotalRow, ProductRow>;
    let id = institution.get();
    let key = [Cell::Int(&id)];
    let rows = Rows::new("WHERE product_total.institution_id = ?", &key);
    let found: Vec<(ProductTotalRow, ProductRow)> = match conn {
        Db::Sqlite(conn) => rows.load(conn)?,
        Db::Postgres(conn) => rows.load(conn)?,
    };
    found
        .into_iter()
        .map(|(total, product)| Ok((product.parse()?, total.parse())))
        .collect()
}

/// The containers with those serials, by serial.
pub(crate) fn containers(
    conn: &mut Db,
    institution: InstitutionId,
    serials: &Vec<i64>,
) -> Result<Vec<Container>, StoreError> {
    let mut found = facts::containers(conn, institution, serials)?;
    found.sort_unstable_by_key(|container| container.serial);
    Ok(found)
}

/// The container with that serial.
pub(crate) fn container(
    conn: &mut Db,
    institution: InstitutionId,
    serial: Serial,
) -> Result<Option<Container>, StoreError> {
    let found = facts::containers(conn, institution, &vec![serial.get()])?;
    Ok(found.into_iter().next())
}

/// The signing request with that number.
pub(crate) fn signing_request(
    conn: &mut Db,
    institution: InstitutionId,
    id: RequestId,
) -> Result<Option<SigningRequest>, StoreError> {
    let row: Option<SigningRequestRow> = one(
        conn,
        "WHERE institution_id = ? AND request_id = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&id.get())],
    )?;
    Ok(row
        .map(SigningRequestRow::parse)
        .transpose()?
        .map(|(_, request)| request))
}

/// The import with that number.
pub(crate) fn import(
    conn: &mut Db,
    institution: InstitutionId,
    id: ImportId,
) -> Result<Option<Import>, StoreError> {
    let row: Option<ImportRow> = one(
        conn,
        "WHERE institution_id = ? AND import_id = ?",
        &[Cell::Int(&institution.get()), Cell::Int(&id.get())],
    )?;
    Ok(row
        .map(ImportRow::parse)
        .transpose()?
        .map(|(_, import)| import))
}

/// The import that took a sheet of a file in, or is about to.
pub(crate) fn import_of(
    conn: &mut Db,
    institution: InstitutionId,
    file_sha256: &String,
    sheet: &str,
) -> Result<Option<ImportId>, StoreError> {
    let rows: Vec<ImportRow> = select(
        conn,
        "WHERE institution_id = ? AND file_sha256 = ?",
        &[Cell::Int(&institution.get()), Cell::Text(file_sha256)],
    )?;
    for row in rows {
        let (id, import) = row.parse()?;
        if import.is_taken_in() && import.sheet == sheet {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The imports, of any institution, whose job has not come to its end.
pub(crate) fn open_imports(conn: &mut Db) -> Result<Vec<(InstitutionId, ImportId)>, StoreError> {
    let (importing, undoing) = (
        ImportState::Importing.as_str().to_owned(),
        ImportState::Undoing.as_str().to_owned(),
    );
    let rows: Vec<ImportRow> = select(
        conn,
        "WHERE state IN (?, ?) AND stopped = '' ORDER BY institution_id, import_id",
        &[Cell::Text(&importing), Cell::Text(&undoing)],
    )?;
    rows.into_iter()
        .map(|row| {
            let institution = rows::number("import_job", row.institution_id)?;
            Ok((institution, row.parse()?.0))
        })
        .collect()
}

/// The parts of an import, in order.
pub(crate) fn import_parts(
    conn: &mut Db,
    institution: InstitutionId,
    id: ImportId,
) -> Result<Vec<(u32, Part)>, StoreError> {
    let rows: Vec<ImportPartRow> = select(
        conn,
        "WHERE institution_id = ? AND import_id = ? ORDER BY part",
        &[Cell::Int(&institution.get()), Cell::Int(&id.get())],
    )?;
    rows.into_iter().map(ImportPartRow::parse).collect()
}

/// The answers to the keys of a person that begin with `prefix`, in the order of the keys.
pub(crate) fn answers(
    conn: &mut Db,
    institution: InstitutionId,
    person: PersonId,
    prefix: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    // Keys are visible ASCII: nothing that begins with the prefix comes after this.
    let (first, end) = (prefix.to_owned(), format!("{prefix}~"));
    let rows: Vec<IdempotencyRow> = select(
        conn,
        "WHERE institution_id = ? AND person_id = ? AND key >= ? AND key < ? ORDER BY key",
        &[
            Cell::Int(&institution.get()),
            Cell::Int(&person.get()),
            Cell::Text(&first),
            Cell::Text(&end),
        ],
    )?;
    Ok(rows.into_iter().map(|row| (row.key, row.answer)).collect())
}

/// The entry that was made under signatures over a payload.
pub(crate) fn signed_entry(
    conn: &mut Db,
    institution: InstitutionId,
    payload: Hash,
) -> Result<Option<Seq>, StoreError> {
    let hash = payload.0.to_vec();
    let row: Option<SignatureRow> = one(
        conn,
        "WHERE institution_id = ? AND payload_hash = ?",
        &[Cell::Int(&institution.get()), Cell::Bytes(&hash)],
    )?;
    row.map(|row| rows::number("signature", row.seq))
        .transpose()
}

/// Loads what a verb needs, to see what it would decide now.
pub(crate) fn needed(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    facts::load(conn, facts, needs)
}
