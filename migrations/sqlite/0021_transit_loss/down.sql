ALTER TABLE outgoing DROP COLUMN gone;
CREATE TABLE incident_new (
    institution_id INTEGER NOT NULL,
    incident_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    place_id INTEGER NOT NULL,
    discovered_at INTEGER NOT NULL,
    containers TEXT NOT NULL,
    opened_seq INTEGER NOT NULL,
    opened_by INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    reports TEXT NOT NULL,
    ended_seq INTEGER,
    ended_by INTEGER,
    ended_at INTEGER,
    result TEXT,
    PRIMARY KEY (institution_id, incident_id)
) STRICT, WITHOUT ROWID;
INSERT INTO incident_new SELECT * FROM incident;
DROP TABLE incident;
ALTER TABLE incident_new RENAME TO incident;
