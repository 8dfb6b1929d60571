DROP TRIGGER posting_signed;
CREATE TRIGGER posting_signed BEFORE INSERT ON posting BEGIN
    SELECT RAISE(ABORT, 'posting: a controlled container moves without two signatures')
    WHERE (SELECT p.controlled_from <= e.recorded_at AND e.kind <> 'opening'
            FROM product p JOIN entry e ON e.institution_id = p.institution_id AND e.log = 0 AND e.seq = NEW.seq
            WHERE p.institution_id = NEW.institution_id AND p.product_id = NEW.product_id)
      AND (SELECT COUNT(*) FROM signature WHERE institution_id = NEW.institution_id AND seq = NEW.seq) < 2;
END;
DROP INDEX signature_payload;
DROP TABLE import_part;
DROP TABLE import_job;
