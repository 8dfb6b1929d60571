-- What never came back of what was refused, and incidents that the program opens.
ALTER TABLE outgoing ADD COLUMN gone TEXT NOT NULL DEFAULT '[]';
CREATE TABLE incident_new (
    institution_id INTEGER NOT NULL,
    incident_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    place_id INTEGER NOT NULL,
    discovered_at INTEGER NOT NULL,
    containers TEXT NOT NULL,
    opened_seq INTEGER NOT NULL,
    opened_by INTEGER,
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

-- What is to arrive: the list of what is overdue reads nothing else.
CREATE INDEX incoming_open ON incoming (institution_id, sender_id, sender_seq) WHERE accepted_seq IS NULL;
CREATE INDEX outgoing_road ON outgoing (institution_id, seq) WHERE on_the_road <> '[]';
CREATE INDEX outgoing_coming ON outgoing (receiver_id, institution_id, seq) WHERE on_the_road <> '[]';
