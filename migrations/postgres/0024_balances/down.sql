DROP TABLE balance_line;
DROP TABLE balance;
DROP TABLE month_line;
DELETE FROM month_end;
CREATE INDEX month_end_size ON month_end (institution_id, size);
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
