-- What never came back of what was refused, and incidents that the program opens.
ALTER TABLE outgoing ADD COLUMN gone TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE outgoing ALTER COLUMN gone DROP DEFAULT;
ALTER TABLE incident ALTER COLUMN opened_by DROP NOT NULL;
