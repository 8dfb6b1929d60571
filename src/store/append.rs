//! Writing what a batch did: entries, then the rows that changed, table by table.

use crate::domain::{
    facts::Facts,
    ledger::{Log, Sealed},
};

use super::{
    StoreError,
    conn::Db,
    custody::CustodyRows,
    filings::FilingRows,
    heads::LogState,
    purchases::PurchaseRows,
    schema::{
        AttemptsRow, BadgeRow, ContainerRow, DepartmentRow, EmergencyRow, EntryRow, HoldingRow,
        IdempotencyRow, ImportPartRow, ImportRow, InstitutionRow, KnownSecretRow, LogHeadRow,
        OneTimeCodeRow, PersonRow, PlaceRow, PlaceTotalRow, PolicyRow, PostingRow, ProductRow,
        ProductTotalRow, PulledHeadRow, PurchasePolicyRow, ReservationRow, ReversalRow, SessionRow,
        SignatureRow, SigningRequestRow, StandingRow, StoredSecretRow, TenureRow, WrongTriesRow,
    },
    stocktakes::TakingRows,
    table::{insert, update},
    together::Together,
    transfers::TransferRows,
    vessels::VesselRows,
};

/// The rows that a batch adds and changes, over all its institutions.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    heads: (Vec<LogHeadRow>, Vec<LogHeadRow>),
    entries: Vec<EntryRow>,
    signatures: Vec<SignatureRow>,
    postings: Vec<PostingRow>,
    pub(crate) idempotency: Vec<IdempotencyRow>,
    institutions: Vec<InstitutionRow>,
    persons: (Vec<PersonRow>, Vec<PersonRow>),
    tenures: (Vec<TenureRow>, Vec<TenureRow>),
    known_secrets: (Vec<KnownSecretRow>, Vec<KnownSecretRow>),
    badges: (Vec<BadgeRow>, Vec<BadgeRow>),
    departments: (Vec<DepartmentRow>, Vec<DepartmentRow>),
    places: (Vec<PlaceRow>, Vec<PlaceRow>),
    products: (Vec<ProductRow>, Vec<ProductRow>),
    policies: Vec<PolicyRow>,
    containers: Vec<ContainerRow>,
    standings: (Vec<StandingRow>, Vec<StandingRow>),
    holdings: (Vec<HoldingRow>, Vec<HoldingRow>),
    totals: Vec<PlaceTotalRow>,
    product_totals: Vec<ProductTotalRow>,
    reversals: Vec<ReversalRow>,
    emergencies: (Vec<EmergencyRow>, Vec<EmergencyRow>),
    purchase_policies: Vec<PurchasePolicyRow>,
    purchases: PurchaseRows,
    transfers: TransferRows,
    takings: TakingRows,
    custody: CustodyRows,
    filings: FilingRows,
    vessels: VesselRows,
    sessions: (Vec<SessionRow>, Vec<SessionRow>),
    secrets: (Vec<StoredSecretRow>, Vec<StoredSecretRow>),
    codes: (Vec<OneTimeCodeRow>, Vec<OneTimeCodeRow>),
    attempts: (Vec<AttemptsRow>, Vec<AttemptsRow>),
    requests: (Vec<SigningRequestRow>, Vec<SigningRequestRow>),
    reservations: (Vec<ReservationRow>, Vec<ReservationRow>),
    wrong_tries: (Vec<WrongTriesRow>, Vec<WrongTriesRow>),
    imports: (Vec<ImportRow>, Vec<ImportRow>),
    import_parts: Vec<ImportPartRow>,
    pulls: Vec<PulledHeadRow>,
}

/// Added and changed rows of a table, through `$row`.
macro_rules! moved {
    ($rows:expr, $table:expr, |$key:ident, $value:ident| $row:expr) => {
        for ($key, $value) in $table.take_added() {
            $rows.0.push($row);
        }
        for ($key, $value) in $table.take_changed() {
            $rows.1.push($row);
        }
    };
}

