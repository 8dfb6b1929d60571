-- What never came back of what was refused, and incidents that the program opens.
ALTER TABLE outgoing ADD COLUMN gone TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE outgoing ALTER COLUMN gone DROP DEFAULT;
ALTER TABLE incident ALTER COLUMN opened_by DROP NOT NULL;

-- What is to arrive: the list of what is overdue reads nothing else.
CREATE INDEX incoming_open ON incoming (institution_id, sender_id, sender_seq) WHERE accepted_seq IS NULL;
CREATE INDEX outgoing_road ON outgoing (institution_id, seq) WHERE on_the_road <> '[]';
CREATE INDEX outgoing_coming ON outgoing (receiver_id, institution_id, seq) WHERE on_the_road <> '[]';
