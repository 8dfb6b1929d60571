-- 结存: what was where after so many entries, at the end of each closed month and often enough between two, so
-- that no past moment is far from what is known. What the closing of a month had kept of it is reckoned again.
DROP TABLE month_line;
DELETE FROM month_end;
DROP INDEX month_end_size;

-- Projection of the entries of a month: what moved in it. Place 0: with persons.
CREATE TABLE month_line (
    institution_id INTEGER NOT NULL,
    month INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    turnover TEXT NOT NULL,
    PRIMARY KEY (institution_id, month, place_id, product_id)
) STRICT, WITHOUT ROWID;

-- After how many entries it is known what was where.
CREATE TABLE balance (
    institution_id INTEGER NOT NULL,
    size INTEGER NOT NULL CHECK (size > 0),
    PRIMARY KEY (institution_id, size)
) STRICT, WITHOUT ROWID;

-- Projection of the first `size` entries: what was where. Place 0: with persons.
CREATE TABLE balance_line (
    institution_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    containers INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (institution_id, size, place_id, product_id)
) STRICT, WITHOUT ROWID;
