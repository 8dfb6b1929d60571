-- Projection of the identities that entries give: what a container was filled from.
ALTER TABLE container ADD COLUMN parent_serial BIGINT;
