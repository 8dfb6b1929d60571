-- Every kind that an incident was taken for, in order: the duties of each stay.
ALTER TABLE incident ADD COLUMN kinds TEXT NOT NULL DEFAULT '[]';
UPDATE incident SET kinds = (
    SELECT json_group_array(kind) FROM (
        SELECT kind, MIN(seq) AS first FROM (
            SELECT s.seq AS seq, COALESCE(
                json_extract(CAST(e.bytes AS TEXT), '$.act.incident.kind'),
                json_extract(CAST(e.bytes AS TEXT), '$.act.loss.incident.kind'),
                json_extract(CAST(e.bytes AS TEXT), '$.act.settle.incident.kind'),
                json_extract(CAST(e.bytes AS TEXT), '$.act.follow_up.kind')) AS kind
            FROM incident_step s
            JOIN entry e ON e.institution_id = s.institution_id AND e.log = 0 AND e.seq = s.seq
            WHERE s.institution_id = incident.institution_id AND s.incident_id = incident.incident_id)
        WHERE kind IS NOT NULL GROUP BY kind ORDER BY first));

-- What stands at a place: whoever begins to count it asks for it.
CREATE INDEX standing_there ON standing (institution_id, place_id) WHERE status IN ('in_stock', 'waste');
