DROP TABLE balance_line;
DROP TABLE balance;
DROP TABLE month_line;
DELETE FROM month_end;
CREATE INDEX month_end_size ON month_end (institution_id, size);
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
