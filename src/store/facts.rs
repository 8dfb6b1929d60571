//! Loading what a batch of commands needs, one query a table (SQLite: one cached point read a row).
//!
//! Order: heads (locked) → register, if the copy in memory is old → entries and reversals → containers
//! (and those of stocktakes and incidents) → holdings → what happened to the containers of those entries since → sessions → secrets, codes,
//! attempts, imports.

use std::collections::BTreeSet;

use diesel::RunQueryDsl;

use crate::domain::{
    container::Container,
    facts::{Facts, Register, Stock},
    happening::{Span, taken_at},
    ids::{InstitutionId, PersonId, PlaceId, RequestId, Seq, Serial},
    ledger::{Account, Act, Entry},
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    custody, filings, lookups, pulls, purchases, rows,
    schema::{
        AttemptsRow, BadgeRow, ContainerRow, DepartmentRow, EmergencyRow, EntryRow, HoldingRow,
        ImportRow, InstitutionRow, KnownSecretRow, OneTimeCodeRow, PersonRow, PlaceRow,
        PlaceTotalRow, PolicyRow, ProductRow, PurchasePolicyRow, ReservationRow, ReversalRow,
        SessionRow, SigningRequestRow, StandingRow, StoredSecretRow, TenureRow, VesselRow,
        WrongTriesRow,
    },
    stocktakes,
    table::{Both, Cell, Table, select},
    transfers, vessels,
};

pub(super) fn of_institution<T: Table>(
    conn: &mut Db,
    institution: InstitutionId,
) -> Result<Vec<T>, StoreError> {
    Ok(select(
        conn,
        "WHERE institution_id = ?",
        &[Cell::Int(&institution.get())],
    )?)
}

/// Reads the whole register of an institution.
pub(crate) fn register(conn: &mut Db, institution: InstitutionId) -> Result<Register, StoreError> {
    let mut register = Register::default();
    for row in of_institution::<InstitutionRow>(conn, institution)? {
        register.institution = Some(row.parse()?);
    }
    register.founded_at = lookups::founded_at(conn, institution)?;
    for row in of_institution::<PersonRow>(conn, institution)? {
        let person = row.parse()?;
        register.persons.load(person.id, person);
    }
    for row in of_institution::<TenureRow>(conn, institution)? {
        let (key, tenure) = row.parse()?;
        register.tenures.load(key, tenure);
    }
    for row in of_institution::<KnownSecretRow>(conn, institution)? {
        let (person, known) = row.parse()?;
        register.secrets.load(person, known);
    }
    for row in of_institution::<BadgeRow>(conn, institution)? {
        let (person, digest) = row.parse()?;
        register.badges.load(person, digest);
    }
    for row in of_institution::<DepartmentRow>(conn, institution)? {
        let department = row.parse()?;
        register.departments.load(department.id, department);
    }
    for row in of_institution::<PlaceRow>(conn, institution)? {
        let place = row.parse()?;
        register.places.load(place.id, place);
    }
    for row in of_institution::<ProductRow>(conn, institution)? {
        let product = row.parse()?;
        register.products.load(product.id, product);
    }
    for row in of_institution::<PolicyRow>(conn, institution)? {
        let (seq, policy) = row.parse()?;
        register.policies.load(seq, policy);
    }
    for row in of_institution::<PurchasePolicyRow>(conn, institution)? {
        let (seq, policy) = row.parse()?;
        register.purchase_policies.load(seq, policy);
    }
    Ok(register)
}

/// Rows whose second key column is one of `keys`: a cached point read each on SQLite, one query on
/// PostgreSQL.
pub(super) fn by_keys<T: Table>(
    conn: &mut Db,
    institution: InstitutionId,
    keys: &Vec<i64>,
    one: &'static str,
    many: &'static str,
) -> Result<Vec<T>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let id = institution.get();
    if matches!(conn, Db::Postgres(_)) {
        return Ok(select(conn, many, &[Cell::Int(&id), Cell::Ints(keys)])?);
    }
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.extend(select::<T>(conn, one, &[Cell::Int(&id), Cell::Int(key)])?);
    }
    Ok(found)
}

