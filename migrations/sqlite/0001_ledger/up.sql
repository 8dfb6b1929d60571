-- The two logs of every institution (0 ledger, 1 audit): heads, entries, signed checkpoints.

CREATE TABLE log_head (
    institution_id INTEGER NOT NULL CHECK (institution_id BETWEEN 0 AND 9999),
    log INTEGER NOT NULL CHECK (log IN (0, 1)),
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    -- The roots of the complete subtrees, largest first: size's one-bits times 32 bytes.
    peaks BLOB NOT NULL,
    -- Unix ms of the last entry.
    recorded_at INTEGER NOT NULL,
    -- The last entry that changed the register, -1 for none: tells writers when their copy is old.
    register_seq INTEGER NOT NULL,
    -- The highest container serial given.
    last_serial INTEGER NOT NULL CHECK (last_serial >= 0),
    PRIMARY KEY (institution_id, log)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    institution_id INTEGER NOT NULL,
    log INTEGER NOT NULL CHECK (log IN (0, 1)),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    kind TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    -- Hashes of the subtrees that this leaf completes, smallest first, 32 bytes each.
    subtrees BLOB NOT NULL CHECK (length(subtrees) % 32 = 0),
    bytes BLOB NOT NULL,
    PRIMARY KEY (institution_id, log, seq),
    FOREIGN KEY (institution_id, log) REFERENCES log_head (institution_id, log)
) STRICT;

CREATE TRIGGER entry_follows BEFORE INSERT ON entry BEGIN
    -- The rowid is unique too: a REPLACE by it would delete another entry silently.
    SELECT RAISE(ABORT, 'entry: append-only') WHERE EXISTS (SELECT 1 FROM entry WHERE rowid = NEW.rowid);
    SELECT RAISE(ABORT, 'entry: seq does not follow')
    WHERE NEW.seq IS NOT COALESCE(
        (SELECT MAX(seq) + 1 FROM entry WHERE institution_id = NEW.institution_id AND log = NEW.log), 0);
    SELECT RAISE(ABORT, 'entry: time decreases')
    WHERE NEW.recorded_at < (SELECT recorded_at FROM entry
        WHERE institution_id = NEW.institution_id AND log = NEW.log AND seq = NEW.seq - 1);
END;
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry: append-only'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry: append-only'); END;

CREATE TABLE checkpoint (
    institution_id INTEGER NOT NULL,
    log INTEGER NOT NULL CHECK (log IN (0, 1)),
    size INTEGER NOT NULL CHECK (size > 0),
    -- The C2SP signed note.
    note TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, log, size)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint BEGIN
    SELECT RAISE(ABORT, 'checkpoint: size does not grow')
    WHERE NEW.size <= (SELECT MAX(size) FROM checkpoint
        WHERE institution_id = NEW.institution_id AND log = NEW.log);
END;
CREATE TRIGGER checkpoint_stays BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint: append-only'); END;
CREATE TRIGGER checkpoint_remains BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'checkpoint: append-only'); END;

