DROP TABLE late_entry;
DROP TABLE review;
DROP TABLE submission;
