DROP INDEX standing_there;
ALTER TABLE incident DROP COLUMN kinds;