const BY_SERIAL: (&str, &str) = (
    "WHERE institution_id = ? AND serial = ?",
    "WHERE institution_id = ? AND serial = ANY(?)",
);
const BY_PERSON: (&str, &str) = (
    "WHERE institution_id = ? AND person_id = ?",
    "WHERE institution_id = ? AND person_id = ANY(?)",
);

/// Loads the union of `needs` into `facts`.
pub(crate) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    load_entries(conn, institution, &mut facts.stock, &needs.entries)?;
    let lines = facts
        .stock
        .entries
        .values()
        .flat_map(|record| &record.containers);
    let touched: BTreeSet<Serial> = lines.map(|line| line.serial).collect();
    let mut containers: BTreeSet<Serial> = needs.containers.union(&touched).copied().collect();
    containers.extend(stocktakes::load(conn, facts, needs)?);
    load_containers(conn, institution, &mut facts.stock, &containers)?;
    let serials: Vec<i64> = needs.holdings.iter().map(|serial| serial.get()).collect();
    let open = (
        "WHERE institution_id = ? AND serial = ? AND amount > 0",
        "WHERE institution_id = ? AND serial = ANY(?) AND amount > 0",
    );
    for row in by_keys::<HoldingRow>(conn, institution, &serials, open.0, open.1)? {
        let (key, holding) = row.parse()?;
        facts.stock.load_holding(key, holding);
    }
    load_spans(conn, institution, &mut facts.stock, &needs.spans)?;
    load_heads(conn, institution, &mut facts.stock, &needs.heads)?;
    load_held(conn, institution, &mut facts.stock, &needs.held_by)?;
    load_requests(conn, facts, &needs.requests)?;
    load_settled(conn, institution, &mut facts.stock)?;
    load_since(
        conn,
        institution,
        &mut facts.stock,
        &touched,
        &needs.entries,
    )?;
    let seqs: Vec<i64> = needs.emergencies.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND seq = ?",
        "WHERE institution_id = ? AND seq = ANY(?)",
    );
    for row in by_keys::<EmergencyRow>(conn, institution, &seqs, one, many)? {
        let (seq, emergency) = row.parse()?;
        facts.stock.emergencies.load(seq, emergency);
    }
    if needs.standing {
        let clause = "WHERE institution_id = ? AND containers > 0";
        for row in select::<PlaceTotalRow>(conn, clause, &[Cell::Int(&institution.get())])? {
            let (key, total) = row.parse()?;
            facts.stock.totals_before.insert(key, total);
        }
    }
    for product in &needs.stock_of {
        let clause = "WHERE institution_id = ? AND product_id = ?";
        let key = [Cell::Int(&institution.get()), Cell::Int(&product.get())];
        for row in select::<PlaceTotalRow>(conn, clause, &key)? {
            let (key, total) = row.parse()?;
            facts.stock.totals_before.insert(key, total);
        }
    }
    load_left(conn, facts, &needs.left_at)?;
    purchases::load(conn, facts, needs)?;
    transfers::load(conn, facts, needs)?;
    stocktakes::load_wide(conn, facts, needs)?;
    custody::load(conn, facts, needs)?;
    filings::load(conn, facts, needs)?;
    pulls::load(conn, facts, needs)?;
    vessels::load(conn, facts, needs)?;
    load_desk(conn, facts, needs)
}

/// The holdings that the loaded entries made or settled, open or not: a reversal opens them again.
fn load_settled(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
) -> Result<(), StoreError> {
    let held = stock.entries.values().flat_map(|record| {
        let lines = record.postings.iter();
        lines
            .filter(|posting| posting.account == Account::Held)
            .map(|posting| posting.checkout.unwrap_or(record.seq).get())
    });
    let checkouts: BTreeSet<i64> = held.collect();
    let keys: Vec<i64> = checkouts.into_iter().collect();
    let (one, many) = (
        "WHERE institution_id = ? AND checkout_seq = ?",
        "WHERE institution_id = ? AND checkout_seq = ANY(?)",
    );
    for row in by_keys::<HoldingRow>(conn, institution, &keys, one, many)? {
        let (key, holding) = row.parse()?;
        stock.load_holding(key, holding);
    }
    Ok(())
}

