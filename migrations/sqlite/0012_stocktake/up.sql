-- What is counted, what is missing, and what became of it.
CREATE TABLE standing_new (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'in_transit', 'sent', 'lost', 'void')),
    place_id INTEGER NOT NULL,
    holder_id INTEGER,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    last_entry INTEGER NOT NULL,
    verified_at INTEGER,
    incident_id INTEGER,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_new SELECT institution_id, serial, status, place_id, holder_id, generation, amount, last_entry, NULL, NULL FROM standing;
DROP TABLE standing;
ALTER TABLE standing_new RENAME TO standing;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;

-- Two have counted what a loss posts, and who keeps it cannot hold up its report: nobody signs for it.
DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT e.seq IS NULL OR p.controlled_from <= e.recorded_at
              AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
                < CASE WHEN e.kind IN ('loss', 'settle') THEN 0 WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                    AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
            FROM product p LEFT JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id
                AND p.controlled_from IS NOT NULL);
END;

-- Projection of stocktake and close_stocktake.
CREATE TABLE stocktake (
    institution_id INTEGER NOT NULL,
    stocktake_id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    amounts TEXT NOT NULL CHECK (amounts IN ('controlled', 'all')),
    sample_size INTEGER,
    seed TEXT,
    expected INTEGER NOT NULL CHECK (expected >= 0),
    expected_sha256 TEXT NOT NULL,
    begun_seq INTEGER NOT NULL,
    begun_by INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    closed_seq INTEGER,
    closed_by INTEGER,
    closed_at INTEGER,
    totals TEXT,
    PRIMARY KEY (institution_id, stocktake_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stocktake_open ON stocktake (institution_id) WHERE closed_seq IS NULL;

-- Projection of stocktake, count, resolve, variance and loss: one row a container, whatever its scans.
CREATE TABLE tally (
    institution_id INTEGER NOT NULL,
    stocktake_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    expected_at INTEGER,
    counted_seq INTEGER,
    counted_by INTEGER,
    counted_at INTEGER,
    counted_place INTEGER,
    absent INTEGER NOT NULL CHECK (absent IN (0, 1)),
    misplaced INTEGER NOT NULL CHECK (misplaced IN (0, 1)),
    -- Base units: µg, nL, pieces.
    difference INTEGER NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed IN (0, 1)),
    settled_by INTEGER,
    put_right_by INTEGER,
    PRIMARY KEY (institution_id, stocktake_id, serial)
) STRICT, WITHOUT ROWID;

-- Projection of count and resolve: codes that nobody knows.
CREATE TABLE stray (
    institution_id INTEGER NOT NULL,
    stocktake_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    seq INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    resolved_by INTEGER,
    PRIMARY KEY (institution_id, stocktake_id, code)
) STRICT, WITHOUT ROWID;

-- Projection of loss, incident, follow_up and end_incident.
CREATE TABLE incident (
    institution_id INTEGER NOT NULL,
    incident_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    place_id INTEGER NOT NULL,
    discovered_at INTEGER NOT NULL,
    containers TEXT NOT NULL,
    opened_seq INTEGER NOT NULL,
    opened_by INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    reports TEXT NOT NULL,
    ended_seq INTEGER,
    ended_by INTEGER,
    ended_at INTEGER,
    result TEXT,
    PRIMARY KEY (institution_id, incident_id)
) STRICT, WITHOUT ROWID;

-- Projection of the same: which entries tell of an incident.
CREATE TABLE incident_step (
    institution_id INTEGER NOT NULL,
    incident_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (institution_id, incident_id, seq)
) STRICT, WITHOUT ROWID;
