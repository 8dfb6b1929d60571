-- Emergency releases (应急发放): one signature where the class allows it, countersigned by two others.

-- Projection of release and countersign.
CREATE TABLE emergency (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    place_id INTEGER NOT NULL,
    released_at INTEGER NOT NULL,
    -- JSON: who received and who signed.
    parties TEXT NOT NULL,
    -- JSON: who has countersigned.
    countersigners TEXT NOT NULL,
    countersigned_at INTEGER,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX emergency_open ON emergency (institution_id, seq) WHERE countersigned_at IS NULL;

-- One signature is enough for a release, but never of 剧毒 and 易制爆.
DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT p.controlled_from <= e.recorded_at
              AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
                < CASE WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                    AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
            FROM product p JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id);
END;