/// The entries from a container's latest back to the latest that counts, and to the one that will
/// count when an entry asked for has been reversed within the batch.
fn load_since(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    serials: &BTreeSet<Serial>,
    asked: &BTreeSet<Seq>,
) -> Result<(), StoreError> {
    loop {
        let containers = serials
            .iter()
            .filter_map(|serial| stock.containers.get(*serial));
        let mut unread: BTreeSet<Seq> = containers
            .filter_map(|container| stock.latest(container).err())
            .collect();
        for record in asked.iter().filter_map(|seq| stock.entries.get(seq)) {
            let before = record.containers.iter().filter_map(|line| {
                let prior = line.before?;
                stock.latest_from(line.serial, prior.entry).err()
            });
            unread.extend(before);
        }
        let before = stock.entries.len();
        load_entries(conn, institution, stock, &unread)?;
        if stock.entries.len() == before {
            return Ok(());
        }
    }
}

fn load_containers(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    serials: &BTreeSet<Serial>,
) -> Result<(), StoreError> {
    let keys: Vec<i64> = serials.iter().map(|serial| serial.get()).collect();
    for container in containers(conn, institution, &keys)? {
        stock.containers.load(container.serial, container);
    }
    Ok(())
}

/// Since when containers are as they are: their entries back to the first, each of which names the one
/// before it.
fn load_spans(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    serials: &BTreeSet<Serial>,
) -> Result<(), StoreError> {
    let one = "WHERE institution_id = ? AND log = 0 AND seq = ?";
    for serial in serials {
        let Some(container) = stock.containers.get(*serial) else {
            continue;
        };
        let mut next = Some(container.last_entry);
        let mut turns = Vec::new();
        while let Some(seq) = next.take() {
            let key = [Cell::Int(&institution.get()), Cell::Int(&seq.get())];
            for row in select::<EntryRow>(conn, one, &key)? {
                let entry = Entry::parse(&row.bytes)?;
                let record = entry.record();
                stock.taken_at.extend(taken_at(record));
                let mut lines = record.containers.iter();
                if let Some(line) = lines.find(|line| line.serial == *serial) {
                    let at = record.occurred_at.unwrap_or(record.recorded_at);
                    let is_reversal = matches!(record.act, Act::Reverse(_));
                    turns.push((is_reversal, line.after.status, at));
                    next = line.before.map(|prior| prior.entry);
                }
            }
        }
        let mut turns = turns.into_iter().rev();
        if let Some((_, status, at)) = turns.next() {
            let mut span = Span::begun(status, at);
            for (is_reversal, status, at) in turns {
                span.follow(is_reversal, status, at);
            }
            stock.spans.insert(*serial, span);
        }
    }
    Ok(())
}

/// How many containers are not gone, in these places and in each below them.
fn load_left(
    conn: &mut Db,
    facts: &mut Facts,
    roots: &BTreeSet<PlaceId>,
) -> Result<(), StoreError> {
    let id = facts.institution.get();
    let inside: BTreeSet<PlaceId> = roots
        .iter()
        .flat_map(|root| facts.place_and_below(*root))
        .collect();
    for place in inside {
        let key = [Cell::Int(&id), Cell::Int(&place.get())];
        let stands = "WHERE institution_id = ? AND place_id = ? AND containers > 0";
        let rows = select::<PlaceTotalRow>(conn, stands, &key)?;
        let standing: i64 = rows.iter().map(|row| row.containers).sum();
        let elsewhere =
            "WHERE institution_id = ? AND place_id = ? AND status IN ('checked_out', 'waste')";
        let rows = select::<StandingRow>(conn, elsewhere, &key)?;
        let left = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let vessels = "WHERE institution_id = ? AND place_id = ? AND disposed_seq IS NULL";
        let rows = select::<VesselRow>(conn, vessels, &key)?;
        let left = left.saturating_add(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        facts
            .stock
            .left_before
            .insert(place, standing.saturating_add(left));
    }
    Ok(())
}

/// The heads before entries.
fn load_heads(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    seqs: &BTreeSet<Seq>,
) -> Result<(), StoreError> {
    let keys: Vec<i64> = seqs.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND log = 0 AND seq = ?",
        "WHERE institution_id = ? AND log = 0 AND seq = ANY(?)",
    );
    for row in by_keys::<EntryRow>(conn, institution, &keys, one, many)? {
        let entry = Entry::parse(&row.bytes)?;
        let record = entry.record();
        stock.heads.insert(record.seq, record.prev);
    }
    Ok(())
}

