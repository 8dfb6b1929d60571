-- Tables are named with their schema: a temporary table of the same name would come first.

-- A line of a controlled product needs its entry and two signatures, or one for an emergency release of what
-- may be released. Product, entry and signatures are found by their whole keys, line by line, whatever the
-- planner believes of the tables: planned as one join while they were nearly empty, this read all entries of
-- the institution for every commit, until the next ANALYZE.
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

-- That an entry follows is asked of the first of those added together; the others follow each other. Whether
-- its log has a head was a foreign key, which locked the head anew for every entry: a tenth of a commit.
ALTER TABLE entry DROP CONSTRAINT entry_institution_id_log_fkey;
CREATE OR REPLACE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (
            SELECT institution_id, log, seq, recorded_at,
                LAG(seq) OVER before AS prior_seq, LAG(recorded_at) OVER before AS prior_at
            FROM added WINDOW before AS (PARTITION BY institution_id, log ORDER BY seq)
        ) a
        WHERE CASE WHEN a.prior_seq = a.seq - 1 THEN a.prior_at > a.recorded_at
            ELSE (SELECT h.size FROM public.log_head h WHERE h.institution_id = a.institution_id AND h.log = a.log) IS NULL
                OR a.seq > 0 AND COALESCE((
                    SELECT p.recorded_at FROM public.entry p
                    WHERE p.institution_id = a.institution_id AND p.log = a.log AND p.seq = a.seq - 1
                ) > a.recorded_at, true)
            END
    ) THEN
        RAISE EXCEPTION 'entry: seq does not follow, time decreases, or its log has no head'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER log_head_remains BEFORE UPDATE OF institution_id, log OR DELETE OR TRUNCATE ON log_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_head ENABLE ALWAYS TRIGGER log_head_remains;

CREATE OR REPLACE FUNCTION checkpoint_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a JOIN public.checkpoint c
            ON c.institution_id = a.institution_id AND c.log = a.log AND c.size > a.size
    ) THEN
        RAISE EXCEPTION 'checkpoint: size does not grow' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- Rows that every movement changes: with room beside them the new version stays on the page, and no index
-- learns of it.
ALTER TABLE log_head SET (fillfactor = 50);
ALTER TABLE standing SET (fillfactor = 70);
ALTER TABLE place_total SET (fillfactor = 50);
