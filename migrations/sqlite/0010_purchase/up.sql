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
    permits TEXT NOT NULL,
    order_id INTEGER,
    order_amounts TEXT,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;

-- Projection of requisition, approve, order and close_order, of the receipts and of their reversals.
CREATE TABLE requisition (
    institution_id INTEGER NOT NULL,
    requisition_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    department_id INTEGER NOT NULL,
    applicant_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    dimension TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    purpose TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    decided_by INTEGER,
    decided_at INTEGER,
    decision TEXT,
    ordered INTEGER NOT NULL CHECK (ordered BETWEEN 0 AND amount),
    received INTEGER NOT NULL CHECK (received BETWEEN 0 AND ordered),
    PRIMARY KEY (institution_id, requisition_id)
) STRICT, WITHOUT ROWID;

-- Projection of order, close_order, of the receipts and of their reversals.
CREATE TABLE purchase_order (
    institution_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    supplier TEXT NOT NULL,
    lines TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    received TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (institution_id, order_id)
) STRICT, WITHOUT ROWID;

-- Projection of purchase_policy.
CREATE TABLE purchase_policy (
    institution_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    class TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (institution_id, seq)
) STRICT, WITHOUT ROWID;
