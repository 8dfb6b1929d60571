-- What may be bought, and what was drawn off it.

-- Projection of permit, of the receipts against it and of their reversals.
CREATE TABLE permit (
    institution_id BIGINT NOT NULL,
    permit_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    lines TEXT COLLATE "C" NOT NULL,
    single_use BIGINT NOT NULL CHECK (single_use IN (0, 1)),
    revoked BIGINT NOT NULL CHECK (revoked IN (0, 1)),
    drawn TEXT COLLATE "C" NOT NULL,
    receipts BIGINT NOT NULL CHECK (receipts >= 0),
    PRIMARY KEY (institution_id, permit_id)
);

-- Projection of purchase: what a receipt draws, so that a reversal can give it back.
CREATE TABLE drawing (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    permit_id BIGINT,
    permit_line BIGINT,
    permit_amount BIGINT CHECK (permit_amount >= 0),
    PRIMARY KEY (institution_id, seq)
);

-- Projection of purchase_policy.
CREATE TABLE purchase_policy (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
