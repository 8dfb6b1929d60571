-- Signing requests (the desk), signatures (the ledger), and the rule that no controlled container moves
-- without two of them.

CREATE TABLE signing_request (
    institution_id INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'signed_in_part', 'posted', 'withdrawn', 'refused')),
    payload TEXT NOT NULL,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    applicant_id INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- JSON: the statements so far.
    signatures TEXT NOT NULL,
    PRIMARY KEY (institution_id, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signing_request_open ON signing_request (institution_id, expires_at)
    WHERE state IN ('reserved', 'signed_in_part');

CREATE TABLE reservation (
    institution_id INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, request_id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_open ON reservation (institution_id, serial) WHERE amount > 0;

-- Projection of the signatures in entries.
CREATE TABLE signature (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    part TEXT NOT NULL,
    tier TEXT NOT NULL,
    signed_at INTEGER NOT NULL,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    PRIMARY KEY (institution_id, seq, person_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER signature_once BEFORE INSERT ON signature BEGIN
    SELECT RAISE(ABORT, 'signature: append-only') WHERE EXISTS (SELECT 1 FROM signature
        WHERE institution_id = NEW.institution_id AND seq = NEW.seq AND person_id = NEW.person_id);
END;
CREATE TRIGGER signature_stays BEFORE UPDATE ON signature BEGIN SELECT RAISE(ABORT, 'signature: append-only'); END;
CREATE TRIGGER signature_remains BEFORE DELETE ON signature BEGIN SELECT RAISE(ABORT, 'signature: append-only'); END;

-- From when one of the product's classes is controlled by law (剧毒, 易制爆, 第一类易制毒, 麻醉, 第一类精神),
-- Unix ms; the end of time for never.
ALTER TABLE product ADD COLUMN controlled_from INTEGER NOT NULL DEFAULT 9007199254740991;

CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT p.controlled_from <= e.recorded_at AND e.kind <> 'opening'
            FROM product p JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id)
      AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq) < 2;
END;
