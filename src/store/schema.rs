//! Every table, once: columns, primary key, row type. Hand-written to fit both live schemas; a test
//! compares it with them. The tables marked *projection* say what the entries say, nothing else:
//! `verify` rebuilds each of their rows, every column, from entry bytes and compares.

use diesel::prelude::Queryable;

use super::table::{Cell, Select, Table};

macro_rules! rust_type {
    (Int) => { i64 };
    (IntNull) => { Option<i64> };
    (Text) => { String };
    (TextNull) => { Option<String> };
    (Bytes) => { Vec<u8> };
}

macro_rules! sql_type {
    (Int) => { diesel::sql_types::BigInt };
    (IntNull) => { diesel::sql_types::Nullable<diesel::sql_types::BigInt> };
    (Text) => { diesel::sql_types::Text };
    (TextNull) => { diesel::sql_types::Nullable<diesel::sql_types::Text> };
    (Bytes) => { diesel::sql_types::Binary };
}

macro_rules! rows {
    ($($(#[$doc:meta])* $table:ident $row:ident ($($key:ident),+) { $($column:ident: $kind:ident,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Queryable)]
            pub(crate) struct $row { $(pub $column: rust_type!($kind),)+ }

            impl Table for $row {
                const NAME: &'static str = stringify!($table);
                const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];
                const SELECTED: &'static str =
                    concat!($(", ", stringify!($table), ".", stringify!($column)),+);
                const KEY: usize = [$(stringify!($key)),+].len();
                type SqlType = ($(sql_type!($kind),)+);

                fn cells(&self) -> Vec<Cell<'_>> {
                    vec![$(Cell::$kind(&self.$column)),+]
                }

                fn read_sqlite(
                    conn: &mut diesel::SqliteConnection,
                    select: Select<'_, Self>,
                ) -> diesel::QueryResult<Vec<Self>> {
                    diesel::RunQueryDsl::load(select, conn)
                }

                fn read_pg(
                    conn: &mut diesel::PgConnection,
                    select: Select<'_, Self>,
                ) -> diesel::QueryResult<Vec<Self>> {
                    diesel::RunQueryDsl::load(select, conn)
                }
            }
        )+
    };
}

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident $row:ident ($($key:ident),+) { $($column:ident: $kind:ident,)+ })+) => {
        rows! { $($(#[$doc])* $table $row ($($key),+) { $($column: $kind,)+ })+ }

        /// Table, columns in order, and how many of them are the primary key.
        pub const TABLES: &[(&str, &[&str], usize)] =
            &[$(($row::NAME, $row::COLUMNS, $row::KEY)),+];
    };
}

// Rows without the columns that are long and not asked for: only to be read.
rows! {
    /// When an entry was recorded.
    entry EntryTimeRow (institution_id, log, seq) {
        institution_id: Int, log: Int, seq: Int, recorded_at: Int,
    }
    /// The nodes of the tree that lie with an entry.
    entry EntryNodesRow (institution_id, log, seq) {
        institution_id: Int, log: Int, seq: Int, leaf_hash: Bytes, subtrees: Bytes,
    }
}

tables! {
    /// Heads of the logs.
    log_head LogHeadRow (institution_id, log) {
        institution_id: Int, log: Int, size: Int, root: Bytes, peaks: Bytes, recorded_at: Int,
        register_seq: Int, last_serial: Int,
    }
    /// Entries: the truth.
    entry EntryRow (institution_id, log, seq) {
        institution_id: Int, log: Int, seq: Int, kind: Text, recorded_at: Int, leaf_hash: Bytes,
        subtrees: Bytes, bytes: Bytes,
    }
    /// Signed heads.
    checkpoint CheckpointRow (institution_id, log, size) {
        institution_id: Int, log: Int, size: Int, note: Text, signed_at: Int,
    }
    /// First answers.
    idempotency IdempotencyRow (institution_id, person_id, key) {
        institution_id: Int, person_id: Int, key: Text, fingerprint: Bytes, answer: Text,
    }
    /// Projection of `found`.
    institution InstitutionRow (institution_id) {
        institution_id: Int, name: Text, uscc: Text, region: Text, kind: Text, origin: Text,
    }
    /// Projection of `found`, `enrol`, `assign`, `leave`, `suspend`.
    person PersonRow (institution_id, person_id) {
        institution_id: Int, person_id: Int, name: Text, staff_number: Text, identity: Text,
        closed: Int, department_id: IntNull, suspended: Int,
    }
    /// Projection of `department`.
    department DepartmentRow (institution_id, department_id) {
        institution_id: Int, department_id: Int, name: Text, closed: Int,
    }
    /// Projection of `found`, `appoint`, `revoke`, `leave`, `handover`.
    tenure TenureRow (institution_id, seq, line) {
        institution_id: Int, seq: Int, line: Int, person_id: Int, role: Text, place_id: IntNull,
        valid_from: Int, valid_until: IntNull, stands_in_for: IntNull, revoked_by: IntNull,
    }
    /// Projection of `secret`.
    known_secret KnownSecretRow (institution_id, person_id) {
        institution_id: Int, person_id: Int, version: Int, digest: Text,
    }
    /// Projection of `badge`.
    badge BadgeRow (institution_id, person_id) {
        institution_id: Int, person_id: Int, digest: Text,
    }
    /// Projection of `place`.
    place PlaceRow (institution_id, place_id) {
        institution_id: Int, place_id: Int, parent_id: IntNull, kind: Text, name: Text,
        permitted: Text, longitude_udeg: IntNull, latitude_udeg: IntNull, closed: Int,
        department_id: IntNull,
    }
    /// Projection of `product`; `search` is made of its name, qualifier, aliases and CAS number.
    product ProductRow (institution_id, product_id) {
        institution_id: Int, product_id: Int, name: Text, qualifier: TextNull, cas: TextNull,
        substance: TextNull, dimension: Text, density_ug_per_ml: IntNull, classes: Text,
        aliases: Text, search: Text,
        controlled_from: Int,
    }
    /// Projection of `policy`.
    policy PolicyRow (institution_id, seq) {
        institution_id: Int, seq: Int, class: Text, body: Text,
    }
    /// Projection of every entry's postings.
    posting PostingRow (institution_id, seq, line) {
        institution_id: Int, seq: Int, line: Int, account: Text, serial: Int, product_id: Int,
        dimension: Text, place_id: IntNull, holder_id: IntNull, checkout_seq: IntNull, amount: Int,
    }
    /// Projection of the identities that entries give.
    container ContainerRow (institution_id, serial) {
        institution_id: Int, serial: Int, product_id: Int, dimension: Text, lot: TextNull,
        maker: TextNull, supplier: TextNull, expires_on: TextNull, sds: TextNull, lot_key: TextNull,
        tare_ug: IntNull, density_ug_per_ml: IntNull, parent_serial: IntNull, came_from: TextNull,
        mixed: Int,
    }
    /// Projection of the container lines; of `count`; of `loss`, `incident` and `end_incident`.
    standing StandingRow (institution_id, serial) {
        institution_id: Int, serial: Int, status: Text, place_id: Int, holder_id: IntNull,
        generation: Int, amount: Int, last_entry: Int, verified_at: IntNull, incident_id: IntNull,
    }
    /// Projection of the postings on `held`.
    holding HoldingRow (institution_id, checkout_seq, serial) {
        institution_id: Int, checkout_seq: Int, serial: Int, holder_id: Int, product_id: Int,
        dimension: Text, amount: Int,
    }
    /// Projection of the container lines: what stands where, summed.
    place_total PlaceTotalRow (institution_id, place_id, product_id) {
        institution_id: Int, place_id: Int, product_id: Int, containers: Int, amount: Int,
    }
    /// Projection of the container lines and of the postings on `held`: what there is of a product, at
    /// places and (`_out`) with persons.
    product_total ProductTotalRow (institution_id, product_id) {
        institution_id: Int, product_id: Int, containers: Int, amount: Int, containers_out: Int,
        amount_out: Int,
    }
    /// Projection of `reverse`.
    reversal ReversalRow (institution_id, reversed_seq) {
        institution_id: Int, reversed_seq: Int, seq: Int,
    }
    /// Projection of the signatures in entries.
    signature SignatureRow (institution_id, seq, person_id) {
        institution_id: Int, seq: Int, person_id: Int, part: Text, tier: Text, signed_at: Int,
        payload_hash: Bytes,
    }
    /// Projection of `release` and `countersign`.
    emergency EmergencyRow (institution_id, seq) {
        institution_id: Int, seq: Int, leaf_hash: Bytes, place_id: Int, released_at: Int,
        parties: Text, countersigners: Text, countersigned_at: IntNull,
    }
    /// Projection of `permit`, of `purchase` and of its reversals.
    permit PermitRow (institution_id, permit_id) {
        institution_id: Int, permit_id: Int, kind: Text, number: Text, issuer: Text,
        valid_from: Text, valid_until: TextNull, lines: Text, single_use: Int, revoked: Int,
        drawn: Text, receipts: Int, number_key: Text,
    }
    /// Projection of `permit`: the entries about each.
    permit_entry PermitEntryRow (institution_id, permit_id, seq) {
        institution_id: Int, permit_id: Int, seq: Int,
    }
    /// Projection of `purchase`: what a receipt draws.
    drawing DrawingRow (institution_id, seq) {
        institution_id: Int, seq: Int, permits: Text, order_id: IntNull, order_amounts: TextNull,
    }
    /// Projection of `requisition`, `approve`, `order`, `close_order`, `purchase` and its reversals.
    requisition RequisitionRow (institution_id, requisition_id) {
        institution_id: Int, requisition_id: Int, version: Int, department_id: Int,
        applicant_id: Int, product_id: Int, dimension: Text, amount: Int, purpose: Text,
        on_hand: Int, requested_at: Int, state: Text, decided_by: IntNull, decided_at: IntNull,
        decision: TextNull, ordered: Int, received: Int,
    }
    /// Projection of `order`, `close_order`, `purchase` and its reversals.
    purchase_order OrderRow (institution_id, order_id) {
        institution_id: Int, order_id: Int, number: Text, supplier: Text, lines: Text,
        ordered_at: Int, state: Text, received: Text, reason: Text, number_key: Text,
    }
    /// Projection of `purchase_policy`.
    purchase_policy PurchasePolicyRow (institution_id, seq) {
        institution_id: Int, seq: Int, class: Text, body: Text,
    }
    /// Projection of `send`, `settle` and `reclaim`.
    outgoing OutgoingRow (institution_id, seq) {
        institution_id: Int, seq: Int, receiver_id: Int, sent_at: Int, expected_at: Int,
        settled_seq: IntNull, on_the_road: Text, gone: Text,
    }
    /// Projection of `announce` and `accept`.
    incoming IncomingRow (institution_id, sender_id, sender_seq) {
        institution_id: Int, sender_id: Int, sender_seq: Int, announced_seq: Int,
        expected_at: Int, accepted_seq: IntNull,
    }
    /// Projection of `stocktake` and `close_stocktake`.
    stocktake StocktakeRow (institution_id, stocktake_id) {
        institution_id: Int, stocktake_id: Int, place_id: Int, amounts: Text, sample_size: IntNull,
        seed: TextNull, expected: Int, expected_sha256: Text, begun_seq: Int, begun_by: Int,
        begun_at: Int, closed_seq: IntNull, closed_by: IntNull, closed_at: IntNull, totals: TextNull,
    }
    /// Projection of `stocktake`, `count`, `resolve`, `variance` and `loss`: a container in a stocktake.
    tally TallyRow (institution_id, stocktake_id, serial) {
        institution_id: Int, stocktake_id: Int, serial: Int, expected_at: IntNull,
        counted_seq: IntNull, counted_by: IntNull, counted_at: IntNull, counted_place: IntNull,
        absent: Int, misplaced: Int, difference: Int, confirmed: Int, settled_by: IntNull,
        put_right_by: IntNull, off_book: Int, doubted_by: Text,
    }
    /// Projection of `count` and `resolve`: a code that nobody knows.
    stray StrayRow (institution_id, stocktake_id, code) {
        institution_id: Int, stocktake_id: Int, code: Text, seq: Int, person_id: Int, noted_at: Int,
        place_id: Int, resolved_by: IntNull,
    }
    /// Projection of `handover`.
    handover HandoverRow (institution_id, seq) {
        institution_id: Int, seq: Int, place_id: Int, from_id: Int, to_id: Int, by_id: Int,
        counted: Int, out: Int, handed_at: Int,
    }
    /// Projection of `book_count`: a line of a custodian's own book of a day.
    book BookRow (institution_id, serial, day, person_id) {
        institution_id: Int, serial: Int, day: Text, person_id: Int, place_id: Int, amount: Int,
        ledger: Int, difference: Int, seq: Int, counted_at: Int,
    }
    /// Projection of `book_count`, `variance` and `loss`: a container of which a book has differed.
    book_gap BookGapRow (institution_id, serial) {
        institution_id: Int, serial: Int, since_seq: Int, since_at: Int, agreed_by: IntNull,
        settled_seq: IntNull,
    }
    /// Projection of `loss`, `incident`, `follow_up` and `end_incident`.
    incident IncidentRow (institution_id, incident_id) {
        institution_id: Int, incident_id: Int, kind: Text, what: Text, place_id: Int,
        discovered_at: Int, containers: Text, opened_seq: Int, opened_by: IntNull, opened_at: Int,
        reports: Text, ended_seq: IntNull, ended_by: IntNull, ended_at: IntNull, result: TextNull,
        kinds: Text,
    }
    /// Projection of the same: which entries tell of an incident.
    incident_step IncidentStepRow (institution_id, incident_id, seq) {
        institution_id: Int, incident_id: Int, seq: Int, kind: Text,
    }
    /// Projection of `waste_container`, `waste_container_step`, `waste`, `dispose` and their reversals.
    waste_container VesselRow (institution_id, serial) {
        institution_id: Int, serial: Int, place_id: Int, code: Text, vessel: Text, dimension: Text,
        fill: Int, registered_seq: Int, closed_seq: IntNull, closed_at: IntNull,
        disposed_seq: IntNull,
    }
    /// Projection of `waste` into a waste container, and of its reversals.
    waste_line WasteLineRow (institution_id, seq, serial) {
        institution_id: Int, seq: Int, serial: Int, vessel_serial: Int, product_id: Int,
        dimension: Text, amount: Int, taken_up: Int, said: Int, mass_ug: IntNull,
        person_id: IntNull, poured_at: Int, reversed_by: IntNull,
    }
    /// Projection of `submit`.
    submission SubmissionRow (institution_id, seq) {
        institution_id: Int, seq: Int, period: Text, person_id: Int, submitted_at: Int,
    }
    /// Projection of `review`, in the ledger of a bureau.
    review ReviewRow (institution_id, seq) {
        institution_id: Int, seq: Int, subject_id: Int, period: Text, submission_seq: Int,
        leaf_hash: Bytes, accepted: Int, reason: Text, person_id: Int, reviewed_at: Int,
    }
    /// Projection of the entries that claim to have happened in an earlier month.
    late_entry LateEntryRow (institution_id, seq) {
        institution_id: Int, seq: Int, occurred_at: Int,
    }
    /// Projection of all entries before the end of a month: how many they are.
    month_end MonthEndRow (institution_id, month) {
        institution_id: Int, month: Int, size: Int,
    }
    /// Projection of the entries of a month: what moved in it. Place 0 is what is with persons.
    month_line MonthLineRow (institution_id, month, place_id, product_id) {
        institution_id: Int, month: Int, place_id: Int, product_id: Int, turnover: Text,
    }
    /// Projection of the number of entries: after how many of them it is known what was where.
    balance BalanceRow (institution_id, size) {
        institution_id: Int, size: Int,
    }
    /// Projection of the first `size` entries: what was where. Place 0 is what is with persons.
    balance_line BalanceLineRow (institution_id, size, place_id, product_id) {
        institution_id: Int, size: Int, place_id: Int, product_id: Int, containers: Int, amount: Int,
    }
    /// Desk: signing requests.
    signing_request SigningRequestRow (institution_id, request_id) {
        institution_id: Int, request_id: Int, state: Text, payload: Text, payload_hash: Bytes,
        applicant_id: Int, expires_at: Int, signatures: Text,
    }
    /// Desk: what requests hold back.
    reservation ReservationRow (institution_id, request_id, serial) {
        institution_id: Int, request_id: Int, serial: Int, amount: Int, expires_at: Int,
    }
    /// Desk: sessions.
    session SessionRow (institution_id, session_id) {
        institution_id: Int, session_id: Bytes, person_id: Int, created_at: Int, expires_at: Int,
        revoked: Int, refresh_digest: Bytes, terminal: Text,
    }
    /// Desk: hashed secrets.
    stored_secret StoredSecretRow (institution_id, person_id) {
        institution_id: Int, person_id: Int, version: Int, phc: Text,
    }
    /// Desk: one-time codes.
    one_time_code OneTimeCodeRow (institution_id, person_id) {
        institution_id: Int, person_id: Int, digest: Bytes, expires_at: Int, used: Int,
    }
    /// Desk: wrong tries.
    attempts AttemptsRow (institution_id, subject, terminal) {
        institution_id: Int, subject: Int, terminal: Int, failures: Int, locked_until: IntNull,
    }
    /// Desk: wrong secrets of a day.
    wrong_tries WrongTriesRow (institution_id, subject) {
        institution_id: Int, subject: Int, since: Int, count: Int, alerted: Int,
    }
    /// Desk: imports of opening stock.
    import_job ImportRow (institution_id, import_id) {
        institution_id: Int, import_id: Int, state: Text, file: Text, file_sha256: Text,
        sheet: Text, row_count: Int, containers: Int, errors: Int, parts: Int, signed: Int,
        person_id: Int, acceptors: Text, undone_by: IntNull, reason: Text, stopped: Text,
    }
    /// Desk: the commands of an import.
    import_part ImportPartRow (institution_id, import_id, part) {
        institution_id: Int, import_id: Int, part: Int, body: Text,
    }
    /// Projection of `keep_head` (without `seq`: from before there were such entries); append-only.
    pulled_head PulledHeadRow (institution_id, site_id, pull) {
        institution_id: Int, site_id: Int, pull: Int, outcome: Text, fault: TextNull, size: Int,
        root: Bytes, note: Text, proof: Bytes, reason: Text, pulled_at: Int, person_id: IntNull, seq: IntNull,
    }
}
