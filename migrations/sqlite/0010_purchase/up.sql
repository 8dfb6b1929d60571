-- What may be bought, and what was drawn off it.

-- Projection of permit, of the receipts against it and of their reversals.
CREATE TABLE permit (
    institution_id INTEGER NOT NULL,
    permit_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT,
    lines TEXT NOT NULL,
    single_use INTEGER NOT NULL CHECK (single_use IN (0, 1)),
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    drawn TEXT NOT NULL,
    receipts INTEGER NOT NULL CHECK (receipts >= 0),
    PRIMARY KEY (institution_id, permit_id)
) STRICT, WITHOUT ROWID;

-- Projection of purchase: what a receipt draws, so that a reversal can give it back.
CREATE TABLE drawing (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    permit_id INTEGER,
    permit_line INTEGER,
    permit_amount INTEGER CHECK (permit_amount >= 0),
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;

-- Projection of purchase_policy.
CREATE TABLE purchase_policy (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    class TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
