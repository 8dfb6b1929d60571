-- Who keeps what: blocked accounts, handovers, the books of custodians.
ALTER TABLE person ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));

-- Projection of handover.
CREATE TABLE handover (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    by_id BIGINT NOT NULL,
    counted BIGINT NOT NULL CHECK (counted >= 0),
    out BIGINT NOT NULL CHECK (out >= 0),
    handed_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, seq)
);

-- Projection of book_count: one line a container, day and custodian.
CREATE TABLE book (
    institution_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    person_id BIGINT NOT NULL,
    place_id BIGINT NOT NULL,
    -- Base units: µg, nL, pieces.
    amount BIGINT NOT NULL CHECK (amount >= 0),
    ledger BIGINT NOT NULL CHECK (ledger >= 0),
    difference BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, serial, day, person_id)
);
CREATE INDEX book_day ON book (institution_id, day);

-- Projection of book_count, variance and loss: containers of which a book has differed.
CREATE TABLE book_gap (
    institution_id BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    since_seq BIGINT NOT NULL,
    since_at BIGINT NOT NULL,
    agreed_by BIGINT,
    settled_seq BIGINT,
    PRIMARY KEY (institution_id, serial)
);
CREATE INDEX book_gap_open ON book_gap (institution_id) WHERE settled_seq IS NULL;
