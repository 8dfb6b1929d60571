-- The two logs of every institution (0 ledger, 1 audit): heads, entries, signed checkpoints.

CREATE TABLE log_head (
    institution_id BIGINT NOT NULL CHECK (institution_id BETWEEN 0 AND 9999),
    log BIGINT NOT NULL CHECK (log IN (0, 1)),
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    -- The roots of the complete subtrees, largest first: size's one-bits times 32 bytes.
    peaks BYTEA NOT NULL,
    -- Unix ms of the last entry.
    recorded_at BIGINT NOT NULL,
    -- The last entry that changed the register, -1 for none: tells writers when their copy is old.
    register_seq BIGINT NOT NULL,
    -- The highest container serial given.
    last_serial BIGINT NOT NULL CHECK (last_serial >= 0),
    PRIMARY KEY (institution_id, log)
);

CREATE TABLE entry (
    institution_id BIGINT NOT NULL,
    log BIGINT NOT NULL CHECK (log IN (0, 1)),
    seq BIGINT NOT NULL CHECK (seq >= 0),
    kind TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32),
    -- Hashes of the subtrees that this leaf completes, smallest first, 32 bytes each.
    subtrees BYTEA NOT NULL CHECK (length(subtrees) % 32 = 0),
    bytes BYTEA NOT NULL,
    PRIMARY KEY (institution_id, log, seq),
    FOREIGN KEY (institution_id, log) REFERENCES log_head (institution_id, log)
);


CREATE TABLE checkpoint (
    institution_id BIGINT NOT NULL,
    log BIGINT NOT NULL CHECK (log IN (0, 1)),
    size BIGINT NOT NULL CHECK (size > 0),
    -- The C2SP signed note.
    note TEXT COLLATE "C" NOT NULL,
    signed_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, log, size)
);

-- The first answer to each idempotency key. Keys never expire.
CREATE TABLE idempotency (
    institution_id BIGINT NOT NULL,
    -- 0 for the program itself.
    person_id BIGINT NOT NULL,
    key TEXT COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 16 AND 96),
    fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    answer TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, person_id, key)
);

-- Projections of the ledger: people, places, products, policies (the register).

CREATE TABLE institution (
    institution_id BIGINT NOT NULL PRIMARY KEY CHECK (institution_id BETWEEN 0 AND 9999),
    name TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    region TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('hospital', 'cdc', 'bureau', 'system')),
    origin TEXT COLLATE "C" NOT NULL CHECK (origin IN ('live', 'demo'))
);

CREATE TABLE person (
    institution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    staff_number TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, person_id)
);
CREATE UNIQUE INDEX person_staff_number ON person (institution_id, staff_number);
CREATE UNIQUE INDEX person_identity ON person (institution_id, identity);

CREATE TABLE tenure (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    place_id BIGINT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    stands_in_for BIGINT,
    revoked_by BIGINT,
    PRIMARY KEY (institution_id, seq, line)
);
CREATE INDEX tenure_person ON tenure (institution_id, person_id);

-- What the ledger knows of a secret; the secret itself lies in stored_secret.
CREATE TABLE known_secret (
    institution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    version BIGINT NOT NULL CHECK (version > 0),
    digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, person_id)
);

CREATE TABLE place (
    institution_id BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    parent_id BIGINT,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    -- Control classes, comma-separated.
    permitted TEXT COLLATE "C" NOT NULL,
    longitude_udeg BIGINT CHECK (longitude_udeg BETWEEN -180000000 AND 180000000),
    latitude_udeg BIGINT CHECK (latitude_udeg BETWEEN -90000000 AND 90000000),
    closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (institution_id, place_id)
);
CREATE INDEX place_parent ON place (institution_id, parent_id);

CREATE TABLE product (
    institution_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    qualifier TEXT COLLATE "C",
    cas TEXT COLLATE "C",
    substance TEXT COLLATE "C",
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    density_ug_per_ml BIGINT CHECK (density_ug_per_ml > 0),
    -- JSON: the class lines as in the entry.
    classes TEXT COLLATE "C" NOT NULL,
    -- JSON: other names, as in the entry.
    aliases TEXT COLLATE "C" NOT NULL,
    -- What the search box looks in: folded names, pinyin, initials, CAS digits.
    search TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, product_id)
);

CREATE TABLE policy (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    -- The policy as in the entry, JSON.
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, seq)
);

-- Projections of the ledger: stock.

