CREATE OR REPLACE FUNCTION posting_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a
        WHERE (
            SELECT COALESCE((
                SELECT p.controlled_from <= e.recorded_at
                    AND (SELECT COUNT(*) FROM public.signature s
                            WHERE s.institution_id = a.institution_id AND s.seq = a.seq)
                        < CASE WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                            AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
                FROM public.entry e WHERE e.institution_id = a.institution_id AND e.log = 0 AND e.seq = a.seq
            ), true)
            FROM public.product p WHERE p.institution_id = a.institution_id AND p.product_id = a.product_id
                AND p.controlled_from IS NOT NULL
        )
    ) THEN
        RAISE EXCEPTION 'posting: a controlled container moves without two signatures'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TABLE incoming;
DROP TABLE outgoing;
ALTER TABLE standing DROP CONSTRAINT standing_status_check;
ALTER TABLE standing ADD CONSTRAINT standing_status_check
    CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'void'));
ALTER TABLE container DROP COLUMN came_from;
