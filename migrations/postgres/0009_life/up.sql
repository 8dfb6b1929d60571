-- Projection of the identities that entries give: what a container was filled from.
ALTER TABLE container ADD COLUMN parent_serial BIGINT;

-- What is waste, and what is gone.
ALTER TABLE standing DROP CONSTRAINT standing_status_check;
ALTER TABLE standing ADD CONSTRAINT standing_status_check
    CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'void'));
