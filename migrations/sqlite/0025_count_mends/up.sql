-- What the book has no more and is there all the same; and who has found that a container does not agree.
ALTER TABLE tally ADD COLUMN off_book INTEGER NOT NULL DEFAULT 0 CHECK (off_book IN (0, 1));
ALTER TABLE tally ADD COLUMN doubted_by TEXT NOT NULL DEFAULT '[]';
UPDATE tally SET doubted_by = (
    SELECT json_group_array(person) FROM (
        SELECT DISTINCT json_extract(CAST(e.bytes AS TEXT), '$.actor.person') AS person
        FROM entry e
        WHERE e.institution_id = tally.institution_id AND e.log = 0 AND e.kind = 'count'
            AND json_extract(CAST(e.bytes AS TEXT), '$.act.count.stocktake') = CAST(tally.stocktake_id AS TEXT)
            AND json_extract(CAST(e.bytes AS TEXT), '$.act.count.seen.serial') = CAST(tally.serial AS TEXT)
        ORDER BY CAST(person AS INTEGER)))
WHERE counted_seq IS NOT NULL AND (absent = 1 OR difference <> 0);
