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
DROP TABLE emergency;