/// Everything that is held back of the containers loaded whose classes can be held back, and the
/// requests: those asked for, and those that hold something of these containers.
fn load_requests(
    conn: &mut Db,
    facts: &mut Facts,
    requests: &BTreeSet<RequestId>,
) -> Result<(), StoreError> {
    let institution = facts.institution;
    let governed: Vec<i64> = facts
        .stock
        .containers
        .iter()
        .filter(|(_, container)| {
            let product = facts.register.products.get(container.identity.product);
            product.is_some_and(|product| facts.is_governed(product))
        })
        .map(|(serial, _)| serial.get())
        .collect();
    let (one, many) = (
        "WHERE institution_id = ? AND serial = ? AND amount > 0",
        "WHERE institution_id = ? AND serial = ANY(?) AND amount > 0",
    );
    let held = by_keys::<ReservationRow>(conn, institution, &governed, one, many)?;
    let asked = requests.iter().map(|request| request.get());
    let wanted: BTreeSet<i64> = held.iter().map(|row| row.request_id).chain(asked).collect();
    let keys: Vec<i64> = wanted.into_iter().collect();
    let (one, many) = (
        "WHERE institution_id = ? AND request_id = ?",
        "WHERE institution_id = ? AND request_id = ANY(?)",
    );
    for row in by_keys::<SigningRequestRow>(conn, institution, &keys, one, many)? {
        let (id, request) = row.parse()?;
        facts.desk.requests.load(id, request);
    }
    for row in by_keys::<ReservationRow>(conn, institution, &keys, one, many)? {
        let (key, reservation) = row.parse()?;
        facts.desk.reservations.load(key, reservation);
    }
    Ok(())
}

/// Everything that the persons hold: open parts, and whole bottles.
fn load_held(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    persons: &BTreeSet<PersonId>,
) -> Result<(), StoreError> {
    let id = institution.get();
    let mut bottles = BTreeSet::new();
    for person in persons {
        let key = [Cell::Int(&id), Cell::Int(&person.get())];
        let open = "WHERE institution_id = ? AND holder_id = ? AND amount > 0";
        for row in select::<HoldingRow>(conn, open, &key)? {
            let (key, holding) = row.parse()?;
            stock.load_holding(key, holding);
        }
        let with_them = "WHERE institution_id = ? AND holder_id = ?";
        for row in select::<StandingRow>(conn, with_them, &key)? {
            bottles.insert(rows::number("standing", row.serial)?);
        }
    }
    load_containers(conn, institution, stock, &bottles)
}

/// The containers with those serials, each of which is two rows.
pub(crate) fn containers(
    conn: &mut Db,
    institution: InstitutionId,
    serials: &Vec<i64>,
) -> Result<Vec<Container>, StoreError> {
    type Rows<'p> = Both<'p, ContainerRow, StandingRow>;
    let id = institution.get();
    let mut found: Vec<(ContainerRow, StandingRow)> = Vec::with_capacity(serials.len());
    match conn {
        Db::Sqlite(conn) => {
            let one = "WHERE container.institution_id = ? AND container.serial = ?";
            for serial in serials {
                let key = [Cell::Int(&id), Cell::Int(serial)];
                found.extend(Rows::new(one, &key).load::<(ContainerRow, StandingRow)>(conn)?);
            }
        }
        Db::Postgres(_) if serials.is_empty() => {}
        Db::Postgres(conn) => {
            let many = "WHERE container.institution_id = ? AND container.serial = ANY(?)";
            let keys = [Cell::Int(&id), Cell::Ints(serials)];
            found = Rows::new(many, &keys).load(conn)?;
        }
    }
    // A container without a standing is a damaged database, not an unknown label.
    let standing: BTreeSet<i64> = found.iter().map(|(row, _)| row.serial).collect();
    let mut missing = serials.clone();
    missing.retain(|serial| !standing.contains(serial));
    let alone: Vec<ContainerRow> = by_keys(conn, institution, &missing, BY_SERIAL.0, BY_SERIAL.1)?;
    if let Some(row) = alone.first() {
        let what = format!("none for serial {}", row.serial);
        return Err(StoreError::Row("standing", what));
    }
    found
        .into_iter()
        .map(|(row, hot)| rows::container(row, &hot))
        .collect()
}

