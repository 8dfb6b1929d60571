-- Who keeps what: blocked accounts, handovers, the books of custodians.
ALTER TABLE person ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1));

-- Projection of handover.
CREATE TABLE handover (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    from_id INTEGER NOT NULL,
    to_id INTEGER NOT NULL,
    by_id INTEGER NOT NULL,
    counted INTEGER NOT NULL CHECK (counted >= 0),
    out INTEGER NOT NULL CHECK (out >= 0),
    handed_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;

-- Projection of book_count: one line a container, day and custodian.
CREATE TABLE book (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    day TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    -- Base units: µg, nL, pieces.
    amount INTEGER NOT NULL CHECK (amount >= 0),
    ledger INTEGER NOT NULL CHECK (ledger >= 0),
    difference INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, serial, day, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX book_day ON book (institution_id, day);

-- Projection of book_count, variance and loss: containers of which a book has differed.
CREATE TABLE book_gap (
    institution_id INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    since_at INTEGER NOT NULL,
    agreed_by INTEGER,
    settled_seq INTEGER,
    PRIMARY KEY (institution_id, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX book_gap_open ON book_gap (institution_id) WHERE settled_seq IS NULL;
