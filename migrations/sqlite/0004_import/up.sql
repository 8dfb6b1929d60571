-- Imports of opening stock (the desk), and the rule that no controlled container comes into the book
-- without two signatures: openings were left out of it.

CREATE TABLE import_job (
    institution_id INTEGER NOT NULL,
    import_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'importing', 'imported', 'undoing', 'undone')),
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL CHECK (length(file_sha256) = 64),
    sheet TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    containers INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    signed INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    -- JSON: the numbers of persons.
    acceptors TEXT NOT NULL,
    undone_by INTEGER,
    reason TEXT NOT NULL,
    stopped TEXT NOT NULL,
    PRIMARY KEY (institution_id, import_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_job_file ON import_job (institution_id, file_sha256);
CREATE INDEX import_job_open ON import_job (institution_id) WHERE state IN ('importing', 'undoing');

-- One command of an import each, fixed when it was proposed.
CREATE TABLE import_part (
    institution_id INTEGER NOT NULL,
    import_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    -- JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (institution_id, import_id, part)
) STRICT;

CREATE INDEX signature_payload ON signature (institution_id, payload_hash);

DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT p.controlled_from <= e.recorded_at
            FROM product p JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id)
      AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq) < 2;
END;
