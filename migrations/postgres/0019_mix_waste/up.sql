-- Projection of the identities that entries give: whether a container was mixed here (配制).
ALTER TABLE container ADD COLUMN mixed BIGINT NOT NULL DEFAULT 0 CHECK (mixed IN (0, 1));

-- Waste containers (危险废物容器).

-- Projection of waste_container, waste_container_step, waste, dispose and their reversals.
CREATE TABLE waste_container (
    institution_id BIGINT NOT NULL,
    serial BIGINT NOT NULL CHECK (serial BETWEEN 90000001 AND 99999999),
    place_id BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    -- JSON: as in the entry that registered it.
    vessel TEXT COLLATE "C" NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume')),
    -- Base units: µg, nL.
    fill BIGINT NOT NULL CHECK (fill >= 0),
    registered_seq BIGINT NOT NULL,
    closed_seq BIGINT,
    closed_at BIGINT,
    disposed_seq BIGINT,
    PRIMARY KEY (institution_id, serial)
);
CREATE INDEX waste_container_here ON waste_container (institution_id, place_id) WHERE disposed_seq IS NULL;

-- Projection of waste into a waste container and of its reversals: what went in, entry by entry.
CREATE TABLE waste_line (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- The container that it came from.
    serial BIGINT NOT NULL,
    vessel_serial BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL CHECK (dimension IN ('mass', 'volume', 'count')),
    -- Base units: µg, nL, pieces.
    amount BIGINT NOT NULL CHECK (amount > 0),
    taken_up BIGINT NOT NULL CHECK (taken_up >= 0),
    said BIGINT NOT NULL CHECK (said IN (0, 1)),
    mass_ug BIGINT,
    person_id BIGINT,
    poured_at BIGINT NOT NULL,
    reversed_by BIGINT,
    PRIMARY KEY (institution_id, seq, serial)
);
CREATE INDEX waste_line_vessel ON waste_line (institution_id, vessel_serial, seq, serial);
