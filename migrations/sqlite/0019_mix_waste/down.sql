DROP TABLE waste_line;
DROP TABLE waste_container;
ALTER TABLE container DROP COLUMN mixed;
