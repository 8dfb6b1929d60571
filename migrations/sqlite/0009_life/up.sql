-- Projection of the identities that entries give: what a container was filled from.
ALTER TABLE container ADD COLUMN parent_serial INTEGER;

-- What is waste, and what is gone.
CREATE TABLE standing_new (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('in_stock', 'checked_out', 'empty', 'waste', 'disposed', 'void')),
    place_id INTEGER NOT NULL,
    holder_id INTEGER,
    generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    last_entry INTEGER NOT NULL,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
INSERT INTO standing_new SELECT * FROM standing;
DROP TABLE standing;
ALTER TABLE standing_new RENAME TO standing;
CREATE INDEX standing_holder ON standing (institution_id, holder_id) WHERE holder_id IS NOT NULL;