impl Rows {
    /// Takes an entry, and for the ledger its postings.
    pub(crate) fn entry(&mut self, sealed: &Sealed) {
        self.entries.push(EntryRow::of(sealed));
        let record = sealed.entry.record();
        self.signatures.extend(SignatureRow::of(record));
        let lines = (0_i64..).zip(&record.postings);
        self.postings
            .extend(lines.map(|(line, posting)| PostingRow::of(record, line, posting)));
    }

    /// Takes the head of a log.
    pub(crate) fn head(&mut self, state: &mut LogState, row: LogHeadRow) {
        if state.stored {
            self.heads.1.push(row);
        } else {
            self.heads.0.push(row);
        }
        state.stored = true;
    }

    /// Takes everything that changed in the facts of one institution.
    pub(crate) fn facts(&mut self, facts: &mut Facts) -> Result<(), StoreError> {
        let id = facts.institution;
        let register = &mut facts.register;
        moved!(
            self.persons,
            register.persons,
            |_key, person| PersonRow::of(id, person)
        );
        moved!(self.tenures, register.tenures, |key, tenure| TenureRow::of(
            id, key, tenure
        ));
        moved!(self.known_secrets, register.secrets, |key, known| {
            KnownSecretRow::of(id, key, known)
        });
        moved!(self.badges, register.badges, |key, digest| BadgeRow::of(
            id, key, digest
        ));
        moved!(self.departments, register.departments, |_key, one| {
            DepartmentRow::of(id, one)
        });
        moved!(self.places, register.places, |_key, place| PlaceRow::of(
            id, place
        ));
        moved!(self.products, register.products, |_key, product| {
            ProductRow::of(id, product)?
        });
        for (seq, policy) in register.policies.take_added() {
            self.policies.push(PolicyRow::of(id, seq, policy)?);
        }
        for (seq, policy) in register.purchase_policies.take_added() {
            let row = PurchasePolicyRow::of(id, seq, policy)?;
            self.purchase_policies.push(row);
        }
        self.purchases.take(id, &mut facts.purchasing)?;
        self.transfers.take(id, &mut facts.transfers)?;
        let (takings, incidents) = (&mut facts.takings, &mut facts.incidents);
        self.takings.take(id, takings, incidents)?;
        self.custody.take(id, &mut facts.custody);
        self.filings.take(id, &mut facts.filings);
        for (key, pull) in facts.pulls.said.take_added() {
            self.pulls.push(PulledHeadRow::of(id, key, pull)?);
        }
        self.vessels.take(id, &mut facts.vessels)?;
        let stock = &mut facts.stock;
        for (_, container) in stock.containers.take_added() {
            self.containers.push(ContainerRow::of(id, container));
            self.standings.0.push(StandingRow::of(id, container));
        }
        for (_, container) in stock.containers.take_changed() {
            self.standings.1.push(StandingRow::of(id, container));
        }
        moved!(
            self.holdings,
            stock.holdings,
            |key, holding| HoldingRow::of(id, key, holding)
        );
        for (reversed, by) in stock.reversals.take_added() {
            self.reversals.push(ReversalRow::of(id, reversed, *by));
        }
        moved!(self.emergencies, stock.emergencies, |seq, emergency| {
            EmergencyRow::of(id, seq, emergency)?
        });
        let totals = std::mem::take(&mut stock.totals);
        self.totals.extend(
            totals
                .into_iter()
                .map(|(key, total)| PlaceTotalRow::of(id, key, total)),
        );
        let totals = std::mem::take(&mut stock.product_totals).into_iter();
        self.product_totals
            .extend(totals.map(|(product, total)| ProductTotalRow::of(id, product, total)));
        let desk = &mut facts.desk;
        moved!(self.sessions, desk.sessions, |key, session| SessionRow::of(
            id, key, session
        ));
        moved!(self.secrets, desk.secrets, |key, secret| {
            StoredSecretRow::of(id, key, secret)
        });
        moved!(self.codes, desk.codes, |key, code| OneTimeCodeRow::of(
            id, key, code
        ));
        moved!(self.attempts, desk.attempts, |key, attempts| {
            AttemptsRow::of(id, key, attempts)
        });
        moved!(self.requests, desk.requests, |key, request| {
            SigningRequestRow::of(id, key, request)?
        });
        moved!(self.reservations, desk.reservations, |key, held| {
            ReservationRow::of(id, key, held)
        });
        moved!(self.wrong_tries, desk.wrong_tries, |key, tries| {
            WrongTriesRow::of(id, key, tries)
        });
        moved!(self.imports, desk.imports, |key, import| {
            ImportRow::of(id, key, import)?
        });
        for (key, body) in desk.import_parts.take_added() {
            self.import_parts.push(ImportPartRow::of(id, key, body));
        }
        Ok(())
    }

