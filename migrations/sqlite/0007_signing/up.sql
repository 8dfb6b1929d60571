-- Requests come to an end by themselves, and signatures carry a seal: those on the desk have none yet,
-- so that what waits for signatures is asked for again.

CREATE TABLE signing_request_new (
    institution_id INTEGER NOT NULL,
    request_id INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'signed_in_part', 'posted', 'withdrawn', 'refused', 'expired')),
    payload TEXT NOT NULL,
    payload_hash BLOB NOT NULL CHECK (length(payload_hash) = 32),
    applicant_id INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- JSON: the sealed statements so far.
    signatures TEXT NOT NULL,
    PRIMARY KEY (institution_id, request_id)
) STRICT, WITHOUT ROWID;
INSERT INTO signing_request_new
    SELECT institution_id, request_id, CASE WHEN state IN ('reserved', 'signed_in_part') THEN 'expired' ELSE state END, payload, payload_hash, applicant_id, expires_at, '[]'
    FROM signing_request;
DROP TABLE signing_request;
ALTER TABLE signing_request_new RENAME TO signing_request;
CREATE INDEX signing_request_open ON signing_request (institution_id, expires_at)
    WHERE state IN ('reserved', 'signed_in_part');
UPDATE reservation SET amount = 0;
