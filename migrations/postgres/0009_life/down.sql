ALTER TABLE container DROP COLUMN parent_serial;
ALTER TABLE standing DROP CONSTRAINT standing_status_check;
ALTER TABLE standing ADD CONSTRAINT standing_status_check
    CHECK (status IN ('in_stock', 'checked_out', 'empty', 'void'));
