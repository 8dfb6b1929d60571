ALTER TABLE tally DROP COLUMN doubted_by;
ALTER TABLE tally DROP COLUMN off_book;
