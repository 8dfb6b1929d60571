DROP INDEX standing_holder;
DROP INDEX session_person;
DROP TABLE wrong_tries;
DROP TABLE badge;
ALTER TABLE person DROP COLUMN closed;
