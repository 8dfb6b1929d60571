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
    permits TEXT COLLATE "C" NOT NULL,
    order_id BIGINT,
    order_amounts TEXT COLLATE "C",
    PRIMARY KEY (institution_id, seq)
);

-- Projection of requisition, approve, order and close_order, of the receipts and of their reversals.
CREATE TABLE requisition (
    institution_id BIGINT NOT NULL,
    requisition_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    department_id BIGINT NOT NULL,
    applicant_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    dimension TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    purpose TEXT COLLATE "C" NOT NULL,
    on_hand BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    decision TEXT COLLATE "C",
    ordered BIGINT NOT NULL CHECK (ordered BETWEEN 0 AND amount),
    received BIGINT NOT NULL CHECK (received BETWEEN 0 AND ordered),
    PRIMARY KEY (institution_id, requisition_id)
);

-- Projection of order, close_order, of the receipts and of their reversals.
CREATE TABLE purchase_order (
    institution_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    supplier TEXT COLLATE "C" NOT NULL,
    lines TEXT COLLATE "C" NOT NULL,
    ordered_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    received TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, order_id)
);

-- Projection of purchase_policy.
CREATE TABLE purchase_policy (
    institution_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (institution_id, seq)
);
