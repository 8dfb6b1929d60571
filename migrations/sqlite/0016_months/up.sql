-- Months that are closed (月结): an entry of a later month is in the ledger, so that nothing more can come.

-- Projection of all entries before the end of a month: how many they are.
CREATE TABLE month_end (
    institution_id INTEGER NOT NULL,
    month INTEGER NOT NULL CHECK (month BETWEEN 190001 AND 999912),
    size INTEGER NOT NULL CHECK (size > 0),
    PRIMARY KEY (institution_id, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX month_end_size ON month_end (institution_id, size);

-- Projection of the entries of a month: what moved, and what was there at its end. Place 0: with persons.
CREATE TABLE month_line (
    institution_id INTEGER NOT NULL,
    month INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    turnover TEXT NOT NULL,
    containers INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (institution_id, month, place_id, product_id)
) STRICT, WITHOUT ROWID;