-- The first answer to each idempotency key. Keys never expire.
CREATE TABLE idempotency (
    institution_id INTEGER NOT NULL,
    -- 0 for the program itself.
    person_id INTEGER NOT NULL,
    key TEXT NOT NULL CHECK (length(key) BETWEEN 16 AND 96),
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    answer TEXT NOT NULL,
    PRIMARY KEY (institution_id, person_id, key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER idempotency_once BEFORE INSERT ON idempotency BEGIN
    SELECT RAISE(ABORT, 'idempotency: key used') WHERE EXISTS (SELECT 1 FROM idempotency
        WHERE institution_id = NEW.institution_id AND person_id = NEW.person_id AND key = NEW.key);
END;
CREATE TRIGGER idempotency_stays BEFORE UPDATE ON idempotency BEGIN SELECT RAISE(ABORT, 'idempotency: append-only'); END;
CREATE TRIGGER idempotency_remains BEFORE DELETE ON idempotency BEGIN SELECT RAISE(ABORT, 'idempotency: append-only'); END;

-- Projections of the ledger: people, places, products, policies (the register).

CREATE TABLE institution (
    institution_id INTEGER NOT NULL PRIMARY KEY CHECK (institution_id BETWEEN 0 AND 9999),
    name TEXT NOT NULL,
    uscc TEXT NOT NULL,
    region TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hospital', 'cdc', 'bureau', 'system')),
    origin TEXT NOT NULL CHECK (origin IN ('live', 'demo'))
) STRICT;

CREATE TABLE person (
    institution_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    staff_number TEXT NOT NULL,
    identity TEXT NOT NULL,
    PRIMARY KEY (institution_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX person_staff_number ON person (institution_id, staff_number);
CREATE UNIQUE INDEX person_identity ON person (institution_id, identity);

CREATE TABLE tenure (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    place_id INTEGER,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER,
    stands_in_for INTEGER,
    revoked_by INTEGER,
    PRIMARY KEY (institution_id, seq, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX tenure_person ON tenure (institution_id, person_id);

-- What the ledger knows of a secret; the secret itself lies in stored_secret.
CREATE TABLE known_secret (
    institution_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    digest TEXT NOT NULL,
    PRIMARY KEY (institution_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE place (
    institution_id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    parent_id INTEGER,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Control classes, comma-separated.
    permitted TEXT NOT NULL,
    longitude_udeg INTEGER CHECK (longitude_udeg BETWEEN -180000000 AND 180000000),
    latitude_udeg INTEGER CHECK (latitude_udeg BETWEEN -90000000 AND 90000000),
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    PRIMARY KEY (institution_id, place_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX place_parent ON place (institution_id, parent_id);

CREATE TABLE product (
    institution_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT,
    cas TEXT,
    substance TEXT,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    density_ug_per_ml INTEGER CHECK (density_ug_per_ml > 0),
    -- JSON: the class lines as in the entry.
    classes TEXT NOT NULL,
    -- JSON: other names, as in the entry.
    aliases TEXT NOT NULL,
    -- What the search box looks in: folded names, pinyin, initials, CAS digits.
    search TEXT NOT NULL,
    PRIMARY KEY (institution_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    class TEXT NOT NULL,
    -- The policy as in the entry, JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;

-- Projections of the ledger: stock.

CREATE TABLE posting (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    serial INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    place_id INTEGER,
    holder_id INTEGER,
    checkout_seq INTEGER,
    -- Base units: µg, nL, pieces.
    amount INTEGER NOT NULL,
    PRIMARY KEY (institution_id, seq, line)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER posting_once BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: append-only') WHERE EXISTS (SELECT 1 FROM posting
        WHERE institution_id = NEW.institution_id AND seq = NEW.seq AND line = NEW.line);
END;
CREATE TRIGGER posting_stays BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting: append-only'); END;
CREATE TRIGGER posting_remains BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting: append-only'); END;

-- What a container is, for life.
CREATE TABLE container (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL CHECK (serial BETWEEN 1 AND 99999999),
    product_id INTEGER NOT NULL,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    lot TEXT,
    maker TEXT,
    supplier TEXT,
    expires_on TEXT,
    sds TEXT,
    -- The lot as the search box folds it.
    lot_key TEXT,
    tare_ug INTEGER CHECK (tare_ug >= 0),
    density_ug_per_ml INTEGER CHECK (density_ug_per_ml > 0),
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX container_product ON container (institution_id, product_id, serial);
CREATE INDEX container_lot ON container (institution_id, lot_key, serial) WHERE lot_key IS NOT NULL;
CREATE TRIGGER container_once BEFORE INSERT ON container BEGIN
    SELECT RAISE(ABORT, 'container: append-only') WHERE EXISTS (SELECT 1 FROM container
        WHERE institution_id = NEW.institution_id AND serial = NEW.serial);
END;
CREATE TRIGGER container_stays BEFORE UPDATE ON container BEGIN SELECT RAISE(ABORT, 'container: append-only'); END;
CREATE TRIGGER container_remains BEFORE DELETE ON container BEGIN SELECT RAISE(ABORT, 'container: append-only'); END;

-- How a container stands: narrow, because every movement writes it.
CREATE TABLE standing (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'void')),
    place_id INTEGER NOT NULL,
    holder_id INTEGER,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    last_entry INTEGER NOT NULL,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE holding (
    institution_id INTEGER NOT NULL,
    checkout_seq INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    holder_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (institution_id, checkout_seq, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX holding_open ON holding (institution_id, serial) WHERE amount > 0;

CREATE TABLE place_total (
    institution_id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    -- Written as differences that are added up: a check would see the difference, not the sum.
    containers INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (institution_id, place_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reversal (
    institution_id INTEGER NOT NULL,
    reversed_seq INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (institution_id, reversed_seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER reversal_once BEFORE INSERT ON reversal BEGIN
    SELECT RAISE(ABORT, 'reversal: once') WHERE EXISTS (SELECT 1 FROM reversal
        WHERE institution_id = NEW.institution_id AND reversed_seq = NEW.reversed_seq);
END;
CREATE TRIGGER reversal_stays BEFORE UPDATE ON reversal BEGIN SELECT RAISE(ABORT, 'reversal: append-only'); END;
CREATE TRIGGER reversal_remains BEFORE DELETE ON reversal BEGIN SELECT RAISE(ABORT, 'reversal: append-only'); END;

-- The desk: nothing here moves stock or gives rights.

CREATE TABLE session (
    institution_id INTEGER NOT NULL,
    session_id BLOB NOT NULL CHECK (length(session_id) = 16),
    person_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    refresh_digest BLOB NOT NULL,
    terminal TEXT NOT NULL,
    PRIMARY KEY (institution_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE stored_secret (
    institution_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    phc TEXT NOT NULL,
    PRIMARY KEY (institution_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE one_time_code (
    institution_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used IN (0, 1)),
    PRIMARY KEY (institution_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    institution_id INTEGER NOT NULL,
    -- A person, or a negative number made from a name that nobody has.
    subject INTEGER NOT NULL,
    terminal INTEGER NOT NULL,
    failures INTEGER NOT NULL CHECK (failures >= 0),
    locked_until INTEGER,
    PRIMARY KEY (institution_id, subject, terminal)
) STRICT, WITHOUT ROWID;
