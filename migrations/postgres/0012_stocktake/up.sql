-- What is counted, what is missing, and what became of it.
ALTER TABLE standing DROP CONSTRAINT standing_status_check;
ALTER TABLE standing ADD CONSTRAINT standing_status_check
    CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'in_transit', 'sent', 'lost', 'void'));
ALTER TABLE standing ADD COLUMN verified_at BIGINT;
ALTER TABLE standing ADD COLUMN incident_id BIGINT;

-- Two have counted what a loss posts, and who keeps it cannot hold up its report: nobody signs for it.
CREATE OR REPLACE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        WHERE (
            SELECT COALESCE((
                SELECT p.controlled_from <= e.recorded_at
                    AND (SELECT COUNT(*) FROM public.signature s
                            WHERE s.institution_id = a.institution_id AND s.seq = a.seq)
                        < CASE WHEN e.kind IN ('loss', 'settle') THEN 0 WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                            AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
                FROM public.entry e WHERE e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq
            ), true)
            FROM public.product p WHERE p.institution_id = a.institution_id AND p.product_id = a.product_id
                AND p.controlled_from IS NOT NULL
        )
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- Projection of stocktake and close_stocktake.
CREATE TABLE stocktake (
    institution_id BIGINT NOT NULL,
    stocktake_id BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    amounts TEXT COLLATE "C" NOT NULL CHECK (amounts IN ('controlled', 'all')),
    sample_size BIGINT,
    seed TEXT COLLATE "C",
    expected BIGINT NOT NULL CHECK (expected >= 0),
    expected_sha256 TEXT COLLATE "C" NOT NULL,
    begun_seq BIGINT NOT NULL,
    begun_by BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    closed_seq BIGINT,
    closed_by BIGINT,
    closed_at BIGINT,
    totals TEXT COLLATE "C",
    PRIMARY KEY (institution_id, stocktake_id)
);
CREATE INDEX stocktake_open ON stocktake (institution_id) WHERE closed_seq IS NULL;

-- Projection of stocktake, count, resolve, variance and loss: one row a container, whatever its scans.
CREATE TABLE tally (
    institution_id BIGINT NOT NULL,
    stocktake_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    expected_at BIGINT,
    counted_seq BIGINT,
    counted_by BIGINT,
    counted_at BIGINT,
    counted_place BIGINT,
    absent BIGINT NOT NULL CHECK (absent IN (0, 1)),
    misplaced BIGINT NOT NULL CHECK (misplaced IN (0, 1)),
    -- Base units: µg, nL, pieces.
    difference BIGINT NOT NULL,
    confirmed BIGINT NOT NULL CHECK (confirmed IN (0, 1)),
    settled_by BIGINT,
    put_right_by BIGINT,
    PRIMARY KEY (institution_id, stocktake_id, serial)
);

-- Projection of count and resolve: codes that nobody knows.
CREATE TABLE stray (
    institution_id BIGINT NOT NULL,
    stocktake_id BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    noted_at BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    resolved_by BIGINT,
    PRIMARY KEY (institution_id, stocktake_id, code)
);

-- Projection of loss, incident, follow_up and end_incident.
CREATE TABLE incident (
    institution_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    place_id BIGINT NOT NULL,
    discovered_at BIGINT NOT NULL,
    containers TEXT COLLATE "C" NOT NULL,
    opened_seq BIGINT NOT NULL,
    opened_by BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    reports TEXT COLLATE "C" NOT NULL,
    ended_seq BIGINT,
    ended_by BIGINT,
    ended_at BIGINT,
    result TEXT COLLATE "C",
    PRIMARY KEY (institution_id, incident_id)
);

-- Projection of the same: which entries tell of an incident.
CREATE TABLE incident_step (
    institution_id BIGINT NOT NULL,
    incident_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, incident_id, seq)
);
