DROP TABLE book_gap;
DROP TABLE book;
DROP TABLE handover;
ALTER TABLE person DROP COLUMN suspended;
