DROP TABLE incident_step;
DROP TABLE incident;
DROP TABLE stray;
DROP TABLE tally;
DROP TABLE stocktake;
DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT e.seq IS NULL OR p.controlled_from <= e.recorded_at
              AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
                < CASE WHEN e.kind = 'settle' THEN 0 WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                    AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
            FROM product p LEFT JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id
                AND p.controlled_from IS NOT NULL);
END;
CREATE TABLE standing_new (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'in_transit', 'sent', 'void')),
    place_id INTEGER NOT NULL,
    holder_id INTEGER,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    last_entry INTEGER NOT NULL,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_new SELECT institution_id, serial, status, place_id, holder_id, generation, amount, last_entry FROM standing;
DROP TABLE standing;
ALTER TABLE standing_new RENAME TO standing;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;
