-- Signing requests (the desk), signatures (the ledger), and the rule that no controlled container moves
-- without two of them.

CREATE TABLE signing_request (
    institution_id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('reserved', 'signed_in_part', 'posted', 'withdrawn', 'refused')),
    payload TEXT COLLATE "C" NOT NULL,
    payload_hash BYTEA NOT NULL CHECK (length(payload_hash) = 32),
    applicant_id BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- JSON: the statements so far.
    signatures TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, request_id)
);
CREATE INDEX signing_request_open ON signing_request (institution_id, expires_at)
    WHERE state IN ('reserved', 'signed_in_part');

CREATE TABLE reservation (
    institution_id BIGINT NOT NULL,
    request_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, request_id, serial)
);
CREATE INDEX reservation_open ON reservation (institution_id, serial) WHERE amount > 0;

-- Projection of the signatures in entries.
CREATE TABLE signature (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    tier TEXT COLLATE "C" NOT NULL,
    signed_at BIGINT NOT NULL,
    payload_hash BYTEA NOT NULL CHECK (length(payload_hash) = 32),
    PRIMARY KEY (institution_id, seq, person_id)
);

-- From when one of the product's classes is controlled by law (剧毒, 易制爆, 第一类易制毒, 麻醉, 第一类精神),
-- Unix ms; the end of time for never.
ALTER TABLE product ADD COLUMN controlled_from BIGINT NOT NULL DEFAULT 9007199254740991;

CREATE TRIGGER signature_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE signature ENABLE ALWAYS TRIGGER signature_stays;

CREATE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        JOIN product p ON p.institution_id = a.institution_id AND p.product_id = a.product_id
        JOIN entry e ON e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq AND e.kind <> 'opening'
            AND p.controlled_from <= e.recorded_at
        WHERE (SELECT COUNT(*) FROM signature s WHERE s.institution_id = a.institution_id AND s.seq = a.seq) < 2
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posting_signed AFTER INSERT ON posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION posting_signed();
ALTER TABLE posting ENABLE ALWAYS TRIGGER posting_signed;