    /// Takes the row of an institution that was just founded.
    pub(crate) fn founded(&mut self, row: InstitutionRow) {
        self.institutions.push(row);
    }

    /// Writes it all. A crash or an error in between leaves nothing: the caller's transaction.
    pub(crate) fn write(self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.heads.0)?;
        insert(conn, &self.institutions)?;
        insert(conn, &self.persons.0)?;
        update(conn, &self.persons.1)?;
        insert(conn, &self.tenures.0)?;
        update(conn, &self.tenures.1)?;
        insert(conn, &self.known_secrets.0)?;
        update(conn, &self.known_secrets.1)?;
        // Changed ones first: a badge may pass from one person to another within a batch.
        update(conn, &self.badges.1)?;
        insert(conn, &self.badges.0)?;
        insert(conn, &self.departments.0)?;
        update(conn, &self.departments.1)?;
        insert(conn, &self.places.0)?;
        update(conn, &self.places.1)?;
        insert(conn, &self.products.0)?;
        update(conn, &self.products.1)?;
        insert(conn, &self.policies)?;
        insert(conn, &self.purchase_policies)?;
        // The guard on postings looks at the entry, its signatures and the product.
        Together::default()
            .update(&self.heads.1)
            .insert(&self.entries)
            .insert(&self.signatures)
            .insert(&self.postings)
            .insert(&self.idempotency)
            .insert(&self.containers)
            .insert(&self.standings.0)
            .update(&self.standings.1)
            .insert(&self.holdings.0)
            .update(&self.holdings.1)
            .accumulate(&self.totals)
            .accumulate(&self.product_totals)
            .write(conn)?;
        insert(conn, &self.reversals)?;
        self.purchases.write(conn)?;
        self.transfers.write(conn)?;
        self.takings.write(conn)?;
        self.custody.write(conn)?;
        self.filings.write(conn)?;
        self.vessels.write(conn)?;
        insert(conn, &self.emergencies.0)?;
        update(conn, &self.emergencies.1)?;
        insert(conn, &self.sessions.0)?;
        update(conn, &self.sessions.1)?;
        insert(conn, &self.secrets.0)?;
        update(conn, &self.secrets.1)?;
        insert(conn, &self.codes.0)?;
        update(conn, &self.codes.1)?;
        insert(conn, &self.attempts.0)?;
        update(conn, &self.attempts.1)?;
        insert(conn, &self.requests.0)?;
        update(conn, &self.requests.1)?;
        insert(conn, &self.reservations.0)?;
        update(conn, &self.reservations.1)?;
        insert(conn, &self.wrong_tries.0)?;
        update(conn, &self.wrong_tries.1)?;
        insert(conn, &self.imports.0)?;
        update(conn, &self.imports.1)?;
        insert(conn, &self.import_parts)?;
        insert(conn, &self.pulls)?;
        Ok(())
    }
}

/// The head row of a log after a batch.
pub(crate) fn head_row(
    facts: &Facts,
    log: Log,
    state: &LogState,
) -> Result<LogHeadRow, StoreError> {
    let last_serial = if log == Log::Ledger {
        facts.stock.last_serial
    } else {
        0
    };
    state.row(facts.institution, log, last_serial)
}
