-- Emergency releases (应急发放): one signature where the class allows it, countersigned by two others.

-- Projection of release and countersign.
CREATE TABLE emergency (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32),
    place_id BIGINT NOT NULL,
    released_at BIGINT NOT NULL,
    -- JSON: who received and who signed.
    parties TEXT COLLATE "C" NOT NULL,
    -- JSON: who has countersigned.
    countersigners TEXT COLLATE "C" NOT NULL,
    countersigned_at BIGINT,
    PRIMARY KEY (institution_id, seq)
);
CREATE INDEX emergency_open ON emergency (institution_id, seq) WHERE countersigned_at IS NULL;

-- One signature is enough for a release, but never of 剧毒 and 易制爆.
CREATE OR REPLACE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        JOIN product p ON p.institution_id = a.institution_id AND p.product_id = a.product_id
        JOIN entry e ON e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq
            AND p.controlled_from <= e.recorded_at
        WHERE (SELECT COUNT(*) FROM signature s WHERE s.institution_id = a.institution_id AND s.seq = a.seq) <
            CASE WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
