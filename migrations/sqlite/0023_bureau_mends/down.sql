DROP INDEX reversal_seq;
DROP INDEX pulled_head_seq;
ALTER TABLE pulled_head DROP COLUMN seq;
