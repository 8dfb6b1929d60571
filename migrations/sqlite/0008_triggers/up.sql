-- A line of a controlled product needs its entry, too: without it nobody can say what was signed.
DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT e.seq IS NULL OR p.controlled_from <= e.recorded_at
              AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
                < CASE WHEN e.kind = 'release' AND p.classes NOT LIKE '%"highly_toxic"%'
                    AND p.classes NOT LIKE '%"explosive_precursor"%' THEN 1 ELSE 2 END
            FROM product p LEFT JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id
                AND p.controlled_from IS NOT NULL);
END;
