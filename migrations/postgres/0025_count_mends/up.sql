-- What the book has no more and is there all the same; and who has found that a container does not agree.
ALTER TABLE tally ADD COLUMN off_book BIGINT NOT NULL DEFAULT 0 CHECK (off_book IN (0, 1));
ALTER TABLE tally ALTER COLUMN off_book DROP DEFAULT;
ALTER TABLE tally ADD COLUMN doubted_by TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE tally ALTER COLUMN doubted_by DROP DEFAULT;
UPDATE tally SET doubted_by = COALESCE((
    SELECT '[' || string_agg('"' || person || '"', ',' ORDER BY person::BIGINT) || ']' FROM (
        SELECT DISTINCT convert_from(e.bytes, 'UTF8')::json #>> '{actor,person}' AS person
        FROM entry e
        WHERE e.institution_id = tally.institution_id AND e.log = 0 AND e.kind = 'count'
            AND convert_from(e.bytes, 'UTF8')::json #>> '{act,count,stocktake}' = tally.stocktake_id::TEXT
            AND convert_from(e.bytes, 'UTF8')::json #>> '{act,count,seen,serial}' = tally.serial::TEXT) told), '[]')
WHERE counted_seq IS NOT NULL AND (absent = 1 OR difference <> 0);
