-- What institutions submit to their bureau, and what it says of that.

-- Projection of submit.
CREATE TABLE submission (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    period TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_period ON submission (institution_id, period);

-- Projection of review, in the ledger of a bureau.
CREATE TABLE review (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    period TEXT NOT NULL,
    submission_seq INTEGER NOT NULL,
    leaf_hash BLOB NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    reason TEXT NOT NULL,
    person_id INTEGER NOT NULL,
    reviewed_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_subject ON review (subject_id, period);

-- Projection of the entries that claim to have happened in an earlier month than they were recorded in.
CREATE TABLE late_entry (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX late_entry_occurred ON late_entry (institution_id, occurred_at);