CREATE TABLE posting (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    serial BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    place_id BIGINT,
    holder_id BIGINT,
    checkout_seq BIGINT,
    -- Base units: µg, nL, pieces.
    amount BIGINT NOT NULL,
    PRIMARY KEY (institution_id, seq, line)
);

-- What a container is, for life.
CREATE TABLE container (
    institution_id BIGINT NOT NULL,
    serial BIGINT NOT NULL CHECK (serial BETWEEN 1 AND 99999999),
    product_id BIGINT NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    lot TEXT COLLATE "C",
    maker TEXT COLLATE "C",
    supplier TEXT COLLATE "C",
    expires_on TEXT COLLATE "C",
    sds TEXT COLLATE "C",
    -- The lot as the search box folds it.
    lot_key TEXT COLLATE "C",
    tare_ug BIGINT CHECK (tare_ug >= 0),
    density_ug_per_ml BIGINT CHECK (density_ug_per_ml > 0),
    PRIMARY KEY (institution_id, serial)
);
CREATE INDEX container_product ON container (institution_id, product_id, serial);
CREATE INDEX container_lot ON container (institution_id, lot_key, serial) WHERE lot_key IS NOT NULL;

-- How a container stands: narrow, because every movement writes it.
CREATE TABLE standing (
    institution_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'void')),
    place_id BIGINT NOT NULL,
    holder_id BIGINT,
    generation BIGINT NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    last_entry BIGINT NOT NULL,
    PRIMARY KEY (institution_id, serial)
);

CREATE TABLE holding (
    institution_id BIGINT NOT NULL,
    checkout_seq BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    holder_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (institution_id, checkout_seq, serial)
);
CREATE INDEX holding_open ON holding (institution_id, serial) WHERE amount > 0;

CREATE TABLE place_total (
    institution_id BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    -- Written as differences that are added up: a check would see the difference, not the sum.
    containers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (institution_id, place_id, product_id)
);

CREATE TABLE reversal (
    institution_id BIGINT NOT NULL,
    reversed_seq BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (institution_id, reversed_seq)
);

-- The desk: nothing here moves stock or gives rights.

CREATE TABLE session (
    institution_id BIGINT NOT NULL,
    session_id BYTEA NOT NULL CHECK (length(session_id) = 16),
    person_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked BIGINT NOT NULL CHECK (revoked IN (0, 1)),
    refresh_digest BYTEA NOT NULL,
    terminal TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, session_id)
);

CREATE TABLE stored_secret (
    institution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    phc TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, person_id)
);

CREATE TABLE one_time_code (
    institution_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    expires_at BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used IN (0, 1)),
    PRIMARY KEY (institution_id, person_id)
);

CREATE TABLE attempts (
    institution_id BIGINT NOT NULL,
    -- A person, or a negative number made from a name that nobody has.
    subject BIGINT NOT NULL,
    terminal BIGINT NOT NULL,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    locked_until BIGINT,
    PRIMARY KEY (institution_id, subject, terminal)
);

-- Append-only: no UPDATE, DELETE or TRUNCATE for anybody, the owner included, as long as the triggers are
-- there; the service role has no right to any of them besides.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER checkpoint_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_stays;
CREATE TRIGGER idempotency_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE idempotency ENABLE ALWAYS TRIGGER idempotency_stays;
CREATE TRIGGER posting_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE posting ENABLE ALWAYS TRIGGER posting_stays;
CREATE TRIGGER container_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON container
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE container ENABLE ALWAYS TRIGGER container_stays;
CREATE TRIGGER reversal_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON reversal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE reversal ENABLE ALWAYS TRIGGER reversal_stays;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_stays;

-- One statement inserts a batch of entries: every log it touches must go on without a gap from where it
-- ended, and no time may decrease.
CREATE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        LEFT JOIN entry p ON p.institution_id = a.institution_id AND p.log = a.log AND p.seq = a.seq - 1
        WHERE a.seq > 0 AND (p.seq IS NULL OR p.recorded_at > a.recorded_at)
    ) THEN
        RAISE EXCEPTION 'entry: seq does not follow or time decreases'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entry_follows AFTER INSERT ON entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION entry_follows();
ALTER TABLE entry ENABLE ALWAYS TRIGGER entry_follows;

CREATE FUNCTION checkpoint_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a JOIN checkpoint c
            ON c.institution_id = a.institution_id AND c.log = a.log AND c.size > a.size
    ) THEN
        RAISE EXCEPTION 'checkpoint: size does not grow' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER checkpoint_grows AFTER INSERT ON checkpoint REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION checkpoint_grows();
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER checkpoint_grows;
