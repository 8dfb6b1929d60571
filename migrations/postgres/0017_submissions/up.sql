-- What institutions submit to their bureau, and what it says of that.

-- Projection of submit.
CREATE TABLE submission (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    person_id BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
CREATE INDEX submission_period ON submission (institution_id, period);

-- Projection of review, in the ledger of a bureau.
CREATE TABLE review (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    subject_id BIGINT NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    submission_seq BIGINT NOT NULL,
    leaf_hash BYTEA NOT NULL,
    accepted BIGINT NOT NULL CHECK (accepted IN (0, 1)),
    reason TEXT COLLATE "C" NOT NULL,
    person_id BIGINT NOT NULL,
    reviewed_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
CREATE INDEX review_subject ON review (subject_id, period);

-- Projection of the entries that claim to have happened in an earlier month than they were recorded in.
CREATE TABLE late_entry (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
CREATE INDEX late_entry_occurred ON late_entry (institution_id, occurred_at);
