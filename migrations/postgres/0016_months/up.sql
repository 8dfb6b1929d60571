-- Months that are closed (月结): an entry of a later month is in the ledger, so that nothing more can come.

-- Projection of all entries before the end of a month: how many they are.
CREATE TABLE month_end (
    institution_id BIGINT NOT NULL,
    month BIGINT NOT NULL CHECK (month BETWEEN 190001 AND 999912),
    size BIGINT NOT NULL CHECK (size > 0),
    PRIMARY KEY (institution_id, month)
);
CREATE INDEX month_end_size ON month_end (institution_id, size);

-- Projection of the entries of a month: what moved, and what was there at its end. Place 0: with persons.
CREATE TABLE month_line (
    institution_id BIGINT NOT NULL,
    month BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    turnover TEXT COLLATE "C" NOT NULL,
    containers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (institution_id, month, place_id, product_id)
);
