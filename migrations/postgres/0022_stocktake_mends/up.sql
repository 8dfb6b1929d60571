-- Every kind that an incident was taken for, in order: the duties of each stay.
ALTER TABLE incident ADD COLUMN kinds TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE incident ALTER COLUMN kinds DROP DEFAULT;
UPDATE incident SET kinds = (
    SELECT '[' || string_agg('"' || kind || '"', ',' ORDER BY first) || ']' FROM (
        SELECT kind, MIN(seq) AS first FROM (
            SELECT s.seq AS seq, COALESCE(
                convert_from(e.bytes, 'UTF8')::json #>> '{act,incident,kind}',
                convert_from(e.bytes, 'UTF8')::json #>> '{act,loss,incident,kind}',
                convert_from(e.bytes, 'UTF8')::json #>> '{act,settle,incident,kind}',
                convert_from(e.bytes, 'UTF8')::json #>> '{act,follow_up,kind}') AS kind
            FROM incident_step s
            JOIN entry e ON e.institution_id = s.institution_id AND e.log = 0 AND e.seq = s.seq
            WHERE s.institution_id = incident.institution_id AND s.incident_id = incident.incident_id) told
        WHERE kind IS NOT NULL GROUP BY kind) had);

-- What stands at a place: whoever begins to count it asks for it.
CREATE INDEX standing_there ON standing (institution_id, place_id) WHERE status IN ('in_stock', 'waste');
