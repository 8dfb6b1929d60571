-- As they were in 0005_emergency and 0001_ledger.
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

CREATE OR REPLACE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        LEFT JOIN entry p ON p.institution_id = a.institution_id AND p.log = a.log AND p.seq = a.seq - 1
        WHERE a.seq > 0 AND (p.seq IS NULL OR p.recorded_at > a.recorded_at)
    ) THEN
        RAISE EXCEPTION 'entry: seq does not follow or time decreases'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION checkpoint_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a JOIN checkpoint c
            ON c.institution_id = a.institution_id AND c.log = a.log AND c.size > a.size
    ) THEN
        RAISE EXCEPTION 'checkpoint: size does not grow' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER log_head_remains ON log_head;
ALTER TABLE entry ADD CONSTRAINT entry_institution_id_log_fkey
    FOREIGN KEY (institution_id, log) REFERENCES log_head (institution_id, log);
ALTER TABLE log_head RESET (fillfactor);
ALTER TABLE standing RESET (fillfactor);
ALTER TABLE place_total RESET (fillfactor);
