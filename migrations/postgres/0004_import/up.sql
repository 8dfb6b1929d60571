-- Imports of opening stock (the desk), and the rule that no controlled container comes into the book
-- without two signatures: openings were left out of it.

CREATE TABLE import_job (
    institution_id BIGINT NOT NULL,
    import_id BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'importing', 'imported', 'undoing', 'undone')),
    file TEXT COLLATE "C" NOT NULL,
    file_sha256 TEXT COLLATE "C" NOT NULL CHECK (length(file_sha256) = 64),
    sheet TEXT COLLATE "C" NOT NULL,
    row_count BIGINT NOT NULL,
    containers BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    signed BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- JSON: the numbers of persons.
    acceptors TEXT COLLATE "C" NOT NULL,
    undone_by BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    stopped TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, import_id)
);
CREATE INDEX import_job_file ON import_job (institution_id, file_sha256);
CREATE INDEX import_job_open ON import_job (institution_id) WHERE state IN ('importing', 'undoing');

-- One command of an import each, fixed when it was proposed.
CREATE TABLE import_part (
    institution_id BIGINT NOT NULL,
    import_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    -- JSON.
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, import_id, part)
);

CREATE INDEX signature_payload ON signature (institution_id, payload_hash);

CREATE OR REPLACE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        JOIN product p ON p.institution_id = a.institution_id AND p.product_id = a.product_id
        JOIN entry e ON e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq
            AND p.controlled_from <= e.recorded_at
        WHERE (SELECT COUNT(*) FROM signature s WHERE s.institution_id = a.institution_id AND s.seq = a.seq) < 2
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
