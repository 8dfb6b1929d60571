-- Projection of the identities that entries give: whether a container was mixed here (配制).
ALTER TABLE container ADD COLUMN mixed INTEGER NOT NULL DEFAULT 0 CHECK (mixed IN (0, 1));

-- Waste containers (危险废物容器).

-- Projection of waste_container, waste_container_step, waste, dispose and their reversals.
CREATE TABLE waste_container (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL CHECK (serial BETWEEN 90000001 AND 99999999),
    place_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    -- JSON: as in the entry that registered it.
    vessel TEXT NOT NULL,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume')),
    -- Base units: µg, nL.
    fill INTEGER NOT NULL CHECK (fill >= 0),
    registered_seq INTEGER NOT NULL,
    closed_seq INTEGER,
    closed_at INTEGER,
    disposed_seq INTEGER,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX waste_container_here ON waste_container (institution_id, place_id) WHERE disposed_seq IS NULL;

-- Projection of waste into a waste container and of its reversals: what went in, entry by entry.
CREATE TABLE waste_line (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    -- The container that it came from.
    serial INTEGER NOT NULL,
    vessel_serial INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    dimension TEXT NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    -- Base units: µg, nL, pieces.
    amount INTEGER NOT NULL CHECK (amount > 0),
    taken_up INTEGER NOT NULL CHECK (taken_up >= 0),
    said INTEGER NOT NULL CHECK (said IN (0, 1)),
    mass_ug INTEGER,
    person_id INTEGER,
    poured_at INTEGER NOT NULL,
    reversed_by INTEGER,
    PRIMARY KEY (institution_id, seq, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX waste_line_vessel ON waste_line (institution_id, vessel_serial, seq, serial);