fn load_entries(
    conn: &mut Db,
    institution: InstitutionId,
    stock: &mut Stock,
    entries: &BTreeSet<Seq>,
) -> Result<(), StoreError> {
    let keys: Vec<i64> = entries.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND log = 0 AND seq = ?",
        "WHERE institution_id = ? AND log = 0 AND seq = ANY(?)",
    );
    for row in by_keys::<EntryRow>(conn, institution, &keys, one, many)? {
        let entry = Entry::parse(&row.bytes)?;
        stock
            .entries
            .insert(entry.record().seq, entry.record().clone());
    }
    let (one, many) = (
        "WHERE institution_id = ? AND reversed_seq = ?",
        "WHERE institution_id = ? AND reversed_seq = ANY(?)",
    );
    for row in by_keys::<ReversalRow>(conn, institution, &keys, one, many)? {
        let by = rows::number("reversal", row.seq)?;
        stock
            .reversals
            .load(rows::number("reversal", row.reversed_seq)?, by);
    }
    Ok(())
}

fn load_desk(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let (institution, desk) = (facts.institution, &mut facts.desk);
    let id = institution.get();
    for session in &needs.sessions {
        let key = session.to_be_bytes().to_vec();
        let clause = "WHERE institution_id = ? AND session_id = ?";
        for row in select::<SessionRow>(conn, clause, &[Cell::Int(&id), Cell::Bytes(&key)])? {
            let (session, row) = row.parse()?;
            desk.sessions.load(session, row);
        }
    }
    let keys: Vec<i64> = needs.secrets.iter().map(|person| person.get()).collect();
    let (one, many) = BY_PERSON;
    for row in by_keys::<StoredSecretRow>(conn, institution, &keys, one, many)? {
        let (person, secret) = row.parse()?;
        desk.secrets.load(person, secret);
    }
    for row in by_keys::<OneTimeCodeRow>(conn, institution, &keys, one, many)? {
        let (person, code) = row.parse()?;
        desk.codes.load(person, code);
    }
    for person in &needs.sessions_of {
        let live = "WHERE institution_id = ? AND person_id = ? AND revoked = 0";
        for row in select::<SessionRow>(conn, live, &[Cell::Int(&id), Cell::Int(&person.get())])? {
            let (session, row) = row.parse()?;
            desk.sessions.load(session, row);
        }
    }
    for person in &needs.attempts_of {
        let key = [Cell::Int(&id), Cell::Int(&person.get())];
        for row in select::<AttemptsRow>(conn, "WHERE institution_id = ? AND subject = ?", &key)? {
            let (claimant, attempts) = row.parse();
            desk.attempts.load(claimant, attempts);
        }
    }
    for subject in &needs.wrong_tries {
        let key = [Cell::Int(&id), Cell::Int(subject)];
        for row in select::<WrongTriesRow>(conn, "WHERE institution_id = ? AND subject = ?", &key)?
        {
            let (subject, tries) = row.parse();
            desk.wrong_tries.load(subject, tries);
        }
    }
    for import in &needs.imports {
        let key = [Cell::Int(&id), Cell::Int(&id), Cell::Int(&import.get())];
        let clause =
            "WHERE institution_id = ? AND file_sha256 = (SELECT file_sha256 FROM import_job
            WHERE institution_id = ? AND import_id = ?)";
        for row in select::<ImportRow>(conn, clause, &key)? {
            let (import, row) = row.parse()?;
            desk.imports.load(import, row);
        }
    }
    for claimant in &needs.attempts {
        let key = [
            Cell::Int(&id),
            Cell::Int(&claimant.subject),
            Cell::Int(&claimant.terminal),
        ];
        let clause = "WHERE institution_id = ? AND subject = ? AND terminal = ?";
        for row in select::<AttemptsRow>(conn, clause, &key)? {
            let (claimant, attempts) = row.parse();
            desk.attempts.load(claimant, attempts);
        }
    }
    Ok(())
}
