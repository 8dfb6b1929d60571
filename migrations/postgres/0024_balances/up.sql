-- 结存: what was where after so many entries, at the end of each closed month and often enough between two, so
-- that no past moment is far from what is known. What the closing of a month had kept of it is reckoned again.
DROP TABLE month_line;
DELETE FROM month_end;
DROP INDEX month_end_size;

-- Projection of the entries of a month: what moved in it. Place 0: with persons.
CREATE TABLE month_line (
    institution_id BIGINT NOT NULL,
    month BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    turnover TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, month, place_id, product_id)
);

-- After how many entries it is known what was where.
CREATE TABLE balance (
    institution_id BIGINT NOT NULL,
    size BIGINT NOT NULL CHECK (size > 0),
    PRIMARY KEY (institution_id, size)
);

-- Projection of the first `size` entries: what was where. Place 0: with persons.
CREATE TABLE balance_line (
    institution_id BIGINT NOT NULL,
    size BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    containers BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (institution_id, size, place_id, product_id)
);
