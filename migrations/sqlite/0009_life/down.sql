ALTER TABLE container DROP COLUMN parent_serial;
